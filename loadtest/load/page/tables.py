"""The tables of the report page, as HTML."""

from __future__ import annotations

import statistics
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from typing import Final

from loadtest.load.page.words import ABSENT, GROUP_WORDS, counted, duration, number, percentile, when
from loadtest.load.results.histogram import Latency, merged
from loadtest.load.results.result import MARKET_DATA, ROUND_TRIP, Check, Knee, Result, Run

_GRAVITY: Final = ("held", "unchecked", "failed")
_TONES: Final = {"held": "good", "unchecked": "warn", "failed": "bad"}


@dataclass(frozen=True)
class Cell:
    """What stands in a cell, and the classes that style it."""

    text: str
    style: str = ""


Row = list[Cell | str]


def right(text: str) -> Cell:
    """A cell with a figure."""
    return Cell(text, "number")


def table(label: str, head: Row, rows: Iterable[Row]) -> str:
    """A table that scrolls inside itself where it is too wide."""
    lines = [f'<div class="scroll" role="region" aria-label="{escape(label)}" tabindex="0"><table><thead>']
    lines.append(_row("th", head))
    lines.append("</thead><tbody>")
    lines += [_row("td", row) for row in rows]
    lines.append("</tbody></table></div>")
    return "\n".join(lines)


def _row(tag: str, cells: Row) -> str:
    shown = [cell if isinstance(cell, Cell) else Cell(cell) for cell in cells]
    parts = [
        f"<{tag}{f' class={chr(34)}{cell.style}{chr(34)}' if cell.style else ''}>{escape(cell.text)}</{tag}>"
        for cell in shown
    ]
    return f"<tr>{''.join(parts)}</tr>"


def latency_table(runs: list[Run]) -> str:
    """Latencies by group, kind and outcome, all runs together."""
    gathered: dict[tuple[str, str, str], list[Latency]] = {}
    for run in runs:
        for each in run.measured:
            gathered.setdefault((each.group, each.name, each.outcome), []).append(each.latency)
    groups = list(GROUP_WORDS)
    head: Row = [
        "what",
        "outcome",
        *(right(title) for title in ("count", "mean", "p50", "p90", "p99", "p99.9", "p99.99", "max")),
    ]
    rows: list[Row] = []
    for (group, name, outcome), latencies in sorted(
        gathered.items(), key=lambda item: (groups.index(item[0][0]), *item[0])
    ):
        total = merged(latencies)
        if total.count:
            rows.append([_called(group, name), outcome, *_latency_cells(total)])
    return table("Latencies", head, rows)


def _called(group: str, name: str) -> str:
    words = GROUP_WORDS[group]
    if group == ROUND_TRIP:
        return name
    return f"{words}: {name}" if name else words


def _latency_cells(at: Latency) -> list[Cell]:
    figures = ((10, at.p90_ns), (100, at.p99_ns), (1_000, at.p999_ns), (10_000, at.p9999_ns))
    return [
        right(f"{at.count:,}"),
        right(duration(at.mean_ns)),
        right(duration(at.p50_ns)),
        *(right(percentile(at, parts, value)) for parts, value in figures),
        right(duration(at.max_ns)),
    ]


def runs_table(runs: list[Run]) -> str:
    """Each run in a line."""
    head: Row = [
        "run",
        "began",
        *(right(title) for title in ("asked/s", "done/s", "p50", "p99", "p99.9", "max")),
        "limit",
    ]
    rows: list[Row] = []
    for place, run in enumerate(runs, 1):
        at = run.latency()
        cells = [percentile(at, 1_000, at.p999_ns), duration(at.max_ns)]
        figures = [number(run.rate_asked), number(run.rate_done), duration(at.p50_ns), duration(at.p99_ns), *cells]
        rows.append([str(place), Cell(when(run.started_at), "word"), *map(right, figures), Cell(run.limit, "word")])
    return table("Runs", head, rows)


def rejects_table(runs: list[Run]) -> str:
    """Who was refused by which rule or code, the most frequent first; nothing if nobody was."""
    total: Counter[str] = Counter()
    for run in runs:
        total.update(run.refused)
    requests = sum(run.requests for run in runs)
    rows: list[Row] = [
        [rule, right(f"{count:,}"), right(f"{count / requests:.2%}" if requests else ABSENT)]
        for rule, count in sorted(total.items(), key=lambda item: (-item[1], item[0]))
    ]
    return table("Rejects", ["rule or code", right("requests"), right("of all")], rows) if rows else ""


def delivery_table(runs: list[Run]) -> str:
    """Market data by channel; nothing if there were no subscribers."""
    if not any(run.delivered for run in runs):
        return ""
    gathered: dict[str, list[Latency]] = {}
    for run in runs:
        for each in run.measured:
            if each.group == MARKET_DATA:
                gathered.setdefault(each.name, []).append(each.latency)
    rows: list[Row] = []
    for channel, latencies in sorted(gathered.items()):
        at = merged(latencies)
        figures = (duration(at.p50_ns), percentile(at, 100, at.p99_ns), duration(at.max_ns))
        rows.append([channel, right(f"{at.count:,}"), *map(right, figures)])
    total = sum(run.delivered for run in runs)
    rate = statistics.median(run.delivered_per_second for run in runs)
    said = f"{total:,} messages delivered to {counted(runs[0].generator.subscribers, 'subscriber')}, {number(rate)} a second."
    head: Row = ["channel", *(right(title) for title in ("delivered", "p50", "p99", "max"))]
    return f"<p>{escape(said)}</p>" + table("Market data", head, rows)


def connections_table(runs: list[Run]) -> str:
    """How many connections there were, and what became of them; and how the generator fared."""
    titles = ("processes", "connections", "subscribers", "refused", "lost", "CPU", "busy")
    rows: list[Row] = []
    for place, run in enumerate(runs, 1):
        by = run.generator
        counts = (by.processes, by.connections, by.subscribers, run.connections_refused, run.connections_lost)
        shares = (f"{by.cpu_share:.0%}", f"{by.busy_share:.0%}")
        style = "text bad" if by.is_behind else "text"
        rows.append(
            [str(place), *(right(f"{count:,}") for count in counts), *map(right, shares), Cell(by.detail, style)]
        )
    return table("Connections", ["run", *map(right, titles), "the generator's schedule"], rows)


def checks_table(runs: list[Run]) -> str:
    """Each check once, with what is gravest of all runs."""
    gravest: dict[str, tuple[Check, list[int]]] = {}
    for place, run in enumerate(runs, 1):
        for check in run.checks:
            known, places = gravest.get(check.name, (check, []))
            if _GRAVITY.index(check.status) > _GRAVITY.index(known.status):
                known, places = check, []
            gravest[check.name] = (known, [*places, place] if check.status == known.status else places)
    rows: list[Row] = []
    for check, places in gravest.values():
        some = 0 < len(places) < len(runs)
        detail = f"run {', '.join(map(str, places))}: {check.detail}" if some else check.detail
        rows.append([check.name, Cell(check.status, f"{_TONES[check.status]} word"), Cell(detail, "text")])
    return table("Checks", ["check", "status", "detail"], rows)


def knee_table(knee: Knee) -> str:
    """Every rate that was tried, in order."""
    head: Row = ["search", *(right(title) for title in ("asked/s", "done/s", "p99")), "held", "why"]
    rows: list[Row] = []
    for place, search in enumerate(knee.steps, 1):
        for step in search:
            figures = (number(step.rate), number(step.rate_done), duration(step.p99_ns) if step.p99_ns else ABSENT)
            word = Cell("yes" if step.held else "no", "good" if step.held else "bad")
            rows.append([str(place), *map(right, figures), word, Cell(step.why, "text")])
    return table("Rates tried", head, rows)


def facts(result: Result) -> str:
    """The venue, the machine, the versions and the command, as a list of terms."""
    venue, machine = result.venue, result.machine
    pinned = f", pinned to cores {', '.join(map(str, venue.pinned))}" if venue.pinned else ""
    told: dict[str, str] = {
        "venue": f"{venue.url}, {venue.version} {venue.build}, core version {venue.core_version}{pinned}",
        "durability": venue.durability,
        "rulebook": venue.rulebook,
        "size": f"{counted(venue.participants, 'participant')}, {counted(venue.instruments, 'instrument')}",
        "started by": " ".join(venue.command) if venue.is_own else "someone else",
        "load": f"{result.shape}, {result.arrivals} arrivals, seed {result.seed}, warm-up {result.warm_up_s:g} s",
        "machine": f"{machine.cpu}, {counted(machine.cores, 'core')}, load average {machine.load_average:g}",
        "system": f"{machine.system}, {machine.python}",
        "versions": ", ".join(f"{name} {version}" for name, version in result.versions.items()),
        "command": " ".join(result.command_line),
    }
    if result.share is not None:
        told["share"] = f"part {result.share[0]} of {result.share[1]} of the whole load"
    terms = [f"<dt>{escape(term)}</dt><dd>{escape(text)}</dd>" for term, text in told.items() if text]
    return f"<dl>{''.join(terms)}</dl>"
