"""What an index must answer, looked up in all rows of a journal."""

from __future__ import annotations

from bisect import bisect_right
from pathlib import Path

from engine.record.rows import StoredRow
from gateway.index.index import Index
from gateway.index.keys import REPORT, Key, Postings
from gateway.journal.reader import JournalReader

Answers = dict[tuple[str, Key], list[int]]


def all_rows(journal: Path) -> list[StoredRow]:
    """Every row."""
    return list(JournalReader(journal, settle_seconds=0).rows())


def true_answers(rows: list[StoredRow]) -> Answers:
    """Every key, and the rows that are about it; of reports with their numbers."""
    postings = Postings()
    for seq, time_ns, command, events in rows:
        postings.add(seq, time_ns, command, events)
    return {(kind, key): found for kind, table in postings.tables.items() for key, found in table.items()}


def caught_up(journal: Path, *, saves: bool = True) -> Index:
    """An index that knows all of a journal."""
    index = Index(journal)
    if saves:
        assert index.hold()
    for _ in index.catch_up():
        pass
    return index


def check_answers(index: Index, answers: Answers, every: int = 1) -> None:
    """Ask for everything, or for every so manieth key."""
    for (kind, key), found in list(answers.items())[::every]:
        if kind != REPORT:
            assert list(index.find(kind, key)) == found, (kind, key)
            continue
        rows, numbers = found[::2], found[1::2]
        for after in {0, 1, numbers[-1] // 2, numbers[-1]}:
            begin = max(bisect_right(numbers, after + 1) - 1, 0)
            # A run may add the row before, which has none of them.
            assert reports(index, str(key), after)[-len(rows[begin:]) :] == rows[begin:], (key, after)


def check_places(index: Index, rows: list[StoredRow]) -> None:
    """Ask for every row, by number and by time, from anywhere."""
    assert index.last_seq == len(rows)
    times = [row[1] for row in rows]
    for row in [*rows[::7], *reversed(rows[::5]), *rows[::2]]:
        assert list(index.rows([row[0]])) == [row]
    for time_ns in times[::5]:
        for asked in (time_ns - 1, time_ns, time_ns + 1):
            assert index.seq_at(asked) == bisect_right(times, asked)
    assert index.seq_at(0) == 0


def reports(index: Index, account: str, after: int, before_seq: int = 2**63) -> list[int]:
    """The rows with an account's reports after a number, ascending."""
    return [row for part in reversed(list(index.reports(account, after, before_seq))) for row in part or ()]


def files_of(directory: Path) -> dict[str, bytes]:
    """What a directory holds."""
    return {path.name: path.read_bytes() for path in sorted(directory.iterdir())}
