"""The candles in the runs of an index are those of the trades in its rows, wherever its runs were cut, and whatever was damaged."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.candles.candle import Candle
from gateway.index.candles import BASES, Base, candles_of, part_key, spans_key
from gateway.index.index import Index, index_directory
from gateway.index.keys import CANDLES
from tests.support.gateway.feeds.market_flow import rows_of
from tests.support.gateway.feeds.trades_over_days import INSTRUMENTS, plain_candles, trades_of, trades_over_days
from tests.support.gateway.journal.indexes import caught_up
from tests.support.gateway.journal.journals import write_journal

pytestmark = pytest.mark.usefixtures("small_runs")


def numbers(index: Index, part: int, key: tuple[str, str]) -> tuple[list[int], int]:
    """What stands under a key, and how many batches were read again for it."""
    looking, repaired = index.in_part(part, CANDLES, key), 0
    while True:
        try:
            next(looking)
            repaired += 1
        except StopIteration as done:
            return done.value, repaired


def candles(index: Index, instrument: str, base: Base) -> tuple[list[Candle], int]:
    found: list[Candle] = []
    repaired = 0
    for part in index.parts_between(0, 2**63):
        spans, again = numbers(index, part, spans_key(instrument, base))
        repaired += again
        assert spans == sorted(spans)
        for span in spans:
            stored, again = numbers(index, part, part_key(instrument, base, span))
            repaired += again
            made = candles_of(instrument, stored)
            assert 0 < len(made) <= base.candles
            assert all(each.start_ns // base.span_ns == span for each in made)
            if found and found[-1].start_ns == made[0].start_ns:
                found[-1].join(made.pop(0))
            found += made
    return found, repaired


def test_candles_of_all_runs_together(tmp_path: Path) -> None:
    rows = rows_of(trades_over_days(3, 900))
    journal = tmp_path / "venue" / "journal"
    write_journal(journal, rows, batch=3, segment_bytes=60_000)
    caught_up(journal).close()
    index = caught_up(journal)
    assert index.runs > 4 and not index.rebuilt
    for damaged in (False, True):
        if damaged:
            # In its last block, where candles are.
            path = sorted(index_directory(journal).glob("*.sbxi"))[2]
            data = bytearray(path.read_bytes())
            data[-9] ^= 1
            path.write_bytes(data)
        repaired = 0
        for name in INSTRUMENTS:
            for base in BASES:
                found, again = candles(index, name, base)
                repaired += again
                told = [
                    (each.start_ns, each.open, each.high, each.low, each.close, each.volume_lots, each.trades)
                    for each in found
                ]
                plain = plain_candles(trades_of(rows, name), base.name)
                assert told == [
                    (
                        each["start"],
                        *(int(each[field]) for field in ("open", "high", "low", "close", "volume", "trades")),
                    )
                    for each in plain
                ]
        assert (repaired > 0) == damaged
    index.close()


def test_sums_beyond_64_bits() -> None:
    """Of each trade both are below 2^63: what can be held of an asset."""
    candle, lots = Candle("A/B", 60_000_000_000, 3, 5), 2**61 + 1
    for seq in range(5, 15):
        candle.add(3, lots, seq)
    kept = candle.packed()
    assert all(0 <= number < 2**63 for number in kept)
    (again,) = candles_of("A/B", list(kept))
    assert again.packed() == kept
    assert (again.volume_lots, again.tick_lots) == (10 * lots, 30 * lots)
