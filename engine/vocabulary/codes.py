"""The small integers of the core and their names on the wire.

The core compares `Final` integers (an Enum member costs more than a match); the gateway shows the names. The numbers
are part of the journal: never renumber, only add.
"""

from __future__ import annotations

from typing import Final

# Raised with any change of events: a journal replays exactly only under the version that wrote it.
CORE_VERSION: Final = 9

BUY: Final = 0
SELL: Final = 1
SIDES: Final = ("buy", "sell")

LIMIT: Final = 0
MARKET: Final = 1
STOP: Final = 2
STOP_LIMIT: Final = 3
TRAILING_STOP: Final = 4
ICEBERG: Final = 5
PEGGED: Final = 6
ORDER_TYPES: Final = ("limit", "market", "stop", "stop_limit", "trailing_stop", "iceberg", "pegged")

GTC: Final = 0
IOC: Final = 1
FOK: Final = 2
DAY: Final = 3
GTD: Final = 4
AT_OPEN: Final = 5
AT_CLOSE: Final = 6
TIMES_IN_FORCE: Final = ("gtc", "ioc", "fok", "day", "gtd", "at_open", "at_close")

# What a post-only order does that would trade at once.
POST_ONLY_OFF: Final = 0
POST_ONLY_REJECT: Final = 1
POST_ONLY_REPRICE: Final = 2
POST_ONLY_MODES: Final = ("off", "reject", "reprice")

PEG_OWN: Final = 0
PEG_OPPOSITE: Final = 1
PEG_MID: Final = 2
PEGS: Final = ("own", "opposite", "mid")

# Self-trade prevention: what happens when an order meets another of its owner. -1 in an order: the venue's.
CANCEL_NEWEST: Final = 0
CANCEL_OLDEST: Final = 1
CANCEL_BOTH: Final = 2
DECREMENT: Final = 3
STP_REJECT: Final = 4
SELF_TRADE_MODES: Final = ("cancel_newest", "cancel_oldest", "cancel_both", "decrement", "reject")

# How an incoming quantity is shared among the orders at one price.
PRICE_TIME: Final = 0
PRO_RATA: Final = 1
PRICE_SIZE_TIME: Final = 2
ALLOCATIONS: Final = ("price_time", "pro_rata", "price_size_time")

# What a kill switch stops.
SCOPE_PARTICIPANT: Final = 0
SCOPE_INVESTOR: Final = 1
SCOPE_INSTRUMENT: Final = 2
SCOPE_VENUE: Final = 3
SCOPES: Final = ("participant", "investor", "instrument", "venue")

# Whose rate is set.
RATE_OF_PARTICIPANT: Final = 0
RATE_OF_ADDRESS: Final = 1
RATE_SCOPES: Final = ("participant", "address")

# Phases, as in the trading-session status of an instrument.
CLOSED: Final = 0
PRE_OPEN: Final = 1
OPENING_AUCTION: Final = 2
CONTINUOUS: Final = 3
VOLATILITY_AUCTION: Final = 4
CLOSING_AUCTION: Final = 5
HALTED: Final = 6
CANCEL_ONLY: Final = 7
PHASES: Final = (
    "closed",
    "pre_open",
    "opening_auction",
    "continuous",
    "volatility_auction",
    "closing_auction",
    "halted",
    "cancel_only",
)

# What can be traded. The kind decides how a fill settles and which rules look at it.
SPOT: Final = 0
NOTE: Final = 1
FUTURE: Final = 2
INSTRUMENT_KINDS: Final = ("spot", "note", "future")

# What can be held.
FIAT: Final = 0
CRYPTO: Final = 1
FOREIGN_STABLECOIN: Final = 2
DOMESTIC_STABLECOIN: Final = 3
SECURITY: Final = 4
ASSET_KINDS: Final = ("fiat", "crypto", "foreign_stablecoin", "domestic_stablecoin", "security")

PRIVACY_NONE: Final = 0
PRIVACY_OPTIONAL: Final = 1
PRIVACY_DEFAULT: Final = 2
PRIVACY_KINDS: Final = ("none", "optional", "default")

# What a transfer is for.
OWN_ACCOUNT: Final = 0
DOMESTIC_PAYMENT: Final = 1
CROSS_BORDER: Final = 2
PURPOSES: Final = ("own_account", "domestic_payment", "cross_border")

# How an account is held (CUST-1).
DEPOSITARY: Final = 0
OWN_ADDRESS: Final = 1
SELF_CUSTODY: Final = 2
CUSTODIES: Final = ("depositary", "own_address", "self_custody")

INDIVIDUAL: Final = 0
FIRM: Final = 1
INVESTOR_KINDS: Final = ("individual", "firm")

# Life of an order.
NEW: Final = 0
PARTIALLY_FILLED: Final = 1
FILLED: Final = 2
CANCELLED: Final = 3
REJECTED: Final = 4
ORDER_STATUSES: Final = ("new", "partially_filled", "filled", "cancelled", "rejected")

# Reject codes. Which check comes before which is written in docs/MATCHING.md.
OK: Final = 0
PERMISSION: Final = 1
DUPLICATE_ID: Final = 2
UNKNOWN_INSTRUMENT: Final = 3
KILL_SWITCH: Final = 4
ORDER_LIMITS: Final = 5
PHASE: Final = 6
TICK: Final = 7
LOT: Final = 8
SIZE: Final = 9
NOTIONAL: Final = 10
BAND: Final = 11
COMPLIANCE: Final = 12
FUNDS: Final = 13
POST_ONLY: Final = 14
FILLABILITY: Final = 15
SELF_TRADE: Final = 16
# Of changes, cancels and configuration.
UNKNOWN_ORDER: Final = 17
NO_REFERENCE: Final = 18
INVALID: Final = 19
UNSUPPORTED: Final = 20
# Of futures.
POSITION_LIMIT: Final = 21
REDUCE_ONLY: Final = 22
# Of whatever names an account, but for orders: there it is no more than a missing permission.
UNKNOWN_ACCOUNT: Final = 23
REJECT_CODES: Final = (
    "ok",
    "permission",
    "duplicate_id",
    "unknown_instrument",
    "kill_switch",
    "order_limits",
    "phase",
    "tick",
    "lot",
    "size",
    "notional",
    "band",
    "compliance",
    "funds",
    "post_only",
    "fillability",
    "self_trade",
    "unknown_order",
    "no_reference",
    "invalid",
    "unsupported",
    "position_limit",
    "reduce_only",
    "unknown_account",
)

# Why an order ended without being filled.
BY_REQUEST: Final = 0
MASS_CANCEL: Final = 1
IOC_REST: Final = 2
COLLAR: Final = 3
AMENDED_AWAY: Final = 4
BY_RULE: Final = 5
# Reserved: nothing ends an order so.
BY_PHASE: Final = 6
SELF_TRADE_PREVENTED: Final = 7
EXPIRED: Final = 8
KILLED: Final = 9
OUTSIDE_BAND: Final = 10
OTHER_LEG: Final = 11
AUCTION_ENDED: Final = 12
REPLACED: Final = 13
NO_FUNDS: Final = 14
ENTRY_ENDED: Final = 15
# Of futures: the series was settled; the position is smaller than a reduce-only order; cover is missing.
SETTLED: Final = 16
NOTHING_TO_REDUCE: Final = 17
MARGIN_CALL: Final = 18
# What it had reserved was needed to correct a trade.
CORRECTED: Final = 19
# Its owner is absent: a connection is gone, or has not said for too long that it is there.
DISCONNECTED: Final = 20
DEAD_MAN: Final = 21
CANCEL_REASONS: Final = (
    "requested",
    "mass_cancel",
    "immediate_or_cancel",
    "collar",
    "amended_to_filled",
    "compliance",
    "phase",
    "self_trade",
    "expired",
    "kill_switch",
    "band",
    "one_cancels_other",
    "auction_ended",
    "replaced",
    "funds",
    "entry_ended",
    "settled",
    "reduce_only",
    "margin_call",
    "corrected",
    "disconnected",
    "dead_man",
)

# What leaves an account, and may have to wait before it does.
WITHDRAWAL: Final = 0
TRANSFER: Final = 1
REDEMPTION: Final = 2
MOVEMENT_KINDS: Final = ("withdrawal", "transfer", "redemption")

# How it ended, or that it has not.
CARRIED_OUT: Final = 0
MOVEMENT_CANCELLED: Final = 1
MOVEMENT_REFUSED: Final = 2
"""By a supervisor."""
MOVEMENT_FAILED: Final = 3
"""What it needs was not so, or no longer."""
MOVEMENT_WAITS: Final = 4
MOVEMENT_STATUSES: Final = ("carried_out", "cancelled", "refused", "failed", "waiting")

# How a proposal ended.
APPROVED: Final = 0
DECLINED: Final = 1
WITHDRAWN: Final = 2
LAPSED: Final = 3
PROPOSAL_OUTCOMES: Final = ("approved", "declined", "withdrawn", "expired")

# How a key ended.
KEY_REVOKED: Final = 0
KEY_REPLACED: Final = 1
KEY_EXPIRED: Final = 2
KEY_OUTCOMES: Final = ("revoked", "replaced", "expired")

# What came of a case.
ABUSE_FOUND: Final = 0
NO_ABUSE: Final = 1
REFERRED: Final = 2
MERGED: Final = 3
CASE_OUTCOMES: Final = ("abuse_found", "no_abuse", "referred", "merged")
"""Abuse was found, or none was; it was handed to an authority; it is part of another case."""
