"""Integers of the core as the decimal strings of the wire.

A price has exactly the decimals of its instrument's tick, a quantity those of its lot, an amount those of its asset: with
a tick of 0.5 the price is always `100.0`, never `100`. So equal values are equal strings, which the checksum of the market
data needs.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from json.encoder import encode_basestring
from typing import Final

from engine.vocabulary.decimals import decimal
from engine.vocabulary.limits import DECIMALS
from engine.vocabulary.messages.events import AssetAdded, Event, InstrumentListed

quoted: Final[Callable[[str], str]] = encode_basestring
"""A text as JSON, to the letter as the codec writes it."""
MAX_CACHED_STRINGS: Final = 16_384
"""Strings kept per instrument and kind: the prices of a wide book. Beyond that the cache starts again."""
MAX_STRINGS: Final = 500_000
"""Of all instruments of a venue, of which there may be 10 000: 50 MB. Beyond that the caches start again in turn."""


class Cached:
    """What the caches of one venue keep together."""

    def __init__(self) -> None:
        self.strings = 0
        self._caches: Final[deque[Decimals]] = deque()

    def join(self, cache: Decimals) -> None:
        """Count a cache, too, which is empty yet."""
        self._caches.append(cache)

    def make_room(self) -> None:
        """See that one more string can be kept. O(caches) if not, and 16 384 strings forgotten at most beyond what is needed."""
        while self.strings >= MAX_STRINGS:
            self._caches[0].start_again()
            self._caches.rotate(-1)


class Decimals(dict[int, str]):
    """A cache: integer -> decimal string of `integer * step` minor units at `scale` decimals."""

    def __init__(self, step: int, scale: int, cached: Cached) -> None:
        super().__init__()
        self.step: Final = step
        self.scale: Final = scale
        """How many decimals the strings have."""
        self._cached: Final = cached
        cached.join(self)

    def __missing__(self, value: int) -> str:
        if len(self) >= MAX_CACHED_STRINGS:
            self.start_again()
        self._cached.make_room()
        text = self.text(value)
        self[value] = text
        self._cached.strings += 1
        return text

    def text(self, value: int) -> str:
        """The string, made anew: for numbers that hardly come twice."""
        return decimal(value * self.step, self.scale)

    def start_again(self) -> None:
        """Forget all strings."""
        self._cached.strings -= len(self)
        self.clear()


def decimals_of(step_e8: int, cached: Cached) -> Decimals:
    """The strings of multiples of a step scaled by 10**8, each with the step's own number of decimals."""
    scale = DECIMALS
    while scale and step_e8 % 10 == 0:
        step_e8 //= 10
        scale -= 1
    return Decimals(step_e8, scale, cached)


Pieces = tuple[str, str, Decimals, Decimals, Decimals]
"""Of an instrument, for what is not compiled by mypyc: how reports of its orders go on, no quantity, its prices, quantities and amounts."""


class InstrumentFormat:
    """How one instrument's integers read: `price[ticks]`, `quantity[lots]`, `money[quote minor units]`."""

    def __init__(self, event: InstrumentListed, quote_scale: int, cached: Cached) -> None:
        self.instrument: Final = event.instrument
        self.quoted: Final = quoted(event.instrument)
        """The same as JSON."""
        self.of_orders: Final = f',"instrument":{self.quoted},"order_status":"'
        """How a report goes on, as JSON, behind the client order id."""
        self.quote: Final = event.quote
        self.price: Final = decimals_of(event.tick_e8, cached)
        self.quantity: Final = decimals_of(event.lot_e8, cached)
        self.money: Final = Decimals(1, quote_scale, cached)
        self.unit: Final = event.unit
        """What a lot is worth at one tick, in quote minor units."""
        self.none: Final = decimal(0, self.quantity.scale)
        """No quantity."""

    def pieces(self) -> Pieces:
        """What its reports are written from."""
        return self.of_orders, self.none, self.price, self.quantity, self.money


class Formats:
    """The formats of all assets and instruments, learned from events."""

    def __init__(self) -> None:
        self.scales: Final[dict[str, int]] = {}
        """Decimals of each asset's minor unit."""
        self.instruments: Final[dict[str, InstrumentFormat]] = {}
        self.pieces: Final[dict[str, Pieces]] = {}
        """Of each instrument."""
        self._cached: Final = Cached()
        self._time_ns = -1
        self._moment = ""

    def moment(self, time_ns: int) -> str:
        """How a report goes on, as JSON, behind the id of its execution: the commands of a turn have the same time."""
        if time_ns != self._time_ns:
            self._time_ns = time_ns
            self._moment = f'","transact_time":{time_ns}'
        return self._moment

    def learn(self, event: Event) -> None:
        """Take note of a new asset or instrument."""
        if type(event) is AssetAdded:
            self.scales[event.asset] = event.scale
        elif type(event) is InstrumentListed:
            format_ = InstrumentFormat(event, self.scales[event.quote], self._cached)
            self.instruments[event.instrument] = format_
            self.pieces[event.instrument] = format_.pieces()

    def amount(self, asset: str, amount: int) -> str:
        """An amount of an asset in minor units as a decimal string."""
        return decimal(amount, self.scales[asset])
