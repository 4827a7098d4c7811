"""The fields of an order-keeping duty, after table 2 of the annex to RTS 24, and where order records have each of them.

Commission Delegated Regulation (EU) 2017/580. It does not bind a sandbox: it is the list by which the records can be judged.
"""

from __future__ import annotations

from typing import Final, NamedTuple

HAD: Final = "kept"
PARTLY: Final = "partly"
ELSEWHERE: Final = "in another record"
NOT_HERE: Final = "does not exist here"


class Field(NamedTuple):
    """One field of the annex."""

    number: int
    name: str
    """In short."""
    kept: str
    """`HAD`, `PARTLY`, `ELSEWHERE` or `NOT_HERE`."""
    columns: tuple[str, ...]
    """Of an order record."""
    note: str = ""


FIELDS: Final = (
    Field(1, "entity that submitted the order", HAD, ("participant",)),
    Field(2, "direct electronic access", NOT_HERE, (), "every participant sends its orders itself, with its own key"),
    Field(3, "client identification", HAD, ("investor", "account", "investor_class")),
    Field(4, "investment decision within the firm", NOT_HERE, (), "nobody states a trader or an algorithm"),
    Field(5, "execution within the firm", NOT_HERE, (), "as above"),
    Field(6, "non-executing broker", PARTLY, ("intermediary",), "through whom the account is held"),
    Field(7, "trading capacity", NOT_HERE, (), "whether a firm deals for itself follows from whose the account is"),
    Field(8, "liquidity provision", NOT_HERE, (), "no order is marked as of a market-making agreement"),
    Field(9, "date and time", HAD, ("time_ns", "time_utc", "trading_day"), "one clock, that of the venue"),
    Field(10, "validity period", HAD, ("time_in_force",)),
    Field(11, "order restriction", PARTLY, ("time_in_force", "post_only", "reduce_only"), "at the open, at the close"),
    Field(12, "end of validity", HAD, ("expires_utc",)),
    Field(13, "priority time stamp", PARTLY, ("seq", "event"), "`sbx order` shows each change of an order's place"),
    Field(14, "priority size", NOT_HERE, (), "an amend that grows loses its place: there is one size"),
    Field(15, "sequence number", HAD, ("seq", "event_no", "report_seq")),
    Field(16, "segment MIC", PARTLY, ("venue",), "the venue's id: a sandbox has no MIC"),
    Field(17, "order book", HAD, ("instrument",), "an instrument has one book"),
    Field(18, "financial instrument", PARTLY, ("instrument",), "the venue's name: nothing here has an ISIN"),
    Field(19, "date of receipt", HAD, ("trading_day",)),
    Field(20, "order identification", HAD, ("order_id", "client_order_id")),
    Field(21, "kind of event", HAD, ("event", "reason", "code")),
    Field(22, "order type", HAD, ("order_type",)),
    Field(23, "order type classification", HAD, ("order_type",), "limit or stop"),
    Field(24, "limit price", HAD, ("limit_price",)),
    Field(25, "additional limit price", PARTLY, ("limit_price",), "of a stop-limit the limit; there is no other"),
    Field(26, "stop price", HAD, ("stop_price", "trail")),
    Field(27, "pegged limit price", PARTLY, ("peg", "limit_price"), "the price of entry and amends, not of each move"),
    Field(28, "transaction price", HAD, ("last_price",)),
    Field(29, "price currency", PARTLY, ("fee_asset", "instrument"), "the quote asset of the instrument"),
    Field(30, "currency of leg 2", NOT_HERE, (), "no instrument has two legs"),
    Field(31, "price notation", NOT_HERE, (), "always money a unit"),
    Field(32, "buy or sell", HAD, ("side",)),
    Field(33, "order status", PARTLY, ("event", "leaves_quantity"), "active, and whether firm: every order is"),
    Field(34, "quantity notation", NOT_HERE, (), "always units of the base asset"),
    Field(35, "quantity currency", PARTLY, ("instrument",), "the base asset of the instrument"),
    Field(36, "initial quantity", HAD, ("quantity", "funds"), "of the record whose event is `new`"),
    Field(37, "remaining quantity, hidden included", HAD, ("leaves_quantity",)),
    Field(38, "displayed quantity", HAD, ("display_quantity",)),
    Field(39, "traded quantity", HAD, ("last_quantity", "filled_quantity")),
    Field(40, "minimum acceptable quantity", HAD, ("min_quantity",)),
    Field(41, "minimum executable size", NOT_HERE, (), "no order asks for a least size of each fill"),
    Field(42, "minimum size of the first execution only", PARTLY, ("min_quantity",), "min_quantity is of the first"),
    Field(43, "passive only", HAD, ("post_only",)),
    Field(44, "passive or aggressive", HAD, ("liquidity",)),
    Field(45, "self-execution prevention", HAD, ("self_trade",)),
    Field(46, "strategy linked order", ELSEWHERE, (), "pairs and brackets: the command in the journal, by `sbx order`"),
    Field(47, "routing strategy", NOT_HERE, (), "orders go nowhere else"),
    Field(48, "transaction identification", HAD, ("trade_id",)),
    Field(49, "trading phases", ELSEWHERE, (), "changes of phase: the journal, by `sbx find` and `sbx export`"),
    Field(50, "indicative auction price", ELSEWHERE, (), "the journal, by `sbx export`"),
    Field(51, "indicative auction volume", ELSEWHERE, (), "as above"),
)
