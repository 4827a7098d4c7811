"""DER-1: crypto derivatives and securities are for qualified investors, cash-settled (Bank of Russia, 28.05.2025).

Where the rulebook admits no spot trading, this rule refuses it: it would deliver crypto.
"""

from __future__ import annotations

from typing import Final

from compliance.registry.classes import class_name
from compliance.registry.listings import Listing
from compliance.rulebook.declaration import ORDER_ENTRY
from compliance.rulebook.rulebook import Rulebook, RuleData
from compliance.rules.case import SETTLEMENT, TRANSFER, Arrival, Case, Profile
from compliance.rules.finding import Finding, yes_no
from compliance.rules.rule import FAILS, PASSES, SELLS_OF_HOLDINGS, OrderRule, Rule
from engine.vocabulary.codes import BUY, INSTRUMENT_KINDS, SPOT
from engine.vocabulary.said import Said, listed, said


class QualifiedDerivatives(OrderRule):
    """Kinds that the rulebook leaves out are refused, and derivatives of retail investors."""

    def __init__(self, data: RuleData, rulebook: Rulebook) -> None:
        super().__init__(data, rulebook)
        self.kinds: Final = rulebook.kinds
        self.contracts_settle: Final[bool] = rulebook.active("SET-1") is not None

    def known(self, profile: Profile, listing: Listing, side: int) -> int:
        """Fails for kinds that the rulebook leaves out, and for what is on a crypto price where retail takes it on."""
        return PASSES if self.admits(listing, side) and not unqualified(profile.retail, listing, side) else FAILS

    def at_door(self, arrival: Arrival) -> Finding | None:
        """A security on a crypto price that comes to somebody, by whatever door; and coins where nobody may buy any.

        Payments in coins are PAY-1's; settlements are SET-1's, where it stands.
        """
        if arrival.asset.on_crypto:
            return SecurityAtDoorFinding(arrival)
        theirs = arrival.door == TRANSFER or (arrival.door == SETTLEMENT and self.contracts_settle)
        coins = arrival.asset.crypto and not theirs
        return CoinAtDoorFinding(self, arrival) if coins else None

    def examine(self, case: Case) -> Finding:
        """The kind against those admitted, and the class of who trades a derivative."""
        return KindFinding(self, case)

    def admits(self, listing: Listing, side: int) -> bool:
        """Whether the rulebook admits what comes in: an instrument's kind or, of what is sold for coins, spot."""
        return INSTRUMENT_KINDS[kind_of(listing, side)] in self.kinds

    @property
    def admits_coins(self) -> bool:
        """Whether the rulebook admits spot trading."""
        return INSTRUMENT_KINDS[SPOT] in self.kinds


def kind_of(listing: Listing, side: int) -> int:
    """The kind of what an order takes on: whoever sells for coins buys those, whatever is sold."""
    return SPOT if side != BUY and not listing.shortable else listing.kind


def unqualified(retail: bool, listing: Listing, side: int) -> bool:
    """Whether a derivative would be traded by someone whom the retail rules bind, or a security on a crypto price come in."""
    acquired = listing.acquired(side)
    if side != BUY and not listing.shortable:
        return retail and acquired is not None and acquired.on_crypto
    return retail and (listing.derivative or (acquired is not None and acquired.on_crypto))


class KindFinding(Finding):
    """Whether the kind is admitted, and a derivative traded by someone qualified."""

    def __init__(self, rule: QualifiedDerivatives, case: Case) -> None:
        self.rule: Final = rule
        self.case: Final = case
        self.admitted: Final[bool] = rule.admits(case.listing, case.side)
        self.unqualified: Final[bool] = unqualified(case.investor.retail, case.listing, case.side)
        super().__init__(self.admitted and not self.unqualified)

    def refusal(self) -> Said:
        """Which of the two it is."""
        listing, investor = self.case.listing, self.case.investor
        if not self.admitted:
            kind = INSTRUMENT_KINDS[kind_of(listing, self.case.side)]
            return said("DER-1.kind", listing.instrument, kind, listed(self.rule.kinds))
        name = class_name(investor.investor_class)
        return said("DER-1.unqualified", listing.instrument, investor.investor, name)

    def inputs(self) -> list[tuple[str, str]]:
        """Kind and class."""
        listing = self.case.listing
        return [
            ("kind", INSTRUMENT_KINDS[kind_of(listing, self.case.side)]),
            ("derivative or security", yes_no(listing.derivative)),
            ("class", class_name(self.case.investor.investor_class)),
        ]

    def arithmetic(self) -> str:
        """Both comparisons, as far as they were made."""
        listing = self.case.listing
        kind = INSTRUMENT_KINDS[kind_of(listing, self.case.side)]
        if not self.admitted:
            return f"{kind} is not among the admitted: {', '.join(self.rule.kinds)}"
        if not listing.derivative and not self.unqualified:
            return f"{kind} is admitted, and no derivative"
        name = class_name(self.case.investor.investor_class)
        return f"{kind} is admitted; {name} {'is not' if self.unqualified else 'is'} qualified"


def delivery_refusal(instrument: str) -> Said:
    """Why what a derivative follows is not delivered, whoever asks."""
    return said("DER-1.delivery", instrument)


class CoinAtDoorFinding(Finding):
    """Whether the rulebook admits spot trading, so that coins may come to be held."""

    def __init__(self, rule: QualifiedDerivatives, arrival: Arrival) -> None:
        self.rule: Final = rule
        self.arrival: Final = arrival
        super().__init__(rule.admits_coins)

    def refusal(self) -> Said:
        """What the rulebook admits."""
        return said("DER-1.kind", self.arrival.asset.asset, INSTRUMENT_KINDS[SPOT], listed(self.rule.kinds))

    def inputs(self) -> list[tuple[str, str]]:
        """Kind and class."""
        return self.arrival.inputs()

    def arithmetic(self) -> str:
        """Whether spot is admitted."""
        return f"spot {'is' if self.passed else 'is not'} among the admitted: {', '.join(self.rule.kinds)}"


class SecurityAtDoorFinding(Finding):
    """Whether who would come to hold a security on a crypto price is qualified."""

    def __init__(self, arrival: Arrival) -> None:
        self.arrival: Final = arrival
        super().__init__(not arrival.investor.retail)

    def refusal(self) -> Said:
        """Whom it is for."""
        asset, investor = self.arrival.asset, self.arrival.investor
        return said("DER-1.unqualified", asset.asset, investor.investor, class_name(investor.investor_class))

    def inputs(self) -> list[tuple[str, str]]:
        """Kind and class."""
        return self.arrival.inputs()

    def arithmetic(self) -> str:
        """The class."""
        name = class_name(self.arrival.investor.investor_class)
        return f"{self.arrival.asset.asset} is on a crypto price; {name} {'is' if self.passed else 'is not'} qualified"


RULE: Final[Rule] = Rule(
    "DER-1",
    ORDER_ENTRY,
    {},
    compares="The instrument's kind with those that the rulebook admits; a derivative's investor with qualified status.",
    exempt=SELLS_OF_HOLDINGS,
    orders=QualifiedDerivatives,
)
