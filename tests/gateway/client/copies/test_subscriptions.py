from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from gateway.client import ClientError, RequestFailed, Stream
from gateway.client.copies.subscriptions import ChannelKey, Subscriptions
from gateway.outbound.channels.levels import checksum
from gateway.protocol import messages as m

STATUS = ChannelKey("status", "A/B")
TRADES = ChannelKey("trades", "A/B")


async def nothing() -> None:
    return None


class Desk:
    """What is asked, and how it is answered."""

    def __init__(self) -> None:
        self.asked: list[tuple[Any, Callable[[m.AnyMessage], None]]] = []
        self.started: list[ClientError | None] = []
        self.subscriptions = Subscriptions(self)
        self.subscriptions.begin()
        self._number = 100

    def next_id(self) -> int:
        self._number += 1
        return self._number

    def ask(self, request: m.AnyRequest, done: Callable[[m.AnyMessage], None]) -> None:
        self.asked.append((request, done))

    def answer(self, seq: int | None) -> str:
        """Answer what was asked first: with a subscription at `seq`, or refuse it. Returns what it was."""
        request, done = self.asked.pop(0)
        if isinstance(request, m.Unsubscribe):
            done(m.Unsubscribed(id=request.id, channel=request.channel, instrument=request.instrument))
        elif seq is None:
            done(m.Error(id=request.id, code="unknown", detail="no such"))
        else:
            done(m.Subscribed(id=request.id, channel=request.channel, instrument=request.instrument, seq=seq))
        return type(request).__name__

    def read(self, key: Any, number: int = 1) -> Stream[Any]:
        stream: Stream[Any] = Stream(nothing, nothing)
        self.subscriptions.read(key, stream, number, self.started.append)
        return stream

    def status(self, seq: int) -> None:
        self.subscriptions.take(
            m.Status(instrument="A/B", seq=seq, prev_seq=seq - 1, phase="continuous", reason="", time=1)
        )

    def trade(self, seq: int) -> None:
        terms = {"trade_id": seq, "price": "1", "quantity": "1", "taker_side": "buy", "time": 1}
        self.subscriptions.take(m.TradePrint(instrument="A/B", seq=seq, prev_seq=seq - 1, **terms))  # type: ignore[arg-type]

    def come_back(self, seq: int | None) -> None:
        self.subscriptions.lost()
        self.asked.clear()
        self.subscriptions.begin()
        self.answer(seq)


@pytest.fixture
def desk() -> Desk:
    return Desk()


def waiting(stream: Stream[Any]) -> list[int]:
    found = []
    while not stream._queue.empty():
        found.append(stream._queue.get_nowait().seq)
    return found


def test_streams_share_a_subscription_and_its_refusal(desk):
    first, second = desk.read(TRADES, 1), desk.read(TRADES, 2)
    assert len(desk.asked) == 1
    desk.answer(None)
    assert [str(error) for error in desk.started] == ["unknown: no such"] * 2
    # Nobody is left who reads it.
    desk.subscriptions.lost()
    desk.subscriptions.begin()
    assert desk.asked == []
    third = desk.read(TRADES, 3)
    desk.answer(4)
    desk.trade(5)
    assert desk.started[2:] == [None]
    assert (waiting(first), waiting(second), waiting(third)) == ([], [], [5])


async def test_a_refusal_at_a_return_ends_the_streams_that_had_it(desk):
    stream = desk.read(TRADES)
    desk.answer(0)
    desk.come_back(None)
    with pytest.raises(RequestFailed):
        await anext(stream)


def test_a_subscription_given_up_before_its_answer_is_undone(desk):
    stream = desk.read(TRADES, 7)
    started = desk.subscriptions.expire(7)
    assert started is not None
    assert [type(request).__name__ for request, _ in desk.asked] == ["Subscribe", "Unsubscribe"]
    # Read again, the late answer to the first request is not taken for that of the second.
    again = desk.read(TRADES, 8)
    assert desk.answer(3) == "Subscribe"
    assert desk.started == []
    assert desk.answer(None) == "Unsubscribe"
    desk.answer(5)
    desk.trade(6)
    assert (desk.started, waiting(stream), waiting(again)) == ([None], [], [6])


def test_a_stream_closed_while_it_starts_waits_no_longer(desk):
    stream = desk.read(TRADES)
    desk.subscriptions.leave(TRADES, stream)
    assert [type(error) for error in desk.started] == [ClientError]


@pytest.mark.parametrize(
    ("seq_then", "missed", "told"),
    [(5, 0, [5]), (6, 0, [5, 6]), (9, 3, [5, 9]), (2, 0, [5, 2])],
    ids=["nothing new", "the state is the next message", "three between", "the venue lost its last moments"],
)
def test_the_state_that_a_return_begins_with(desk, seq_then, missed, told):
    stream = desk.read(STATUS)
    desk.answer(5)
    desk.status(5)
    desk.come_back(seq_then)
    desk.status(seq_then)
    assert (waiting(stream), stream.missed) == (told, missed)


@pytest.mark.parametrize(("seq_then", "missed"), [(5, 0), (6, 1), (9, 4), (2, 0)])
def test_what_passed_before_a_return_is_counted(desk, seq_then, missed):
    stream = desk.read(TRADES)
    desk.answer(4)
    desk.trade(5)
    desk.come_back(seq_then)
    desk.trade(seq_then + 1)
    assert (waiting(stream), stream.missed) == ([5, seq_then + 1], missed)


def test_who_begins_later_gets_the_state_and_has_missed_nothing(desk):
    first = desk.read(STATUS, 1)
    desk.answer(5)
    desk.status(5)
    second = desk.read(STATUS, 2)
    assert waiting(second) == [5]
    desk.subscriptions.lost()
    third = desk.read(STATUS, 3)
    desk.subscriptions.begin()
    desk.answer(5)
    desk.status(5)
    assert (waiting(first), waiting(second), waiting(third)) == ([5], [], [5])
    desk.subscriptions.lost()
    fourth = desk.read(STATUS, 4)
    desk.subscriptions.begin()
    desk.answer(8)
    desk.status(8)
    assert [each.missed for each in (first, second, third, fourth)] == [2, 2, 2, 0]
    assert waiting(fourth) == [8]


def test_drop_copies_are_counted_by_account(desk):
    stream = desk.read(ChannelKey("drop_copy"))
    desk.answer(100)

    def copy(account: str, seq: int) -> None:
        desk.subscriptions.copy(m.Funds(account=account, seq=seq, asset="RUB", amount="1", available="1", reserved="0"))

    for account, seq in (("a", 7), ("b", 1), ("a", 8)):
        copy(account, seq)
    desk.come_back(150)
    assert stream.missed == 0
    copy("a", 9)
    copy("b", 4)
    # Asked for by a `resume` of the supervisor's own: here already.
    copy("b", 4)
    assert stream.missed == 2
    desk.come_back(90)
    copy("a", 3)
    assert stream.missed == 2
    assert waiting(stream) == [7, 1, 8, 9, 4, 3]


def test_a_book_follows_over_a_return_and_out_of_step(desk):
    def snapshot(seq: int) -> None:
        bids = [("1.0", "1")]
        desk.subscriptions.take(
            m.BookSnapshot(instrument="A/B", seq=seq, time=1, bids=bids, asks=[], checksum=checksum(bids, []))
        )

    book = desk.subscriptions.follow(ChannelKey("book", "A/B"), 1, desk.started.append)
    desk.answer(3)
    assert desk.started == []
    snapshot(3)
    assert (desk.started, book.is_current) == ([None], True)
    desk.subscriptions.lost()
    assert (book.is_current, book.bids) == (False, [(1, 1)])
    desk.subscriptions.begin()
    desk.answer(2)
    snapshot(2)
    assert (book.is_current, book.seq) == (True, 2)
    desk.subscriptions.take(m.BookUpdate(instrument="A/B", seq=9, prev_seq=8, time=1, bids=[], asks=[], checksum=0))
    assert (book.is_current, book.resyncs) == (False, 1)
    assert [desk.answer(9), desk.answer(9)] == ["Unsubscribe", "Subscribe"]
    snapshot(9)
    assert book.is_current
    assert desk.asked == []
