"""Feeds a recording through the gateway of a running venue, with many requests in flight."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections import Counter
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

from engine.vocabulary.codes import (
    ASSET_KINDS,
    CONTINUOUS,
    CRYPTO,
    FIAT,
    FIRM,
    INSTRUMENT_KINDS,
    INVESTOR_KINDS,
    PHASES,
    SIDES,
    SPOT,
)
from engine.vocabulary.decimals import decimal
from engine.vocabulary.limits import DECIMALS, MAX_E8, MAX_SUPPLY, NS_PER_SECOND
from gateway.client import Client, ConnectionLost, LocalBook, RequestFailed, connect
from gateway.protocol import messages as m
from loadtest.flow.compare import BookComparison, TradeMade
from loadtest.flow.engine import ACCOUNTS, LARGE_RUB, NO_COLLAR_PPM
from loadtest.flow.format import (
    BookSeen,
    Enter,
    FlowError,
    Levels,
    Order,
    Progress,
    Recording,
    Reduce,
    TradeSeen,
    Withdraw,
    to_e8,
)

OPENING_AMOUNT: Final = MAX_SUPPLY // 16
"""What each side is given per run. The supply of an asset over all accounts must fit into 64 bits, after some runs too."""
WINDOW: Final = 64


@dataclass(frozen=True)
class Gateway:
    """Where and as whom to feed."""

    url: str
    participant: str
    key: Path
    venue_keys: Path | None = None
    """Directory with `operator.pem` and `supervisor.pem`, who set up the recording's market if it is not listed yet."""
    window: int = WINDOW


class GatewayFeed:
    """The recording's orders on their way through one connection."""

    def __init__(self, recording: Recording, client: Client, window: int) -> None:
        self.recording = recording
        self.client = client
        self.trades: list[TradeMade] = []
        self.refused: Counter[str] = Counter()
        self.commands = 0
        self.first_ns = 0
        self.last_ns = 0
        # A second run on the same venue and day must not repeat client order ids.
        self._run = secrets.token_hex(3)
        self._window = asyncio.Semaphore(window)
        self._size = window
        self._sides: dict[str, int] = {}
        self._times: dict[str, int] = {}
        """Recorded time of the last action of each order: that of the trades it makes as a taker."""
        self._open: dict[str, tuple[int, int]] = {}
        """Filled and open lots of each order, as reported."""
        self._halves: dict[int, m.ExecutionReport] = {}
        """Of trades whose other report is still to come, by trade id."""

    async def feed(self, order: Order) -> None:
        """Send one recorded order action, waiting only if too many are in flight."""
        reference = order.reference
        if not isinstance(order, Enter | Withdraw):
            # What is left of the order decides what the amend says.
            await self.drain()
        request = self._request(order)
        if request is None:
            return
        self._times[reference] = order.time_ns
        await self._window.acquire()
        self.first_ns = self.first_ns or time.perf_counter_ns()
        self.commands += 1
        future = await self.client.send(request)
        future.add_done_callback(self._replied)

    def _replied(self, future: asyncio.Future[m.AnyMessage]) -> None:
        self._window.release()
        self.last_ns = time.perf_counter_ns()
        if future.exception() is not None:
            return
        reply = future.result()
        if isinstance(reply, m.Error):
            self.refused[reply.code] += 1
        elif isinstance(reply, m.ExecutionReport) and reply.exec_type == "rejected":
            self.refused[reply.rule or reply.code or "rejected"] += 1

    async def drain(self) -> None:
        """Wait for every reply that is out, and for the market data that came with it."""
        for _ in range(self._size):
            await self._window.acquire()
        for _ in range(self._size):
            self._window.release()
        # The reply to a further request comes behind all that was sent before.
        await self.client.balances(ACCOUNTS[0])
        await asyncio.sleep(0)

    def take(self, report: object) -> None:
        """Follow a private report."""
        if not isinstance(report, m.ExecutionReport) or report.exec_type == "rejected":
            return
        filled, leaves = report.filled_quantity, report.leaves_quantity
        if filled is not None and leaves is not None:
            self._open[self._reference(report)] = (self._lots(filled), self._lots(leaves))
        if report.exec_type == "trade" and report.trade_id is not None:
            other = self._halves.pop(report.trade_id, None)
            if other is None:
                self._halves[report.trade_id] = report
                return
            maker, taker = (report, other) if report.liquidity == "maker" else (other, report)
            assert maker.last_price is not None and maker.last_quantity is not None
            price_ticks = to_e8(maker.last_price) // self.recording.tick_e8
            time_ns = self._times[self._reference(taker)]
            maker_reference = self._reference(maker)
            self.trades.append(TradeMade(time_ns, price_ticks, self._lots(maker.last_quantity), maker_reference))

    def _reference(self, report: m.ExecutionReport) -> str:
        return report.client_order_id.partition(".")[2]

    def _lots(self, quantity: str) -> int:
        return to_e8(quantity) // self.recording.lot_e8

    def _request(self, order: Order) -> m.AnyRequest | None:
        reference, request_id = order.reference, self.client.next_id()
        name = f"{self._run}.{reference}"
        if isinstance(order, Enter):
            self._sides[reference] = order.side
            return m.NewOrder(
                id=request_id,
                account=ACCOUNTS[order.side],
                client_order_id=name,
                instrument=self.recording.instrument,
                side=SIDES[order.side],
                quantity=self._quantity(order.quantity_lots),
                time_in_force="ioc" if order.immediate else "gtc",
                price=self._price(order.price_ticks),
            )
        side = self._sides.get(reference)
        if side is None:
            return None
        cancel = m.CancelOrder(id=request_id, account=ACCOUNTS[side], client_order_id=name)
        filled, leaves = self._open.get(reference, (0, 0))
        if isinstance(order, Withdraw) or not leaves:
            return cancel
        if isinstance(order, Reduce):
            if order.lots >= leaves:
                return cancel
            total, price = filled + leaves - order.lots, None
        else:
            total = filled + min(leaves, order.leaves_lots or leaves)
            price = self._price(order.price_ticks)
        return m.AmendOrder(
            id=request_id, account=ACCOUNTS[side], client_order_id=name, price=price, quantity=self._quantity(total)
        )

    def _price(self, ticks: int) -> str:
        return _decimal(ticks * self.recording.tick_e8)

    def _quantity(self, lots: int) -> str:
        return _decimal(lots * self.recording.lot_e8)


async def run_through_gateway(
    recording: Recording, gateway: Gateway, speed: float, progress: Progress
) -> tuple[GatewayFeed, BookComparison]:
    """Feed a whole recording through a venue, comparing its public book as recorded books come.

    Raises `FlowError` if the venue can't be reached, or refuses to list the market.
    """
    try:
        if gateway.venue_keys is not None:
            await _set_up(recording, gateway, gateway.venue_keys)
        async with connect(
            gateway.url, gateway.participant, gateway.key, encoding="msgpack", reconnect=False
        ) as client:
            missing = [account for account in ACCOUNTS if account not in client.accounts]
            if missing:
                raise FlowError(
                    f"{gateway.participant} has no account {missing[0]}; let the venue's operator open it (--keys)"
                )
            return await _feed_all(recording, client, gateway.window, speed, progress)
    except (ConnectionLost, RequestFailed) as error:
        raise FlowError(str(error)) from error


async def _feed_all(
    recording: Recording, client: Client, window: int, speed: float, progress: Progress
) -> tuple[GatewayFeed, BookComparison]:
    feed, comparison = GatewayFeed(recording, client, window), BookComparison(recording)
    for account in ACCOUNTS:
        await client.mass_cancel(account=account)
    reports = client.reports()
    await reports.start()

    async def follow() -> None:
        async for report in reports:
            feed.take(report)

    following = asyncio.create_task(follow())
    book = await client.book(recording.instrument)
    for order in recording.opening:
        await feed.feed(order)
    await feed.drain()
    if feed.trades:
        raise FlowError("the opening book crosses itself or what rests at the venue: feed into an empty market")
    started, total = time.monotonic(), len(recording.actions)
    first_ns = recording.actions[0].time_ns if recording.actions else 0
    for done, action in enumerate(recording.actions):
        if done % 1000 == 0:
            progress(done, total)
        if speed > 0:
            await asyncio.sleep(started + (action.time_ns - first_ns) / NS_PER_SECOND / speed - time.monotonic())
        if isinstance(action, BookSeen):
            await feed.drain()
            while book.seq < 0:
                await book.changed()
            comparison.seen(action, lambda side, depth: _levels(book, recording, side, depth))
        elif not isinstance(action, TradeSeen):
            await feed.feed(action)
    await feed.drain()
    following.cancel()
    return feed, comparison


def _levels(book: LocalBook, recording: Recording, side: int, depth: int) -> Levels:
    levels = islice(book.written("buy" if side == 0 else "sell"), depth)
    return [(to_e8(price) // recording.tick_e8, to_e8(quantity) // recording.lot_e8) for price, quantity in levels]


async def _set_up(recording: Recording, gateway: Gateway, keys: Path) -> None:
    """Register the two owners, list the recording's market and open their accounts, if that is not done yet.

    Raises `RequestFailed` if the venue refuses one of it.
    """
    async with (
        connect(gateway.url, "supervisor", keys / "supervisor.pem", reconnect=False) as supervisor,
        connect(gateway.url, "operator", keys / "operator.pem", reconnect=False) as operator,
    ):
        if recording.instrument not in await operator.instruments():
            await _list_market(recording, operator)
        for account, asset, scale in (
            (ACCOUNTS[0], recording.quote, recording.quote_scale),
            (ACCOUNTS[1], recording.base, DECIMALS),
        ):
            try:
                await _register(supervisor, account)
                await operator.admin("open_account", account=account, participant=gateway.participant, investor=account)
                await _acknowledge(supervisor, account)
            except RequestFailed as error:
                if "exists" not in error.detail:
                    raise
            amount = decimal(OPENING_AMOUNT, scale)
            await operator.admin("deposit", account=account, asset=asset, amount=amount, reason="recorded flow")


async def _register(supervisor: Client, investor: str) -> None:
    """Register a firm large enough to be qualified under every rulebook, and tested."""
    await supervisor.admin(
        "register_investor", investor=investor, kind=INVESTOR_KINDS[FIRM], assets_rub=LARGE_RUB, income_rub=LARGE_RUB
    )
    now_ns = time.time_ns()
    for test in ("knowledge", "risk"):
        await supervisor.admin("record_test", investor=investor, test=test, score=100, taken_ns=now_ns)


async def _acknowledge(supervisor: Client, account: str) -> None:
    """Have the owner of an account, of the same name, warned if a rule in force asks for it."""
    warning = await supervisor.risk_warning(account)
    if warning.in_force is not None:
        await supervisor.admin("record_acknowledgement", investor=account, digest=warning.in_force)


async def _list_market(recording: Recording, operator: Client) -> None:
    await _add_asset(operator, recording.base, ASSET_KINDS[CRYPTO], DECIMALS)
    await _add_asset(operator, recording.quote, ASSET_KINDS[FIAT], recording.quote_scale)
    await operator.admin(
        "list_instrument",
        instrument=recording.instrument,
        kind=INSTRUMENT_KINDS[SPOT],
        base=recording.base,
        quote=recording.quote,
        tick=_decimal(recording.tick_e8),
        lot=_decimal(recording.lot_e8),
        min_quantity=_decimal(recording.lot_e8),
        max_quantity=_decimal(MAX_E8 // recording.lot_e8 * recording.lot_e8),
        max_notional=decimal(MAX_SUPPLY, recording.quote_scale),
        collar_ppm=NO_COLLAR_PPM,
    )
    phase = PHASES[CONTINUOUS]
    await operator.admin("set_phase", instrument=recording.instrument, phase=phase, reason="recorded flow")


async def _add_asset(operator: Client, asset: str, kind: str, scale: int) -> None:
    try:
        await operator.admin("add_asset", asset=asset, kind=kind, scale=scale)
    except RequestFailed as error:
        # Listed already, as BTC is in most venues; with another scale the listing that follows says so.
        if "exists" not in error.detail:
            raise


def _decimal(value_e8: int) -> str:
    return f"{value_e8 // 10**DECIMALS}.{value_e8 % 10**DECIMALS:0{DECIMALS}d}"
