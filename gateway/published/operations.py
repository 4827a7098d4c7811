"""What is asked and told over a connection: each request with its replies, and what the venue says unasked."""

from __future__ import annotations

from typing import Final, NamedTuple, get_args

import msgspec

from engine.command_row import OPERATOR, PARTICIPANT, ROLES, SUPERVISOR
from gateway.outbound.channels.registry import CHANNELS
from gateway.protocol import messages as m
from gateway.protocol.channel_messages import AnyChannelMessage, ChannelName
from gateway.protocol.messages import AnyReport, Message

MessageKind = type[msgspec.Struct]

CONNECTION: Final = "connection"
TRADING: Final = "trading"
ACCOUNT: Final = "account"
MARKET_DATA: Final = "market_data"
ADMINISTRATION: Final = "administration"
SUBJECTS: Final = {
    CONNECTION: "Who is there, who is logged in, and how much may be asked.",
    TRADING: "What participants do, and what came of it. Each request is a command: it is recorded, then answered.",
    ACCOUNT: "What an account has, and what its investor has signed. Questions: they change nothing.",
    MARKET_DATA: "What can be traded, and which channels a connection gets.",
    ADMINISTRATION: "What supervisors and operators ask and do.",
}
"""What requests are about."""

ANYBODY: Final[tuple[str, ...]] = ()
"""Without a login."""
_TRADERS: Final = (PARTICIPANT,)
_SUPERVISING: Final = (SUPERVISOR, OPERATOR)


class Asked(NamedTuple):
    """A request."""

    request: MessageKind
    replies: tuple[type[Message], ...]
    """What answers it, beside `Error`: one of these, with its `id`."""
    subject: str
    roles: tuple[str, ...]
    """Who may send it: one who is logged in, in one of these roles; none: anybody."""


REQUESTS: Final = (
    Asked(m.Login, (m.Welcome,), CONNECTION, ANYBODY),
    Asked(m.Logout, (m.LoggedOut,), CONNECTION, ROLES),
    Asked(m.Rates, (m.RatesReply,), CONNECTION, ANYBODY),
    Asked(m.Subscribe, (m.Subscribed,), MARKET_DATA, ANYBODY),
    Asked(m.Unsubscribe, (m.Unsubscribed,), MARKET_DATA, ANYBODY),
    Asked(m.CandleHistory, (m.CandleHistoryReply,), MARKET_DATA, ANYBODY),
    Asked(m.Instruments, (m.InstrumentsReply,), MARKET_DATA, ANYBODY),
    Asked(m.NewOrder, (m.ExecutionReport,), TRADING, _TRADERS),
    Asked(m.NewOrderPair, (m.ExecutionReport, m.RequestRejected), TRADING, _TRADERS),
    Asked(m.NewBracket, (m.ExecutionReport, m.RequestRejected), TRADING, _TRADERS),
    Asked(m.MassQuote, (m.MassQuoted, m.RequestRejected), TRADING, _TRADERS),
    Asked(m.AmendOrder, (m.ExecutionReport, m.RequestRejected), TRADING, _TRADERS),
    Asked(m.CancelOrder, (m.ExecutionReport, m.RequestRejected), TRADING, _TRADERS),
    Asked(m.MassCancel, (m.MassCancelled, m.RequestRejected), TRADING, _TRADERS),
    Asked(m.CancelAllAfter, (m.DeadMan, m.RequestRejected), TRADING, _TRADERS),
    Asked(m.Transfer, (m.Transferred, m.TransferStatus, m.RequestRejected), TRADING, _TRADERS),
    Asked(m.RequestWithdrawal, (m.Funds, m.MovementHeld, m.TransferStatus, m.RequestRejected), TRADING, _TRADERS),
    Asked(m.CancelWithdrawal, (m.MovementEnded, m.RequestRejected), TRADING, _TRADERS),
    Asked(m.RequestDelivery, (m.RequestRejected,), TRADING, _TRADERS),
    Asked(m.Resume, (m.Resumed,), ACCOUNT, ROLES),
    Asked(m.OpenOrders, (m.OpenOrdersReply,), ACCOUNT, ROLES),
    Asked(m.Balances, (m.BalancesReply,), ACCOUNT, ROLES),
    Asked(m.Positions, (m.PositionsReply,), ACCOUNT, ROLES),
    Asked(m.Movements, (m.MovementsReply,), ACCOUNT, ROLES),
    Asked(m.RiskWarning, (m.RiskWarningReply,), ACCOUNT, ROLES),
    Asked(m.Contracts, (m.ContractsReply,), ACCOUNT, ROLES),
    Asked(m.Fills, (m.FillsReply,), ACCOUNT, ROLES),
    Asked(m.OrderHistory, (m.OrderHistoryReply,), ACCOUNT, ROLES),
    Asked(m.OrderStatus, (m.OrderStatusReply,), ACCOUNT, ROLES),
    Asked(m.Settlements, (m.SettlementsReply,), ACCOUNT, ROLES),
    Asked(m.Fees, (m.FeesReply,), ACCOUNT, ROLES),
    Asked(m.Limits, (m.LimitsReply,), ACCOUNT, ROLES),
    Asked(m.Me, (m.MeReply,), ACCOUNT, ROLES),
    Asked(m.Assets, (m.AssetsReply,), MARKET_DATA, ANYBODY),
    Asked(m.Time, (m.TimeReply,), CONNECTION, ANYBODY),
    Asked(m.Records, (m.RecordsReply,), ADMINISTRATION, _SUPERVISING),
    Asked(m.Admin, (m.Done, m.Rejected), ADMINISTRATION, ROLES),
)
"""Every request, in the order in which a client comes to need it."""


class Told(NamedTuple):
    """What the venue says unasked."""

    name: str
    messages: tuple[type[Message], ...]
    summary: str
    roles: tuple[str, ...] = ANYBODY
    """Who gets it, as in `Asked`."""


REPORTS: Final[tuple[type[Message], ...]] = tuple(
    report for report in get_args(AnyReport) if "seq" in report.__struct_fields__
)
"""What an account is told: a reply to who asked, a report to all connections of the participant."""

UNASKED: Final = (
    Told("hello", (m.Hello,), "The first message on every connection."),
    Told(
        "journal_tip",
        (m.JournalTip,),
        "Where the journal stands, once an hour, to everybody who has logged in or subscribed.",
    ),
    Told(
        "goodbye",
        (m.Goodbye,),
        "The venue stops, and that is its last command, to everybody who has logged in or subscribed.",
    ),
    Told("recording_ended", (m.RecordingEnded,), "A recording that is served was shown to its end."),
    Told(
        "reports",
        REPORTS,
        "The reports of the participant's accounts, each account's with a `seq` of its own.",
        _TRADERS,
    ),
)

_SAID: Final[dict[str, str]] = {
    "trades": "Every trade of an instrument.",
    "top": "The best bid and ask of an instrument.",
    "ticker": "The last price, the best bid and ask of an instrument, and its figures of 24 hours.",
    "candles": "Open, high, low, close and volume of each interval of an instrument: the last ones, then what changes.",
    "book": "The order book of an instrument, by price level: a snapshot, then updates.",
    "orders": "The queue of an instrument, order by order and anonymous: a snapshot, then updates.",
    "status": "The phase of an instrument.",
    "auction": "What a call of an instrument would uncross to now.",
    "marks": "The marks of a future.",
    "index": "The price of an index.",
    "drop_copy": "The reports of all accounts.",
    "changes": "What changes of rules, records and settings.",
    "heartbeat": "That the venue lives.",
}


class Channel(NamedTuple):
    """What can be subscribed to."""

    name: str
    messages: tuple[type[Message], ...]
    """In the order in which they come first."""
    summary: str
    has_key: bool
    """Whether `subscribe` names an instrument or index."""
    roles: tuple[str, ...]
    options: dict[str, list[int | str]]
    """What `subscribe` may name beside it: `depth`, `interval`."""


def channels() -> tuple[Channel, ...]:
    """All channels, in the order of their names in `subscribe`."""
    found = []
    for name in get_args(ChannelName):
        messages = tuple(kind for kind in get_args(AnyChannelMessage) if kind.channel == name)
        roles = ANYBODY if CHANNELS[name].is_public else _SUPERVISING
        given: dict[str, tuple[int | str, ...]] = {"depth": CHANNELS[name].depths, "interval": CHANNELS[name].intervals}
        options: dict[str, list[int | str]] = {option: list(known) for option, known in given.items() if known}
        found.append(Channel(name, messages or REPORTS, _SAID[name], CHANNELS[name].kind.has_key, roles, options))
    return tuple(found)


def wire_name(kind: MessageKind) -> str:
    """The `type` of a message."""
    return str(kind.__struct_config__.tag)
