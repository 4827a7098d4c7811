"""A snapshot as bytes: what it holds, what no session has by chance, and what is no snapshot."""

from __future__ import annotations

import msgspec
import pytest

from compliance import ComplianceHook
from engine.exchange import Exchange, restore_exchange
from engine.record.rows import encode_events
from engine.snapshot.encoding import SnapshotError, decode_snapshot, encode_snapshot, state_digest
from engine.snapshot.messages.document import FORMAT
from engine.state.hook import PreTradeHook
from engine.vocabulary import codes
from engine.vocabulary.limits import NS_PER_DAY, ORDERS_BEFORE_RATIO, PIECE_EVENTS
from engine.vocabulary.messages import commands
from engine.vocabulary.messages.commands import Sequenced
from engine.vocabulary.messages.events import OrderCancelled, OrderRejected, OrderStatus
from engine.vocabulary.wide import wide
from tests.support.engine.desks.desk import E8, Desk, list_spot, open_account


def desk_with(*accounts: str) -> Desk:
    desk = Desk()
    list_spot(desk)
    for account in accounts:
        open_account(desk, account, RUB=10**12, BTC=10**9)
    return desk


def bid(account: str, name: str, price: int = 100, lots: int = 1) -> commands.NewOrder:
    return commands.NewOrder(
        account, account, name, "BTC/RUB", codes.BUY, codes.LIMIT, codes.GTC, price * E8, lots * E8
    )


def restored(exchange: Exchange) -> Exchange:
    encoded = encode_snapshot(exchange.snapshot())
    again = restore_exchange(decode_snapshot(encoded), PreTradeHook())
    again.check()
    assert encode_snapshot(again.snapshot()) == encoded
    assert state_digest(again) == state_digest(exchange)
    return again


def test_a_command_that_is_unfinished_is_not_kept() -> None:
    desk = desk_with("a")
    for number in range(PIECE_EVENTS + 10):
        desk.send(bid("a", f"o{number}", 1 + number % 90))
    desk.send(commands.MassCancel("a", "a"))
    assert desk.exchange.is_unfinished
    with pytest.raises(AssertionError, match="unfinished"):
        desk.exchange.snapshot()


def test_what_a_day_has_used_up_is_still_answered() -> None:
    desk = desk_with("a", "b")
    desk.send(bid("a", "first"))
    desk.send(msgspec.structs.replace(bid("b", "sold"), side=codes.SELL))
    desk.send(commands.Transfer("a", "a", "moved", "b", "RUB", 5, codes.DOMESTIC_PAYMENT))
    again = restored(desk.exchange)
    assert sorted(again.accounts["a"].used_ids.current) == ["first", "moved"]
    time_ns = desk.time_ns
    for command in (bid("a", "first"), bid("a", "moved"), commands.Transfer("a", "a", "moved", "b", "RUB", 5, 1)):
        sequenced = Sequenced(again.seq + 1, time_ns, command)
        happened = again.apply(sequenced)
        assert encode_events(happened) == encode_events(desk.exchange.apply(sequenced))
        assert len(happened) == 1
    assert isinstance(
        restored(desk.exchange).apply(Sequenced(again.seq + 1, time_ns, bid("a", "first")))[0], OrderStatus
    )


def test_what_days_have_left_is_none_of_the_state() -> None:
    desk = desk_with("a", "b")
    for number in range(300):
        desk.send(bid("a", f"o{number}"))
        desk.send(msgspec.structs.replace(bid("b", f"o{number}"), side=codes.SELL))
    desk.send(bid("a", "stays", 50))
    desk.send(commands.Tick(), NS_PER_DAY)
    assert desk.exchange.leftovers.is_left
    again = restored(desk.exchange)
    assert not again.leftovers.is_left and list(again.accounts["a"].used_ids.current) == ["stays"]
    for number in range(3):
        for command in (bid("a", f"o{number}", 40), bid("a", "stays", 40), commands.CancelOrder("a", "a", 0, "stays")):
            sequenced = Sequenced(again.seq + 1, desk.time_ns + number * NS_PER_DAY, command)
            assert encode_events(again.apply(sequenced)) == encode_events(desk.exchange.apply(sequenced))
            again.check()
            assert state_digest(again) == state_digest(desk.exchange)


def test_a_bracket_whose_legs_have_ended_before_its_entry_is_still_one() -> None:
    desk = desk_with("a")
    leg = msgspec.structs.replace(bid("a", "limit", 120), side=codes.SELL)
    stop = msgspec.structs.replace(
        leg, client_order_id="stop", order_type=codes.STOP, price_e8=0, stop_price_e8=80 * E8
    )
    desk.send(commands.NewBracket("a", "a", bid("a", "entry"), leg, stop))
    desk.send(commands.CancelOrder("a", "a", 0, "stop"))
    (entry,) = desk.exchange.accounts["a"].open_orders.values()
    core = restored(desk.exchange)
    (again,) = core.accounts["a"].open_orders.values()
    assert [(each.order_id, each.has_ended, each.leaves_lots) for each in again.children] == [
        (each.order_id, True, 0) for each in entry.children
    ]


def test_orders_expire_in_the_order_of_their_entry() -> None:
    desk = desk_with("a", "b")
    for name in ("b", "a", "b"):
        for number in range(2):
            order = msgspec.structs.replace(bid(name, f"o{desk.exchange.seq}", 10 + number), time_in_force=codes.DAY)
            desk.send(order)
    again = restored(desk.exchange)
    sequenced = Sequenced(again.seq + 1, desk.time_ns + NS_PER_DAY, commands.Tick())
    happened = again.apply(sequenced)
    assert encode_events(happened) == encode_events(desk.exchange.apply(sequenced))
    assert [event.account for event in happened if isinstance(event, OrderCancelled)] == ["b", "b", "a", "a", "b", "b"]


def test_what_a_participant_has_sent_and_traded_is_counted_on() -> None:
    desk = desk_with("a", "b")
    desk.send(commands.SetLimits("a", max_order_to_trade=3))
    for number in range(ORDERS_BEFORE_RATIO):
        desk.send(bid("a", f"o{number}", 1))
        if number % 3 == 0:
            desk.send(msgspec.structs.replace(bid("b", f"o{number}", 1), side=codes.SELL))
    again = restored(desk.exchange)
    limits = again.limits["a"]
    assert (limits.orders, limits.trades) == (ORDERS_BEFORE_RATIO, 34)
    codes_of = []
    for number in range(4):
        sequenced = Sequenced(again.seq + 1, desk.time_ns, bid("a", f"later{number}", 1))
        happened = again.apply(sequenced)
        assert encode_events(happened) == encode_events(desk.exchange.apply(sequenced))
        codes_of.append(happened[0].code if isinstance(happened[0], OrderRejected) else codes.OK)
    assert codes_of == [codes.OK, codes.OK, codes.ORDER_LIMITS, codes.ORDER_LIMITS]


def test_an_iceberg_shows_what_it_showed() -> None:
    desk = desk_with("a", "b")
    desk.send(msgspec.structs.replace(bid("a", "ice", lots=10), order_type=codes.ICEBERG, display_e8=4 * E8))
    desk.send(msgspec.structs.replace(bid("b", "hit", lots=3), side=codes.SELL))
    core = restored(desk.exchange)
    book = core.books["BTC/RUB"]
    assert book.levels(codes.BUY) == [(100, 1)]


@pytest.mark.parametrize("number", [0, -1, 2**63 - 1, -(2**63), 2**63, -(2**63) - 1, 10**40])
def test_integers_of_any_size_are_kept_exactly(number: int) -> None:
    stored = wide(number)
    assert int(msgspec.msgpack.decode(msgspec.msgpack.encode(stored))) == number
    assert isinstance(stored, int) == (-(2**63) <= number < 2**63)


def test_sums_beyond_64_bits_are_kept_exactly() -> None:
    desk = desk_with("a")
    desk.send(commands.SetIndexPrice("BTC", 2**62, "test"))
    desk.send(commands.SetIndexPrice("BTC", 2**62 + 1, "test"), NS_PER_DAY)
    index = restored(desk.exchange).index_prices["BTC"]
    assert index.summed == 2**62 * NS_PER_DAY > 2**64
    assert (index.price_e8, index.since_ns - index.known_ns) == (2**62 + 1, NS_PER_DAY)


def test_a_hook_is_restored_with_its_core() -> None:
    desk = Desk(ComplianceHook())
    desk.send(commands.RegisterInvestor("ann", codes.INDIVIDUAL))
    document = decode_snapshot(encode_snapshot(desk.exchange.snapshot()))
    hook = ComplianceHook()
    restore_exchange(document, hook)
    assert list(hook.intake.registry.investors) == ["ann"]
    with pytest.raises(AssertionError, match="another hook"):
        restore_exchange(document, PreTradeHook())
    with pytest.raises(AssertionError, match="new"):
        restore_exchange(document, hook)


def test_what_is_no_snapshot_is_refused() -> None:
    sound = encode_snapshot(desk_with("a").exchange.snapshot())
    for data, words in (
        (b"", "no snapshot"),
        (b"{}", "no snapshot"),
        (msgspec.msgpack.encode([]), f"format 0; this version reads format {FORMAT}"),
        (msgspec.msgpack.encode(["1"]), "no snapshot"),
        (msgspec.msgpack.encode([FORMAT + 1, 7]), f"format {FORMAT + 1}; this version reads format {FORMAT}"),
        (msgspec.msgpack.encode([FORMAT, 7]), "does not decode"),
        (sound[:-1], "no snapshot"),
        (sound + b"\x00", "no snapshot"),
    ):
        with pytest.raises(SnapshotError, match=words):
            decode_snapshot(data)
