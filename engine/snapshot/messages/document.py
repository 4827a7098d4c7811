"""What a snapshot of a core holds: all on which later events depend, and nothing else.

What follows from it is left out, and made anew: sums of levels, cover's bands, indexes by owner, deadline or stop price, counts.
Every list stands in the order that the core has it in wherever anything depends on that order, else in one that is always the same.
So equal states are equal bytes.

A snapshot loads for ever. A later version may add fields at the end of a Struct, each with a default that stands for how it was
before; it takes none away and changes no meaning, but raises `FORMAT`, and goes on reading the former ones.
"""

from __future__ import annotations

from typing import Final

import msgspec

from engine.vocabulary.messages.commands import AnyCommand, EffectiveFrom, ListInstrument, NewOrder, RaiseAlert
from engine.vocabulary.wide import Wide

FORMAT: Final = 1


class Part(msgspec.Struct, array_like=True, gc=False):
    """What all parts of a snapshot are."""


class AssetState(Part):
    """An asset."""

    asset: str
    kind: int
    scale: int
    supply: int
    fees: int
    issuer: str
    terms: str
    follows: str
    issue_limit: int
    outstanding: int


class FutureState(Part):
    """What of a future its listing does not say."""

    averages_from_ns: int
    averaged: Wide
    expired: bool


class IndicativeState(Part):
    """The indicative price of a call."""

    published: tuple[int, int, int]
    changed: bool
    """Whether anything that it follows from may have changed since it was computed."""
    anchor_ticks: int
    due_ns: int
    not_before_ns: int


class BookState(Part):
    """An instrument and its book. Orders by id."""

    listing: ListInstrument
    static_ppm: int
    dynamic_ppm: int
    volatility_ns: int
    auction_random_ns: int
    allocation: int
    batch_ns: int
    phase: int
    until_ns: int
    batch_due_ns: int
    last_trade_ticks: int
    reference_ticks: int
    auctions: int
    indicative: IndicativeState
    future: FutureState | None
    schedule: tuple[tuple[int, int], ...]
    step_ns: int
    """When the schedule's next step is due; 0: it has none."""
    bids: list[int]
    """In the order in which they would trade, as are `asks`."""
    asks: list[int]
    pegs: list[int]
    """By rank, as is `for_auction`."""
    market_orders: list[int]
    for_auction: list[int]
    for_entry: list[int]
    auction_limits: list[int]


class OrderState(Part):
    """An open order. Its account, its instrument and what it asked for are those of its command."""

    order_id: int
    command: NewOrder
    order_type: int
    status: int
    where: int
    price_ticks: int
    quantity_lots: int
    filled_lots: int
    leaves_lots: int
    shown_lots: int
    display_lots: int
    parts: int
    entered: int
    renewed: int
    queued: int
    place_beside: int
    stop_ticks: int
    trail_best_ticks: int
    peg_limit_ticks: int
    other_leg: int
    """By id; 0: none."""
    children: list[int]
    """By id. They may have ended."""
    is_quote: bool
    reserve_ticks: int
    reserved: Wide
    covered_lots: int
    covered_value: Wide
    budget: int
    fee_numerator: Wide
    fee_charged: int
    deadline_ns: int


class MarginState(Part):
    """What covers an account's futures in one asset."""

    needed: Wide
    held: int
    called: bool
    until_ns: int


class ClaimsState(Part):
    """What papers claim of a holding, and what of it a freeze covers."""

    claims: list[tuple[str, int]]
    """By paper, in the order in which they came; -1: everything."""
    frozen: int
    lent: int


class BalanceState(Part):
    """What an account holds of an asset."""

    asset: int
    """By number."""
    available: int
    reserved: int
    frozen: int
    margin: MarginState | None
    held: int = 0
    arrested: int = 0
    claims: ClaimsState | None = None


class PositionState(Part):
    """An account's position in a future, and the sums of its open orders there."""

    instrument: int
    """By number."""
    lots: Wide
    carried: Wide
    buy_lots: Wide
    buy_value: Wide
    buy_fees: Wide
    sell_lots: Wide
    sell_value: Wide
    sell_fees: Wide
    needed: Wide
    reducing_lots: tuple[Wide, Wide]


class AccountState(Part):
    """An account, with all that is its own."""

    account: str
    participant: str
    investor: str
    intermediary: str
    report_seq: int
    balances: list[BalanceState]
    positions: list[PositionState]
    orders: list[OrderState]
    """Open ones, in the order in which they opened."""
    ended_ids: dict[str, bytes]
    """By client order id: what is kept of orders that have ended and of transfers, as in `engine/book/kept.py`."""


class TradeState(Part):
    """A trade of the trading day."""

    instrument: int
    """By number, as are the accounts."""
    buyer: int
    buy_order_id: int
    buy_client_order_id: str
    seller: int
    sell_order_id: int
    sell_client_order_id: str
    price_ticks: int
    lots: int
    time_ns: int
    buy_fee: int
    sell_fee: int
    buy_ppm: int
    sell_ppm: int
    busted: bool


class LimitsState(Part):
    """What a participant may send, and has sent."""

    participant: str
    orders_per_second: int
    max_order_value: int
    max_order_to_trade: int
    second: int
    in_second: int
    orders: int
    trades: int


class IndexState(Part):
    """The price of an index, and its integral."""

    index: str
    known_ns: int
    price_e8: int
    since_ns: int
    summed: Wide


class ProposalState(Part):
    """A command that waits for a second approval."""

    proposal: int
    """Its sequence number."""
    command: AnyCommand
    until_ns: int


class ArrestState(Part):
    """A paper in force that arrests holdings."""

    arrest: str
    authority: str
    dated: str
    investor: str
    account: str
    asset: str
    share_ppm: int
    amount: int
    sales_allowed: bool
    since_ns: int
    reason: str
    by: str


class MovementState(Part):
    """What waits to leave an account. The rest is what its command says."""

    movement: int
    """The sequence number of the command that asked for it."""
    command: AnyCommand
    until_ns: int
    clock_rule: str
    word_rule: str
    has_word: bool


class CaseState(Part):
    """An open case."""

    case: int
    term: str
    opened_ns: int
    alert: int
    reason: str
    by: str
    investors: list[str]
    instruments: list[str]
    seqs: list[int]


class AlertState(Part):
    """An alert that waits."""

    alert: int
    command: RaiseAlert
    raised_ns: int


class ArmedState(Part):
    """An armed connection."""

    connection: int
    accounts: tuple[str, ...]
    grace_ns: int
    until_ns: int


class PresenceState(Part):
    """The armed connections of a participant, by number; when the next grace ends, and what is due because of it."""

    participant: str
    connections: list[ArmedState]
    until_ns: int
    entries: list[int]


class TimerState(Part):
    """A dead man's timer, and what is due because of it."""

    account: int
    until_ns: int
    entries: list[int]


class KeyState(Part):
    """A key in force."""

    number: int
    key: str
    public_key: str
    scopes: tuple[str, ...]
    addresses: tuple[str, ...]
    expires_ns: int
    is_replaced: bool
    since_ns: int
    by: str


class ParticipantState(Part):
    """Who may log in, with which keys, in the order in which they came; and which ones ended last."""

    participant: str
    role: str
    filed: str
    keys: list[KeyState]
    ended: list[str]


class Snapshot(Part):
    """A whole core between two commands, and the hook that it asks."""

    format: int
    seq: int
    time_ns: int
    day: int
    trades: int
    entered: int
    queued: int
    first_trade: int
    self_trade: int
    seed: str
    halt_threshold_ppm: int
    halt_ns: int
    grace_ns: int
    assets: list[AssetState]
    """In order of number, as are `books` and `accounts`."""
    books: list[BookState]
    accounts: list[AccountState]
    links: list[tuple[str, list[str]]]
    """By investor: all others who share a beneficial owner."""
    day_trades: list[TradeState]
    limits: list[LimitsState]
    killed: list[str]
    market_index: list[str]
    index_prices: list[IndexState]
    due: list[tuple[int, int, int]]
    """Sorted."""
    changes: list[tuple[int, EffectiveFrom]]
    hook: bytes
    """As the hook gives it."""
    second: tuple[str, ...] = ()
    """Which kinds of commands need a second approval."""
    proposals: list[ProposalState] = []
    movements: list[MovementState] = []
    """The oldest first."""
    cases: list[CaseState] = []
    alerts: list[AlertState] = []
    arrests: list[ArrestState] = []
    """In the order in which they came."""
    presences: list[PresenceState] = []
    timers: list[TimerState] = []
    last_connection: int = 0
    is_test: bool = False
    advanced_ns: int = 0
    participants: list[ParticipantState] = []
    last_key: int = 0
    """The number of the key that was registered last."""
    key_entries: list[int] = []
    """What is due because keys end."""
    rates: list[tuple[str, int, int]] = []  # what may be asked: `scope:name`, units a second, burst
