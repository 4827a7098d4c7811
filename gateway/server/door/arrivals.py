"""Which newcomers wait for the others: those of addresses that come too often, or where somebody went who never logged in.

To come again at once costs whoever does it a wait, and the venue nothing. Where nobody else comes, nobody waits.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from engine.vocabulary.limits import (
    ARRIVALS_PER_SECOND_PER_ADDRESS,
    MAX_RATED_ADDRESSES,
    MAX_SOCKETS_PER_ADDRESS,
    SUSPECT_NS,
)
from gateway.inbound.rates import Bucket
from gateway.venue.file import RateEntry

# All of an address may come back at once.
_RATE: Final = RateEntry(rate=ARRIVALS_PER_SECOND_PER_ADDRESS, burst=MAX_SOCKETS_PER_ADDRESS)


class Arrivals:
    """What is known of the addresses from which sockets came."""

    def __init__(self, clock: Callable[[], int] = time.monotonic_ns) -> None:
        """Prepare; `clock`: steady, nanoseconds since any instant."""
        self._clock: Final = clock
        self._buckets: Final[dict[str, Bucket]] = {}
        self._suspect_until_ns: Final[dict[str, int]] = {}
        """The last one noted is the last one in both."""

    def must_wait(self, address: str) -> bool:
        """Count a socket more; whether it waits for those of other addresses."""
        now_ns = self._clock()
        bucket = self._buckets.pop(address, None) or Bucket(_RATE, now_ns)
        _make_room(self._buckets)
        self._buckets[address] = bucket
        bucket.fill(now_ns)
        if bucket.left_ns < bucket.ns_per_unit:
            return True
        bucket.left_ns -= bucket.ns_per_unit
        return now_ns < self._suspect_until_ns.get(address, now_ns)

    def went_unknown(self, address: str) -> None:
        """A socket of it has ended that never logged in."""
        self._suspect_until_ns.pop(address, None)
        _make_room(self._suspect_until_ns)
        self._suspect_until_ns[address] = self._clock() + SUSPECT_NS


def _make_room(noted: dict[str, Bucket] | dict[str, int]) -> None:
    if len(noted) >= MAX_RATED_ADDRESSES:
        del noted[next(iter(noted))]
