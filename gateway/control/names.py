"""Names, looked up in the running venue before anything is sent: what stands behind one, or which are near it."""

from __future__ import annotations

from typing import Final

from engine.vocabulary.limits import MAX_NAME_CHARS
from gateway.client import Client
from gateway.near import did_you_mean, near
from gateway.protocol.messages import RecordInfo, RecordKind
from gateway.words.chosen import chosen, tr

MAX_COMPARED: Final = 10_000
"""Names that an unknown one is compared with: a second's work. A venue may have ten times as many accounts."""


class ControlError(ValueError):
    """What was asked for can't be: nothing was sent. The message says what to do."""


class UnknownName(ControlError):
    """The venue knows no such name; `near` are those that resemble it."""

    def __init__(self, kind: RecordKind, name: str, near: list[str]) -> None:
        hint = did_you_mean(near)
        if kind == "trade":
            hint = ": its number stands in trade reports and in `sbx trades`, and it must be of today"
        lacking = tr("the venue has no {kind} {name}", kind=chosen().story(kind), name=name)
        super().__init__(f"{lacking}{chosen().read(hint)}")
        self.kind = kind
        self.name = name
        self.near = near


async def look_up(client: Client, kind: RecordKind, name: str) -> RecordInfo:
    """What stands behind a name, its accounts and open orders counted.

    Raises:
        UnknownName: there is no such name; with those near it.
    """
    found = (await client.records(kind, name)).get(name) if 0 < len(name) <= MAX_NAME_CHARS else None
    if found is None:
        known = () if kind == "trade" else await client.records(kind, at_most=MAX_COMPARED)
        raise UnknownName(kind, name, near(name, known))
    return found


async def check_new(client: Client, kind: RecordKind, name: str, changes: str = "") -> None:
    """See that the venue does not know a name yet; `changes`: the verb that changes one that it knows.

    Raises:
        ControlError: it does.
    """
    if not 0 < len(name) <= MAX_NAME_CHARS or not await client.records(kind, name):
        return
    known = tr("the venue has the {kind} {name} already: choose another name", kind=chosen().story(kind), name=name)
    raise ControlError(known + (tr(", or change it by `sbx control {verb}`", verb=changes) if changes else ""))
