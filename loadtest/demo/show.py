"""What is seen of a demonstration while it runs: the market on a terminal, or lines for a log; and a picture of it for a page."""

from __future__ import annotations

import asyncio
import io
import sys
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from engine.vocabulary.limits import NS_PER_SECOND
from gateway.cli.terminal import Terminal
from gateway.client import connect
from gateway.watching.live import LiveView, watching
from gateway.watching.picture import picture
from gateway.watching.scene import Scene
from loadtest.demo.participants import Ends
from loadtest.demo.tally import Tally

KEYS: Final = "space pause the picture   n p instrument   ? help   q enough"
FIRST_SHOWN: Final = "BTC/RUB"
PICTURE_SECONDS: Final = 0.25
"""Between two pictures. Each takes some milliseconds, which the simulated participants share a processor with."""
LINE_SECONDS: Final = 5.0
"""Between two lines."""
RATE_SECONDS: Final = 3.0
"""Over so long orders a second are counted."""
PICTURE_WIDTH: Final = 100
PICTURE_HEIGHT: Final = 32
SWITCH_SECONDS: Final = 0.000_2
"""How long the loop waits for the interpreter while a picture is drawn beside it; by itself Python lets it wait 5 ms."""
SVG: Final = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}">
<style>
.{unique_id}-matrix {{ font-family: ui-monospace, Menlo, Consolas, "DejaVu Sans Mono", monospace;
font-size: {char_height}px; line-height: {line_height}px; }}
.{unique_id}-title {{ font-family: sans-serif; font-size: 18px; font-weight: bold; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal"><rect width="{terminal_width}" height="{terminal_height}"/></clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix" xml:space="preserve">
{matrix}
</g>
</g>
</svg>
"""


@dataclass(frozen=True)
class Stage:
    """A demonstration that runs."""

    url: str
    key: Path
    """The supervisor's, who sees every verdict."""
    title: str
    seconds: float
    tally: Tally
    ends: Ends
    invited: Path | None = None
    """The key of the newcomer whom others may trade as; None: nobody is expected."""

    @property
    def invitation(self) -> str:
        """Who may join and how; empty: nobody is expected."""
        return "" if self.invited is None else f"bots join as {self.invited.stem}, key {self.invited}"

    @property
    def elapsed_s(self) -> float:
        """Since it began, as far as it goes."""
        return min(self.seconds, self.seconds - (self.ends.at_ns - time.perf_counter_ns()) / NS_PER_SECOND)


Show = Callable[[Stage], Awaitable[None]]
"""Shows a stage until it ends, or ends it."""


async def nothing(stage: Stage) -> None:
    """Show nothing."""


class Rate:
    """Orders a second, of late."""

    def __init__(self) -> None:
        self._seen: Final[deque[tuple[float, int]]] = deque()

    def of(self, orders: int) -> float:
        """Take in how many there have been up to now."""
        now = time.monotonic()
        self._seen.append((now, orders))
        while len(self._seen) > 1 and now - self._seen[1][0] >= RATE_SECONDS:
            self._seen.popleft()
        then, before = self._seen[0]
        return (orders - before) / (now - then) if now > then else 0.0


def figures(tally: Tally, per_second: float) -> str:
    """How it goes, in a line."""
    p99_ms = tally.percentiles_us()["p99"] / 1_000
    return (
        f"{tally.entered:,} orders, {per_second:.0f} a second; {tally.accepted:,} accepted, {tally.rejected:,} refused; "
        f"p99 {p99_ms:.1f} ms"
    )


async def lines(stage: Stage) -> None:
    """Say now and then how it goes, on standard error."""
    console, rate, number = Terminal(stderr=True, wraps=False), Rate(), 0
    rate.of(0)
    if stage.invitation:
        console.tell(f"{stage.url}: {stage.invitation}")
    while not await stage.ends.comes_within(max((number + 1) * LINE_SECONDS - stage.elapsed_s, 0.0)):
        number += 1
        told = figures(stage.tally, rate.of(stage.tally.entered))
        console.tell(f"{stage.elapsed_s:5.1f} of {stage.seconds:g} s: {told}")
        if stage.elapsed_s >= stage.seconds:
            return


class StageView:
    """The venue's own view, with what the participants have counted. What is not here is as there."""

    def __init__(self, view: LiveView, stage: Stage) -> None:
        self._view: Final = view
        self._stage: Final = stage
        self._rate: Final = Rate()
        self._figures = ""

    def scene(self) -> Scene:
        """As in `View`."""
        scene, stage = self._view.scene(), self._stage
        state = f"{stage.elapsed_s:.0f} of {stage.seconds:g} s"
        return msgspec.structs.replace(
            scene,
            where=f"{stage.title} at {stage.url}",
            state=f"{scene.state}, {state}" if scene.is_paused else state,
            figures=self._figures,
            notes=[*scene.notes, *filter(None, [stage.invitation])],
        )

    def work(self) -> float:
        """As in `View`."""
        self._view.work()
        self._figures = figures(self._stage.tally, self._rate.of(self._stage.tally.entered))
        return PICTURE_SECONDS

    def pause(self) -> None:
        """As in `View`."""
        self._view.pause()

    def step(self) -> None:
        """As in `View`."""
        self._view.step()

    def back(self) -> None:
        """As in `View`."""
        self._view.back()

    def jump(self, text: str) -> None:
        """As in `View`."""
        self._view.jump(text)

    def change_speed(self, steps: int) -> None:
        """As in `View`."""
        self._view.change_speed(steps)

    def choose(self, steps: int) -> None:
        """As in `View`."""
        self._view.choose(steps)


async def market(stage: Stage, on_screen: bool, file: Path | None, beside: Show = nothing) -> None:
    """Show the market until the end, or until somebody has seen enough.

    Args:
        stage: what is shown.
        on_screen: draw it on the terminal.
        file: where a picture of its end goes, as SVG; None: nowhere.
        beside: what is shown meanwhile, if not the screen.

    Raises:
        ClientError: the venue can't be watched any more.
        OSError: the file can't be written.
    """
    connection = connect(stage.url, "supervisor", stage.key, encoding="msgpack", reconnect=False)
    async with connection as client, watching(client, FIRST_SHOWN) as live:
        view = StageView(live, stage)
        if on_screen:
            from gateway.cli.live.watch_screen import show

            sys.setswitchinterval(SWITCH_SECONDS)
            await show(view, KEYS, stage.ends.event)
            stage.ends.now()
        else:
            telling = asyncio.ensure_future(beside(stage))
            while not await stage.ends.comes_within(PICTURE_SECONDS):
                view.work()
            await telling
        if file is not None:
            await asyncio.to_thread(file.write_text, as_svg(view.scene()), encoding="utf-8")


def as_svg(scene: Scene, width: int = PICTURE_WIDTH, height: int = PICTURE_HEIGHT) -> str:
    """A scene as a terminal shows it, in a picture that needs nothing from elsewhere."""
    console = Terminal()
    console.file, console.record, console.width = io.StringIO(), True, width
    console.print(picture(scene, width, height, keys=KEYS))
    return console.export_svg(title="sbx demo", code_format=SVG)
