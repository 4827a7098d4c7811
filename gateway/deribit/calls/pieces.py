"""Long answers: paid for by their length, and made bit by bit, so that the venue goes on meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar

from gateway.deribit.callers.caller import Caller

T = TypeVar("T")
PIECE: Final = 250
"""Documents that are made at once: a millisecond."""
DOCUMENTS_PER_UNIT: Final = 20
"""A document takes some 4 us, what a unit buys otherwise 0.1 ms."""
LOOKED_AT_PER_UNIT: Final = 200
"""To see whether one is wanted."""


async def documents(caller: Caller, wanted: Sequence[T], make: Callable[[T], Any], looked_at: int = 0) -> list[Any]:
    """Make the documents of an answer.

    Args:
        caller: who pays; one who owes too much is refused first.
        wanted: what is told.
        make: of each its document.
        looked_at: among how many it was found.

    Raises:
        Failure: more is owed than may be.
    """
    units = len(wanted) // DOCUMENTS_PER_UNIT + looked_at // LOOKED_AT_PER_UNIT
    if units:
        caller.asker.charge(units)
    made: list[Any] = []
    for first in range(0, len(wanted), PIECE):
        if first:
            await asyncio.sleep(0)
        made += [make(each) for each in wanted[first : first + PIECE]]
    return made
