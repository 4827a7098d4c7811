"""How a load goes, and what came of it, on a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from rich.live import Live as Screen
from rich.table import Table
from rich.text import Text

from gateway.cli.terminal import Terminal, styled
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
def telling(console: Terminal, is_quiet: bool) -> Iterator[Told]:
    """Show progress on a terminal; elsewhere a line for each phase and each step of a search; nothing if quiet."""
    if is_quiet:
        yield Told(lambda number, pulse: None, lambda phase: None, lambda step: None)
        return
    if not console.is_terminal:

        def say(phase: str) -> None:
            console.tell(f"{phase} ...")

        yield Told(lambda number, pulse: None, say, lambda step: console.print(step_line(step)))
        return
    # Drawn when there is news, once a second: a screen that refreshes itself takes time from the load.
    with Screen(console=console, transient=True, auto_refresh=False) as screen:
        seen = _Seen()

        def phase(what: str) -> None:
            seen.begin(what)
            screen.update(what, refresh=True)

        def progress(number: int, pulse: Pulse) -> None:
            screen.update(seen.row(number, pulse), refresh=True)

        yield Told(progress, phase, lambda step: console.print(step_line(step)))


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
            styled((self._phase, "bold")),
            f"{pulse.at_ns / 1e9:.0f} s",
            f"asked {sent:,}/s",
            f"done {answered:,}/s",
            f"p50 {ms(pulse.p50_ns)}",
            f"p99 {ms(pulse.p99_ns)}",
            f"p99.9 {ms(pulse.p999_ns)}",
            styled((f"{refused:,} refused" if refused else "", "red")),
            styled((f"{lost} lost" if lost else "", "bold red")),
        )
        return grid


def step_line(step: Step) -> Text:
    """One step of a search."""
    word = ("held", "green") if step.held else ("not held", "red")
    return styled(f"  {step.rate:>9,.0f}/s  ", word, f": {step.why}")


def show(result: Result, console: Terminal) -> None:
    """The final tables."""
    venue = result.venue
    console.tell(
        (result.mix.name, "bold"),
        f": {result.mix.title}; {result.shape}, {result.arrivals} arrivals, seed {result.seed}",
    )
    own = "started for this" if venue.is_own else "found running"
    console.tell(
        f"venue {venue.url} ({own}): {venue.build} core, durability {venue.durability}, {venue.rulebook}, "
        f"{venue.participants:,} participants, {venue.instruments} instruments"
    )
    console.print()
    unsound = [run for run in result.runs if not run.is_sound]
    if unsound:
        console.tell(("no figures: a check failed", "bold red"))
    else:
        _figures(result, console)
    _checks(unsound[0] if unsound else result.runs[-1], console)
    for note in result.notes:
        console.tell(f"note: {note}")


def _figures(result: Result, console: Terminal) -> None:
    run = result.runs[-1]
    if result.arrivals == CLOSED:
        console.tell(("a closed loop: it sends less while the venue is slow, and so hides stalls", "bold yellow"))
    for number, each in enumerate(result.runs, 1):
        if each.generator.is_behind:
            which = f" in run {number}" if len(result.runs) > 1 else ""
            said = f"the generator fell behind its schedule{which}: these are its figures, not the venue's"
            console.tell((said, "bold red"))
            console.tell(f"  {each.generator.detail}")
    _runs(result, console)
    console.print(_latencies(run))
    if run.refused:
        shown = ", ".join(f"{why} {count:,}" for why, count in list(run.refused.items())[:SHOWN_RULES])
        more = f", and {len(run.refused) - SHOWN_RULES} more" if len(run.refused) > SHOWN_RULES else ""
        share = sum(run.refused.values()) / max(run.requests, 1)
        console.tell(f"refused {share:.1%} of the requests: {shown}{more}")
    if run.delivered:
        console.tell(f"market data: {run.delivered:,} messages, {run.delivered_per_second:,.0f}/s")
    if run.connections_refused or run.connections_lost:
        console.tell((f"connections: {run.connections_refused} refused, {run.connections_lost} lost", "red"))
    if result.knee is None:
        console.tell("limit: ", (run.limit, "bold"), f"; {run.limit_detail}")
    else:
        rates = sorted(result.knee.rates)
        spread = f", from {rates[0]:,.0f} to {rates[-1]:,.0f} in {len(rates)} searches" if len(rates) > 1 else ""
        highest = f"highest rate held: {rates[len(rates) // 2]:,.0f} requests a second"
        console.tell((highest, "bold"), f"{spread} ({result.knee.slo})")
        if any(result.knee.deliveries):
            most = ", ".join(f"{each:,.0f}/s" for each in result.knee.deliveries)
            console.tell(f"most market data delivered at a rate that was held: {most}")
        for limit, detail in dict(zip(result.knee.limits, result.knee.limit_details, strict=True)).items():
            console.tell("just above it the limit was ", (limit, "bold"), f"; {detail}")
    if result.capacity is not None:
        console.tell(
            f"capacity of {result.capacity.multiple:g} times the peak of {result.capacity.peak:,.0f}/s: ",
            ("yes", "bold green") if result.capacity.holds else ("no", "bold red"),
            f"; {result.capacity.detail}",
        )
    elif result.slo is not None and result.knee is None:
        console.tell(f"{result.slo}: ", ("held", "bold green") if result.slo_held else ("not held", "bold red"))
    console.print()


def _runs(result: Result, console: Terminal) -> None:
    """One line a run, if there are several; else its rates."""
    for number, run in enumerate(result.runs, 1):
        latency = run.latency()
        which = f"run {number}: " if len(result.runs) > 1 else ""
        console.tell(
            f"{which}asked {run.rate_asked:,.0f}/s, answered {run.rate_done:,.0f}/s for {run.seconds:g} s; "
            f"p50 {ms(latency.p50_ns)}, p99 {ms(latency.p99_ns)}, p99.9 {ms(latency.p999_ns)}, max {ms(latency.max_ns)}"
        )


def _latencies(run: Run) -> Table:
    table = Table("latency", "count", "p50", "p99", "p99.9", "max", box=None, pad_edge=False, padding=(0, 1))
    for column in table.columns:
        column.no_wrap = True
        column.justify = "left" if column is table.columns[0] else "right"
    for group, words in GROUPS.items():
        rows = [each for each in run.measured if each.group == group]
        if len(rows) > 1 and group == ROUND_TRIP:
            table.add_row(styled((f"{words}, all", "bold")), *_cells(run.latency(group)))
        for each in rows:
            said = "" if each.outcome == each.name else each.outcome
            name = f"  {each.name} {said}" if group == ROUND_TRIP else f"{words} {each.name}"
            table.add_row(name.rstrip(), *_cells(each.latency))
    return table


def _cells(latency: Latency) -> list[str]:
    values = (latency.p50_ns, latency.p99_ns, latency.p999_ns, latency.max_ns)
    return [f"{latency.count:,}", *(ms(value) for value in values)]


def _checks(run: Run, console: Terminal) -> None:
    for check in run.checks:
        console.tell((f"{check.status:>9}", STATUS[check.status]), f"  {check.name}: {check.detail}")
