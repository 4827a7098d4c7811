"""What the commands that write Parquet share: pyarrow, or the words that say how to get it."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from gateway.export.columns import Declared, Row, TooFine

if TYPE_CHECKING:
    from gateway.export.files import Files

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


def write_file(path: Path, table: Declared, rows: Iterable[Row], about: Callable[[], dict[str, str]]) -> None:
    """Write one table.

    Args:
        path: of the file; what had this name is replaced, once the new one is whole.
        table: which one.
        rows: of it.
        about: what the file says of its session; asked when all rows are there.

    Raises:
        click.ClickException: it can't be written, or pyarrow is not installed.
    """
    with written({path: table}) as files:
        for row in rows:
            files.put(table, row)
        files.finish(about())


@contextmanager
def written(tables: Mapping[Path, Declared]) -> Iterator[Files]:
    """Files of tables, to be filled and finished.

    Raises:
        click.ClickException: they can't be written, or pyarrow is not installed.
    """
    module = with_pyarrow("gateway.export.files")
    try:
        with module.Files(tables) as files:
            yield files
    except TooFine as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        raise click.ClickException(f"the tables can't be written: {error}") from error
