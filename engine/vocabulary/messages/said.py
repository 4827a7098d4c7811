"""What the core has to say to people: which sentence, and its values. The words are made at the edge, from a catalogue."""

from __future__ import annotations

import msgspec


class Said(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """A sentence, or a part of one: the id of its template, and the values that go into it, in order.

    Values speak no language: names, words of the protocol, exact decimals, ISO dates, numbers below 2**63; or they are parts.
    """

    template: str
    values: tuple[str | int | Said, ...] = ()


Values = tuple[str | int | Said, ...]
