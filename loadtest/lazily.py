"""Groups of `sbx` whose subcommands need libraries that not everybody has: imported when they run, or asked for in words."""

from __future__ import annotations

import importlib
from typing import Any, ClassVar, Final

import click

LIBRARIES: Final = ("matplotlib", "numpy", "psutil")
MISSING: Final = (
    "`{}` needs {}, which is not installed: `pip install 'sandbox-exchange[load]'`, or in the source tree "
    "`pip install '.[load]'`"
)


class LazySubcommands(click.Group):
    """A group that imports a subcommand when it runs."""

    subcommands: ClassVar[dict[str, tuple[str, str]]] = {}
    """By name: the module, which has the command under that name, and its summary."""
    of: ClassVar[str] = ""
    """What needs the libraries, in words."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name the subcommands."""
        return list(self.subcommands)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a subcommand."""
        if cmd_name not in self.subcommands:
            return None
        command: click.Command = getattr(needed(self.subcommands[cmd_name][0], self.of), cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the subcommands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, summary) in self.subcommands.items()])


def needed(module: str, of: str) -> Any:
    """Import a module that needs the extra libraries, or say what to install."""
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] not in LIBRARIES:
            raise
        raise click.ClickException(MISSING.format(of, error.name)) from error
