"""What the end of a Moscow day sets off, and what it leaves alone."""

from __future__ import annotations

from engine.vocabulary.codes import FIRM, INDIVIDUAL
from engine.vocabulary.messages.commands import RecordTest, RegisterInvestor, Tick
from engine.vocabulary.messages.events import DayEnded, OrderCancelled
from tests.support.compliance.answers import buy, cancelled, set_parameter
from tests.support.compliance.venue import Venue, moscow_ns

DAY_NS = 86_400 * 10**9


def test_midnight_rechecks_only_when_something_ended_with_the_day() -> None:
    venue = Venue("general-2026", (("RET-2", "on_tier_loss", '"grace"'), ("RET-2", "grace_days", "2")))
    venue.do(set_parameter("LIQ-2", "assets", "BTC"))

    def rechecks(moscow_day: str) -> bool:
        return venue.hook.day_ended(moscow_ns(f"{moscow_day} 00:00:00")).recheck is not None

    # Lost on 1 June; bought until the end of the third.
    assert [rechecks(f"2026-06-0{day}") for day in range(2, 7)] == [False, False, True, False, False]
    # Tests of 1 June 2026 count for 365 days more. No authorisation is required, so New Year ends nothing.
    assert [rechecks(day) for day in ("2027-01-01", "2027-06-01", "2027-06-02", "2027-06-03")] == [
        False,
        False,
        True,
        False,
    ]
    venue.do(set_parameter("RET-4", "authorisation_required", "true"))
    assert [rechecks(day) for day in ("2026-12-31", "2027-01-01", "2027-01-02")] == [False, True, False]
    for rule in ("RET-2", "RET-3", "QUAL-1", "RET-4"):
        venue.do(set_parameter(rule, "enabled", "false"))
    assert not any(rechecks(day) for day in ("2026-06-04", "2027-06-02", "2027-01-01"))


def test_only_tests_that_someone_needs_count_at_midnight() -> None:
    venue = Venue()
    # The risk tests of retail investors and firms, and the knowledge tests of all others, are nobody's business.
    for investor in ("retail", "nameless", "small_firm"):
        venue.do(RegisterInvestor(investor, FIRM if investor == "small_firm" else INDIVIDUAL, assets_rub=10**9))
    for investor in ("retail", "nameless", "qualified", "super", "earner"):
        venue.do(RecordTest(investor, "risk", 0, venue.time_ns))
    assert not venue.hook.day_ended(moscow_ns("2027-06-02 00:00:00")).recheck
    # Nor is that of someone without an account.
    venue.do(RegisterInvestor("stranger", INDIVIDUAL))
    venue.do(RecordTest("stranger", "knowledge", 100, venue.time_ns))
    assert not venue.hook.day_ended(moscow_ns("2027-06-02 00:00:00")).recheck


def test_before_a_rulebook_midnight_is_nothing() -> None:
    venue = Venue(rulebook="")
    venue.time_ns += DAY_NS
    assert venue.do(Tick()) == [DayEnded(20_606)]


def test_days_that_passed_while_nothing_came_end_one_by_one() -> None:
    venue = Venue()
    order_id = buy(venue, "retail")
    venue.time_ns += 400 * DAY_NS
    events = venue.do(Tick())
    place = next(place for place, event in enumerate(events) if isinstance(event, OrderCancelled))
    assert events[place - 1] == DayEnded(20_605 + 366)
    assert cancelled(events) == [(order_id, "RET-3")]
    assert sum(isinstance(event, DayEnded) for event in events) == 400
