"""Names, looked up in the running venue before anything is sent: what stands behind one, or which are near it."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Final

from engine.vocabulary.limits import MAX_NAME_CHARS
from gateway.client import Client
from gateway.protocol.messages import RecordInfo, RecordKind

MAX_COMPARED: Final = 10_000
"""Names that an unknown one is compared with: a second's work. A venue may have ten times as many accounts."""
MAX_NEAR: Final = 5
MIN_PART_CHARS: Final = 3
"""Of a name that stands in a longer one, as north in broker-north; shorter ones stand in many by chance."""


class ControlError(ValueError):
    """What was asked for can't be: nothing was sent. The message says what to do."""


class UnknownName(ControlError):
    """The venue knows no such name; `near` are those that resemble it."""

    def __init__(self, kind: RecordKind, name: str, near: list[str]) -> None:
        hint = did_you_mean(near)
        if kind == "trade":
            hint = ": its number stands in trade reports and in `sbx trades`, and it must be of today"
        super().__init__(f"the venue has no {kind} {name}{hint}")
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


def did_you_mean(near: list[str]) -> str:
    """The end of a sentence about an unknown name; empty: there is none near it."""
    return f"; did you mean {', '.join(near)}?" if near else ""


def near(name: str, known: Iterable[str]) -> list[str]:
    """The names that resemble one: those that differ in capitals alone, else that contain it, else a few letters away, else contained in it."""
    plain = name.casefold()
    folded: dict[str, list[str]] = {}
    for each in known:
        folded.setdefault(each.casefold(), []).append(each)
    same = folded.get(plain, [])
    holding = sorted((each for each in folded if plain and plain in each), key=len)
    alike = holding or get_close_matches(plain, folded, n=MAX_NEAR)
    alike = alike or sorted(
        (each for each in folded if len(each) >= MIN_PART_CHARS and each in plain), key=len, reverse=True
    )
    return (same or [name for each in alike for name in folded[each]])[:MAX_NEAR]
