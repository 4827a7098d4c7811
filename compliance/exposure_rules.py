"""Rules on exposure in derivatives and securities on crypto prices: of each investor, intermediary and bank. In kopecks.

What exposure is: `compliance.exposure`. Counted are instruments priced in roubles. An order that adds nothing passes, however
large the exposure is already: positions can always be closed.
"""

from __future__ import annotations

from typing import Final

from compliance.amount_rules import by_class
from compliance.case import DEPENDS, PASSES, Case, Profile, Rule, opens
from compliance.listings import Listing
from compliance.rulebook import Rulebook, RuleData
from engine.problem import decimal

# Hundredths of a percent in a whole.
WHOLE: Final = 10_000


class ExposureRule(Rule):
    """A limit on exposure. Orders that may open a position are asked for."""

    def bears(self, profile: Profile, listing: Listing, side: int) -> int:
        """Depends on other exposure for what opens a position in a derivative."""
        return DEPENDS if listing.exposed and opens(listing, side) else PASSES


class ExposureLimit(ExposureRule):
    """DER-4: each investor's exposure is limited, by class. No figure was published: a venue setting."""

    def __init__(self, data: RuleData, book: Rulebook) -> None:
        super().__init__(data, book)
        self.limits: Final = by_class(data)

    def judge(self, case: Case) -> str:
        """Add what the order adds to the exposure over all accounts of the investor."""
        limit = self.limits[case.investor.investor_class]
        exposure = case.ledger.exposures.of(case.client)
        return "" if _fits(case, exposure, limit) else _said(case, exposure, limit, "exposure limit")


class IntermediaryCover(ExposureRule):
    """DER-2: intermediaries cover the nominal with capital in full, and keep within a limit (Bank of Russia, 28.05.2025).

    The nominal is the exposure of all its clients together. The limit is a venue setting: none was published.
    """

    def __init__(self, data: RuleData, book: Rulebook) -> None:
        super().__init__(data, book)
        self.cover: Final = data.parameters.number("cover_percent")
        self.limit: Final = data.parameters.number("exposure_limit_rub")

    def judge(self, case: Case) -> str:
        """Add what the order adds to the exposure of the intermediary's clients."""
        intermediary = case.client.intermediary
        adds = case.adds()
        if intermediary is None or not adds:
            return ""
        name = intermediary.intermediary
        exposure = case.ledger.exposures.through(name)
        capital = intermediary.capital_rub * 100
        # Products compared, nothing rounded.
        if (exposure + adds) * self.cover > capital * WHOLE:
            return (
                f"clients of {name} have a nominal of {decimal(exposure, 2)} RUB, this order adds {decimal(adds, 2)}; "
                f"{decimal(self.cover, 2)} % of it is to be covered by the capital of {decimal(capital, 2)} RUB"
            )
        if _fits(case, exposure, self.limit):
            return ""
        return _said(case, exposure, self.limit, f"exposure limit of the clients of {name}")


class BankExposure(ExposureRule):
    """DER-3: a bank's exposure is at most 1 % of its capital (TASS, 25.08.2025).

    It binds a bank that trades for itself and, for all its clients together, a bank that is the intermediary.
    """

    def __init__(self, data: RuleData, book: Rulebook) -> None:
        super().__init__(data, book)
        self.share: Final = data.parameters.number("exposure_percent_of_capital")

    def judge(self, case: Case) -> str:
        """Add what the order adds to the bank's own exposure, then to that held through it."""
        investor, intermediary = case.investor, case.client.intermediary
        if investor.bank:
            exposure = case.ledger.exposures.of(case.client)
            refusal = self._within_share(case, exposure, investor.capital_rub, f"bank {investor.investor}")
            if refusal:
                return refusal
        if intermediary is not None and intermediary.bank:
            name = intermediary.intermediary
            exposure = case.ledger.exposures.through(name)
            return self._within_share(case, exposure, intermediary.capital_rub, f"clients of bank {name}")
        return ""

    def _within_share(self, case: Case, exposure: int, capital_rub: int, who: str) -> str:
        # Rounded down, to the stricter side.
        limit = capital_rub * 100 * self.share // WHOLE
        if _fits(case, exposure, limit):
            return ""
        said = _said(case, exposure, limit, f"exposure limit of {who}")
        return f"{said}; the limit is {decimal(self.share, 2)} % of the capital of {capital_rub}.00 RUB"


def _fits(case: Case, exposure: int, limit: int) -> bool:
    """Whether an order adds nothing, or no more than the limit leaves."""
    adds = case.adds()
    return not adds or exposure + adds <= limit


def _said(case: Case, exposure: int, limit: int, what: str) -> str:
    """What is limited, and by how much."""
    remaining = max(limit - exposure, 0)
    return (
        f"{what} {decimal(limit, 2)} RUB, exposure {decimal(exposure, 2)}, remaining {decimal(remaining, 2)}; "
        f"this order adds {decimal(case.adds(), 2)}"
    )
