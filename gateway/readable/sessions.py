"""Kept sessions, opened from their journals: replayed, looked at, read as tables. Beside a running venue, too."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gateway.export import declared
from gateway.journal.files import find_journal
from gateway.journal.reader import JournalReader
from gateway.near import instead
from gateway.readable.state import State
from gateway.readable.tables import Cell, Readable
from gateway.readable.times import to_ns
from gateway.session.moments import Moment, MomentError, parse_moment
from gateway.session.recorded import Recorded
from gateway.session.replaying import Outcome

if TYPE_CHECKING:
    import pyarrow as pa

TABLES: Final = tuple(declared.TABLES)
"""The tables of a session, by name."""
_NO_PYARROW: Final = "read() needs pyarrow, which is not installed: pip install 'sandbox-exchange[parquet]'"


@dataclass(frozen=True, repr=False)
class Replayed(Readable):
    """What a replay of a session found."""

    status: str
    """`equal`, `different`, `failed`, `damaged`, or `torn`: equal, but for a last frame that a crash left unfinished."""
    commands: int
    events: int
    recorded_digest: str
    """SHA-256 over the encoded events, in hexadecimal, as is `replayed_digest`."""
    replayed_digest: str
    first_difference: int | None
    """The sequence number from which on the replay is another; None: from none."""
    reason: str
    """Why the status is neither equal nor different; else empty."""
    seconds: float

    headings = ("status", "commands", "events", "first difference", "why")

    @property
    def equal(self) -> bool:
        """Whether every event came out as recorded."""
        return self.status in {"equal", "torn"}

    def cells(self) -> tuple[Cell, ...]:
        """Its row."""
        return (self.status, self.commands, self.events, self.first_difference, self.reason)

    def line(self) -> str:
        """`replayed 5,551 commands, 48,120 events: equal`."""
        at = "" if self.first_difference is None else f" from sequence number {self.first_difference}"
        why = f": {self.reason}" if self.reason else ""
        return f"replayed {self.commands:,} commands, {self.events:,} events: {self.status}{at}{why}"


def replay(directory: str | Path, until_seq: int | None = None) -> Replayed:
    """Replay a session from its first command, and compare every event with what was recorded.

    Args:
        directory: the venue's, or its journal's.
        until_seq: the last command; None: all.

    Raises:
        JournalError: there is no journal.
        OSError: it can't be read.
    """
    outcome = Outcome(JournalReader(find_journal(Path(directory))), until_seq)
    for _ in outcome.run():
        pass
    result = outcome.result
    assert result is not None
    found = outcome.failure or outcome.damage or outcome.reader.torn
    difference = result.difference
    return Replayed(
        status=outcome.status,
        commands=result.commands,
        events=result.events,
        recorded_digest=result.recorded_digest,
        replayed_digest=result.replayed_digest,
        first_difference=None if difference is None else difference.seq,
        reason="" if found is None else str(found),
        seconds=outcome.seconds,
    )


def at(directory: str | Path, moment: int | str | datetime | None = None) -> State:
    """A session as it was at a moment: after the last command then.

    Args:
        directory: the venue's, or its journal's.
        moment: a sequence number, a time with a zone, or one as `sbx at` takes it: `12.3s` from the beginning, `10:04:07`
            (Moscow, on the first day), `2026-06-01 10:04:07`. None: the end.

    Raises:
        JournalError: there is no journal, it is damaged, or it does not replay.
        NoSuchMoment: the session has no such moment.
        ValueError: it is none.
        OSError: the journal can't be read.
    """
    session = Recorded(find_journal(Path(directory)))
    try:
        for _ in session.open():
            pass
        walk = session.walk(_seq_of(session, moment))
        try:
            for _ in walk.go_on():
                pass
        finally:
            walk.close()
    finally:
        session.close()
    return State(walk.exchange)


def _seq_of(session: Recorded, moment: int | str | datetime | None) -> int:
    if moment is None:
        return session.last_seq
    if isinstance(moment, datetime):
        return session.seq_of(Moment(time_ns=to_ns(moment)))
    if isinstance(moment, int):
        if isinstance(moment, bool) or moment < 1:
            raise MomentError(f"{moment!r} is no moment: sequence numbers begin with 1")
        return session.seq_of(Moment(seq=moment))
    return session.seq_of(parse_moment(moment, session.begin_ns))


def read(directory: str | Path, table: str) -> pa.Table:
    """A table of a session, whole in memory, with exact decimals; `.to_pandas()` and `polars.from_arrow()` take it on.

    Args:
        directory: the venue's, or its journal's.
        table: one of `TABLES`; docs/TABLES.md says what their columns mean.

    Raises:
        ModuleNotFoundError: pyarrow is not installed; the message says how to get it.
        ValueError: there is no such table.
        JournalError: there is no journal, it is damaged, or this version does not know what is in it.
        OSError: it can't be read.
    """
    if table not in TABLES:
        raise ValueError(f"there is no table {table}{instead(table, TABLES)}")
    try:
        from gateway.export.memory import tables
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] != "pyarrow":
            raise
        raise ModuleNotFoundError(_NO_PYARROW, name="pyarrow") from error
    return tables(directory, (table,))[table]
