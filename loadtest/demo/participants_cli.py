"""`sbx participants`: simulated participants for a venue that runs."""

from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path

import click

from gateway.cli.saying import say
from gateway.keys import KeyFileError
from gateway.printable import json_text, printable
from gateway.venue.running import running_url
from gateway.venue.venue import VenueError, load_venue
from loadtest.demo.company import Company, CompanyError
from loadtest.demo.participants import Ends

DEFAULT_PACE = 0.25
"""Some 60 requests a second: a market that lives, and a journal that is read again tomorrow."""
LEFT_SECONDS = 1.0
"""So often it is looked whether the venue still runs."""


@click.command()
@click.argument("directory", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("--seed", type=int, default=1, show_default=True, help="What they draw from.")
@click.option(
    "--pace",
    type=click.FloatRange(0.01, 20),
    default=DEFAULT_PACE,
    show_default=True,
    help="How lively they are; 1: as in `sbx demo`, some 230 requests a second.",
)
@click.option("--url", help="Where the venue answers.  [default: as its directory says]")
@click.option(
    "--ca-file", type=click.Path(path_type=Path, dir_okay=False), help="Certificates, PEM, that vouch for its TLS."
)
@click.option("--check", is_flag=True, help="Say who could trade and what is missing, and end.")
@click.option("--json", "as_json", is_flag=True, help="Of --check: print one JSON object.")
@click.option("--with-parent", is_flag=True, hidden=True, help="End when standard input is closed.")
def command(
    directory: Path,
    seed: int,
    pace: float,
    url: str | None,
    ca_file: Path | None,
    check: bool,
    as_json: bool,
    with_parent: bool,
) -> None:
    """Let the demonstration's participants trade at the venue in DIRECTORY, until it stops or Ctrl-C.

    They log in with the keys in DIRECTORY/keys and trade on the accounts of the demonstration, as `sbx init` writes both: market
    makers, investors of every class, and some who try what they may not. A bot that connects so finds a living market. Those who
    can't log in stay away. Whatever is refused, the others go on. At the end they take their orders off the books; a later run takes
    off what a killed one left. `sbx serve DIRECTORY --with-participants` runs them beside a venue.

    \b
    Exit status:
      0  the venue has stopped, or you have stopped them
      1  there is nobody who could make a market, or the venue is not running

    \b
    Examples:
      sbx serve venue --with-participants
      sbx participants venue --pace 1 --seed 7
      sbx participants venue --check
    """
    try:
        company = Company(load_venue(directory), directory, seed=seed, pace=pace, tell=_tell)
        if check:
            _print_check(company, as_json)
            return
        address = url or running_url(directory)
        if address is None:
            raise CompanyError(f"the venue in {directory} is not running: `sbx serve {directory} --with-participants`")
        if company.missing:
            _tell(f"{len(company.missing)} stay away: `sbx participants {directory} --check` says why")
        asyncio.run(_keep(company, address, ca_file, directory if url is None else None, with_parent))
    except (CompanyError, VenueError, KeyFileError, OSError) as error:
        raise click.ClickException(str(error)) from error


def _tell(text: str) -> None:
    say(printable(text), err=True)


def _print_check(company: Company, as_json: bool) -> None:
    if as_json:
        click.echo(json_text({"participants": company.names, "missing": company.missing}))
        return
    say(f"{len(company.names)} can log in: {printable(', '.join(company.names))}")
    for line in company.missing:
        say(f"missing: {printable(line)}")


async def _keep(company: Company, url: str, ca_file: Path | None, directory: Path | None, with_parent: bool) -> None:
    """Keep the venue company until somebody ends it."""
    ends, loop = Ends(), asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ends.now)
    if with_parent:
        loop.add_reader(sys.stdin.fileno(), ends.now)
    looking = asyncio.create_task(_look(directory, ends)) if directory is not None else None
    try:
        await company.keep(url, ends, ca_file)
    finally:
        if with_parent:
            loop.remove_reader(sys.stdin.fileno())
        if looking is not None:
            looking.cancel()


async def _look(directory: Path, ends: Ends) -> None:
    """End it when the venue has stopped."""
    while running_url(directory) is not None:  # noqa: ASYNC110 - nobody tells
        await asyncio.sleep(LEFT_SECONDS)
    _tell("the venue has stopped")
    ends.now()
