"""The report of a load run as one self-contained HTML page: it asks nobody for anything, and runs no script."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from html import escape
from pathlib import Path
from typing import Final

from gateway.html_page import document, grid
from loadtest.load.page.plots import knee_plot, percentile_plots
from loadtest.load.page.tables import (
    checks_table,
    connections_table,
    delivery_table,
    facts,
    knee_table,
    latency_table,
    rejects_table,
    runs_table,
)
from loadtest.load.page.timeplots import time_plots
from loadtest.load.page.words import counted, is_behind, is_sound, verdict, when
from loadtest.load.results.result import Result, Run

_TONES: Final = ("plain", "good", "warn", "bad")
_GENERATORS: Final = "the generator's figures, not the venue's"
_HOW_TO_READ: Final = (
    "A latency counts from when the request was due, not from when it left: whoever had to wait for a stall counts in full.",
    "The warm-up stands in no figure and no histogram; the plots over time show it shaded. Checks cover it.",
    "Send lag is how late the generator sent; a loop gap is how late it may have noted a receipt. Latencies have both in them.",
    "Where send lag or loop gaps come near to the latencies, it is the generator that was measured.",
    "A percentile is left out where fewer than one value lies beyond it. Histograms keep three digits.",
)


def write_page(path: Path, result: Result) -> None:
    """Write the report page of a result; the same result gives the same page.

    Raises:
        OSError: it can't be written.
    """
    path.write_text(page(result), encoding="utf-8")


def page(result: Result) -> str:
    """The page's text. Takes a second or two, most of it for the plots."""
    title = f"{result.mix.title or result.mix.name}, {result.shape}"
    body = [
        *_head(result),
        *_verdict(result),
        *(_figures(result) if is_sound(result) else ()),
        *_section("Checks", checks_table(result.runs) if result.runs else ""),
        *_section("Notes", _list(result.notes)),
        *_mix(result),
        *_section("Where and how it ran", facts(result)),
        *_section("How to read it", _list(_HOW_TO_READ) + "<p>More in docs/LOAD.md.</p>"),
    ]
    return document(title, body)


def _head(result: Result) -> Iterator[str]:
    venue = result.venue
    yield f"<h1>{escape(result.mix.title or result.mix.name)}</h1>"
    words = (
        f"mix {result.mix.name}",
        result.shape,
        f"venue {venue.version} {venue.build}",
        f"durability {venue.durability}",
        when(result.started_at),
    )
    yield f'<p class="quiet">{escape(" · ".join(words))}</p>'


def _verdict(result: Result) -> Iterator[str]:
    sentences = verdict(result)
    gravest = max((sentence.tone for sentence in sentences), key=_TONES.index)
    yield f'<section class="verdict {gravest}" aria-label="Verdict">'
    for text, tone in sentences:
        yield f'<p class="{tone}">{escape(text)}</p>'
    yield "</section>"


def _figures(result: Result) -> Iterator[str]:
    """All that measures something."""
    runs, mark = result.runs, is_behind(result)
    if runs:
        several = f" ({counted(len(runs), 'run')} together)" if len(runs) > 1 else ""
        yield from _section(f"Latencies{several}", latency_table(runs), mark)
        yield from _section("Runs", runs_table(runs) if len(runs) > 1 else "", mark)
        yield from _section("Plots", grid(percentile_plots(runs)), mark)
        place = typical(runs)
        which = f": run {place + 1} of {len(runs)}, whose p99 is the middle one" if len(runs) > 1 else ""
        yield from _section(f"Over time{which}", grid(time_plots(runs[place])), mark)
    if result.knee is not None:
        plot = knee_plot(result.knee)
        yield from _section("Search", (grid([plot]) if plot else "") + knee_table(result.knee), mark)
    if runs:
        yield from _section("Refused, by rule", rejects_table(runs), mark)
        yield from _section("Market data", delivery_table(runs), mark)
        yield from _section("Connections and generator", connections_table(runs))


def typical(runs: list[Run]) -> int:
    """Which run has the median p99, counted from 0; of two, the better."""
    by_p99 = sorted(range(len(runs)), key=lambda place: runs[place].latency().p99_ns)
    return by_p99[(len(runs) - 1) // 2]


def _section(title: str, content: str, is_generators: bool = False) -> Iterator[str]:
    """A section with its heading, unless there is nothing in it."""
    if content:
        mark = f' <span class="mark">{_GENERATORS}</span>' if is_generators else ""
        yield f"<section><h2>{escape(title)}{mark}</h2>{content}</section>"


def _list(sentences: Iterable[str]) -> str:
    items = "".join(f"<li>{escape(sentence)}</li>" for sentence in sentences)
    return f"<ul>{items}</ul>" if items else ""


def _mix(result: Result) -> Iterator[str]:
    mix = result.mix
    text = f"<details><summary>As TOML</summary><pre>{escape(mix.text)}</pre></details>" if mix.text else ""
    yield from _section(f"The mix: {mix.name}", f"<p>{escape(mix.about)}</p>{text}")
