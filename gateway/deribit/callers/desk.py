"""One account as this port follows it: its orders and fills, from the reports that the venue tells its participant.

It begins with the last reports that the venue has and the orders that are open. What is kept is bounded; older orders and fills are asked
of the venue.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from typing import Final

from gateway.deribit.callers.asker import Asker
from gateway.deribit.callers.keys import READ
from gateway.deribit.callers.listening import ORDERS, TRADES, Listening
from gateway.deribit.callers.markets import Markets
from gateway.deribit.dialect.failures import Failure, unavailable
from gateway.deribit.dialect.order_state import OrderState
from gateway.inbound.context import VenueContext
from gateway.protocol import messages as m
from gateway.server.peers.local import LocalPeers
from gateway.venue.venue import Participant

KEPT_ENDED: Final = 1_000
"""Orders of one account that have ended: some 600 KB."""
KEPT_FILLS: Final = 1_000
FIRST_REPORTS: Final = 2_000
"""With which a desk begins: as many as both of those are made of, more or less."""
PORTFOLIO_SECONDS: Final = 0.5
"""Between two looks at what an account holds, however often that changes."""
_ID: Final = 0


class Desk:
    """One account.

    Args:
        peers: of the venue.
        context: of its sessions.
        markets: of it; each instrument of which something is told is listed there.
        participant: who operates the account.
        account: its name.
    """

    def __init__(
        self, peers: LocalPeers, context: VenueContext, markets: Markets, *, participant: Participant, account: str
    ) -> None:
        self.account: Final = account
        self.listening: Final = Listening(markets.listed)
        self.ended: Final[OrderedDict[int, OrderState]] = OrderedDict()
        """By id, those that ended last at the end."""
        self.fills: Final[deque[m.ExecutionReport]] = deque(maxlen=KEPT_FILLS)
        """The last one is the newest."""
        self.used_at = asyncio.get_running_loop().time()
        """When somebody asked for it last, on the loop's clock."""
        self._markets: Final = markets
        self._unlisted: Final[list[m.ExecutionReport]] = []
        """Reports that wait, from the first one on of an instrument that was listed a moment ago."""
        self._listing: asyncio.Task[None] | None = None
        self._looking: asyncio.Task[None] | None = None
        self._is_stale = False
        """Whether what it holds may be something else than was looked at."""
        self._open: Final[dict[int, OrderState]] = {}
        self._first_seq = max(context.fanout.reports.last_seq(account) - FIRST_REPORTS, 0)
        self._seq = self._first_seq
        """Of the last report that was taken in."""
        self._asker: Final = Asker(peers, "", self._hear)
        try:
            self._asker.act_for(participant, (READ,))
        except Failure:
            self._asker.end()
            raise
        self._beginning: Final = asyncio.ensure_future(self._begin())

    @property
    def is_over(self) -> bool:
        """Whether it follows nothing any more."""
        return self._asker.is_over or (
            self._beginning.done() and not self._beginning.cancelled() and self._beginning.exception() is not None
        )

    async def begun(self) -> None:
        """Wait until it knows what it begins with. Raises `Failure`."""
        try:
            await asyncio.shield(self._beginning)
        except asyncio.CancelledError:
            waiting = asyncio.current_task()
            if not self._beginning.cancelled() or (waiting is not None and waiting.cancelling()):
                raise
            # It was ended meanwhile: that is nothing that whoever waits for it has done.
            raise unavailable("the account is followed no more: send it again") from None
        self.used_at = asyncio.get_running_loop().time()

    def orders(self) -> list[OrderState]:
        """Those that are open, by id."""
        return [self._open[order_id] for order_id in sorted(self._open)]

    def order(self, order_id: int) -> OrderState | None:
        """One of them, or of those that ended last."""
        return self._open.get(order_id) or self.ended.get(order_id)

    def fills_of(self, order_id: int) -> list[m.ExecutionReport]:
        """The fills of an order that are kept, in order."""
        return [fill for fill in self.fills if fill.order_id == order_id]

    async def balances(self) -> m.BalancesReply:
        """What it holds now. Raises `Failure`."""
        return await self._asker.ask(m.Balances(id=_ID, account=self.account), m.BalancesReply)

    def look_what_is_held(self) -> None:
        """Have what it holds looked at, soon, and told to all who want to know: one question for them together."""
        self._is_stale = True
        if self._looking is None or self._looking.done():
            self._looking = asyncio.ensure_future(self._look())

    def end(self) -> None:
        """Follow it no more."""
        self._beginning.cancel()
        for task in (self._listing, self._looking):
            if task is not None:
                task.cancel()
        self._asker.end()

    async def _look(self) -> None:
        while self._is_stale and self.listening.is_holding_wanted:
            self._is_stale = False
            try:
                reply = await self.balances()
            except Failure:
                # The venue stops, or the account is followed anew: those who get this are told no more of it.
                return
            self.listening.tell_holdings(reply.balances)
            await asyncio.sleep(PORTFOLIO_SECONDS)

    async def _begin(self) -> None:
        await self._markets.refresh()
        resumed = await self._asker.ask(m.Resume(id=_ID, account=self.account, after_seq=self._first_seq), m.Resumed)
        # Those that are not kept any more are not told: what follows is told from here on.
        self._seq = max(self._seq, resumed.seq)
        after, more = 0, True
        while more:
            page = await self._asker.ask(
                m.OpenOrders(id=_ID, account=self.account, after_order_id=after), m.OpenOrdersReply
            )
            for each in page.orders:
                self._complete(each)
                after = each.order_id
            more = page.more
        if self._listing is not None:
            await self._listing
        assert all(order.is_complete for order in self._open.values())

    def _complete(self, listed: m.OpenOrder) -> None:
        order = self._open.get(listed.order_id)
        if order is None:
            order = self._open[listed.order_id] = OrderState(
                listed.order_id, listed.client_order_id, listed.instrument, 0
            )
        if not order.is_complete:
            order.complete(listed)

    def _hear(self, message: m.AnyMessage) -> None:
        seq = getattr(message, "seq", None)
        if getattr(message, "account", None) != self.account or seq != self._seq + 1 or isinstance(message, _ANSWERS):
            # Of another account, an answer, or told twice while the last reports are told again.
            return
        self._seq = seq
        if isinstance(message, m.ExecutionReport) and message.exec_type != "rejected":
            if self._unlisted or not self._markets.listed.knows(message.instrument):
                self._unlisted.append(message)
                if self._listing is None or self._listing.done():
                    self._listing = asyncio.ensure_future(self._list())
            else:
                self._take(message)
        if self.listening.is_holding_wanted:
            self.look_what_is_held()

    async def _list(self) -> None:
        """Have the list of instruments made anew, and take in what waited for that."""
        await self._markets.refresh(anew=True)
        waiting = self._unlisted.copy()
        self._unlisted.clear()
        for report in waiting:
            self._take(report)

    def _take(self, report: m.ExecutionReport) -> None:
        order = self.order(report.order_id)
        if order is None:
            order = self._open[report.order_id] = OrderState(
                report.order_id, report.client_order_id, report.instrument, 0
            )
        order.take(report)
        if not order.is_open:
            self._open.pop(order.order_id, None)
            self.ended[order.order_id] = order
            self.ended.move_to_end(order.order_id)
            if len(self.ended) > KEPT_ENDED:
                self.ended.popitem(last=False)
        if report.exec_type == "trade":
            self.fills.append(report)
            for listener in self.listening.of(TRADES, report.instrument):
                listener.filled(report)
        for listener in self.listening.of(ORDERS, report.instrument):
            listener.ordered(order)


_ANSWERS: Final = (m.Resumed, m.OpenOrdersReply, m.BalancesReply, m.PositionsReply)
"""They have the `seq` of an account, too, and are no reports of it."""
