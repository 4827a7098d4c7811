"""Candles of any time: of what is kept in memory, and before that of the journal, by its index. Read in pieces.

The index has the same trades as the channel, made into candles by the same arithmetic; where it ends, memory goes on. What is in both
is taken from one of them alone: the index has what began before memory is complete.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, Final, NamedTuple

from gateway.candles.candle import Candle, longer
from gateway.candles.intervals import start_of
from gateway.candles.traded import FOR_EVER, Traded
from gateway.inbound.history.past import LOOKUP_STEPS, REPAIR_STEPS, Past
from gateway.index.candles import Base, base_of, candles_of, part_key, spans_key
from gateway.index.index import Index
from gateway.index.keys import CANDLES
from gateway.journal.files import JournalError

_CANDLE_STEPS: Final = 4
"""To take a candle out of a run and make it part of a longer one: 2 us."""
_KEPT_PER_STEP: Final = 1
"""Likewise of one in memory, half a microsecond."""


class NotThere(Exception):
    """The index does not reach as far as memory goes back: it is being built, or there is none."""


class Wanted(NamedTuple):
    """Which candles are wanted: so many that begin within a time, the first or the last ones."""

    interval_ns: int
    begin_ns: int = 0
    """Those that begin then or later."""
    end_ns: int = FOR_EVER
    """And before then."""
    newest: bool = True
    limit: int = 100


class Page(NamedTuple):
    """What there is of it."""

    candles: list[Candle]
    """The oldest first. The last one may run."""
    more: bool
    """Whether there are more, before the first or behind the last."""
    steps: int
    """That the last piece took."""


def page(traded: Traded, wanted: Wanted, past: Past[Any] | None, asker: Any) -> Generator[int, None, Page]:
    """Put candles together. Yields the steps of each piece; the last one is as of the moment at which it is made.

    Args:
        traded: of the instrument.
        wanted: which.
        past: the journal; None: there is none.
        asker: who waits.

    Raises:
        NotThere: the journal is needed, and its index does not have it.
    """
    interval_ns = wanted.interval_ns
    # Candles begin where intervals do.
    begin_ns = start_of(wanted.begin_ns + interval_ns - 1, interval_ns)
    end_ns = min(start_of(wanted.end_ns + interval_ns - 1, interval_ns), FOR_EVER)
    wanted = wanted._replace(begin_ns=begin_ns, end_ns=end_ns)
    kept, steps = _kept(traded, wanted, 0)
    whole = [each for each in kept if each.start_ns >= traded.from_ns(interval_ns)]
    if begin_ns >= traded.from_ns(interval_ns) or (wanted.newest and len(whole) > wanted.limit):
        return _cut(whole, wanted, steps)
    if past is None:
        raise NotThere
    yield steps
    yield from past.enter(asker)
    with past.reading():
        try:
            return (yield from _look_back(traded, wanted, past, asker))
        except (JournalError, LookupError, OSError) as error:
            raise NotThere from error


def _look_back(traded: Traded, wanted: Wanted, past: Past[Any], asker: Any) -> Generator[int, None, Page]:
    """What the index has, and then what is kept by the time that this was read."""
    interval_ns, base = wanted.interval_ns, base_of(wanted.interval_ns)
    known_ns = traded.from_ns(interval_ns)
    partial = (known_ns, traded.kept.dropped_seq) if traded.kept.is_partial else None
    index = yield from _index(traded, past, asker)
    before = wanted._replace(end_ns=min(wanted.end_ns, known_ns))
    if wanted.newest:
        kept, _ = _kept(traded, wanted, known_ns)
        found = yield from _last(index, traded.instrument, base, before._replace(limit=wanted.limit + 1 - len(kept)))
    else:
        found = yield from _first(index, traded.instrument, base, before)
    while (from_ns := traded.from_ns(interval_ns)) > known_ns and known_ns < wanted.end_ns:
        if not wanted.newest and len(found) > wanted.limit:
            break
        # What memory forgot meanwhile.
        index = yield from _index(traded, past, asker)
        gap = wanted._replace(begin_ns=known_ns, end_ns=min(wanted.end_ns, from_ns), limit=FOR_EVER)
        found = _joined(found, (yield from _first(index, traded.instrument, base, gap)))
        known_ns = from_ns
    if partial is not None and partial != (traded.from_ns(interval_ns), traded.kept.dropped_seq):
        # Neither has what was traded meanwhile.
        raise NotThere
    kept, steps = _kept(traded, wanted, known_ns)
    return _cut(_joined(found, kept), wanted, steps)


def _index(traded: Traded, past: Past[Any], asker: Any) -> Generator[int, None, Index]:
    """The index, with all that memory has forgotten."""
    index = yield from past.index(asker, traded.kept.dropped_seq)
    if index is None or (traded.kept.is_partial and index.last_seq > traded.kept.dropped_seq):
        # Of a recording it may have what is yet to be shown.
        raise NotThere
    return index


def _kept(traded: Traded, wanted: Wanted, from_ns: int) -> tuple[list[Candle], int]:
    """Candles of what is in memory from a time on, and the steps; of the newest only as many as can matter."""
    base_ns = base_of(wanted.interval_ns).interval_ns
    found = [
        each
        for each in traded.since(max(wanted.begin_ns, from_ns), wanted.interval_ns)
        if each.start_ns < wanted.end_ns
    ]
    if wanted.newest:
        most = (wanted.limit + 2) * (wanted.interval_ns // base_ns)
        found = found[-most:]
    made = list(longer(found, wanted.interval_ns))
    return made, len(found) // _KEPT_PER_STEP


def _cut(candles: list[Candle], wanted: Wanted, steps: int) -> Page:
    more = len(candles) > wanted.limit
    chosen = candles[-wanted.limit :] if wanted.newest else candles[: wanted.limit]
    return Page(chosen, more, steps)


def _joined(earlier: list[Candle], later: list[Candle]) -> list[Candle]:
    """Candles of two times, one of which may have begun in the first and gone on in the second."""
    if earlier and later and earlier[-1].start_ns == later[0].start_ns:
        earlier[-1].join(later[0])
        later = later[1:]
    return earlier + later


# ── the index ──────────────────────────────────────────────────────────────────────────────────────────────────────

Found = Generator[int, None, list[Candle]]


def _last(index: Index, instrument: str, base: Base, wanted: Wanted) -> Found:
    """The last ones, more than are wanted if there are: the first of them may lack what is before it."""
    found: list[Candle] = []
    for part in reversed(index.parts_between(wanted.begin_ns, wanted.end_ns)):
        for span in reversed((yield from _spans(index, part, instrument, base, wanted))):
            found = _joined((yield from _part(index, part, (instrument, base, span), wanted)), found)
            if len(found) > wanted.limit:
                return found
    return found


def _first(index: Index, instrument: str, base: Base, wanted: Wanted) -> Found:
    """The first ones, more than are wanted if there are: the last of them may lack what is behind it."""
    found: list[Candle] = []
    for part in index.parts_between(wanted.begin_ns, wanted.end_ns):
        for span in (yield from _spans(index, part, instrument, base, wanted)):
            found = _joined(found, (yield from _part(index, part, (instrument, base, span), wanted)))
            if len(found) > wanted.limit:
                return found
    return found


def _spans(index: Index, part: int, instrument: str, base: Base, wanted: Wanted) -> Generator[int, None, list[int]]:
    """The spans of a part that may have some."""
    numbers = yield from _numbers(index, part, spans_key(instrument, base))
    first, behind = wanted.begin_ns // base.span_ns, -(-wanted.end_ns // base.span_ns)
    return [number for number in numbers if first <= number < behind]


def _part(index: Index, part: int, key: tuple[str, Base, int], wanted: Wanted) -> Found:
    """The candles of a span in a part, of the interval that is wanted."""
    instrument = key[0]
    numbers = yield from _numbers(index, part, part_key(*key))
    made = candles_of(instrument, numbers)
    yield len(made) * _CANDLE_STEPS
    return list(longer((each for each in made if wanted.begin_ns <= each.start_ns < wanted.end_ns), wanted.interval_ns))


def _numbers(index: Index, part: int, key: tuple[str, str]) -> Generator[int, None, list[int]]:
    """What stands under a key in a part."""
    looking = index.in_part(part, CANDLES, key)
    while True:
        try:
            next(looking)
        except StopIteration as done:
            found: list[int] = done.value
            yield LOOKUP_STEPS
            return found
        yield REPAIR_STEPS
