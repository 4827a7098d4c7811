"""Runs the tables in tests/scenarios/compliance_*.toml through a whole exchange.

Each scenario names a rulebook, changes to it (`RULE key = value`) and steps: Moscow time | who | what | expected.

* who: an account of the cast in `venue.py`, or `supervisor` for a command of compliance or a correction (its name, then
  fields). Trades count from 1.
* what: `buy QUANTITY INSTRUMENT at PRICE`, with `post-only`, `ioc` or `fok` behind it; `sell` likewise; `cancel N`;
  `amend N to QUANTITY at PRICE`. N counts the orders of the scenario that passed, from 1.
* expected: `passes`, `fills` (passes and trades), `done`, `refused`; the rules that fail, the deciding one first; another
  reject code; or `cancels N ... by RULE`: the resting orders that a command cancels, in order.
"""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from engine import commands
from engine.codes import BY_RULE, COMPLIANCE, FOK, GTC, IOC, REJECT_CODES
from engine.events import (
    CommandRejected,
    Event,
    OrderAccepted,
    OrderAmended,
    OrderCancelled,
    OrderRejected,
    RequestRejected,
    Trade,
)
from tests.compliance.venue import PARTICIPANT, Venue, e8, moscow_ns, rules_of

TABLES = sorted((Path(__file__).parent.parent / "scenarios").glob("compliance_*.toml"))
SCENARIOS = [scenario for path in TABLES for scenario in tomllib.loads(path.read_text(encoding="utf-8"))["scenario"]]
COMMANDS = {
    "register_investor": commands.RegisterInvestor,
    "register_intermediary": commands.RegisterIntermediary,
    "record_test": commands.RecordTest,
    "record_acknowledgement": commands.RecordAcknowledgement,
    "set_blocked": commands.SetBlocked,
    "bust_trade": commands.BustTrade,
    "reprice_trade": commands.RepriceTrade,
}
FIELDS = {"taken": "taken_ns", "price": "price_e8", "trade": "trade_id"}


def split_change(text: str) -> tuple[str, str, str]:
    rule, key, equals, value = text.split(" ", 3)
    assert equals == "="
    return rule, key, value


def value(key: str, text: str) -> str | int | bool:
    if key == "taken":
        return moscow_ns(text)
    if key == "price":
        return e8(text)
    if text in {"true", "false"}:
        return text == "true"
    return int(text) if text.isdigit() else text


def supervise(venue: Venue, what: str) -> list[Event]:
    name, *fields = what.split()
    arguments = dict(field.split("=") for field in fields)
    values = {FIELDS.get(key, key): value(key, text) for key, text in arguments.items()}
    return venue.apply(COMMANDS[name](**values))


def trade(venue: Venue, orders: list[int], account: str, what: str) -> list[Event]:
    words = what.split()
    if words[0] == "cancel":
        return venue.cancel(account, orders[int(words[1]) - 1])
    if words[0] == "amend":
        return venue.amend(account, orders[int(words[1]) - 1], words[3], words[5])
    flag = words[5] if len(words) > 5 else ""
    command = commands.NewOrder(
        PARTICIPANT,
        account,
        f"c{venue.exchange.seq + 1}",
        words[2],
        ("buy", "sell").index(words[0]),
        0,
        {"": GTC, "post-only": GTC, "ioc": IOC, "fok": FOK}[flag],
        e8(words[4]),
        e8(words[1]),
        flag == "post-only",
    )
    events = venue.apply(command)
    replies = [event for event in events if isinstance(event, OrderAccepted)]
    orders.extend(event.order_id for event in replies)
    return events


def outcome(events: list[Event], orders: list[int]) -> str:
    """What happened, in the words of the tables."""
    # The day may have ended first.
    reply = next((event for event in events if type(event).__name__ != "DayEnded"), None)
    if isinstance(reply, (OrderRejected, RequestRejected)):
        return " ".join(rules_of(reply)) if reply.code == COMPLIANCE else REJECT_CODES[reply.code]
    if isinstance(reply, CommandRejected):
        assert reply.detail
        return "refused"
    if isinstance(reply, OrderAccepted):
        return "fills" if any(isinstance(event, Trade) for event in events) else "passes"
    by_rule = [event for event in events if isinstance(event, OrderCancelled) and event.reason == BY_RULE]
    if by_rule:
        assert len({event.rule for event in by_rule}) == 1
        assert all(event.detail for event in by_rule)
        numbers = " ".join(str(orders.index(event.order_id) + 1) for event in by_rule)
        return f"cancels {numbers} by {by_rule[0].rule}"
    assert reply is None or isinstance(reply, OrderAmended | OrderCancelled) or "by" not in type(reply).__name__
    return "done"


@pytest.mark.parametrize("scenario", SCENARIOS, ids=[scenario["name"] for scenario in SCENARIOS])
def test_scenario(scenario: dict[str, str]) -> None:
    venue = Venue(scenario["rulebook"], tuple(split_change(change) for change in scenario.get("changes", ())))
    orders: list[int] = []
    for number, line in enumerate(scenario["steps"].strip().splitlines(), 1):
        when, who, what, expected = (cell.strip() for cell in line.split("|"))
        venue.at(when)
        events = supervise(venue, what) if who == "supervisor" else trade(venue, orders, who, what)
        assert outcome(events, orders) == expected, f"step {number}: {line}\n{events}"
        venue.exchange.check()


def test_every_rule_that_can_refuse_an_order_decides_in_a_table() -> None:
    from compliance.rules import CHECKS

    expected = {
        word
        for scenario in SCENARIOS
        for line in scenario["steps"].strip().splitlines()
        for word in [line.split("|")[3].split()[0]]
    }
    assert expected >= set(CHECKS)
