"""What docs/CLEARING.md and docs/MATCHING.md state and no scenario can show, as no line of a table says it."""

from __future__ import annotations

import msgspec
import pytest

from engine.vocabulary import codes
from engine.vocabulary.limits import MAX_INDICES, NS_PER_DAY
from engine.vocabulary.messages import commands
from engine.vocabulary.messages.events import CommandRejected, IndexPriceSet, OrderAccepted, Transferred
from tests.support.engine.desks.desk import E8, Desk, list_spot, open_account
from tests.support.engine.desks.holding_desk import desk_with, holding, move

PAIR = commands.ListInstrument("ETH/RUB", codes.SPOT, "ETH", "RUB", E8, E8, E8, 100 * E8, 10**9, 50_000)


@pytest.mark.parametrize(
    "term", [{"expiry_ns": 4 * 10**18}, {"averaging_ns": 1}, {"mark_interval_ns": NS_PER_DAY}, {"max_position_e8": E8}]
)
def test_only_a_future_has_the_terms_of_one(term: dict[str, int]) -> None:
    desk = Desk()
    list_spot(desk)
    desk.send(commands.AddAsset("ETH", codes.CRYPTO, 0))
    (event,) = desk.send(msgspec.structs.replace(PAIR, **term))
    assert isinstance(event, CommandRejected) and event.code == codes.INVALID
    # What it follows is said of a note, too.
    assert not isinstance(desk.send(msgspec.structs.replace(PAIR, underlying="BTC"))[0], CommandRejected)


def test_what_is_no_price_of_an_index() -> None:
    desk = Desk()
    for name in ("", "x" * 65):
        (event,) = desk.send(commands.SetIndexPrice(name, E8, "by hand"))
        assert isinstance(event, CommandRejected) and event.code == codes.INVALID
    for number in range(MAX_INDICES):
        (event,) = desk.send(commands.SetIndexPrice(f"{number:064}", E8, "by hand"))
        assert isinstance(event, IndexPriceSet)
    assert MAX_INDICES == 1_000
    (event,) = desk.send(commands.SetIndexPrice("one more", E8, "by hand"))
    assert isinstance(event, CommandRejected) and event.code == codes.INVALID
    # Those that there are go on.
    assert isinstance(desk.send(commands.SetIndexPrice(f"{0:064}", 2 * E8, "by hand"))[0], IndexPriceSet)


def test_the_orders_of_one_command_are_numbered_from_it() -> None:
    desk = Desk()
    list_spot(desk, reference=100)
    open_account(desk, "ann", RUB=10**9, BTC=10**3)

    def order(name: str, side: int, kind: int, price: int, stop: int = 0) -> commands.NewOrder:
        terms = ("ann", "ann", name, "BTC/RUB", side, kind, codes.GTC, price * E8, E8)
        return commands.NewOrder(*terms, stop_price_e8=stop * E8)

    def numbers(command: commands.AnyCommand) -> list[int]:
        return [event.order_id for event in desk.send(command) if isinstance(event, OrderAccepted)]

    limit, stop = order("l", codes.SELL, codes.LIMIT, 110), order("s", codes.SELL, codes.STOP, 0, 90)
    pair = numbers(commands.NewOrderPair("ann", "ann", limit, stop))
    assert pair == [desk.exchange.seq, desk.exchange.seq + 2**40]
    exits = order("t", codes.SELL, codes.LIMIT, 111), order("x", codes.SELL, codes.STOP, 0, 89)
    bracket = numbers(commands.NewBracket("ann", "ann", order("e", codes.BUY, codes.LIMIT, 95), *exits))
    assert bracket == [desk.exchange.seq + number * 2**40 for number in range(3)]
    quotes = tuple(((90 + number) * E8, E8) for number in range(4))
    ladder = numbers(commands.MassQuote("ann", "ann", "q", "BTC/RUB", quotes, ()))
    assert ladder == [desk.exchange.seq + number * 2**40 for number in range(4)]


@pytest.mark.parametrize("phase", [codes.CLOSED, codes.HALTED, codes.CANCEL_ONLY, codes.PRE_OPEN])
def test_a_transfer_needs_no_phase_and_costs_nothing(phase: int) -> None:
    desk = desk_with()
    for name in ("BTC/RUB", "GOLD/RUB"):
        desk.send(commands.SetPhase(name, phase))
    roubles = [holding(desk, name, "RUB") for name in ("ann", "bob")]
    (event,) = desk.send(move(amount=5))
    assert isinstance(event, Transferred)
    assert [holding(desk, name, "BTC")[0] for name in ("ann", "bob")] == [95, 105]
    assert [holding(desk, name, "RUB") for name in ("ann", "bob")] == roubles
