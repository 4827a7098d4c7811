"""The verbs of `sbx control`, and which commands each sends: found by planning the examples in its help, of a venue that knows every name."""

from __future__ import annotations

import asyncio
import shlex
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple
from unittest import mock

import click
from click.testing import CliRunner

from engine.vocabulary.limits import NS_PER_SECOND
from gateway.cli.controls import options
from gateway.cli.controls.control import command
from gateway.client.values.values import WaitingMovement
from gateway.control.actions import Action
from gateway.control.names import ControlError
from gateway.keys import new_private_key, write_private_key
from gateway.protocol.messages import RecordInfo
from gateway.venue.venue import load_rulebook_documents

NOW_NS = 1_780_000_000 * NS_PER_SECOND


class Sent(NamedTuple):
    """What an example would send, and with whose key of a directory."""

    action: Action
    role: str

    @property
    def commands(self) -> set[str]:
        """Its command; of one with a date that within it, too."""
        within = self.action.arguments.get("command")
        return {self.action.command} | ({within} if isinstance(within, str) else set())


class KnowsAll:
    """A client of a venue in which every name stands for something, but for one that is new; switches are on or off."""

    participant = "supervisor"

    def __init__(self, new: str, *, on: bool) -> None:
        self.hello = SimpleNamespace(time=NOW_NS, rulebook="elr-2025", venue="all", test=True)
        self.new, self.on = new, on

    async def records(self, kind: str, name: str | None = None, *, at_most: int | None = None) -> dict[str, RecordInfo]:
        if name is None or name == self.new:
            return {}
        on = self.on
        found = RecordInfo(
            name=name, accounts=1, open_orders=2, killed=on, suspended=on, blocked=on, kind="individual",
            class_override="super_qualified" if on else None, risk_level="low", frozen={"USDT": "5"} if on else {},
            frozen_accounts=1, custody="self_custody", phase="halted" if on else "pre_open", price="1", quantity="1", instrument="BTC/RUB",
            buyer="anna.main", seller="boris.main", keys=["main", "reader"], investor="anna", second=["rulebooks"] if on else [],
            value="wash_trade, pump" if name.startswith("ABUSE-1") else "a text",
            command="set_parameter" if kind == "proposal" else None, arguments=self._arguments(kind),
        )  # fmt: skip
        return {name: found}

    @staticmethod
    def _arguments(kind: str) -> dict[str, Any]:
        if kind == "proposal":
            return {"rule": "RET-1", "key": "retail_cap_rub", "value": "1"}
        paper = {"investor": "anna", "amount": "5", "authority": "a court", "dated": "2026-06-01"}
        return {**paper, "sales_allowed": False, "term": "wash_trade"} if kind in ("arrest", "alert", "case") else {}

    async def movements(self, *_: object, of_all: bool) -> list[WaitingMovement]:
        of = {"account": "anna.main", "kind": "withdrawal", "asset": "BTC", "amount": Decimal(1), "rules": ["AML-2"]}
        return [WaitingMovement(movement=4711, waits_for_word=True, **of)]

    async def instruments(self) -> dict[str, Any]:
        return {"BTC/RUB": SimpleNamespace(quote="RUB")}


def verbs() -> dict[str, click.Command]:
    """Those that do something: they ask whether to go on."""
    return {name: each for name, each in command.commands.items() if any(p.name == "yes" for p in each.params)}


def examples(verb: click.Command) -> list[list[str]]:
    """The examples of a verb in its help, each as arguments from `control` on; those of other verbs beside them left out."""
    _, _, found = (verb.help or "").partition("Example")
    lines = found.partition(":\n")[2].rstrip().split("\n")
    whole: list[str] = []
    for line in lines:
        if line.strip().startswith("sbx control "):
            whole.append(line.strip())
        elif whole:
            whole[-1] += " " + line.strip()
    arguments = [shlex.split(each)[2:] for each in whole]
    return [each for each in arguments if _verb_of(each) == verb.name]


def _verb_of(arguments: list[str]) -> str | None:
    place = 0
    while arguments[place].startswith("--"):
        place += 2
    return arguments[place]


def sent_by(arguments: list[str]) -> list[Sent]:
    """What an example would send: of a venue where its first name is new or is known, and where switches are on or off."""
    place = next(at for at, each in enumerate(arguments) if each in command.commands)
    first = next((each for each in arguments[place + 1 :]), "")
    found: list[Sent] = []

    def run(target: Any, plan: Any, _: object) -> None:
        for new in ("", first):
            for on in (False, True):
                try:
                    found.append(Sent(asyncio.run(plan(KnowsAll(new, on=on))), target.role))
                except ControlError:
                    continue

    with mock.patch.object(options, "run", run):
        ran = CliRunner().invoke(command, arguments, catch_exceptions=False)
    assert ran.exit_code == 0, (arguments, ran.output)
    return found


def write_files_of_examples(directory: Path) -> None:
    """Have the files that examples name in a directory."""
    for each in verbs().values():
        for name in {word for example in examples(each) for word in example}:
            file = directory / name
            if file.suffix == ".pem" and not file.exists() and "/" not in name:
                write_private_key(file, new_private_key())
            elif file.suffix == ".toml":
                file.write_text(next(iter(load_rulebook_documents("elr-2025")[1].values())), encoding="utf-8")
            elif file.suffix in (".txt", ".pdf"):
                file.write_text("what it says\n", encoding="utf-8")
    (directory / "venue").mkdir()
