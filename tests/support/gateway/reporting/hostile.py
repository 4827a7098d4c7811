"""Names as somebody sends them who means ill: markup, codes for terminals, lines of their own, formulas."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from engine.vocabulary.limits import MAX_NAME_CHARS
from engine.vocabulary.messages.commands import AnyCommand, OpenCase
from engine.vocabulary.messages.events import CaseOpened, Event
from gateway.audit.audit import Caller
from gateway.audit.keeping import KeptAudit
from gateway.journal.recovery import recover
from tests.support.engine.desks.sessions import in_batches
from tests.support.gateway.journal.journals import KEY
from tests.support.gateway.reporting.explained_story import RecordedVenue, Story

FORGED = "forged"
MARKED = "[/x];=2+2:skull:\\"
"""What may stand even in a name that a venue registers, where all letters are seen."""
TAIL = f"[/x]\x1b[2J\x9b\r\n{FORGED}\0\u202e;=2+2:skull:\\"
NAMES = ("participant", "account", "investor", "intermediary", "to_account")
TEXTS = ("client_order_id", "quote_id", "reason", "by", "contract_reference")


def marked(name: str) -> str:
    """A name that is registered, made hostile: still another one for each name."""
    return f"=1+{name}{MARKED}"


def hostile(text: str) -> str:
    """Any other text, made hostile likewise."""
    found = f"=1+{text}{TAIL}"
    assert len(found) <= MAX_NAME_CHARS
    return found


def made_hostile(value: Any) -> Any:
    """A command with all names of people, accounts and orders in it, and what people say, made hostile."""
    if isinstance(value, tuple):
        return tuple(map(made_hostile, value))
    if not isinstance(value, msgspec.Struct):
        return value
    changed: dict[str, Any] = {}
    for name in value.__struct_fields__:
        field = getattr(value, name)
        is_text = isinstance(field, str) and field
        made = marked if name in NAMES else hostile if name in TEXTS else None
        changed[name] = made(field) if is_text and made is not None else made_hostile(field)
    return type(value)(**changed)


class HostileVenue(RecordedVenue):
    """A venue all of whose people have hostile names."""

    def apply(self, command: AnyCommand) -> list[Event]:
        return super().apply(made_hostile(command))


class HostileStory(Story):
    """The story of explanations, told by hostile people; its journal is that of a venue with such a name, too."""

    def __init__(self, directory: Path) -> None:
        self.venue = HostileVenue()
        self.steps: dict[str, int] = {}
        self._trade()
        (event,) = self.venue.apply(OpenCase("wash_trade", (), ("BTC/RUB",), (1,), 0, "looks so", "supervisor"))
        self.case = self.venue.exchange.seq
        assert isinstance(event, CaseOpened)
        self.directory = directory
        recovery = recover(directory, hostile("venue"), KEY)
        for _ in recovery.rows():
            pass
        writer = recovery.writer()
        for batch in in_batches(self.venue.rows, 32):
            writer.append(batch)
        writer.close()
        self.audited = self._audit(directory.with_name("audited"))

    @staticmethod
    def _audit(directory: Path) -> Path:
        """The directory of a venue at which such people have called."""
        directory.mkdir()
        audit = KeptAudit(directory, hostile("venue"), KEY, now=lambda: 0, fail=lambda error: None)
        audit.begin()
        caller = Caller("sbx.v1.json", "192.0.2.1", 1)
        audit.note("login_failed", caller, claimed=TAIL, reason="unknown_participant")
        caller.is_now(hostile("p"), "participant", "ab")
        audit.note("refused", caller, request="new_order", reason=TAIL)
        audit.end("stopped")
        return directory
