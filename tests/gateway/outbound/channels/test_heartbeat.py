"""Channel `heartbeat`: a beat is told in pieces, once to each who was there when it was counted."""

from __future__ import annotations

import pytest

from gateway.outbound.channels.channel import Subject
from gateway.outbound.channels.heartbeat import Heartbeats
from gateway.outbound.channels.outbox import Outbox
from gateway.protocol.messages import Heartbeat
from gateway.protocol.wire import JSON


def channel_with(*outboxes):
    channel = Heartbeats(Subject(""))
    channel.subscribers.update(dict.fromkeys(outboxes))
    return channel


def test_a_beat_is_told_in_pieces_and_each_says_when():
    first, second, third = (Outbox(JSON) for _ in range(3))
    channel = channel_with(first, second, third)
    assert channel.beat() == 3
    assert channel.next_told(2) == [first, second]
    assert channel.message(5) == Heartbeat(seq=1, prev_seq=0, time=5)
    assert channel.next_told(2) == [third]
    assert channel.message(7) == Heartbeat(seq=1, prev_seq=0, time=7)
    assert channel.next_told(2) == []
    assert channel.beat() == 3


def test_who_goes_is_not_told_and_who_comes_back_begins_after_the_beat():
    stays, goes, comes = (Outbox(JSON) for _ in range(3))
    channel = channel_with(stays, goes)
    channel.beat()
    channel.leave(goes)
    channel.subscribers[goes] = channel.subscribers[comes] = None
    assert channel.next_told(9) == [stays]
    assert channel.beat() == 3
    channel.leave(stays)
    assert channel.next_told(9) == [goes, comes]


def test_a_beat_waits_until_all_have_heard_the_one_before():
    channel = channel_with(Outbox(JSON))
    channel.beat()
    with pytest.raises(AssertionError, match="before the next"):
        channel.beat()
