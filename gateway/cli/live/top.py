"""`sbx top`: what a running venue does now."""

from __future__ import annotations

import asyncio
import sys
import time
from typing import Final

import click
import msgspec

from gateway.cli.live.operated import place_of
from gateway.cli.terminal import Terminal
from gateway.operating.asked import Metrics, NoAnswer, read_metrics
from gateway.operating.load import Load, load_between
from gateway.operating.page import page
from gateway.printable import json_text

MIN_SECONDS: Final = 0.2
"""Between two looks. A venue makes its metrics ten times a second at most."""
ONCE_WIDTH: Final = 80


class Looks:
    """Looks at the metrics of a venue now and then."""

    def __init__(self, url: str, where: str) -> None:
        self._url: Final = url
        self.where: Final = where
        self._before: tuple[float, Metrics] | None = None

    def look(self) -> Load:
        """What happened since the look before. Raises `NoAnswer`."""
        now, metrics = time.monotonic(), read_metrics(self._url)
        before, self._before = self._before, (now, metrics)
        if before is None:
            return load_between(None, metrics, None)
        return load_between(before[1], metrics, now - before[0])


@click.command()
@click.argument("where", envvar="SBX_URL", metavar="DIRECTORY|URL")
@click.option(
    "--metrics", metavar="URL", help="Of its metrics, http://.  [default: as the running venue says in its directory]"
)
@click.option(
    "--seconds", type=click.FloatRange(MIN_SECONDS, 3_600), default=1.0, show_default=True, help="Between two looks."
)
@click.option("--once", is_flag=True, help="Print what happened between two looks and end, as without a terminal.")
@click.option("--json", "as_json", is_flag=True, help="Print it as a JSON object, and end.")
def command(where: str, metrics: str | None, seconds: float, once: bool, as_json: bool) -> None:
    """Show what a running venue does: rates, connections, queues, slow readers, memory.

    The venue needs a metrics port: `sbx serve --metrics-port 0`, or metrics_port under [venue]. ? shows the keys: pause, faster,
    slower, quit. Who asks takes a thousandth of the venue's time, so some may look at once.

    \b
    Exit status:
      0  shown
      1  it does not run, has no metrics, or ended meanwhile
      2  usage

    \b
    Examples:
      sbx top venue
      sbx top venue --once --seconds 10
      sbx top venue --json | jq .commands_per_second
    """
    place = place_of(where, metrics, None)
    if place.metrics is None:
        what = (
            "does not run"
            if place.url is None
            else "has no metrics port: start it with --metrics-port 0, or give --metrics URL"
        )
        raise click.ClickException(f"{where} {what}")
    looks = Looks(place.metrics, where)
    try:
        looks.look()
        if once or as_json or not (sys.stdin.isatty() and sys.stdout.isatty()):
            time.sleep(seconds)
            _print(looks, as_json=as_json)
        else:
            _show(looks, seconds)
    except NoAnswer as error:
        raise click.ClickException(str(error)) from error


def _print(looks: Looks, *, as_json: bool) -> None:
    load = looks.look()
    if as_json:
        click.echo(json_text(msgspec.to_builtins(load)))
        return
    console = Terminal(wraps=False)
    for line in page(load, looks.where, ONCE_WIDTH):
        console.tell(line)


def _show(looks: Looks, seconds: float) -> None:
    try:
        from gateway.cli.live.top_screen import show
    except ModuleNotFoundError as error:
        raise click.ClickException(
            "this system's terminals have no keys for it: --once prints what there is"
        ) from error
    asyncio.run(show(looks.look, looks.where, seconds))
