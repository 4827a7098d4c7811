"""What must hold of a run, or its figures are worth nothing: nothing lost, nothing doubled, the same books, the same journal."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from engine.record.rows import decode_command
from engine.trading_rows import TRADING
from gateway.client import ClientError, connect
from gateway.journal.files import find_journal
from gateway.journal.reader import JournalReader
from loadtest.load.drive import pipe
from loadtest.load.results.result import Check

OUTCOMES: Final = "every request has exactly one outcome"
REPORTS: Final = "no report is missing or doubled"
MARKET_DATA: Final = "no market-data message is missing or doubled"
BOOKS: Final = "books rebuilt from market data equal the venue's"
JOURNAL: Final = "the journal is sound and replays equal"
ACKNOWLEDGED: Final = "the journal has what was acknowledged, once"
SNAPSHOT_TIMEOUT_S: Final = 60.0


def client_checks(drained: Sequence[pipe.Drained], settled: Sequence[pipe.Settled]) -> list[Check]:
    """What the generators themselves can tell."""
    asked = sum(each.asked for each in drained)
    unanswered = sum(each.unanswered for each in drained)
    unsent = sum(each.unsent for each in drained)
    doubled = sum(each.doubled for each in drained)
    lost = sum(each.lost for each in drained)
    wrong = [
        f"{count:,} {what}"
        for count, what in (
            (unanswered, "without an answer"),
            (unsent, "not sent, as their connection was refused or lost"),
            (doubled, "replies to nothing that waited for one"),
        )
        if count
    ]
    if lost:
        wrong.append(f"{lost} connections lost")
    outcome = _check(OUTCOMES, wrong, f"{asked:,} requests, warm-up included")
    accounts = sum(each.accounts for each in settled)
    reports = [problem for each in drained for problem in each.report_gaps]
    reports += [problem for each in settled for problem in each.account_problems]
    market = [problem for each in settled for problem in each.market_gaps]
    return [
        outcome,
        _check(REPORTS, reports, f"numbers without gaps, and as a fresh login is told, of {accounts:,} accounts"),
        _check(MARKET_DATA, market, "each subscription's numbers follow each other, up to where a fresh one begins"),
    ]


async def compare_books(url: str, settled: Sequence[pipe.Settled], expected: Sequence[str]) -> Check:
    """Compare the rebuilt books with fresh snapshots from the venue; `expected` are those that were subscribed to."""
    books = {name: book for each in settled for name, book in each.books.items()}
    updates = sum(each.updates for each in settled)
    problems = [problem for each in settled for problem in each.book_problems]
    if not expected:
        return Check(BOOKS, "unchecked", "no connection kept them, as asked")
    problems += [f"no book of {name} was ever received" for name in expected if name not in books]
    try:
        async with asyncio.timeout(SNAPSHOT_TIMEOUT_S), connect(url, reconnect=False) as client:
            for name, (seq, bids, asks) in books.items():
                fresh = await client.book(name)
                if fresh.seq != seq:
                    problems.append(f"{name}: rebuilt up to {seq}, the venue is at {fresh.seq}")
                elif (list(fresh.written("buy")), list(fresh.written("sell"))) != (bids, asks):
                    problems.append(f"{name}: other levels at {seq}")
    except (ClientError, TimeoutError, OSError) as error:
        problems.append(f"no snapshots to compare with: {type(error).__name__} {error}")
    return _check(BOOKS, problems, f"{len(books)} books, {updates:,} updates with their checksums")


async def journal_checks(
    directory: Path, command: Sequence[str] | None, acknowledged: int, why: str = "", *, without: Collection[str] = ()
) -> list[Check]:
    """Verify and replay the journal of a stopped venue.

    Args:
        directory: of the venue.
        command: what replays it, as `sbx replay` does; None: nothing does.
        acknowledged: trading commands that the venue said it sequenced.
        why: in words, if nothing does.
        without: participants whose commands are not among those acknowledged.
    """
    if command is None:
        return [Check(JOURNAL, "unchecked", why), Check(ACKNOWLEDGED, "unchecked", why)]
    process = await asyncio.create_subprocess_exec(
        *command, str(directory), "--json", stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, errors = await process.communicate()
    try:
        found: dict[str, Any] = msgspec.json.decode(out)
    except msgspec.DecodeError:
        words = errors.decode(errors="replace").strip()[-200:]
        return [Check(JOURNAL, "failed", f"it could not be replayed: {words}")]
    detail = f"{found['commands']:,} commands, {found['events']:,} events"
    if found["status"] != "equal":
        detail = f"{found['status']}: {found['difference'] or found['damage'] or detail}"
        return [Check(JOURNAL, "failed", detail)]
    journal = Check(JOURNAL, "held", f"{detail}, digest {found['replayed_digest'][:16]}...")
    return [journal, await asyncio.to_thread(_count, directory, acknowledged, without)]


def _count(directory: Path, acknowledged: int, without: Collection[str]) -> Check:
    """Compare the trading commands of a journal with those that were acknowledged."""
    kinds = tuple(row.kind for row in TRADING)
    commands = (decode_command(row[2]) for row in JournalReader(find_journal(directory)).rows())
    recorded = sum(isinstance(each, kinds) and getattr(each, "participant", "") not in without for each in commands)
    problems = [f"{recorded:,} recorded, {acknowledged:,} acknowledged"] if recorded != acknowledged else []
    return _check(ACKNOWLEDGED, problems, f"{recorded:,} trading commands")


def _check(name: str, problems: Sequence[str], detail: str) -> Check:
    if not problems:
        return Check(name, "held", detail)
    more = f"; and {len(problems) - 3} more" if len(problems) > 3 else ""
    return Check(name, "failed", "; ".join(problems[:3]) + more)
