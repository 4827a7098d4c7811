"""What an operator may not set: numbers that would leave 64 bits in an event, and markets that can't be cleared."""

from __future__ import annotations

import msgspec
import pytest

from engine.vocabulary import codes
from engine.vocabulary.limits import (
    MAX_E8,
    MAX_REBATE_PPM,
    MAX_SCHEDULE_STEPS,
    MAX_SUPPLY,
    NS_PER_DAY,
    NS_PER_SECOND,
)
from engine.vocabulary.messages import commands
from engine.vocabulary.messages.events import CommandRejected
from tests.support.engine.desks.desk import E8, START_NS, Desk, list_spot, open_account

LISTING = commands.ListInstrument("X/RUB", codes.SPOT, "X", "RUB", E8, E8, E8, 100 * E8, 10**9, 50_000, 0)


@pytest.mark.parametrize(
    "change",
    [
        {"taker_fee_ppm": -MAX_REBATE_PPM - 1, "maker_fee_ppm": 1_000_000},
        {"reference_price_e8": (MAX_E8 // E8 + 1) * E8},
        {"max_notional": MAX_SUPPLY + 1},
        {"tick_e8": 10**18, "lot_e8": 10**12, "min_quantity_e8": 10**12, "max_quantity_e8": 10**14, "quote": "FINE"},
        {"lot_e8": 10**18, "min_quantity_e8": 10**18, "max_quantity_e8": 10**18, "base": "FINE"},
    ],
)
def test_a_listing_that_could_leave_64_bits_is_refused(change: dict[str, int | str]) -> None:
    desk = Desk()
    for name, scale in (("RUB", 2), ("X", 0), ("FINE", 18)):
        desk.send(commands.AddAsset(name, codes.CRYPTO, scale))
    events = desk.send(msgspec.structs.replace(LISTING, **change))
    assert isinstance(events[0], CommandRejected), events
    assert not isinstance(desk.send(LISTING)[0], CommandRejected)


def test_a_future_gets_no_schedule() -> None:
    desk = Desk()
    for name, scale in (("RUB", 2), ("F", 0)):
        desk.send(commands.AddAsset(name, codes.CRYPTO, scale))
    desk.send(msgspec.structs.replace(LISTING, instrument="F", base="F", kind=codes.FUTURE))
    for phase in (codes.OPENING_AUCTION, codes.CONTINUOUS):
        assert isinstance(desk.send(commands.SetSchedule("F", ((0, phase),)))[0], CommandRejected)
        assert isinstance(desk.send(commands.SetPhase("F", phase))[0], CommandRejected)


def test_deadlines_of_orders_that_ended_are_forgotten_at_once() -> None:
    desk = Desk()
    list_spot(desk)
    open_account(desk, "a", RUB=10**9)
    far_ns = desk.time_ns + 10**18
    for number in range(50):
        order = commands.NewOrder(
            "a", "a", f"o{number}", "BTC/RUB", codes.BUY, codes.LIMIT, codes.GTD, E8, E8, expire_ns=far_ns
        )
        desk.send(order)
        assert desk.exchange.expiries.entries()
        desk.send(commands.CancelOrder("a", "a", 0, f"o{number}"))
    assert not desk.exchange.expiries.entries()
    assert len(desk.exchange.due) == 1
    assert desk.exchange.next_due_ns() == desk.exchange.due[0][0]


@pytest.mark.parametrize(("steps", "passes"), [(MAX_SCHEDULE_STEPS, True), (MAX_SCHEDULE_STEPS + 1, False)])
def test_a_schedule_has_so_many_steps(steps: int, passes: bool) -> None:
    desk = Desk()
    list_spot(desk)
    phases = (codes.PRE_OPEN, codes.CONTINUOUS)
    schedule = tuple((second * 80, phases[second % 2]) for second in range(steps))
    (answer,) = desk.send(commands.SetSchedule("BTC/RUB", schedule))
    assert isinstance(answer, CommandRejected) != passes
    book = desk.exchange.books["BTC/RUB"]
    for second, phase in schedule[1:4] if passes else ():
        desk.send_at(START_NS + second * NS_PER_SECOND, commands.Tick())
        assert book.phase == phase
    if passes:
        # Before the first step of the next day the last one of the day before holds.
        desk.send_at(START_NS + NS_PER_DAY - 1, commands.Tick())
        assert book.phase == schedule[-1][1]
