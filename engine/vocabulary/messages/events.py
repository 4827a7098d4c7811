"""Events: all that a venue says happened. Plain data, in the order in which it happened.

Encoded as `engine.vocabulary.messages.commands` are. Prices are ticks, quantities lots, money minor units of the quote asset; the
instrument's listing (`InstrumentListed`) has what turns them back into decimals. `report_seq` is the account's own
dense sequence: every event that carries one is a private report to that account.
"""

from __future__ import annotations

from engine.vocabulary.messages.clearing_events import (
    AssetIssued,
    CloseOutStarted,
    DefaultDeclared,
    FutureMarked,
    HoldingFrozen,
    IndexPriceSet,
    LossShared,
    MarginCalled,
    MarginRestored,
    Transferred,
    TransferStatus,
    VariationMargin,
)
from engine.vocabulary.messages.structs import Event

__all__ = [
    "AccountOpened",
    "AnyEvent",
    "AssetAdded",
    "AssetIssued",
    "BookAdded",
    "BookChanged",
    "ChangeEffective",
    "ChangeScheduled",
    "CloseOutStarted",
    "CommandRejected",
    "DayEnded",
    "DefaultDeclared",
    "Event",
    "FundsMoved",
    "FutureMarked",
    "HoldingFrozen",
    "IndexPriceSet",
    "Indicative",
    "InstrumentListed",
    "InvestorRegistered",
    "LossShared",
    "MarginCalled",
    "MarginRestored",
    "MarketHalted",
    "MassCancelled",
    "MassQuoted",
    "OrderAccepted",
    "OrderAmended",
    "OrderCancelled",
    "OrderRejected",
    "OrderStatus",
    "ParameterChanged",
    "PhaseChanged",
    "RegistryChanged",
    "RequestRejected",
    "RulebookLoaded",
    "RulesChanged",
    "StopTriggered",
    "Trade",
    "TradeCorrected",
    "TransferStatus",
    "Transferred",
    "Uncrossed",
    "VariationMargin",
]


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
    detail: str
    """What was wrong and what would have been allowed, for people."""
    rule: str = ""
    title: str = ""
    rules: tuple[str, ...] = ()


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
    detail: str
    rule: str = ""
    title: str = ""
    rules: tuple[str, ...] = ()


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


class AssetAdded(Event, tag=20):
    """An asset became known."""

    asset: str
    kind: int
    scale: int


class InstrumentListed(Event, tag=21):
    """An instrument was listed. A notional is `price_ticks * quantity_lots * unit` quote minor units."""

    instrument: str
    kind: int
    base: str
    quote: str
    tick_e8: int
    lot_e8: int
    unit: int


class PhaseChanged(Event, tag=22):
    """An instrument moved to a phase."""

    instrument: str
    phase: int
    reason: str
    until_ns: int = 0
    """When it ends by itself; 0: not by itself, or not known."""


class AccountOpened(Event, tag=23):
    """An account exists now."""

    account: str
    participant: str
    investor: str
    intermediary: str


class FundsMoved(Event, tag=24):
    """A deposit (positive) or withdrawal (negative) was booked. A private report."""

    account: str
    report_seq: int
    asset: str
    amount: int
    available: int
    reserved: int
    reason: str


class DayEnded(Event, tag=25):
    """Moscow midnight: client order ids of the day that ended may be used again."""

    day: int
    """The day that begins, in days since 1970-01-01."""


class CommandRejected(Event, tag=26):
    """A configuration or compliance command did nothing."""

    code: int
    detail: str


class RulesChanged(Event, tag=27):
    """A setting of the market changed: `what` names the command, `key` what it is about; a kill switch has a reason."""

    what: str
    key: str
    detail: str = ""
    reason: str = ""
    by: str = ""


class MarketHalted(Event, tag=28):
    """The index moved too far: the market is halted until then. `index_ppm` is 1000000 at the references."""

    index_ppm: int
    until_ns: int


class RulebookLoaded(Event, tag=40):
    """A rulebook is in force. `digest` is the SHA-256 of its documents, in hexadecimal."""

    name: str
    digest: str


class InvestorRegistered(Event, tag=41):
    """An investor's record is new or changed; `investor_class` is what the rulebook makes of it."""

    investor: str
    investor_class: str


class RegistryChanged(Event, tag=42):
    """Another registry record is new or changed: `what` names its kind, `key` which one."""

    what: str
    key: str
    detail: str = ""


class ParameterChanged(Event, tag=43):
    """A supervisor changed a parameter of a rule in force."""

    rule: str
    key: str
    old: str
    new: str
    reason: str
    by: str


class ChangeScheduled(Event, tag=44):
    """A compliance command waits for its effective date; `change` is the number of the one that brought it."""

    change: int
    effective_ns: int
    what: str


class ChangeEffective(Event, tag=45):
    """The effective date of a compliance command has come; what it does follows."""

    change: int


AnyEvent = (
    OrderAccepted
    | OrderRejected
    | Trade
    | OrderCancelled
    | OrderAmended
    | RequestRejected
    | OrderStatus
    | MassCancelled
    | BookAdded
    | BookChanged
    | StopTriggered
    | TradeCorrected
    | MassQuoted
    | Indicative
    | Uncrossed
    | AssetAdded
    | InstrumentListed
    | PhaseChanged
    | AccountOpened
    | FundsMoved
    | DayEnded
    | CommandRejected
    | RulesChanged
    | MarketHalted
    | RulebookLoaded
    | InvestorRegistered
    | RegistryChanged
    | ParameterChanged
    | ChangeScheduled
    | ChangeEffective
    | IndexPriceSet
    | FutureMarked
    | VariationMargin
    | MarginCalled
    | MarginRestored
    | CloseOutStarted
    | DefaultDeclared
    | LossShared
    | Transferred
    | TransferStatus
    | HoldingFrozen
    | AssetIssued
)
