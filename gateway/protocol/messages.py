"""The messages of the protocol `sbx.v1`: one Struct each, tagged by `type`, the same in JSON and in MessagePack.

Prices, quantities and money are decimal strings. Names are lower case. A request carries the client's own `id`, which its reply
repeats. Optional fields that have no value are left out. Requests, private reports and what channels carry stand beside; all are exported here.
"""

from __future__ import annotations

import msgspec

from engine.vocabulary.messages.said import Values
from gateway.protocol.account_messages import (
    BalancesReply,
    Cover,
    Holding,
    OpenOrder,
    OpenOrdersReply,
    Position,
    PositionsReply,
    Resumed,
)
from gateway.protocol.channel_messages import (
    AnyChannelMessage,
    Auction,
    BookSnapshot,
    BookUpdate,
    Candle,
    CandleBar,
    CandleSnapshot,
    Change,
    ChannelMessage,
    ChannelName,
    Heartbeat,
    IndexPrice,
    Mark,
    OrdersSnapshot,
    OrdersUpdate,
    Status,
    Ticker,
    Top,
    TradePrint,
)
from gateway.protocol.connection_messages import (
    AnyConnectionMessage,
    Error,
    Goodbye,
    Hello,
    JournalTip,
    LoggedOut,
    Rate,
    RatesReply,
    Recording,
    RecordingEnded,
    Subscribed,
    Unsubscribed,
    Welcome,
)
from gateway.protocol.movement_messages import MovementsReply, WaitingMovement
from gateway.protocol.paper_messages import ContractInfo, ContractsReply, RiskWarningReply
from gateway.protocol.past_messages import (
    Correction,
    Fill,
    FillsReply,
    OrderHistoryReply,
    OrderInfo,
    OrderStatusReply,
    Settlement,
    SettlementsReply,
)
from gateway.protocol.past_requests import Fills, OrderHistory, OrderStatus, Settlements
from gateway.protocol.private_messages import (
    AnyReport,
    AssetIssued,
    CloseOut,
    DeadMan,
    Default,
    ExecutionReport,
    Funds,
    HoldingArrested,
    HoldingFrozen,
    LossShared,
    MarginCall,
    MarginRestored,
    MassCancelled,
    MassQuoted,
    Message,
    MovementEnded,
    MovementHeld,
    RequestRejected,
    TradeCorrected,
    Transferred,
    TransferStatus,
    VariationMargin,
)
from gateway.protocol.record_messages import Argument, RecordInfo, RecordKind, RecordsReply, ToldArgument
from gateway.protocol.request import Interval, Lang, OrderType, Purpose, Request, RequestId, Side, TimeInForce
from gateway.protocol.requests import (
    Admin,
    AmendOrder,
    AnyRequest,
    Balances,
    CancelAllAfter,
    CancelOrder,
    CancelWithdrawal,
    CandleHistory,
    Contracts,
    Instruments,
    Login,
    Logout,
    MassCancel,
    MassQuote,
    Movements,
    NewBracket,
    NewOrder,
    NewOrderPair,
    OpenOrders,
    OrderTerms,
    Positions,
    Rates,
    Records,
    RequestDelivery,
    RequestWithdrawal,
    Resume,
    RiskWarning,
    Subscribe,
    Transfer,
    Unsubscribe,
)
from gateway.protocol.standing_messages import (
    AccountLimits,
    AssetInfo,
    AssetsReply,
    CapInfo,
    FeesReply,
    InstrumentFees,
    LimitsReply,
    MeReply,
    OwnAccount,
    OwnKey,
    TimeReply,
)
from gateway.protocol.standing_requests import Assets, Fees, Limits, Me, Time

__all__ = [
    "AccountLimits",
    "Admin",
    "AmendOrder",
    "AnyChannelMessage",
    "AnyMessage",
    "AnyReport",
    "AnyRequest",
    "Argument",
    "AssetInfo",
    "AssetIssued",
    "Assets",
    "AssetsReply",
    "Auction",
    "Balances",
    "BalancesReply",
    "BookSnapshot",
    "BookUpdate",
    "CancelAllAfter",
    "CancelOrder",
    "CancelWithdrawal",
    "Candle",
    "CandleBar",
    "CandleHistory",
    "CandleHistoryReply",
    "CandleSnapshot",
    "CapInfo",
    "Change",
    "ChannelMessage",
    "ChannelName",
    "CloseOut",
    "ContractInfo",
    "Contracts",
    "ContractsReply",
    "Correction",
    "Cover",
    "DeadMan",
    "Default",
    "Done",
    "Error",
    "ExecutionReport",
    "Fees",
    "FeesReply",
    "Fill",
    "Fills",
    "FillsReply",
    "Funds",
    "Goodbye",
    "Heartbeat",
    "Hello",
    "Holding",
    "HoldingArrested",
    "HoldingFrozen",
    "IndexPrice",
    "InstrumentFees",
    "InstrumentInfo",
    "Instruments",
    "InstrumentsReply",
    "Interval",
    "JournalTip",
    "Lang",
    "Limits",
    "LimitsReply",
    "LoggedOut",
    "Login",
    "Logout",
    "LossShared",
    "MarginCall",
    "MarginRestored",
    "Mark",
    "MassCancel",
    "MassCancelled",
    "MassQuote",
    "MassQuoted",
    "Me",
    "MeReply",
    "Message",
    "MovementEnded",
    "MovementHeld",
    "Movements",
    "MovementsReply",
    "NewBracket",
    "NewOrder",
    "NewOrderPair",
    "OpenOrder",
    "OpenOrders",
    "OpenOrdersReply",
    "OrderHistory",
    "OrderHistoryReply",
    "OrderInfo",
    "OrderStatus",
    "OrderStatusReply",
    "OrderTerms",
    "OrderType",
    "OrdersSnapshot",
    "OrdersUpdate",
    "OwnAccount",
    "OwnKey",
    "Position",
    "Positions",
    "PositionsReply",
    "Purpose",
    "Rate",
    "Rates",
    "RatesReply",
    "RecordInfo",
    "RecordKind",
    "Recording",
    "RecordingEnded",
    "Records",
    "RecordsReply",
    "Rejected",
    "Request",
    "RequestDelivery",
    "RequestId",
    "RequestRejected",
    "RequestWithdrawal",
    "Resume",
    "Resumed",
    "RiskWarning",
    "RiskWarningReply",
    "Settlement",
    "Settlements",
    "SettlementsReply",
    "Side",
    "Status",
    "Subscribe",
    "Subscribed",
    "Ticker",
    "Time",
    "TimeInForce",
    "TimeReply",
    "ToldArgument",
    "Top",
    "TradeCorrected",
    "TradePrint",
    "Transfer",
    "TransferStatus",
    "Transferred",
    "Unsubscribe",
    "Unsubscribed",
    "VariationMargin",
    "WaitingMovement",
    "Welcome",
    "login_challenge",
]


class Done(Message, tag="done"):
    """An admin command was sequenced as `seq` and carried out; or, with `waits_until`, found sound and kept for a second approval."""

    id: int
    seq: int
    waits_until: int | None = None
    """It is proposal `seq`, and expires then."""


class Rejected(Message, tag="rejected"):
    """An admin command was sequenced as `seq` and refused."""

    id: int
    seq: int
    code: str
    detail: str
    template: str | None = None
    """Of `detail`: which sentence it is, for programs; `values` stand in it."""
    values: Values = ()


class InstrumentInfo(msgspec.Struct, kw_only=True, omit_defaults=True, gc=False):
    """One listed instrument. Times are in nanoseconds; what it does not have is left out."""

    instrument: str
    kind: str
    base: str
    quote: str
    tick_size: str
    lot_size: str
    min_quantity: str
    max_quantity: str
    maker_fee_ppm: int
    taker_fee_ppm: int
    phase: str
    underlying: str | None = None
    """What a note or future follows: of a future the name of its index."""
    reference_price: str | None = None
    """The centre of the static band: of a future its last mark."""
    static_band_ppm: int | None = None
    dynamic_band_ppm: int | None = None
    expiry: int | None = None
    """Of a future: when it is settled."""
    averaging: int | None = None
    """Of a future: the final price is the mean of the index over so long before expiry."""
    mark_interval: int | None = None
    """Of a future: it is marked so often."""
    max_position: str | None = None
    """Of a future: the largest position of an account."""


class InstrumentsReply(Message, tag="instruments"):
    """All listed instruments."""

    id: int
    instruments: list[InstrumentInfo]


class CandleHistoryReply(Message, tag="candle_history"):
    """Candles of an instrument, in the order that was asked for."""

    id: int
    instrument: str
    interval: str
    candles: list[CandleBar]
    more: bool = False
    """There are more behind the last of these: ask for those that begin before it, or after it."""


AnyMessage = (
    AnyConnectionMessage
    | AnyReport
    | OpenOrdersReply
    | BalancesReply
    | PositionsReply
    | MovementsReply
    | RiskWarningReply
    | ContractsReply
    | FillsReply
    | OrderHistoryReply
    | OrderStatusReply
    | SettlementsReply
    | FeesReply
    | LimitsReply
    | MeReply
    | AssetsReply
    | TimeReply
    | RecordsReply
    | Resumed
    | Done
    | Rejected
    | InstrumentsReply
    | CandleHistoryReply
    | RatesReply
    | Subscribed
    | Unsubscribed
    | AnyChannelMessage
)


def login_challenge(venue: str, participant: str, nonce: str) -> bytes:
    """The bytes a login signs: the purpose, the venue, the participant and the connection's nonce, a line each."""
    return f"sbx.v1 login\n{venue}\n{participant}\n{nonce}".encode()
