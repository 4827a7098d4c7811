"""The living state of the core: instruments, balances, owners, accounts, orders. Native classes with typed fields."""

from __future__ import annotations

from typing import Any, Final

from mypy_extensions import mypyc_attr, u8

from engine.book.assets import Asset
from engine.book.claims import Arrest, whole_claims
from engine.book.further import NONSENSE, Termed
from engine.book.holding import Holding
from engine.book.movement import Movement
from engine.book.used_id import UsedIds
from engine.book.whereabouts import NOWHERE
from engine.vocabulary.codes import FILLED, GTC, LIMIT, NEW, PRICE_TIME
from engine.vocabulary.kinds import Fields, fields_of
from engine.vocabulary.limits import DEFAULT_VOLATILITY_NS, ONE_E8
from engine.vocabulary.messages.commands import ListInstrument, NewOrder
from engine.vocabulary.plain import NO_FURTHER, REDUCE_ONLY_AT, TERMS_FROM
from engine.vocabulary.said import Said, said


class Instrument:
    """What can be traded, and the integers that turn ticks and lots into money.

    A notional is `price_ticks * quantity_lots * unit` quote minor units, exactly; a quantity is
    `quantity_lots * lot_base` base minor units. Widths are millionths of a price, 0: none.
    """

    def __init__(
        self, listing: ListInstrument, number: int, base: Asset, quote: Asset, future: Future | None = None
    ) -> None:
        self.instrument: Final[str] = listing.instrument
        self.number: Final = number
        self.kind: Final[int] = listing.kind
        self.base: Final = base
        self.quote: Final = quote
        self.tick_e8: Final[int] = listing.tick_e8
        self.lot_e8: Final[int] = listing.lot_e8
        self.unit: Final[int] = listing.tick_e8 * listing.lot_e8 * 10**quote.scale // (ONE_E8 * ONE_E8)
        self.lot_base: Final[int] = listing.lot_e8 * 10**base.scale // ONE_E8
        self.underlying: Final[str] = listing.underlying
        self.future: Final = future
        """Of a future: its terms and positions; None for all others."""
        self.take_terms(listing)
        # What SetTradingRules sets.
        self.static_ppm: int = 0
        self.dynamic_ppm: int = 0
        self.volatility_ns: int = DEFAULT_VOLATILITY_NS
        self.auction_random_ns: int = 0
        self.allocation: int = PRICE_TIME
        self.batch_ns: int = 0

    def take_terms(self, listing: ListInstrument) -> None:
        """Have these bounds and fees from now on; the others are those of before."""
        self.listing = listing
        self.min_lots: int = listing.min_quantity_e8 // listing.lot_e8
        self.max_lots: int = listing.max_quantity_e8 // listing.lot_e8
        self.max_notional: int = listing.max_notional
        self.collar_ppm: int = listing.collar_ppm
        self.maker_fee_ppm: int = listing.maker_fee_ppm
        self.taker_fee_ppm: int = listing.taker_fee_ppm
        self.highest_fee_ppm: int = max(listing.maker_fee_ppm, listing.taker_fee_ppm, 0)
        if self.future is not None:
            self.future.max_position_lots = listing.max_position_e8 // listing.lot_e8


class Balance(Holding):
    """What one account holds of one asset; `margin` covers its futures in it, None if it never had any."""

    def __init__(self) -> None:
        super().__init__()
        self.margin: Margin | None = None


class Future:
    """What makes an instrument a future: when it is marked and settled, and who has a position in it."""

    def __init__(self, listing: ListInstrument, changed: list[Margin]) -> None:
        self.expiry_ns: Final[int] = listing.expiry_ns
        self.averaging_ns: Final[int] = listing.averaging_ns
        self.mark_interval_ns: Final[int] = listing.mark_interval_ns
        self.max_position_lots: int = listing.max_position_e8 // listing.lot_e8
        """0: none."""
        self.changed: Final = changed
        """The venue's list of cover to look at when the command ends."""
        self.positions: Final[dict[int, Position]] = {}
        """By the account's number: everybody with a position or open orders, and some who had."""
        self.high_ticks: int = 0
        """The upper static band, at which shorts are covered; 0: no band."""
        self.averaged: int = 0
        """The index's integral over time when the averaging began."""
        self.averages_from_ns: int = 0
        """When the averaging began, if the index was known then; 0: it wasn't, or has not begun."""
        self.expired: bool = False


class Margin:
    """The cover of an account's futures in one asset: what is needed, and what of it is held."""

    def __init__(self, account: Account, asset: Asset, balance: Balance, changed: list[Margin]) -> None:
        self.account: Final = account
        self.asset: Final = asset
        self.balance: Final = balance
        self.changed: Final = changed
        self.needed: int = 0
        self.held: int = 0
        """The smaller of what is needed and what there is; part of what the balance has reserved."""
        self.noted: bool = False
        """Whether it stands in `changed`."""
        self.called: bool = False
        self.until_ns: int = 0
        """When the grace of a call ends; 0: it has ended, or there is no call."""
        self.in_default: bool = False
        """A mark in this command left a shortfall: a call has no grace."""


class Position:
    """An account's position in a future, and the sums of its open orders there."""

    def __init__(self, account: Account, instrument: Instrument, margin: Margin) -> None:
        self.account: Final = account
        self.instrument: Final = instrument
        self.margin: Final = margin
        self.lots: int = 0
        """Above 0: long."""
        self.carried: int = 0
        """What it was bought for, less what it was sold for, since the last mark and at it."""
        self.buy_lots: int = 0
        """Of the open buys, but for reduce-only ones; value and fees likewise."""
        self.buy_value: int = 0
        self.sell_lots: int = 0
        self.sell_value: int = 0
        self.buy_fees: int = 0
        """The largest fees of the open buys."""
        self.sell_fees: int = 0
        self.needed: int = 0
        """Of the margin's `needed`, what this future needs."""
        self.reducing_lots: Final[list[int]] = [0, 0]
        """Of the reduce-only buys, and sells."""
        self.reducing: Final[dict[int, Order]] = {}
        """Open reduce-only orders by order id; those of brackets that wait do not count yet."""
        self.noted: bool = False
        """Whether it stands in the venue's list of positions that have just changed."""
        self.to_hold: bool = False
        """Whether it stands in the list of those whose reduce-only orders are to be held to them."""


class Owner:
    """One investor: accounts that never trade with each other, nor with those of investors who share a beneficial owner."""

    def __init__(self, investor: str) -> None:
        self.investor: Final = investor
        self.accounts: Final[list[Account]] = []
        self.open_sides: Final[dict[int, list[Order]]] = {}
        """The open orders of its accounts by the instrument's number times two plus side, in no order that means anything."""
        self.arrests: Final[list[Arrest]] = []
        """Papers in force on what it holds."""
        self.linked: dict[str, Owner] = {}
        """Others who share a beneficial owner with this one, by name; two owners of one firm share one with the firm alone."""

    def is_own(self, order: Order) -> bool:
        """Whether self-trade prevention keeps this investor from trading with an order."""
        other = order.account.owner
        return other is self or (len(self.linked) > 0 and other.investor in self.linked)

    def own_orders_on(self, instrument: Instrument, side: int) -> list[list[Order]]:
        """The open orders on one side of an instrument that are its own, by investor, to read. O(linked)."""
        return [self.orders_on(instrument, side), *[each.orders_on(instrument, side) for each in self.linked.values()]]

    def orders_on(self, instrument: Instrument, side: int) -> list[Order]:
        """The open orders of its accounts on one side of an instrument, to read."""
        return self.open_sides.get(instrument.number * 2 + side, _NOBODYS)


# The collector looks into none of these: `engine/state/letting_go.py` says what frees them.
@mypyc_attr(acyclic=True)
class OrderRecord(Termed):
    """What stays on record of every order of the trading day; all there is of one that ended, or whose instrument is not listed."""

    # Defaults stand in the class: an instance stores only what differs. Codes and flags are bytes, and stand together.
    status: u8 = NEW
    where: u8 = NOWHERE
    is_nameless: bool = False
    """Whether no client order id is used up for it: it is an order of the venue, or one too many for the day."""
    is_plain: bool = False
    """Whether it is known that a plain order was asked for; of others the terms are looked at."""
    is_quote: bool = False
    close_out: bool = False
    """The venue's own order that closes a position whose cover is missing: no rule refuses it, no fee is charged."""
    order_type: u8 = LIMIT
    """A triggered stop becomes a market or a limit order."""
    time_in_force: u8 = GTC
    price_ticks: int = 0
    """The limit; of a market order its collar."""
    quantity_lots: int = 0
    filled_lots: int = 0
    leaves_lots: int = 0
    entered: int = 0
    """Counts orders in the order of entry, over the whole venue."""
    # The fee so far, exact in millionths and as charged.
    fee_numerator: int = 0
    fee_charged: int = 0

    def __init__(self, order_id: int, account: Account, command: NewOrder, fields: Fields = ()) -> None:
        fields = fields or fields_of(command)
        self.order_id: Final = order_id
        self.account: Final = account
        self.asked = command
        self.client_order_id: Final[str] = fields[2]
        self.side: Final[int] = fields[4]
        order_type: int = fields[5]
        life: int = fields[6]
        # Nonsense is refused, by what was asked for.
        self.order_type = order_type if 0 <= order_type < NONSENSE else NONSENSE
        self.time_in_force = life if 0 <= life < NONSENSE else NONSENSE

    @property
    def has_ended(self) -> bool:
        """Whether it is filled, cancelled or rejected."""
        return self.status >= FILLED

    @property
    def used_for(self) -> Said:
        """Which order."""
        return said("used.order", self.order_id)


class Account:
    """An investor's account, operated by one participant."""

    def __init__(self, account: str, number: int, participant: str, owner: Owner, intermediary: str) -> None:
        self.account: Final = account
        self.number: Final = number
        self.participant: Final = participant
        self.owner: Final = owner
        self.intermediary: Final = intermediary
        self.report_seq: int = 0
        self.balances: dict[int, Balance] = {}
        """By the asset's number; an asset never held is absent."""
        self.positions: Final[dict[int, Position]] = {}
        """By the instrument's number, as in `Future.positions`."""
        self.open_orders: dict[int, Order] = {}
        """Resting and parked orders by order id; `engine/trading/room.py` changes it."""
        self.open_parts: int = 0
        """How many parts they have in all."""
        self.reduce_only: Final[dict[int, int]] = {}
        """How many of its open orders are reduce-only, by the instrument's number; those of brackets that wait, too."""
        self.used_ids: Final = UsedIds()
        """What each client order id was used for in the trading day, rejected orders and refused transfers too (P5)."""
        self.movements: Final[dict[int, Movement]] = {}
        """What waits to leave it, the oldest first."""

    @property
    def investor(self) -> str:
        """The investor whose account it is."""
        return self.owner.investor

    def order(self, client_order_id: str) -> Order | None:
        """The open order with this client order id."""
        used = self.used_ids.find(client_order_id)
        return used if isinstance(used, Order) and not used.has_ended else None

    def balance(self, asset: Asset) -> Balance:
        """The balance of an asset, created empty when first asked for."""
        found = self.balances.get(asset.number)
        if found is None:
            found = self.balances[asset.number] = Balance()
            if self.owner.arrests:
                found.claims = whole_claims(self.owner.arrests, self.account, asset.asset)
        return found

    def available(self, asset: Asset) -> int:
        """What is available of an asset; asking begins no balance."""
        found = self.balances.get(asset.number)
        return 0 if found is None else found.available


class Book:
    """What its orders know of an order book; `engine.book.order_book.LimitOrderBook` is one."""

    def __init__(self, instrument: Instrument) -> None:
        self.instrument: Final = instrument


@mypyc_attr(acyclic=True)
class Order(OrderRecord):
    """One order of a listed instrument, from its entry to its end."""

    shown_lots: int = 0
    """What the book shows of it; all its leaves but for an iceberg."""
    queued: int = 0
    """Counts places in queues: renewed whenever it goes to the end of one."""
    reserve_ticks: int = 0
    reserved: int = 0
    """Of a future's order its largest fee, which is part of the account's cover."""
    place_beside: int = 0
    """Its place in `beside`."""
    level: Level | None = None
    previous: Order | None = None
    next: Order | None = None

    def __init__(self, order_id: int, account: Account, command: NewOrder, book: Book, fields: Fields = ()) -> None:
        fields = fields or fields_of(command)
        super().__init__(order_id, account, command, fields)
        # A `LimitOrderBook` is made of orders, so they can't name that class: read this into a typed variable.
        self.book: Final[Any] = book
        self.instrument: Final[Instrument] = book.instrument
        self.beside: list[Order] | None = None
        """The open orders of its owner on its side of its instrument; None while it is none of them."""
        if fields[REDUCE_ONLY_AT]:
            self.own_further().reduce_only = True

    @property
    def command(self) -> NewOrder:
        """What was asked for. Of a plain order it is not kept: it follows, until an amend or prevention changes the order."""
        asked = self.asked
        if asked is not None:
            return asked
        return NewOrder(self.account.participant, self.account.account, self.client_order_id, *self.asked_terms())

    @property
    def instrument_name(self) -> str:
        """What it trades."""
        return self.instrument.instrument

    def asked_terms(self) -> Fields:
        """The fields of what was asked for, from the instrument on."""
        asked = self.asked
        if asked is not None:
            return fields_of(asked)[TERMS_FROM:]
        listed = self.instrument
        price_e8, quantity_e8 = self.price_ticks * listed.tick_e8, self.quantity_lots * listed.lot_e8
        return (listed.instrument, self.side, LIMIT, self.time_in_force, price_e8, quantity_e8, *NO_FURTHER)

    def keep_asked(self) -> None:
        """Note what was asked for, before price or quantity change."""
        if self.asked is None:
            self.asked = self.command

    @property
    def other_leg(self) -> Order | None:
        """One cancels the other."""
        further = self.further
        if further is None:
            return None
        other: Order | None = further.other_leg
        return other

    @other_leg.setter
    def other_leg(self, other: Order | None) -> None:
        if other is not self.other_leg:
            self.own_further().other_leg = other

    @property
    def children(self) -> tuple[Order, ...]:
        """Of a bracket's entry: its take-profit and its stop."""
        return () if self.further is None else self.further.children

    @children.setter
    def children(self, children: tuple[Order, ...]) -> None:
        if children or self.further is not None:
            self.own_further().children = children

    @property
    def rank(self) -> int:
        """Its rank among orders that wait off the book, and among pegs: that of its entry, until an amend loses it."""
        return self.renewed or self.entered

    @property
    def trail(self) -> int:
        """Trailing stop: the trail as asked for, in ticks or in basis points."""
        command = self.command
        return command.trail_bps or command.trail_e8 // self.instrument.tick_e8


@mypyc_attr(acyclic=True)
class Level:
    """All orders resting at one price, first in first out: a doubly linked list and its sums. `BookSide.key` made its key."""

    def __init__(self, price_ticks: int, key: int) -> None:
        self.price_ticks: Final = price_ticks
        self.key: Final = key
        self.quantity_lots: int = 0
        """What is shown."""
        self.hidden_lots: int = 0
        self.count: int = 0
        self.pegged: int = 0
        """How many of the orders are pegged: they are no touch to peg to."""
        self.head: Order | None = None
        self.tail: Order | None = None


_NOBODYS: Final[list[Order]] = []
