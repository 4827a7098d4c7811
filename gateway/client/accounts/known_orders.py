"""The orders that a client made, found by account and `client_order_id`, and put right when reports of them were lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Final
from weakref import WeakValueDictionary

from gateway.client.accounts.orders import BEGINNINGS, Order
from gateway.client.values.errors import ClientError, ConnectionLost
from gateway.protocol import messages as m

Uses = dict[int, list[m.ExecutionReport]]
"""The reports of one `client_order_id`, by the order that they are of: an id may be used again on another day."""


class KnownOrders:
    """Open orders, and those that ended for as long as the program keeps them."""

    def __init__(self) -> None:
        self._open: Final[dict[tuple[str, str], Order]] = {}
        self._ended: Final[WeakValueDictionary[tuple[str, str], Order]] = WeakValueDictionary()
        self._entering: Final[Counter[Order]] = Counter()
        """How many requests to enter each are under way."""

    # ── entering ───────────────────────────────────────────────────────────────────────────────────────────────────

    def entering(self, order: Order) -> Order:
        """An order is about to be sent. Returns the one to keep: an open one of the same id, if it is sent again.

        Known before it is sent: its fills may arrive in the same breath as its acceptance.
        """
        kept = self._open.setdefault(_key(order), order)
        self._entering[kept] += 1
        return kept

    def answered(self, order: Order, reply: m.ExecutionReport) -> Order:
        """The venue has answered. Returns the order that it speaks of."""
        key = _key(order)
        self._answered(order)
        # It may have ended before it was sent again; and be open once more, where the venue lost its end.
        for known in (self._open.get(key), self._ended.get(key)):
            if known is not None and known is not order and _is_of(known, reply):
                # Another of this id, with other terms, may wait for an answer of its own.
                if order not in self._entering:
                    self._drop(key, order)
                return known
        if reply.seq is None and not order.last_seq:
            # Entered by an earlier program, or on a day whose reports are gone; or refused for an account of others.
            order.apply(reply)
            self._file(order)
        elif not order.order_id:
            # Its reports are lost for good, and it does not rest.
            order.apply(reply)
            order.end("unknown")
            self._file(order)
        return order

    def sent_again(self, order: Order, order_id: int) -> Order:
        """An order was sent again with others, and entered before under a number. Returns the one that it is."""
        key = _key(order)
        self._answered(order)
        for known in (self._open.get(key), self._ended.get(key)):
            if known is not None and known is not order and known.order_id == order_id:
                self._drop(key, order)
                return known
        order.order_id = order.order_id or order_id
        return order

    def failed(self, order: Order, error: ClientError) -> None:
        """It was not answered, or refused before it was sequenced."""
        self._answered(order)
        if not isinstance(error, ConnectionLost) and not order.order_id and order not in self._entering:
            self._drop(_key(order), order)

    def _answered(self, order: Order) -> None:
        self._entering[order] -= 1
        if not self._entering[order]:
            del self._entering[order]

    def _drop(self, key: tuple[str, str], order: Order) -> None:
        if self._open.get(key) is order:
            del self._open[key]

    # ── reports ────────────────────────────────────────────────────────────────────────────────────────────────────

    def apply(self, report: m.ExecutionReport) -> None:
        """Take in a report, in its place."""
        order = self._open.get((report.account, report.client_order_id))
        # Another number: a reject of other content under the id of an order.
        if order is not None and order.order_id in {0, report.order_id}:
            order.apply(report)
            self._file(order)

    def _file(self, order: Order) -> None:
        key = _key(order)
        if order.is_open:
            current = self._open.get(key)
            # One that is open once more goes before its like that is being sent again.
            if current is None or current.order_id in {0, order.order_id}:
                self._open[key] = order
        else:
            self._drop(key, order)
            self._ended[key] = order

    def _of(self, account: str) -> list[Order]:
        found = [*self._open.values(), *self._ended.values()]
        return list(dict.fromkeys(order for order in found if order.account == account))

    # ── putting right ──────────────────────────────────────────────────────────────────────────────────────────────

    def rebuild(self, account: str, after_seq: int, reports: Iterable[m.AnyReport]) -> bool:
        """Put the orders of an account where its reports say, when others had been reported before.

        Args:
            after_seq: the reports are all that there are after this one.
            reports: in order.

        Returns:
            Whether there is an order of which they say too little.
        """
        uses = _uses(reports)
        is_doubtful = False
        for order in self._of(account):
            is_doubtful |= self._rebuild(order, after_seq, uses.get(order.client_order_id, {}))
        return is_doubtful

    def fill_in(self, order: Order, after_seq: int, reports: Iterable[m.AnyReport]) -> None:
        """Put one order where the reports after `after_seq` say, if they speak of it."""
        own = _uses(reports).get(order.client_order_id, {}).get(order.order_id)
        if own is not None:
            self._replay(order, after_seq, own)

    def _rebuild(self, order: Order, after_seq: int, uses: Uses) -> bool:
        key = _key(order)
        own = uses.get(order.order_id)
        is_recent = order.first_seq > after_seq or not order.order_id
        if own is None and (is_recent or self._stands_in(order)) and self._open.get(key, order) is order:
            # Entered again, it has another number.
            again = [each for each in uses.values() if each[0].transact_time >= order.since_ns]
            own = again[-1] if again and again[-1][0].exec_type in BEGINNINGS else None
        if own is not None:
            self._replay(order, after_seq, own)
        elif is_recent:
            if order.order_id:
                order.reset()
                if order not in self._entering:
                    order.end("lost")
                self._file(order)
        else:
            if order.last_seq > after_seq:
                order.forget_after(after_seq)
                self._file(order)
            return order.is_open or order.status == "unknown"
        return False

    def _stands_in(self, order: Order) -> bool:
        """Whether whatever has its id is this order: it is open, or its end is not known and no other has taken its place."""
        current = self._open.get(_key(order))
        return current is order or (current is None and order.status == "unknown")

    def _replay(self, order: Order, after_seq: int, own: list[m.ExecutionReport]) -> None:
        if own[0].exec_type in BEGINNINGS:
            order.reset()
        else:
            order.forget_after(after_seq)
        for report in own:
            order.apply(report)
        self._file(order)

    def compare(self, account: str, since_seq: int, listed: Iterable[m.OpenOrder]) -> None:
        """Put the orders that had no report after `since_seq` where a list of the open ones has them; others have ended."""
        resting = {each.client_order_id: each for each in listed}
        for order in self._of(account):
            if order.last_seq > since_seq:
                continue
            found = resting.get(order.client_order_id)
            # Under another number: it was lost, and entered again.
            if found is not None and (found.order_id == order.order_id or self._stands_in(order)):
                order.stands(found)
                self._file(order)
            elif order.is_open and order.order_id:
                order.end("unknown")
                self._file(order)

    def close_account(self, account: str) -> None:
        """The account is not the participant's any more: what it had there has an end that is not known."""
        self.compare(account, 2**63, ())

    def abandon(self, error: ClientError) -> None:
        """Nothing more will be heard."""
        for order in list(self._open.values()):
            order.abandon(error)


def _is_of(order: Order, reply: m.ExecutionReport) -> bool:
    """Whether a reply speaks of an order. By its number alone, where it was entered before; a venue that lost its last moments gives
    numbers again, so one that the request has entered is the order that this very report began.
    """
    return order.order_id == reply.order_id and (reply.exec_type != "new" or order.first_seq == reply.seq)


def _key(order: Order) -> tuple[str, str]:
    return order.account, order.client_order_id


def _uses(reports: Iterable[m.AnyReport]) -> dict[str, Uses]:
    found: dict[str, Uses] = {}
    for report in reports:
        if isinstance(report, m.ExecutionReport):
            found.setdefault(report.client_order_id, {}).setdefault(report.order_id, []).append(report)
    return found
