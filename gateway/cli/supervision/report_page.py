"""The report as a page, or the words that say what it needs."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Final

import click

from gateway.cli.reading import notes_of, status_of
from gateway.cli.supervision.report_show import Made
from gateway.reporting.onepage.page import Content, Described, write_page

_MISSING: Final = (
    "a page needs matplotlib, which is not installed: `pip install 'sandbox-exchange[report]'`, or in the source tree "
    "`pip install -e '.[report]'`; --excel, --out and --json need none"
)


def see_matplotlib() -> None:
    """See that a page can be made, before a journal is read for it.

    Raises:
        click.ClickException: matplotlib is not installed.
    """
    try:
        import_module("matplotlib")
    except ImportError as error:
        if error.name is None or error.name.partition(".")[0] != "matplotlib":
            raise
        raise click.ClickException(_MISSING) from error


def save_page(path: Path, made: Made) -> None:
    """Write the page of a report.

    Raises:
        OSError: it can't be written.
    """
    sessions = [
        Described(
            each.session.name,
            each.source.venue,
            each.source.commands,
            status_of(each.source),
            notes_of(each.source),
        )
        for each in made.sessions
    ]
    tables = {table.name: table for table in made.all_tables}
    write_page(path, Content(sessions, made.day, made.is_sound, tables))
