"""A small venue with two supervisors that asks for a second approval, and `sbx control` on it as each of them types it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gateway.cli.main import group
from gateway.keys import public_key_hex, write_private_key
from tests.support.gateway.venues.small_venue import KEYS, served_apart, venue_text

SECOND = Ed25519PrivateKey.from_private_bytes(bytes([99]) * 32)
"""The key of eve, the second supervisor."""


def entry(name: str, role: str = "supervisor", key: Ed25519PrivateKey = SECOND) -> str:
    """A participant in a venue file."""
    return f'\n[[participants]]\nparticipant = "{name}"\nrole = "{role}"\npublic_key = "{public_key_hex(key)}"\n'


def asks_for(*second: str) -> str:
    """The section of a venue file that asks for a second approval."""
    return f"\n[approval]\nsecond = {json.dumps(second)}\n"


TWO_SUPERVISORS = entry("eve") + asks_for("rulebooks", "trade_corrections")


class FourEyes:
    """A venue served by a process of its own."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.url = ""
        self.process: subprocess.Popen[bytes] | None = None

    def control(self, by: str, *arguments: object) -> Result:
        """Run `sbx control` as somebody."""
        head = ["control", "--url", self.url, "--key", str(self.directory / f"{by}.pem")]
        return CliRunner().invoke(group, [*head, *map(str, arguments)], catch_exceptions=False)

    def does(self, by: str, *arguments: object, reason: str = "order 7", status: int = 0) -> dict[str, Any]:
        """What a command does, as its JSON says."""
        found = self.control(by, *arguments, "--reason", reason, "--yes", "--json")
        assert found.exit_code == status, found.output
        report: dict[str, Any] = json.loads(found.stdout)
        return report

    def proposed(self, by: str, *arguments: object, reason: str = "order 7") -> int:
        """Propose a command; its number."""
        report = self.does(by, *arguments, reason=reason)
        assert report["status"] == "proposed" and report["until_utc"], report
        return int(report["seq"])

    def waiting(self) -> list[dict[str, Any]]:
        """What waits."""
        found = self.control("sue", "proposals", "--json")
        assert found.exit_code == 0, found.output
        listed: list[dict[str, Any]] = json.loads(found.stdout)
        return listed

    def kill(self) -> None:
        """End it as a crash would."""
        assert self.process is not None
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait(20)

    def history(self) -> list[dict[str, Any]]:
        """What `sbx history` says."""
        found = CliRunner().invoke(group, ["history", str(self.directory), "--json"], catch_exceptions=False)
        changes: list[dict[str, Any]] = json.loads(found.stdout)["changes"]
        return changes


def write_four_eyes(directory: Path, text: str = TWO_SUPERVISORS) -> FourEyes:
    """Write the venue file, and the keys beside."""
    directory.mkdir()
    (directory / "venue.toml").write_text(venue_text(text))
    for name, key in {**KEYS, "eve": SECOND}.items():
        write_private_key(directory / f"{name}.pem", key)
    return FourEyes(directory)


@contextmanager
def served(venue: FourEyes, *options: str) -> Iterator[FourEyes]:
    """Serve it until the end, or until it is killed."""
    with served_apart(venue.directory, *options) as (venue.url, venue.process):
        yield venue
