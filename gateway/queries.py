"""Questions: subscriptions, open orders, balances, missed reports. Answered between turns, from state that is durable."""

from __future__ import annotations

from typing import Final

from engine.codes import INSTRUMENT_KINDS, ORDER_TYPES, PHASES, SIDES, TIMES_IN_FORCE
from engine.exchange import Exchange
from engine.limits import MAX_LISTED_ORDERS
from engine.orders import ON_BOOK, WAITING_STOP, Account, Order
from engine.problem import decimal
from gateway.fanout import Fanout
from gateway.formats import InstrumentFormat
from gateway.marketdata import Feed
from gateway.messages import (
    BalancesReply,
    Error,
    Holding,
    InstrumentInfo,
    Instruments,
    InstrumentsReply,
    Message,
    OpenOrder,
    OpenOrders,
    OpenOrdersReply,
    Resume,
    Resumed,
    Subscribe,
    Subscribed,
    Unsubscribe,
    Unsubscribed,
)
from gateway.session import Query, Session


class Answers:
    """Answers the questions of sessions that may ask them."""

    def __init__(self, exchange: Exchange, fanout: Fanout) -> None:
        self._exchange: Final = exchange
        self._fanout: Final = fanout

    def answer(self, session: Session, query: Query) -> None:
        """Put the answer into the session's outlet. O(what it lists)."""
        for message in self._messages(session, query):
            self._fanout.send(session, message)

    def _messages(self, session: Session, query: Query) -> list[Message]:
        if isinstance(query, Subscribe):
            return self._subscribe(session, query)
        if isinstance(query, Unsubscribe):
            return [_unsubscribe(session, query)]
        if isinstance(query, Instruments):
            return [InstrumentsReply(id=query.id, instruments=self._instruments())]
        account = self._exchange.accounts[query.account]
        if isinstance(query, Resume):
            return self._resume(query, account)
        if isinstance(query, OpenOrders):
            return [self._open_orders(query, account)]
        holdings = self._holdings(account)
        return [BalancesReply(id=query.id, account=query.account, seq=account.report_seq, balances=holdings)]

    def _open_orders(self, query: OpenOrders, account: Account) -> OpenOrdersReply:
        formats = self._fanout.formats.instruments
        ids = sorted(order_id for order_id in account.open_orders if order_id > query.after_order_id)
        listed = [account.open_orders[order_id] for order_id in ids[:MAX_LISTED_ORDERS]]
        orders = [_open_order(order, formats[order.instrument_name]) for order in listed]
        more = len(ids) > MAX_LISTED_ORDERS
        return OpenOrdersReply(id=query.id, account=query.account, seq=account.report_seq, orders=orders, more=more)

    def _subscribe(self, session: Session, query: Subscribe) -> list[Message]:
        channel = query.channel
        instrument = query.instrument or ""
        feed: Feed | None = None
        if channel == "drop_copy":
            subscribers, seq = self._fanout.drop_copy, self._fanout.seq
        else:
            feed = self._fanout.market.feeds.get(instrument)
            if feed is None:
                return [Error(id=query.id, code="unknown", detail=f"no instrument {instrument} is listed")]
            subscribers, seq = feed.subscribers[channel], feed.seq(channel)
        if (channel, instrument) not in session.subscriptions and not session.is_ended:
            session.subscriptions[channel, instrument] = subscribers
            subscribers.append(session)
        messages: list[Message] = [
            Subscribed(id=query.id, channel=channel, seq=seq, instrument=query.instrument),
        ]
        if feed is not None and channel == "book":
            messages.append(feed.book_snapshot())
        elif feed is not None and channel == "top":
            messages.append(feed.top_message())
        elif feed is not None and channel == "status":
            messages.append(feed.status_message())
        elif feed is not None and channel == "auction":
            messages.append(feed.auction_message())
        return messages

    def _instruments(self) -> list[InstrumentInfo]:
        found: list[InstrumentInfo] = []
        for name, instrument in self._exchange.instruments.items():
            format_ = self._fanout.formats.instruments[name]
            found.append(
                InstrumentInfo(
                    instrument=name,
                    kind=INSTRUMENT_KINDS[instrument.kind],
                    base=instrument.base.asset,
                    quote=instrument.quote.asset,
                    tick_size=format_.price[1],
                    lot_size=format_.quantity[1],
                    min_quantity=format_.quantity[instrument.min_lots],
                    max_quantity=format_.quantity[instrument.max_lots],
                    maker_fee_ppm=instrument.maker_fee_ppm,
                    taker_fee_ppm=instrument.taker_fee_ppm,
                    phase=PHASES[self._exchange.books[name].phase],
                )
            )
        return found

    def _holdings(self, account: Account) -> list[Holding]:
        assets = list(self._exchange.assets.values())
        return [
            Holding(
                asset=assets[index].asset,
                available=decimal(balance.available, assets[index].scale),
                reserved=decimal(balance.reserved, assets[index].scale),
                total=decimal(balance.available + balance.reserved + balance.frozen, assets[index].scale),
            )
            for index, balance in sorted(account.balances.items())
        ]

    def _resume(self, query: Resume, account: Account) -> list[Message]:
        reports = self._fanout.reports
        missed = reports.after(query.account, query.after_seq)
        messages = [] if missed is None else [reports.message(report) for report in missed]
        resumed = Resumed(id=query.id, account=query.account, seq=account.report_seq, snapshot=missed is None)
        return [*messages, resumed]


def _unsubscribe(session: Session, query: Unsubscribe) -> Message:
    subscribers = session.subscriptions.pop((query.channel, query.instrument or ""), None)
    if subscribers is None:
        return Error(id=query.id, code="unknown", detail="there is no such subscription")
    subscribers.remove(session)
    return Unsubscribed(id=query.id, channel=query.channel, instrument=query.instrument)


def _open_order(order: Order, format_: InstrumentFormat) -> OpenOrder:
    return OpenOrder(
        order_id=order.order_id,
        client_order_id=order.client_order_id,
        instrument=order.instrument_name,
        side=SIDES[order.side],
        order_type=ORDER_TYPES[order.order_type],
        time_in_force=TIMES_IN_FORCE[order.time_in_force],
        price=format_.price[order.price_ticks] if order.price_ticks else None,
        stop_price=format_.price[order.stop_ticks] if order.where == WAITING_STOP else None,
        displayed_quantity=format_.quantity[order.shown_lots] if order.where == ON_BOOK else None,
        quantity=format_.quantity[order.quantity_lots],
        filled_quantity=format_.quantity[order.filled_lots],
        leaves_quantity=format_.quantity[order.leaves_lots],
    )
