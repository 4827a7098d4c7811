"""The runner of scenario tables: it must fail where a table and the engine differ, and say where."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from engine.vocabulary.messages.events import BookAdded, BookChanged, OrderAccepted, OrderCancelled, Trade
from gateway.cli.main import group
from loadtest.scenarios.format import ScenarioError, load_topics, parse_topic
from loadtest.scenarios.lines import carry_out
from loadtest.scenarios.runner import Failure, run_scenario
from loadtest.scenarios.venue import Venue
from tests.support.places import TABLES


def run(text: str) -> Failure | None:
    (scenario,) = parse_topic("topic", f"scenario: title\n{text}")
    return run_scenario(scenario)


def failed(text: str) -> Failure:
    failure = run(text)
    assert failure is not None
    return failure


def test_a_scenario_that_says_all_passes() -> None:
    assert run("b1: ann buys 5 @ 99 -> accepted; rests 5 @ 99\nbook is 5 @ 99 | -") is None


@pytest.mark.parametrize(
    "stated",
    [
        "accepted",
        "rests 5 @ 99; accepted",
        "accepted; rests 4 @ 99",
        "accepted; rests 5 @ 99; leaves the book",
        "nothing",
    ],
)
def test_events_that_differ_fail(stated: str) -> None:
    failure = failed(f"b1: ann buys 5 @ 99 -> {stated}")
    assert failure.got == ["accepted", "rests 5 @ 99"]
    assert failure.expected == ([] if stated == "nothing" else stated.split("; "))
    assert failure.problem == ""


def test_a_line_without_an_arrow_may_cause_nothing_but_its_confirmation() -> None:
    assert run("phase halted") is None
    assert failed("b1: ann buys 5 @ 99").got == ["accepted", "rests 5 @ 99"]
    failure = failed("b1: ann buys 5 @ 99 day -> accepted; rests 5 @ 99\nat 00:00")
    assert failure.got == ["b1 cancelled 5 (expired)", "the day ends"]


@pytest.mark.parametrize(
    ("line", "got"),
    [
        ("book is - | -", "5 @ 99 | -"),
        ("queue at 99 is b2 5", "b1 5"),
        ("b1 is gone", "5 of 5"),
        ("balance of ann is 1 RUB", "999999505 RUB"),
        ("reserved of ann is 1 RUB", "495 RUB"),
        ("last is 99", "none"),
        ("reference is 99", "100"),
        ("phase is halted", "continuous"),
    ],
)
def test_what_is_looked_at_is_compared(line: str, got: str) -> None:
    failure = failed(f"b1: ann buys 5 @ 99 -> accepted; rests 5 @ 99\n{line}")
    assert failure.got == [got]
    assert failure.line == 3


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("b1: ann hums 5 @ 99", "`hums` is neither buys nor sells"),
        ("b1: ann buys 5 @ 99 soon", "`soon` means nothing in an order"),
        ("b1: ann buys 5 @", "a price is missing at the end"),
        ("b1: ann buys 5 @ cheap", "`cheap` is no number"),
        ("b1, b2: ann buys 5 @ 99", "as many labels as orders"),
        ("ann dances b1", "`dances`: an account buys, sells"),
        ("phase open", "`open` is none of closed"),
        ("rules wide 5%", "`wide` is no trading rule"),
        ("rules static 5", "`5` is no percentage"),
        ("at noon", "`noon` is no time of the day"),
        ("wait 5 weeks", "write `wait 2 minutes`"),
        ("mood is good", "`mood` can't be looked at"),
        ("book is - | - -> nothing", "leave `->` out"),
        ("wait 1 second\nrulebook cap 5.00", "a rulebook comes before everything else"),
        ("instrument BTC/RUB colour 5", "an instrument has no colour"),
    ],
)
def test_a_line_that_means_nothing_says_why(line: str, problem: str) -> None:
    failure = failed(line)
    assert problem in failure.problem
    assert problem in str(failure)


def test_a_label_belongs_to_one_account() -> None:
    failure = failed("b1: ann buys 5 @ 99 -> accepted; rests 5 @ 99\nb1: bob buys 5 @ 99 -> accepted")
    assert "b1 is an order of ann" in failure.problem


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("b1: ann buys 5 @ 99", "line 1: a file begins with"),
        ("scenario:\n  wait 1 second", "line 1: a scenario needs a title"),
        ("scenario: a\n  wait 1 second\nscenario: a\n  wait 1 second", "line 3: a scenario needs a title of its own"),
        ("scenario: a\nscenario: b\n  wait 1 second", "line 1: a scenario without steps"),
        ("-> accepted", "line 1: there is no line to go on with"),
    ],
)
def test_a_file_that_can_not_be_read_says_where(text: str, problem: str) -> None:
    with pytest.raises(ScenarioError, match=problem):
        parse_topic("topic", text)


def test_what_is_due_is_not_lost_when_an_account_is_opened_on_the_way() -> None:
    first = "b1: ann buys 5 @ 99 until 12:30 -> accepted; rests 5 @ 99\n"
    last = "at 12:30 a1: bob sells 5 @ 99 -> b1 cancelled 5 (expired); accepted; rests 5 @ 99"
    assert run(first + last) is None


# ── invariants: each event here contradicts what came before ───────────────────────────────────────────────────────


def rested() -> tuple[Venue, OrderAccepted, BookAdded]:
    venue = Venue()
    accepted, added = carry_out(venue, "b1: ann buys 5 @ 99").events
    assert isinstance(accepted, OrderAccepted)
    assert isinstance(added, BookAdded)
    return venue, accepted, added


def cancelled(order_id: int, report_seq: int, lots: int, displayed: int) -> OrderCancelled:
    return OrderCancelled(order_id, "ann", report_seq, "b1", "BTC/RUB", 0, 99, 0, lots, displayed, 0)


def test_a_book_that_the_events_do_not_lead_to_is_found() -> None:
    venue, _, added = rested()
    with pytest.raises(AssertionError, match="market data and the book"):
        venue.invariants.follow([BookChanged("BTC/RUB", added.order_id, 0, 99, 4)])


def test_an_order_added_twice_is_found() -> None:
    venue, _, added = rested()
    with pytest.raises(AssertionError, match="added to the book twice"):
        venue.invariants.follow([added])


def test_a_missing_report_is_found() -> None:
    venue, accepted, _ = rested()
    with pytest.raises(AssertionError, match="gets report"):
        venue.invariants.follow([cancelled(accepted.order_id, accepted.report_seq + 2, 5, 5)])


def test_quantity_that_is_lost_is_found() -> None:
    venue, accepted, _ = rested()
    with pytest.raises(AssertionError, match="quantity is lost"):
        venue.invariants.follow([cancelled(accepted.order_id, accepted.report_seq + 1, 4, 5)])


def test_another_quantity_than_the_book_showed_is_found() -> None:
    venue, accepted, _ = rested()
    with pytest.raises(AssertionError, match="the book showed another quantity"):
        venue.invariants.follow([cancelled(accepted.order_id, accepted.report_seq + 1, 5, 4)])


def test_an_end_that_is_none_is_found() -> None:
    venue, accepted, _ = rested()
    venue.invariants.orders[accepted.order_id].ended = True
    with pytest.raises(AssertionError, match="is open although it ended"):
        venue.invariants.follow([])


def test_a_self_trade_is_found() -> None:
    venue, accepted, _ = rested()
    carry_out(venue, "b2: ann buys 5 @ 98")
    trade = Trade(1, "BTC/RUB", 99, 1, 1, accepted.order_id, "ann", 0, "b1", 1, 4, 0, 99, "ann", 0, "b2", 1, 4, 0)
    with pytest.raises(AssertionError, match="a self-trade"):
        venue.invariants.follow([trade])


# ── the command ────────────────────────────────────────────────────────────────────────────────────────────────────

GOOD = "scenario: it rests\n  b1: ann buys 5 @ 99 -> accepted; rests 5 @ 99\n"
BAD = "scenario: it is off the grid\n  b1: ann buys 5 @ 99.5\n    -> accepted\n"


@pytest.fixture
def tables(tmp_path: Path) -> Path:
    (tmp_path / "limit.txt").write_text(GOOD + BAD, encoding="utf-8")
    (tmp_path / "other.txt").write_text(GOOD, encoding="utf-8")
    return tmp_path


def test_the_command_counts_by_topic_and_shows_what_failed(tables: Path) -> None:
    run = CliRunner().invoke(group, ["scenarios", "--dir", str(tables), "--titles"])
    assert run.exit_code == 1
    words = [" ".join(line.split()) for line in run.output.splitlines()]
    assert "limit 2 1" in words
    assert "other 1 1" in words
    assert "it is off the grid FAILED" in words
    assert "it rests ok" in words
    for line in (
        "limit.txt, line 4, it is off the grid",
        "b1: ann buys 5 @ 99.5",
        "expected: accepted",
        "got: rejected (tick)",
    ):
        assert line in words
    assert any(line.startswith("because: the price must be a positive multiple") for line in words)
    assert words[-1] == "2 of 3 scenarios pass"


def test_the_command_passes_a_topic_that_passes(tables: Path) -> None:
    run = CliRunner().invoke(group, ["scenarios", "other", "--dir", str(tables)])
    assert run.exit_code == 0, run.output
    assert "1 of 1 scenarios pass" in run.output


def test_the_command_prints_one_json_object(tables: Path) -> None:
    run = CliRunner().invoke(group, ["scenarios", "--dir", str(tables), "--json"])
    assert run.exit_code == 1
    result = json.loads(run.output)
    assert (result["scenarios"], result["passed"]) == (3, 2)
    assert result["topics"][0] == {"topic": "limit", "scenarios": 2, "passed": 1}
    (failure,) = result["failures"]
    assert failure["scenario"] == "limit/it is off the grid"
    assert (failure["line"], failure["expected"], failure["got"]) == (4, ["accepted"], ["rejected (tick)"])


def test_a_directory_or_topic_that_is_not_there_says_what_to_do(tables: Path) -> None:
    run = CliRunner().invoke(group, ["scenarios", "--dir", str(tables / "none")])
    assert run.exit_code == 1
    assert "run this in the source tree, or name your tables with --dir" in run.output
    run = CliRunner().invoke(group, ["scenarios", "stops", "--dir", str(tables)])
    assert run.exit_code == 1
    assert "topics there: limit, other" in run.output


def test_topics_are_read_in_the_order_of_their_names(tables: Path) -> None:
    assert [scenario.name for scenario in load_topics(tables)] == [
        "limit/it rests",
        "limit/it is off the grid",
        "other/it rests",
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("cites: M-1\n", "stands once"),
        ("scenario: a\n  cites: M-1\n  cites: M-2\n  phase closed\n", "stands once"),
        ("scenario: a\n  phase closed\n  cites: M-1\n", "stands once"),
        ("scenario: a\n  cites: M-1 M-2\n  phase closed\n", "lists statements"),
        ("scenario: a\n  cites: M-1, M-1\n  phase closed\n", "each once"),
        ("scenario: a\n  cites: M-01\n  phase closed\n", "lists statements"),
        ("scenario: a\n  cites:\n  phase closed\n", "lists statements"),
    ],
)
def test_a_citation_that_can_not_be_read_is_refused(text: str, problem: str) -> None:
    with pytest.raises(ScenarioError, match=problem):
        parse_topic("topic", text)


def test_a_scenario_knows_what_it_cites() -> None:
    (scenario,) = parse_topic("topic", "scenario: a\n  cites: M-12, C-3\n  phase closed\n")
    assert scenario.cites == ["M-12", "C-3"]


def test_those_that_show_a_statement_can_be_run_alone() -> None:
    answer = CliRunner().invoke(group, ["scenarios", "--dir", str(TABLES / "matching"), "--cites", "M-30", "--json"])
    assert answer.exit_code == 0
    shown = [scenario for scenario in load_topics(TABLES / "matching") if "M-30" in scenario.cites]
    assert len(shown) > 1 and json.loads(answer.output)["scenarios"] == len(shown)
    for nothing, hint in (("M-9999", "a test may show it"), ("m30", "numbered as M-12")):
        answer = CliRunner().invoke(group, ["scenarios", "--dir", str(TABLES / "matching"), "--cites", nothing])
        assert answer.exit_code == 1 and hint in answer.output
