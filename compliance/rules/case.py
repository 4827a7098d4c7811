"""What a rule looks at, and what every rule is."""

from __future__ import annotations

from typing import Final

from compliance.ledger.ledger import BY_FUNDS, Ledger, worth
from compliance.registry.classes import is_retail
from compliance.registry.listings import Listing
from compliance.registry.records import Client, Registry
from compliance.rulebook.format import Rulebook, RuleData
from engine.vocabulary.codes import BUY, FUTURE

# What a rule makes of all orders of a profile, instrument and side.
PASSES: Final = 0
DEPENDS: Final = 1
FAILS: Final = 2

NO_LIMIT: Final = -1

# Why a rule does not concern an order.
SPARED_SELL: Final = "a sell of what is held, which RET-5 exempts"
FOR_RETAIL: Final = "it is for retail investors"
FOR_PURCHASES: Final = "it is for purchases"


class Profile:
    """What of a client is the same for every order, until a command changes it. Clients of one profile share a table."""

    def __init__(self, investor_class: int, financial: bool, blocked: bool, barred: bool, warned: bool) -> None:
        self.investor_class: Final = investor_class
        self.retail: Final[bool] = is_retail(investor_class)
        self.financial: Final = financial
        self.blocked: Final = blocked
        self.barred: Final = barred
        """Whether the intermediary is suspended or unlicensed."""
        self.warned: Final = warned
        """Whether the risk warning in force was acknowledged."""
        flags = 1 * financial + 2 * blocked + 4 * barred + 8 * warned
        self.key: Final[int] = investor_class * 16 + flags


class Case:
    """One order before the rules, the sums of the ledger without the order's own reservation."""

    def __init__(
        self,
        client: Client,
        listing: Listing,
        side: int,
        price_ticks: int,
        leaves_lots: int,
        time_ns: int,
        registry: Registry,
        ledger: Ledger,
    ) -> None:
        self.client: Final = client
        self.investor: Final = client.investor
        self.listing: Final = listing
        self.side: Final = side
        self.value: Final[int] = worth(listing, price_ticks, leaves_lots)
        """At the worst price, in minor units of the quote asset."""
        self.lots: Final[int] = 0 if price_ticks == BY_FUNDS else leaves_lots
        """Open; 0: the order is by funds."""
        self.kopecks: int = self.value
        """What it is worth in roubles: for an order priced in another asset its value at the rate, -1 if there is none."""
        self.time_ns: Final = time_ns
        self.registry: Final = registry
        self.ledger: Final = ledger
        self._adds: int = -1

    def adds(self) -> int:
        """What the order adds to the exposure of its account in its instrument; 0 for one that only closes."""
        if self._adds < 0:
            position = self.ledger.exposures.position(self.client, self.listing)
            self._adds = position.worth(self.side, self.lots, self.value) - position.exposure
        return self._adds


class Figures:
    """What a rule looks at in a case, and how it comes to its answer."""

    def __init__(self, inputs: list[tuple[str, str]], arithmetic: str) -> None:
        self.inputs: Final = inputs
        """Name and value, as people read them."""
        self.arithmetic: Final = arithmetic
        """The comparison in one line, with its figures."""


class Rule:
    """A rule that can refuse an order. Subclasses say in `bears` what they know beforehand, in `judge` the rest."""

    def __init__(self, data: RuleData, book: Rulebook) -> None:
        self.rule: Final = data.rule
        self.title: Final = data.title
        self.sells_exempt: Final[bool] = book.active("RET-5") is not None

    def bears(self, profile: Profile, listing: Listing, side: int) -> int:
        """What the rule makes of all orders of a profile, instrument and side: PASSES, DEPENDS or FAILS."""
        raise NotImplementedError

    def allows_up_to(self, profile: Profile, listing: Listing) -> int:
        """The largest value of an order that passes without being judged, in quote minor units; or NO_LIMIT.

        Only a rule that `bears` PASSES on may set one; an order above it is judged.
        """
        return NO_LIMIT

    def judge(self, case: Case) -> str:
        """Empty if the order passes; else what fails and what would have been allowed. For orders that FAIL or DEPEND."""
        raise NotImplementedError

    def spares(self, profile: Profile, listing: Listing, side: int) -> str:
        """Why the rule does not concern orders of a profile, instrument and side; empty: it does."""
        return ""

    def figures(self, case: Case) -> Figures:
        """What `judge` looks at in an order that the rule concerns, and the arithmetic, whether it passes or fails."""
        raise NotImplementedError

    def lapses(self, registry: Registry, day: int) -> bool:
        """Whether something that let orders pass ended with the day before a Moscow day (days since 1970-01-01)."""
        return False

    def exempt(self, listing: Listing, side: int) -> bool:
        """Whether RET-5 lets an order pass rules on who may trade: a sell of what is held."""
        return self.sells_exempt and not opens(listing, side)

    def spared_sell(self, listing: Listing, side: int) -> str:
        """The answer of `spares` to a sell that RET-5 exempts; empty to any other order."""
        return SPARED_SELL if self.exempt(listing, side) else ""


def yes_no(value: bool) -> str:
    """A flag as people read it."""
    return "yes" if value else "no"


def opens(listing: Listing, side: int) -> bool:
    """Whether an order takes on something new: a purchase, or a future sold, which need not be held."""
    return side == BUY or listing.kind == FUTURE
