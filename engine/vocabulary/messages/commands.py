"""Commands: all that may change the state of a venue. Plain data; the journal stores them as they are.

Arrays on the wire of the journal (`array_like`), tagged by a small integer that is never reused. New fields go last
and have a default, so that an old journal still decodes. `price_e8` and `quantity_e8` are decimals scaled by 10**8;
`amount` is in minor units of its asset. Sides, types and the like are the integers of `engine.vocabulary.codes`.
"""

from __future__ import annotations

import msgspec

from engine.vocabulary.messages.clearing_commands import (
    CloseOut,
    FreezeAsset,
    IssueAsset,
    MarkFuture,
    RedeemAsset,
    SetIndexPrice,
    SetMarginRules,
)
from engine.vocabulary.messages.rule_commands import (
    AuthoriseClient,
    EffectiveFrom,
    HookCommand,
    LoadRulebook,
    RecordAcknowledgement,
    RecordTest,
    RegisterIntermediary,
    RegisterInvestor,
    SetBlocked,
    SetParameter,
    UpdateAsset,
)
from engine.vocabulary.messages.structs import Command

__all__ = [
    "AddAsset",
    "AmendOrder",
    "AnyCommand",
    "AuthoriseClient",
    "BustTrade",
    "CancelOrder",
    "CloseOut",
    "Command",
    "Deposit",
    "EffectiveFrom",
    "FreezeAsset",
    "HookCommand",
    "IssueAsset",
    "ListInstrument",
    "LoadRulebook",
    "MarkFuture",
    "MassCancel",
    "MassQuote",
    "NewBracket",
    "NewOrder",
    "NewOrderPair",
    "OpenAccount",
    "RecordAcknowledgement",
    "RecordTest",
    "RedeemAsset",
    "RegisterIntermediary",
    "RegisterInvestor",
    "RepriceTrade",
    "RequestDelivery",
    "Sequenced",
    "SetBlocked",
    "SetIndexPrice",
    "SetKillSwitch",
    "SetLimits",
    "SetMarginRules",
    "SetMarketHalt",
    "SetParameter",
    "SetPhase",
    "SetSchedule",
    "SetTradingRules",
    "SetVenueRules",
    "Tick",
    "TradingCommand",
    "Transfer",
    "UpdateAsset",
    "Withdraw",
]


# ── trading: issued by participants. `participant` is who is logged in; it must own or operate the account. ────────


class NewOrder(Command, tag=1, frozen=True):
    """Enter an order. The order's id will be the sequence number of this command."""

    participant: str
    account: str
    client_order_id: str
    instrument: str
    side: int
    order_type: int
    time_in_force: int
    price_e8: int
    """Limit price; 0 for a market order."""
    quantity_e8: int
    post_only: int = 0
    self_trade: int = -1
    """Mode of self-trade prevention; -1: the venue's."""
    display_e8: int = 0
    """Iceberg: the largest quantity shown at once."""
    min_quantity_e8: int = 0
    """Immediate or cancel: fill at least so much, or nothing."""
    stop_price_e8: int = 0
    trail_e8: int = 0
    """Trailing stop: distance in price, or 0 if `trail_bps` gives it."""
    trail_bps: int = 0
    """Trailing stop: distance in basis points of the best price since entry."""
    peg: int = -1
    """Pegged: to what; -1 for all other types."""
    peg_offset_e8: int = 0
    """Pegged: added to the price it follows; signed."""
    expire_ns: int = 0
    """Good till date: nanoseconds since the epoch, UTC."""
    reduce_only: bool = False
    """Futures: may only make a position smaller."""
    funds: int = 0
    """Market order: a budget in quote minor units instead of a quantity."""


class AmendOrder(Command, tag=2, frozen=True):
    """Change price and total quantity of a resting order, named by `order_id` or, if 0, by `client_order_id`."""

    participant: str
    account: str
    order_id: int
    client_order_id: str
    price_e8: int
    """The new limit price; 0 leaves it."""
    quantity_e8: int
    """The new total quantity, filled part included; 0 leaves it."""
    stop_price_e8: int = 0
    """The new stop price of a stop that waits; 0 leaves it."""
    display_e8: int = 0
    """The new display quantity of an iceberg; 0 leaves it."""


class CancelOrder(Command, tag=3, frozen=True):
    """Cancel one resting order, named as in `AmendOrder`."""

    participant: str
    account: str
    order_id: int
    client_order_id: str


class MassCancel(Command, tag=4, frozen=True):
    """Cancel all resting orders of an account, newest first, or those of one instrument or side."""

    participant: str
    account: str
    instrument: str = ""
    """Empty: every instrument."""
    side: int = -1
    """-1: both sides."""


class NewOrderPair(Command, tag=5, frozen=True):
    """Enter two orders of which one cancels the other: a limit order and a stop, of one side, instrument and quantity."""

    participant: str
    account: str
    limit: NewOrder
    stop: NewOrder


class NewBracket(Command, tag=6, frozen=True):
    """Enter an order with a take-profit (limit) and a stop on the other side, which wait until it has ended."""

    participant: str
    account: str
    entry: NewOrder
    take_profit: NewOrder
    stop: NewOrder


class MassQuote(Command, tag=7, frozen=True):
    """Replace all quotes of an account in an instrument by a ladder of `(price_e8, quantity_e8)`, best first."""

    participant: str
    account: str
    quote_id: str
    """The quotes' client order ids are `quote_id:b0`, `:b1`, ... and `:a0`, `:a1`, ..."""
    instrument: str
    bids: tuple[tuple[int, int], ...]
    asks: tuple[tuple[int, int], ...]
    post_only: int = 0
    self_trade: int = -1


class Transfer(Command, tag=8, frozen=True):
    """Move an asset from an account of the sender's to another; what it is for decides which rules look at it."""

    participant: str
    account: str
    client_order_id: str
    """The sender's own id of the transfer, from the same names as those of orders (P5)."""
    to_account: str
    asset: str
    amount: int
    purpose: int
    contract_reference: str = ""
    """Of a cross-border settlement (SET-1)."""


class RequestDelivery(Command, tag=9, frozen=True):
    """Ask for the underlying of a derivative instead of money. Nothing here is ever delivered (DER-1)."""

    participant: str
    account: str
    instrument: str
    quantity_e8: int


# ── configuration: issued by the operator; `by` is who sent it, empty for the venue file. ─────────────────────────────


class AddAsset(Command, tag=20, frozen=True):
    """Make an asset known. Its figures are data for the liquidity tiers (LIQ-1); 0 where unknown."""

    asset: str
    kind: int
    scale: int
    """Decimals of its minor unit, 0 to 18."""
    privacy: int = 0
    market_cap_rub: int = 0
    """Two-year average market capitalisation, whole roubles."""
    turnover_rub: int = 0
    """Two-year average daily turnover, whole roubles."""
    history_years: int = 0
    issuer: str = ""
    """Who may issue, redeem and freeze it, by the name of a participant; empty: nobody but the venue."""
    terms: str = ""
    """Of a digital financial asset: what it promises, for people."""
    issue_limit: int = 0
    """The largest amount outstanding, in minor units; 0: none."""
    by: str = ""


class ListInstrument(Command, tag=21, frozen=True):
    """List an instrument; it starts in phase `closed`."""

    instrument: str
    kind: int
    base: str
    quote: str
    tick_e8: int
    lot_e8: int
    min_quantity_e8: int
    max_quantity_e8: int
    max_notional: int
    """Largest value of one order, in quote minor units."""
    collar_ppm: int
    """How far from the last trade (else the reference) a market order may go, in millionths of it."""
    reference_price_e8: int = 0
    """0: none."""
    maker_fee_ppm: int = 0
    """Fee of the resting side in millionths of the notional; negative is a rebate."""
    taker_fee_ppm: int = 0
    underlying: str = ""
    """The asset whose price a note or future follows, and the name of the index that marks a future; empty for spot."""
    expiry_ns: int = 0
    """Futures: when the series is settled, nanoseconds since the epoch, UTC."""
    averaging_ns: int = 0
    """Futures: the final price is the time-weighted mean of the index over so long before expiry; 0: its last price."""
    mark_interval_ns: int = 0
    """Futures: variation margin is settled so often, at whole multiples of it since Moscow midnight; 0: by command only."""
    max_position_e8: int = 0
    """Futures: the largest position of one account, long or short; 0: none."""
    by: str = ""


class SetPhase(Command, tag=22, frozen=True):
    """Move an instrument to another phase."""

    instrument: str
    phase: int
    reason: str = ""
    by: str = ""


class OpenAccount(Command, tag=23, frozen=True):
    """Open an account of an investor, operated by a participant, held through an intermediary or (empty) directly."""

    account: str
    participant: str
    investor: str
    intermediary: str = ""
    by: str = ""


class Deposit(Command, tag=24, frozen=True):
    """Credit an account from outside the venue."""

    account: str
    asset: str
    amount: int
    reason: str = ""
    by: str = ""


class Withdraw(Command, tag=25, frozen=True):
    """Debit what is available on an account, to outside the venue."""

    account: str
    asset: str
    amount: int
    reason: str = ""
    by: str = ""


class Tick(Command, tag=26, frozen=True):
    """Nothing but the time: runs what has become due."""


class SetTradingRules(Command, tag=27, frozen=True):
    """Set an instrument's bands, auctions and allocation. Widths are millionths of a price; 0: none."""

    instrument: str
    static_ppm: int = 0
    """Around the reference price; an order outside is refused."""
    dynamic_ppm: int = 0
    """Around the last trade; a trade outside starts a volatility auction."""
    volatility_ns: int = 120_000_000_000
    """Length of a volatility auction."""
    auction_random_ns: int = 0
    """An auction that ends by the clock ends up to so much later."""
    allocation: int = 0
    batch_ns: int = 0
    """Above 0: continuous trading uncrosses in batches, so often."""
    by: str = ""


class SetSchedule(Command, tag=28, frozen=True):
    """Set an instrument's trading day: `(second of the Moscow day, phase)` in increasing order; empty: none."""

    instrument: str
    steps: tuple[tuple[int, int], ...]
    by: str = ""


class SetKillSwitch(Command, tag=29, frozen=True):
    """Stop (or let go on) a participant, an investor, an instrument or the venue; `key` names which, empty for the venue."""

    scope: int
    key: str
    on: bool
    reason: str = ""
    by: str = ""


class SetLimits(Command, tag=30, frozen=True):
    """Set a participant's limits; 0: none."""

    participant: str
    orders_per_second: int = 0
    max_order_value: int = 0
    """In quote minor units, whatever the quote."""
    max_order_to_trade: int = 0
    """Orders per trade in a trading day, tested once more than 100 orders were sent."""
    by: str = ""


class SetMarketHalt(Command, tag=31, frozen=True):
    """Halt the market when the mean move of some instruments against their references passes a threshold; 0: never."""

    threshold_ppm: int
    halt_ns: int
    instruments: tuple[str, ...]
    by: str = ""


class SetVenueRules(Command, tag=32, frozen=True):
    """Set what holds for the whole venue: the default self-trade mode, and the seed of random auction ends."""

    self_trade: int = 0
    seed: str = ""
    by: str = ""


class BustTrade(Command, tag=33, frozen=True):
    """Undo a trade of the current trading day."""

    trade_id: int
    reason: str
    by: str = ""


class RepriceTrade(Command, tag=34, frozen=True):
    """Change the price of a trade of the current trading day."""

    trade_id: int
    price_e8: int
    reason: str
    by: str = ""


TradingCommand = (
    NewOrder
    | AmendOrder
    | CancelOrder
    | MassCancel
    | NewOrderPair
    | NewBracket
    | MassQuote
    | Transfer
    | RequestDelivery
)
AnyCommand = (
    NewOrder
    | AmendOrder
    | CancelOrder
    | MassCancel
    | NewOrderPair
    | NewBracket
    | MassQuote
    | Transfer
    | RequestDelivery
    | AddAsset
    | ListInstrument
    | SetPhase
    | OpenAccount
    | Deposit
    | Withdraw
    | Tick
    | SetTradingRules
    | SetSchedule
    | SetKillSwitch
    | SetLimits
    | SetMarketHalt
    | SetVenueRules
    | BustTrade
    | RepriceTrade
    | SetIndexPrice
    | MarkFuture
    | SetMarginRules
    | CloseOut
    | IssueAsset
    | RedeemAsset
    | FreezeAsset
    | LoadRulebook
    | RegisterInvestor
    | RegisterIntermediary
    | RecordTest
    | RecordAcknowledgement
    | SetBlocked
    | AuthoriseClient
    | UpdateAsset
    | SetParameter
    | EffectiveFrom
)


class Sequenced(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """A command with its place and time: `seq` is dense from 1, `time_ns` (since the epoch, UTC) never decreases."""

    seq: int
    time_ns: int
    command: AnyCommand
