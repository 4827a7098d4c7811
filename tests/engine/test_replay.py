"""Replay: equal when it is, and the first difference when it is not."""

from __future__ import annotations

import msgspec
import pytest

from engine.exchange import Exchange
from engine.record.rows import StoredRow, encode_batch, encode_events
from engine.replay import EventsDigest, Replay, ReplayFailure, ReplayResult
from engine.state.hook import PreTradeHook
from engine.vocabulary import codes
from engine.vocabulary.messages.commands import Deposit, Tick
from engine.vocabulary.messages.events import AnyEvent, CommandRejected, FundsMoved, Trade
from tests.support.engine.desks.sessions import in_batches, raw, session_rows, stored

ROWS = session_rows(30)


def replay(rows: list[StoredRow]) -> ReplayResult:
    run = Replay(Exchange(PreTradeHook()))
    for row in rows:
        run.feed(row)
    return run.result()


def with_events(index: int, events: list[AnyEvent]) -> list[StoredRow]:
    """The session, with other events recorded in one row."""
    rows = stored(ROWS)
    seq, time_ns, command, _ = rows[index]
    rows[index] = (seq, time_ns, command, raw(events))
    return rows


def first_trade() -> int:
    return next(index for index, row in enumerate(ROWS) if any(type(event) is Trade for event in row[3]))


def test_a_session_replays_equal() -> None:
    result = replay(stored(ROWS))
    assert result.equal and result.difference is None
    assert result.commands == len(ROWS)
    assert result.events == sum(len(row[3]) for row in ROWS)
    assert sum(type(event) is Trade for row in ROWS for event in row[3]) >= 5


def test_feed_returns_the_events_as_replayed() -> None:
    run = Replay(Exchange(PreTradeHook()))
    assert [run.feed(row) for row in stored(ROWS)] == [row[3] for row in ROWS]


def test_the_digest_does_not_depend_on_the_batches() -> None:
    digests = set()
    for size in (1, 7, len(ROWS)):
        digest = EventsDigest()
        for batch in in_batches(ROWS, size):
            for row in stored(batch):
                digest.update(row[3])
        digests.add(digest.hexdigest())
    assert digests == {replay(stored(ROWS)).recorded_digest}


def test_the_digest_is_plain_sha256_over_what_encode_events_gives() -> None:
    digest = EventsDigest()
    for row in ROWS:
        digest.update(encode_events(row[3]))
    assert digest.hexdigest() == replay(stored(ROWS)).replayed_digest


def test_a_changed_event_is_the_first_difference() -> None:
    index = first_trade()
    place = next(place for place, event in enumerate(ROWS[index][3]) if type(event) is Trade)
    events = list(ROWS[index][3])
    changed = msgspec.structs.replace(events[place], price_ticks=1)
    events[place] = changed
    result = replay(with_events(index, events))
    difference = result.difference
    assert difference is not None and not result.equal
    assert (difference.seq, difference.time_ns, difference.command) == ROWS[index][:3]
    assert (difference.place, difference.recorded, difference.replayed) == (place, changed, ROWS[index][3][place])
    assert result.recorded_digest != result.replayed_digest
    assert result.replayed_digest == replay(stored(ROWS)).replayed_digest
    assert result.commands == len(ROWS)


def test_an_event_too_many_or_too_few_is_a_difference_against_nothing() -> None:
    index = first_trade()
    events = ROWS[index][3]
    fewer = replay(with_events(index, events[:-1])).difference
    assert fewer is not None
    assert (fewer.place, fewer.recorded, fewer.replayed) == (len(events) - 1, None, events[-1])
    extra = CommandRejected(codes.INVALID, "never happened")
    more = replay(with_events(index, [*events, extra])).difference
    assert more is not None
    assert (more.place, more.recorded, more.replayed) == (len(events), extra, None)


def test_only_the_first_of_several_differences_is_kept() -> None:
    rows = with_events(3, [])
    rows[8] = (*rows[8][:3], raw([]))
    difference = replay(rows).difference
    assert difference is not None and difference.seq == 4


def test_an_event_this_version_does_not_know_is_shown_as_plain_values() -> None:
    rows = stored(ROWS)
    rows[2] = (*rows[2][:3], raw([[9999, "from the future"]]))
    difference = replay(rows).difference
    assert difference is not None and difference.recorded == [9999, "from the future"]


def test_a_changed_command_shows_in_its_events() -> None:
    index = next(index for index, row in enumerate(ROWS) if type(row[2]) is Deposit)
    rows = stored(ROWS)
    command = msgspec.structs.replace(ROWS[index][2], amount=5)
    rows[index] = (*rows[index][:2], raw(command), rows[index][3])
    difference = replay(rows).difference
    assert difference is not None and difference.seq == index + 1
    assert isinstance(difference.replayed, FundsMoved) and difference.replayed.amount == 5


def test_a_command_this_version_does_not_know_ends_the_replay() -> None:
    rows = stored(ROWS)
    rows[4] = (*rows[4][:2], raw([9999]), rows[4][3])
    with pytest.raises(ReplayFailure, match="does not know the command") as caught:
        replay(rows)
    assert caught.value.seq == 5


def test_a_command_on_which_the_core_fails_ends_the_replay_with_the_reason() -> None:
    rows = stored(ROWS)
    run = Replay(Exchange(PreTradeHook()))
    run.feed(rows[0])
    with pytest.raises(ReplayFailure, match="AssertionError: a sequence number is missing") as caught:
        run.feed(rows[2])
    assert caught.value.seq == 3
    assert run.result().commands == 1


def test_equal_events_of_a_command_without_any() -> None:
    rows = stored([(1, ROWS[0][1], Tick(), [])])
    assert replay(rows).equal
    assert encode_batch([]) == encode_events([])
