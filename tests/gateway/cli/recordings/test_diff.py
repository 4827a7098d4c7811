"""`sbx diff`: sessions that are the same, that part, and that end sooner."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from engine.vocabulary import codes
from engine.vocabulary.limits import NS_PER_SECOND
from engine.vocabulary.messages.commands import NewOrder
from engine.vocabulary.messages.events import OrderRejected, Trade
from gateway.cli.recordings.diff import command
from tests.support.gateway.reporting.report_sessions import Journaled, limit, random_session


def diff(*arguments: object) -> Result:
    return CliRunner().invoke(command, [str(each) for each in arguments], catch_exceptions=False)


def found(*arguments: object) -> Any:
    return json.loads(diff(*arguments, "--json").stdout)


def again(session: Journaled, *, later_ns: int = 0, without: int = 0) -> Journaled:
    """The same commands in another venue: later, or without one of them."""
    other = Journaled()
    for seq, time_ns, asked, _ in session.rows[len(other.rows) :]:
        if seq != without:
            other.time_ns = time_ns + later_ns
            other.send(asked, 0)
    return other


@pytest.fixture(scope="module")
def session() -> Journaled:
    return random_session(3, 300)


def write(tmp_path: Path, *sessions: Journaled) -> list[Path]:
    return [session.write(tmp_path / str(place)) for place, session in enumerate(sessions)]


def test_the_same(session: Journaled, tmp_path: Path) -> None:
    one, other = write(tmp_path, session, again(session))
    result = diff(one, other)
    assert (result.exit_code, result.stdout) == (0, f"the same: {len(session.rows):,} commands\n")
    assert found(one, other)["equal"]
    assert diff(one, one).exit_code == 0


def test_the_same_at_another_time(session: Journaled, tmp_path: Path) -> None:
    """A second later, within the same days: times stand in few events."""
    one, other = write(tmp_path, session, again(session, later_ns=NS_PER_SECOND))
    compared = found(one, other)
    assert compared["same_command_at_another_time"] > len(session.rows) * 0.9
    assert compared["other_command"] == 0


def test_one_command_less(session: Journaled, tmp_path: Path) -> None:
    """From there on every number is another one: the first difference says where, the counts what is missing."""
    place = next(place for place, row in enumerate(session.rows) if place > 50 and type(row[2]) is NewOrder)
    seq = session.rows[place][0]
    one, other = write(tmp_path, session, again(session, without=seq))
    compared = found(one, other)
    assert compared["commands"] == [len(session.rows), len(session.rows) - 1]
    assert compared["same"] == place
    assert compared["first_differences"][0]["seq"] == seq
    assert compared["first_differences"][0]["commands"][0]["type"] == "NewOrder"
    assert compared["first_differences"][-1]["seq"] <= seq + 99
    first, second = compared["of_different"]["commands"]["NewOrder"]
    assert first == second + 1
    text = diff(one, other)
    assert text.exit_code == 1
    assert f"first difference: sequence number {seq}\n" in text.stdout


def test_another_price(tmp_path: Path) -> None:
    """Both commands, the event that differs, and lots that did not trade."""
    session = Journaled()
    session.send(limit("alice", "a1", codes.SELL, "2", "100"))
    session.send(limit("bob", "b1", codes.BUY, "0.5", "100"))
    other = Journaled()
    other.send(limit("alice", "a1", codes.SELL, "2", "100"))
    other.send(limit("bob", "b1", codes.BUY, "0.5", "50"))
    one, two = write(tmp_path, session, other)
    compared = found(one, two)
    [parting] = compared["first_differences"]
    assert parting["event"] == 0
    assert [each["price_e8"] for each in parting["commands"]] == [100 * 10**8, 50 * 10**8]
    assert compared["of_different"]["traded_lots"] == {"BTC/RUB": [5, 0]}
    assert compared["of_different"]["events"]["Trade"] == [1, 0]
    text = diff(one, two).stdout
    assert "BTC/RUB" in text
    assert max(len(line) for line in text.splitlines() if not line.startswith("  ")) <= 100


def test_events_that_differ_are_counted_by_an_independent_reader(session: Journaled, tmp_path: Path) -> None:
    rows = [
        (seq, time_ns, asked, [event for event in events if not isinstance(event, Trade)] if seq % 3 == 0 else events)
        for seq, time_ns, asked, events in session.rows
    ]
    changed = Journaled()
    changed.rows = rows
    one, other = write(tmp_path, session, changed)
    compared = found(one, other)
    parted = [(row, mine) for row, mine in zip(session.rows, rows, strict=True) if row[3] != mine[3]]
    assert compared["different"] == len(parted) > 3
    assert compared["other_command"] == 0
    trades = [event for row, _ in parted for event in row[3] if isinstance(event, Trade)]
    assert compared["of_different"]["events"]["Trade"] == [len(trades), 0]
    assert compared["of_different"]["traded_lots"]["BTC/RUB"] == [sum(each.quantity_lots for each in trades), 0]
    refused = sum(isinstance(event, OrderRejected) for row, _ in parted for event in row[3])
    assert sum(one for one, _ in compared["of_different"]["refusals"].values()) >= refused


def test_what_is_no_journal(session: Journaled, tmp_path: Path) -> None:
    (one,) = write(tmp_path, session)
    (tmp_path / "empty").mkdir()
    assert diff(one, tmp_path / "empty").exit_code == 2
    segment = next(one.glob("*.sbxj"))
    data = bytearray(segment.read_bytes())
    data[len(data) // 2] ^= 1
    segment.write_bytes(data)
    assert "frame at offset" in diff(one, one).output
