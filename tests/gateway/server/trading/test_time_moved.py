"""A venue for tests: its clock goes on from its journal's time, faster if asked to, and is moved forward by its operator."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from engine.phases.advancing import MAX_ADVANCE_NS, MAX_MOVED_NS
from engine.record.rows import decode_command, decode_events
from engine.vocabulary.limits import NS_PER_DAY, NS_PER_SECOND, PIECE_EVENTS
from engine.vocabulary.messages.commands import AdvanceTime, NewOrder
from engine.vocabulary.messages.events import DayEnded, OrderCancelled
from gateway.core import new_exchange
from gateway.journal.reader import JournalReader
from gateway.server.sequencing.clock import MovedClock
from gateway.server.sequencing.startup import Started, StartError, start_venue
from gateway.venue.venue import Venue, parse_venue
from tests.support.gateway.venues.clearing_desk import FUTURE, at_desk_of
from tests.support.gateway.venues.small_venue import RawClient, client, serving, small_venue, url_of, venue_text

YEAR_NS = 365 * NS_PER_DAY


def venue_for_tests() -> Venue:
    return parse_venue(venue_text().replace("port = 0", "port = 0\ntest = true"), "", Path())


class Steady:
    def __init__(self) -> None:
        self.now_ns = 7

    def __call__(self) -> int:
        return self.now_ns


def started(directory: Path, steady: Steady, **options: Any) -> Started:
    return start_venue(venue_for_tests(), directory, "os", new_exchange, steady=steady, **options)


def rows_of(directory: Path) -> list[tuple[int, int, Any, list[Any]]]:
    """What the journal holds: numbers, times, commands, events."""
    stored = [row for rows in JournalReader(directory / "journal").batches() for row in rows]
    return [(seq, time_ns, decode_command(command), decode_events(events)) for seq, time_ns, command, events in stored]


def test_a_moved_clock_goes_at_its_scale_and_never_back() -> None:
    steady = Steady()
    clock = MovedClock(1_000, 50, steady)
    assert clock() == 1_000
    steady.now_ns += 3
    assert clock() == 1_150
    clock.move_to(9_000)
    clock.move_to(4)
    assert clock() == 9_000
    steady.now_ns += 1
    assert clock() == 9_050
    clock.move_to(MAX_MOVED_NS - 1)
    steady.now_ns += 1
    assert clock() == clock() == MAX_MOVED_NS


def test_time_goes_on_from_the_journals_without_being_asked(tmp_path: Path) -> None:
    steady = Steady()
    first = started(tmp_path, steady)
    first.sequencer.sequence([AdvanceTime(first.sequencer.now_ns + 300 * NS_PER_DAY, "a test", "otto")])
    moved_ns = first.exchange.advanced_ns
    # The venue ends before anything that was due has happened: as in a crash.
    assert first.exchange.time_ns < moved_ns
    first.writer.close()
    steady.now_ns += 99 * NS_PER_DAY
    again = started(tmp_path, steady, time_scale=10)
    assert again.sequencer.now_ns == moved_ns
    steady.now_ns += NS_PER_SECOND
    assert again.sequencer.now_ns == moved_ns + 10 * NS_PER_SECOND
    again.writer.close()


def test_only_a_venue_for_tests_goes_faster(tmp_path: Path) -> None:
    with pytest.raises(StartError, match="test = true"):
        start_venue(small_venue(), tmp_path, "os", new_exchange, time_scale=2)
    first = start_venue(small_venue(), tmp_path, "os", new_exchange)
    first.writer.close()
    # Its file alone makes it none afterwards.
    with pytest.raises(StartError, match="its first start"):
        start_venue(venue_for_tests(), tmp_path, "os", new_exchange, time_scale=2)
    again = start_venue(venue_for_tests(), tmp_path, "os", new_exchange)
    assert not again.exchange.is_test and any("without accounts" in note for note in again.notes)
    again.writer.close()


def test_what_is_due_is_waited_for_by_the_machines_clock(tmp_path: Path) -> None:
    steady = Steady()
    begun = started(tmp_path, steady, time_scale=1_000)
    due_ns = begun.exchange.next_due_ns()
    away_ns = due_ns - begun.sequencer.now_ns
    waits_ns = begun.sequencer.due_in_ns()
    assert waits_ns is not None and 0 <= waits_ns * 1_000 - away_ns < 1_000
    steady.now_ns += waits_ns
    assert begun.sequencer.due_in_ns() == 0
    begun.writer.close()


async def move(otto: Any, until_ns: int) -> dict[str, Any]:
    arguments = {"until_ns": until_ns, "reason": "a test"}
    return await otto.ask(type="admin", command="advance_time", arguments=arguments)


@pytest.mark.asyncio
async def test_two_years_pass_by_command_in_pieces_and_in_order(tmp_path: Path) -> None:
    async with serving(tmp_path, venue_for_tests(), durability="os") as server:
        async with client(url_of(server), "otto") as otto, client(url_of(server), "alice") as alice:
            assert otto.hello["test"] is True and "time_scale" not in otto.hello
            begin_ns = otto.hello["time"]
            dated = {"time_in_force": "gtd", "expire_time": begin_ns + 500 * NS_PER_DAY}
            first = await alice.order("buy", "1", "100", "first", account="alice", time_in_force="day")
            assert first["type"] == "execution_report", first
            reply = await alice.order("buy", "1", "100", "dated", account="alice", **dated)
            assert reply["type"] == "execution_report", reply
            for until_ns in (begin_ns + YEAR_NS, begin_ns + 2 * YEAR_NS):
                assert (await move(otto, until_ns))["type"] == "done"
                # Another second later, in the same breath: it comes behind all that was due.
                assert await alice.open_orders("alice") is not None
            late = await alice.order("buy", "1", "100", "late", account="alice")
            assert late["type"] in ("execution_report", "rejected"), late
            # Not again, and not further than a year.
            for wrong_ns in (begin_ns + 2 * YEAR_NS, begin_ns + 2 * YEAR_NS + 2 * MAX_ADVANCE_NS):
                assert (await move(otto, wrong_ns))["code"] == "invalid"
        begin_seq = server.started.exchange.seq
    rows = rows_of(tmp_path)
    assert begin_seq == rows[-1][0]
    ended = [(row[1], event.day) for row in rows for event in row[3] if type(event) is DayEnded]
    assert len(ended) in (729, 730, 731) and ended == sorted(ended)
    assert max(len(row[3]) for row in rows) <= PIECE_EVENTS
    entered = [row[1] for row in rows if type(row[2]) is NewOrder]
    assert entered[1] < begin_ns + NS_PER_DAY and entered[2] >= begin_ns + 2 * YEAR_NS
    # The order of the day ends with it, the other one at its time; the year's end in between takes neither along.
    first_ns, second_ns = (row[1] for row in rows for each in row[3] if type(each) is OrderCancelled)
    assert first_ns < begin_ns + 2 * NS_PER_DAY < begin_ns + 500 * NS_PER_DAY <= second_ns < begin_ns + 2 * YEAR_NS


@pytest.mark.asyncio
async def test_a_future_that_expires_on_the_way_is_settled_finally_once(tmp_path: Path) -> None:
    """Its marks are caught up on in pieces, and each bears the time of its piece: those before the last one may seem to be behind it."""
    expiry = datetime.now(UTC).date() + timedelta(days=30)
    future = FUTURE.replace("2099-12-25", str(expiry)).replace("86_400", "3_600")
    venue = parse_venue(venue_text(future).replace("port = 0", "port = 0\ntest = true"), "", Path())

    async def settled(alice: RawClient) -> list[int]:
        """The numbers of all her settlements, the final ones below zero."""
        asked: dict[str, Any] = {"type": "settlements", "account": "alice", "sort": "oldest", "limit": 200}
        page = await alice.ask(**asked)
        found = page["settlements"]
        while page.get("more"):
            page = await alice.ask(**asked, cursor=page["cursor"])
            found += page["settlements"]
        return [-each["seq"] if each["kind"] == "final_settlement" else each["seq"] for each in found]

    async with serving(tmp_path, venue, durability="os") as server, at_desk_of(url_of(server)) as desk:
        await desk.bob_sells_ten()
        assert (await move(desk.otto, desk.otto.hello["time"] + 40 * NS_PER_DAY))["type"] == "done"
        # A command comes behind all that was due.
        await desk.alice.ask(type="mass_cancel", account="alice")
        numbers = await settled(desk.alice)
    assert len(numbers) > 500
    assert [number for number in numbers if number < 0] == [-max(map(abs, numbers))]
    async with serving(tmp_path, venue, durability="os") as server, client(url_of(server), "alice") as alice:
        assert await settled(alice) == numbers


@pytest.mark.asyncio
async def test_a_year_passes_at_a_scale_while_heartbeats_go_by_the_clock(tmp_path: Path) -> None:
    scale = 1_000_000
    options = {"durability": "os", "time_scale": scale}
    async with serving(tmp_path, venue_for_tests(), **options) as server, client(url_of(server), "alice") as alice:
        assert alice.hello["time_scale"] == scale and alice.hello["heartbeat_interval"] == 5 * NS_PER_SECOND
        begin_ns, began = alice.hello["time"], time.monotonic()
        first = await alice.order(
            "buy", "1", "100", "first", account="alice", time_in_force="gtd", expire_time=begin_ns + 9 * NS_PER_DAY
        )
        assert first["type"] == "execution_report", first
        await asyncio.sleep(2)
        last = await alice.order("buy", "1", "100", "last", account="alice")
        passed = time.monotonic() - began
        assert last["type"] in ("execution_report", "rejected"), last
        # The first one has expired, and its owner was told in between.
        reports = [each for each in alice.reports if each.get("client_order_id") == "first"]
        assert [each.get("reason") for each in reports][-1] == "expired"
    entered = [row[1] for row in rows_of(tmp_path) if type(row[2]) is NewOrder]
    assert 20 * NS_PER_DAY < entered[1] - entered[0] <= passed * scale * NS_PER_SECOND
    days = [event.day for row in rows_of(tmp_path) for event in row[3] if type(event) is DayEnded]
    assert len(days) >= 20 and days == list(range(days[0], days[0] + len(days)))
