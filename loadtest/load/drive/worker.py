"""A generator: a process with its share of the connections. It is told what to do on standard input, see `pipe`."""

from __future__ import annotations

import asyncio
import gc
import os
import sys
import time
from collections.abc import Iterator
from typing import Final

import uvloop

from gateway.client.copies.book import LocalBook
from gateway.open_files import allow_open_files
from loadtest.load.drive import pipe
from loadtest.load.drive.connections import Line, Newcomer, Refused
from loadtest.load.drive.notes import Notes, keep
from loadtest.load.drive.pace import ClosedLoop, Pacer, in_order
from loadtest.load.drive.trader import Trader
from loadtest.load.drive.watcher import Asker, Watcher, quiet
from loadtest.load.plan.arrivals import Times, parse_arrivals, schedule_chunks
from loadtest.load.plan.mixes import Mix, parse_mix
from loadtest.load.plan.script import Script
from loadtest.load.plan.seats import Seat
from loadtest.load.plan.shapes import Piece, Shape, parse_shape

PULSE_S: Final = 1.0
AT_ONCE: Final = 32
"""Connections that are opened side by side."""
SPARE_FILES: Final = 64


class Worker:
    """All connections of one process, from the first handshake to the last goodbye."""

    def __init__(self, assignment: pipe.Assignment, reader: asyncio.StreamReader, out: asyncio.WriteTransport) -> None:
        self._assignment: Final = assignment
        self._reader: Final = reader
        self._out: Final = out
        self._notes: Final = Notes()
        mix = parse_mix(assignment.mix)
        self._traders: Final = [self._trader(plan, mix) for plan in assignment.seats]
        self._watchers: Final = [Watcher(plan, self._notes) for plan in assignment.watchers]

    def _trader(self, plan: pipe.SeatPlan, mix: Mix) -> Trader:
        assignment = self._assignment
        prefix = f"{assignment.prefix}{plan.number}."
        seat = Seat(plan.number, plan.participant, plan.accounts, tuple(assignment.instruments), prefix)
        return Trader(plan, Script(mix, seat, assignment.seed, assignment.warm_up_s + assignment.seconds), self._notes)

    def tell(self, message: pipe.Up) -> None:
        """Send a message to the command."""
        self._out.write(pipe.frame(message))

    async def connect(self) -> None:
        """Open all connections, and say how many were let in."""
        limit = asyncio.Semaphore(AT_ONCE)
        refused: list[str] = []

        async def join(line: Line) -> None:
            async with limit:
                try:
                    await line.join(self._assignment.url)
                except Refused as error:
                    line.is_lost = True
                    refused.append(str(error))

        lines: list[Line] = [*self._traders, *self._watchers]
        await asyncio.gather(*(join(line) for line in lines))
        detail = refused[0] if refused else ""
        self.tell(pipe.Ready(connected=len(lines) - len(refused), refused=len(refused), detail=detail))

    async def run(self, start: pipe.Start) -> None:
        """Send all that is due, wait for the replies, and say what did not add up."""
        notes, assignment = self._notes, self._assignment
        notes.wall_offset_ns = time.time_ns() - time.perf_counter_ns()
        notes.start_ns = start.at_ns - notes.wall_offset_ns
        gc.collect()
        gc.freeze()
        gc.disable()
        pulses = asyncio.create_task(self._pulses())
        seconds = assignment.warm_up_s + assignment.seconds
        pacer: Pacer | ClosedLoop
        if not self._traders:
            await asyncio.sleep(max(0.0, (notes.start_ns - time.perf_counter_ns()) / 1e9 + seconds))
            asked = 0
        else:
            if assignment.window:
                await asyncio.sleep(max(0.0, (notes.start_ns - time.perf_counter_ns()) / 1e9))
                pacer = ClosedLoop(self._traders, assignment.window, seconds, notes)
            else:
                pacer = Pacer(
                    self._traders, in_order([*map(self._schedule, assignment.seats)]), notes, assignment.delay_ns
                )
            pacer.begin()
            await pacer.done
            asked = pacer.asked
        await self._drain()
        pulses.cancel()
        self.tell(notes.take())
        self._report(asked)

    def _schedule(self, plan: pipe.SeatPlan) -> Iterator[Times]:
        """The due times of one connection."""
        assignment = self._assignment
        shape = warmed(parse_shape(assignment.shape, assignment.rate, assignment.seconds), assignment.warm_up_s)
        return schedule_chunks(
            parse_arrivals(assignment.arrivals),
            shape,
            seed=assignment.seed,
            connection=plan.number,
            connections=assignment.connections,
        )

    async def _pulses(self) -> None:
        notes = self._notes
        await asyncio.sleep(max(0.0, (notes.start_ns - time.perf_counter_ns()) / 1e9))
        for second in range(1, sys.maxsize):
            until_ns = notes.start_ns + int(second * PULSE_S * 1e9)
            await asyncio.sleep(max(0.0, (until_ns - time.perf_counter_ns()) / 1e9))
            if self._reader.at_eof():
                # The command was killed: nobody waits for this, and the venue is not to be loaded for nothing.
                os._exit(1)
            self.tell(notes.pulse())
            if notes.is_much:
                self.tell(notes.take())

    async def _drain(self) -> None:
        deadline = time.monotonic() + self._assignment.drain_s
        # Looked at now and then: an event would cost each reply of the run something.
        while time.monotonic() < deadline and not all(trader.is_idle for trader in self._traders):  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        await quiet(self._watchers)

    def _report(self, asked: int) -> None:
        traders, notes = self._traders, self._notes
        self.tell(
            pipe.Drained(
                asked=asked,
                unsent=sum(trader.unsent for trader in traders),
                unanswered=sum(len(trader.pending) for trader in traders),
                doubled=sum(trader.doubled for trader in traders),
                report_gaps=notes.report_gaps,
                market_gaps=notes.market_gaps,
                sequenced=sum(trader.sequenced for trader in traders),
                lost=notes.lost,
            )
        )

    async def settle(self) -> None:
        """Compare the last reports with what the venue says now, and rebuild the books that were kept."""
        await quiet(self._watchers)
        accounts, account_problems = await self._compare_accounts()
        await self._compare_channels()
        books: dict[str, LocalBook] = {}
        book_problems: list[str] = []
        updates = 0
        for watcher in self._watchers:
            if watcher.kept is not None:
                updates = watcher.updates
                books, book_problems = await watcher.rebuild()
        self.tell(
            pipe.Settled(
                accounts=accounts,
                account_problems=account_problems,
                books={
                    name: (book.seq, list(book.written("buy")), list(book.written("sell")))
                    for name, book in sorted(books.items())
                },
                updates=updates,
                book_problems=book_problems,
                market_gaps=self._notes.market_gaps,
            )
        )

    async def _compare_channels(self) -> None:
        """Subscribe anew: the last messages that others were sent are those that each watcher received."""
        topics = list(dict.fromkeys(topic for watcher in self._watchers for topic in watcher.plan.topics))
        interval = next((watcher.plan.interval for watcher in self._watchers if watcher.plan.interval), "")
        if not topics:
            return
        asker = Asker()
        try:
            latest = await asker.ask(self._assignment.url, topics, interval)
        except Refused as error:
            keep(self._notes.market_gaps, f"a fresh connection was refused: {error}")
            return
        finally:
            asker.leave()
        for watcher in self._watchers:
            if watcher.is_lost:
                keep(self._notes.market_gaps, "a connection that listens was refused or lost")
            else:
                watcher.compare(latest)

    async def _compare_accounts(self) -> tuple[int, list[str]]:
        """Log in anew as each participant: the numbers of the last reports are those that were received."""
        problems: list[str] = []
        compared: set[str] = set()
        by_participant = {trader.plan.participant: trader for trader in self._traders if not trader.is_lost}
        for trader in by_participant.values():
            fresh = Newcomer()
            try:
                hello = await fresh.open(self._assignment.url, trader.plan.address)
                accounts = await fresh.log_in(hello, trader.plan.participant, trader.plan.key)
            except Refused as error:
                keep(problems, f"a fresh login was refused: {error}")
                break
            finally:
                fresh.leave()
            for account, seq in accounts.items():
                compared.add(account)
                received = trader.last_seqs.get(account, 0)
                if received != seq:
                    keep(problems, f"{account}: the venue is at report {seq}, received was {received}")
        return len(compared), problems

    async def finish(self) -> None:
        """Cancel what rests, and close all connections."""
        before = sum(trader.sequenced for trader in self._traders)
        for trader in self._traders:
            trader.answered_one = None
            if not trader.is_lost:
                trader.clear()
        await self._drain()
        sequenced = sum(trader.sequenced for trader in self._traders) - before
        lines: list[Line] = [*self._traders, *self._watchers]
        for line in lines:
            line.is_up = False
            line.leave()
        self.tell(pipe.Finished(sequenced=sequenced))


def warmed(shape: Shape, warm_up_s: float) -> Shape:
    """A shape after a warm-up at the rate with which it begins."""
    if not warm_up_s:
        return shape
    first = shape.pieces[0].rate or shape.mean_rate
    later = (Piece(each.start_s + warm_up_s, each.end_s + warm_up_s, each.rate, each.rate_to) for each in shape.pieces)
    return Shape(shape.name, (Piece(0.0, warm_up_s, first, first), *later), shape.description)


async def work() -> None:
    """Do what is said on standard input, until it ends."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=2**30)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    out, _ = await loop.connect_write_pipe(asyncio.BaseProtocol, sys.stdout)
    try:
        assignment = await pipe.read_down(reader)
        assert isinstance(assignment, pipe.Assignment)
        if assignment.cores:
            os.sched_setaffinity(0, assignment.cores)
        allow_open_files(len(assignment.seats) + len(assignment.watchers) + SPARE_FILES)
        worker = Worker(assignment, reader, out)
        await worker.connect()
        while True:
            match await pipe.read_down(reader):
                case pipe.Start() as start:
                    await worker.run(start)
                case pipe.Settle():
                    await worker.settle()
                case _:
                    await worker.finish()
                    break
    except pipe.PipeClosed:
        # The command is gone; so are we.
        return
    except Exception as error:  # noqa: BLE001 - whatever it is, the command must be told
        out.write(pipe.frame(pipe.Failed(reason=f"{type(error).__name__}: {error}")))
    out.close()
    await asyncio.sleep(0.05)


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(work())
