"""What must hold after every command of every scenario, followed from the events alone and compared with the exchange."""

from __future__ import annotations

from engine.book.entities import Order
from engine.exchange import Exchange
from engine.vocabulary.codes import SIDES
from engine.vocabulary.messages.events import (
    BookAdded,
    BookChanged,
    Event,
    OrderAccepted,
    OrderAmended,
    OrderCancelled,
    OrderStatus,
    Trade,
    Transferred,
    VariationMargin,
)


class Followed:
    """An order as its own private reports tell it."""

    def __init__(self, event: OrderAccepted) -> None:
        self.label = event.client_order_id
        self.quantity_lots = event.quantity_lots
        self.filled_lots = 0
        self.by_funds = event.quantity_lots == 0
        self.ended = False


class Shown:
    """What the public book shows of an order."""

    def __init__(self, event: BookAdded) -> None:
        self.instrument = event.instrument
        self.side = event.side
        self.price_ticks = event.price_ticks
        self.lots = event.displayed_lots


class Invariants:
    """Follows every event; `AssertionError` where events contradict each other or the state they lead to."""

    def __init__(self, exchange: Exchange) -> None:
        self.exchange = exchange
        self.orders: dict[int, Followed] = {}
        self.public: dict[int, Shown] = {}
        self.report_seqs: dict[str, int] = {}
        self.trades = 0
        self._unfinished: list[Event] = []
        """What pieces of work have done that is not at its end."""

    def follow(self, events: list[Event]) -> None:
        """Take the events of one command and check all that must hold after it, once nothing of it is left to do. O(state)."""
        self._unfinished += events
        if self.exchange.is_unfinished:
            return
        events, self._unfinished = self._unfinished, []
        for event in events:
            self._follow_reports(event)
            self._follow_order(event)
            self._follow_public(event)
        self._check_margin(events)
        self._check_public_books()
        for order_id, order in self.orders.items():
            open_order = self._open_order(order_id)
            assert (open_order is None) == order.ended, f"{order.label} is open although it ended, or the reverse"
            if open_order is not None and not order.by_funds:
                leaves = order.quantity_lots - order.filled_lots
                assert open_order.leaves_lots == leaves, f"{order.label}: its reports leave {leaves}"
        self.exchange.check()

    def _check_margin(self, events: list[Event]) -> None:
        """What a mark takes from some it gives to others, to the unit."""
        moved: dict[str, int] = {}
        for event in events:
            if isinstance(event, VariationMargin):
                assert event.available >= 0 and event.reserved >= 0
                moved[event.instrument] = moved.get(event.instrument, 0) + event.amount
        assert not any(moved.values()), f"variation margin adds up to {moved}"

    def _open_order(self, order_id: int) -> Order | None:
        for account in self.exchange.accounts.values():
            if order_id in account.open_orders:
                return account.open_orders[order_id]
        return None

    def _follow_reports(self, event: Event) -> None:
        """The reports of each account are numbered without a gap."""
        pairs = [("account", "report_seq")]
        if isinstance(event, Trade):
            pairs = [("maker_account", "maker_report_seq"), ("taker_account", "taker_report_seq")]
        elif hasattr(event, "buy_report_seq"):
            pairs = [("buy_account", "buy_report_seq"), ("sell_account", "sell_report_seq")]
        elif isinstance(event, Transferred):
            pairs = [("from_account", "from_report_seq"), ("to_account", "to_report_seq")]
        for account_field, seq_field in pairs:
            seq = getattr(event, seq_field, 0)
            if seq:
                account = getattr(event, account_field)
                expected = self.report_seqs.get(account, 0) + 1
                assert seq == expected, f"{account} gets report {seq}, not {expected}: {event}"
                self.report_seqs[account] = seq

    def _follow_order(self, event: Event) -> None:
        """Filled and leaves add up to the quantity in every report, and nothing happens to an order that ended."""
        if isinstance(event, OrderAccepted):
            self.orders[event.order_id] = Followed(event)
        elif isinstance(event, Trade):
            self.trades += 1
            assert event.trade_id == self.trades, "trade ids are dense"
            accounts = self.exchange.accounts
            maker, taker = accounts[event.maker_account], accounts[event.taker_account]
            assert maker.owner is not taker.owner, f"a self-trade: {event}"
            self._fill(event.maker_order_id, event.quantity_lots, event.maker_filled_lots, event.maker_leaves_lots)
            self._fill(event.taker_order_id, event.quantity_lots, event.taker_filled_lots, event.taker_leaves_lots)
        elif isinstance(event, OrderAmended):
            order = self._alive(event.order_id)
            order.quantity_lots = event.quantity_lots
            assert event.filled_lots == order.filled_lots
            assert order.by_funds or event.filled_lots + event.leaves_lots == event.quantity_lots
        elif isinstance(event, OrderCancelled):
            order = self._alive(event.order_id)
            order.ended = True
            assert event.filled_lots == order.filled_lots
            if not order.by_funds:
                assert event.filled_lots + event.cancelled_lots == order.quantity_lots, f"quantity is lost: {event}"
        elif isinstance(event, OrderStatus) and event.order_id in self.orders:
            assert event.filled_lots == self.orders[event.order_id].filled_lots

    def _alive(self, order_id: int) -> Followed:
        order = self.orders[order_id]
        assert not order.ended, f"something happens to {order.label} after its end"
        return order

    def _fill(self, order_id: int, lots: int, filled_lots: int, leaves_lots: int) -> None:
        order = self._alive(order_id)
        order.filled_lots += lots
        assert lots > 0 and filled_lots == order.filled_lots
        if not order.by_funds:
            assert filled_lots + leaves_lots == order.quantity_lots, f"{order.label}: filled and leaves don't add up"
        order.ended = leaves_lots == 0

    def _follow_public(self, event: Event) -> None:
        """Build the public book of what a market-data reader sees."""
        if isinstance(event, BookAdded):
            before = self.public.get(event.order_id)
            assert before is None or before.lots == 0, f"an order is added to the book twice: {event}"
            self.public[event.order_id] = Shown(event)
        elif isinstance(event, BookChanged):
            changed = self.public[event.order_id]
            assert event.price_ticks == changed.price_ticks
            changed.lots = event.displayed_lots
            if not changed.lots:
                del self.public[event.order_id]
        elif isinstance(event, Trade):
            for order_id, leaves in (
                (event.maker_order_id, event.maker_leaves_lots),
                (event.taker_order_id, event.taker_leaves_lots),
            ):
                shown = self.public.get(order_id)
                if shown is not None:
                    # An iceberg's next part follows; in an uncross it trades more than it showed.
                    shown.lots -= event.quantity_lots
                    if not leaves:
                        del self.public[order_id]
        elif isinstance(event, OrderCancelled):
            gone = self.public.pop(event.order_id, None)
            assert event.displayed_lots == (0 if gone is None else gone.lots), (
                f"the book showed another quantity: {event}"
            )

    def _check_public_books(self) -> None:
        """Compare the public book with the exchange's, level by level."""
        for name, book in self.exchange.books.items():
            for side in range(len(SIDES)):
                levels: dict[int, int] = {}
                for each in self.public.values():
                    assert each.lots > 0, "an order on the book shows nothing"
                    if each.instrument == name and each.side == side:
                        levels[each.price_ticks] = levels.get(each.price_ticks, 0) + each.lots
                assert levels == dict(book.levels(side)), f"market data and the book of {name} differ: {levels}"
