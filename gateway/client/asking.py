"""The questions of a client about what was, and how it stands: fills, orders and settlements of the past, fees, limits, assets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, Literal, TypeVar

import msgspec

from gateway.client.trading import Trading
from gateway.client.values.pages import Page, Pages
from gateway.client.values.past import Asset, Fees, InstrumentFees, PastFill, PastOrder, Settlement, past_fill
from gateway.client.values.values import handed
from gateway.protocol import messages as m
from gateway.protocol.past_requests import MAX_LISTED_PAST, SettlementKind, Sort

R = TypeVar("R", bound=m.FillsReply | m.OrderHistoryReply | m.SettlementsReply)
V = TypeVar("V")


class Asking(Trading):
    """What a client may ask beside what it trades."""

    def fill_history(
        self,
        account: str | None = None,
        *,
        instrument: str | None = None,
        order_id: int | None = None,
        from_time: int | None = None,
        to_time: int | None = None,
        after_seq: int = 0,
        sort: Sort = "newest",
        page: int = MAX_LISTED_PAST,
    ) -> Pages[PastFill]:
        """List the fills of an account, of past days too. For those to come there is `fills`.

        Args:
            account: as in `submit`.
            instrument: only those in it.
            order_id: only those of this order.
            from_time: not before; nanoseconds since the epoch, UTC, as `to_time`.
            to_time: not after.
            after_seq: only what came with a later report of the account.
            sort: `newest` or `oldest` first.
            page: so many are asked for at once, 200 at most.
        """
        request = m.Fills(
            id=0,
            account=self._own_account(account),
            instrument=instrument,
            order_id=order_id,
            from_time=from_time,
            to_time=to_time,
            after_seq=after_seq,
            sort=sort,
            limit=page,
        )
        return self._pages(
            request, m.FillsReply, lambda reply: [past_fill(reply.account, each) for each in reply.fills]
        )

    def order_history(
        self,
        account: str | None = None,
        *,
        which: Literal["ended", "all"] = "ended",
        instrument: str | None = None,
        from_time: int | None = None,
        to_time: int | None = None,
        after_seq: int = 0,
        sort: Sort = "newest",
        page: int = MAX_LISTED_PAST,
    ) -> Pages[PastOrder]:
        """List the orders of an account that have ended, by when they did; with `which` `all`, all, by when they were entered.

        Arguments as of `fill_history`.
        """
        request = m.OrderHistory(
            id=0,
            account=self._own_account(account),
            which=which,
            instrument=instrument,
            from_time=from_time,
            to_time=to_time,
            after_seq=after_seq,
            sort=sort,
            limit=page,
        )
        return self._pages(
            request, m.OrderHistoryReply, lambda reply: [handed(each, PastOrder) for each in reply.orders]
        )

    def settlements(
        self,
        account: str | None = None,
        *,
        kinds: Sequence[SettlementKind] = (),
        instrument: str | None = None,
        from_time: int | None = None,
        to_time: int | None = None,
        after_seq: int = 0,
        sort: Sort = "newest",
        page: int = MAX_LISTED_PAST,
    ) -> Pages[Settlement]:
        """List what positions in futures brought and cost an account; of all kinds, or of some. Arguments as of `fill_history`."""
        request = m.Settlements(
            id=0,
            account=self._own_account(account),
            kinds=list(kinds),
            instrument=instrument,
            from_time=from_time,
            to_time=to_time,
            after_seq=after_seq,
            sort=sort,
            limit=page,
        )
        return self._pages(
            request, m.SettlementsReply, lambda reply: [handed(each, Settlement) for each in reply.settlements]
        )

    async def order_status(
        self,
        *,
        order_id: int | None = None,
        client_order_id: str | None = None,
        trading_day: str | None = None,
        account: str | None = None,
    ) -> PastOrder:
        """Say how an order stands, or how it ended, be it of a past day.

        Args:
            order_id: of the order; or
            client_order_id: of several orders that had it, each in a day of its own, the last one is meant.
            trading_day: `2026-03-31`: the Moscow day on which the one that is meant was entered.
            account: as in `submit`.

        Raises:
            RequestFailed: `unknown`: the account has had no such order.
        """
        request = m.OrderStatus(
            id=self.next_id(),
            account=self._own_account(account),
            order_id=order_id,
            client_order_id=client_order_id,
            trading_day=trading_day,
        )
        return handed((await self.request(request, m.OrderStatusReply)).order, PastOrder)

    async def fees(self, account: str | None = None) -> Fees:
        """Say what trades cost an account in each instrument, and what it has paid for those of today."""
        found: dict[str, InstrumentFees] = {}
        while True:
            request = m.Fees(id=self.next_id(), account=self._own_account(account), after=len(found))
            reply = await self.request(request, m.FeesReply)
            found |= {each.instrument: handed(each, InstrumentFees) for each in reply.fees}
            if not reply.more:
                break
        paid = {asset: Decimal(amount) for asset, amount in reply.paid.items()}
        return Fees(account=reply.account, seq=reply.seq, trading_day=reply.trading_day, by_instrument=found, paid=paid)

    async def assets(self) -> dict[str, Asset]:
        """List the assets by name. Needs no login."""
        found: dict[str, Asset] = {}
        while True:
            reply = await self.request(m.Assets(id=self.next_id(), after=len(found)), m.AssetsReply)
            found |= {each.asset: handed(each, Asset) for each in reply.assets}
            if not reply.more:
                return found

    async def time(self) -> int:
        """Say what time it is at the venue: nanoseconds since the epoch, UTC. Needs no login."""
        return (await self.request(m.Time(id=self.next_id()), m.TimeReply)).time

    async def limits(self, account: str | None = None) -> m.LimitsReply:
        """Say what may still be asked and done, by the participant and each of its accounts; or about one account."""
        whole = await self.request(m.Limits(id=self.next_id(), account=account), m.LimitsReply)
        more = whole.more
        while more:
            request = m.Limits(id=self.next_id(), account=account, after=len(whole.accounts))
            reply = await self.request(request, m.LimitsReply)
            whole.accounts += reply.accounts
            more = reply.more
        whole.more = False
        return whole

    async def me(self, account: str | None = None) -> m.MeReply:
        """Say who is logged in, and what is on record of each account; or of one account."""
        whole = await self.request(m.Me(id=self.next_id(), account=account), m.MeReply)
        more = whole.more
        while more:
            reply = await self.request(m.Me(id=self.next_id(), account=account, after=len(whole.accounts)), m.MeReply)
            whole.accounts += reply.accounts
            more = reply.more
        whole.more = False
        return whole

    def _pages(self, request: Any, kind: type[R], hand: Callable[[R], list[V]]) -> Pages[V]:
        """Entries of all pages, the first of which a request asks for."""

        async def ask(cursor: str | None) -> Page[V]:
            asked = msgspec.structs.replace(request, id=self.next_id(), cursor=cursor)
            reply = await self.request(asked, kind)
            return Page(hand(reply), reply.cursor if reply.more else None, reply.seq, reply.truncated)

        return Pages(ask)
