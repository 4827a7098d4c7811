"""What all detectors are: what they hear, what they remember, and how they say what they found."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

from compliance.surveillance.base.facts import Fill, Move, Refusal
from compliance.surveillance.base.finding import Finding
from compliance.surveillance.base.markets import Live, Market
from compliance.surveillance.base.parameters import EPISODE, Parameter, Settings
from compliance.surveillance.base.people import Holder
from compliance.surveillance.base.view import View

# What a detector may hear.
ORDERS: Final = "orders"
AMENDS: Final = "amends"
ENDS: Final = "ends"
FILLS: Final = "fills"
MOVES: Final = "moves"
FUNDS: Final = "funds"
REFUSALS: Final = "refusals"
PHASES: Final = "phases"
CLOCK: Final = "clock"

MAX_KEPT: Final = 20_000
"""Pairs, owners or accounts that a detector remembers; whoever was not seen for longest is forgotten beyond that."""

V = TypeVar("V")


class Detector:
    """Looks for one thing. What it hears it takes in; what it finds it puts behind `found`, with its name."""

    def __init__(self, settings: Settings, view: View) -> None:
        self.settings: Final = settings
        self.view: Final = view
        self.found: list[tuple[str, Finding]] = []
        """Whoever runs several gives them one list."""

    def report(self, finding: Finding) -> None:
        """Say what was found."""
        self.found.append((self.settings.detector, finding))

    def order(self, order: Live) -> None:
        """An order was accepted."""

    def amended(self, order: Live, price_ticks: int, lots: int) -> None:
        """An order was changed; price and open lots are what they were before."""

    def ended(self, order: Live, reason: int, lots: int) -> None:
        """An order ended with so many lots open."""

    def fill(self, fill: Fill) -> None:
        """A trade was made."""

    def moved(self, move: Move) -> None:
        """A transfer was done."""

    def funds(self, holder: Holder, asset: str, amount: int, kopecks: int) -> None:
        """An account got (positive) or lost something from or to outside the venue."""

    def refused(self, refusal: Refusal) -> None:
        """A rule refused an order."""

    def phase(self, market: Market, before: int) -> None:
        """An instrument moved to its present phase."""

    def uncrossed(self, market: Market, price_ticks: int, lots: int, fills: list[Fill]) -> None:
        """A call was uncrossed, in these trades, which were told as fills too."""

    def clock(self) -> None:
        """A row was taken in, or time has passed without one: what waited for a moment may be due."""

    def day_ended(self) -> None:
        """It was midnight in Moscow."""


class DetectorRow:
    """What there is to say of a detector."""

    def __init__(
        self,
        name: str,
        *,
        title: str,
        terms: str,
        definition: str,
        source: str,
        misses: str,
        memory: str,
        parameters: tuple[Parameter, ...],
        hears: tuple[str, ...],
        make: Callable[[Settings, View], Detector],
        revision: int = 1,
    ) -> None:
        self.name: Final = name
        self.title: Final = title
        self.term: Final = terms
        """What ABUSE-1 calls it."""
        self.definition: Final = definition
        self.source: Final = source
        self.misses: Final = misses
        self.memory: Final = memory
        """What bounds what it remembers."""
        self.parameters: Final = (*parameters, *EPISODE)
        self.hears: Final = hears
        self.make: Final = make
        self.revision: Final = revision
        """Raised with any change of what it reports at equal parameters: then its version is another."""


def keep(table: dict[str, V], key: str, value: V, most: int = MAX_KEPT) -> None:
    """Remember something as the latest; what is oldest is forgotten beyond a bound."""
    table.pop(key, None)
    table[key] = value
    if len(table) > most:
        del table[next(iter(table))]
