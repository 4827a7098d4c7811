"""The group of subcommands.

Any installed distribution may add some: an entry point in the group `sbx.commands` names a click command, which is
imported when it is called for.
"""

from __future__ import annotations

import gc
import io
import os
import sys
from collections.abc import Sequence
from functools import cached_property
from importlib.metadata import EntryPoint, distributions
from typing import Any, Final

import click

from gateway.cli.interrupted import end_as_by_ctrl_c, exit_status
from gateway.cli.saying import say
from gateway.cli.sections import write_sections
from gateway.cli.speaking import in_chosen_language, speaking_click, split_language
from gateway.printable import paragraph
from gateway.words.chosen import chosen, code_of
from gateway.words.language import LANGUAGES

ENTRY_POINTS: Final = "sbx.commands"
SECTIONS: Final[dict[str, dict[str, str]]] = {
    "Run a venue": {
        "demo": "Run a venue with simulated participants, then verify and replay its journal.",
        "init": "Write a commented venue file and the keys that go with it.",
        "lint": "Look for what should not be so in a venue file.",
        "serve": "Run a venue.",
        "status": "Say how a venue is, and what of it needs somebody.",
        "top": "Show what a running venue does: rates, queues, memory.",
        "keys": "Make the key pairs participants log in with.",
        "invite": "Let a newcomer trade at a venue: key, account, test money.",
        "deribit": "Make the keys of the Deribit port, through which ccxt trades.",
        "audit": "Show who logged in, who left and why, who was refused.",
        "snapshot": "Save a venue's state, from which its next start begins.",
        "upgrade": "Make a venue ready for a release of a later core version.",
        "compact": "Archive the old segments of a journal, which all commands still read.",
    },
    "Trade": {
        "participants": "Let simulated participants trade at a venue that runs.",
        "faucet": "Ask a venue for test money.",
        "index": "Feed index prices from a file into a venue.",
        "flow": "Feed recorded order flow into a venue.",
        "protocol": "List the messages of the protocol, or write its AsyncAPI document.",
        "errors": "Say what a code means, and what to do.",
    },
    "Supervise": {
        "control": "Halt, block, set a rule: what a supervisor does to a running venue.",
        "rulebook": "List, check, compare and explain rulebooks.",
        "watch": "Watch a market, live or recorded: prices, a book, the tape, verdicts.",
        "surveil": "Look for abuse in a session, recorded or live, and raise alerts.",
        "cases": "List cases of abuse and alerts, with their evidence.",
    },
    "Look into a session": {
        "verify": "Check a journal's integrity.",
        "replay": "Replay a journal and compare every event, or serve it again.",
        "explain": "Explain a past verdict on an order, rule by rule.",
        "report": "Report on sessions: orders, transfers, exposures, caps.",
        "find": "Find rows of a journal by order, account, rule, time and the like.",
        "history": "Show who changed what of registry, rulebook and parameters.",
        "at": "Show a session as it was at a moment.",
        "order": "Show the life of an order, and its place in the queue.",
        "investor": "Show what happened to an investor.",
        "trades": "Show the trades of a session.",
        "candles": "Show candles of the trades of a session.",
        "diff": "Compare two sessions: where they part, and what differs.",
        "whatif": "Replay a session under other rules, and show what differs.",
        "export": "Write a session as tables: DuckDB, pandas, polars, Excel.",
    },
    "Measure and try": {
        "load": "Load a venue, and find where it breaks.",
        "bench": "Measure the book, the core and other engines.",
        "abuse": "What those who mean ill can cost a venue: by one command, by their connections.",
        "scenarios": "Run scenario tables through the matching engine, by topic.",
        "version": "Show the version, and which build of the core runs.",
    },
}
"""The commands that come with the exchange, in the order of the help, which so need not import them."""
SUMMARIES: Final[dict[str, str]] = {name: text for section in SECTIONS.values() for name, text in section.items()}

BESIDE: Final = "Installed beside it"
_STALE: Final = (
    "the installation does not know the command {}: it is older than the program, or was made without its metadata. "
    "Install it again: `make .venv/.installed`, or `pip install --editable .`; a folder sandbox_exchange.egg-info that "
    "an earlier installation left in the working directory may be deleted"
)


class LazyGroup(click.Group):
    """A group that imports a subcommand only to run it or to show its own help."""

    @cached_property
    def entry_points(self) -> dict[str, EntryPoint]:
        """What is installed, by name. A distribution found twice is asked twice: one of them may be stale."""
        found: dict[str, EntryPoint] = {}
        for distribution in distributions():
            for entry_point in distribution.entry_points.select(group=ENTRY_POINTS):
                found.setdefault(entry_point.name, entry_point)
        return found

    def main(self, args: Sequence[str] | None = None, *others: Any, **extra: Any) -> Any:
        """Run `sbx` in the language that is asked for: by `--lang`, wherever it stands, or by the environment."""
        given = sys.argv[1:] if args is None else args
        try:
            kept, code = split_language(given, os.environ)
        except click.UsageError as error:
            with speaking_click(code_of(os.environ)):
                error.message = chosen().read(error.message)  # type: ignore[misc]  # as below
                error.show()
            sys.exit(error.exit_code)
        with speaking_click(code):
            return click.Command.main(in_chosen_language(self), kept, *others, **extra)

    def invoke(self, ctx: click.Context) -> object:
        """Run a subcommand. What it says of its failure may hold text of others: of a file, a journal, a venue."""
        try:
            return super().invoke(ctx)
        except click.ClickException as error:
            said = chosen().read(error.message)
            error.message = paragraph(said)  # type: ignore[misc]  # nothing else holds what is shown
            raise
        except KeyboardInterrupt:
            say("interrupted", err=True)
            ctx.exit(exit_status())

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name the subcommands: in the order of `SUMMARIES`, then those of others by name."""
        return [*SUMMARIES, *sorted(name for name in self.entry_points if name not in SUMMARIES)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a subcommand."""
        entry_point = self.entry_points.get(cmd_name)
        if entry_point is None:
            if cmd_name in SUMMARIES:
                raise click.ClickException(_STALE.format(cmd_name))
            return None
        try:
            command = _imported(entry_point)
        except ModuleNotFoundError as error:
            if error.name is None or not f"{entry_point.module}.".startswith(f"{error.name}."):
                raise
            raise click.ClickException(_STALE.format(cmd_name)) from error
        return in_chosen_language(command)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the subcommands with their summaries, importing only those of other distributions."""
        for name in SUMMARIES:
            if name not in self.entry_points:
                raise click.ClickException(_STALE.format(name))
        sections = {
            title: {name: chosen().text(summary) for name, summary in summaries.items()}
            for title, summaries in SECTIONS.items()
        }
        others = {name: self._summary(ctx, name) for name in self.list_commands(ctx) if name not in SUMMARIES}
        write_sections(formatter, {**sections, BESIDE: others} if others else sections)

    def _summary(self, ctx: click.Context, name: str) -> str:
        """Of a command of another distribution: it says so itself."""
        command = self.get_command(ctx, name)
        return "" if command is None else chosen().text(command.get_short_help_str())


def _imported(entry_point: EntryPoint) -> click.Command:
    """A command. What is imported stays: the collector need not look through it, meanwhile or when the process ends.

    That is a fifth of the time of `sbx serve --help`.
    """
    is_collecting = gc.isenabled()
    if entry_point.module in sys.modules or not is_collecting:
        command: click.Command = entry_point.load()
        return command
    gc.disable()
    try:
        command = entry_point.load()
    finally:
        gc.freeze()
        gc.enable()
    return command


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--lang",
    type=click.Choice(LANGUAGES),
    expose_value=False,
    help="The language to speak, also after a command; else that of SBX_LANG, LC_ALL, LC_MESSAGES, LANG or LANGUAGE.",
)
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
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal or file that has not all letters: those it lacks are spelled out, too.
            stream.reconfigure(errors="backslashreplace")
    end_as_by_ctrl_c()
    group(prog_name="sbx")
