"""What the commands that write Parquet share: pyarrow, or the words that say how to get it."""

from __future__ import annotations

import importlib
from typing import Any, Final

import click

_MISSING: Final = (
    "Parquet needs pyarrow, which is not installed: `pip install 'sandbox-exchange[parquet]'`, or in the source tree "
    "`pip install '.[parquet]'`"
)


def with_pyarrow(module: str) -> Any:
    """Import a module that needs pyarrow.

    Raises:
        click.ClickException: it is not installed.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] != "pyarrow":
            raise
        raise click.ClickException(_MISSING) from error
