"""The list of channels, and in which order one connection hears of a command on all of them."""

from __future__ import annotations

from typing import get_args

import msgspec
import pytest

from engine.vocabulary.codes import CONTINUOUS
from engine.vocabulary.messages.commands import Tick
from engine.vocabulary.messages.events import (
    BookAdded,
    ChangeEffective,
    FundsMoved,
    FutureMarked,
    IndexPriceSet,
    PhaseChanged,
    Uncrossed,
)
from gateway.outbound.channels.channel import INDEX, INSTRUMENT
from gateway.outbound.channels.orders import Orders
from gateway.outbound.channels.outbox import Outbox
from gateway.outbound.channels.registry import CHANNELS, Channels
from gateway.outbound.fanout import Fanout
from gateway.protocol.formats import Formats
from gateway.protocol.messages import AnyChannelMessage, ChannelName
from gateway.protocol.wire import JSON
from tests.support.gateway.feeds.market_flow import random_flow
from tests.support.gateway.feeds.queues import begun


def test_the_protocol_names_the_channels_there_are():
    assert get_args(ChannelName) == tuple(CHANNELS)


def test_every_channel_but_the_copies_has_messages_of_its_own():
    assert {message.channel for message in get_args(AnyChannelMessage)} == set(CHANNELS) - {"drop_copy"}


def test_an_event_goes_to_channels_of_one_kind():
    """Its key would be ambiguous otherwise; opening a venue's channels asserts it."""
    channels = Channels(Formats())
    assert [name for name in CHANNELS if channels.find(name) is not None] == ["drop_copy", "changes", "heartbeat"]


@pytest.mark.parametrize(
    ("kind", "text"), [(INSTRUMENT, "no instrument X is listed"), (INDEX, "an index X was stated")]
)
def test_what_is_not_open_is_named(kind, text):
    assert text in kind.unknown.format("X")
    assert kind.has_key


def test_the_order_of_what_one_connection_hears():
    rows, _ = random_flow(1, 0)
    fanout, outbox = Fanout(), Outbox(JSON)
    for row in rows:
        fanout.replay(row)
    fanout.channels.end_turn()
    fanout.channels.follow(len(rows) + 1, 1, [IndexPriceSet("BTC", 10**8, "")])
    fanout.listen(outbox, "ann")
    for name in (
        "changes",
        "drop_copy",
        "index",
        "marks",
        "auction",
        "status",
        "orders",
        "book",
        "ticker",
        "top",
        "trades",
    ):
        key = {INSTRUMENT: "BTC/RUB", INDEX: "BTC"}.get(CHANNELS[name].kind, "")
        found = fanout.channels.find(name, key)
        assert found is not None
        found.subscribers[outbox] = None
        if isinstance(found, Orders):
            begun(found, JSON).end()
    account = fanout.reports.accounts["ann"][0]
    moved = FundsMoved(account, fanout.reports.last_seq(account) + 1, "RUB", 1, 2, 0, "")
    events = [
        ChangeEffective(1),
        Uncrossed("BTC/RUB", 100, 1),
        BookAdded("BTC/RUB", 7, 0, 99, 5),
        FutureMarked("BTC/RUB", 104, 12, False),
        IndexPriceSet("BTC", 10**8, ""),
        moved,
        PhaseChanged("BTC/RUB", CONTINUOUS, "", 0),
        ChangeEffective(2),
    ]
    fanout.publish((len(rows) + 2, 2, Tick(), events), outbox, 5)
    fanout.end_turn()
    told = [msgspec.json.decode(frame[2 if frame[1] < 126 else 4 :])["type"] for frame in outbox.frames]
    before = ["change", "change", "funds", "funds", "done"]
    assert told == [
        *before,
        "auction",
        "mark",
        "index_price",
        "status",
        "top",
        "ticker",
        "book_update",
        "orders_update",
    ]
    assert fanout.dirty == [outbox]
