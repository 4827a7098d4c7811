"""The sums of one investor over all intermediaries."""

from __future__ import annotations

from typing import Final

from compliance.ledger.purchases import Purchases, YearsIntermediary


class InvestorLedger:
    """The sums of one investor."""

    def __init__(self) -> None:
        self.bound: Final = YearsIntermediary()
        self.by_intermediary: Final[dict[str, Purchases]] = {}

    def through(self, intermediary: str) -> Purchases:
        """The purchases through an intermediary, begun when first asked for."""
        found = self.by_intermediary.get(intermediary)
        if found is None:
            found = Purchases()
            self.by_intermediary[intermediary] = found
        return found

    def used(
        self,
        today: int,
        first_day: int,
        *,
        rolling: bool,
        net: bool,
        crypto: bool,
        intermediary: str | None = None,
    ) -> int:
        """What counts for the cap of what was traded, through one intermediary or (None) all.

        Args:
            today: the Moscow day, from 1970-01-01.
            first_day: the 1 January of its year.
            rolling: of the last 365 days, today included, instead of since `first_day`.
            net: sale proceeds are taken off; never below nothing.
            crypto: what was priced in crypto counts too.
        """
        total = 0
        for name, line in self.by_intermediary.items():
            if intermediary is None or name == intermediary:
                total += line.turnover(today, first_day, rolling).counted(net, crypto)
        return max(total, 0)

    def reserved(self, crypto: bool, intermediary: str | None = None) -> int:
        """What open buy orders that count for the cap can still cost, through one intermediary or (None) all."""
        total = 0
        for name, line in self.by_intermediary.items():
            if intermediary is None or name == intermediary:
                total += line.reserves(crypto)
        return total
