"""Questions: subscriptions, open orders, balances, positions, missed reports. Answered between turns, from state that is durable."""

from __future__ import annotations

from typing import Final

from engine.book.entities import ON_BOOK, WAITING_STOP, Account, Instrument, Order
from engine.book.order_book import LimitOrderBook
from engine.clearing.futures import mark_ticks
from engine.exchange import Exchange
from engine.money.margin import missing
from engine.vocabulary.codes import INSTRUMENT_KINDS, ORDER_TYPES, PHASES, SIDES, TIMES_IN_FORCE
from engine.vocabulary.decimals import decimal
from engine.vocabulary.limits import MAX_LISTED_ORDERS
from gateway.inbound.session import Query, Session
from gateway.metrics.counters import Counters
from gateway.outbound.channels.registry import CHANNELS
from gateway.outbound.fanout import Fanout
from gateway.protocol.formats import InstrumentFormat
from gateway.protocol.messages import (
    Balances,
    BalancesReply,
    Cover,
    Error,
    Holding,
    InstrumentInfo,
    Instruments,
    InstrumentsReply,
    Message,
    OpenOrder,
    OpenOrders,
    OpenOrdersReply,
    Position,
    PositionsReply,
    Resume,
    Resumed,
    Subscribe,
    Subscribed,
    Unsubscribe,
    Unsubscribed,
)


class Answers:
    """Answers the questions of sessions that may ask them."""

    def __init__(self, exchange: Exchange, fanout: Fanout, counters: Counters) -> None:
        self._exchange: Final = exchange
        self._fanout: Final = fanout
        self._counters: Final = counters

    def answer(self, session: Session, query: Query) -> None:
        """Put the answer into the session's outbox. O(what it lists)."""
        for message in self._messages(session, query):
            if isinstance(message, Error):
                self._counters.errors[message.code] += 1
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
        if isinstance(query, Balances):
            holdings = self._holdings(account)
            return [BalancesReply(id=query.id, account=query.account, seq=account.report_seq, balances=holdings)]
        return [
            PositionsReply(
                id=query.id,
                account=query.account,
                seq=account.report_seq,
                positions=self._positions(account),
                cover=self._cover(account),
            )
        ]

    def _open_orders(self, query: OpenOrders, account: Account) -> OpenOrdersReply:
        formats = self._fanout.formats.instruments
        ids = sorted(order_id for order_id in account.open_orders if order_id > query.after_order_id)
        listed = [account.open_orders[order_id] for order_id in ids[:MAX_LISTED_ORDERS]]
        orders = [_open_order(order, formats[order.instrument_name]) for order in listed]
        more = len(ids) > MAX_LISTED_ORDERS
        return OpenOrdersReply(id=query.id, account=query.account, seq=account.report_seq, orders=orders, more=more)

    def _subscribe(self, session: Session, query: Subscribe) -> list[Message]:
        key = query.instrument or ""
        channel = self._fanout.channels.find(query.channel, key)
        if channel is None:
            return [Error(id=query.id, code="unknown", detail=CHANNELS[query.channel].kind.unknown.format(key))]
        if not session.is_ended:
            session.subscribe(channel)
        subscribed = Subscribed(id=query.id, channel=query.channel, seq=channel.seq, instrument=query.instrument)
        first = channel.first()
        return [subscribed] if first is None else [subscribed, first]

    def _instruments(self) -> list[InstrumentInfo]:
        formats = self._fanout.formats.instruments
        return [
            _instrument(instrument, self._exchange.books[name], formats[name])
            for name, instrument in self._exchange.instruments.items()
        ]

    def _holdings(self, account: Account) -> list[Holding]:
        assets = list(self._exchange.assets.values())
        return [
            Holding(
                asset=assets[place].asset,
                available=decimal(balance.available, assets[place].scale),
                reserved=decimal(balance.reserved, assets[place].scale),
                frozen=decimal(balance.frozen, assets[place].scale),
                total=decimal(balance.available + balance.reserved + balance.frozen, assets[place].scale),
            )
            for place, balance in sorted(account.balances.items())
        ]

    def _positions(self, account: Account) -> list[Position]:
        """Its positions in the order of listing; where only orders are open there is none."""
        found: list[Position] = []
        for _, position in sorted(account.positions.items()):
            instrument = position.instrument
            if not position.lots and not position.carried:
                continue
            format_ = self._fanout.formats.instruments[instrument.instrument]
            listed = Position(
                instrument=instrument.instrument,
                quantity=format_.quantity[position.lots],
                carried=format_.money[position.carried],
            )
            mark = mark_ticks(self._exchange, self._exchange.books[instrument.instrument])
            if mark:
                listed.mark = format_.price[mark]
                listed.unsettled = format_.money[position.lots * mark * instrument.unit - position.carried]
            found.append(listed)
        return found

    def _cover(self, account: Account) -> list[Cover]:
        """What covers its futures, by asset; nothing for those that need no cover."""
        found: list[Cover] = []
        for asset in self._exchange.assets.values():
            balance = account.balances.get(asset.number)
            if balance is None or balance.margin is None or not balance.margin.needed:
                continue
            margin = balance.margin
            found.append(
                Cover(
                    asset=asset.asset,
                    needed=decimal(margin.needed, asset.scale),
                    held=decimal(margin.held, asset.scale),
                    missing=decimal(missing(margin), asset.scale),
                    call_until=margin.until_ns if margin.called else None,
                )
            )
        return found

    def _resume(self, query: Resume, account: Account) -> list[Message]:
        reports = self._fanout.reports
        missed = reports.after(query.account, query.after_seq)
        messages = [] if missed is None else [reports.message(report) for report in missed]
        resumed = Resumed(id=query.id, account=query.account, seq=account.report_seq, snapshot=missed is None)
        return [*messages, resumed]


def _unsubscribe(session: Session, query: Unsubscribe) -> Message:
    if not session.unsubscribe(query.channel, query.instrument or ""):
        return Error(id=query.id, code="unknown", detail="there is no such subscription")
    return Unsubscribed(id=query.id, channel=query.channel, instrument=query.instrument)


def _instrument(instrument: Instrument, book: LimitOrderBook, format_: InstrumentFormat) -> InstrumentInfo:
    future = instrument.future
    info = InstrumentInfo(
        instrument=instrument.instrument,
        kind=INSTRUMENT_KINDS[instrument.kind],
        base=instrument.base.asset,
        quote=instrument.quote.asset,
        tick_size=format_.price[1],
        lot_size=format_.quantity[1],
        min_quantity=format_.quantity[instrument.min_lots],
        max_quantity=format_.quantity[instrument.max_lots],
        maker_fee_ppm=instrument.maker_fee_ppm,
        taker_fee_ppm=instrument.taker_fee_ppm,
        phase=PHASES[book.phase],
        underlying=instrument.underlying or None,
        reference_price=format_.price[book.reference_ticks] if book.reference_ticks else None,
        static_band_ppm=instrument.static_ppm or None,
        dynamic_band_ppm=instrument.dynamic_ppm or None,
    )
    if future is not None:
        info.expiry = future.expiry_ns
        info.averaging = future.averaging_ns or None
        info.mark_interval = future.mark_interval_ns or None
        info.max_position = format_.quantity[future.max_position_lots] if future.max_position_lots else None
    return info


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
