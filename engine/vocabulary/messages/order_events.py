"""Events of orders and books: what became of a request, and what the market sees.

Values as in `engine.vocabulary.messages.events`, which exports these too.
"""

from __future__ import annotations

from engine.vocabulary.messages.said import Values
from engine.vocabulary.messages.structs import Event


class OrderAccepted(Event, tag=1):
    """The order passed every check. What it does then follows as events of its own."""

    order_id: int
    account: str
    report_seq: int
    client_order_id: str
    instrument: str
    side: int
    order_type: int
    time_in_force: int
    price_ticks: int
    """The limit; for a market order the collar it may trade up to; 0 for a stop that will be a market order."""
    quantity_lots: int
    """0 for a market order by funds."""
    stop_ticks: int = 0
    """Where a stop triggers."""


class OrderRejected(Event, tag=2):
    """The order did nothing. `rules` names every compliance rule that failed; the first decides."""

    order_id: int
    account: str
    report_seq: int
    """0 if the account is unknown or not the participant's: nobody but the sender is told."""
    client_order_id: str
    instrument: str
    code: int
    detail: str = ""
    """Of journals before core version 6, as `title`: the words that are made at the edge now."""
    rule: str = ""
    title: str = ""
    rules: tuple[str, ...] = ()
    side: int = -1
    """As asked for, as are price and quantity: they may fit no tick or lot. -1: a journal of an earlier version."""
    price_e8: int = 0
    quantity_e8: int = 0
    template: str = ""
    """Which sentence says what was wrong and what would have been allowed; `values` go into it."""
    values: Values = ()


class Trade(Event, tag=3):
    """One fill: a maker's resting order and a taker's, at the maker's price. Fees may be negative (rebates)."""

    trade_id: int
    instrument: str
    price_ticks: int
    quantity_lots: int
    taker_side: int
    maker_order_id: int
    maker_account: str
    maker_report_seq: int
    maker_client_order_id: str
    maker_filled_lots: int
    maker_leaves_lots: int
    maker_fee: int
    taker_order_id: int
    taker_account: str
    taker_report_seq: int
    taker_client_order_id: str
    taker_filled_lots: int
    taker_leaves_lots: int
    taker_fee: int


class OrderCancelled(Event, tag=4):
    """The order's leaves are gone. `displayed_lots` of them were on the public book (0: it never rested)."""

    order_id: int
    account: str
    report_seq: int
    client_order_id: str
    instrument: str
    side: int
    price_ticks: int
    filled_lots: int
    cancelled_lots: int
    displayed_lots: int
    reason: int
    rule: str = ""
    detail: str = ""
    """Of journals before core version 6: the words that are made at the edge now."""
    template: str = ""
    values: Values = ()


class OrderAmended(Event, tag=5):
    """Price and total quantity are now these. A lost priority shows as `BookChanged` to 0 and a new `BookAdded`."""

    order_id: int
    account: str
    report_seq: int
    client_order_id: str
    instrument: str
    side: int
    price_ticks: int
    quantity_lots: int
    filled_lots: int
    leaves_lots: int
    kept_priority: bool


class RequestRejected(Event, tag=6):
    """An amend, cancel or mass cancel did nothing."""

    account: str
    report_seq: int
    order_id: int
    client_order_id: str
    code: int
    detail: str = ""
    """Of journals before core version 6, as `title`: the words that are made at the edge now."""
    rule: str = ""
    title: str = ""
    rules: tuple[str, ...] = ()
    template: str = ""
    values: Values = ()


class OrderStatus(Event, tag=7):
    """Answer to a resent request (P5): the order as it stands. Not a report: it has no sequence number."""

    order_id: int
    account: str
    client_order_id: str
    instrument: str
    status: int
    side: int
    price_ticks: int
    quantity_lots: int
    filled_lots: int
    leaves_lots: int
    code: int = 0
    """Of a rejected order: why."""
    rule: str = ""


class MassCancelled(Event, tag=8):
    """A mass cancel ended; the orders it cancelled precede it."""

    account: str
    report_seq: int
    orders: int


class BookAdded(Event, tag=9):
    """An order, or the next shown part of one, joins the end of the queue at its price."""

    instrument: str
    order_id: int
    side: int
    price_ticks: int
    displayed_lots: int


class BookChanged(Event, tag=10):
    """An order's shown quantity changed without a trade, its place kept; 0: it left the book."""

    instrument: str
    order_id: int
    side: int
    price_ticks: int
    displayed_lots: int


class StopTriggered(Event, tag=11):
    """A waiting stop became a market order (`price_ticks`: its collar) or a limit order."""

    order_id: int
    account: str
    report_seq: int
    client_order_id: str
    instrument: str
    side: int
    order_type: int
    price_ticks: int


class TradeCorrected(Event, tag=12):
    """A trade was busted (`new_price_ticks` 0) or got another price. A private report to both sides."""

    trade_id: int
    instrument: str
    price_ticks: int
    new_price_ticks: int
    quantity_lots: int
    buy_order_id: int
    buy_account: str
    buy_report_seq: int
    buy_fee: int
    """What the buyer has now been charged for this trade."""
    sell_order_id: int
    sell_account: str
    sell_report_seq: int
    sell_fee: int
    trade_time_ns: int
    reason: str


class MassQuoted(Event, tag=13):
    """A ladder was replaced; the cancels and new orders precede it."""

    account: str
    report_seq: int
    quote_id: str
    kept: int
    cancelled: int
    entered: int


class Indicative(Event, tag=14):
    """What a call would uncross to now. Volume 0: nothing; `imbalance_lots` is buys less sells at the price."""

    instrument: str
    price_ticks: int
    volume_lots: int
    imbalance_lots: int


class Uncrossed(Event, tag=15):
    """A call was uncrossed; its trades follow. Price and volume 0: nothing crossed."""

    instrument: str
    price_ticks: int
    volume_lots: int
