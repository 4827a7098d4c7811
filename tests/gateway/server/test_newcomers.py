"""Who is added to the venue file while the venue runs."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gateway.client import RequestFailed, connect
from gateway.keys import public_key_hex
from gateway.server.newcomers import Newcomers
from tests.support.gateway.small_venue import serving as serving_small
from tests.support.gateway.small_venue import small_venue, venue_text

ZOE = Ed25519PrivateKey.from_private_bytes(bytes([77]) * 32)
ROW = f'\n[[participants]]\nparticipant = "zoe"\nrole = "participant"\npublic_key = "{public_key_hex(ZOE)}"\n'


def changed(directory: Path, text: str) -> None:
    """Put another file in the place of the venue file, as an editor does."""
    (directory / "new").write_text(text)
    os.replace(directory / "new", directory / "venue.toml")


@pytest.fixture
def newcomers(tmp_path: Path) -> Newcomers:
    changed(tmp_path, venue_text())
    return Newcomers(tmp_path, small_venue().participants)


def test_who_is_new_comes_once(newcomers: Newcomers, tmp_path: Path) -> None:
    assert newcomers.look() == []
    changed(tmp_path, venue_text(ROW))
    (came,) = newcomers.look()
    assert (came.participant, came.role, came.public_key.hex()) == ("zoe", "participant", public_key_hex(ZOE))
    assert newcomers.look() == []
    changed(tmp_path, venue_text(ROW) + "\n# The same, and more to read.\n")
    assert newcomers.look() == []


def test_who_came_while_the_venue_was_starting_comes(tmp_path: Path) -> None:
    changed(tmp_path, venue_text(ROW))
    assert [each.participant for each in Newcomers(tmp_path, small_venue().participants).look()] == ["zoe"]


def test_what_is_no_file_is_not_opened(newcomers: Newcomers, tmp_path: Path) -> None:
    (tmp_path / "venue.toml").unlink()
    os.mkfifo(tmp_path / "venue.toml")
    assert newcomers.look() == []
    changed(tmp_path, venue_text(ROW))
    assert [each.participant for each in newcomers.look()] == ["zoe"]


def test_what_else_changed_waits_for_a_start(
    newcomers: Newcomers, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    text = venue_text(ROW).replace(
        'participant = "alice"\nrole = "participant"', 'participant = "alice"\nrole = "operator"'
    )
    changed(tmp_path, text)
    assert [each.participant for each in newcomers.look()] == ["zoe"]
    assert "participant alice is another or none in the venue file" in caplog.text
    assert "bob" not in caplog.text


@pytest.mark.parametrize("text", ["[[participants", ROW + ROW, "\udcff", None])
def test_a_file_that_is_none_lets_nobody_in(
    newcomers: Newcomers, tmp_path: Path, caplog: pytest.LogCaptureFixture, text: str | None
) -> None:
    if text is None:
        (tmp_path / "venue.toml").unlink()
    else:
        (tmp_path / "venue.toml").write_bytes(text.encode(errors="surrogateescape"))
    assert newcomers.look() == []
    assert newcomers.look() == []
    # Told once, not every second.
    assert caplog.text.count("nobody was taken in") == (0 if text is None else 1)
    changed(tmp_path, venue_text(ROW))
    assert [each.participant for each in newcomers.look()] == ["zoe"]


async def test_a_newcomer_logs_in_while_the_venue_runs(tmp_path: Path) -> None:
    changed(tmp_path, venue_text())
    async with serving_small(tmp_path) as server:
        url = f"ws://127.0.0.1:{server.port}"
        with pytest.raises(RequestFailed, match="login_failed"):
            async with connect(url, "zoe", ZOE, reconnect=False):
                pass
        changed(tmp_path, venue_text(ROW))
        for _ in range(100):
            try:
                async with connect(url, "zoe", ZOE, reconnect=False) as client:
                    assert client.welcome is not None and client.welcome.accounts == {}
                    break
            except RequestFailed:
                await asyncio.sleep(0.1)
        else:
            pytest.fail("zoe was never let in")
