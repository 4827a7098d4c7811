"""An audit read again: its rows in order, and what is wrong with its files. The venue may be running."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import msgspec

from gateway.audit.audit import OPENED, SAME, SEALED
from gateway.audit.files import FOLDER, PARTICIPANTS, STRANGERS, file_path, list_files
from gateway.audit.rows import NotARow, Row, decoded, is_sealed

HOUSEKEEPING: Final = (OPENED, SEALED)
"""Rows that say something of the files alone."""


class Problem(msgspec.Struct, frozen=True):
    """What is wrong with a file, and where."""

    file: str
    offset: int
    what: str
    is_damage: bool
    """False: a crash explains it."""


class Wanted(msgspec.Struct, frozen=True):
    """Which rows are asked for; what is empty or 0 asks for nothing."""

    kinds: tuple[str, ...] = ()
    participant: str = ""
    address: str = ""
    since_ns: int = 0
    until_ns: int = 0
    """By the machine's clock, nanoseconds since the epoch, UTC."""

    def has(self, row: Row) -> bool:
        """Whether a row is one of them. A sum is, if it is of what is asked for."""
        kind = row["kind"]
        if self.kinds and kind not in self.kinds and not (kind == SAME and row.get("of") in self.kinds):
            return False
        if self.participant and self.participant not in (row.get("participant"), row.get("claimed")):
            return False
        if self.address and row.get("address") != self.address and f"{self.address} " not in row.get("addresses", ""):
            return False
        return self.since_ns <= row.get("wall_ns", 0) and not 0 < self.until_ns < row.get("wall_ns", 0)


class Reader:
    """Reads one series, and goes on where it stopped.

    Args:
        folder: of the audit.
        series: its name.
        public_key: the venue's, 32 bytes; None: signatures are not looked at.
    """

    def __init__(self, folder: Path, series: str, public_key: bytes | None = None) -> None:
        self.problems: Final[list[Problem]] = []
        self.sealed = 0
        """Seals that hold."""
        self.unsealed = 0
        """Rows behind the last of them."""
        self._folder: Final = folder
        self._series: Final = series
        self._public_key: Final = public_key
        self._venue = ""
        self._number = 0
        self._offset = 0
        self._link: bytes | None = None
        self._n = 0
        self._is_broken = False
        """Nothing more of the file that is read can be told."""

    def read(self) -> Iterator[Row]:
        """The rows that came since the last time, in order. Raises `OSError`."""
        numbers = list_files(self._folder, self._series) if self._folder.is_dir() else []
        for place, number in enumerate(numbers):
            if number < self._number:
                continue
            if number > self._number:
                self._number, self._offset, self._is_broken = number, 0, False
            yield from self._read_file(is_last=place == len(numbers) - 1)

    def finish(self) -> None:
        """The venue does not run: what is unfinished at the end was torn."""
        if self._number and not self._is_broken:
            with file_path(self._folder, self._series, self._number).open("rb") as file:
                file.seek(self._offset)
                left = file.read()
            # Whole lines came since it was read.
            if left and b"\n" not in left:
                self._is_broken = True
                self._note(f"{len(left)} bytes at the end are torn", is_damage=False)

    def _read_file(self, *, is_last: bool) -> Iterator[Row]:
        path = file_path(self._folder, self._series, self._number)
        try:
            with path.open("rb") as file:
                file.seek(self._offset)
                data = file.read()
        except FileNotFoundError:
            # It made room meanwhile.
            return
        begin = 0
        while begin < len(data) and not self._is_broken:
            end = data.find(b"\n", begin) + 1
            if not end:
                break
            is_first = self._offset == 0
            try:
                row, link = decoded(data[begin:end], None if is_first else self._link)
            except NotARow as error:
                self._is_broken = True
                self._note(str(error), is_damage=not self._is_declared(len(data) - begin))
                break
            self._check(row, is_first=is_first)
            self._link, self._n = link, row["n"]
            self._offset += end - begin
            begin = end
            yield row
        left = len(data) - begin
        if left and not self._is_broken and not is_last:
            self._is_broken = True
            self._note(f"{left} bytes at its end are torn", is_damage=not self._is_declared(left))

    def _check(self, row: Row, *, is_first: bool) -> None:
        """See that a row goes on where the one before ended, and that a signature holds."""
        if self._n and row["n"] != self._n + 1:
            self._note(f"row {row['n']} stands behind row {self._n}: rows are missing", is_damage=True)
        if is_first:
            if row["kind"] != OPENED:
                self._note("it does not begin as a file does", is_damage=True)
            elif self._link is not None and row["after"] != self._link.hex():
                self._note("it does not go on where the file before it ended", is_damage=True)
            self._venue = row.get("venue", self._venue)
        self.unsealed += 1
        if row["kind"] == SEALED and self._public_key is not None:
            assert self._link is not None
            if is_sealed(self._public_key, self._venue, self._series, row, self._link):
                self.sealed, self.unsealed = self.sealed + 1, 0
            else:
                self._note("a signature is not of the venue's key", is_damage=True)

    def _is_declared(self, left: int) -> bool:
        """Whether the next file says that a crash left so many bytes behind."""
        numbers = [number for number in list_files(self._folder, self._series) if number > self._number]
        if not numbers:
            return False
        with file_path(self._folder, self._series, numbers[0]).open("rb") as file:
            line = file.readline()
        try:
            row, _ = decoded(line, None)
        except NotARow:
            return False
        return bool(row.get("torn_bytes") == left)

    def _note(self, what: str, *, is_damage: bool) -> None:
        name = file_path(self._folder, self._series, self._number).name
        self.problems.append(Problem(name, self._offset, what, is_damage))


class AuditReader:
    """Reads the audit of a venue, both series in the order of the machine's clock."""

    def __init__(self, directory: Path, public_key: bytes | None = None) -> None:
        folder = directory / FOLDER
        self.is_there: Final = folder.is_dir()
        """Whether there is one."""
        self._readers: Final = [Reader(folder, series, public_key) for series in (PARTICIPANTS, STRANGERS)]

    def read(self, wanted: Callable[[Row], bool] = lambda _: True) -> Iterator[Row]:
        """The rows that came since the last time and are wanted. Raises `OSError`."""
        merged = heapq.merge(*[reader.read() for reader in self._readers], key=_wall_ns)
        return (row for row in merged if row["kind"] not in HOUSEKEEPING and wanted(row))

    def finish(self) -> None:
        """The venue does not run: what is unfinished was torn."""
        for reader in self._readers:
            reader.finish()

    @property
    def problems(self) -> list[Problem]:
        """What is wrong with the files."""
        return [problem for reader in self._readers for problem in reader.problems]

    @property
    def unsealed(self) -> int:
        """Rows behind the last signature."""
        return sum(reader.unsealed for reader in self._readers)


def _wall_ns(row: Row) -> int:
    wall_ns = row.get("wall_ns", 0)
    return wall_ns if isinstance(wall_ns, int) else 0
