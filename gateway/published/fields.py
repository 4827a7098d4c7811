"""What the fields of messages hold beyond their type: which texts are decimals, and which words a field may have.

A client must take a word that it doesn't know: new ones may come under the same protocol. So they are told, and not required.
"""

from __future__ import annotations

from typing import Final, get_args

from compliance import RISK_LEVELS
from engine.command_row import ROLES
from engine.vocabulary import codes
from engine.vocabulary.access import SCOPES
from gateway.candles.intervals import INTERVALS as CANDLE_INTERVALS
from gateway.outbound.channels.pacing import INTERVALS
from gateway.outbound.channels.registry import CHANNELS
from gateway.protocol.channel_messages import ChannelName
from gateway.protocol.past_requests import SettlementKind
from gateway.protocol.request import Lang
from gateway.published.errors import CANCEL, ERROR, REJECT, listed_codes

_DECIMALS: Final = (
    "amount arrested ask_price ask_quantity available average_price bid_price bid_quantity carried change_24h "
    "change_percent_24h claimed close display_quantity displayed_quantity fee filled_quantity filled_value frozen held high high_24h "
    "imbalance issue_limit largest_order last_price last_quantity leaves_quantity left limit limit_price lot_size low low_24h mark "
    "mark_price max_position max_quantity min_quantity missing needed new_price open open_24h open_interest outstanding "
    "paid peg_offset position price quantity reference_price reserved shortfall stop_price tick_size total trail turnover turnover_24h "
    "unsettled used volume volume_24h vwap_24h"
)
DECIMAL_FIELDS: Final = frozenset(_DECIMALS.split())
"""Texts of these names are decimals, in whatever message of the venue."""

SIGNED: Final = r"^-?[0-9]+(\.[0-9]+)?$"
"""What a decimal of the venue looks like: amounts, fees and positions may be below zero."""

_REJECTS: Final = listed_codes(REJECT)
_BY_FIELD: Final[dict[str, tuple[str, ...]]] = {
    "side": codes.SIDES,
    "taker_side": codes.SIDES,
    "order_type": codes.ORDER_TYPES,
    "time_in_force": codes.TIMES_IN_FORCE,
    "order_status": codes.ORDER_STATUSES,
    "exec_type": ("new", "trade", "cancelled", "amended", "triggered", "rejected", "status"),
    "liquidity": ("maker", "taker"),
    "phase": codes.PHASES,
    "role": ROLES,
    "lang": get_args(Lang),
    "purpose": codes.PURPOSES,
    "custody": codes.CUSTODIES,
    "protocol": ("sbx.v1",),
    "durability": ("fsync", "os"),
    "scope": ("connection", "participant", "address"),
    "channel": get_args(ChannelName),
    "interval": tuple(dict.fromkeys(word for channel in CHANNELS.values() for word in channel.intervals)),
}
_BY_MESSAGE: Final[dict[tuple[str, str], tuple[str, ...]]] = {
    ("Error", "code"): listed_codes(ERROR),
    ("ExecutionReport", "code"): _REJECTS,
    ("RequestRejected", "code"): _REJECTS,
    ("Rejected", "code"): _REJECTS,
    ("TransferStatus", "code"): _REJECTS,
    ("ExecutionReport", "reason"): listed_codes(CANCEL),
    ("TransferStatus", "status"): codes.MOVEMENT_STATUSES,
    ("MovementHeld", "kind"): codes.MOVEMENT_KINDS,
    ("MovementEnded", "outcome"): codes.MOVEMENT_STATUSES[: codes.MOVEMENT_WAITS],
    ("WaitingMovement", "kind"): codes.MOVEMENT_KINDS,
    ("AssetInfo", "kind"): codes.ASSET_KINDS,
    ("AssetInfo", "tier"): ("highly_liquid", "lost", "other"),
    ("AssetInfo", "privacy"): codes.PRIVACY_KINDS,
    ("OwnAccount", "kind"): codes.INVESTOR_KINDS,
    ("OpenOrder", "post_only"): codes.POST_ONLY_MODES[1:],
    ("OpenOrder", "peg"): codes.PEGS,
    ("OrderInfo", "code"): _REJECTS,
    ("OrderInfo", "reason"): listed_codes(CANCEL),
    ("Settlement", "kind"): get_args(SettlementKind),
    ("RecordInfo", "risk_level"): RISK_LEVELS,
    ("RecordInfo", "scopes"): SCOPES,
    ("OwnKey", "scopes"): SCOPES,
    ("Welcome", "scopes"): SCOPES,
    ("InstrumentInfo", "kind"): codes.INSTRUMENT_KINDS,
    **{(kind, "interval"): tuple(CANDLE_INTERVALS) for kind in ("Candle", "CandleSnapshot", "CandleHistoryReply")},
    **{(kind, "interval"): (*INTERVALS, *CANDLE_INTERVALS) for kind in ("Subscribed", "Unsubscribed")},
    ("RecordInfo", "kind"): codes.INVESTOR_KINDS,
}


def words_of(message: str, field: str) -> tuple[str, ...]:
    """The words that a text of the venue may be today; none: any text.

    Args:
        message: the name of its Struct.
        field: in it.
    """
    return _BY_MESSAGE.get((message, field)) or _BY_FIELD.get(field, ())
