"""What every rule is: its declaration, and the classes that decide orders and transfers by it."""

from __future__ import annotations

from typing import Final

from compliance.ledger.ledger import Ledger
from compliance.registry.listings import Listing
from compliance.registry.records import Investor, Registry
from compliance.rulebook.declaration import ORDER_ENTRY, TRANSFER, Declaration, Parameter
from compliance.rulebook.rulebook import Rulebook, RuleData
from compliance.rules.case import Arrival, Case, LeavingCase, Profile, TransferCase
from compliance.rules.finding import Finding, WaitFinding
from engine.vocabulary.said import Said, said

# What a rule makes of all orders of a profile, instrument and side.
PASSES: Final = 0
DEPENDS: Final = 1
FAILS: Final = 2

NO_LIMIT: Final = -1

# Why a rule does not concern an order.
NO_CRYPTO: Final = "what it brings in is no crypto, and follows none"
LOWERS: Final = "it lowers exposure, which no rule on who may trade refuses (RET-5)"
FOR_RETAIL: Final = "it is for retail investors"
FOR_PURCHASES: Final = "it is for purchases"
# Why a rule does not concern a transfer.
OWN: Final = "a transfer between accounts of one investor"
FOR_CURRENCY_VALUES: Final = "it is for currency values: cryptocurrencies and stablecoins"

SELLS_OF_HOLDINGS: Final = "What lowers exposure: a sale of what is held, an order that closes a future (RET-5)."
"""Of declarations: who is exempt from most rules on who may trade."""


class OrderRule:
    """A rule that can refuse an order. Subclasses say in `known` what they know beforehand, in `examine` the rest."""

    def __init__(self, data: RuleData, rulebook: Rulebook) -> None:
        self.rule: Final = data.rule

    def holds_anyway(self, listing: Listing) -> bool:
        """Whether the rule holds for orders that lower exposure too: it stops a person, shuts the book, or bounds one order.

        All other rules leave those alone, whatever they find (P10).
        """
        return False

    def way_out(self, listing: Listing) -> Said:
        """Of a rule that holds anyway: how a holder gets out all the same, or who may close for them."""
        return said("way_out.close_out") if listing.shortable else said("way_out.withdraw")

    def refusal(self, finding: Finding, case: Case) -> Said:
        """What a participant is told of an order that the rule refuses: of one that would lower exposure, also the way out."""
        told = finding.refusal()
        return said("way_out.refused", told, self.way_out(case.listing)) if case.lowers() else told

    def crypto_only(self) -> bool:
        """Whether the rule looks only at orders that may take on crypto, a stablecoin, or something on a crypto price."""
        return True

    def excused(self, listing: Listing, side: int) -> str:
        """Why no rule of this sort looks at orders of an instrument and side, whoever sends them; empty: it does.

        Of a future an order may lower exposure all the same: `Case.lowers`.
        """
        if self.crypto_only() and not listing.takes_on_crypto(side):
            return NO_CRYPTO if listing.opens(side) else LOWERS
        return "" if listing.opens(side) or self.holds_anyway(listing) else LOWERS

    def spares(self, profile: Profile, listing: Listing, side: int) -> str:
        """Why the rule does not concern orders of a profile, instrument and side; empty: it does."""
        return ""

    def known(self, profile: Profile, listing: Listing, side: int) -> int:
        """What is known of all orders of a profile, instrument and side that the rule concerns: PASSES, DEPENDS or FAILS."""
        return DEPENDS

    def bears(self, profile: Profile, listing: Listing, side: int) -> int:
        """What the rule makes of all orders of a profile, instrument and side: PASSES, DEPENDS or FAILS."""
        if self.spares(profile, listing, side) or self.excused(listing, side):
            return PASSES
        return self.known(profile, listing, side)

    def allows_up_to(self, profile: Profile, listing: Listing) -> int:
        """The largest value of an order that passes without being examined, in quote minor units; or NO_LIMIT.

        Only a rule that `bears` PASSES on may set one; an order above it is examined.
        """
        return NO_LIMIT

    def examine(self, case: Case) -> Finding:
        """Decide on an order that the rule concerns, in agreement with what `known` and `allows_up_to` say of such orders."""
        raise NotImplementedError

    def at_door(self, arrival: Arrival) -> Finding | None:
        """What the rule finds in what would come to be held by another door than an order; None: it does not concern it.

        It asks the same of asset and investor as of an order that brings the asset in.
        """
        return None

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


class WaitRule:
    """A rule that refuses nothing, but can have wait what leaves an account: withdrawals, transfers, redemptions."""

    def __init__(self, data: RuleData, rulebook: Rulebook) -> None:
        self.rule: Final = data.rule

    def spares(self, case: LeavingCase) -> str:
        """Why the rule does not concern what leaves; empty: it does."""
        return ""

    def examine(self, case: LeavingCase) -> WaitFinding:
        """For what something that the rule concerns has to wait."""
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
        waits: type[WaitRule] | None = None,
    ) -> None:
        super().__init__(
            rule,
            enforced_by,
            parameters,
            compares=compares,
            exempt=exempt,
            reported=reported,
            on_orders=orders is not None,
            on_transfers=transfers is not None or waits is not None,
        )
        assert orders is None or enforced_by == ORDER_ENTRY, "orders are checked at order entry"
        assert transfers is not None or waits is not None or enforced_by != TRANSFER, "nothing would enforce it"
        self.orders: Final = orders
        """None: it refuses no order."""
        self.transfers: Final = transfers
        """None: it refuses no transfer."""
        self.waits: Final = waits
        """None: it lets nothing wait."""


def spared_unless_retail_opens(profile: Profile, listing: Listing, side: int) -> str:
    """Why a rule on retail purchases does not concern an order; empty: it does."""
    if not profile.retail:
        return FOR_RETAIL
    return "" if listing.opens(side) else FOR_PURCHASES
