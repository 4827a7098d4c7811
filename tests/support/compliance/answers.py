"""What venues under rules answer, in short: refusals, what rules cancelled, order ids, sums of the ledger."""

from __future__ import annotations

from compliance.ledger.purchases import InvestorLedger
from engine.vocabulary.codes import BY_RULE
from engine.vocabulary.messages.commands import SetParameter
from engine.vocabulary.messages.events import CommandRejected, Event, OrderAccepted, OrderCancelled
from tests.support.compliance.venue import Venue, rules_of


def set_parameter(rule: str, key: str, value: str) -> SetParameter:
    return SetParameter(rule, key, value, "trial", "ann")


def refusal(events: list[Event]) -> str:
    assert len(events) == 1
    assert isinstance(events[0], CommandRejected)
    return events[0].detail


def cancelled(events: list[Event]) -> list[tuple[int, str]]:
    found = [event for event in events if isinstance(event, OrderCancelled)]
    assert all(event.reason == BY_RULE for event in found)
    return [(event.order_id, event.rule) for event in found]


def buy(venue: Venue, account: str, instrument: str = "BTC/RUB", price: str = "100") -> int:
    answer = venue.buy(account, "1" if instrument == "SOL/RUB" else "0.001", instrument, price)
    assert rules_of(answer) == ()
    return answer.order_id  # type: ignore[attr-defined, no-any-return]


def order_id(event: Event) -> int:
    assert isinstance(event, OrderAccepted), event
    return event.order_id


def sums(venue: Venue, account: str) -> InvestorLedger:
    return venue.hook.intake.ledger.look(venue.hook.intake.registry.clients[account])
