"""Rows of a table that may be many: the first in memory, the rest in a temporary file, so that memory does not grow with them."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from tempfile import TemporaryFile
from typing import IO, Final, overload
from weakref import finalize

import msgspec

from gateway.printable import Cell

Cells = tuple[Cell, ...]

IN_MEMORY: Final = 10_000
"""Rows that are kept in memory before any are written."""
_SIZE: Final = struct.Struct(">I")
_ENCODER: Final = msgspec.msgpack.Encoder()
_DECODER: Final = msgspec.msgpack.Decoder(list[tuple[Cell, ...]])


class Rows(Sequence[Cells]):
    """Rows in order, to be added to and read as often as one likes. The file has no name, and is gone with this or the process.

    To look at a row by its place reads all before it.
    """

    def __init__(self, rows: Iterable[Cells] = ()) -> None:
        self._recent: Final[list[Cells]] = []
        """Behind those in the file."""
        self._file: IO[bytes] | None = None
        self._written = 0
        self.extend(rows)

    def append(self, row: Cells) -> None:
        """Add a row.

        Raises:
            OSError: there is no room for a temporary file.
        """
        self._recent.append(row)
        if len(self._recent) >= IN_MEMORY:
            self._write()

    def extend(self, rows: Iterable[Cells]) -> None:
        """Add rows."""
        for row in rows:
            self.append(row)

    def __len__(self) -> int:
        return self._written + len(self._recent)

    def __iter__(self) -> Iterator[Cells]:
        yield from self._in_file()
        yield from self._recent

    @overload
    def __getitem__(self, place: int) -> Cells: ...

    @overload
    def __getitem__(self, place: slice) -> list[Cells]: ...

    def __getitem__(self, place: int | slice) -> Cells | list[Cells]:
        if isinstance(place, slice):
            start, stop, step = place.indices(len(self))
            return list(islice(self, start, stop, step))
        found = list(islice(self, place, place + 1))
        if not found:
            raise IndexError(place)
        return found[0]

    def _write(self) -> None:
        if self._file is None:
            self._file = TemporaryFile()  # noqa: SIM115
            finalize(self, self._file.close)
        encoded = _ENCODER.encode(self._recent)
        self._file.seek(0, 2)
        self._file.write(_SIZE.pack(len(encoded)))
        self._file.write(encoded)
        self._written += len(self._recent)
        self._recent.clear()

    def _in_file(self) -> Iterator[Cells]:
        if self._file is None:
            return
        offset = 0
        for _ in range(self._written // IN_MEMORY):
            # Two may read at once, each from its own place.
            self._file.seek(offset)
            (size,) = _SIZE.unpack(self._file.read(_SIZE.size))
            rows = _DECODER.decode(self._file.read(size))
            offset += _SIZE.size + size
            yield from rows
