"""Explanations of verdicts: every one agrees with the decision, of orders, amends, ladders and rechecks."""

from __future__ import annotations

import pytest

from compliance.explain import DECIDED, PASSED, UNCONCERNED, Explanation, OrderExplanation
from engine.vocabulary.codes import BUY, COMPLIANCE, MARKET
from engine.vocabulary.messages.commands import MassQuote, SetBlocked
from engine.vocabulary.messages.events import (
    Event,
    MovementEnded,
    MovementHeld,
    OrderCancelled,
    OrderRejected,
    RequestRejected,
)
from gateway.words.words import in_words
from tests.support.compliance.scenarios import SCENARIOS, outcome, split_change, supervise, trade
from tests.support.compliance.venue import PARTICIPANT, e8
from tests.support.compliance.watched_venue import WatchedVenue, by_rule, check_sound


def told(events: list[Event]) -> list[tuple[str, tuple[str, ...], str]]:
    """What participants were told of refusals by rule."""
    return [
        (event.rule, event.rules, event.detail)
        for event in events
        if isinstance(event, OrderRejected | RequestRejected) and event.code == COMPLIANCE
    ]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=[scenario["name"] for scenario in SCENARIOS])
def test_every_verdict_of_every_scenario_is_explained_as_it_was_decided(scenario: dict[str, str]) -> None:
    venue = WatchedVenue(scenario["rulebook"], tuple(split_change(change) for change in scenario.get("changes", ())))
    orders: list[int] = []
    for line in scenario["steps"].strip().splitlines():
        when, who, what, expected = (cell.strip() for cell in line.split("|"))
        venue.at(when)
        venue.notebook.explanations.clear()
        venue.notebook.transfers.clear()
        venue.notebook.leaving.clear()
        events = supervise(venue, what) if who == "supervisor" else trade(venue, orders, who, what)
        if what != "wait":
            events = events[venue.exchange.due_events :]
        # The hook with the notebook decides as the other one, which the tables are written for.
        assert outcome(events, orders) == expected, line
        notebook = venue.notebook
        made: list[Explanation] = [*notebook.explanations, *notebook.transfers, *notebook.leaving]
        for explanation in made:
            check_sound(explanation)
        ended = [event for event in events if isinstance(event, MovementEnded)]
        if ended:
            # A check when it is carried out, which a movement fails by.
            assert {each.failed[0] for each in made if each.failed} >= {
                each.rule for each in ended if each.rule == "SAN-1"
            }
            continue
        held = [event.rules for event in events if isinstance(event, MovementHeld)]
        if held and who != "supervisor":
            assert held == [each.waits for each in made if each.waits]
        if what.startswith("deliver"):
            assert made == [], "DER-1 refuses a delivery by itself"
            continue
        assert told(events) == [
            (
                explanation.failed[0],
                explanation.failed,
                next(in_words(each.refusal) for each in explanation.rules if each.outcome == DECIDED),
            )
            for explanation in made
            if explanation.failed and not (isinstance(explanation, OrderExplanation) and explanation.recheck)
        ]
        cancels = [
            event for event in events if isinstance(event, OrderCancelled) and event.rule not in ("", "FRZ-1", "ARR-1")
        ]
        again = {each.order_id: each for each in venue.notebook.explanations if each.recheck}
        assert {event.order_id: event.rule for event in cancels} == {
            order_id: each.failed[0] for order_id, each in again.items()
        }


def test_without_a_rulebook_the_venue_itself_refuses() -> None:
    venue = WatchedVenue("")
    event = venue.buy("firm", "1", "BTC/RUB", "100")
    assert isinstance(event, OrderRejected) and event.rule == "VENUE"
    assert (venue.last().rulebook, venue.last().rules, venue.last().failed) == (None, [], ())


def test_a_rule_that_is_switched_off_concerns_nobody() -> None:
    venue = WatchedVenue("general-2026", (("RET-3", "enabled", "false"),))
    venue.buy("newcomer", "0.001", "BTC/RUB", "100")
    off = by_rule(venue.last())["RET-3"]
    assert (off.outcome, off.spared) == (UNCONCERNED, "the rule is switched off")
    assert venue.last().failed == ("RISK-1",)


def test_parameters_are_those_in_force() -> None:
    venue = WatchedVenue()
    venue.load("general-2026", (("RET-1", "retail_cap_rub", '"500000.00"'),))
    venue.buy("retail", "0.05", "BTC/RUB", "8000000")
    cap = by_rule(venue.last())["RET-1"]
    assert cap.outcome == PASSED and cap.data.parameters.number("retail_cap_rub") == 50_000_000


def test_amends_market_orders_and_ladders_are_explained_one_by_one() -> None:
    venue = WatchedVenue()
    venue.sell("dealer", "1", "BTC/RUB", "8000000")
    venue.buy("retail", "0.01", "BTC/RUB", "7000000")
    order_id = venue.last().order_id
    venue.amend("retail", order_id, "0.0375", "8000100")
    amended = venue.last()
    assert (amended.order_id, amended.failed) == (order_id, ("RET-1",))
    assert (amended.price, amended.quantity, amended.value) == ("8000100", "0.0375", "300003.75 RUB")
    made = len(venue.notebook.explanations)
    venue.amend("retail", order_id, "0.005", "7000000")
    assert len(venue.notebook.explanations) == made, "an amend that makes an order smaller is not checked"
    venue.enter("firm", BUY, "0.01", "BTC/RUB", "", order_type=MARKET)
    # Without a trade, the collar is around the reference; there is none, so the order never came to the rules.
    assert len(venue.notebook.explanations) == made
    ladder = ((e8("100"), e8("1")), (e8("100"), e8("2000000")))
    venue.apply(MassQuote(PARTICIPANT, "firm", "q", "BTC/RUB", ladder, ()))
    first, second = venue.notebook.explanations[made:]
    assert (first.failed, second.failed) == ((), ())
    venue.apply(MassQuote(PARTICIPANT, "retail", "q", "BTC/RUB", ladder[:1], ()))
    assert venue.last().failed == ()


def test_sums_are_those_of_the_moment_and_leave_out_the_order_itself() -> None:
    venue = WatchedVenue()
    venue.buy("retail", "0.02", "BTC/RUB", "8000000")
    order_id = venue.last().order_id
    venue.amend("retail", order_id, "0.03", "8000000")
    assert venue.last().failed == ()
    venue.buy("retail", "0.0075", "BTC/RUB", "8000000")
    venue.buy("retail", "0.0001", "BTC/RUB", "100")
    assert venue.last().failed == ("RET-1",)
    venue.cancel("retail", order_id)
    venue.buy("retail", "0.0001", "BTC/RUB", "100")
    assert venue.last().failed == ()


def test_what_a_recheck_cancels_is_explained_too() -> None:
    venue = WatchedVenue()
    venue.buy("retail", "0.01", "BTC/RUB", "8000000")
    venue.buy("firm", "0.01", "BTC/RUB", "8000000")
    made = len(venue.notebook.explanations)
    venue.apply(SetBlocked("retail", True))
    (gone,) = venue.notebook.explanations[made:]
    assert (gone.recheck, gone.client.account, gone.failed) == (True, "retail", ("SAN-1",))


def test_an_unwatched_hook_takes_no_notes() -> None:
    venue = WatchedVenue()
    venue.notebook.watching = False
    venue.buy("retail", "1", "BTC/RUB", "8000000")
    assert venue.notebook.explanations == []
