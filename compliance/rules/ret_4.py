"""RET-4: retail buys through one authorised intermediary in a Moscow year (23.12.2025).

The year's first fill binds, unless it is undone; meanwhile an open buy order blocks every other intermediary. With
`authorisation_required` an authorisation for the Moscow year is needed, too.
"""

from __future__ import annotations

from typing import Final

from compliance.registry.calendar import civil_from_days
from compliance.registry.listings import Listing
from compliance.registry.records import Registry
from compliance.rulebook.declaration import FLAG, ORDER_ENTRY, STARTS, Parameter, starts
from compliance.rulebook.rulebook import Rulebook, RuleData
from compliance.rules.case import Case, Profile
from compliance.rules.finding import PASSED, Finding, called
from compliance.rules.rule import SELLS_OF_HOLDINGS, OrderRule, Rule, spared_unless_retail_opens
from engine.vocabulary.said import Said, said


class OneIntermediary(OrderRule):
    """A retail purchase through another intermediary than the one that binds is refused."""

    def __init__(self, data: RuleData, rulebook: Rulebook) -> None:
        super().__init__(data, rulebook)
        self.change_when_suspended: Final = data.parameters.flag("change_when_suspended")
        self.direct_accounts: Final = data.parameters.flag("direct_accounts")
        self.authorisation_required: Final = data.parameters.flag("authorisation_required")

    def lapses(self, registry: Registry, day: int) -> bool:
        """Whether a year of authorisations ended."""
        _, month, day_of_month = civil_from_days(day)
        return self.authorisation_required and month == 1 and day_of_month == 1

    def spares(self, profile: Profile, listing: Listing, side: int) -> str:
        """All but retail purchases."""
        return spared_unless_retail_opens(profile, listing, side)

    def examine(self, case: Case) -> Finding:
        """The intermediary of the account against those to which purchases and open buys bind."""
        here, year = case.client.intermediary_name, case.ledger.years.of(case.time_ns)
        authorised: Binding | None = None
        if here and self.authorisation_required:
            authorised = Binding(case.investor.authorised_through(year), here, False, False)
        direct = not here and not self.direct_accounts
        passed = not direct and (authorised is None or authorised.allows)
        bindings = self._bindings(case, here, year)
        for each in bindings:
            passed = passed and each.allows
        if passed and not case.explained:
            return PASSED
        return BindingsFinding(passed, here, year, authorised=authorised, direct=direct, bindings=bindings)

    def _bindings(self, case: Case, here: str, year: int) -> list[Binding]:
        """What binds to an intermediary: the purchases of the year, then open buy orders."""
        sums = case.ledger.look(case.client)
        found: list[Binding] = []
        if sums.bound.year == year:
            name = sums.bound.name
            found.append(Binding(name, here, self.may_leave(case.registry, name), False))
        for name, line in sums.by_intermediary.items():
            if line.open_buys:
                found.append(Binding(name, here, False, True))
        return found

    def may_leave(self, registry: Registry, intermediary: str) -> bool:
        """Whether INT-1 has freed the clients of an intermediary to choose another."""
        found = registry.intermediaries.get(intermediary)
        return self.change_when_suspended and found is not None and found.barred


class Binding:
    """An intermediary to which an investor is bound: by the authorisation or purchases of a year, or by an open buy order."""

    def __init__(self, intermediary: str, here: str, left: bool, open_buy: bool) -> None:
        self.intermediary: Final = intermediary
        self.same: Final[bool] = intermediary == here
        """Whether it is the intermediary of this account."""
        self.left: Final = left
        """Whether the investor may choose another all the same."""
        self.open_buy: Final = open_buy
        """Whether an open buy order binds; if not, the year does."""
        self.allows: Final[bool] = self.same or left
        """Whether the investor may buy through this account for all that."""


class BindingsFinding(Finding):
    """The intermediary of the account, and all that binds."""

    def __init__(
        self,
        passed: bool,
        here: str,
        year: int,
        *,
        authorised: Binding | None,
        direct: bool,
        bindings: list[Binding],
    ) -> None:
        super().__init__(passed)
        self.here: Final = here
        self.year: Final = year
        self.authorised: Final = authorised
        """By the authorisation for the year, if one is needed; None: none is."""
        self.direct: Final = direct
        """Whether the account is held directly, which it may not be."""
        self.bindings: Final = bindings
        """The purchases of the year, then open buy orders."""

    def refusal(self) -> Said:
        """The first that forbids to buy through this intermediary."""
        if self.direct:
            return said("RET-4.direct")
        authorised = self.authorised
        if authorised is not None and not authorised.allows:
            return said("RET-4.unauthorised", self.year, self.here, called(authorised.intermediary))
        other = next(each for each in self.bindings if not each.allows)
        bound, here = called(other.intermediary), called(self.here)
        if other.open_buy:
            return said("RET-4.open_buy", bound, here)
        return said("RET-4.purchases", self.year, bound, here)

    def inputs(self) -> list[tuple[str, str]]:
        """All intermediaries that matter."""
        inputs = [("held through", self.here or "none, directly")]
        if self.direct:
            return inputs
        if self.authorised is not None:
            inputs.append((f"authorised for {self.year}", self.authorised.intermediary or "none"))
        return inputs + [(self._what(each), named(each.intermediary)) for each in self.bindings]

    def arithmetic(self) -> str:
        """The intermediary of the account against each of them."""
        if self.direct:
            return "held directly, which retail may not be"
        compared: list[str] = []
        if self.authorised is not None:
            compared.append(f"{self._compared(self.authorised)}, authorised for {self.year}")
        compared += [f"{self._compared(each)}{', which may be left' if each.left else ''}" for each in self.bindings]
        return "; ".join(compared) or "nothing binds yet"

    def _what(self, binding: Binding) -> str:
        """What binds, before the intermediary's name."""
        return "a buy order is open through" if binding.open_buy else f"purchases of {self.year} are through"

    def _compared(self, binding: Binding) -> str:
        return f"{named(self.here)} {'=' if binding.same else '<>'} {named(binding.intermediary)}"


def named(intermediary: str) -> str:
    """An intermediary's name, or that there is none."""
    return intermediary or "no intermediary"


RULE: Final[Rule] = Rule(
    "RET-4",
    ORDER_ENTRY,
    {
        "change_when_suspended": Parameter(
            FLAG,
            "changing a suspended intermediary",
            "Whether clients of a suspended intermediary may choose another.",
        ),
        "direct_accounts": Parameter(
            FLAG, "retail purchases without an intermediary", "Whether accounts held directly may buy."
        ),
        "authorisation_required": Parameter(
            FLAG,
            "authorisation by the year",
            "Whether a client must be authorised to buy through the intermediary.",
        ),
        STARTS: starts(),
    },
    compares="The intermediary of this account with that of the year's purchases and of open buys.",
    exempt=f"Qualified investors. {SELLS_OF_HOLDINGS}",
    orders=OneIntermediary,
)
