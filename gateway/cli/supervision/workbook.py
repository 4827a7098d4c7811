"""openpyxl, or the words that say how to get it."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Final

import click

from gateway.reporting.tables.tables import Table

Save = Callable[[Path, dict[str, object], list[tuple[str, list[Table]]]], None]

_MISSING: Final = (
    "a workbook needs openpyxl, which is not installed: `pip install 'sandbox-exchange[excel]'`, or in the source tree "
    "`pip install -e '.[excel]'`; --out writes the same tables as CSV without it"
)


def with_openpyxl() -> Save:
    """What saves a workbook.

    Raises:
        click.ClickException: openpyxl is not installed.
    """
    try:
        module = import_module("gateway.reporting.tables.workbook")
    except ImportError as error:
        if error.name is None or error.name.partition(".")[0] != "openpyxl":
            raise
        raise click.ClickException(_MISSING) from error
    save: Save = module.save
    return save
