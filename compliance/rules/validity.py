"""What rules on tests have in common: a test is passed and still valid. The latest result counts, to the end of its last Moscow day."""

from __future__ import annotations

from typing import Final

from compliance.registry.calendar import iso_date
from compliance.registry.records import Investor, RecordedTest, Registry
from compliance.rulebook.declaration import COUNT, SCORE, Parameter
from compliance.rulebook.rulebook import Rulebook, RuleData
from compliance.rules.case import Arrival
from compliance.rules.finding import PASSED, Finding
from compliance.rules.rule import OrderRule
from engine.vocabulary.days import moscow_day
from engine.vocabulary.said import Said, said

PASS_MARK: Final = Parameter(
    SCORE,
    "the pass mark",
    "The least score, in percent, that passes the test.",
    zero="a pass mark of 0: everyone who sat the test has passed it",
)
VALIDITY: Final = Parameter(
    COUNT,
    "the validity of the test",
    "How long a pass counts, to the end of its last Moscow day.",
    unit="days",
    zero="a validity of 0 days: a pass counts only on the day of the test",
)


class TestRule(OrderRule):
    """A rule that asks for a test."""

    def __init__(self, data: RuleData, rulebook: Rulebook) -> None:
        super().__init__(data, rulebook)
        self.pass_mark: Final = data.parameters.number("pass_mark")
        self.validity_days: Final = data.parameters.number("validity_days")

    def enough(self, test: RecordedTest) -> bool:
        """Whether a result reaches the pass mark; where none is recorded, it does not."""
        return test.score >= self.pass_mark

    def last_day(self, test: RecordedTest) -> int:
        """The Moscow day with which a result ceases to count, in days since 1970-01-01."""
        return moscow_day(test.taken_ns) + self.validity_days

    def needed_from(self, investor: Investor) -> RecordedTest | None:
        """The test of an investor whom the rule binds; None: it does not."""
        raise NotImplementedError

    def at_door(self, arrival: Arrival) -> Finding | None:
        """The same of what is as good as bought."""
        test = self.needed_from(arrival.investor) if arrival.bought else None
        return None if test is None else self.examine_test(test, arrival.time_ns, True)

    def examine_test(self, test: RecordedTest, time_ns: int, explained: bool) -> Finding:
        """Decide by a result at a time; `explained`: it is asked why it passes, too."""
        today, last_day = moscow_day(time_ns), self.last_day(test)
        enough, valid = self.enough(test), today <= last_day
        if enough and valid and not explained:
            return PASSED
        return TestFinding(self, test, enough=enough, valid=valid, today=today, last_day=last_day)

    def lapses(self, registry: Registry, day: int) -> bool:
        """Whether the passed test of someone with an account ceased to count. O(investors)."""
        for investor in registry.investors.values():
            test = self.needed_from(investor) if investor.clients else None
            if test is not None and self.lapsed(test, day):
                return True
        return False

    def lapsed(self, test: RecordedTest, day: int) -> bool:
        """Whether a test that was passed ceased to count with the day before a Moscow day."""
        return self.enough(test) and self.last_day(test) + 1 == day


class TestFinding(Finding):
    """The score against the pass mark, and the day against the last one on which the result counts."""

    def __init__(
        self, rule: TestRule, test: RecordedTest, *, enough: bool, valid: bool, today: int, last_day: int
    ) -> None:
        super().__init__(enough and valid)
        self.rule: Final = rule
        self.test: Final = test
        self.enough: Final = enough
        self.valid: Final = valid
        self.day: Final = today
        self.last_day: Final = last_day

    def refusal(self) -> Said:
        """What is wrong with the result."""
        name, score = self.test.name, self.test.score
        if score < 0:
            return said("test.missing", name, self.rule.pass_mark)
        if not self.enough:
            return said("test.failed", name, score, self.rule.pass_mark)
        return said("test.expired", name, score, iso_date(self.last_day))

    def inputs(self) -> list[tuple[str, str]]:
        """Score and days."""
        test = f"{self.test.name} test"
        if self.test.score < 0:
            return [(test, "none")]
        return [
            (test, f"{self.test.score} %"),
            ("taken", iso_date(moscow_day(self.test.taken_ns))),
            ("valid to", iso_date(self.last_day)),
            ("today", iso_date(self.day)),
        ]

    def arithmetic(self) -> str:
        """Both comparisons."""
        if self.test.score < 0:
            return f"no {self.test.name} test on record"
        score = f"{self.test.score} {'>=' if self.enough else '<'} {self.rule.pass_mark} %"
        return f"{score}; {iso_date(self.day)} {'<=' if self.valid else '>'} {iso_date(self.last_day)}"
