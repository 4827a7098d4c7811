"""Rules on what a person must have done before buying: warning, tests, intermediary."""

from __future__ import annotations

from typing import Final

from compliance.registry.calendar import civil_from_days, iso_date, moscow_day
from compliance.registry.classes import QUALIFIED, SUPER_QUALIFIED
from compliance.registry.listings import Listing
from compliance.registry.records import Investor, RecordedTest, Registry
from compliance.rulebook.format import Rulebook, RuleData
from compliance.rules.case import DEPENDS, FAILS, FOR_PURCHASES, FOR_RETAIL, PASSES, Case, Figures, Profile, Rule, opens


class RiskWarning(Rule):
    """RISK-1: the warning of total loss is acknowledged before the first purchase, again when its text changes."""

    def __init__(self, data: RuleData, book: Rulebook) -> None:
        super().__init__(data, book)
        self.version: Final = data.parameters.number("warning_version")

    def spares(self, profile: Profile, listing: Listing, side: int) -> str:
        """Sells of what is held."""
        return "" if opens(listing, side) else FOR_PURCHASES

    def bears(self, profile: Profile, listing: Listing, side: int) -> int:
        """Fails for a purchase by someone who has not acknowledged the version in force."""
        return FAILS if not profile.warned and not self.spares(profile, listing, side) else PASSES

    def judge(self, case: Case) -> str:
        """Say which version is needed and which was acknowledged."""
        last = case.investor.acknowledged_version
        return (
            f"version {self.version} of the risk warning is to be acknowledged; acknowledged so far: {last or 'none'}"
        )

    def figures(self, case: Case) -> Figures:
        """The version acknowledged against that in force."""
        last = case.investor.acknowledged_version
        inputs = [("version acknowledged", str(last) if last else "none")]
        return Figures(inputs, f"{last} {'>=' if last >= self.version else '<'} {self.version} in force")


class TestRule(Rule):
    """A test passed and still valid. The latest result counts, to the end of its last Moscow day."""

    def __init__(self, data: RuleData, book: Rulebook, name: str) -> None:
        super().__init__(data, book)
        self.name: Final = name
        self.pass_mark: Final = data.parameters.number("pass_mark")
        self.validity_days: Final = data.parameters.number("validity_days")

    def objection(self, test: RecordedTest, time_ns: int) -> str:
        """What is wrong with a result at a time (nanoseconds since the epoch, UTC); empty: nothing."""
        if test.score < 0:
            return f"no {self.name} test on record; needed are {self.pass_mark} %"
        if test.score < self.pass_mark:
            return f"{self.name} test: {test.score} % scored, {self.pass_mark} % needed"
        last_day = self.last_day(test)
        if moscow_day(time_ns) > last_day:
            return f"{self.name} test: passed with {test.score} %, but valid only to {iso_date(last_day)}"
        return ""

    def last_day(self, test: RecordedTest) -> int:
        """The Moscow day with which a result ceases to count, in days since 1970-01-01."""
        return moscow_day(test.taken_ns) + self.validity_days

    def needed_from(self, investor: Investor) -> RecordedTest | None:
        """The test of an investor whom the rule binds; None: it does not."""
        raise NotImplementedError

    def lapses(self, registry: Registry, day: int) -> bool:
        """Whether the passed test of someone with an account ceased to count. O(investors)."""
        for investor in registry.investors.values():
            test = self.needed_from(investor) if investor.clients else None
            if test is not None and test.score >= self.pass_mark and self.last_day(test) + 1 == day:
                return True
        return False

    def figures_of(self, test: RecordedTest, time_ns: int) -> Figures:
        """The score against the pass mark, and the day against the last one on which the result counts."""
        if test.score < 0:
            return Figures([(f"{self.name} test", "none")], f"no {self.name} test on record")
        today, last_day = moscow_day(time_ns), self.last_day(test)
        inputs = [
            (f"{self.name} test", f"{test.score} %"),
            ("taken", iso_date(moscow_day(test.taken_ns))),
            ("valid to", iso_date(last_day)),
            ("today", iso_date(today)),
        ]
        score = f"{test.score} {'>=' if test.score >= self.pass_mark else '<'} {self.pass_mark} %"
        return Figures(inputs, f"{score}; {iso_date(today)} {'<=' if today <= last_day else '>'} {iso_date(last_day)}")


class KnowledgeTest(TestRule):
    """RET-3: retail passes a knowledge test first (23.12.2025; content and mark unpublished)."""

    def __init__(self, data: RuleData, book: Rulebook) -> None:
        super().__init__(data, book, "knowledge")
        self.retest_delay_days: Final = data.parameters.number("retest_delay_days")

    def spares(self, profile: Profile, listing: Listing, side: int) -> str:
        """All but retail purchases."""
        return spared_unless_retail_opens(profile, listing, side)

    def bears(self, profile: Profile, listing: Listing, side: int) -> int:
        """Depends on the time for a retail purchase."""
        return PASSES if self.spares(profile, listing, side) else DEPENDS

    def needed_from(self, investor: Investor) -> RecordedTest | None:
        """The knowledge test of a retail investor."""
        return investor.knowledge if investor.retail else None

    def retest_problem(self, last: RecordedTest, taken_ns: int) -> str:
        """Why a result may not be recorded that was taken then (nanoseconds since the epoch, UTC); empty: it may."""
        from_day = moscow_day(last.taken_ns) + self.retest_delay_days
        if last.score < 0 or last.score >= self.pass_mark or moscow_day(taken_ns) >= from_day:
            return ""
        return (
            f"{self.rule}: the test of {iso_date(moscow_day(last.taken_ns))} was failed with {last.score} %: "
            f"a new one may be taken from {iso_date(from_day)}, {self.retest_delay_days} days later"
        )

    def judge(self, case: Case) -> str:
        """Look at the latest knowledge test."""
        return self.objection(case.investor.knowledge, case.time_ns)

    def figures(self, case: Case) -> Figures:
        """The latest knowledge test."""
        return self.figures_of(case.investor.knowledge, case.time_ns)


class RiskTest(TestRule):
    """QUAL-1: qualified individuals pass a risk test; no volume limit (23.12.2025)."""

    def __init__(self, data: RuleData, book: Rulebook) -> None:
        super().__init__(data, book, "risk")
        self.required: Final = data.parameters.flag("risk_test_required")

    def spares(self, profile: Profile, listing: Listing, side: int) -> str:
        """All but purchases by qualified individuals; everything if no test is required."""
        if not self.required:
            return "the rulebook requires no risk test"
        if profile.investor_class not in (QUALIFIED, SUPER_QUALIFIED):
            return "it is for qualified individuals"
        return "" if opens(listing, side) else FOR_PURCHASES

    def bears(self, profile: Profile, listing: Listing, side: int) -> int:
        """Depends on the time for a purchase by a qualified individual."""
        return PASSES if self.spares(profile, listing, side) else DEPENDS

    def needed_from(self, investor: Investor) -> RecordedTest | None:
        """The risk test of a qualified individual."""
        return investor.risk if self.required and investor.investor_class in (QUALIFIED, SUPER_QUALIFIED) else None

    def judge(self, case: Case) -> str:
        """Look at the latest risk test."""
        return self.objection(case.investor.risk, case.time_ns)

    def figures(self, case: Case) -> Figures:
        """The latest risk test."""
        return self.figures_of(case.investor.risk, case.time_ns)


class Binding:
    """Something that binds an investor to an intermediary."""

    def __init__(self, what: str, intermediary: str, left: bool) -> None:
        self.what: Final = what
        self.intermediary: Final = intermediary
        self.left: Final = left
        """Whether the investor may choose another all the same."""


class OneIntermediary(Rule):
    """RET-4: retail buys through one authorised intermediary in a Moscow year (23.12.2025).

    The year's first fill binds, unless it is undone; meanwhile an open buy order blocks every other intermediary. With
    `authorisation_required` an authorisation for the Moscow year is needed, too.
    """

    def __init__(self, data: RuleData, book: Rulebook) -> None:
        super().__init__(data, book)
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

    def bears(self, profile: Profile, listing: Listing, side: int) -> int:
        """Depends on earlier purchases for a retail purchase."""
        return PASSES if self.spares(profile, listing, side) else DEPENDS

    def judge(self, case: Case) -> str:
        """Compare with the intermediary of the year and with those of open buy orders."""
        here = case.client.intermediary_name
        if not here and not self.direct_accounts:
            return "retail buys through an authorised intermediary; this account is held directly"
        if here and self.authorisation_required:
            year = case.ledger.years.of(case.time_ns)
            authorised = case.investor.authorised_through(year)
            if authorised != here:
                return f"{year} needs an authorisation to buy through {here}; authorised is {_named(authorised)}"
        for binding in self._bindings(case):
            if binding.intermediary != here and not binding.left:
                return f"{binding.what} {_named(binding.intermediary)}; this account is held through {_named(here)}"
        return ""

    def figures(self, case: Case) -> Figures:
        """The intermediary of the account against those to which purchases and open buys bind."""
        here = case.client.intermediary_name
        inputs = [("held through", here or "none, directly")]
        if not here and not self.direct_accounts:
            return Figures(inputs, "held directly, which retail may not be")
        compared: list[str] = []
        if here and self.authorisation_required:
            year = case.ledger.years.of(case.time_ns)
            authorised = case.investor.authorised_through(year)
            inputs.append((f"authorised for {year}", authorised or "none"))
            compared.append(f"{here} {'=' if authorised == here else '<>'} {_named(authorised)}, authorised for {year}")
        for binding in self._bindings(case):
            name = _named(binding.intermediary)
            inputs.append((binding.what, name))
            sign = "=" if binding.intermediary == here else "<>"
            compared.append(f"{_named(here)} {sign} {name}{', which may be left' if binding.left else ''}")
        return Figures(inputs, "; ".join(compared) or "nothing binds yet")

    def _bindings(self, case: Case) -> list[Binding]:
        """What binds to an intermediary: the purchases of the year, then open buy orders."""
        year = case.ledger.years.of(case.time_ns)
        sums = case.ledger.look(case.client)
        found: list[Binding] = []
        if sums.bound.year == year:
            bound = sums.bound.name
            found.append(Binding(f"purchases of {year} are through", bound, self.may_leave(case.registry, bound)))
        for other, line in sums.by_intermediary.items():
            if line.open_buys:
                found.append(Binding("a buy order is open through", other, False))
        return found

    def may_leave(self, registry: Registry, intermediary: str) -> bool:
        """Whether INT-1 has freed the clients of an intermediary to choose another."""
        found = registry.intermediaries.get(intermediary)
        return self.change_when_suspended and found is not None and found.barred


def spared_unless_retail_opens(profile: Profile, listing: Listing, side: int) -> str:
    """Why a rule on retail purchases does not concern an order; empty: it does."""
    if not profile.retail:
        return FOR_RETAIL
    return "" if opens(listing, side) else FOR_PURCHASES


def _named(intermediary: str) -> str:
    return intermediary or "no intermediary"
