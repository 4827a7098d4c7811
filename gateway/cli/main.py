"""The group of subcommands. Each is a module with a click command named `command`, imported when it is called for."""

from __future__ import annotations

import importlib
import sys
from typing import Final

import click

COMMANDS: Final[dict[str, tuple[str, str]]] = {
    "demo": ("loadtest.demo.cli", "Run a venue with simulated participants, then verify and replay its journal."),
    "init": ("gateway.cli.init", "Write a commented venue file and the keys that go with it."),
    "serve": ("gateway.cli.serve", "Run a venue."),
    "keys": ("gateway.cli.keys", "Make the key pairs participants log in with."),
    "verify": ("gateway.cli.verify", "Check a journal's integrity."),
    "replay": ("gateway.cli.replay", "Replay a journal and compare every event."),
    "index": ("gateway.cli.index", "Feed index prices from a file into a venue."),
    "rulebook": ("gateway.cli.rulebook", "List, check, compare and explain rulebooks."),
    "explain": ("gateway.cli.explain", "Explain a past verdict on an order, rule by rule."),
    "report": ("gateway.cli.report", "Report on a session: rules, orders, caps, settlement."),
    "history": ("gateway.cli.history", "Show who changed what of registry, rulebook and parameters."),
    "flow": ("loadtest.flow.cli", "Feed recorded order flow into a venue."),
    "scenarios": ("loadtest.scenarios.cli", "Run scenario tables through the matching engine, by topic."),
    "bench": ("loadtest.bench.cli", "Measure the book, the core and other engines."),
    "version": ("gateway.cli.version", "Show the version, and which build of the core runs."),
}
"""Name -> (module, summary), in the order of the help. Module names, not imports: `loadtest` stands above `gateway`."""


class LazyGroup(click.Group):
    """A group that imports a subcommand only to run it or to show its own help."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name the subcommands, in the order of `COMMANDS`."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the module of a subcommand and return its `command`."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(COMMANDS[cmd_name][0]).command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the subcommands with their summaries, without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, summary) in COMMANDS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
def group() -> None:
    """Sandbox Exchange: an exchange for a regulator's sandbox.

    \b
    Examples:
      sbx demo                     a whole venue with participants, for 20 seconds
      sbx init venue               write venue/venue.toml and venue/keys/
      sbx serve venue              run it
      sbx COMMAND --help           everything about a command
    """


def main() -> None:
    """Run `sbx`; the entry point of the installed command."""
    if not __debug__:
        sys.exit("sbx: `python -O` and PYTHONOPTIMIZE strip the assertions that guard the venue; run without them")
    group(prog_name="sbx")
