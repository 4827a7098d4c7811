"""What was traded lately: candles in memory, those of an instrument and those of a venue together; and the figures of 24 hours.

Seconds and minutes are kept; all longer candles are made of them when somebody asks. So a trade costs the same, whatever is
told of it: it is added to the running second. That is added to the running minute when a trade of another second comes.

Minutes are there for 24 hours, seconds for an hour of those in which something traded. `MAX_KEPT_MINUTES` and
`MAX_KEPT_SECONDS` bound them over the venue: beyond, the oldest go first, whoever's they are.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from collections.abc import Iterable, Sequence
from heapq import heappop, heappush
from typing import Any, Final

from engine.vocabulary.limits import NS_PER_DAY
from gateway.candles.candle import Candle, unpacked
from gateway.candles.intervals import MINUTE_NS, SECOND_NS, start_of, window_start
from gateway.candles.running import Running

MAX_KEPT_MINUTES: Final = 500_000
"""Of the venue: some 330 bytes each interpreted, 170 MB: 347 instruments that trade in every minute of a day."""
MAX_KEPT_SECONDS_PER_INSTRUMENT: Final = 3_600
MAX_KEPT_SECONDS: Final = 200_000
"""Of the venue: what the last candles of less than a minute are made of without the journal. 70 MB."""

FOR_EVER: Final = 2**63
"""After any time."""

State = tuple[Any, ...]


class KeptCandles:
    """What is kept over all instruments of a venue."""

    def __init__(self) -> None:
        self.time_ns = 0
        """The venue's time as far as it was told."""
        self.from_ns = 0
        """From when on the figures of 24 hours know all; 0: from the first day on."""
        self.complete_ns = 0
        """Before that no candle is known here; 0: likewise."""
        self.dropped_seq = 0
        """The last command of whose trades a candle is kept no more."""
        self._minutes: Final[deque[tuple[int, Traded]]] = deque()
        """When each began that is kept, the oldest first."""
        self._seconds: Final[deque[tuple[int, Traded]]] = deque()
        """Likewise of closed ones; some may be gone by themselves."""
        self._ends: Final[list[tuple[int, int, Running, Traded]]] = []
        """When followed candles are over, a heap; the number tells apart those that end together."""
        self._awaited = 0
        self._next_ns = FOR_EVER
        """When the first minute leaves the 24 hours, or the first followed candle is over: until then there is nothing to do."""

    @property
    def minutes(self) -> int:
        """How many are kept."""
        return len(self._minutes)

    @property
    def seconds(self) -> int:
        """How many are kept at most."""
        return len(self._seconds)

    @property
    def is_partial(self) -> bool:
        """Whether what is traded now is known in part alone: after a start from a snapshot that knew no candles, to the end of a minute."""
        return self.time_ns < self.complete_ns

    @property
    def is_behind(self) -> bool:
        """Whether there are minutes that are no longer within 24 hours, or followed candles that are over."""
        return self.time_ns >= self._next_ns

    def reach(self, time_ns: int, seq: int = 0) -> None:
        """The venue's time is that now, if it was earlier, with command `seq`; 0: with none."""
        self.time_ns = max(self.time_ns, time_ns)
        if time_ns < self.complete_ns:
            # What it trades is known here in part alone.
            self.dropped_seq = max(self.dropped_seq, seq)

    def restore(self, everything: Iterable[Traded], seq: int, time_ns: int, from_ns: int) -> None:
        """Keep what was made again from a snapshot.

        Args:
            everything: of all instruments.
            seq: of the last command.
            time_ns: its time.
            from_ns: as the field of this name was; that time, if the snapshot knew no candles.
        """
        self.time_ns, self.from_ns, self.dropped_seq = time_ns, from_ns, seq
        self.complete_ns = start_of(from_ns, MINUTE_NS) + MINUTE_NS if from_ns else 0
        begun = [(start_ns, place, each) for place, each in enumerate(everything) for start_ns in each.begun_minutes()]
        self._minutes.extend((start_ns, each) for start_ns, _, each in sorted(begun, key=_when))
        self._look_ahead()

    def _look_ahead(self) -> None:
        """Note when something is to be done."""
        self._next_ns = min(
            self._minutes[0][0] + MINUTE_NS + NS_PER_DAY if self._minutes else FOR_EVER,
            self._ends[0][0] if self._ends else FOR_EVER,
        )

    def begun(self, start_ns: int, traded: Traded) -> None:
        """Count a minute that begins; no earlier one comes."""
        self._minutes.append((start_ns, traded))
        if len(self._minutes) == 1:
            self._look_ahead()
        elif len(self._minutes) > MAX_KEPT_MINUTES:
            # All that began together, so that it does not matter in which order they came.
            oldest_ns = self._minutes[0][0]
            self.from_ns = oldest_ns + MINUTE_NS
            while self._minutes and self._minutes[0][0] <= oldest_ns:
                self._minutes.popleft()[1].expire(self.from_ns)

    def closed(self, start_ns: int, traded: Traded) -> None:
        """Count a second that is over; no earlier one comes."""
        self._seconds.append((start_ns, traded))
        if len(self._seconds) > MAX_KEPT_SECONDS:
            oldest_ns, oldest = self._seconds.popleft()
            oldest.forget(oldest_ns)

    def await_end(self, running: Running, traded: Traded) -> None:
        """Have `roll` tell of an instrument when a candle of it is over that somebody follows."""
        if running.candle is not None and not running.is_awaited:
            running.is_awaited = True
            self._awaited += 1
            end_ns = running.candle.start_ns + running.interval_ns
            heappush(self._ends, (end_ns, self._awaited, running, traded))
            self._next_ns = min(self._next_ns, end_ns)

    def roll(self, at_most: int) -> list[Traded]:
        """Let minutes go that are no longer within 24 hours, and candles be over; so many at most of each. Called again while it `is_behind`.

        Returns:
            Of which instruments.
        """
        if self.time_ns < self._next_ns:
            return []
        begin_ns = window_start(self.time_ns)
        minutes, ends = self._minutes, self._ends
        found: list[Traded] = []
        while minutes and minutes[0][0] < begin_ns and len(found) < at_most:
            _, traded = minutes.popleft()
            traded.expire(begin_ns)
            found.append(traded)
        most = len(found) + at_most
        while ends and ends[0][0] <= self.time_ns and len(found) < most:
            _, _, running, traded = heappop(ends)
            running.is_awaited = False
            found.append(traded)
        self._look_ahead()
        return found


class Traded:
    """What was traded of one instrument."""

    def __init__(self, instrument: str, kept: KeptCandles) -> None:
        self.instrument: Final = instrument
        self.trades = 0
        """Since the venue's first day."""
        self.changes = 0
        """How often the figures changed that `ticker` tells of trades and marks: by each, and by each minute that left them."""
        self.last_ticks = 0
        """The price of the last trade; 0: nothing has traded yet."""
        self.last_ns = 0
        """When that was."""
        self.changed_ns = 0
        """When the figures changed last."""
        self.second: Candle | None = None
        """The last one in which something traded, be it over or not."""
        self.minute: Candle | None = None
        """Likewise, without what is in that second."""
        self.minutes: Final[deque[Candle]] = deque()
        """Those before it, within 24 hours."""
        self.seconds: Final[deque[Candle]] = deque()
        """Those before `second`, lately."""
        self.seconds_from_ns = 0
        """From when on all seconds are kept."""
        self.minutes_from_ns = 0
        """From when on all minutes are kept."""
        self.kept: Final = kept
        self.followed: Final[list[Running]] = []
        """Candles that somebody follows."""
        self._end_ns = 0
        """When `second` is over."""
        self._lots = self._tick_lots = self._trades = 0
        """Of `minutes`."""
        self._highs: Final[deque[Candle]] = deque()
        """Of `minutes`: each that is higher than all behind it."""
        self._lows: Final[deque[Candle]] = deque()

    def add(self, price_ticks: int, lots: int, time_ns: int, seq: int) -> None:
        """Take in a trade. Times never decrease. O(1)."""
        second = self.second
        if second is None or time_ns >= self._end_ns:
            second = self._begin(price_ticks, time_ns, seq)
        second.add(price_ticks, lots, seq)
        self.trades += 1
        self.changes += 1
        self.last_ticks = price_ticks
        self.last_ns = self.changed_ns = time_ns
        if self.followed:
            trade = time_ns, price_ticks, lots, seq, self.instrument
            for running in self.followed:
                running.add(trade, self.trades)

    def marked(self, time_ns: int) -> None:
        """A future was marked: that is told beside what was traded."""
        self.changes += 1
        self.changed_ns = time_ns

    def _begin(self, price_ticks: int, time_ns: int, seq: int) -> Candle:
        """Begin another second, and perhaps minute."""
        self._close_second()
        start_ns = start_of(time_ns, SECOND_NS)
        begun_ns = start_of(time_ns, MINUTE_NS)
        minute = self.minute
        if minute is None or minute.start_ns != begun_ns:
            self._close_minute()
            self.minute = None
            self.kept.begun(begun_ns, self)
        self._end_ns = start_ns + SECOND_NS
        self.second = second = Candle(self.instrument, start_ns, price_ticks, seq)
        return second

    def _close_second(self) -> None:
        second = self.second
        if second is None:
            return
        self.second = None
        if self.minute is None:
            self.minute = second.within(MINUTE_NS)
        else:
            self.minute.join(second)
        seconds = self.seconds
        seconds.append(second)
        if len(seconds) > MAX_KEPT_SECONDS_PER_INSTRUMENT:
            self.forget(seconds[0].start_ns)
        self.kept.closed(second.start_ns, self)

    def _close_minute(self) -> None:
        minute = self.minute
        if minute is None:
            return
        self.minute = None
        self._keep(minute)

    def _keep(self, minute: Candle) -> None:
        self.minutes.append(minute)
        self._lots += minute.volume_lots
        self._tick_lots += minute.tick_lots
        self._trades += minute.trades
        highs, lows = self._highs, self._lows
        while highs and highs[-1].high <= minute.high:
            highs.pop()
        highs.append(minute)
        while lows and lows[-1].low >= minute.low:
            lows.pop()
        lows.append(minute)

    def expire(self, begin_ns: int) -> None:
        """Forget the minutes that began earlier. Amortised O(1)."""
        running = self.minute or self.second
        if running is not None and start_of(running.start_ns, MINUTE_NS) < begin_ns:
            self._close_second()
            self._close_minute()
        minutes, highs, lows = self.minutes, self._highs, self._lows
        while minutes and minutes[0].start_ns < begin_ns:
            gone = minutes.popleft()
            self._lots -= gone.volume_lots
            self._tick_lots -= gone.tick_lots
            self._trades -= gone.trades
            if highs[0] is gone:
                highs.popleft()
            if lows[0] is gone:
                lows.popleft()
            self.changes += 1
            left_ns = min(gone.start_ns + MINUTE_NS + NS_PER_DAY, self.kept.time_ns)
            self.changed_ns = max(self.changed_ns, left_ns)
            self.minutes_from_ns = gone.start_ns + MINUTE_NS
            self._note(gone)

    def forget(self, start_ns: int) -> None:
        """Forget the oldest second, if it is the one that began then."""
        if self.seconds and self.seconds[0].start_ns == start_ns:
            gone = self.seconds.popleft()
            self.seconds_from_ns = gone.start_ns + SECOND_NS
            self._note(gone)

    def _note(self, gone: Candle) -> None:
        self.kept.dropped_seq = max(self.kept.dropped_seq, gone.last_seq)

    def day(self) -> Candle | None:
        """All that traded in the 24 hours as one candle; its start is that of the first minute. None: nothing did. O(1)."""
        found: Candle | None = None
        if self.minutes:
            first = self.minutes[0]
            found = Candle(self.instrument, first.start_ns, first.open, first.first_seq)
            found.high, found.low = self._highs[0].high, self._lows[0].low
            found.close, found.last_seq = self.minutes[-1].close, self.minutes[-1].last_seq
            found.volume_lots, found.tick_lots, found.trades = self._lots, self._tick_lots, self._trades
        for running in (self.minute, self.second):
            if running is None:
                continue
            if found is None:
                found = running.within(MINUTE_NS)
            else:
                found.join(running)
        return found

    # ── longer candles ─────────────────────────────────────────────────────────────────────────────────────────────

    def is_made_of_minutes(self, interval_ns: int) -> bool:
        """Whether candles of an interval are made of minutes, else of seconds."""
        return interval_ns >= MINUTE_NS

    def from_ns(self, interval_ns: int) -> int:
        """From when on all is kept of which candles of an interval are made."""
        from_ns = self.minutes_from_ns if self.is_made_of_minutes(interval_ns) else self.seconds_from_ns
        return max(from_ns, self.kept.complete_ns)

    def since(self, begin_ns: int, interval_ns: int) -> list[Candle]:
        """What is kept of which candles of an interval are made, from a time on, in order. O(kept).

        The last one is a running one: it is not to be held beyond the turn.
        """
        if not self.is_made_of_minutes(interval_ns):
            found = list(self.seconds)
            if self.second is not None:
                found.append(self.second)
        else:
            found = list(self.minutes)
            running: Candle | None = None
            for each in (self.minute, self.second):
                if each is not None:
                    if running is None:
                        running = each.within(MINUTE_NS)
                    else:
                        running.join(each)
            if running is not None:
                found.append(running)
        return found[bisect_left(found, begin_ns, key=_start) :]

    # ── snapshots ──────────────────────────────────────────────────────────────────────────────────────────────────

    def state(self) -> State:
        """What a snapshot keeps of it: all but seconds, which the journal has. O(minutes)."""
        return (
            self.trades,
            self.changes,
            self.last_ticks,
            self.last_ns,
            self.changed_ns,
            self.minutes_from_ns,
            None if self.second is None else self.second.packed(),
            None if self.minute is None else self.minute.packed(),
            [each.packed() for each in self.minutes],
        )

    def restore(self, state: Sequence[Any]) -> None:
        """Be as it was. `KeptCandles.restored` is to be called when all are."""
        self.trades, self.changes, self.last_ticks, self.last_ns, self.changed_ns, self.minutes_from_ns = state[:6]
        second, minute, minutes = state[6:9]
        for each in minutes:
            self._keep(unpacked(self.instrument, each))
        self.minute = None if minute is None else unpacked(self.instrument, minute)
        self.second = None if second is None else unpacked(self.instrument, second)
        if self.second is not None:
            self._end_ns = self.second.start_ns + SECOND_NS
        self.seconds_from_ns = start_of(self.last_ns, SECOND_NS)
        if self.second is None and self.last_ns:
            self.seconds_from_ns += SECOND_NS

    def begin(self, last_ticks: int, changes: int, last_ns: int) -> None:
        """Go on from a snapshot that knew no candles: what traded before is not known."""
        self.last_ticks, self.changes = last_ticks, changes
        self.last_ns = self.changed_ns = last_ns

    def begun_minutes(self) -> list[int]:
        """When each of its minutes began that is kept, the running one too."""
        found = [each.start_ns for each in self.minutes]
        running = self.minute or self.second
        if running is not None:
            found.append(start_of(running.start_ns, MINUTE_NS))
        return found


def _start(candle: Candle) -> int:
    return candle.start_ns


def _when(begun: tuple[int, int, Traded]) -> tuple[int, int]:
    return begun[0], begun[1]
