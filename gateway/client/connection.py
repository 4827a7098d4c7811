"""The connection under a client: report sequences, orders and subscriptions, kept over lost links."""

from __future__ import annotations

import asyncio
from typing import Any

from gateway.client.book import BookOutOfStep, LocalBook
from gateway.client.errors import ClientError
from gateway.client.key import Key
from gateway.client.link import Encoding, Link
from gateway.client.orders import Order
from gateway.client.streams import Stream
from gateway.protocol import messages as m

PrivateReport = m.AnyReport | m.Resumed
"""What a private report stream carries. `Resumed` with `snapshot` true: reports were lost, ask for orders and balances."""
ChannelKey = tuple[str, str | None]


class Subscription:
    """One subscription, shared by all streams that read it, or the book that follows it."""

    def __init__(self) -> None:
        self.seq: int | None = None
        self.streams: list[Stream[Any]] = []
        self.book: LocalBook | None = None
        self.lock = asyncio.Lock()


class Connection(Link):
    """One participant's connection to a venue."""

    def __init__(self, url: str, participant: str | None, key: Key | None, encoding: Encoding, reconnect: bool) -> None:
        super().__init__(url, participant, key, encoding, reconnect)
        self.gaps = 0
        """Gaps found in report sequences, each closed by asking again."""
        self._orders: dict[tuple[str, str], Order] = {}
        self._report_seq: dict[str, int] = {}
        self._resuming: set[str] = set()
        self._report_streams: list[tuple[str | None, Stream[PrivateReport]]] = []
        self._channels: dict[ChannelKey, Subscription] = {}

    async def _subscribe(self, channel: m.ChannelName, instrument: str | None) -> None:
        request = m.Subscribe(id=next(self._ids), channel=channel, instrument=instrument)
        await self.request(request, m.Subscribed)

    async def _restore(self) -> None:
        """Subscribe again and fetch missed reports on a new connection."""
        for (name, instrument), channel in list(self._channels.items()):
            if channel.streams or channel.book is not None:
                request = m.Subscribe(id=next(self._ids), channel=name, instrument=instrument)  # type: ignore[arg-type]
                await self.request(request, m.Subscribed)
        for account in self.accounts:
            await self._resume(account)

    async def _take(self, message: m.AnyMessage) -> None:
        if isinstance(message, m.AnyReport):
            self._take_report(message)
        elif isinstance(message, m.BookSnapshot | m.BookUpdate):
            await self._take_book(message)
        elif isinstance(message, m.ChannelMessage):
            self._take_told(message)
        elif isinstance(message, m.Subscribed):
            channel = self._channels[message.channel, message.instrument]
            for stream in channel.streams:
                stream.missed += max(message.seq - channel.seq, 0) if channel.seq is not None else 0
            channel.seq = message.seq

    def _logged_in(self, welcome: m.Welcome) -> None:
        for account, seq in welcome.accounts.items():
            self._report_seq.setdefault(account, seq)

    def _end(self, error: ClientError | None) -> None:
        super()._end(error)
        streams = [stream for _, stream in self._report_streams]
        streams += [stream for channel in self._channels.values() for stream in channel.streams]
        for stream in streams:
            stream.end(error)

    def _take_report(self, report: m.AnyReport) -> None:
        account = report.account
        seq = None if isinstance(report, m.TransferStatus) else report.seq
        if self.welcome is None or account not in self.welcome.accounts:
            channel = self._channels.get(("drop_copy", None))
            for stream in channel.streams if channel is not None else ():
                stream.put(report)
            return
        if seq is not None:
            last = self._report_seq[account]
            if seq <= last:
                return
            if seq > last + 1:
                # Dropped: resuming brings it again, in its place.
                if account not in self._resuming:
                    self.gaps += 1
                    self._spawn(self._resume(account))
                return
            self._report_seq[account] = seq
        if isinstance(report, m.ExecutionReport) and (seq is not None or report.exec_type == "status"):
            order = self._orders.get((account, report.client_order_id))
            if order is not None and not _foreign(order, report):
                order.apply(report)
                if not order.is_open:
                    del self._orders[account, report.client_order_id]
        self._hand_out(account, report)

    def _hand_out(self, account: str, report: PrivateReport) -> None:
        for wanted, stream in self._report_streams:
            if wanted is None or wanted == account:
                stream.put(report)

    async def _resume(self, account: str) -> None:
        """Fetch the reports after the last one seen."""
        if account in self._resuming:
            return
        self._resuming.add(account)
        try:
            request = m.Resume(id=next(self._ids), account=account, after_seq=self._report_seq[account])
            reply = await self.request(request, m.Resumed)
            if reply.snapshot:
                self._report_seq[account] = max(reply.seq, self._report_seq[account])
                self._hand_out(account, reply)
                await self._forget_ended(account)
        finally:
            self._resuming.discard(account)

    async def list_orders(self, account: str) -> list[m.OpenOrder]:
        """List the open orders of an account by order id, page after page."""
        found: list[m.OpenOrder] = []
        while True:
            after = found[-1].order_id if found else 0
            request = m.OpenOrders(id=next(self._ids), account=account, after_order_id=after)
            reply = await self.request(request, m.OpenOrdersReply)
            found += reply.orders
            if not reply.more:
                return found

    async def _forget_ended(self, account: str) -> None:
        """End the orders that do not rest any more and whose last reports are gone."""
        resting = {order.client_order_id for order in await self.list_orders(account)}
        for key, order in list(self._orders.items()):
            if key[0] == account and key[1] not in resting and order.order_id:
                order.end("unknown")
                del self._orders[key]

    def _take_told(self, message: m.AnyChannelMessage) -> None:
        channel = self._channels.get((message.channel, message.about))
        if channel is None:
            return
        # Those of one turn may be summed up in one message; it says which one it follows.
        before: int = getattr(message, "prev_seq", message.seq - 1)
        missed = 0 if channel.seq is None else max(before - channel.seq, 0)
        channel.seq = message.seq
        for stream in channel.streams:
            stream.missed += missed
            stream.put(message)

    async def _take_book(self, message: m.BookSnapshot | m.BookUpdate) -> None:
        channel = self._channels.get(("book", message.instrument))
        if channel is None or channel.book is None or (channel.book.seq < 0 and isinstance(message, m.BookUpdate)):
            return
        try:
            await channel.book.apply(message)
        except BookOutOfStep:
            channel.book.resyncs += 1
            channel.book.seq = -1
            self._spawn(self._fetch_book(message.instrument))

    async def _fetch_book(self, instrument: str) -> None:
        """Get a new snapshot by subscribing anew."""
        request = m.Unsubscribe(id=next(self._ids), channel="book", instrument=instrument)
        await self.request(request, m.Unsubscribed)
        await self._subscribe("book", instrument)


def _foreign(order: Order, report: m.ExecutionReport) -> bool:
    """Whether a report is of another order with the same client order id: a reject of a resent id with other content."""
    return report.exec_type == "rejected" and report.code == "duplicate_id" and order.order_id != 0
