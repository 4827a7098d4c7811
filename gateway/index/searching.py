"""What is looked for by more than one key."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from heapq import merge
from itertools import takewhile

from engine.record.rows import decode_events
from engine.vocabulary.messages.events import AccountOpened
from gateway.index.index import Index
from gateway.index.keys import ACCOUNT, INVESTOR, Key

Wanted = tuple[str, Key]
"""A kind and a key."""


def matching(index: Index, wanted: Sequence[Wanted], first_seq: int, last_seq: int) -> Iterator[int]:
    """The rows about all of several things, ascending, from one row to another; without any: all rows.

    Those of an investor are also those of its accounts.

    Raises:
        ValueError: no such thing can be.
        JournalError: the journal is damaged.
    """
    found: Iterator[int] = iter(range(max(first_seq, 1), min(last_seq, index.last_seq) + 1))
    for kind, key in wanted:
        found = _both(found, _of(index, kind, key))
    return takewhile(lambda seq: seq <= last_seq, found)


def _of(index: Index, kind: str, key: Key) -> Iterator[int]:
    """The rows about one thing."""
    if kind != INVESTOR:
        return index.find(kind, key)
    named = list(index.find(INVESTOR, key))
    accounts = [
        event.account
        for row in index.rows(named)
        for event in decode_events(row[3])
        if type(event) is AccountOpened and event.investor == key
    ]
    return _once(merge(named, *(index.find(ACCOUNT, account) for account in accounts)))


def _both(these: Iterator[int], those: Iterator[int]) -> Iterator[int]:
    """What both have; ascending."""
    this, that = next(these, None), next(those, None)
    while this is not None and that is not None:
        if this == that:
            yield this
        if this <= that:
            this = next(these, None)
        else:
            that = next(those, None)


def _once(seqs: Iterator[int]) -> Iterator[int]:
    """Each of them once; ascending."""
    last = 0
    for seq in seqs:
        if seq != last:
            yield seq
        last = seq
