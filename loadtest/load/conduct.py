"""One run: generators started, told their parts, let go at the same moment, and asked what they noted."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from typing import Final, TypeVar

from gateway.client import ClientError, connect
from gateway.protocol import messages as m
from loadtest.load.checks import client_checks, compare_books
from loadtest.load.drive import pipe
from loadtest.load.drive.gathering import Gathering
from loadtest.load.judge import generator_of, limit_of
from loadtest.load.plan.mixes import Control, Mix, Subscribers
from loadtest.load.results.result import Check, Run, Sample
from loadtest.load.sampling import Sampler
from loadtest.load.target import KEYS, OPERATOR, LoadError, Target
from loadtest.load.words import Pause

LEAD_NS: Final = 300_000_000
"""Between the word and the start: all generators have it by then."""
START_TIMEOUT_S: Final = 120.0
SETTLE_TIMEOUT_S: Final = 300.0
SETTLE_AFTER_S: Final = 1.5
"""After the end: machines that share a load look at the venue when all are through, and cancel when all have looked."""
LEAVE_AFTER_S: Final = 4.0
PIPE_BYTES: Final = 2**30
GENERATOR: Final = (sys.executable, "-P", "-m", "loadtest.load.drive.worker")

Progress = Callable[[int, pipe.Pulse], None]
"""Called with the number of a generator and how it goes."""
M = TypeVar("M")


@dataclass(frozen=True)
class Order:
    """What one run does."""

    mix: Mix
    shape: str
    rate: float
    seconds: float
    warm_up_s: float
    arrivals: str
    seed: int
    connections: int
    processes: int = 1
    subscribers: Subscribers | None = None
    """Connections that only listen."""
    keeps_books: bool = True
    window: int = 0
    delay_ns: int = 0
    drain_s: float = 10.0
    pause: Pause | None = None
    share: tuple[int, int] | None = None
    cores: tuple[int, ...] = ()
    """Of the generators; none: all."""

    @property
    def is_first(self) -> bool:
        """Whether this machine does what only one does: the first of several, or the only one."""
        return self.share is None or self.share[0] == 1

    def at(self, rate: float) -> Order:
        """The same at a constant rate."""
        return replace(self, shape="constant", rate=rate)


class _Generator:
    """One process, and what it said last."""

    def __init__(self, number: int, process: asyncio.subprocess.Process) -> None:
        self.number: Final = number
        self._process: Final = process
        assert process.stdin is not None and process.stdout is not None
        self._in: Final = process.stdin
        self._out: Final = process.stdout

    def tell(self, message: pipe.Down) -> None:
        """Tell it something."""
        self._in.write(pipe.frame(message))

    async def hear(self) -> pipe.Up:
        """What it says next. Raises `LoadError` if it can't go on, or is gone."""
        try:
            message = await pipe.read_up(self._out)
        except pipe.PipeClosed as error:
            status = await self._process.wait()
            raise LoadError(f"a generator ended by itself, with status {status}") from error
        if isinstance(message, pipe.Failed):
            raise LoadError(f"a generator failed: {message.reason}")
        return message

    async def expect(self, kind: type[M], timeout_s: float) -> M:
        """What it says next, which must be of a kind. Raises `LoadError`."""
        try:
            message = await asyncio.wait_for(self.hear(), timeout_s)
        except TimeoutError as error:
            raise LoadError(f"a generator said nothing for {timeout_s:.0f} s") from error
        assert isinstance(message, kind), message
        return message


async def conduct(order: Order, target: Target, progress: Progress, start_at_ns: int | None = None) -> Run:
    """Load a venue once.

    Args:
        order: what to send.
        target: to whom.
        progress: called about once a second.
        start_at_ns: begin then, nanoseconds since the epoch; None: at once.

    Raises:
        LoadError: a generator, or the venue, broke off.
    """
    assignments = _assignments(order, target)
    gathering = Gathering(order.seconds, order.warm_up_s)
    async with _generators(len(assignments)) as generators:
        for generator, assignment in zip(generators, assignments, strict=True):
            generator.tell(assignment)
        ready = await _all(generators, pipe.Ready, START_TIMEOUT_S)
        if not sum(each.connected for each in ready):
            raise LoadError(f"the venue let no connection in: {next((each.detail for each in ready), '')}")
        start_ns = max(start_at_ns or 0, time.time_ns() + LEAD_NS)
        if start_at_ns is not None and start_ns > start_at_ns:
            raise LoadError("the start time is over: the connections were not up in time; state a later one")
        for generator in generators:
            generator.tell(pipe.Start(at_ns=start_ns))
        sampler = Sampler(target.metrics_url, target.pid)
        beside = _controls(order, target, start_ns)
        sampling = asyncio.create_task(sampler.run(start_ns))
        try:
            drained = await asyncio.gather(*(_follow(each, gathering, progress) for each in generators))
            # What is due at the very end comes after the last request.
            await asyncio.gather(*beside)
        except ClientError as error:
            raise LoadError(f"what the operator does in this mix failed: {error}") from error
        finally:
            for task in (sampling, *beside):
                task.cancel()
            await asyncio.gather(sampling, *beside, return_exceptions=True)
        await _together(order, start_ns, SETTLE_AFTER_S)
        for generator in generators:
            generator.tell(pipe.Settle())
        settled = await _all(generators, pipe.Settled, SETTLE_TIMEOUT_S)
        kept = [each.instrument for each in target.instruments] if _keeps_books(order) else []
        books = await compare_books(target.facts.url, settled, kept)
        await _together(order, start_ns, LEAVE_AFTER_S)
        for generator in generators:
            generator.tell(pipe.Finish())
        finished = await _all(generators, pipe.Finished, SETTLE_TIMEOUT_S)
    target.expected_sequenced += sum(each.sequenced for each in drained) + sum(each.sequenced for each in finished)
    checks = client_checks(drained, settled)
    if order.is_first:
        # Of several machines one keeps the books, for all.
        checks.append(books)
    return _run(order, _Found(start_ns, gathering, sampler.samples(), ready, drained, checks))


async def _follow(generator: _Generator, gathering: Gathering, progress: Progress) -> pipe.Drained:
    """Take in what a generator notes until it is through."""
    while True:
        message = await generator.hear()
        if isinstance(message, pipe.Drained):
            return message
        if isinstance(message, pipe.Pulse):
            progress(generator.number, message)
        else:
            assert isinstance(message, pipe.Chunk), message
            gathering.add(generator.number, message)


async def _all(generators: Sequence[_Generator], kind: type[M], timeout_s: float) -> list[M]:
    return list(await asyncio.gather(*(each.expect(kind, timeout_s) for each in generators)))


@asynccontextmanager
async def _generators(count: int) -> AsyncIterator[list[_Generator]]:
    """Start processes; they are gone afterwards."""
    processes: list[asyncio.subprocess.Process] = []

    async def start() -> None:
        processes.append(
            await asyncio.create_subprocess_exec(
                *GENERATOR, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=PIPE_BYTES
            )
        )

    try:
        await asyncio.gather(*(start() for _ in range(count)))
        yield [_Generator(number, process) for number, process in enumerate(processes)]
    finally:
        for process in processes:
            if process.returncode is None:
                # It ends by itself when its pipe does; one that hangs does not.
                with suppress(ProcessLookupError):
                    process.kill()
            await process.wait()


def _assignments(order: Order, target: Target) -> list[pipe.Assignment]:
    """Who does what: seats and watchers dealt to the processes in turn, those of this machine's share only."""
    run = target.next_run()
    # Each run begins with other participants: what a day bounds for each of them is spread over all.
    seats = target.seats(order.connections, (run - 1) * order.connections)
    share, shares = order.share or (1, 1)
    seats = [seat for seat in seats if seat.number % shares == share - 1]
    watchers: list[pipe.WatcherPlan] = []
    if _keeps_books(order):
        topics = [("book", each.instrument) for each in target.instruments]
        watchers.append(pipe.WatcherPlan(topics, keeps_books=True))
    watchers += [each for number, each in enumerate(_watchers(order, target)) if number % shares == share - 1]
    prefix = f"{order.seed:x}{time.time_ns() // 1_000_000_000 & 0xFFFFFF:x}{run:x}-"
    return [
        pipe.Assignment(
            url=target.facts.url,
            mix=order.mix.text,
            shape=order.shape,
            arrivals=order.arrivals,
            seed=order.seed,
            prefix=prefix,
            connections=order.connections,
            rate=order.rate,
            seconds=order.seconds,
            warm_up_s=order.warm_up_s,
            instruments=target.instruments,
            seats=seats[number :: order.processes],
            watchers=watchers[number :: order.processes],
            window=order.window,
            delay_ns=order.delay_ns,
            drain_s=order.drain_s,
            cores=list(order.cores),
        )
        for number in range(order.processes)
    ]


def _keeps_books(order: Order) -> bool:
    """Whether a connection of this machine takes all books."""
    return order.keeps_books and order.is_first


def _watchers(order: Order, target: Target) -> list[pipe.WatcherPlan]:
    """Who only listens: each to as many instruments, on in turn from where the one before began."""
    listening = order.subscribers
    if listening is None:
        return []
    names = [each.instrument for each in order.mix.traded(target.instruments)]
    count = min(listening.instruments, len(names))
    return [
        pipe.WatcherPlan(
            [
                (channel, names[(number * count + place) % len(names)])
                for channel in listening.channels
                for place in range(count)
            ],
            address=target.address(order.connections + number),
            interval=listening.interval,
        )
        for number in range(listening.connections)
    ]


def _controls(order: Order, target: Target, start_ns: int) -> list[asyncio.Task[None]]:
    """What happens beside the load: the operator's part of the mix, and a pause on purpose."""
    tasks: list[asyncio.Task[None]] = []
    controls = order.mix.controls(order.warm_up_s + order.seconds, target.instruments)
    if controls and order.is_first:
        tasks.append(asyncio.create_task(_operate(controls, target, start_ns)))
    if order.pause is not None:
        assert target.pid is not None
        tasks.append(
            asyncio.create_task(_stop_for_a_while(order.pause, target.pid, start_ns + round(order.warm_up_s * 1e9)))
        )
    return tasks


async def _operate(controls: Sequence[Control], target: Target, start_ns: int) -> None:
    """Send what the operator does, each at its time."""
    key = target.directory / KEYS / f"{OPERATOR}.pem"
    if not key.exists():
        raise LoadError(f"this mix has the operator act, whose key {key} is not there")
    async with connect(target.facts.url, OPERATOR, key) as client:
        for control in controls:
            await _until(start_ns + round(control.at_s * 1e9))
            # By a name of the mix file: the venue says if there is no such command.
            request = m.Admin(id=client.next_id(), command=control.command, arguments={**control.arguments})
            await client.request(request, m.Done)


async def _stop_for_a_while(pause: Pause, pid: int, begin_ns: int) -> None:
    """Let the venue's process stand still, as a machine that swaps or a guest that is moved would."""
    await _until(begin_ns + round(pause.at_s * 1e9))
    os.kill(pid, signal.SIGSTOP)
    try:
        await asyncio.sleep(pause.seconds)
    finally:
        os.kill(pid, signal.SIGCONT)


async def _together(order: Order, start_ns: int, after_s: float) -> None:
    """Wait for the other machines, if there are any."""
    if order.share is not None and order.share[1] > 1:
        await _until(start_ns + round((order.warm_up_s + order.seconds + after_s) * 1e9))


async def _until(wall_ns: int) -> None:
    await asyncio.sleep(max(0.0, (wall_ns - time.time_ns()) / 1e9))


@dataclass(frozen=True)
class _Found:
    """What is known when a run is over."""

    start_ns: int
    gathering: Gathering
    samples: list[Sample]
    ready: Sequence[pipe.Ready]
    drained: Sequence[pipe.Drained]
    checks: list[Check]


def _run(order: Order, found: _Found) -> Run:
    """All figures of a run."""
    gathering = found.gathering
    listening = order.subscribers.connections if order.subscribers is not None else 0
    generator = generator_of(order.processes, order.connections, listening, gathering)
    within = [each for each in found.samples if order.warm_up_s < each.at_s <= order.warm_up_s + order.seconds + 0.5]
    limit, limit_detail = limit_of(generator, within, gathering)
    return Run(
        started_at=found.start_ns,
        seconds=order.seconds,
        rate_asked=gathering.requests / order.seconds,
        rate_done=gathering.received / order.seconds,
        requests=gathering.requests,
        answered=gathering.answered,
        refused=dict(gathering.refused.most_common()),
        fills=gathering.fills,
        delivered=gathering.delivered,
        delivered_per_second=gathering.delivered / order.seconds,
        connections_refused=sum(each.refused for each in found.ready),
        connections_lost=sum(each.lost for each in found.drained),
        measured=gathering.measured(),
        timeline=gathering.timeline(),
        samples=found.samples,
        generator=generator,
        checks=found.checks,
        limit=limit,
        limit_detail=limit_detail,
    )
