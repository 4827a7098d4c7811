"""The options of `sbx load`: what may be said, and that it makes sense together."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar

import click
import msgspec

from loadtest.load.words import Duration, Pause, PauseType, ShareType, StartTime

F = TypeVar("F", bound=Callable[..., Any])
_FILE: Final = click.Path(path_type=Path, dir_okay=False)
_FOLDER: Final = click.Path(path_type=Path, file_okay=False)
_RATE: Final = click.FloatRange(min=0.1, max=1_000_000)

_OPTIONS: Final = (
    click.option("--mix", metavar="MIX", default="day", show_default=True, help="What is sent: a name of `sbx load mixes`, a .toml file, or a sum as makers=0.7,takers=0.3."),
    click.option("--rate", type=_RATE, default=2_000.0, show_default=True, help="Requests a second of all connections; where a shape or a search begins."),
    click.option("--seconds", type=click.FloatRange(0.5, 604_800), help="How long to measure.  [default: 20; 5 a step with --find-knee]"),
    click.option("--warm-up", type=Duration(), default="2s", show_default=True, help="Sent before, and in no figure."),
    click.option("--shape", metavar="SHAPE", help="constant, ramp:to=R, steps:to=R,n=N, spike:to=R, day, soak.  [default: the mix's, else constant]"),
    click.option("--arrivals", metavar="KIND", help="poisson, constant, hawkes, recording:FILE.  [default: the mix's, else poisson]"),
    click.option("--connections", type=click.IntRange(1, 2_000), default=8, show_default=True, help="That trade, each a participant."),
    click.option("--processes", type=click.IntRange(1, 64), default=1, show_default=True, help="Generators; each wants a core."),
    click.option("--subscribers", type=click.IntRange(0, 2_000), help="Connections that only listen.  [default: the mix's]"),
    click.option("--channel", "channels", multiple=True, help="What they listen to; may be repeated.  [default: the mix's, else book]"),
    click.option("--listen-to", type=click.IntRange(1), help="Instruments of each of them.  [default: the mix's, else 1]"),
    click.option("--seed", type=click.IntRange(0, 2**62), default=1, show_default=True, help="Of schedules and requests."),
    click.option("--repeat", type=click.IntRange(1, 1_000), help="Runs.  [default: 1; 3 with --find-knee or --capacity]"),
    click.option("--closed", type=click.IntRange(1, 10_000), metavar="N", help="A closed loop of N requests under way on each connection, instead of a schedule. It hides stalls; to show that."),
    click.option("--find-knee", is_flag=True, help="Search the highest rate that holds --slo."),
    click.option("--within", type=click.FloatRange(1, 100), default=5.0, show_default=True, metavar="PERCENT", help="How close the search comes."),
    click.option("--capacity", type=_RATE, metavar="PEAK", help="Is twice this rate held? (RTS 7, article 11)"),
    click.option("--slo", type=Duration(), help="99 % of --slo-on must be no slower.  [default: 5ms where one is needed; 100ms on market-data]"),
    click.option("--slo-on", type=click.Choice(["round-trips", "market-data"]), default="round-trips", show_default=True, help="What --slo is about."),
    click.option("--url", metavar="URL", default="", help="A venue that runs, with the keys of --venue.  [default: one is started]"),
    click.option("--venue", type=_FOLDER, help="The directory of a venue, as of `sbx init`.  [default: one is written, for the run]"),
    click.option("--keep", type=_FOLDER, help="Write the venue there, and keep it with its journal."),
    click.option("--metrics-url", metavar="URL", default="", help="Of a venue that runs: its metrics."),
    click.option("--serve", metavar="COMMAND", default="", help="What starts the venue, as 'PATH/sbx serve'.  [default: the compiled build if there is one]"),
    click.option("--beside", metavar="COMMAND", default="", help="A second venue, started by this, loaded in turn with the first."),
    click.option("--durability", type=click.Choice(["fsync", "os"]), default="fsync", show_default=True, help="Of a venue that is started."),
    click.option("--rulebook", metavar="BOOK", default="general-2026", show_default=True, help="Of a venue that is written."),
    click.option("--participants", type=click.IntRange(1, 10_000), default=500, show_default=True, help="Of a venue that is written."),
    click.option("--instruments", type=click.IntRange(1, 1_000), default=20, show_default=True, help="Of a venue that is written."),
    click.option("--pin/--no-pin", default=True, show_default=True, help="One core for the venue, the others for the generators."),
    click.option("--books/--no-books", default=True, show_default=True, help="Take all books, and rebuild them to compare."),
    click.option("--replay/--no-replay", "replays", default=True, show_default=True, help="Replay the journal at the end."),
    click.option("--drain", type=Duration(), default="10s", show_default=True, help="How long replies are waited for at the end."),
    click.option("--pause", type=PauseType(), metavar="LENGTH@TIME", help="Stop the venue for a while, as 200ms@5s, to see that the figures show it."),
    click.option("--slow-generator", type=Duration(), default="0us", help="Spend so much on each request, to see that the run says so."),
    click.option("--start-at", type=StartTime(), metavar="TIME", help="Begin then, on several machines alike."),
    click.option("--share", type=ShareType(), metavar="K/N", help="Only part K of N of the connections: the others run elsewhere."),
    click.option("--out", type=_FILE, help="Keep the result as JSON, for compare, merge and report."),
    click.option("--beside-out", type=_FILE, help="Likewise that of --beside."),
    click.option("--report", type=_FILE, help="Write a page with plots."),
    click.option("--json", "as_json", is_flag=True, help="Print the result as JSON."),
)  # fmt: skip


class Asked(msgspec.Struct, kw_only=True):
    """What the command line says."""

    mix: str
    rate: float
    seconds: float | None
    warm_up: int
    shape: str | None
    arrivals: str | None
    connections: int
    processes: int
    subscribers: int | None
    channels: tuple[str, ...]
    listen_to: int | None
    seed: int
    repeat: int | None
    closed: int | None
    find_knee: bool
    within: float
    capacity: float | None
    slo: int | None
    slo_on: str
    url: str
    venue: Path | None
    keep: Path | None
    metrics_url: str
    serve: str
    beside: str
    durability: str
    rulebook: str
    participants: int
    instruments: int
    pin: bool
    books: bool
    replays: bool
    drain: int
    pause: Pause | None
    slow_generator: int
    start_at: int | None
    share: tuple[int, int] | None
    out: Path | None
    beside_out: Path | None
    report: Path | None
    as_json: bool

    def check(self) -> None:
        """Refuse what makes no sense together. Raises `click.UsageError`."""
        for is_wrong, why in (
            (self.url and self.venue is None, "--url needs --venue DIR, whose keys/ the load logs in with"),
            (self.url and self.beside, "--beside starts a second venue beside one that is started, not beside --url"),
            (self.url and self.keep, "--keep is for a venue that is started here"),
            (self.url and self.serve, "--serve is for a venue that is started here"),
            (self.url and self.pause, "--pause needs a venue that is started here"),
            (self.venue and self.keep, "--venue is kept anyway: leave --keep out"),
            (self.venue and self.beside, "--beside writes its own venues: leave --venue out"),
            (self.keep and self.beside, "--keep is for one venue: leave it out with --beside"),
            (self.metrics_url and not self.url, "--metrics-url goes with --url"),
            (self.find_knee and self.capacity, "--find-knee and --capacity are two questions: ask one"),
            (self.find_knee and self.closed, "a closed loop has no rate to search for: leave --closed out"),
            (self.find_knee and self.shape, "--find-knee tries constant rates: leave --shape out"),
            (self.capacity and self.shape, "--capacity is about a constant rate: leave --shape out"),
            (self.closed and self.shape, "a closed loop sends as it is answered, by no shape: leave --shape out"),
            (self.closed and self.arrivals, "a closed loop sends as it is answered, at no times: leave --arrivals out"),
            (self.closed and self.slow_generator, "--slow-generator is for a schedule: leave --closed out"),
            (
                self.start_at and (self.find_knee or self.capacity),
                "--start-at is the start of one run, not of a search",
            ),
            (self.capacity and self.closed, "a closed loop has no rate to hold: leave --closed out"),
            (self.beside_out and not self.beside, "--beside-out goes with --beside"),
            (self.share and not self.url, "--share needs the --url that all machines load"),
            (self.share and (self.find_knee or self.capacity), "--share goes with one rate, not with a search"),
            (self.share and (self.repeat or 1) > 1, "--share goes with one run at a time"),
            (self.start_at and (self.repeat or 1) > 1, "--start-at is the start of one run: leave --repeat out"),
            (self.keep and self.keep.exists(), f"{self.keep} exists already: name another directory for --keep"),
            (self.pause and self.pause.at_s >= self.length, "--pause comes after the end of the run"),
        ):
            if is_wrong:
                raise click.UsageError(why)
        for path in (self.out, self.beside_out, self.report):
            if path is not None and not os.access(path.absolute().parent, os.W_OK):
                raise click.UsageError(f"{path} can't be written: {path.absolute().parent} is no directory to write to")
        for command in (self.serve, self.beside):
            try:
                shlex.split(command)
            except ValueError as error:
                raise click.UsageError(f"{command!r} is no command: {error}") from error

    @property
    def length(self) -> float:
        """Seconds of a run."""
        return self.seconds if self.seconds is not None else 5.0 if self.find_knee else 20.0

    @property
    def runs(self) -> int:
        """How many runs, or searches."""
        return self.repeat if self.repeat is not None else 3 if self.find_knee or self.capacity else 1

    @property
    def serve_command(self) -> tuple[str, ...]:
        """What starts the venue; empty: the default."""
        return tuple(shlex.split(self.serve))

    @property
    def beside_command(self) -> tuple[str, ...]:
        """What starts the second venue; empty: there is none."""
        return tuple(shlex.split(self.beside))


def options(function: F) -> F:
    """Give a command all of them."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function
