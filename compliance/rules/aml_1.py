"""AML-1: transfers worth 1 000 000 RUB or more are reported (press on the bill of 2026; 115-FZ).

It refuses nothing: it finds what a transfer is worth, and whether that is to be reported.
"""

from __future__ import annotations

from typing import Final

from compliance.ledger.purchases import in_kopecks
from compliance.registry.listings import ROUBLE, Listing
from compliance.rulebook.declaration import RUB, TRANSFER, Parameter
from compliance.rulebook.rulebook import Rulebook, RuleData
from compliance.rules.case import TransferCase
from compliance.rules.finding import Finding
from compliance.rules.rule import Rule, TransferRule
from engine.vocabulary.decimals import decimal, decimal_e8

UNKNOWN: Final = -1
"""A worth in kopecks that can't be told."""


class LargeTransfers(TransferRule):
    """A transfer at the threshold or above it is to be reported; so is one whose worth nobody knows."""

    def __init__(self, data: RuleData, rulebook: Rulebook) -> None:
        super().__init__(data, rulebook)
        self.threshold_kopecks: Final = data.parameters.number("report_from_rub")

    def examine(self, case: TransferCase) -> Finding:
        """Value what is moved in roubles."""
        return WorthFinding(self, case)


class WorthFinding(Finding):
    """The worth of a transfer against the threshold: roubles at face, all else at its last trade or reference price."""

    def __init__(self, rule: LargeTransfers, case: TransferCase) -> None:
        super().__init__(True)
        self.rule: Final = rule
        self.case: Final = case
        amount = case.transfer.amount
        self.market: Final[Listing | None] = case.registry.rouble_market(case.asset.asset)
        if case.asset.asset == ROUBLE:
            kopecks = amount
        elif self.market is None or not self.market.last_ticks:
            kopecks = UNKNOWN
        else:
            # Rounded up, to the stricter side.
            kopecks = in_kopecks(amount, (self.market.last_ticks * self.market.unit, self.market.lot_base))
        self.kopecks: Final[int] = kopecks
        self.reported: Final[bool] = kopecks == UNKNOWN or kopecks >= rule.threshold_kopecks

    def inputs(self) -> list[tuple[str, str]]:
        """Who sends and receives how much, and its price in roubles."""
        asset = self.case.asset
        amount = f"{decimal(self.case.transfer.amount, asset.scale)} {asset.asset}"
        return [*self.case.parties(), ("amount", amount), ("price in RUB", self._price())]

    def arithmetic(self) -> str:
        """The worth against the threshold, and what follows."""
        threshold = decimal(self.rule.threshold_kopecks, 2)
        if self.kopecks == UNKNOWN:
            return f"worth unknown: taken for at or above the threshold of {threshold} RUB: to be reported"
        worth = f"worth {decimal(self.kopecks, 2)} RUB"
        if self.reported:
            return f"{worth} >= {threshold}, at or above the threshold: to be reported"
        return f"{worth} < {threshold}, below the threshold: not to be reported"

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
    },
    compares="A transfer's worth in roubles, at the last trade for roubles here, else the reference price, with the threshold.",
    exempt="Nothing; transfers between own accounts count, too. What has no price in roubles is taken for above the threshold.",
    transfers=LargeTransfers,
)
