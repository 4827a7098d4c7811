"""Rules on exposure in derivatives and securities on crypto prices: of each investor, intermediary and bank. In kopecks.

What exposure is: `compliance.ledger.exposure`. Counted are instruments priced in roubles. An order that adds nothing passes, however
large the exposure is already: positions can always be closed.
"""

from __future__ import annotations

from typing import Final

from compliance.registry.classes import CLASSES
from compliance.registry.listings import Listing
from compliance.rulebook.format import Rulebook, RuleData
from compliance.rules.amounts import by_class, compared, left_over
from compliance.rules.case import DEPENDS, PASSES, Case, Figures, Profile, Rule, opens
from engine.vocabulary.decimals import decimal

# Hundredths of a percent in a whole.
WHOLE: Final = 10_000


class ExposureRule(Rule):
    """A limit on exposure. Orders that may open a position are asked for."""

    def spares(self, profile: Profile, listing: Listing, side: int) -> str:
        """All but what opens a position in a derivative priced in RUB."""
        if not listing.exposed:
            return "it is for derivatives and securities priced in RUB"
        return "" if opens(listing, side) else "a sell of what is held adds nothing"

    def bears(self, profile: Profile, listing: Listing, side: int) -> int:
        """Depends on other exposure for what opens a position in a derivative."""
        return PASSES if self.spares(profile, listing, side) else DEPENDS


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

    def figures(self, case: Case) -> Figures:
        """The limit of the class, the exposure and what the order adds to it."""
        investor_class = case.investor.investor_class
        exposure = case.ledger.exposures.of(case.client)
        inputs = [("class", CLASSES[investor_class]), *_sums(case, exposure)]
        return Figures(inputs, _left_over(case, exposure, self.limits[investor_class]))


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
        if self._needed(exposure + adds) > capital:
            return (
                f"clients of {name} have a nominal of {decimal(exposure, 2)} RUB, this order adds {decimal(adds, 2)}; "
                f"{decimal(self.cover, 2)} % of it is to be covered by the capital of {decimal(capital, 2)} RUB"
            )
        if _fits(case, exposure, self.limit):
            return ""
        return _said(case, exposure, self.limit, f"exposure limit of the clients of {name}")

    def figures(self, case: Case) -> Figures:
        """The cover of the clients' nominal against the capital, and the nominal against the limit."""
        intermediary = case.client.intermediary
        if intermediary is None:
            return Figures([("intermediary", "none")], "held directly: there is no intermediary to look at")
        exposure = case.ledger.exposures.through(intermediary.intermediary)
        capital = intermediary.capital_rub * 100
        inputs = [
            ("intermediary", intermediary.intermediary),
            ("capital", decimal(capital, 2)),
            *_sums(case, exposure),
        ]
        limited = _left_over(case, exposure, self.limit)
        if not case.adds():
            return Figures(inputs, limited)
        nominal = exposure + case.adds()
        cover = (
            f"{decimal(self.cover, 2)} % of {decimal(nominal, 2)} = {compared(self._needed(nominal), capital)} capital"
        )
        return Figures(inputs, f"{cover}; {limited}")

    def _needed(self, nominal: int) -> int:
        # Rounded up, to the stricter side; against whole kopecks of capital that is exact.
        return -(-nominal * self.cover // WHOLE)


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

    def figures(self, case: Case) -> Figures:
        """The bank's own exposure, then that held through it, each against its share of capital."""
        investor, intermediary = case.investor, case.client.intermediary
        inputs: list[tuple[str, str]] = []
        found: list[str] = []
        if investor.bank:
            exposure = case.ledger.exposures.of(case.client)
            inputs += [
                ("bank", investor.investor),
                ("its capital", f"{investor.capital_rub}.00"),
                *_sums(case, exposure),
            ]
            found.append(_left_over(case, exposure, self._limit(investor.capital_rub)))
        if intermediary is not None and intermediary.bank:
            name = intermediary.intermediary
            exposure = case.ledger.exposures.through(name)
            inputs += [("through bank", name), ("capital of that bank", f"{intermediary.capital_rub}.00")]
            inputs.append((f"exposure through {name}", decimal(exposure, 2)))
            found.append(_left_over(case, exposure, self._limit(intermediary.capital_rub)))
        if not found:
            return Figures([("bank", "none")], "neither the investor nor the intermediary is a bank")
        return Figures(inputs, "; ".join(found))

    def _limit(self, capital_rub: int) -> int:
        # Rounded down, to the stricter side.
        return capital_rub * 100 * self.share // WHOLE

    def _within_share(self, case: Case, exposure: int, capital_rub: int, who: str) -> str:
        limit = self._limit(capital_rub)
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


def _sums(case: Case, exposure: int) -> list[tuple[str, str]]:
    """What there is and what the order adds, as people read it."""
    return [("exposure", decimal(exposure, 2)), ("this order adds", decimal(case.adds(), 2))]


def _left_over(case: Case, exposure: int, limit: int) -> str:
    """What a limit leaves against what the order adds."""
    if not case.adds():
        return "this order adds nothing"
    return left_over(limit, [("exposure", exposure)], case.adds())
