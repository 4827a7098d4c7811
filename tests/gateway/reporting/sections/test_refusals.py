"""Refusals by investor and rule, counted again from the rows of a journal, and runs of attempts by hand."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from engine.vocabulary.codes import DOMESTIC_PAYMENT, MOVEMENT_STATUSES, REJECT_CODES
from engine.vocabulary.messages.commands import Deposit, SetBlocked, SetPhase, Withdraw
from engine.vocabulary.messages.events import (
    CommandRejected,
    MovementEnded,
    MovementHeld,
    OrderAccepted,
    OrderRejected,
    RequestRejected,
)
from gateway.reporting.searches.settings import Settings
from gateway.reporting.sections.refusals import Refusals
from gateway.reporting.tables.tables import Table
from tests.support.compliance.venue import ACCOUNTS
from tests.support.gateway.reporting.reported import ReportedVenue, drive, sections

REQUESTS = {
    "AmendOrder": "amend",
    "CancelOrder": "cancel",
    "Transfer": "transfer",
    "RequestWithdrawal": "withdrawal",
    "CancelWithdrawal": "cancel_withdrawal",
}
KINDS = ("withdrawal", "transfer", "redemption")


@pytest.fixture(scope="module")
def venue() -> ReportedVenue:
    return drive(ReportedVenue("general-2026"), 3, 1_500)


@pytest.fixture(scope="module")
def tables(venue: ReportedVenue, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Table]:
    return sections(venue.write(tmp_path_factory.mktemp("refused")), Refusals)


def refusals(venue: ReportedVenue) -> list[tuple[int, Any, Any]]:
    """Each refusal of a row: its number, the command and the event; of what had waited its kind in place of the command."""
    kinds: dict[int, int] = {}
    found: list[tuple[int, Any, Any]] = []
    for seq, _, command, events in venue.rows:
        for event in events:
            if isinstance(event, MovementHeld):
                kinds[event.movement] = event.kind
            elif isinstance(event, MovementEnded) and MOVEMENT_STATUSES[event.outcome] in ("refused", "failed"):
                found.append((seq, KINDS[kinds[event.movement]], event))
            elif isinstance(event, OrderRejected | RequestRejected | CommandRejected):
                found.append((seq, command, event))
    return found


def test_refusals_are_those_of_the_rows(venue: ReportedVenue, tables: dict[str, Table]) -> None:
    expected: Counter[tuple[str, str, str, str]] = Counter()
    seqs: dict[tuple[str, str, str, str], list[int]] = {}
    for seq, command, event in refusals(venue):
        kind = type(command).__name__
        code = "" if isinstance(event, MovementEnded) else REJECT_CODES[event.code]
        if isinstance(event, MovementEnded):
            owner, request, rule = ACCOUNTS[event.account][0], command, event.rule
            code = MOVEMENT_STATUSES[event.outcome]
        elif isinstance(event, CommandRejected):
            owner = ACCOUNTS[command.account][0] if hasattr(command, "account") else getattr(command, "investor", "")
            if not owner:
                continue
            request = kind
            rule = next((word for word in str((*event.values[:1], event.template)).split("'") if word[:4] in RULES), "")
            rule = rule.partition(".")[0]
        else:
            owner = ACCOUNTS[event.account][0] if event.account in ACCOUNTS else ""
            request, rule = REQUESTS.get(kind, "order"), event.rule
        key = (owner, request, rule, "" if rule else code)
        expected[key] += 1
        seqs.setdefault(key, []).append(seq)
    found: Counter[tuple[str, str, str, str]] = Counter()
    for row in tables["refusals"].objects():
        key = (str(row["investor"]), str(row["request"]), str(row["rule"]), str(row["code"]))
        found[key] += int(str(row["count"]))
        assert row["first_seq"] in seqs[key]
        assert row["last_seq"] in seqs[key]
        assert bool(row["title"]) == bool(row["rule"])
    assert found == expected
    assert len(expected) > 40


RULES = ("SAN-", "ANON", "RET-", "FRZ-", "QUAL", "RISK", "ID-1", "DER-", "CUR-", "PAY-", "SET-", "OPS-", "INT-")


def test_who_was_refused_most_often(venue: ReportedVenue, tables: dict[str, Table]) -> None:
    refused: Counter[str] = Counter()
    orders: Counter[str] = Counter()
    let_in: Counter[str] = Counter()
    for row in venue.rows:
        for event in row[3]:
            if isinstance(event, MovementEnded) and MOVEMENT_STATUSES[event.outcome] in ("refused", "failed"):
                refused[ACCOUNTS[event.account][0]] += 1
            elif isinstance(event, OrderAccepted):
                let_in[ACCOUNTS[event.account][0]] += 1
            elif isinstance(event, OrderRejected | RequestRejected):
                # Of an account that is not there the participant is told.
                owner = ACCOUNTS[event.account][0] if event.account in ACCOUNTS else "desk"
                refused[owner] += 1
                orders[owner] += isinstance(event, OrderRejected)
            elif isinstance(event, CommandRejected) and hasattr(row[2], "account"):
                refused[ACCOUNTS[row[2].account][0]] += 1
            elif isinstance(event, CommandRejected) and hasattr(row[2], "investor"):
                refused[row[2].investor] += 1
    rows = tables["refused_most"].objects()
    assert {row["investor"]: row["refused"] for row in rows} == dict(refused)
    for row in rows:
        name = str(row["investor"])
        assert (row["orders_refused"], row["orders_let_in"]) == (orders[name], let_in[name])
        asked = orders[name] + let_in[name]
        if asked:
            assert float(str(row["orders_refused_percent"])) == pytest.approx(100 * orders[name] / asked, abs=0.01)


def test_rules_that_failed_beside_another(venue: ReportedVenue, tables: dict[str, Table]) -> None:
    expected: Counter[tuple[str, str]] = Counter()
    for _, _, event in refusals(venue):
        if isinstance(event, OrderRejected | RequestRejected):
            expected.update((ACCOUNTS[event.account][0], rule) for rule in event.rules[1:])
    found = {(row["investor"], row["rule"]): row["count"] for row in tables["refusals_also_failed"].objects()}
    assert found == dict(expected)
    assert found


def repeated(venue: ReportedVenue, directory: Path, **options: int) -> list[tuple[Any, ...]]:
    return sections(venue.write(directory), Refusals, **options)["repeated_attempts"].rows


def test_attempts_within_ten_minutes_are_a_run_and_one_that_passes_ends_it(tmp_path: Path) -> None:
    """Of XMR three close together and one late; a payment in BTC, refused twice, then in RUB, which is another attempt."""
    venue = ReportedVenue()
    first = len(venue.rows)
    for wait in (0, 600, 600, 601, 5):
        venue.later(wait)
        venue.buy("qualified", "1", "XMR/RUB", "100")
    venue.pay("firm", "dealer", 1, "BTC")
    venue.pay("firm", "dealer", 1, "BTC", DOMESTIC_PAYMENT)
    venue.pay("firm", "dealer", 1, "RUB")
    found = repeated(venue, tmp_path)
    assert found == [
        ("qualified", "order", "XMR/RUB", "buy", "ANON-1", "", 2, 5, 3, 1200, first + 1, first + 3, 0, None),
        ("firm", "transfer", "BTC", "", "PAY-1", "", 1, 2, 2, 0, first + 6, first + 7, 0, None),
    ]


def test_the_window_of_a_run_is_the_one_that_was_asked_for(tmp_path: Path) -> None:
    venue = ReportedVenue()
    for _ in range(3):
        venue.later(700)
        venue.buy("qualified", "1", "XMR/RUB", "100")
    directory = venue.write(tmp_path)
    assert len(sections(directory, Refusals)["repeated_attempts"].rows) == 0
    (row,) = sections(directory, Refusals, settings=Settings(repeat_seconds=700))["repeated_attempts"].objects()
    assert (row["attempts"], row["longest_seconds"]) == (3, 1_400)


def test_what_passes_soon_after_is_named(tmp_path: Path) -> None:
    """A seller comes without tests, learns, and is let in; a block stands in the way of a withdrawal, until it is lifted."""
    venue = ReportedVenue()
    first = len(venue.rows)
    venue.apply(SetBlocked("firm", True, "list", "sue"))
    for _ in range(2):
        venue.apply(Withdraw("firm", "RUB", 100, "home", "otto"))
        venue.buy("firm", "1", "BTC/RUB", "100")
    venue.apply(SetBlocked("firm", False, "mistaken", "sue"))
    venue.apply(Withdraw("firm", "RUB", 100, "home", "otto"))
    # The other side is another attempt.
    venue.sell("firm", "1", "BTC/RUB", "100")
    venue.later(601)
    # Too late: what was tried before is over.
    venue.buy("firm", "1", "BTC/RUB", "100")
    found = repeated(venue, tmp_path)
    assert found == [
        ("firm", "Withdraw", "RUB", "", "SAN-1", "", 1, 2, 2, 0, first + 2, first + 4, 1, first + 7),
        ("firm", "order", "BTC/RUB", "buy", "SAN-1", "", 1, 2, 2, 0, first + 3, first + 5, 0, None),
    ]


def test_a_deposit_that_needs_its_origin_names_the_rule(tmp_path: Path) -> None:
    venue = ReportedVenue()
    venue.apply(Deposit("retail", "SOL", 1, "mine", "otto"))
    venue.apply(Deposit("retail", "XMR", 1, "mine", "otto", "a wallet"))
    venue.apply(SetPhase("BTC/RUB", 99, "nobody's", "otto"))
    table = sections(venue.write(tmp_path), Refusals)["refusals"]
    assert [(row["investor"], row["request"], row["rule"], row["about"]) for row in table.objects()] == [
        ("retail", "Deposit", "ANON-1", "XMR"),
        ("retail", "Deposit", "RET-2", "SOL"),
    ]
