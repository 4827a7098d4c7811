"""A file of index prices: a CSV table `time,index,price`, and the feeding of it into a venue.

Times are all of one kind: ISO 8601 (without an offset: UTC), of which the first is the beginning; or seconds from the
beginning, as decimals. They never decrease.
"""

from __future__ import annotations

import asyncio
import csv
import datetime
import hashlib
import io
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

from engine.vocabulary.limits import MAX_NAME_CHARS, MAX_TEXT_CHARS, NS_PER_SECOND
from gateway.client.client import Client
from gateway.client.values.errors import RequestFailed
from gateway.protocol.wire import Malformed, field_e8, parse_amount

COLUMNS: Final = ("time", "index", "price")
_DIGEST_CHARS: Final = 12
"""Of the file's SHA-256, in the source that is stated for its prices: enough to tell two versions of a file apart."""
_SECONDS_SCALE: Final = 9
# A century: beyond it a time is a mistake.
_MAX_OFFSET_NS: Final = 100 * 366 * 86_400 * NS_PER_SECOND


class IndexFileError(ValueError):
    """The file can't be used, or the venue refused a price of it; the message names the line."""


class IndexRow(NamedTuple):
    """One price."""

    line: int
    offset_ns: int
    """From the beginning of the file."""
    index_name: str
    price: str


class IndexFile(NamedTuple):
    """A file as it was read."""

    rows: list[IndexRow]
    source: str
    """What the journal names: the file's name and the beginning of its SHA-256."""

    @property
    def indices(self) -> list[str]:
        """Their names, in order of first appearance."""
        return list(dict.fromkeys(row.index_name for row in self.rows))


def read_index_file(path: Path) -> IndexFile:
    """Read and check a whole file. Raises `IndexFileError`."""
    try:
        content = path.read_bytes()
        text = content.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise IndexFileError(f"{path} can't be read: {error}") from error
    digest = hashlib.sha256(content).hexdigest()[:_DIGEST_CHARS]
    source = f"{path.name[: MAX_TEXT_CHARS - _DIGEST_CHARS - len(' sha256:')]} sha256:{digest}"
    try:
        return IndexFile(_rows(text), source)
    except IndexFileError as error:
        raise IndexFileError(f"{path}: {error}") from error


def _rows(text: str) -> list[IndexRow]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    found: list[IndexRow] = []
    begun: datetime.datetime | None = None
    in_seconds = False
    try:
        header = next(reader, None)
        if header is None or tuple(name.strip() for name in header) != COLUMNS:
            raise IndexFileError(f"line 1: the first line is {','.join(COLUMNS)}")
        for cells in reader:
            if not cells:
                continue
            line = reader.line_num
            if len(cells) != len(COLUMNS):
                raise IndexFileError(f"line {line}: needs {len(COLUMNS)} columns, has {len(cells)}")
            at, index, price = (cell.strip() for cell in cells)
            moment = _moment(at)
            if not found:
                begun, in_seconds = moment, moment is None
            if (moment is None) != in_seconds:
                raise IndexFileError(f"line {line}: time: {at!r} is not of the same kind as the first one")
            if moment is None or begun is None:
                offset_ns = _seconds_ns(line, at)
            else:
                offset_ns = (moment - begun) // datetime.timedelta(microseconds=1) * 1_000
            if offset_ns < (found[-1].offset_ns if found else 0):
                raise IndexFileError(f"line {line}: time: {at} is before that of the line above")
            if not 0 < len(index) <= MAX_NAME_CHARS or not index.isprintable():
                raise IndexFileError(f"line {line}: index: a name of 1 to {MAX_NAME_CHARS} characters is needed")
            try:
                field_e8("price", price)
            except Malformed as error:
                raise IndexFileError(f"line {line}: {error}") from error
            found.append(IndexRow(line, offset_ns, index, price))
    except csv.Error as error:
        raise IndexFileError(f"line {reader.line_num}: {error}") from error
    if not found:
        raise IndexFileError("there is no price in it")
    return found


def _moment(text: str) -> datetime.datetime | None:
    """A point in time; None if the text is none, and then perhaps a number of seconds."""
    # What is all digits is seconds, though ISO 8601 has a form of dates without hyphens.
    if "-" not in text:
        return None
    try:
        moment = datetime.datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=datetime.UTC)


def _seconds_ns(line: int, text: str) -> int:
    try:
        return parse_amount(text, _SECONDS_SCALE, _MAX_OFFSET_NS)
    except Malformed as error:
        raise IndexFileError(f"line {line}: time: {text!r} is neither ISO 8601 nor seconds: {error}") from error


async def feed(
    client: Client, file: IndexFile, source: str, speed: float, progress: Callable[[int], None]
) -> tuple[int, int]:
    """State all prices of a file, each when its time has come.

    Args:
        client: logged in as an operator.
        source: stated with each price.
        speed: multiple of the recorded pace; 0: without waiting.
        progress: called with the number of prices stated so far.

    Returns:
        The sequence numbers of the first and the last price.

    Raises:
        IndexFileError: the venue refused one; those before it stand.
        ClientError: the connection is lost.
    """
    started = time.monotonic()
    first = last = 0
    for count, row in enumerate(file.rows, 1):
        if speed:
            wait = row.offset_ns / NS_PER_SECOND / speed - (time.monotonic() - started)
            if wait > 0:
                await asyncio.sleep(wait)
        try:
            last = await client.admin("set_index_price", index=row.index_name, price=row.price, source=source)
        except RequestFailed as error:
            raise IndexFileError(f"line {row.line}: the venue refused the price: {error}") from error
        first = first or last
        progress(count)
    return first, last
