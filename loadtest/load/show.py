"""How a load goes, and what came of it, on a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from rich.console import Console
from rich.live import Live as Screen
from rich.markup import escape
from rich.table import Table

from loadtest.load.drive.pipe import Pulse
from loadtest.load.judge import ms
from loadtest.load.results.histogram import Latency
from loadtest.load.results.result import (
    FILL,
    LOOP_GAP,
    MARKET_DATA,
    REPORT,
    ROUND_TRIP,
    SEND_LAG,
    Result,
    Run,
    Step,
)
from loadtest.load.session import CLOSED, Told

GROUPS: Final = {
    ROUND_TRIP: "round trip",
    FILL: "acknowledged to filled",
    REPORT: "venue to report",
    MARKET_DATA: "venue to channel",
    SEND_LAG: "generator: sent late by",
    LOOP_GAP: "generator: turn of its loop",
}
STATUS: Final = {"held": "green", "failed": "bold red", "unchecked": "yellow"}
SHOWN_RULES: Final = 12


@contextmanager
def telling(console: Console, is_quiet: bool) -> Iterator[Told]:
    """Show progress on a terminal; elsewhere a line for each phase and each step of a search; nothing if quiet."""
    if is_quiet:
        yield Told(lambda number, pulse: None, lambda phase: None, lambda step: None)
        return
    if not console.is_terminal:

        def say(phase: str) -> None:
            console.print(f"{phase} ...", highlight=False)

        yield Told(lambda number, pulse: None, say, lambda step: console.print(step_line(step), highlight=False))
        return
    # Drawn when there is news, once a second: a screen that refreshes itself takes time from the load.
    with Screen(console=console, transient=True, auto_refresh=False) as screen:
        seen = _Seen()

        def phase(what: str) -> None:
            seen.begin(what)
            screen.update(what, refresh=True)

        def progress(number: int, pulse: Pulse) -> None:
            screen.update(seen.row(number, pulse), refresh=True)

        yield Told(progress, phase, lambda step: console.print(step_line(step), highlight=False))


class _Seen:
    """What the generators of a run said last."""

    def __init__(self) -> None:
        self._phase = ""
        self._last: dict[int, tuple[Pulse | None, Pulse]] = {}
        """By generator: the pulse before, and the last one."""

    def begin(self, phase: str) -> None:
        """Something new begins."""
        self._phase = phase
        self._last.clear()

    def row(self, number: int, pulse: Pulse) -> Table:
        """All generators together, with the latencies of the one that spoke."""
        before = self._last.get(number, (None, None))[1]
        self._last[number] = before, pulse
        sent, answered, refused = (
            sum(getattr(now, name) - (getattr(then, name) if then else 0) for then, now in self._last.values())
            for name in ("sent", "answered", "refused")
        )
        lost = sum(now.lost for _, now in self._last.values())
        grid = Table.grid(padding=(0, 2))
        grid.add_row(
            f"[bold]{self._phase}[/]",
            f"{pulse.at_ns / 1e9:.0f} s",
            f"asked {sent:,}/s",
            f"done {answered:,}/s",
            f"p50 {ms(pulse.p50_ns)}",
            f"p99 {ms(pulse.p99_ns)}",
            f"p99.9 {ms(pulse.p999_ns)}",
            f"[red]{refused:,} refused[/]" if refused else "",
            f"[bold red]{lost} lost[/]" if lost else "",
        )
        return grid


def step_line(step: Step) -> str:
    """One step of a search."""
    word = "[green]held[/]" if step.held else "[red]not held[/]"
    return f"  {step.rate:>9,.0f}/s  {word}: {escape(step.why)}"


def show(result: Result, console: Console) -> None:
    """The final tables."""
    venue = result.venue
    console.print(
        f"[bold]{escape(result.mix.name)}[/]: {escape(result.mix.title)}; {escape(result.shape)}, "
        f"{escape(result.arrivals)} arrivals, seed {result.seed}",
        highlight=False,
    )
    own = "started for this" if venue.is_own else "found running"
    console.print(
        f"venue {escape(venue.url)} ({own}): {venue.build} core, durability {venue.durability}, {venue.rulebook}, "
        f"{venue.participants:,} participants, {venue.instruments} instruments",
        highlight=False,
    )
    console.print()
    unsound = [run for run in result.runs if not run.is_sound]
    if unsound:
        console.print("[bold red]no figures: a check failed[/]")
    else:
        _figures(result, console)
    _checks(unsound[0] if unsound else result.runs[-1], console)
    for note in result.notes:
        console.print(f"note: {escape(note)}", highlight=False)


def _figures(result: Result, console: Console) -> None:
    run = result.runs[-1]
    if result.arrivals == CLOSED:
        console.print("[bold yellow]a closed loop: it sends less while the venue is slow, and so hides stalls[/]")
    for number, each in enumerate(result.runs, 1):
        if each.generator.is_behind:
            which = f" in run {number}" if len(result.runs) > 1 else ""
            console.print(
                f"[bold red]the generator fell behind its schedule{which}: these are its figures, not the venue's[/]"
            )
            console.print(f"  {each.generator.detail}", highlight=False)
    _runs(result, console)
    console.print(_latencies(run))
    if run.refused:
        shown = ", ".join(f"{why} {count:,}" for why, count in list(run.refused.items())[:SHOWN_RULES])
        more = f", and {len(run.refused) - SHOWN_RULES} more" if len(run.refused) > SHOWN_RULES else ""
        share = sum(run.refused.values()) / max(run.requests, 1)
        console.print(f"refused {share:.1%} of the requests: {escape(shown)}{more}", highlight=False)
    if run.delivered:
        console.print(f"market data: {run.delivered:,} messages, {run.delivered_per_second:,.0f}/s", highlight=False)
    if run.connections_refused or run.connections_lost:
        console.print(
            f"[red]connections: {run.connections_refused} refused, {run.connections_lost} lost[/]", highlight=False
        )
    if result.knee is None:
        console.print(f"limit: [bold]{run.limit}[/]; {escape(run.limit_detail)}", highlight=False)
    else:
        rates = sorted(result.knee.rates)
        spread = f", from {rates[0]:,.0f} to {rates[-1]:,.0f} in {len(rates)} searches" if len(rates) > 1 else ""
        console.print(
            f"[bold]highest rate held: {rates[len(rates) // 2]:,.0f} requests a second[/]{spread} ({result.knee.slo})",
            highlight=False,
        )
        if any(result.knee.deliveries):
            most = ", ".join(f"{each:,.0f}/s" for each in result.knee.deliveries)
            console.print(f"most market data delivered at a rate that was held: {most}", highlight=False)
        for limit, detail in dict(zip(result.knee.limits, result.knee.limit_details, strict=True)).items():
            console.print(f"just above it the limit was [bold]{limit}[/]; {escape(detail)}", highlight=False)
    if result.capacity is not None:
        word = "[bold green]yes[/]" if result.capacity.holds else "[bold red]no[/]"
        console.print(
            f"capacity of {result.capacity.multiple:g} times the peak of {result.capacity.peak:,.0f}/s: {word}; "
            f"{escape(result.capacity.detail)}",
            highlight=False,
        )
    elif result.slo is not None and result.knee is None:
        word = "[bold green]held[/]" if result.slo_held else "[bold red]not held[/]"
        console.print(f"{result.slo}: {word}", highlight=False)
    console.print()


def _runs(result: Result, console: Console) -> None:
    """One line a run, if there are several; else its rates."""
    for number, run in enumerate(result.runs, 1):
        latency = run.latency()
        which = f"run {number}: " if len(result.runs) > 1 else ""
        console.print(
            f"{which}asked {run.rate_asked:,.0f}/s, answered {run.rate_done:,.0f}/s for {run.seconds:g} s; "
            f"p50 {ms(latency.p50_ns)}, p99 {ms(latency.p99_ns)}, p99.9 {ms(latency.p999_ns)}, max {ms(latency.max_ns)}",
            highlight=False,
        )


def _latencies(run: Run) -> Table:
    table = Table("latency", "count", "p50", "p99", "p99.9", "max", box=None, pad_edge=False, padding=(0, 1))
    for column in table.columns:
        column.no_wrap = True
        column.justify = "left" if column is table.columns[0] else "right"
    for group, words in GROUPS.items():
        rows = [each for each in run.measured if each.group == group]
        if len(rows) > 1 and group == ROUND_TRIP:
            table.add_row(f"[bold]{words}, all[/]", *_cells(run.latency(group)))
        for each in rows:
            said = "" if each.outcome == each.name else each.outcome
            name = f"  {each.name} {said}" if group == ROUND_TRIP else f"{words} {each.name}"
            table.add_row(escape(name.rstrip()), *_cells(each.latency))
    return table


def _cells(latency: Latency) -> list[str]:
    values = (latency.p50_ns, latency.p99_ns, latency.p999_ns, latency.max_ns)
    return [f"{latency.count:,}", *(ms(value) for value in values)]


def _checks(run: Run, console: Console) -> None:
    for check in run.checks:
        console.print(
            f"[{STATUS[check.status]}]{check.status:>9}[/]  {check.name}: {escape(check.detail)}", highlight=False
        )
