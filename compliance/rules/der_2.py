"""DER-2: intermediaries cover the nominal with capital in full, and keep within a limit (Bank of Russia, 28.05.2025).

The nominal is the exposure of all its clients together. The limit is a venue setting: none was published.
"""

from __future__ import annotations

from typing import Final

from compliance.ledger.ledger import Ledger
from compliance.registry.records import Intermediary, Investor, Registry
from compliance.rulebook.declaration import ORDER_ENTRY, PERCENT, RUB, Parameter
from compliance.rulebook.rulebook import Rulebook, RuleData
from compliance.rules.case import Case
from compliance.rules.exposure import WHOLE, ExposureRule, Headroom, fits
from compliance.rules.finding import PASSED, Finding
from compliance.rules.limits import compared
from compliance.rules.rule import Rule
from engine.vocabulary.decimals import decimal
from engine.vocabulary.said import Said, said


class IntermediaryCover(ExposureRule):
    """What takes the nominal of an intermediary's clients beyond its cover or its limit is refused."""

    def __init__(self, data: RuleData, rulebook: Rulebook) -> None:
        super().__init__(data, rulebook)
        self.cover: Final = data.parameters.number("cover_percent")
        self.limit: Final = data.parameters.number("exposure_limit_rub")

    def doubtful(self, registry: Registry, ledger: Ledger) -> list[Investor]:
        """The clients of intermediaries whose nominal is beyond cover or limit. O(intermediaries and such clients)."""
        return [client.investor for each in self._beyond(registry, ledger) for client in each.clients]

    def outside(self, registry: Registry, ledger: Ledger) -> list[tuple[str, Said]]:
        """Intermediaries whose clients have a nominal beyond cover or limit."""
        found: list[tuple[str, Said]] = []
        for each in self._beyond(registry, ledger):
            nominal = ledger.exposures.through(each.intermediary)
            needed, capital = decimal(self.needed(nominal), 2), f"{each.capital_rub}.00"
            limit = decimal(self.limit, 2)
            beyond = said("DER-2.beyond", each.intermediary, decimal(nominal, 2), limit, needed, capital)
            found.append((each.intermediary, beyond))
        return found

    def _beyond(self, registry: Registry, ledger: Ledger) -> list[Intermediary]:
        """Whose clients have a nominal beyond cover or limit. O(intermediaries)."""
        found: list[Intermediary] = []
        for name, exposure in ledger.exposures.by_intermediary.items():
            intermediary = registry.intermediaries[name]
            if exposure > self.limit or self.needed(exposure) > intermediary.capital_rub * 100:
                found.append(intermediary)
        return found

    def examine(self, case: Case) -> Finding:
        """Add what the order adds to the exposure of the intermediary's clients."""
        intermediary = case.client.intermediary
        if intermediary is None:
            return HeldDirectly(True)
        exposure, adds = case.ledger.exposures.through(intermediary.intermediary), case.adds()
        capital = intermediary.capital_rub * 100
        covered = self.needed(exposure + adds) <= capital
        # An order that adds nothing passes whatever the cover is.
        passed = not adds or (covered and fits(self.limit, exposure, adds))
        if passed and not case.explained:
            return PASSED
        headroom = Headroom(self.limit, exposure, adds)
        return CoverFinding(
            passed, self, intermediary.intermediary, capital=capital, covered=covered, headroom=headroom
        )

    def needed(self, nominal: int) -> int:
        """The capital that must cover a nominal."""
        # Rounded up, to the stricter side; against whole kopecks of capital that is exact.
        return -(-nominal * self.cover // WHOLE)


class HeldDirectly(Finding):
    """An account without an intermediary."""

    def inputs(self) -> list[tuple[str, str]]:
        """That there is none."""
        return [("intermediary", "none")]

    def arithmetic(self) -> str:
        """That there is none."""
        return "held directly: there is no intermediary to look at"


class CoverFinding(Finding):
    """The cover of the clients' nominal against the capital, and the nominal against the limit."""

    def __init__(
        self,
        passed: bool,
        rule: IntermediaryCover,
        name: str,
        *,
        capital: int,
        covered: bool,
        headroom: Headroom,
    ) -> None:
        super().__init__(passed)
        self.rule: Final = rule
        self.name: Final = name
        self.capital: Final = capital
        """Of the intermediary, in kopecks."""
        self.covered: Final = covered
        self.headroom: Final = headroom

    def refusal(self) -> Said:
        """What lacks, the cover first."""
        if not self.covered:
            adds = decimal(self.headroom.adds, 2)
            nominal, cover = decimal(self.headroom.exposure, 2), decimal(self.rule.cover, 2)
            return said("DER-2.cover", self.name, nominal, adds, cover, decimal(self.capital, 2))
        return self.headroom.refusal(said("DER-2.clients", self.name))

    def inputs(self) -> list[tuple[str, str]]:
        """Intermediary, capital and exposure."""
        return [("intermediary", self.name), ("capital", decimal(self.capital, 2)), *self.headroom.inputs()]

    def arithmetic(self) -> str:
        """Both comparisons."""
        limited = self.headroom.arithmetic()
        if not self.headroom.adds:
            return limited
        nominal = self.headroom.exposure + self.headroom.adds
        cover = compared(self.rule.needed(nominal), self.capital, self.covered)
        return f"{decimal(self.rule.cover, 2)} % of {decimal(nominal, 2)} = {cover} capital; {limited}"


RULE: Final[Rule] = Rule(
    "DER-2",
    ORDER_ENTRY,
    {
        # A cover of more than the nominal is stricter, not void.
        "cover_percent": Parameter(
            PERCENT, "the capital cover", "Capital that must cover the nominal, as a share of it.", over_whole=""
        ),
        "exposure_limit_rub": Parameter(
            RUB,
            "an intermediary's exposure limit",
            "Largest exposure of all clients of one intermediary together.",
        ),
    },
    compares="The exposure of all clients of an intermediary with its capital, and with a limit.",
    exempt="Accounts held directly; spot trading; what closes a position; instruments priced in another asset than RUB.",
    reported=("full cover and a limit on the exposure, the limit without a figure",),
    orders=IntermediaryCover,
)
