"""One what-if: a recorded session and a change of its rules, both as plain data, and what came of it, likewise.

`run` reads a journal and nothing else, and writes nothing: so it runs in any process that can read the journal.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import msgspec

from compliance.worlds.change import ChangeError, VenueRefuses, check_change, check_rulebook, check_stated
from compliance.worlds.comparison import Comparison, hook_of
from compliance.worlds.messages.change import Change
from compliance.worlds.messages.results import Caps, Exposures, Recording, Result
from engine.exchange import Exchange
from engine.record.rows import StoredRow, decode_command, encode_events
from engine.replay import EventsDigest, find_difference
from engine.vocabulary.codes import CORE_VERSION
from engine.vocabulary.decimals import decimal
from engine.vocabulary.messages.commands import AnyCommand, EffectiveFrom, ListInstrument, LoadRulebook, Sequenced
from engine.vocabulary.messages.events import Event
from gateway.core import new_exchange
from gateway.journal.files import JournalError
from gateway.journal.head import Point
from gateway.journal.reader import JournalReader
from gateway.reporting.steps.standing import read_standing
from gateway.snapshots.borders import Borders
from gateway.snapshots.folder import folder_beside, list_snapshots, sound_ones
from gateway.snapshots.replica import core_of, restored_core
from gateway.snapshots.sealed import SnapshotError, SnapshotUnusable
from gateway.words.words import in_words

TENTHS: Final = 10


class Unreplayable(JournalError):
    """The recorded world is not what was recorded, so that nothing can be compared with it; the message says where."""


class Scanned(msgspec.Struct):
    """What a journal holds, before anything of it is replayed."""

    venue: str = ""
    first_seq: int = 0
    first_ns: int = 0
    last_seq: int = 0
    last_ns: int = 0
    link: str = ""
    """Of its last batch, in hexadecimal: two journals with the same one hold the same."""
    bytes: int = 0
    rulebooks: list[LoadRulebook] = []
    """All that were sent, with an effective date too, in order."""
    instruments: list[str] = []
    """All that were to be listed."""
    links: dict[int, str] = {}
    """Of the batches that end where there is a snapshot, by sequence number, in hexadecimal."""


def scan(journal: Path, show: Callable[[int], None]) -> Scanned:
    """Read a journal from its first frame to its last one, and verify it; nothing is replayed.

    Args:
        journal: directory of the segments.
        show: is told how many bytes are read.

    Raises:
        JournalError: it is damaged, or has no command.
        OSError: it can't be read.
    """
    reader, found = JournalReader(journal), Scanned()
    saved = dict.fromkeys(list_snapshots(folder_beside(journal)))
    for batch in reader.batches():
        if not found.first_seq:
            found.first_seq, found.first_ns = batch[0][0], batch[0][1]
        found.last_seq, found.last_ns = batch[-1][0], batch[-1][1]
        for row in batch:
            if _is_looked_at(row):
                command = decode_command(row[2])
                found.rulebooks += _rulebooks_of(command)
                if isinstance(command, ListInstrument):
                    found.instruments.append(command.instrument)
        if found.last_seq in saved:
            found.links[found.last_seq] = reader.batch_tip.link.hex()
        show(reader.bytes_read)
    if not found.first_seq:
        raise JournalError(f"the journal in {journal} has no command yet")
    found.venue = reader.segments[0].header.venue
    found.link = reader.batch_tip.link.hex()
    found.bytes = reader.bytes_read
    return found


def check_with(change: Change, scanned: Scanned) -> None:
    """Check a change against what a journal holds, before it is replayed.

    Raises:
        ChangeError: it contradicts itself, a rulebook of the recording can't have its settings, or it begins behind the end.
    """
    check_change(change)
    if change.from_seq > scanned.last_seq or change.from_ns > scanned.last_ns:
        raise ChangeError(f"the session ends before the change begins: its last command is {scanned.last_seq}")
    rulebooks = scanned.rulebooks if not change.rulebook else [LoadRulebook(change.rulebook, change.documents)]
    rules: dict[str, None] = {}
    for command in rulebooks:
        rules.update(dict.fromkeys(check_rulebook(change, command)))
    check_stated(change, list(rules), scanned.instruments)


def run(journal: Path, change: Change, scanned: Scanned, show: Callable[[int], None]) -> Result:
    """Replay a journal under both rules.

    Args:
        journal: directory of the segments.
        change: what is otherwise; `check_with` has passed it.
        scanned: what `scan` found; what came behind it since is left out.
        show: is told how many bytes of the journal are replayed.

    Raises:
        ChangeError: the settings can't be had at some moment; the message says where.
        JournalError: it is damaged, does not replay, or goes on under another core version within the change.
        OSError: it can't be read.
    """
    # Nothing that a core keeps is cyclic.
    is_collecting = gc.isenabled()
    gc.disable()
    try:
        return _Run(journal, change, scanned).run(show)
    finally:
        if is_collecting:
            gc.enable()


class _Run:
    """A run on its way."""

    def __init__(self, journal: Path, change: Change, scanned: Scanned) -> None:
        self._reader: Final = JournalReader(journal)
        self._change: Final = change
        self._scanned: Final = scanned
        self._recorded: Exchange = new_exchange()
        self._comparison: Comparison | None = None
        self._digest: Final = EventsDigest()
        self._first: tuple[int, int] = (0, 0)

    def run(self, show: Callable[[int], None]) -> Result:
        """Replay all of it."""
        since = self._take_up()
        for batch in self._batches(since):
            for row in batch:
                self._feed(row)
            show(self._reader.bytes_read)
        comparison = self._comparison
        if comparison is None:
            raise ChangeError("the change begins within what the last command has left to do: let it begin earlier")
        scanned = self._scanned
        recording = Recording(
            scanned.venue, self._first[0], scanned.last_seq, self._first[1], scanned.last_ns, self._digest.hexdigest()
        )
        return comparison.result(recording, (end_of(self._recorded), end_of(comparison.other.exchange)))

    def _take_up(self) -> Point | None:
        """Begin with the newest sound snapshot before the change, if there is one: until then both worlds are one. O(state)."""
        change, links = self._change, self._scanned.links
        if not (change.from_seq or change.from_ns):
            return None
        folder = folder_beside(self._reader.directory)
        numbers = [seq for seq in reversed(list_snapshots(folder)) if seq in links]
        for name, sealed in sound_ones(folder, numbers, []):
            header = sealed.header
            is_before = header.seq < change.from_seq or (not change.from_seq and header.time_ns < change.from_ns)
            # Whosever it is: what counts is that the journal has this link there.
            if is_before and header.core_version == CORE_VERSION and header.link.hex() == links[header.seq]:
                try:
                    self._recorded = restored_core(core_of(sealed.unpack()), new_exchange().hook)
                except SnapshotUnusable:
                    continue
                return header.point(name)
        return None

    def _batches(self, since: Point | None) -> Iterator[list[StoredRow]]:
        """All that was scanned, behind a point. Where another core version goes on, so does the recorded world, from the snapshot there."""
        borders = Borders(self._reader)
        for batch in self._reader.batches(since):
            if borders.crosses(batch):
                if self._comparison is not None:
                    raise Unreplayable(
                        f"from sequence number {borders.seq + 1} on the journal is of another core version: let the change begin there "
                        f"or later (--from {borders.seq + 1})"
                    )
                try:
                    self._recorded = borders.exchange(new_exchange().hook)
                except SnapshotError as error:
                    raise Unreplayable(f"sequence number {borders.seq + 1}: {error}") from error
            yield [row for row in batch if row[0] <= self._scanned.last_seq]
            if batch[-1][0] >= self._scanned.last_seq:
                return

    def _feed(self, row: StoredRow) -> None:
        seq, time_ns, stored_command, stored_events = row
        try:
            command = decode_command(stored_command)
        except msgspec.DecodeError as error:
            raise Unreplayable(f"sequence number {seq}: this version does not know the command: {error}") from error
        try:
            if self._comparison is None and self._begins(seq, time_ns):
                self._first = (seq, time_ns)
                self._comparison = Comparison(self._recorded, self._change, (time_ns, self._scanned.last_ns))
            if self._comparison is None:
                # Until the change both worlds are one.
                events = self._recorded.apply(Sequenced(seq, time_ns, command))
            else:
                events = self._comparison.feed(seq, time_ns, command)[0]
        except VenueRefuses as error:
            raise ChangeError(
                f"sequence number {seq}: the venue refuses {error.command}: {in_words(error.said)}"
            ) from error
        except ChangeError as error:
            raise ChangeError(f"sequence number {seq}: {error}") from error
        encoded = encode_events(events)
        if encoded != bytes(stored_events):
            self._refuse(row, command, events)
        if self._comparison is not None:
            self._digest.update(encoded)

    def _begins(self, seq: int, time_ns: int) -> bool:
        """Whether the change begins with this command; not in the middle of another one."""
        change = self._change
        return seq >= change.from_seq and time_ns >= change.from_ns and not self._recorded.is_unfinished

    def _refuse(self, row: StoredRow, command: AnyCommand, events: list[Event]) -> None:
        difference = find_difference(row[0], row[1], command, row[3], events)
        raise Unreplayable(
            f"the recording itself does not replay from sequence number {row[0]} on, event {difference.place} of its command: `sbx replay` "
            "shows it. Under another core version than the one that wrote it, use a release of that one"
        )


def end_of(exchange: Exchange) -> tuple[Caps | None, list[Exposures]]:
    """Caps used and exposures as they stand."""
    standing = read_standing(exchange)
    if standing is None or hook_of(exchange).intake.table is None:
        return None, []
    cap = standing.cap_kopecks
    tenths = [0] * (TENTHS + 2)
    for usage in standing.usages:
        if usage.used <= 0:
            place = 0
        elif cap is None or usage.used > cap:
            place = TENTHS + 1
        else:
            place = -(-usage.used * TENTHS // cap)
        tenths[place] += 1
    caps = Caps(
        "" if cap is None else decimal(cap, 2),
        len(standing.usages),
        decimal(sum(usage.used for usage in standing.usages), 2),
        decimal(sum(usage.reserved for usage in standing.usages), 2),
        tenths,
    )
    exposures = []
    for kind in ("investor", "intermediary", "bank"):
        found = [each for each in standing.exposures if each.kind == kind]
        if found:
            exposures.append(
                Exposures(
                    kind,
                    len(found),
                    decimal(sum(each.held for each in found), 2),
                    decimal(sum(each.reserved for each in found), 2),
                    decimal(max(each.held + each.reserved for each in found), 2),
                )
            )
    return caps, exposures


def _is_looked_at(row: StoredRow) -> bool:
    """Whether a stored command may load a rulebook or list an instrument, by its tag: the first integer of its array."""
    # Behind the head of an array, which takes a byte for up to 15 fields and else three, and an integer up to 127 is one byte.
    head = memoryview(row[2])[:4]
    return head[3 if head[0] == _LONG_ARRAY else 1] in _TAGS


_LONG_ARRAY: Final = 0xDC
_TAGS: Final = tuple(kind.__struct_config__.tag for kind in (LoadRulebook, EffectiveFrom, ListInstrument))


def _rulebooks_of(command: AnyCommand) -> list[LoadRulebook]:
    if isinstance(command, EffectiveFrom):
        return _rulebooks_of(command.change)
    return [command] if isinstance(command, LoadRulebook) else []
