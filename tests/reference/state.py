"""What the reference venue is made of. Slow and obvious: nothing is cached, all is counted afresh."""

from __future__ import annotations

from dataclasses import dataclass, field

from engine.vocabulary import codes
from engine.vocabulary.limits import (
    INDICATIVE_NS_PER_LEVEL,
    MAX_CLIENT_ORDER_IDS_PER_DAY,
    MAX_INSTANT_LEVELS,
    MAX_OPEN_ORDERS,
    MAX_OPEN_ORDERS_PER_ACCOUNT,
    MAX_OPEN_ORDERS_PER_BOOK,
    MAX_ORDERS_PER_DAY,
    MAX_SHARED_ORDERS,
    MAX_SMALL_ACCOUNT,
    MAX_TRADES_PER_DAY,
    NS_PER_SECOND,
)
from engine.vocabulary.messages import commands, events

PPM = 1_000_000
RULES_AT_FIRST = commands.SetTradingRules("", 0, 0, 120 * NS_PER_SECOND, 0, codes.PRICE_TIME, 0)

# Where a live order is.
BOOK = "book"
COLLECTED = "collected"  # A market order in a call: it takes part, but is not on the public book.
STOP = "stop"
PARKED = "parked"  # at_open, at_close: until their auction.
PEG_OFF = "peg_off"
LEG = "leg"  # Take-profit and stop of a bracket whose entry has not ended.
INCOMING = "incoming"

AUCTIONS = (codes.OPENING_AUCTION, codes.VOLATILITY_AUCTION, codes.CLOSING_AUCTION)
STOPS = (codes.STOP, codes.STOP_LIMIT, codes.TRAILING_STOP)
DATED = (codes.GTC, codes.DAY, codes.GTD)


def round_up(millionths: int) -> int:
    """Millionths of a unit to whole units, towards the venue."""
    return -(-millionths // PPM)


@dataclass
class RefInstrument:
    name: str
    kind: int
    base: str
    quote: str
    tick_e8: int
    lot_e8: int
    unit: int
    lot_base: int
    min_lots: int
    max_lots: int
    max_notional: int
    collar_ppm: int
    maker_ppm: int
    taker_ppm: int
    reference: int
    last: int = 0
    phase: int = codes.CLOSED
    rules: commands.SetTradingRules = RULES_AT_FIRST
    schedule: tuple[tuple[int, int], ...] = ()
    step_ns: int = 0
    """When the schedule moves it next; 0: not."""
    timer: tuple[int, int] | None = None
    """When the phase ends by itself, and which comes then."""
    auctions: int = 0
    published: tuple[int, int, int] = (0, 0, 0)
    followed_from: object = None
    """What the indicative price follows from, when it was last looked at."""
    changed: bool = True
    """Whether that has changed since the price was computed."""
    wait_ends: int = 0
    """When the clock has it computed; 0: no wait goes on."""
    no_wait_ends_before: int = 0
    followed: list[int] = field(default_factory=list)
    """The touch at which its pegs were last looked at; empty while it does not trade."""
    # Of futures.
    underlying: str = ""
    expiry_ns: int = 0
    averaging_ns: int = 0
    mark_interval_ns: int = 0
    most_lots: int = 0
    """The largest position of an account; 0: none."""
    expired: bool = False

    @property
    def future(self) -> bool:
        return self.kind == codes.FUTURE

    @property
    def upper(self) -> int:
        """The upper edge of the static band."""
        return self.within(self.reference, self.rules.static_ppm, codes.BUY)

    @property
    def may_trade(self) -> bool:
        """Whether it may be in a phase in which orders trade or collect: futures not without a static band."""
        return not self.future or (not self.expired and self.rules.static_ppm > 0 and self.reference > 0)

    @property
    def anchor(self) -> int:
        """The last trade, else the reference price, else 0."""
        return self.last or self.reference

    @property
    def batches(self) -> bool:
        return self.phase == codes.CONTINUOUS and self.rules.batch_ns > 0

    @property
    def call(self) -> bool:
        """Whether orders collect now."""
        return self.phase == codes.PRE_OPEN or self.phase in AUCTIONS or self.batches

    @property
    def trades(self) -> bool:
        """Whether orders trade as they come."""
        return self.phase == codes.CONTINUOUS and not self.batches

    def within(self, anchor: int, ppm: int, side: int) -> int:
        """The furthest price `ppm` away from an anchor that a side may get to."""
        distance = anchor * ppm // PPM
        return anchor + distance if side == codes.BUY else max(1, anchor - distance)


@dataclass(eq=False)
class RefOrder:
    id: int
    entered: tuple[int, int]
    """Sequence number of the command, and which of its orders."""
    turn: tuple[int, int]
    """Among those that wait for the same, and among pegs: as entered, until an amend sends it to the end."""
    account: str
    request: commands.NewOrder
    price: int = 0
    stop: int = 0
    best: int = 0
    """Of a trailing stop: the best trade since entry."""
    worst: int = 0
    """Of a stop that will be a market order: the price it is reserved at."""
    limit: int = 0
    """Of a pegged order: the worst it may get, given or by the static band."""
    given: int = 0
    """Of a pegged order: the limit that was asked for; 0: none."""
    display: int = 0
    parts: int = 1
    """As how many orders it counts."""
    quantity: int = 0
    filled: int = 0
    leaves: int = 0
    shown: int = 0
    status: int = codes.NEW
    code: int = 0
    where: str | None = None
    place: int = 0
    """In the queue: smaller is earlier."""
    deadline: int = 0
    elected: bool = False
    joined: bool = False
    """An at_open or at_close order that takes part in its auction."""
    quote: bool = False
    spent: int = 0
    """The value of its fills."""
    exact_fee: int = 0
    """In millionths, over all its fills."""
    paid: int = 0
    """What it has been charged for them: less only of a future, when there was no more."""
    kept: bool = False
    """Whether its client order id is used up: not if the day has no room for it."""
    closes_out: bool = False
    """An order of the venue that closes a position."""
    partner: RefOrder | None = None
    legs: tuple[RefOrder, RefOrder] | None = None

    @property
    def name(self) -> str:
        return self.request.instrument

    @property
    def type(self) -> int:
        return self.request.order_type

    @property
    def side(self) -> int:
        return self.request.side

    @property
    def buys(self) -> bool:
        return self.side == codes.BUY

    @property
    def market(self) -> bool:
        """Whether it has no price of its own: all of it that does not trade is cancelled."""
        return self.type in (codes.MARKET, codes.STOP, codes.TRAILING_STOP)

    @property
    def signed(self) -> int:
        """Its leaves, below zero of a sell."""
        return self.leaves if self.buys else -self.leaves

    @property
    def live(self) -> bool:
        return self.where is not None


@dataclass
class RefAccount:
    name: str
    participant: str
    investor: str
    reports: int = 0
    totals: dict[str, int] = field(default_factory=dict)
    by_client_id: dict[str, RefOrder] = field(default_factory=dict)


@dataclass
class RefPosition:
    """Of an account in a future; both below zero if it is short."""

    lots: int = 0
    carried: int = 0
    """The value of what was bought less what was sold, since the last mark at that mark."""


@dataclass
class RefTrade:
    id: int
    instrument: str
    price: int
    lots: int
    buy: RefOrder
    sell: RefOrder
    buy_ppm: int
    sell_ppm: int
    buy_fee: int
    sell_fee: int
    time_ns: int
    day: int
    kept: bool
    """Whether it can be corrected: not if the day has had too many."""
    busted: bool = False


@dataclass
class RefProposal:
    command: commands.BustTrade | commands.RepriceTrade | commands.SetApproval
    until: int


@dataclass
class RefSent:
    """What a participant sent: in the current second, and in the trading day; and its sides of trades in that day."""

    second: int = -1
    in_second: int = 0
    in_day: int = 0
    trades: int = 0


class State:
    """The whole state, and the queues in which orders trade."""

    # Bounds, which tests lower.
    max_open_per_account = MAX_OPEN_ORDERS_PER_ACCOUNT
    max_open_per_book = MAX_OPEN_ORDERS_PER_BOOK
    max_open = MAX_OPEN_ORDERS
    max_shared = MAX_SHARED_ORDERS
    small_account = MAX_SMALL_ACCOUNT
    instant_levels = MAX_INSTANT_LEVELS
    indicative_ns_per_level = INDICATIVE_NS_PER_LEVEL
    max_account_ids = MAX_CLIENT_ORDER_IDS_PER_DAY
    max_orders = MAX_ORDERS_PER_DAY
    max_trades = MAX_TRADES_PER_DAY

    def __init__(self) -> None:
        self.assets: dict[str, int] = {}
        """Scale by name."""
        self.supply: dict[str, int] = {}
        self.fees: dict[str, int] = {}
        self.instruments: dict[str, RefInstrument] = {}
        self.accounts: dict[str, RefAccount] = {}
        self.live: list[RefOrder] = []
        """Every order that is open, in order of entry."""
        self.trades: list[RefTrade] = []
        self.positions: dict[tuple[str, str], RefPosition] = {}
        """By account and instrument."""
        self.indices: dict[str, list[tuple[int, int]]] = {}
        """When each price of an index was stated, and the price."""
        self.grace_ns = 3_600 * NS_PER_SECOND
        self.calls: dict[tuple[str, str], int] = {}
        """Margin calls, by account and asset: when their grace ends."""
        self.in_default: list[tuple[str, str]] = []
        """Accounts and assets of defaults in this command."""
        self.grace_ended: list[tuple[str, str]] = []
        """Margin calls whose grace has ended, that have been acted upon."""
        self.close_outs = 0
        """Of this command."""
        self.second: tuple[str, ...] = ()
        """What needs a second approval."""
        self.proposals: dict[int, RefProposal] = {}
        """What waits for one, by the sequence number of the command."""
        self.due_at = 0
        """The deadline of what is due now."""
        self.places = 0
        self.seq = 0
        self.now = 0
        self.ran_to = 0
        self.batches_now: list[str] = []
        """Everything due until then has been run."""
        self.day = -1
        self.self_trade = codes.CANCEL_NEWEST
        self.owners: dict[str, set[str]] = {}
        self.seed = ""
        self.kills: list[tuple[int, str]] = []
        self.limits: dict[str, commands.SetLimits] = {}
        self.sent: dict[str, RefSent] = {}
        self.halt_rule = commands.SetMarketHalt(0, 0, ())
        self.out: list[events.Event] = []
        self.prints: list[tuple[str, int]] = []
        """Trades whose stops have not been elected yet: instrument and price."""
        self.ended_entries: list[RefOrder] = []
        """Entries of brackets that ended, whose legs have not been looked at yet."""
        self.moved: list[tuple[str, str]] = []
        """Account and instrument of positions that have just changed."""
        self.to_hold: list[tuple[str, str]] = []
        """Those whose reduce-only orders are to be held to them when the command ends."""
        self.work: list[RefOrder] = []
        """Elected stops, first in first out."""
        self.calm = False
        """After an uncross: no volatility auction may begin."""
        self.uncrossing = False
        """Icebergs trade with all they have."""
        self.again = False
        """What an uncross has left crossed is uncrossed again."""

    # ── orders ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def at(self, where: str, instrument: str) -> list[RefOrder]:
        """The live orders of an instrument that are somewhere, in order of entry."""
        return [order for order in self.live if order.where == where and order.name == instrument]

    def queue(self, instrument: str, side: int) -> list[RefOrder]:
        """Orders on the book, in the order in which they trade."""
        mine = [order for order in self.at(BOOK, instrument) if order.side == side]
        return sorted(mine, key=lambda order: (-order.price if side == codes.BUY else order.price, order.place))

    def call_queue(self, instrument: str, side: int) -> list[RefOrder]:
        """What takes part in a call, in order: by price, market orders (at their collar) before limits, then time."""
        mine = [o for o in self.at(COLLECTED, instrument) + self.at(BOOK, instrument) if o.side == side]
        return sorted(mine, key=lambda o: (-o.price if side == codes.BUY else o.price, o.where == BOOK, o.place))

    def add_live(self, order: RefOrder, where: str) -> None:
        order.where = where
        self.live.append(order)
        self.live.sort(key=lambda other: other.entered)

    def next_place(self) -> int:
        self.places += 1
        return self.places

    def terms(self, order: RefOrder) -> RefInstrument:
        return self.instruments[order.name]

    def same_owner(self, one: RefOrder, other: RefOrder) -> bool:
        mine, theirs = (self.accounts[order.account].investor for order in (one, other))
        return bool((self.owners.get(mine, set()) | {mine}) & (self.owners.get(theirs, set()) | {theirs}))

    def kept_trades(self) -> int:
        """How many trades of the day can be corrected."""
        return sum(trade.day == self.day and trade.kept for trade in self.trades)

    def day_has_room(self, account: RefAccount, *, reduces: bool) -> bool:
        """Whether the day has room for one more id of an account; its last tenth is for orders that reduce."""
        orders = sum(len(each.by_client_id) for each in self.accounts.values())
        last = 0 if reduces else 1
        return (
            len(account.by_client_id) < self.max_account_ids - last * (self.max_account_ids // 10)
            and orders < self.max_orders - last * (self.max_orders // 10)
            and self.kept_trades() < self.max_trades - last * (self.max_trades // 10)
        )

    def use_id(self, order: RefOrder) -> None:
        """Use up an order's id, if the day has room for it; whether the order is accepted or not."""
        account = self.accounts[order.account]
        order.kept = self.day_has_room(account, reduces=order.request.reduce_only)
        if order.kept:
            account.by_client_id[order.request.client_order_id] = order

    def position(self, account: str, instrument: str) -> RefPosition:
        return self.positions.setdefault((account, instrument), RefPosition())

    def report(self, account: str) -> int:
        self.accounts[account].reports += 1
        return self.accounts[account].reports

    def emit(self, event: events.Event) -> None:
        self.out.append(event)
