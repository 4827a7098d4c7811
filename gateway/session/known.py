"""What the names in a session are: of each kind that its index has, those that were opened, registered, listed or added."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from engine.record.rows import decode_command, decode_events
from engine.vocabulary.messages.commands import AnyCommand, LoadRulebook
from engine.vocabulary.messages.events import AnyEvent, AssetAdded, InstrumentListed
from gateway.index import keys
from gateway.index.index import Index
from gateway.reporting.steps.reference import Reference

_BROUGHT_BY: Final = {
    keys.ACCOUNT: ("AccountOpened", "account"),
    keys.INVESTOR: ("InvestorRegistered", "investor"),
    keys.PARTICIPANT: ("AccountOpened", "participant"),
    keys.INTERMEDIARY: ("RegisterIntermediary", "intermediary"),
    keys.INSTRUMENT: ("InstrumentListed", "instrument"),
    keys.ASSET: ("AssetAdded", "asset"),
    keys.CONTRACT: ("RegisterContract", "contract"),
    keys.ARREST: ("Arrest", "arrest"),
}
"""The class that brings names of a kind, and its field."""


def known_names(index: Index, kind: str) -> list[str]:
    """The names of a kind in a session, each once, in order. O(rows that brought them): for when a name is unknown.

    Raises:
        JournalError: the journal is damaged.
    """
    found: dict[str, None] = {}
    if kind == keys.RULE:
        reference = Reference()
        for command, _ in _rows(index, LoadRulebook.__name__):
            reference.rules.note(command)
        return reference.rules.rules()
    if kind in _BROUGHT_BY:
        message, field = _BROUGHT_BY[kind]
        for command, events in _rows(index, message):
            for each in (command, *events):
                if type(each).__name__ == message:
                    found[getattr(each, field)] = None
    return list(found)


def learned(index: Index) -> Reference:
    """The assets and instruments of a session.

    Raises:
        JournalError: the journal is damaged.
    """
    reference = Reference()
    for kind in (AssetAdded, InstrumentListed):
        for _, events in _rows(index, kind.__name__):
            for event in events:
                if isinstance(event, AssetAdded | InstrumentListed):
                    reference.learn(event)
    return reference


def _rows(index: Index, message: str) -> Iterator[tuple[AnyCommand, list[AnyEvent]]]:
    """The commands and events of the rows with a class of either."""
    for _, _, command, events in index.rows(index.find(keys.MESSAGE, message)):
        yield decode_command(command), decode_events(events)
