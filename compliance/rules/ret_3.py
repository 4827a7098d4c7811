"""RET-3: retail passes a knowledge test first (23.12.2025; content and mark unpublished)."""

from __future__ import annotations

from typing import Final

from compliance.registry.calendar import iso_date
from compliance.registry.listings import Listing
from compliance.registry.records import Investor, RecordedTest
from compliance.rulebook.declaration import COUNT, ORDER_ENTRY, STARTS, Parameter, starts
from compliance.rulebook.rulebook import Rulebook, RuleData
from compliance.rules.case import Case, Profile
from compliance.rules.finding import Finding
from compliance.rules.rule import SELLS_OF_HOLDINGS, Rule, spared_unless_retail_opens
from compliance.rules.validity import PASS_MARK, VALIDITY, TestRule
from engine.vocabulary.days import moscow_day
from engine.vocabulary.said import Said, said


class KnowledgeTest(TestRule):
    """A retail purchase without a valid test is refused."""

    def __init__(self, data: RuleData, rulebook: Rulebook) -> None:
        super().__init__(data, rulebook)
        self.retest_delay_days: Final = data.parameters.number("retest_delay_days")

    def spares(self, profile: Profile, listing: Listing, side: int) -> str:
        """All but retail purchases."""
        return spared_unless_retail_opens(profile, listing, side)

    def needed_from(self, investor: Investor) -> RecordedTest | None:
        """The knowledge test of a retail investor."""
        return investor.knowledge if investor.retail else None

    def examine(self, case: Case) -> Finding:
        """The latest knowledge test."""
        return self.examine_test(case.investor.knowledge, case.time_ns, case.explained)

    def retest_problem(self, last: RecordedTest, taken_ns: int) -> Said | None:
        """Why a result may not be recorded that was taken then (nanoseconds since the epoch, UTC); None: it may."""
        from_day = moscow_day(last.taken_ns) + self.retest_delay_days
        if last.score < 0 or self.enough(last) or moscow_day(taken_ns) >= from_day:
            return None
        taken = iso_date(moscow_day(last.taken_ns))
        return said("RET-3.retest", taken, last.score, iso_date(from_day), self.retest_delay_days)


RULE: Final[Rule] = Rule(
    "RET-3",
    ORDER_ENTRY,
    {
        "pass_mark": PASS_MARK,
        "validity_days": VALIDITY,
        "retest_delay_days": Parameter(
            COUNT,
            "the delay before a retest",
            "How long to wait after a test was failed.",
            unit="days",
            # Not to wait at all is as good as any other delay.
            zero="",
        ),
        STARTS: starts(),
    },
    compares="The latest knowledge test with the pass mark, and its date with its validity.",
    exempt=f"Qualified investors. {SELLS_OF_HOLDINGS}",
    reported=("content, pass mark and validity unpublished",),
    orders=KnowledgeTest,
)
