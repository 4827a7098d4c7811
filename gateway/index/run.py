"""A run: a file that says of a range of rows of one segment which are about what. Written once, every byte under a digest.

    magic 8, length of the directory 4, SHA-256 of the directory 32
    directory: one msgpack array, `Directory`
    blocks, each compressed by zstd: first the places, then keys and their rows, ascending

Each block's digest stands in the directory. So whatever is read is verified first, and to find a key is to read one block.
"""

from __future__ import annotations

import os
import re
import struct
from bisect import bisect_right
from collections.abc import Iterator
from hashlib import sha256
from itertools import accumulate
from pathlib import Path
from typing import Final

import msgspec
import zstandard

from engine.record.segments import Tip
from gateway.disk import DISK, Disk
from gateway.index.keys import KINDS, REPORT, Key, key_bytes
from gateway.journal.tail import Place

FORMAT_VERSION: Final = 2
"""Rises with each kind of key: a run of another version lacks some, and is built again."""
_MAGIC: Final = b"SBXINDEX"
_HEAD: Final = struct.Struct(">8sI32s")
_NAME: Final = re.compile(r"index-(\d{8})-(\d{12})\.sbxi")

BLOCK_BYTES: Final = 32 * 1024
"""Of keys and rows, before they are compressed, and then the key that passes it: unpacked in a tenth of a millisecond."""
MAX_BLOCK_BYTES: Final = 16 * 1024 * 1024
"""No block is larger: the longest is one key with every row of a run, 300 KB."""
MAX_DIRECTORY_BYTES: Final = 16 * 1024 * 1024
"""No directory is longer: 60 bytes a block, and the longest key. A gigabyte of events in one frame has the most blocks."""
LEVEL: Final = 3
"""Of compression. Level 9 takes three times as long for a twentieth less."""


class RunDamage(Exception):
    """A run is not what was written, or of another format: it is built again."""


class Spot(msgspec.Struct, array_like=True, frozen=True):
    """Where a batch begins: its first sequence number, its offset in the segment and its first row's time."""

    seq: int
    offset: int
    time_ns: int


class _Block(msgspec.Struct, array_like=True, frozen=True):
    """One block: what its first key is, and what it must be like."""

    first_key: bytes
    size: int
    digest: bytes


class Directory(msgspec.Struct, array_like=True, frozen=True):
    """What a run is about, and its blocks."""

    format_version: int
    segment: int
    first_seq: int
    last_seq: int
    first_time_ns: int
    last_time_ns: int
    previous_link: bytes
    """Of the batch before the first one."""
    link: bytes
    """Of the last batch."""
    end: int
    """Offset in the segment, behind the last batch."""
    blocks: tuple[_Block, ...] = ()
    """The first one has the spots."""


_DIRECTORY: Final = msgspec.msgpack.Decoder(Directory)
_SPOTS: Final = msgspec.msgpack.Decoder(list[Spot])
_ENTRIES: Final = msgspec.msgpack.Decoder(list[tuple[bytes, msgspec.Raw]])
_NUMBERS: Final = msgspec.msgpack.Decoder(list[int])
_REPORT_PLACE: Final = KINDS.index(REPORT)


def name_of_run(about: Directory) -> str:
    """The file name of a run."""
    return f"index-{about.segment:08d}-{about.first_seq:012d}.sbxi"


def first_seq_of(name: str) -> int:
    """The first row of the run of this name."""
    match = _NAME.fullmatch(name)
    assert match is not None, name
    return int(match[2])


def list_runs(directory: Path, disk: Disk = DISK) -> list[str]:
    """The names of the runs in a directory, in the order of their rows; none if there is no directory that can be read."""
    try:
        names = disk.names(directory) if disk.is_directory(directory) else []
    except PermissionError:
        return []
    return sorted(name for name in names if _NAME.fullmatch(name))


def encode_run(about: Directory, spots: list[Spot], postings: Iterator[tuple[bytes, list[int]]]) -> bytes:
    """The file of a run.

    Args:
        about: what it is about, without blocks.
        spots: some batches of it, the first one among them.
        postings: from `gateway.index.keys.sorted_postings`.
    """
    compressor = zstandard.ZstdCompressor(level=LEVEL)
    blocks: list[_Block] = []
    packed: list[bytes] = []

    def put(first_key: bytes, data: bytes) -> None:
        assert len(data) <= MAX_BLOCK_BYTES, "a block that could not be read back"
        packed.append(compressor.compress(data))
        blocks.append(_Block(first_key, len(packed[-1]), sha256(packed[-1]).digest()))

    put(b"", msgspec.msgpack.encode(spots))
    entries: list[tuple[bytes, msgspec.Raw]] = []
    size = 0
    for key, found in postings:
        numbers = msgspec.msgpack.encode(_differences(key, found, about.first_seq))
        entries.append((key, msgspec.Raw(numbers)))
        size += len(key) + len(numbers)
        if size >= BLOCK_BYTES:
            put(entries[0][0], msgspec.msgpack.encode(entries))
            entries, size = [], 0
    if entries:
        put(entries[0][0], msgspec.msgpack.encode(entries))
    directory = msgspec.msgpack.encode(msgspec.structs.replace(about, blocks=tuple(blocks)))
    head = _HEAD.pack(_MAGIC, len(directory), sha256(directory).digest())
    return b"".join((head, directory, *packed))


class Run:
    """One run, to look things up in.

    Args:
        source: its file, or its bytes where they could not be saved.
        disk: what the file is on.

    Raises:
        RunDamage: it is none, is damaged, or can't be read.
    """

    def __init__(self, source: Path | bytes, disk: Disk = DISK) -> None:
        self._source: Final = source
        self._disk: Final = disk
        try:
            if isinstance(source, Path) and disk.exists(source) and not disk.is_file(source):
                raise RunDamage("it is no file")
        except OSError as error:
            raise RunDamage(f"it can't be read: {error.strerror}") from error
        head = self._read(_HEAD.size, 0)
        if len(head) != _HEAD.size:
            raise RunDamage("it is cut off")
        magic, length, digest = _HEAD.unpack(head)
        if magic != _MAGIC or length > MAX_DIRECTORY_BYTES:
            raise RunDamage("its head is damaged")
        directory = self._read(length, _HEAD.size)
        if len(directory) != length or sha256(directory).digest() != digest:
            raise RunDamage("its directory is damaged")
        try:
            self.about: Final = _DIRECTORY.decode(directory)
        except msgspec.DecodeError as error:
            raise RunDamage(f"its directory is damaged: {error}") from error
        if self.about.format_version != FORMAT_VERSION or not self.about.blocks:
            raise RunDamage("it is of another format")
        self._first_keys: Final = [block.first_key for block in self.about.blocks]
        sizes = (block.size for block in self.about.blocks)
        self._offsets: Final = list(accumulate(sizes, initial=_HEAD.size + length))

    @property
    def name(self) -> str:
        """Of its file."""
        return name_of_run(self.about)

    @property
    def size(self) -> int:
        """Bytes of its file."""
        size: int = self._offsets[-1]
        return size

    @property
    def end(self) -> Place:
        """Where it ends in the journal."""
        about = self.about
        return Place(about.segment, about.end, Tip(about.link, about.last_seq + 1, about.last_time_ns))

    def spots(self) -> list[Spot]:
        """Some batches of it, the first one among them. Raises `RunDamage`."""
        try:
            return _SPOTS.decode(self._block(0))
        except msgspec.DecodeError as error:
            raise RunDamage(f"its places are damaged: {error}") from error

    def find(self, kind: str, key: Key) -> list[int]:
        """The rows about something, ascending; for `REPORT` each is followed by the number of a report.

        Raises:
            RunDamage: what would tell is damaged, or can't be read.
        """
        wanted = key_bytes(kind, key)
        number = bisect_right(self._first_keys, wanted) - 1
        if number < 1:
            return []
        try:
            for found, numbers in _ENTRIES.decode(self._block(number)):
                if found == wanted:
                    return _sums(wanted, _NUMBERS.decode(numbers), self.about.first_seq)
        except msgspec.DecodeError as error:
            raise RunDamage(f"block {number} is damaged: {error}") from error
        return []

    def verify(self) -> None:
        """Read all of it. Raises `RunDamage`."""
        for number in range(len(self.about.blocks)):
            self._block(number)
        if self._read(1, self._offsets[-1]):
            raise RunDamage("something stands behind it")

    def _block(self, number: int) -> bytes:
        block = self.about.blocks[number]
        data = self._read(block.size, self._offsets[number])
        if len(data) != block.size or sha256(data).digest() != block.digest:
            raise RunDamage(f"block {number} is damaged")
        try:
            unpacked: bytes = zstandard.ZstdDecompressor().decompress(data, max_output_size=MAX_BLOCK_BYTES)
        except zstandard.ZstdError as error:
            raise RunDamage(f"block {number} is damaged: {error}") from error
        return unpacked

    def _read(self, size: int, offset: int) -> bytes:
        if isinstance(self._source, bytes):
            return self._source[offset : offset + size]
        try:
            descriptor = self._disk.open(self._source, os.O_RDONLY)
        except FileNotFoundError as error:
            raise RunDamage("its file is gone") from error
        except OSError as error:
            raise RunDamage(f"it can't be read: {error.strerror}") from error
        try:
            return self._disk.read_at(descriptor, size, offset)
        except OSError as error:
            raise RunDamage(f"it can't be read: {error.strerror}") from error
        finally:
            self._disk.close(descriptor)


def _differences(key: bytes, found: list[int], first_seq: int) -> list[int]:
    """Numbers as a file has them: each less the one before, so that they are small. Of reports, by turns with the rows."""
    if key[0] != _REPORT_PLACE:
        return [number - before for before, number in zip([first_seq, *found], found, strict=False)]
    numbers = [0] * len(found)
    numbers[::2] = [number - before for before, number in zip([first_seq, *found[::2]], found[::2], strict=False)]
    numbers[1::2] = [number - before for before, number in zip([0, *found[1::2]], found[1::2], strict=False)]
    return numbers


def _sums(key: bytes, numbers: list[int], first_seq: int) -> list[int]:
    """The reverse of `_differences`."""
    if key[0] != _REPORT_PLACE:
        return list(accumulate(numbers, initial=first_seq))[1:]
    found = [0] * len(numbers)
    found[::2] = list(accumulate(numbers[::2], initial=first_seq))[1:]
    found[1::2] = list(accumulate(numbers[1::2]))
    return found
