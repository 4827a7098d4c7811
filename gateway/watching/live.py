"""A venue that is watched while it trades: a client like any other, of public data, and of the drop copy where the key has the right to it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from decimal import Decimal
from itertools import islice
from typing import Any, Final

import msgspec

from gateway.client import Client, ClientError, LocalBook, RequestFailed, RequestTimedOut, Stream, Ticker, Trade
from gateway.near import instead
from gateway.protocol import messages as m
from gateway.reporting.tables.times import moscow_time
from gateway.watching.scene import (
    MAX_LEVELS,
    MAX_MARKETS,
    BookSeen,
    Fate,
    Level,
    Market,
    Printed,
    Recent,
    Scene,
    Verdict,
    around,
)
from gateway.watching.view import CLOCK_SECONDS, Refused

FIRST_SECONDS: Final = 10.0
"""How long a venue may take until it has told its state."""


class LiveView:
    """A venue that is watched. Made by `watching`."""

    def __init__(self, client: Client, chosen: str = "") -> None:
        self.chosen = chosen
        self.recent: Final = Recent()
        self.notes: Final[list[str]] = []
        self._client: Final = client
        self._markets: Final[dict[str, Market]] = {}
        """Those that are followed, in the venue's order."""
        self._untold: Final[dict[tuple[str, str], None]] = {}
        """Channels of which nothing came yet."""
        self._told: Final = asyncio.Event()
        self._books: Final[dict[str, LocalBook]] = {}
        """Of instruments that were chosen once."""
        self._streams: Final[list[Stream[Any]]] = []
        self._tasks: Final[list[asyncio.Task[None]]] = []
        self._seq: int | None = None
        self._time_ns: int | None = None
        self._frozen: Scene | None = None

    async def start(self) -> None:
        """Subscribe to everything, and wait for what the venue has to tell of its state.

        Raises:
            Refused: there is no such instrument.
            ClientError: the venue can't be watched.
        """
        self._at(self._client.hello.time)
        listed = await self._client.instruments()
        if self.chosen and self.chosen not in listed:
            raise Refused(f"the venue has no instrument {self.chosen}{instead(self.chosen, listed)}")
        self.chosen = self.chosen or next(iter(listed), "")
        names = around(listed, self.chosen, MAX_MARKETS)
        if len(names) < len(listed):
            self.notes.append(
                f"{len(names)} of {len(listed):,} instruments are followed: --instrument names the one in the middle"
            )
        for name in names:
            self._markets[name] = Market(name, listed[name].phase)
        has_copies = await self._follow_copies()
        follow = self._follow
        starting = [follow(self._client.heartbeats(), self._heard)]
        for name in names:
            self._untold.update({("ticker", name): None, ("status", name): None})
            starting += [
                follow(self._client.ticker(name), self._ticker),
                follow(self._client.status(name), self._status),
            ]
            if not has_copies:
                starting.append(follow(self._client.trades(name), self._trade))
        await asyncio.gather(*starting, self._follow_book())
        if self._untold:
            async with asyncio.timeout(FIRST_SECONDS):
                await self._told.wait()

    async def _follow_copies(self) -> bool:
        try:
            await self._follow(self._client.drop_copy(), self._copy)
        except RequestFailed as error:
            if error.code not in _NO_RIGHT:
                raise
            self.notes.append("verdicts need the key of a supervisor or operator: --key FILE")
            return False
        welcome = self._client.welcome
        assert welcome is not None, "nobody else has the right to it"
        self.recent.since_ns, self._seq = self._client.hello.time, welcome.seq
        return True

    async def _follow(self, stream: Stream[Any], take: Callable[[Any], None]) -> None:
        await stream.start()
        self._streams.append(stream)

        async def read() -> None:
            async for message in stream:
                take(message)

        self._run(read())

    async def _follow_book(self) -> None:
        name = self.chosen
        while name and name not in self._books:
            # While the connection is lost it takes longer than a client waits.
            with suppress(RequestTimedOut):
                self._books[name] = await self._client.book(name)
        if self._frozen is not None and self._frozen.book is None:
            self.step()

    def _run(self, work: Any) -> None:
        self._tasks.append(asyncio.get_running_loop().create_task(work))

    def close(self) -> None:
        """Read nothing more."""
        for task in self._tasks:
            task.cancel()

    # ── what the venue tells ───────────────────────────────────────────────────────────────────────────────────────

    def _heard(self, message: m.Heartbeat) -> None:
        self._at(message.time)

    def _at(self, time_ns: int) -> None:
        self._time_ns = max(self._time_ns or 0, time_ns)

    def _ticker(self, message: Ticker) -> None:
        change = message.change_percent_24h
        self._change(
            "ticker",
            message,
            last=_text(message.last_price),
            change_percent_24h=None if change is None else f"{change:+f}",
            since_24h_ns=message.since_24h,
            bid=_text(message.bid_price),
            bid_quantity=_text(message.bid_quantity),
            ask=_text(message.ask_price),
            ask_quantity=_text(message.ask_quantity),
        )

    def _status(self, message: m.Status) -> None:
        self._change("status", message, phase=message.phase)

    def _change(self, channel: str, message: Ticker | m.Status, **values: str | int | None) -> None:
        self._at(message.time)
        name = message.instrument
        self._markets[name] = msgspec.structs.replace(self._markets[name], **values)
        self._untold.pop((channel, name), None)
        if not self._untold:
            self._told.set()

    def _trade(self, message: Trade) -> None:
        self._at(message.time)
        price, quantity = f"{message.price:f}", f"{message.quantity:f}"
        printed = Printed(message.trade_id, message.time, price, quantity, message.taker_side)
        self.recent.trade(message.instrument, printed)

    def _copy(self, report: m.AnyReport) -> None:
        """Take in what any account was told."""
        if isinstance(report, m.RequestRejected):
            self._judge(report, "refused", report.rule or report.code)
        elif isinstance(report, m.TradeCorrected):
            self.recent.correct(report.instrument, report.trade_id, report.new_price)
        elif isinstance(report, m.ExecutionReport):
            self._at(report.transact_time)
            self._seq = max(self._seq or 0, _seq_of(report))
            if report.exec_type == "new":
                self.recent.accepted += 1
            elif report.exec_type == "rejected":
                self._judge(report, "refused", report.rule or report.code or "")
            elif report.exec_type == "cancelled" and (report.rule or report.reason == "kill_switch"):
                self._judge(report, "cancelled", report.rule or "kill_switch")
            elif report.exec_type == "trade" and report.liquidity == "taker":
                self._print(report)

    def _print(self, report: m.ExecutionReport) -> None:
        assert report.trade_id is not None and report.last_price and report.last_quantity and report.side
        self.recent.trade(
            report.instrument,
            Printed(
                report.trade_id,
                report.transact_time,
                report.last_price,
                report.last_quantity,
                report.side,
                _seq_of(report),
            ),
        )

    def _judge(self, report: m.ExecutionReport | m.RequestRejected, what: Fate, by: str) -> None:
        verdict = Verdict(what, by, report.title or "", report.detail or "", report.account, time_ns=self._time_ns)
        if isinstance(report, m.ExecutionReport):
            verdict = msgspec.structs.replace(
                verdict, instrument=report.instrument, seq=_seq_of(report), time_ns=report.transact_time
            )
        self.recent.judge(verdict)

    # ── what is seen ───────────────────────────────────────────────────────────────────────────────────────────────

    def scene(self) -> Scene:
        """As in `View`."""
        return self._frozen or self._scene()

    def _scene(self) -> Scene:
        book = self._books.get(self.chosen)
        missed = sum(stream.missed for stream in self._streams)
        lost = self._client.reconnects
        notes = list(self.notes)
        if lost:
            notes.append(
                f"the connection was lost 1 time; {missed:,} messages were missed"
                if lost == 1
                else f"the connection was lost {lost:,} times; {missed:,} messages were missed"
            )
        since_ns = max((market.since_24h_ns or 0 for market in self._markets.values()), default=0)
        if since_ns:
            notes.append(
                f"changes of 24 hours are since {moscow_time(since_ns)[:16]} (Moscow): the venue does not know what was before"
            )
        recording = self._client.hello.recording
        state = _STATES.get(self._client.state, "connected")
        return Scene(
            where=f"{self._client.hello.venue} at {self._client.url}",
            kind="live" if recording is None else "recorded",
            state=state if recording is None else f"{state}, served at speed {recording.speed}",
            is_paused=self._frozen is not None,
            seq=self._seq,
            last_seq=None if recording is None else recording.last_seq,
            time_ns=self._time_ns,
            chosen=self.chosen,
            markets=list(self._markets.values()),
            book=None if book is None else _book(book),
            tape=self.recent.tape(self.chosen),
            verdicts=self.recent.verdicts,
            since_ns=self.recent.since_ns,
            accepted=self.recent.accepted,
            refused=self.recent.refused,
            notes=notes,
        )

    # ── keys ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def work(self) -> float:
        """As in `View`. Raises what ended the connection."""
        done = [task for task in self._tasks if task.done()]
        for task in done:
            self._tasks.remove(task)
            task.result()
        return CLOCK_SECONDS

    def pause(self) -> None:
        """As in `View`: the picture stands still, the connection does not."""
        if self._frozen is not None:
            self._frozen = None
        else:
            self.step()

    def step(self) -> None:
        """As in `View`: the picture is what it would be now, and stands still."""
        scene = self._scene()
        self._frozen = msgspec.structs.replace(scene, is_paused=True, state=f"paused ({scene.state})")

    def back(self) -> None:
        """As in `View`: nobody can."""
        raise Refused(_ONLY_RECORDED)

    def jump(self, text: str) -> None:
        """As in `View`: nobody can."""
        raise Refused(_ONLY_RECORDED)

    def change_speed(self, steps: int) -> None:
        """As in `View`: nobody can."""
        raise Refused("a live venue has its own speed")

    def choose(self, steps: int) -> None:
        """As in `View`. Its book comes when the venue has sent it; a picture that stood still is one of now."""
        names = list(self._markets)
        if names:
            self.chosen = names[(names.index(self.chosen) + steps) % len(names)]
            self._run(self._follow_book())
        if self._frozen is not None:
            self.step()


_STATES: Final = {"connecting": "connecting", "lost": "CONNECTION LOST, trying again", "closed": "closed"}
_NO_RIGHT: Final = ("not_logged_in", "not_allowed")
_ONLY_RECORDED: Final = "a live venue can't be walked in: `sbx watch DIR --from MOMENT` shows what it has recorded"


def _seq_of(report: m.ExecutionReport) -> int:
    """Of the command, which the venue writes before the hyphen."""
    seq = report.exec_id.partition("-")[0]
    return int(seq) if seq.isdigit() else 0


def _text(value: Decimal | None) -> str | None:
    """A decimal with the digits that the venue sent."""
    return None if value is None else f"{value:f}"


def _book(book: LocalBook) -> BookSeen:
    sides = [[Level(*level) for level in islice(book.written(side), MAX_LEVELS)] for side in ("buy", "sell")]
    return BookSeen(book.instrument, *sides)


@asynccontextmanager
async def watching(client: Client, chosen: str = "") -> AsyncIterator[LiveView]:
    """A view of the venue that a client is connected to, until the end. Raises as `LiveView.start`."""
    view = LiveView(client, chosen)
    try:
        try:
            await view.start()
        except TimeoutError as error:
            raise ClientError(f"the venue told not all of its state within {FIRST_SECONDS:g} s") from error
        yield view
    finally:
        view.close()
