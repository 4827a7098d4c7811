"""What investors and orders share: requests are carried out here, and the orders that the program holds hear of theirs."""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from engine.vocabulary.limits import LEG_ID
from gateway.inprocess.orders import Order, Transfer, refusal_of
from gateway.inprocess.running import Running
from gateway.journal.files import find_journal
from gateway.journal.reader import JournalReader
from gateway.protocol import messages as m
from gateway.protocol.request import Side
from gateway.readable.state import State
from gateway.readable.tables import Rows
from gateway.readable.verdicts import Verdict, verdicts_of
from gateway.reporting.stories.explaining import look


class KnownOrders:
    """The orders that the program holds; those it holds no more are forgotten."""

    def __init__(self) -> None:
        self._orders: Final[weakref.WeakValueDictionary[tuple[str, str], Order]] = weakref.WeakValueDictionary()
        """By account and client order id: the last one, where a later day used an id again."""
        self._by_id: Final[weakref.WeakValueDictionary[int, Order]] = weakref.WeakValueDictionary()
        """Those with a number."""

    def find(self, order: Order) -> Order | None:
        """The one that has its client order id."""
        return self._orders.get((order.account, order.client_order_id))

    def put(self, order: Order) -> None:
        """Let an order hear what is said of its client order id."""
        self._orders[order.account, order.client_order_id] = order

    def numbered(self, order_id: int) -> Order | None:
        """The order with a number."""
        return self._by_id.get(order_id)

    def hear(self, participant: str, message: m.AnyMessage) -> None:
        """Take in what a participant hears."""
        if isinstance(message, m.TradeCorrected):
            corrected = self._by_id.get(message.order_id)
            if corrected is not None:
                corrected.correct(message)
        if not isinstance(message, m.ExecutionReport):
            return
        order = self._by_id.get(message.order_id) or self._orders.get((message.account, message.client_order_id))
        if order is not None:
            order.take(message)
            if order.order_id:
                self._by_id[order.order_id] = order


class Desk:
    """Carries the requests of investors out.

    Args:
        running: the venue.
        orders: those that hear it.
        directory: where its journal is.
    """

    def __init__(self, running: Running, orders: KnownOrders, directory: Path) -> None:
        self.state: Final = State(running.exchange)
        self._running: Final = running
        self._orders: Final = orders
        self._directory: Final = directory
        self._last_id = 0

    def next_client_order_id(self) -> str:
        """An id that was not given before."""
        self._last_id += 1
        return f"n{self._last_id}"

    def ask(self, account: str, request: m.AnyRequest) -> m.AnyMessage:
        """Carry a request about an account out; returns the reply. Raises `RequestRefused`: it is no sound one."""
        participant = self._running.exchange.accounts[account].participant
        return self._running.ask(participant, "participant", request)

    def admin(self, command: str, **arguments: m.Argument) -> int:
        """Carry out a command of the operator or a supervisor. Raises `RequestRefused`."""
        return self._running.admin(command, arguments)

    # ── orders ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def enter(self, orders: Sequence[Order], request: m.NewOrder | m.NewOrderPair | m.NewBracket) -> Order:
        """Enter orders by one request; returns the first of them, or the one that the request had entered before."""
        earlier = [self._orders.find(order) for order in orders]
        for order in orders:
            self._orders.put(order)
        reply = self.ask(request.account, request)
        first = orders[0]
        is_status = isinstance(reply, m.ExecutionReport) and reply.exec_type == "status"
        for order, before in zip(orders, earlier, strict=True):
            order.seq = self._running.last_seq
            if before is not None and (is_status or order.refusal is not None):
                self._orders.put(before)
        if isinstance(reply, m.RequestRejected):
            for order in orders:
                order.status, order.refusal = "rejected", refusal_of(reply)
        if is_status and earlier[0] is not None:
            return earlier[0]
        return first

    def ask_about(self, order: Order, request: m.AnyRequest) -> None:
        """Carry a request about an order out; what comes of it, the order has heard then."""
        order.refusal = None
        reply = self.ask(order.account, request)
        if isinstance(reply, m.RequestRejected):
            order.refusal = refusal_of(reply)
        if isinstance(request, m.AmendOrder):
            order.seq = self._running.last_seq

    def open_orders(self, account: str) -> Rows[Order]:
        """The open orders of an account, by number."""
        found: list[Order] = []
        more = True
        while more:
            after = found[-1].order_id if found else 0
            reply = self.ask(account, m.OpenOrders(id=0, account=account, after_order_id=after))
            assert isinstance(reply, m.OpenOrdersReply), reply
            found += [self._listed(account, each) for each in reply.orders]
            more = reply.more
        return Rows(found)

    def _listed(self, account: str, listed: m.OpenOrder) -> Order:
        """An order that the venue lists: the one that the program holds, else a new one."""
        order = self._orders.numbered(listed.order_id)
        if order is None:
            given: Any = listed
            side: Side = given.side
            terms = m.OrderTerms(
                client_order_id=listed.client_order_id,
                instrument=listed.instrument,
                side=side,
                order_type=given.order_type,
                quantity=listed.quantity,
                price=listed.price,
                stop_price=listed.stop_price,
            )
            order = Order(self, account, terms)
            order.order_id = listed.order_id
            # Of a leg, or one of a ladder: the command that entered them all.
            order.seq = listed.order_id % LEG_ID
            self._orders.put(order)
        order.list_as(listed)
        return order

    # ── transfers, verdicts ────────────────────────────────────────────────────────────────────────────────────────

    def transfer(self, request: m.Transfer) -> Transfer:
        """Carry a transfer out, or have it wait."""
        reply = self.ask(request.account, request)
        refusal = refusal_of(reply) if isinstance(reply, m.RequestRejected | m.ExecutionReport) else None
        number: int | None = None
        if isinstance(reply, m.Transferred | m.TransferStatus):
            number = reply.transfer_id
        assert refusal is not None or number is not None, reply
        return Transfer(
            transfer_id=number,
            waits=isinstance(reply, m.TransferStatus),
            from_account=request.account,
            to_account=request.to_account,
            asset=request.asset,
            amount=Decimal(request.amount),
            purpose=request.purpose,
            refusal=refusal,
            seq=self._running.last_seq,
            explain=self.explained,
        )

    def explained(self, seq: int) -> Rows[Verdict]:
        """What the rules made of a command; the session is replayed to it. O(session)."""
        return verdicts_of(look(JournalReader(find_journal(self._directory)), seq))
