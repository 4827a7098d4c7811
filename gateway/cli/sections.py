"""A group whose help lists its commands by what they are about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import click

from gateway.words.chosen import chosen

FIRST_SENTENCE: Final = 400
"""Characters of it at most. click's own limit of 45 would cut most sentences."""


class SectionedGroup(click.Group):
    """A group of commands in sections, which the help has in the order in which they were added."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.sections: dict[str, list[str]] = {}

    def add_section(self, title: str, *commands: click.Command) -> None:
        """Add commands under a title."""
        for each in commands:
            assert each.name is not None
            self.add_command(each)
            self.sections.setdefault(title, []).append(each.name)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name the commands, section by section."""
        return [name for names in self.sections.values() for name in names]

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List each section's commands with the first sentence of their help."""
        write_sections(
            formatter,
            {
                title: {name: self.commands[name].get_short_help_str(FIRST_SENTENCE) for name in names}
                for title, names in self.sections.items()
            },
        )


def write_sections(formatter: click.HelpFormatter, sections: Mapping[str, Mapping[str, str]]) -> None:
    """Write commands with their summaries, title by title. All have one column."""
    widest = max(len(name) for summaries in sections.values() for name in summaries)
    for title, summaries in sections.items():
        with formatter.section(chosen().text(title)):
            formatter.write_dl([(name.ljust(widest), summary) for name, summary in summaries.items()])
