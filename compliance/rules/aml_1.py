"""AML-1: sender and recipient are on record, and what is worth 1 000 000 RUB or more is reported (press on the bill of 2026; 115-FZ).

The threshold refuses nothing: it says what is to be reported. The report itself is made from what `LargeTransfers` finds, of
withdrawals and deposits too.
"""

from __future__ import annotations

from typing import Final

from compliance.ledger.purchases import in_kopecks, rate_of
from compliance.registry.listings import ROUBLE, AssetRecord, Listing
from compliance.registry.records import Investor, Registry
from compliance.rulebook.declaration import ONE, RUB, STARTS, TRANSFER, Parameter, starts
from compliance.rulebook.rulebook import Rulebook, RuleData
from compliance.rules.case import TransferCase
from compliance.rules.finding import Finding
from compliance.rules.rule import Rule, TransferRule
from engine.vocabulary.decimals import decimal, decimal_e8
from engine.vocabulary.said import Said, said

UNKNOWN: Final = -1
"""A worth in kopecks that can't be told."""

# When both parties must be on record.
NEVER: Final = "off"
LARGE: Final = "from_threshold"
ALWAYS: Final = "always"


def worth_of(registry: Registry, asset: AssetRecord, amount: int) -> int:
    """What an amount, in minor units, is worth in kopecks now, rounded up; UNKNOWN if it has no price in roubles here.

    Roubles at face, all else at its last trade for roubles here, else its reference price. So of a transfer, a withdrawal or
    a deposit alike.
    """
    rate = rate_of(registry, asset)
    # To the stricter side.
    return in_kopecks(amount, rate) if rate[0] else UNKNOWN


class LargeTransfers(TransferRule):
    """A transfer at the threshold or above it is to be reported; so is one whose worth nobody knows. Both parties have names."""

    def __init__(self, data: RuleData, rulebook: Rulebook) -> None:
        super().__init__(data, rulebook)
        self.threshold_kopecks: Final = data.parameters.number("report_from_rub")
        self.names_required: Final = data.parameters.word("names_required")

    def is_reported(self, kopecks: int) -> bool:
        """Whether something of this worth (`worth_of`) is to be reported."""
        return kopecks == UNKNOWN or kopecks >= self.threshold_kopecks

    def needs_names(self, kopecks: int) -> bool:
        """Whether both parties of a transfer of this worth must be on record."""
        return self.names_required == ALWAYS or (self.names_required == LARGE and self.is_reported(kopecks))

    def examine(self, case: TransferCase) -> Finding:
        """Value what is moved in roubles, and see who moves it."""
        return WorthFinding(self, case)


class WorthFinding(Finding):
    """The worth of a transfer against the threshold, and whether both parties are on record where that is needed."""

    def __init__(self, rule: LargeTransfers, case: TransferCase) -> None:
        self.rule: Final = rule
        self.case: Final = case
        self.market: Final[Listing | None] = case.registry.rouble_market(case.asset.asset)
        self.kopecks: Final[int] = worth_of(case.registry, case.asset, case.transfer.amount)
        self.reported: Final[bool] = rule.is_reported(self.kopecks)
        self.needs_names: Final[bool] = rule.needs_names(self.kopecks)
        parties = [case.sender] if case.sender is case.receiver else [case.sender, case.receiver]
        self.nameless: Final[list[Investor]] = [party for party in parties if party.person is None]
        super().__init__(not (self.needs_names and self.nameless))

    def refusal(self) -> Said:
        """Who is not on record, the sender before the receiver."""
        name = self.nameless[0].investor
        if self.rule.names_required == ALWAYS:
            return said("AML-1.name", name)
        return said("AML-1.large_name", name, decimal(self.rule.threshold_kopecks, 2))

    def inputs(self) -> list[tuple[str, str]]:
        """Who sends and receives how much, its price in roubles, and who is on record."""
        asset = self.case.asset
        amount = f"{decimal(self.case.transfer.amount, asset.scale)} {asset.asset}"
        found = [*self.case.parties(), ("amount", amount), ("price in RUB", self._price())]
        if self.needs_names:
            named = "both" if not self.nameless else "not " + ", ".join([party.investor for party in self.nameless])
            found.append(("on record by a document", named))
        return found

    def arithmetic(self) -> str:
        """The worth against the threshold, and what follows; then the names."""
        threshold = decimal(self.rule.threshold_kopecks, 2)
        if self.kopecks == UNKNOWN:
            found = f"worth unknown: taken for at or above the threshold of {threshold} RUB: to be reported"
        elif self.reported:
            found = f"worth {decimal(self.kopecks, 2)} RUB >= {threshold}, at or above the threshold: to be reported"
        else:
            found = f"worth {decimal(self.kopecks, 2)} RUB < {threshold}, below the threshold: not to be reported"
        if not self.needs_names:
            return found
        return f"{found}; both parties must be on record, and {'are not' if self.nameless else 'are'}"

    def _price(self) -> str:
        """Of one of the asset, and where it is from."""
        asset, market = self.case.asset, self.market
        if asset.asset == ROUBLE:
            return "at face"
        if market is None:
            return f"unknown: {asset.asset} is not traded for RUB here"
        if not market.last_ticks:
            return f"unknown: {market.instrument} has neither a trade nor a reference price"
        # A whole number: the tick size of the instrument times the ticks.
        price_e8 = market.last_ticks * market.unit * 10 ** (asset.scale + 6) // market.lot_base
        return f"{decimal_e8(price_e8)} in {market.instrument}"


RULE: Final[Rule] = Rule(
    "AML-1",
    TRANSFER,
    {
        "report_from_rub": Parameter(
            RUB,
            "the threshold of reports",
            "A transfer worth so much or more is reported.",
            zero="a threshold of nothing: every transfer is reported",
        ),
        "names_required": Parameter(
            ONE,
            "the names of the parties",
            "When sender and recipient must be on record by a document.",
            words={
                NEVER: "never",
                LARGE: "of transfers that are reported",
                ALWAYS: "of every transfer",
            },
            left_out=NEVER,
        ),
        STARTS: starts(),
    },
    compares=(
        "A transfer's worth in roubles, at the last trade for roubles here, else the reference price, with the threshold; "
        "what is on record of its parties with what is required."
    ),
    exempt="Nothing; transfers between own accounts count, too. What has no price in roubles is taken for above the threshold.",
    transfers=LargeTransfers,
)
