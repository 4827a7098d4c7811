"""Tables as Parquet files: written beside their places as rows come, and put there when all are whole."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import pyarrow as pa
import pyarrow.parquet as pq

from gateway.disk import UNFINISHED_SUFFIX
from gateway.export.arrow import BATCH_ROWS, GROUP_ROWS, Batches
from gateway.export.columns import Declared, Row

CODEC: Final = "zstd"
"""Half the size of the usual snappy here, at the same speed; every reader of Parquet has it."""


class TableFile:
    """One table on its way into a file.

    Args:
        path: where it will be. Until then it has another name beside it.
        table: which one.
    """

    def __init__(self, path: Path, table: Declared) -> None:
        self.path: Final = path
        self.seconds = 0.0
        """What encoding and writing took."""
        self.bytes = 0
        """Of the file, once it is whole."""
        self._unfinished: Final = path.with_name(path.name + UNFINISHED_SUFFIX)
        self._gathered: Final = Batches(table)
        self._writer: Final = pq.ParquetWriter(self._unfinished, self._gathered.schema, compression=CODEC)
        self._batches: Final[list[pa.RecordBatch]] = []

    @property
    def rows(self) -> int:
        """How many are in it, once it is whole."""
        return self._gathered.rows

    def add(self, row: Row) -> None:
        """Take a row.

        Raises:
            TooFine: a decimal has more digits than there is room for.
            OSError: the disk failed.
        """
        begun = time.perf_counter()
        batch = self._gathered.add(row)
        if batch is not None:
            self._batches.append(batch)
            if len(self._batches) * BATCH_ROWS >= GROUP_ROWS:
                self._write()
            self.seconds += time.perf_counter() - begun

    def close(self, about: dict[str, str]) -> None:
        """Write what is left, and what the file says of its session."""
        begun = time.perf_counter()
        self._batches.append(self._gathered.rest())
        self._write()
        self._writer.add_key_value_metadata(about)
        self._writer.close()
        self.seconds += time.perf_counter() - begun
        self.bytes = self._unfinished.stat().st_size

    def put_in_place(self) -> None:
        """Give it its name."""
        self._unfinished.replace(self.path)

    def discard(self) -> None:
        """Leave nothing of it, if it has not got its name."""
        with suppress(OSError):
            # What failed once may fail again: the disk is full.
            self._writer.close()
        self._unfinished.unlink(missing_ok=True)

    def _write(self) -> None:
        self._writer.write_table(pa.Table.from_batches(self._batches), row_group_size=GROUP_ROWS)
        self._batches.clear()


class Files:
    """Files of tables, all of them whole or none: what fails leaves what was there before.

    Args:
        tables: where each will be.
    """

    def __init__(self, tables: Mapping[Path, Declared]) -> None:
        self.files: Final[dict[str, TableFile]] = {}
        """By the name of the table."""
        self._tables: Final = tables

    def __enter__(self) -> Self:
        try:
            for path, table in self._tables.items():
                self.files[table.name] = TableFile(path, table)
        except OSError:
            self._discard()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._discard()

    def _discard(self) -> None:
        for file in self.files.values():
            file.discard()

    def put(self, table: Declared, row: Row) -> None:
        """Take a row of a table."""
        self.files[table.name].add(row)

    def finish(self, about: dict[str, str]) -> None:
        """Close all files, then give them their names."""
        for file in self.files.values():
            file.close(about)
        for file in self.files.values():
            file.put_in_place()
