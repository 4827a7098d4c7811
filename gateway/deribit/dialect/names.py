"""Instruments by the names that Deribit would give them, from which `ccxt` makes its symbols.

    BTC/RUB            spot or note                   BTC_RUB             ccxt: BTC/RUB
    BTC-FUT-2026-12    future of BTC in RUB, settled  BTC_RUB-18DEC26     ccxt: BTC/RUB:RUB-261218
                       in Moscow on 18 December 2026

A name that another instrument has already gets a number: `BTC_RUB.2` would part a channel's name, so `BTC_RUB_2`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final

from engine.vocabulary.limits import NS_PER_SECOND
from gateway.protocol.messages import InstrumentInfo

FUTURE: Final = "future"
_UNFIT: Final = re.compile(r"[^A-Za-z0-9_-]")
_MONTHS: Final = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")


class Names:
    """The names of a venue's instruments, both ways. An instrument keeps its name while the venue runs, and as long as those listed before it."""

    def __init__(self) -> None:
        self._by_instrument: Final[dict[str, str]] = {}
        self._by_name: Final[dict[str, str]] = {}

    def learn(self, instruments: Iterable[InstrumentInfo]) -> list[InstrumentInfo]:
        """Name those that are new, in the order in which they were listed; returns them."""
        new = [info for info in instruments if info.instrument not in self._by_instrument]
        for info in new:
            plain, number = plain_name(info), 2
            name = plain
            while name in self._by_name:
                name, number = f"{plain}_{number}", number + 1
            self._by_instrument[info.instrument] = name
            self._by_name[name] = info.instrument
        return new

    def name(self, instrument: str) -> str:
        """The name of an instrument that is known."""
        return self._by_instrument[instrument]

    def instrument(self, name: str) -> str | None:
        """Whose name it is; None: no instrument's."""
        return self._by_name.get(name)


def plain_name(info: InstrumentInfo) -> str:
    """What an instrument is called while no other is called so."""
    pair = f"{_fit(info.base)}_{_fit(info.quote)}"
    if info.kind != FUTURE or info.expiry is None:
        return pair
    day = datetime.fromtimestamp(info.expiry // NS_PER_SECOND, UTC)
    return f"{pair}-{day.day}{_MONTHS[day.month - 1]}{day.year % 100:02}"


def _fit(asset: str) -> str:
    """An asset as part of a name: points part channels, and other letters would have to be escaped in a URL."""
    return _UNFIT.sub("-", asset)
