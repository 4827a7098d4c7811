"""What the reference venue is made of, and its money. Slow and obvious: nothing is cached, all is counted afresh."""

from __future__ import annotations

from dataclasses import dataclass, field

from engine import codes, commands, events

PPM = 1_000_000

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
    rules: commands.SetTradingRules = field(default_factory=lambda: commands.SetTradingRules(""))
    schedule: tuple[tuple[int, int], ...] = ()
    step_ns: int = 0
    """When the schedule moves it next; 0: not."""
    timer: tuple[int, int] | None = None
    """When the phase ends by itself, and which comes then."""
    auctions: int = 0
    published: tuple[int, int, int] = (0, 0, 0)

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
    account: str
    request: commands.NewOrder
    price: int = 0
    stop: int = 0
    best: int = 0
    """Of a trailing stop: the best trade since entry."""
    worst: int = 0
    """Of a stop that will be a market order: the price it is reserved at."""
    limit: int = 0
    """Of a pegged order: the worst it may get."""
    display: int = 0
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
    def charged_fee(self) -> int:
        return round_up(self.exact_fee)

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
    busted: bool = False


@dataclass
class RefSent:
    """What a participant sent: in the current second, and in the trading day; and its sides of trades in that day."""

    second: int = -1
    in_second: int = 0
    in_day: int = 0
    trades: int = 0


class State:
    """The whole state, the queues in which orders trade, and what accounts have."""

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
        self.places = 0
        self.seq = 0
        self.now = 0
        self.ran_to = 0
        self.batches_now: list[str] = []
        """Everything due until then has been run."""
        self.day = -1
        self.self_trade = codes.CANCEL_NEWEST
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
        self.work: list[RefOrder] = []
        """Elected stops, first in first out."""
        self.calm = False
        """After an uncross: no volatility auction may begin."""
        self.uncrossing = False
        """Icebergs trade with all they have."""

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
        return self.accounts[one.account].investor == self.accounts[other.account].investor

    def report(self, account: str) -> int:
        self.accounts[account].reports += 1
        return self.accounts[account].reports

    def emit(self, event: events.Event) -> None:
        self.out.append(event)

    # ── money ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def needed(self, order: RefOrder) -> int:
        """What an open order holds back, taken alone."""
        terms = self.terms(order)
        if order.where == LEG:
            return 0
        if order.type == codes.MARKET and order.request.funds:
            if order.buys:
                return order.request.funds
            return order.request.funds // (order.price * terms.unit) * terms.lot_base
        if not order.buys:
            return order.leaves * terms.lot_base
        price = order.worst if order.where == STOP and order.type != codes.STOP_LIMIT else order.price or order.limit
        value = price * order.leaves * terms.unit
        highest = max(terms.maker_ppm, terms.taker_ppm, 0)
        return value + round_up(order.exact_fee + value * highest) - order.charged_fee

    def reserved(self, account: str) -> dict[str, int]:
        """What the account's open orders hold back, by asset. Of a pair only the larger counts."""
        total: dict[str, int] = {}
        for order in self.live:
            if order.account != account:
                continue
            terms = self.terms(order)
            asset = terms.quote if order.buys else terms.base
            amount = self.needed(order)
            if order.partner is not None:
                other = self.needed(order.partner)
                if other > amount or (other == amount and order.partner.entered < order.entered):
                    amount = 0
            total[asset] = total.get(asset, 0) + amount
        return total

    def available(self, account: str, asset: str) -> int:
        return self.accounts[account].totals.get(asset, 0) - self.reserved(account).get(asset, 0)

    def affordable(self, order: RefOrder) -> bool:
        """Whether the account can hold back what its live orders, this one among them, need now."""
        terms = self.terms(order)
        return self.available(order.account, terms.quote if order.buys else terms.base) >= 0

    def credit(self, account: str, asset: str, amount: int) -> None:
        totals = self.accounts[account].totals
        totals[asset] = totals.get(asset, 0) + amount
