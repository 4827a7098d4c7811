"""Feeds recorded order flow into a venue and compares what happened with what was recorded."""

from __future__ import annotations

import asyncio
import lzma
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from compliance.hook import ComplianceHook
from engine.state.hook import PreTradeHook
from engine.vocabulary.codes import CORE_VERSION
from engine.vocabulary.limits import NS_PER_SECOND
from engine.vocabulary.messages.commands import LoadRulebook
from gateway.venue.venue import VenueError, load_rulebook_documents
from loadtest.flow import bitstamp as flow_bitstamp
from loadtest.flow import lobster as flow_lobster
from loadtest.flow.compare import BookComparison, TradeMade, compare_trades
from loadtest.flow.engine import run_in_engine
from loadtest.flow.format import Enter, FlowError, Progress, Recording, Reduce, Reprice, Withdraw, open_lines
from loadtest.flow.gateway import Gateway, run_through_gateway


@dataclass
class Run:
    """What one feeding of a recording did."""

    target: str
    trades: list[TradeMade]
    books: BookComparison
    refused: dict[str, int]
    """Orders that were rejected, by rule or reject code."""
    commands: int
    busy_ns: int
    """Time spent inside the venue (`engine`), or from the first send to the last reply (`gateway`)."""


def read(path: Path, plain: bool = False) -> Recording:
    """Read a recording in whichever known format it has; `plain` as in `loadtest.flow.bitstamp.read`.

    Raises `FlowError` if it has none, or is damaged.
    """
    try:
        file_format = detect_format(path)
        return flow_lobster.read(path) if file_format == flow_lobster.FORMAT else flow_bitstamp.read(path, plain)
    except (OSError, EOFError, lzma.LZMAError, UnicodeDecodeError) as error:
        raise FlowError(f"{path} can't be read: {error}") from error


def detect_format(path: Path) -> str:
    """Tell the format of a recording by its first line. Raises `FlowError` if it is none that is known."""
    with open_lines(path) as lines:
        first = lines.readline(4096)
    if first.count(b",") == 5 and b"{" not in first:
        return flow_lobster.FORMAT
    if first.count(b" ") >= 2 and b"{" in first:
        return flow_bitstamp.FORMAT
    raise FlowError(f"{path} is neither an order-by-order recording of Bitstamp nor a LOBSTER message file")


def pacer(recording: Recording, speed: float, progress: Progress) -> Callable[[int, int], None]:
    """What to call before each action: shows progress and, with `speed` above 0, keeps that multiple of the recorded pace."""
    total = len(recording.actions)
    started = time.monotonic()
    first_ns = recording.actions[0].time_ns if recording.actions else 0

    def before_each(done: int, time_ns: int) -> None:
        if done % 1000 == 0:
            progress(done, total)
        if speed > 0:
            due = started + (time_ns - first_ns) / NS_PER_SECOND / speed
            wait = due - time.monotonic()
            if wait > 0:
                time.sleep(wait)

    return before_each


def run(recording: Recording, speed: float, progress: Progress, rulebook: str = "") -> Run:
    """Feed a recording into a fresh engine in this process, behind a rulebook, by name or file, if one is given.

    Raises `FlowError` if the rulebook can't be read.
    """
    hook, load = PreTradeHook(), None
    if rulebook:
        try:
            name, documents = load_rulebook_documents(rulebook)
        except VenueError as error:
            raise FlowError(str(error)) from error
        hook, load = ComplianceHook(), LoadRulebook(name, documents)
    feed, books = run_in_engine(recording, hook, pacer(recording, speed, progress), load)
    return Run("engine", feed.trades, books, feed.refused, feed.commands, feed.engine_ns)


def run_remote(recording: Recording, gateway: Gateway, speed: float, progress: Progress) -> Run:
    """Feed a recording through the gateway of a running venue. Raises `FlowError` as `run_through_gateway` does."""
    feed, books = asyncio.run(run_through_gateway(recording, gateway, speed, progress))
    return Run("gateway", feed.trades, books, dict(feed.refused), feed.commands, feed.last_ns - feed.first_ns)


def report(recording: Recording, outcome: Run) -> dict[str, Any]:
    """Everything that a feeding showed, as plain data for `--json`."""
    trades = compare_trades(recording, outcome.trades)
    books = outcome.books
    seconds = outcome.busy_ns / NS_PER_SECOND
    result: dict[str, Any] = {
        "format": recording.file_format,
        "instrument": recording.instrument,
        "core_version": CORE_VERSION,
        "target": outcome.target,
        "fed": dict(recording.used),
        "left_out": dict(recording.left_out),
        "orders": {
            "entered": sum(type(action) is Enter for action in [*recording.opening, *recording.actions]),
            "repriced": sum(type(action) is Reprice for action in recording.actions),
            "reduced": sum(type(action) is Reduce for action in recording.actions),
            "cancelled": sum(type(action) is Withdraw for action in recording.actions),
            "rejected": outcome.refused,
        },
        "trades": {
            "recorded": trades.recorded,
            "made": trades.made,
            "equal": trades.equal,
            "equal_within_5_s": trades.equal_in_time,
            "not_reproduced": dict(trades.reasons),
            "made_but_not_recorded": trades.made_otherwise,
        },
        "throughput": {
            "commands": outcome.commands,
            "seconds": round(seconds, 6),
            "commands_per_second": round(outcome.commands / seconds) if seconds else 0,
        },
    }
    if trades.makers_known:
        result["trades"] |= {"makers_recorded": trades.makers_known, "equal_with_same_maker": trades.equal_maker}
    result["books"] = {
        "recorded": books.compared + recording.books_used,
        "used_for_the_opening_book": recording.books_used,
        "compared": books.compared,
        "equal_best_price": books.best_price,
        "equal_levels": {str(depth): count for depth, count in sorted(books.agree.items())},
        "differ_at_ten_levels": books.compared - books.agree_at_reason_depth,
        "reasons": dict(books.reasons(trades.differing_prices)),
    }
    return result
