"""DER-3: a bank's exposure is at most 1 % of its capital (TASS, 25.08.2025).

It binds a bank that trades for itself and, for all its clients together, a bank that is the intermediary.
"""

from __future__ import annotations

from typing import Final

from compliance.ledger.ledger import Ledger
from compliance.registry.records import Investor, Registry
from compliance.rulebook.declaration import ORDER_ENTRY, PERCENT, Parameter
from compliance.rulebook.rulebook import Rulebook, RuleData
from compliance.rules.case import Case
from compliance.rules.exposure import WHOLE, ExposureRule, Headroom, fits
from compliance.rules.finding import PASSED, Finding
from compliance.rules.rule import Rule
from engine.vocabulary.decimals import decimal
from engine.vocabulary.said import Said, said


class BankExposure(ExposureRule):
    """What takes a bank's own exposure, or that held through it, beyond a share of its capital is refused."""

    def __init__(self, data: RuleData, rulebook: Rulebook) -> None:
        super().__init__(data, rulebook)
        self.share: Final = data.parameters.number("exposure_percent_of_capital")

    def doubtful(self, registry: Registry, ledger: Ledger) -> list[Investor]:
        """Banks beyond their share, and the clients of such banks. O(exposed investors, intermediaries and such clients)."""
        found: list[Investor] = []
        for name, exposure in ledger.exposures.by_investor.items():
            investor = registry.investors[name]
            if investor.bank and exposure > self.limit(investor.capital_rub):
                found.append(investor)
        for name, exposure in ledger.exposures.by_intermediary.items():
            intermediary = registry.intermediaries[name]
            if intermediary.bank and exposure > self.limit(intermediary.capital_rub):
                found += [client.investor for client in intermediary.clients]
        return found

    def examine(self, case: Case) -> Finding:
        """Add what the order adds to the bank's own exposure, then to that held through it."""
        investor, intermediary = case.investor, case.client.intermediary
        own: BankShare | None = None
        through: BankShare | None = None
        if investor.bank:
            limit, exposure = self.limit(investor.capital_rub), case.ledger.exposures.of(case.client)
            if case.explained or not fits(limit, exposure, case.adds()):
                own = BankShare(limit, exposure, case.adds(), investor.investor, investor.capital_rub)
        if intermediary is not None and intermediary.bank:
            name = intermediary.intermediary
            limit, exposure = self.limit(intermediary.capital_rub), case.ledger.exposures.through(name)
            if case.explained or not fits(limit, exposure, case.adds()):
                through = BankShare(limit, exposure, case.adds(), name, intermediary.capital_rub)
        if own is None and through is None and not case.explained:
            return PASSED
        return BankFinding(self, own, through)

    def limit(self, capital_rub: int) -> int:
        """The share of a bank's capital, in kopecks."""
        # Rounded down, to the stricter side.
        return capital_rub * 100 * self.share // WHOLE


class BankShare(Headroom):
    """What a share of a bank's capital leaves of its exposure."""

    def __init__(self, limit: int, exposure: int, adds: int, name: str, capital_rub: int) -> None:
        super().__init__(limit, exposure, adds)
        self.name: Final = name
        self.capital_rub: Final = capital_rub


class BankFinding(Finding):
    """The bank's own exposure, then that held through it, each against its share of capital; None: no bank."""

    def __init__(self, rule: BankExposure, own: BankShare | None, through: BankShare | None) -> None:
        self.rule: Final = rule
        self.own: Final = own
        self.through: Final = through
        super().__init__((own is None or own.fits) and (through is None or through.fits))

    def refusal(self) -> Said:
        """What is beyond its share, the bank's own exposure first."""
        own, through = self.own, self.through
        if own is not None and not own.fits:
            bank, what = own, said("DER-3.bank", own.name)
        else:
            assert through is not None
            bank, what = through, said("DER-3.clients", through.name)
        return said("DER-3.share", bank.refusal(what), decimal(self.rule.share, 2), f"{bank.capital_rub}.00")

    def inputs(self) -> list[tuple[str, str]]:
        """Banks, capital and exposure."""
        own, through = self.own, self.through
        if own is None and through is None:
            return [("bank", "none")]
        inputs: list[tuple[str, str]] = []
        if own is not None:
            inputs += [("bank", own.name), ("its capital", f"{own.capital_rub}.00"), *own.inputs()]
        if through is not None:
            inputs += [
                ("through bank", through.name),
                ("capital of that bank", f"{through.capital_rub}.00"),
                (f"exposure through {through.name}", decimal(through.exposure, 2)),
            ]
        return inputs

    def arithmetic(self) -> str:
        """Both comparisons, as far as there are banks."""
        compared = [each.arithmetic() for each in (self.own, self.through) if each is not None]
        return "; ".join(compared) or "neither the investor nor the intermediary is a bank"


RULE: Final[Rule] = Rule(
    "DER-3",
    ORDER_ENTRY,
    {
        "exposure_percent_of_capital": Parameter(
            PERCENT,
            "a bank's largest exposure",
            "Largest exposure to crypto prices, as a share of the bank's capital.",
        ),
    },
    compares="A bank's own exposure, and that of all its clients, with a share of its capital.",
    exempt="Who is no bank and trades through none; spot trading; what closes a position.",
    reported=("1 % in the bill of 2026 too",),
    orders=BankExposure,
)
