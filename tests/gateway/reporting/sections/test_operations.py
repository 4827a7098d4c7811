"""Operations to report: the threshold against a recount from the rows, pass-through and circles by hand and against slow searches."""

from __future__ import annotations

import random
from collections import defaultdict
from itertools import pairwise
from pathlib import Path

import pytest

from engine.vocabulary.codes import CROSS_BORDER, OWN_ACCOUNT
from engine.vocabulary.messages.commands import LoadRulebook, SetParameter, Transfer
from engine.vocabulary.messages.events import FundsMoved, ParameterChanged, Trade, Transferred
from gateway.reporting.searches import circles
from gateway.reporting.searches.circles import MAX_INVESTORS, Circles
from gateway.reporting.searches.moves import Move
from gateway.reporting.searches.passing import PassThrough
from gateway.reporting.searches.settings import Settings
from gateway.reporting.sections.operations import Operations
from gateway.reporting.tables.tables import Table
from tests.support.compliance.venue import ACCOUNTS, PARTICIPANT
from tests.support.gateway.reporting.reported import ReportedVenue, drive, sections

HOUR_NS = 3_600 * 10**9


# ── the threshold ──────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def venue() -> ReportedVenue:
    return drive(ReportedVenue("general-2026"), 11, 1_500)


@pytest.fixture(scope="module")
def tables(venue: ReportedVenue, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Table]:
    return sections(venue.write(tmp_path_factory.mktemp("operations")), Operations)


# Of an instrument of the test venue: kopecks that one minor unit of the base costs are ticks * 1 / lot_base; a tick of all but SOL is
# 100 RUB, and a lot 0.0001, so that tick by lot is a kopeck.
LOT_BASE = {"BTC/RUB": 10**4, "ETH/RUB": 10**4, "USDT/RUB": 10**2, "XMR/RUB": 10**4, "SOL/RUB": 10**6, "BTC-NOTE": 1}
UNIT = {"SOL/RUB": 100}


def test_operations_at_the_threshold(venue: ReportedVenue, tables: dict[str, Table]) -> None:
    """Worth by the last trade before, rounded up, by the threshold that was in force."""
    threshold: int | None = None
    last: dict[str, int] = {}
    expected = []
    operations = 0
    for seq, _, command, events in venue.rows:
        for event in events:
            if isinstance(command, LoadRulebook):
                threshold = 100_000_000
            if isinstance(event, ParameterChanged) and event.rule == "AML-1":
                threshold = int(event.new.replace(".", ""))
            if isinstance(event, Trade):
                last[event.instrument] = event.price_ticks
            if not isinstance(event, Transferred | FundsMoved):
                continue
            operations += 1
            amount, market = abs(event.amount), f"{event.asset}/RUB"
            worth: int | None = None
            if event.asset == "RUB":
                worth = amount
            elif market in last:
                worth = -(-amount * last[market] * UNIT.get(market, 1) // LOT_BASE[market])
            if threshold is not None and (worth is None or worth >= threshold):
                expected.append((seq, None if worth is None else f"{worth // 100}.{worth % 100:02}"))
    rows = tables["operations_reported"].objects()
    assert [(row["seq"], row["worth_rub"]) for row in rows] == expected
    assert len(expected) > 30
    counted = tables["operations_counted"].objects()
    assert sum(int(str(row["operations"])) for row in counted) == operations
    assert sum(int(str(row["reported"])) for row in counted) == len(expected)
    assert {row["threshold_rub"] for row in rows} == {"1000000.00", "900000.00"}


def test_while_no_rule_says_so_nothing_is_reported(tmp_path: Path) -> None:
    venue = ReportedVenue("general-2026", (("AML-1", "enabled", "false"),) if _has_rule("general-2026") else ())
    venue.pay("firm", "dealer", 10**12)
    tables = sections(venue.write(tmp_path), Operations)
    assert len(tables["operations_reported"].rows) == 0
    (transfers,) = [row for row in tables["operations_counted"].objects() if row["what"] == "transfer"]
    assert (transfers["operations"], transfers["without_threshold"]) == (1, 1)


def _has_rule(name: str) -> bool:
    table = ReportedVenue(name).hook.intake.table
    return table is not None and table.rulebook.active("AML-1") is not None


def test_how_it_was_valued_is_said(tmp_path: Path) -> None:
    venue = ReportedVenue("general-2026")
    venue.pay("importer", "importer@2", 10**8, "BTC", OWN_ACCOUNT)
    venue.sell("dealer", "0.001", "BTC/RUB", "8000000")
    venue.buy("firm", "0.001", "BTC/RUB", "8000000")
    venue.pay("importer", "importer@2", 12_500_000, "BTC", OWN_ACCOUNT)
    venue.pay("importer", "importer@2", 12_499_999, "BTC", OWN_ACCOUNT)
    venue.pay("importer", "importer@2", 10**8, "BTC-FUT", OWN_ACCOUNT)
    venue.apply(SetParameter("AML-1", "report_from_rub", "999999.92", "try", "sue"))
    venue.pay("importer", "importer@2", 12_499_999, "BTC", OWN_ACCOUNT)
    rows = sections(venue.write(tmp_path), Operations)["operations_reported"].objects()
    moved = [row for row in rows if row["what"] == "transfer"]
    assert [(row["worth_rub"], row["valued"], row["threshold_rub"]) for row in moved] == [
        (None, "no trade and no reference price", "1000000.00"),
        ("1000000.00", "8000000 in BTC/RUB", "1000000.00"),
        (None, "not traded for RUB here", "1000000.00"),
        ("999999.92", "8000000 in BTC/RUB", "999999.92"),
    ]


# ── pass-through ───────────────────────────────────────────────────────────────────────────────────────────────────


def moves(*texts: str) -> list[Move]:
    """`a>b 100 @2`: from a to b so much, at an hour."""
    found = []
    for number, text in enumerate(texts, start=1):
        ways, amount, hour = text.split()
        sender, receiver = ways.split(">")
        found.append(
            Move(number, number, int(float(hour.removeprefix("@")) * HOUR_NS), sender, receiver, "RUB", int(amount))
        )
    return found


def passed(*texts: str) -> tuple[int, int, list[tuple[int, int, int]]]:
    """What came to m, what of it passed on, and the evidence."""
    found = PassThrough(24)
    for move in moves(*texts):
        found.take(move)
    mine = found.found["m", "RUB"]
    return mine.came_in, mine.passed_on, mine.evidence


def test_what_came_from_one_and_left_to_another_within_a_day_passed_through() -> None:
    assert passed("a>m 100 @0", "m>b 80 @24") == (100, 80, [(1, 2, 80)])
    # An hour too late.
    assert passed("a>m 100 @0", "m>b 80 @25") == (100, 0, [])
    # The earliest is used up first, and each once.
    assert passed("a>m 60 @0", "c>m 40 @1", "m>b 80 @2", "m>d 80 @3") == (
        100,
        100,
        [(1, 3, 60), (2, 3, 20), (2, 4, 20)],
    )
    # What goes back passes through nobody; what is left of it may go elsewhere.
    assert passed("a>m 100 @0", "m>a 90 @1", "m>b 30 @2") == (100, 30, [(1, 3, 30)])
    # More left than came: no more than came.
    assert passed("a>m 10 @0", "m>b 99 @1") == (10, 10, [(1, 2, 10)])
    # What left before is not what came after.
    assert passed("m>b 10 @0", "a>m 10 @1") == (10, 0, [])


def test_only_who_passes_most_on_is_shown(tmp_path: Path) -> None:
    venue = ReportedVenue()
    first = len(venue.rows)
    # To the importer 100 and 60, of which 128 leave: four fifths. To the dealer the 128, of which a kopeck less leaves than that.
    venue.pay("firm", "importer", 100)
    venue.later(30)
    venue.pay("super", "importer@2", 60)
    venue.pay("importer", "dealer", 128)
    venue.pay("dealer", "firm", 102)
    # Between one's own accounts nothing passes.
    venue.pay("importer", "importer@2", 50, purpose=OWN_ACCOUNT)
    (row,) = sections(venue.write(tmp_path), Operations)["pass_through"].objects()
    assert (row["investor"], row["came_in"], row["passed_on"], row["passed_percent"]) == (
        "importer",
        "1.60",
        "1.28",
        "80.00",
    )
    assert row["evidence"] == f"{first + 1}>{first + 3} {first + 2}>{first + 3}"
    assert (row["senders"], row["receivers"], row["quickest_seconds"]) == ("firm super", "dealer", 0)


def test_window_and_share_are_those_that_were_asked_for(tmp_path: Path) -> None:
    venue = ReportedVenue()
    venue.pay("firm", "importer", 100)
    venue.later(3 * 3_600)
    venue.pay("importer", "dealer", 50)
    directory = venue.write(tmp_path)
    for settings, shown in ((Settings(), 0), (Settings(share_percent=50), 1), (Settings(600, 2, 50), 0)):
        tables = sections(directory, Operations, settings=settings)
        assert len(tables["pass_through"].rows) == shown
        said = [row[1] for row in tables["operations_search"].rows][:2]
        assert said == [settings.window_hours, settings.share_percent]


# ── circles ────────────────────────────────────────────────────────────────────────────────────────────────────────


def found_by_trying_all(given: list[Move], window_ns: int) -> dict[tuple[tuple[str, ...], str], set[int]]:
    """By investors in a ring: the numbers of the transfers that close a circle. Every way of going back, without any cleverness."""
    closing: dict[tuple[tuple[str, ...], str], set[int]] = defaultdict(set)

    def go_back(path: list[Move]) -> None:
        if path[0].sender == path[-1].receiver:
            names = [each.sender for each in path]
            first = names.index(min(names))
            closing[(tuple(names[first:] + names[:first]), path[0].asset)].add(path[-1].number)
            return
        if len(path) == MAX_INVESTORS:
            return
        seen = {each.sender for each in path}
        for before in given:
            if (
                before.receiver == path[0].sender
                and before.asset == path[0].asset
                and before.number < path[0].number
                and path[-1].time_ns - before.time_ns <= window_ns
                and before.sender not in seen
            ):
                go_back([before, *path])

    for move in given:
        go_back([move])
    return dict(closing)


@pytest.mark.parametrize("seed", range(8))
def test_circles_are_those_that_trying_all_finds(seed: int) -> None:
    chance = random.Random(seed)
    given, time_ns = [], 0
    for number in range(1, 90):
        time_ns += chance.randint(0, 3 * HOUR_NS)
        sender, receiver = chance.sample("abcdef", 2)
        asset = chance.choice(("RUB", "BTC"))
        given.append(Move(number, number, time_ns, sender, receiver, asset, chance.randint(1, 9)))
    found = Circles(24)
    for move in given:
        found.take(move)
    assert found.cut_short == 0
    expected = found_by_trying_all(given, 24 * HOUR_NS)
    assert {key: circle.times for key, circle in found.found.items()} == {key: len(of) for key, of in expected.items()}
    by_number = {move.number: move for move in given}
    assert found.found
    for circle in found.found.values():
        ring = [by_number[number] for number in circle.evidence]
        assert all(one.receiver == next_.sender for one, next_ in pairwise([*ring, ring[0]]))
        assert [each.number for each in ring] == sorted(each.number for each in ring)
        assert ring[-1].time_ns - ring[0].time_ns <= 24 * HOUR_NS
        assert circle.largest == min(each.amount for each in ring)


def test_a_search_that_is_cut_short_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(circles, "MAX_STEPS", 3)
    found = Circles(24)
    for move in moves("a>b 1 @0", "c>b 1 @0", "d>b 1 @0", "e>b 1 @0", "b>x 1 @1", "b>a 1 @2"):
        found.take(move)
    assert found.cut_short == 2
    assert [key[0] for key in found.found] == [("a", "b")]


def test_circles_beyond_the_bound_are_counted_and_not_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(circles, "MAX_CIRCLES", 1)
    found = Circles(24)
    for move in moves("a>b 1 @0", "b>a 1 @1", "c>d 1 @2", "d>c 1 @3", "a>b 1 @4"):
        found.take(move)
    assert (len(found.found), found.unlisted) == (1, 1)
    (circle,) = found.found.values()
    assert (circle.times, circle.amount, circle.evidence) == (2, 2, (1, 2))


def test_a_circle_of_a_session(tmp_path: Path) -> None:
    venue = ReportedVenue()
    first = len(venue.rows)
    venue.pay("firm", "importer", 500)
    venue.later(60)
    venue.pay("importer@2", "dealer", 400)
    venue.later(60)
    venue.pay("dealer", "firm", 450)
    # A refused one closes none.
    venue.apply(Transfer(PARTICIPANT, "importer", "no", "firm", "BTC", 1, CROSS_BORDER))
    (row,) = sections(venue.write(tmp_path), Operations)["circular_transfers"].objects()
    assert row == {
        "investors": "dealer -> firm -> importer -> dealer",
        "count": 3,
        "asset": "RUB",
        "times": 1,
        "amount": "4.00",
        "largest": "4.00",
        "quickest_seconds": 120,
        "first_seq": first + 1,
        "last_seq": first + 3,
        "evidence": f"{first + 1} {first + 2} {first + 3}",
    }
    assert ACCOUNTS["importer@2"][0] == "importer"
