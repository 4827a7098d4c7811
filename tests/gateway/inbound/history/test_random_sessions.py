"""Pages of the past of random sessions are all that the reports told, wherever those are: kept, in the journal, in an archive."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from engine.record.rows import Row
from gateway.core import new_exchange
from gateway.inbound.history.answers import PastAnswers
from gateway.inbound.history.past import PARKED, Past
from gateway.journal.compaction import archive, to_archive
from gateway.outbound.fanout import Fanout
from gateway.outbound.messages.mirrors import Mirrors
from gateway.protocol import messages as m
from gateway.snapshots.standing import standing
from tests.support.engine.draws.everything import Everything
from tests.support.gateway.journal.indexes import caught_up
from tests.support.gateway.journal.journals import write_journal

Told = list[tuple[m.Message, int]]
"""Messages of an account, and their times."""
CLOSED: tuple[str, ...] = ("filled", "cancelled", "rejected")


class Lived:
    """A random session: its journal, what its accounts were told, and mirrors that did not see its beginning."""

    def __init__(self, directory: Path, seed: int, commands: int) -> None:
        self.chance = random.Random(seed)
        drawn = Everything(seed, new_exchange(), ("general-2026", "elr-2025", "derivatives-2025")[seed % 3])
        self.exchange = drawn.exchange
        self.told: dict[str, Told] = {}
        whole = self.fanout = Fanout()
        rows: list[Row] = []
        begun = drawn.setup()
        restarts_at = self.chance.randrange(len(begun), commands)
        for number in range(commands):
            events = drawn.send(begun[number] if number < len(begun) else drawn.step())
            row = (self.exchange.seq, drawn.history[-1].time_ns, drawn.history[-1].command, events)
            rows.append(row)
            self._follow(whole, row)
            if self.fanout is not whole:
                self.fanout.replay(row)
            elif number >= restarts_at and not self.exchange.is_unfinished:
                self.fanout = Fanout()
                kept = msgspec.msgpack.decode(msgspec.msgpack.encode(whole.state()), type=Mirrors)
                numbers = {each.account: each.report_seq for each in self.exchange.account_list}
                self.fanout.restore(kept, self.exchange.seq, standing(self.exchange), numbers)
        self.journal = directory / "venue" / "journal"
        write_journal(self.journal, rows, batch=3, segment_bytes=40_000)
        if seed % 2:
            for number in to_archive(self.journal, 1):
                archive(self.journal, number)
        if seed % 4 < 3:
            caught_up(self.journal).close()
        self.past: Past[object] = Past(self.journal, self.fanout, lambda _: None)

    def _follow(self, fanout: Fanout, row: Row) -> None:
        fanout.replay(row)
        for report in fanout.past_reports(row[0], row[1], row[3]):
            if report.seq:
                self.told.setdefault(report.account, []).append((fanout.reports.message(report), report.time_ns))

    def ask(self, query: Any) -> Any:
        """The answer to a question."""
        answers = PastAnswers(self.exchange, self.fanout)
        answers.past = self.past
        making = answers.answer(object(), query)
        while True:
            try:
                assert next(making) != PARKED
            except StopIteration as done:
                message, _ = done.value
                return message

    def pages(self, kind: type[Any], field: str, **query: Any) -> list[Any]:
        """All pages, each of a random length."""
        found: list[Any] = []
        cursor = None
        while True:
            # Where there is much, no page is tiny.
            query["limit"] = self.chance.choice((1, 3, 20, 200) if len(found) < 40 else (100, 200))
            reply = self.ask(kind(id=1, cursor=cursor, **query))
            assert not reply.truncated
            assert reply.seq == len(self.told[query["account"]])
            assert len(getattr(reply, field)) <= query["limit"]
            found += getattr(reply, field)
            cursor = reply.cursor
            assert reply.more == (cursor is not None)
            if cursor is None:
                return found


@pytest.fixture
def live(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[int, int], Lived]:
    """Makes sessions of which few reports are kept, and indexes of small runs."""
    monkeypatch.setattr("gateway.index.growing.RUN_ROWS", 60)
    monkeypatch.setattr("gateway.inbound.history.past.RUN_ROWS", 100)
    monkeypatch.setattr("gateway.outbound.private_reports.recent.MAX_RECENT_REPORTS", 16)
    return lambda seed, commands: Lived(tmp_path, seed, commands)


def corrections(told: Told) -> dict[tuple[int, str], tuple[m.TradeCorrected, int]]:
    return {(each.trade_id, each.side): (each, at) for each, at in told if isinstance(each, m.TradeCorrected)}


def fills(lived: Lived, account: str) -> Iterator[m.Fill]:
    """What the execution reports of an account told of its trades, and what was told of them since."""
    told = lived.told[account]
    corrected = corrections(told)
    for each, at in told:
        if not isinstance(each, m.ExecutionReport) or each.exec_type != "trade":
            continue
        names = [name for name in m.Fill.__struct_fields__ if hasattr(each, name)]
        fill = m.Fill(**{name: getattr(each, name) for name in names}, fee_asset=each.instrument.split("/")[-1])
        fill.fee_asset = lived.exchange.instruments[each.instrument].quote.asset
        assert at == fill.transact_time
        if (since := corrected.get((fill.trade_id, fill.side))) is not None:
            after, then = since
            fill.corrected = m.Correction(
                seq=after.seq, time=then, fee=after.fee, reason=after.reason, new_price=after.new_price
            )
        yield fill


def check_fills(lived: Lived, account: str) -> int:
    expected = list(fills(lived, account))
    assert lived.pages(m.Fills, "fills", account=account, sort="oldest") == expected
    assert lived.pages(m.Fills, "fills", account=account) == expected[::-1]
    if not expected:
        return 0
    chance = lived.chance
    one = chance.choice(expected)
    found = lived.pages(m.Fills, "fills", account=account, order_id=one.order_id, sort="oldest")
    assert found == [each for each in expected if each.order_id == one.order_id]
    first, last = sorted(chance.choice(expected).transact_time + chance.randrange(-1, 2) for _ in range(2))
    for sort, step in (("oldest", 1), ("newest", -1)):
        found = lived.pages(
            m.Fills, "fills", account=account, instrument=one.instrument, from_time=first, to_time=last, sort=sort
        )
        wanted = [each for each in expected if each.instrument == one.instrument]
        assert found == [each for each in wanted if first <= each.transact_time <= last][::step]
        found = lived.pages(m.Fills, "fills", account=account, after_seq=one.seq, sort=sort)
        assert found == [each for each in expected if each.seq > one.seq][::step]
    return len(expected)


def orders(lived: Lived, account: str) -> dict[int, dict[str, Any]]:
    """What became of each order of an account, from its reports; by order id, in order of entry."""
    told = lived.told[account]
    corrected = corrections(told)
    found: dict[int, dict[str, Any]] = {}
    for each, at in told:
        if not isinstance(each, m.ExecutionReport):
            continue
        order = found.setdefault(each.order_id, {"began": each.seq, "sums": [Decimal(0)] * 3, "fills": 0})
        for name in ("order_status", "side", "price", "quantity", "filled_quantity", "leaves_quantity", "code"):
            if getattr(each, name) is not None:
                order[name] = getattr(each, name)
        order["seq"], order["updated"] = each.seq, at
        order["client_order_id"] = each.client_order_id
        if each.order_status in CLOSED:
            order["ended"] = each.seq
        if each.exec_type == "trade":
            assert each.last_price is not None and each.last_quantity is not None and each.fee is not None
            price, quantity, fee = Decimal(each.last_price), Decimal(each.last_quantity), Decimal(each.fee)
            if (since := corrected.get((each.trade_id or 0, each.side or ""))) is not None:
                fee = Decimal(since[0].fee)
                price, quantity = Decimal(since[0].new_price or 0), quantity if since[0].new_price else Decimal(0)
            order["fills"] += 1
            order["sums"] = [a + b for a, b in zip(order["sums"], (price * quantity, quantity, fee), strict=True)]
    return found


def check_order(info: m.OrderInfo, order: dict[str, Any]) -> None:
    names = ("order_status", "side", "price", "quantity", "filled_quantity", "leaves_quantity", "code", "seq")
    for name in (*names, "updated", "client_order_id"):
        assert getattr(info, name) == order.get(name), (name, info)
    if info.order_status == "rejected":
        assert info.fills is None
        return
    value, quantity, fee = order["sums"]
    assert (info.fills, Decimal(info.filled_value or "x"), Decimal(info.fee or "x")) == (order["fills"], value, fee)
    mean = None
    if quantity:
        exact = value / quantity
        mean = exact.quantize(Decimal("1e-8"), ROUND_HALF_UP)
    assert info.average_price is None if mean is None else Decimal(info.average_price or 0) == mean


def check_orders(lived: Lived, account: str) -> int:
    expected = orders(lived, account)
    ended = sorted((order for order in expected.values() if "ended" in order), key=lambda order: order["ended"])
    entered = sorted(expected.values(), key=lambda order: order["began"])
    for which, wanted in (("ended", ended), ("all", entered)):
        for sort, step in (("oldest", 1), ("newest", -1)):
            found = lived.pages(m.OrderHistory, "orders", account=account, which=which, sort=sort)
            assert [each.seq for each in found] == [order["seq"] for order in wanted[::step]]
            for info, order in zip(found, wanted[::step], strict=True):
                check_order(info, order)
    for order_id in lived.chance.sample(list(expected), min(len(expected), 20)):
        reply = lived.ask(m.OrderStatus(id=1, account=account, order_id=order_id))
        check_order(reply.order, expected[order_id])
        name = expected[order_id]["client_order_id"]
        if name:
            last = [each for each in entered if each["client_order_id"] == name and each.get("code") != "duplicate_id"]
            reply = lived.ask(m.OrderStatus(id=1, account=account, client_order_id=name))
            if last:
                check_order(reply.order, last[-1])
            else:
                assert reply.code == "unknown"
    reply = lived.ask(m.OrderStatus(id=1, account=account, order_id=2**40 - 1))
    assert (reply.code, reply.id) == ("unknown", 1)
    return len(expected)


SETTLED = {
    m.VariationMargin: ("variation_margin", "final_settlement"),
    m.MarginCall: ("margin_call",),
    m.MarginRestored: ("margin_restored",),
    m.CloseOut: ("close_out",),
    m.Default: ("default",),
    m.LossShared: ("loss_shared",),
}


def check_settlements(lived: Lived, account: str) -> int:
    expected = [(each, at) for each, at in lived.told[account] if type(each) in SETTLED]
    found = lived.pages(m.Settlements, "settlements", account=account, sort="oldest")
    assert found[::-1] == lived.pages(m.Settlements, "settlements", account=account)
    assert len(found) == len(expected)
    for info, (each, at) in zip(found, expected, strict=True):
        assert info.kind in SETTLED[type(each)]  # type: ignore[index]
        assert (info.seq, info.time) == (each.seq, at)  # type: ignore[attr-defined]
        for name in ("instrument", "asset", "position", "price", "amount", "available", "reserved", "until"):
            if hasattr(each, name):
                assert getattr(info, name) == getattr(each, name)
    kinds = [each.kind for each in found]
    some = lived.pages(m.Settlements, "settlements", account=account, kinds=["final_settlement", "close_out"])
    assert [each.kind for each in some][::-1] == [kind for kind in kinds if kind in ("final_settlement", "close_out")]
    return len(found)


def check(lived: Lived) -> tuple[int, int, int]:
    counts = [0, 0, 0]
    for account in lived.told:
        for place, look in enumerate((check_fills, check_orders, check_settlements)):
            counts[place] += look(lived, account)
    return counts[0], counts[1], counts[2]


# With futures or without, archived or not, with an index of a follower or none.
@pytest.mark.parametrize("seed", [2, 3, 12])
def test_all_that_was_told_is_found(live: Callable[[int, int], Lived], seed: int) -> None:
    assert min(check(live(seed, 500))) > 3


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(100, 112))
def test_all_that_was_told_is_found_in_long_sessions(live: Callable[[int, int], Lived], seed: int) -> None:
    assert min(check(live(seed, 2_500))) > 0
