"""What every rule is: its declaration, and the classes that decide orders and transfers by it."""

from __future__ import annotations

from typing import Final

from compliance.ledger.ledger import Ledger
from compliance.registry.listings import Listing
from compliance.registry.records import Investor, Registry
from compliance.rulebook.declaration import ORDER_ENTRY, TRANSFER, Declaration, Parameter
from compliance.rulebook.rulebook import Rulebook, RuleData
from compliance.rules.case import Case, Profile, TransferCase
from compliance.rules.finding import Finding
from engine.vocabulary.codes import BUY, FUTURE
from engine.vocabulary.said import Said

# What a rule makes of all orders of a profile, instrument and side.
PASSES: Final = 0
DEPENDS: Final = 1
FAILS: Final = 2

NO_LIMIT: Final = -1

# Why a rule does not concern an order.
SPARED_SELL: Final = "a sell of what is held, which RET-5 exempts"
FOR_RETAIL: Final = "it is for retail investors"
FOR_PURCHASES: Final = "it is for purchases"
# Why a rule does not concern a transfer.
OWN: Final = "a transfer between accounts of one investor"
FOR_CURRENCY_VALUES: Final = "it is for currency values: cryptocurrencies and stablecoins"

SELLS_OF_HOLDINGS: Final = "Sells of what is held (RET-5)."
"""Of declarations: who is exempt from most rules on who may trade."""


class OrderRule:
    """A rule that can refuse an order. Subclasses say in `known` what they know beforehand, in `examine` the rest."""

    def __init__(self, data: RuleData, rulebook: Rulebook) -> None:
        self.rule: Final = data.rule
        self.sells_exempt: Final[bool] = rulebook.active("RET-5") is not None

    def spares(self, profile: Profile, listing: Listing, side: int) -> str:
        """Why the rule does not concern orders of a profile, instrument and side; empty: it does."""
        return ""

    def known(self, profile: Profile, listing: Listing, side: int) -> int:
        """What is known of all orders of a profile, instrument and side that the rule concerns: PASSES, DEPENDS or FAILS."""
        return DEPENDS

    def bears(self, profile: Profile, listing: Listing, side: int) -> int:
        """What the rule makes of all orders of a profile, instrument and side: PASSES, DEPENDS or FAILS."""
        return PASSES if self.spares(profile, listing, side) else self.known(profile, listing, side)

    def allows_up_to(self, profile: Profile, listing: Listing) -> int:
        """The largest value of an order that passes without being examined, in quote minor units; or NO_LIMIT.

        Only a rule that `bears` PASSES on may set one; an order above it is examined.
        """
        return NO_LIMIT

    def examine(self, case: Case) -> Finding:
        """Decide on an order that the rule concerns, in agreement with what `known` and `allows_up_to` say of such orders."""
        raise NotImplementedError

    def lapses(self, registry: Registry, day: int) -> bool:
        """Whether something that let orders pass ended with the day before a Moscow day (days since 1970-01-01)."""
        return False

    def doubtful(self, registry: Registry, ledger: Ledger) -> list[Investor]:
        """Investors of whose open orders the rule may refuse one by now, although no command about them has come since they passed.

        For a rule whose sums can grow by something else than an order that it has let pass.
        """
        return []

    def outside(self, registry: Registry, ledger: Ledger) -> list[tuple[str, Said]]:
        """Who has more than the rule allows, whether they order or not: name, and words with the figures.

        For a rule that limits what somebody has, not what somebody does.
        """
        return []

    def spared_sell(self, listing: Listing, side: int) -> str:
        """The answer of `spares` to a sell of what is held, which RET-5 exempts; empty to any other order."""
        return SPARED_SELL if self.sells_exempt and not opens(listing, side) else ""


class TransferRule:
    """A rule that looks at transfers. Most can refuse one; one that only finds what is to be reported always passes."""

    def __init__(self, data: RuleData, rulebook: Rulebook) -> None:
        self.rule: Final = data.rule

    def spares(self, case: TransferCase) -> str:
        """Why the rule does not concern a transfer; empty: it does."""
        return ""

    def examine(self, case: TransferCase) -> Finding:
        """Decide on a transfer that the rule concerns."""
        raise NotImplementedError


class Rule(Declaration):
    """A declaration with the classes that decide by it: what the file of each rule ends with."""

    def __init__(
        self,
        rule: str,
        enforced_by: str,
        parameters: dict[str, Parameter],
        *,
        compares: str,
        exempt: str,
        reported: tuple[str, ...] = (),
        orders: type[OrderRule] | None = None,
        transfers: type[TransferRule] | None = None,
    ) -> None:
        super().__init__(
            rule,
            enforced_by,
            parameters,
            compares=compares,
            exempt=exempt,
            reported=reported,
            on_orders=orders is not None,
            on_transfers=transfers is not None,
        )
        assert orders is None or enforced_by == ORDER_ENTRY, "orders are checked at order entry"
        assert transfers is not None or enforced_by != TRANSFER, "nothing would enforce it"
        self.orders: Final = orders
        """None: it refuses no order."""
        self.transfers: Final = transfers
        """None: it looks at no transfer."""


def opens(listing: Listing, side: int) -> bool:
    """Whether an order takes on something new: a purchase, or a future sold, which need not be held."""
    return side == BUY or listing.kind == FUTURE


def spared_unless_retail_opens(profile: Profile, listing: Listing, side: int) -> str:
    """Why a rule on retail purchases does not concern an order; empty: it does."""
    if not profile.retail:
        return FOR_RETAIL
    return "" if opens(listing, side) else FOR_PURCHASES
