"""`sbx abuse`: what those who mean ill can cost a venue, by a single command and by their connections."""

from __future__ import annotations

from typing import Final

import click

from loadtest.lazily import LazySubcommands

SUBCOMMANDS: Final = {
    "commands": ("loadtest.abuse.commands", "Look for the worst that one command can cost."),
    "connections": ("loadtest.abuse.connections.cli", "See whether the honest notice hundreds of bad connections."),
}


class AbuseGroup(LazySubcommands):
    """Imports only what it runs."""

    subcommands = SUBCOMMANDS
    of = "sbx abuse connections"


@click.group(cls=AbuseGroup)
def command() -> None:
    """What those who mean ill can cost a venue.

    \b
    Examples:
      sbx abuse commands --only pegs --seconds 0
      sbx abuse connections
    """
