"""`sbx load`: open-loop load on a venue, with honest latencies, checks, a report page and comparisons."""

from __future__ import annotations

import sys
from typing import Any, Final

import click

from loadtest.lazily import LazySubcommands, needed
from loadtest.load.options import Asked, options

SUBCOMMANDS: Final = {
    "compare": ("loadtest.load.comparing", "Put two results side by side."),
    "merge": ("loadtest.load.comparing", "Add the parts of one load that ran on several machines."),
    "report": ("loadtest.load.comparing", "Write the page of a result that was kept."),
    "mixes": ("loadtest.load.listing", "List the mixes, or show one."),
}


class LoadGroup(LazySubcommands):
    """`sbx load` runs a load; with a subcommand it works on what was kept."""

    subcommands = SUBCOMMANDS
    of = "sbx load"


@click.group(cls=LoadGroup, invoke_without_command=True)
@options
@click.pass_context
def command(ctx: click.Context, /, **given: Any) -> None:
    """Load a venue at a rate of your choice, and find where it breaks.

    Requests are sent by a schedule that is drawn ahead and waits for nobody (an open loop), and latency counts from the
    time at which each was due: a venue that stands still for a second makes a second of late requests, not one. Without
    --url it starts a venue of its own. At the end everything is checked: each request answered once, no report or
    market-data message missing, the same books, the same journal. docs/LOAD.md says how to read the figures.

    \b
    Exit status:
      0  the checks hold, and --slo or --capacity, if asked for
      1  one of them does not, or the load broke off
      2  usage

    \b
    Examples:
      sbx load
      sbx load --rate 5000 --seconds 60 --report page.html
      sbx load --find-knee --slo 5ms
      sbx load --capacity 4000
      sbx load --mix subscribers --subscribers 1000 --slo-on market-data --find-knee
      sbx load --mix makers=0.7,takers=0.3 --shape ramp:to=20000 --rate 1000
      sbx load --url ws://127.0.0.1:8765 --venue my-venue --rate 500
      sbx load --repeat 10 --beside 'OTHER/bin/sbx serve' --out a.json --beside-out b.json && sbx load compare a.json b.json
    """
    if ctx.invoked_subcommand is not None:
        return
    asked = Asked(**given)
    asked.check()
    sys.exit(needed("loadtest.load.running", LoadGroup.of).run(asked, ["sbx", "load", *_arguments()]))


def _arguments() -> list[str]:
    """What was typed after `load`."""
    return sys.argv[sys.argv.index("load") + 1 :] if "load" in sys.argv else []
