"""The tables of docs/MATCHING.md, read from the document itself and tried out on the engine, cell by cell.

A cell that says something this file does not know fails: document, engine and test change together.
"""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import pytest

from engine.book.entities import Order
from engine.book.whereabouts import IN_CALL, ON_BOOK
from engine.vocabulary import codes
from engine.vocabulary.messages import events
from engine.vocabulary.messages.events import Event
from loadtest.scenarios.format import load_topics
from loadtest.scenarios.lines import carry_out
from loadtest.scenarios.venue import Venue

DOCUMENT = Path(__file__).parents[2] / "docs" / "MATCHING.md"
pytestmark = pytest.mark.skipif(not DOCUMENT.exists(), reason="needs the source tree")
TEXT = DOCUMENT.read_text(encoding="utf-8") if DOCUMENT.exists() else ""

CALLS = ("pre_open", "opening_auction", "volatility_auction", "closing_auction")
AUCTION_OF = {"at_open": "opening_auction", "at_close": "closing_auction"}
IMMEDIATE = ("ioc", "fok")

# One order of each type, to buy. The book around it: bids at 99, asks (if any) at 100; the last trade was at 100.
ORDERS = {
    "limit": "5 @ 100",
    "market": "5 market",
    "stop": "5 stop 105",
    "stop_limit": "5 stop 105 @ 106",
    "trailing_stop": "5 trail 3",
    "iceberg": "5 @ 100 show 1",
    "pegged": "5 peg own @ 110",
}
LIVES = {name: name for name in codes.TIMES_IN_FORCE} | {"gtd": "until 23:00"}
# What is offered at 100: nothing, less than the order wants, more than it wants.
EMPTY, THIN, ENOUGH = 0, 2, 9


def table(*header: str) -> list[list[str]]:
    """The rows of the table in the document whose header is this."""
    lines = TEXT.splitlines()
    start = lines.index("| " + " | ".join(header) + " |") + 2
    rows = []
    for line in lines[start:]:
        if not line.startswith("|"):
            break
        rows.append([cell.strip() for cell in line.strip("|").split("|")])
    return rows


def names(cell: str) -> list[str]:
    """The names a cell lists."""
    return [name.strip("` ") for name in cell.split(",")]


def combinations() -> dict[tuple[str, str], str]:
    """What the document says of each order type and time in force."""
    header = ("type", "gtc, day, gtd", "ioc", "fok", "at_open, at_close")
    found = {}
    for row in table(*header) if TEXT else []:
        for index in range(1, len(header)):
            cell = row[index - 1] if row[index] == "the same" else row[index]
            for kind in names(row[0]):
                for life in names(header[index]):
                    found[kind, life] = cell
    return found


PHASE_HEADER = ("phase", "limit, iceberg", "market", "stops", "pegged", "ioc, fok", "post_only", "amend", "cancel")


def phases() -> dict[tuple[str, str], str]:
    """What the document says of each phase and column."""
    found = {}
    for row in table(*PHASE_HEADER) if TEXT else []:
        for phase in CALLS if row[0] == "calls" else names(row[0]):
            for column, cell in zip(PHASE_HEADER[1:], row[1:], strict=True):
                found[phase, column] = cell
    return found


COMBINATIONS = combinations()
PHASES = phases()


def venue_with(asks: int, phase: str) -> Venue:
    """A venue after a trade at 100, with bids at 99 and so many lots offered at 100, in a phase."""
    venue = Venue()
    for line in ("x0: bob sells 1 @ 100", "y0: cat buys 1 @ 100", "bid: bob buys 9 @ 99"):
        carry_out(venue, line)
    if asks:
        carry_out(venue, f"ask: bob sells {asks} @ 100")
    if phase != "continuous":
        carry_out(venue, f"phase {phase}")
    return venue


def order_of(venue: Venue, label: str) -> Order | None:
    """The open order of a label."""
    return venue.exchange.accounts[venue.orders[label].account].order(label)


def outcome(venue: Venue, line: str) -> str:
    """What an order `new` or a request does, in the words of the document."""
    happened = carry_out(venue, line).events
    reply = next(event for event in happened if not isinstance(event, events.DayEnded))
    if isinstance(reply, (events.OrderRejected, events.RequestRejected)):
        return f"`{codes.REJECT_CODES[reply.code]}`"
    if not isinstance(reply, events.OrderAccepted):
        return "passes"
    what = ["triggers"] if any(isinstance(event, events.StopTriggered) for event in happened) else []
    what += ["trades"] if any(isinstance(event, events.Trade) for event in happened) else []
    what += _end_of(venue, happened)
    return ", ".join(what)


def _end_of(venue: Venue, happened: list[Event]) -> list[str]:
    """Where the order `new` is after what happened."""
    reasons = [event.reason for event in happened if isinstance(event, events.OrderCancelled)]
    if reasons:
        return [f"cancelled (`{codes.CANCEL_REASONS[reason]}`)" for reason in reasons]
    order = order_of(venue, "new")
    if order is None:
        return []
    book = venue.exchange.books[venue.instrument]
    if order.where == IN_CALL or (order.where == ON_BOOK and book.in_call):
        return ["collects"]
    return ["rests" if order.where == ON_BOOK else "waits"]


# What the cells of the first table mean: what is offered -> what happens in continuous trading.
MEANING = {
    "rests": {EMPTY: "rests", THIN: "trades, rests", ENOUGH: "trades"},
    "cancels its rest": {
        EMPTY: "cancelled (`immediate_or_cancel`)",
        THIN: "trades, cancelled (`immediate_or_cancel`)",
        ENOUGH: "trades",
    },
    "rest cancelled (`collar`)": {
        EMPTY: "cancelled (`collar`)",
        THIN: "trades, cancelled (`collar`)",
        ENOUGH: "trades",
    },
    "all or nothing": {EMPTY: "`fillability`", THIN: "`fillability`", ENOUGH: "trades"},
    "waits": dict.fromkeys((EMPTY, THIN, ENOUGH), "waits"),
    "joins the auction": dict.fromkeys((EMPTY, THIN, ENOUGH), "waits"),
    "`invalid`": dict.fromkeys((EMPTY, THIN, ENOUGH), "`invalid`"),
}


def column_of(kind: str, life: str) -> str:
    """The column of the phase table that an order belongs to."""
    if life in IMMEDIATE:
        return "ioc, fok"
    return next((column for column in PHASE_HEADER[1:5] if kind in names(column)), "stops")


def expected(kind: str, life: str, phase: str, asks: int) -> str:
    """What both tables together say of an order."""
    by_phase = PHASES[phase, column_of(kind, life)]
    combination = COMBINATIONS[kind, life]
    if by_phase == "`phase`":
        return by_phase
    if combination == "`invalid`":
        return combination
    if combination == "joins the auction":
        return "collects" if phase == AUCTION_OF[life] else "waits"
    if phase == "continuous":
        # The pegged order of these tests follows its own touch: it meets nobody.
        return MEANING[combination][EMPTY if kind == "pegged" else asks]
    return {"collects": "collects", "waits": "waits", "waits off the book": "waits"}[by_phase]


@pytest.mark.parametrize("phase", codes.PHASES)
@pytest.mark.parametrize("life", codes.TIMES_IN_FORCE)
@pytest.mark.parametrize("kind", codes.ORDER_TYPES)
def test_each_type_in_each_phase_with_each_time_in_force(kind: str, life: str, phase: str) -> None:
    for asks in (EMPTY, THIN, ENOUGH):
        venue = venue_with(asks, phase)
        got = outcome(venue, f"new: ann buys {ORDERS[kind]} {LIVES[life]}")
        assert got == expected(kind, life, phase, asks), f"{asks} lots offered"


@pytest.mark.parametrize(("life", "auction"), AUCTION_OF.items())
@pytest.mark.parametrize("kind", ["limit", "market"])
def test_what_joins_the_auction_does_so_when_it_begins_and_ends_with_it(kind: str, life: str, auction: str) -> None:
    assert COMBINATIONS[kind, life] == "joins the auction"
    venue = venue_with(THIN, "continuous")
    assert outcome(venue, f"new: ann buys {ORDERS[kind]} {life}") == "waits"
    carry_out(venue, f"phase {auction}")
    order = order_of(venue, "new")
    assert order is not None
    assert order.where in (ON_BOOK, IN_CALL)
    reasons = [
        event.reason for event in carry_out(venue, "phase closed").events if isinstance(event, events.OrderCancelled)
    ]
    assert reasons == [codes.AUCTION_ENDED]
    assert order_of(venue, "new") is None


# The columns of the phase table that are not a type: what is sent, and which words of the cell it may show.
@pytest.mark.parametrize("phase", codes.PHASES)
def test_post_only_in_each_phase(phase: str) -> None:
    cell = PHASES[phase, "post_only"]
    rests, crosses = ("new: ann buys 5 @ 99 post_only", "new: ann buys 5 @ 100 post_only")
    wanted = ("rests", "`post_only`") if cell == "rests or refused" else (cell, cell)
    assert (outcome(venue_with(THIN, phase), rests), outcome(venue_with(THIN, phase), crosses)) == wanted


@pytest.mark.parametrize("phase", codes.PHASES)
def test_stops_in_each_phase(phase: str) -> None:
    cell = PHASES[phase, "stops"]
    waits, through = ("new: ann buys 5 stop 105", "new: ann buys 2 stop 100")
    wanted = ("waits", "triggers, trades") if cell == "waits or triggers" else (cell, cell)
    assert (outcome(venue_with(THIN, phase), waits), outcome(venue_with(THIN, phase), through)) == wanted


@pytest.mark.parametrize("phase", codes.PHASES)
def test_pegged_orders_in_each_phase(phase: str) -> None:
    cell = PHASES[phase, "pegged"]
    rests, trades = ("new: ann buys 5 peg own @ 110", "new: ann buys 2 peg opposite @ 110")
    wanted = {"trades, rests": ("rests", "trades"), "waits off the book": ("waits", "waits")}.get(cell, (cell, cell))
    assert (outcome(venue_with(THIN, phase), rests), outcome(venue_with(THIN, phase), trades)) == wanted


@pytest.mark.parametrize("phase", codes.PHASES)
@pytest.mark.parametrize("column", ["amend", "cancel"])
def test_requests_in_each_phase(column: str, phase: str) -> None:
    line = {"amend": "bob amends bid to 3", "cancel": "bob cancels bid"}[column]
    assert outcome(venue_with(THIN, phase), line) == PHASES[phase, column]


def test_the_tables_name_every_type_time_in_force_and_phase() -> None:
    assert sorted(COMBINATIONS) == sorted((kind, life) for kind in codes.ORDER_TYPES for life in codes.TIMES_IN_FORCE)
    assert {phase for phase, _ in PHASES} == set(codes.PHASES)
    assert set(COMBINATIONS.values()) <= set(MEANING)
    assert [names(row[0])[0] for row in table("type", "fields", "what it does")] == list(codes.ORDER_TYPES)
    modes = table("mode", "when the incoming order meets an own resting order")
    assert [names(row[0])[0] for row in modes] == list(codes.SELF_TRADE_MODES)


# ── reject precedence ──────────────────────────────────────────────────────────────────────────────────────────────


def precedence() -> list[str]:
    """The codes of the document's order of precedence."""
    section = TEXT.partition("## Reject precedence")[2].partition("\n## ")[0]
    return re.findall(r"`(\w+)`", section.partition("code:")[2].partition(".\n")[0])


# Neighbours in the order that no order can fail together.
NEVER_TOGETHER = [("post_only", "fillability")]


def test_every_two_neighbours_in_the_order_of_precedence_have_a_scenario() -> None:
    order = precedence()
    assert len(order) == 20
    assert set(order) < set(codes.REJECT_CODES)
    titles = {scenario.title for scenario in load_topics(Path(__file__).parent / "matching", "reject_precedence")}
    for first, second in itertools.pairwise(order):
        if (first, second) not in NEVER_TOGETHER:
            assert f"{first} before {second}".replace("_", " ") in {title.replace("-", " ") for title in titles}
