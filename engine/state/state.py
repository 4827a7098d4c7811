"""The whole state of a venue's core, shared by the modules that change it."""

from __future__ import annotations

import hashlib
import heapq
from collections import deque
from collections.abc import Iterator
from typing import Final

from engine.book.assets import Asset
from engine.book.claims import Arrest
from engine.book.entities import Account, Instrument, Margin, Order, OrderRecord, Owner, Position
from engine.book.expiries import Expiries
from engine.book.kept import keep_order
from engine.book.movement import Movement
from engine.book.order_book import LimitOrderBook
from engine.book.own_queue import OwnQueue
from engine.book.records import TradeRecord
from engine.book.used_id import UsedIds
from engine.book.waiting_times import WaitingTimes
from engine.state.absence import Absence
from engine.state.access import Access
from engine.state.case import Docket
from engine.state.day_room import DayRoom
from engine.state.hook import PreTradeHook
from engine.state.leftovers import Leftovers
from engine.state.letting_go import let_go
from engine.state.proposal import Proposal
from engine.state.protection import Limits, Rates, Switches
from engine.vocabulary.codes import CANCEL_NEWEST
from engine.vocabulary.days import midnight_ns
from engine.vocabulary.limits import (
    DEFAULT_GRACE_NS,
    INDICATIVE_NS_PER_LEVEL,
    MAX_ENDED_WHOLE,
    MAX_INSTANT_LEVELS,
    MAX_OPEN_ORDERS,
    MAX_OPEN_ORDERS_PER_ACCOUNT,
    MAX_OPEN_ORDERS_PER_BOOK,
    MAX_SHARED_ORDERS,
    MAX_SMALL_ACCOUNT,
    MAX_WAITING_MOVEMENTS,
    MAX_WAITING_MOVEMENTS_PER_ACCOUNT,
    PIECE_EVENTS,
    PIECE_STEPS,
)
from engine.vocabulary.messages.commands import EffectiveFrom
from engine.vocabulary.messages.events import Event

# What can be due, in the order in which things due at one instant happen.
DUE_PHASE: Final = 0
"""A volatility auction or a halt ends. By instrument."""
DUE_STEP: Final = 1
"""The daily schedule goes on. By instrument."""
DUE_BATCH: Final = 2
"""A batch is uncrossed. By instrument."""
DUE_EXPIRY: Final = 3
"""An order expires. By order of entry."""
DUE_DAY: Final = 4
"""Moscow midnight."""
DUE_MARK: Final = 5
"""A future is marked. By instrument."""
DUE_SETTLEMENT: Final = 6
"""A future expires and is settled. By instrument."""
DUE_MARGIN: Final = 7
"""The grace of a margin call ends. By account."""
DUE_CHANGE: Final = 8
"""A compliance command takes effect. By the sequence number of the command that brought it."""
DUE_INDICATIVE: Final = 9
"""The indicative price of a call with many levels is computed. By instrument."""
DUE_PROPOSAL: Final = 10
"""A command waits no longer for a second approval. By its sequence number."""
DUE_ABSENCE: Final = 11
"""The grace of a connection ends. By the place of its participant in `Absence.presences`."""
DUE_DEAD_MAN: Final = 12
"""An account's dead man's timer ends. By account."""
DUE_KEY: Final = 13
"""The next key ends by itself. One alarm for all of them, number 0."""


class IndexPrice:
    """The price of an index, and its integral over time, from which means follow; it keeps no history."""

    def __init__(self, price_e8: int, time_ns: int) -> None:
        self.known_ns: Final = time_ns
        """When it was first stated."""
        self.price_e8: int = price_e8
        self.since_ns: int = time_ns
        self.summed: int = 0
        """The integral of the price from `known_ns` to `since_ns`, price by nanoseconds."""

    def integral(self, time_ns: int) -> int:
        """The integral up to a time not before the last price."""
        return self.summed + self.price_e8 * (time_ns - self.since_ns)

    def set(self, price_e8: int, time_ns: int) -> None:
        """State a new price."""
        self.summed = self.integral(time_ns)
        self.price_e8 = price_e8
        self.since_ns = time_ns


class State:
    """What `Exchange` is made of. Everything here follows from the commands applied so far."""

    # Numbers and texts have their defaults in the class.
    seq: int = 0
    """Of the last command applied."""
    time_ns: int = 0
    """Of the last command applied; while something due is worked, its deadline."""
    due_events: int = 0
    """How many of the last command's events are of things that were due before it, or of commands before it that it carried on."""
    carried_events: int = 0
    """How many of these, the first ones, are of a command before it that had left some of its work."""
    left_seq: int = 0
    """The sequence number of the command, a tick too, that has left some of its work; 0: none has."""
    steps: int = 0
    """Steps that the last command has done so far, since what was due before it: those of works, levels of a call's price, orders looked at."""
    piece_events: int = PIECE_EVENTS
    piece_steps: int = PIECE_STEPS
    """A piece of work ends at so many events or steps. However it is cut, the same happens."""
    day: int = -1
    """The trading day: days since 1970-01-01 in Moscow; -1 before the first command."""
    trades: int = 0
    """Trades so far: the last trade id."""
    entered: int = 0
    """Orders entered so far."""
    queued: int = 0
    """Places in queues given out so far."""
    kept_ids: int = 0
    """Client order ids of all accounts that are kept: those used in the trading day, and those of orders open when it began."""
    ended_ids: int = 0
    """Those of them that are free again when the day ends, without those in `ended`."""
    first_trade: int = 1
    """The first trade id of the trading day."""
    open_parts: int = 0
    """Open orders, an iceberg counted by its parts."""
    max_open_per_account: int = MAX_OPEN_ORDERS_PER_ACCOUNT
    max_open_per_book: int = MAX_OPEN_ORDERS_PER_BOOK
    max_open: int = MAX_OPEN_ORDERS
    max_waiting_per_account: int = MAX_WAITING_MOVEMENTS_PER_ACCOUNT
    max_waiting: int = MAX_WAITING_MOVEMENTS
    small_account: int = MAX_SMALL_ACCOUNT
    plenty: int = MAX_OPEN_ORDERS_PER_ACCOUNT
    """With no more open in all, none of these bounds is near: the smallest of them."""
    max_whole: int = MAX_ENDED_WHOLE
    max_shared: int = MAX_SHARED_ORDERS
    """How many orders of a queue get shares. These nine are no state: they are the bounds, but for tests and benchmarks."""
    self_trade: int = CANCEL_NEWEST
    seed: str = ""
    is_test: bool = False
    """A venue for tests: its time can be moved."""
    advanced_ns: int = 0
    """To when it was moved last: the commands after that one are not before."""
    second: tuple[str, ...] = ()
    """Which kinds of commands need a second approval."""
    halt_threshold_ppm: int = 0
    halt_ns: int = 0
    touched_book: LimitOrderBook | None = None
    """The book that the current command changed first. `touched` has others; all of them while what it set off is worked."""
    index_sum: int = 0
    """Of the market's index: the sum of its members' moves."""
    index_moves: int = 0
    """How many there are: a member without a reference has none."""
    grace_ns: int = DEFAULT_GRACE_NS
    """How long a margin call gives."""
    close_outs: int = 0
    """How many positions the command of `close_out_seq` has closed out: the last one that did."""
    close_out_seq: int = 0
    instant_levels: int = MAX_INSTANT_LEVELS
    """Up to so many levels the indicative price of a call is computed at once."""
    indicative_ns_per_level: int = INDICATIVE_NS_PER_LEVEL
    """With more it is computed again after so much time for each of them."""

    def __init__(self, hook: PreTradeHook) -> None:
        self.hook: Final = hook
        self._followed: Final[dict[type[Event], bool]] = dict.fromkeys(hook.followed(), True)
        """Classes of the events that the hook follows."""
        self.room: Final = DayRoom()
        self.assets: Final[dict[str, Asset]] = {}
        self.instruments: Final[dict[str, Instrument]] = {}
        self.books: Final[dict[str, LimitOrderBook]] = {}
        self.book_list: Final[list[LimitOrderBook]] = []
        """By the instrument's name, and by its number."""
        self.owners: Final[dict[str, Owner]] = {}
        self.accounts: Final[dict[str, Account]] = {}
        self.account_list: Final[list[Account]] = []
        self.events: list[Event] = []
        """What the command that is applied has done so far; between commands what the last one did."""
        self.day_trades: list[TradeRecord] = []
        """Trades of the trading day from `first_trade` on; without the last ones, if there are too many."""
        self.due: Final[list[tuple[int, int, int]]] = []
        """A heap of `(deadline, DUE_ kind, number)` of all but expiries and what waits to leave an account; an entry that no longer holds is skipped."""
        self.expiries: Final = Expiries()
        self.waiting_times: Final = WaitingTimes()
        self.ended: Final[list[OrderRecord]] = []
        """Orders that have ended and take as much room as ever, until `shrink` has come to them."""
        self.leftovers: Final = Leftovers()
        self.schedules: Final[dict[int, tuple[tuple[int, int], ...]]] = {}
        self.schedule_steps: Final[dict[int, int]] = {}
        """By the instrument's number: its schedule, and the deadline of its next step."""
        self.changes: Final[dict[int, EffectiveFrom]] = {}
        """Compliance commands that wait for their effective date, by the sequence number of the command that brought them."""
        self.proposals: Final[dict[int, Proposal]] = {}
        """Commands that wait for a second approval, by their sequence numbers."""
        self.movements: Final[dict[int, Movement]] = {}
        """What waits to leave an account, by the sequence number of the command that asked for it; the oldest first."""
        self.docket: Final = Docket()
        self.absence: Final = Absence()
        self.access: Final = Access()
        self.arrests: Final[dict[str, Arrest]] = {}
        self.killed: Final[Switches] = {}
        self.limits: Final[dict[str, Limits]] = {}
        self.rates: Final[Rates] = {}
        self.market_index: Final[list[LimitOrderBook]] = []  # as they were named; `market_index.py` changes it
        self.index_prices: Final[dict[str, IndexPrice]] = {}
        self.covers: Final[list[Margin]] = []
        """Cover for which a call may begin or end with the current command."""
        self.moved: Final[list[Position]] = []
        """Positions that have just changed, and whose reduce-only orders are not looked at yet."""
        self.to_hold: Final[list[Position]] = []
        """Positions that the current command changed, whose reduce-only orders are to be held to them when it ends."""
        self.works: Final[deque[Iterator[None]]] = deque()
        """What a command has begun and not ended, in turn: a step each time one is asked for its next. Nothing else happens meanwhile."""
        self.touched: Final[list[LimitOrderBook]] = []
        self.own_queues: Final[dict[tuple[str, int], OwnQueue]] = {}
        """Of owners whose orders join a call in the current command: by investor, and the instrument's number times two plus side."""
        self.printed: Final[list[LimitOrderBook]] = []
        """Those of them with prints that have not elected stops yet."""
        self.entries: Final[list[Order]] = []
        """Entries of brackets that ended in the current command."""
        self.begun: Final[list[Order]] = []
        self.elected: Final[deque[Order]] = deque()
        """Stops of brackets that begin to wait in the current command; and those that wait for their turn in it."""

    def __del__(self) -> None:
        """Let go of the orders: see `let_go`."""
        let_go(self.account_list, self.owners.values(), self.book_list)

    def emit(self, event: Event) -> None:
        """Add an event to the result of the command that is applied, and let the hook follow it if it does."""
        self.events.append(event)
        if type(event) in self._followed:
            self.hook.observe(event, self.time_ns)

    def owner(self, investor: str) -> Owner:
        """An investor as owner of accounts, noted when first asked for."""
        found = self.owners.get(investor)
        if found is None:
            found = self.owners[investor] = Owner(investor)
        return found

    def add_account(self, account: Account) -> None:
        """Have an account found by its name, its number, its owner and who operates it."""
        account.owner.accounts.append(account)
        self.accounts[account.account] = account
        self.account_list.append(account)
        self.absence.operated.setdefault(account.participant, []).append(account)

    def begin(self, work: Iterator[None]) -> None:
        """Have something done after what was begun before it, in as many pieces as it takes."""
        self.works.append(work)

    def touch(self, book: LimitOrderBook) -> None:
        """Note that the current command changed a book."""
        if not book.touched:
            book.touched = True
            if self.touched_book is None and not self.touched:
                self.touched_book = book
            else:
                self.touched.append(book)

    @property
    def is_touched(self) -> bool:
        """Whether the current command has changed a book, and what it set off is still to be worked."""
        return self.touched_book is not None or len(self.touched) > 0

    def next_place(self) -> int:
        """The next place at the end of a queue."""
        self.queued += 1
        return self.queued

    def schedule(self, deadline_ns: int, kind: int, number: int) -> None:
        """Have something happen at a time."""
        heapq.heappush(self.due, (deadline_ns, kind, number))

    def soonest_ns(self) -> int:
        """When something is due next, nanoseconds since the epoch, UTC. The day must have begun: its end is always due."""
        return min(self.due[0][0], self.expiries.next_ns, self.waiting_times.next_ns)

    def ids_of(self, account: Account) -> UsedIds:
        """The client order ids of an account for the trading day."""
        ids = account.used_ids
        return ids if ids.day == self.day else self.leftovers.begin(account, self.day)

    def shrink(self, most: int) -> None:
        """Let a few bytes stand for up to `most` orders that have ended. Nothing that a venue does depends on when, or whether."""
        ended = self.ended
        while ended and most > 0:
            most -= 1
            record = ended.pop()
            self.ended_ids += 1
            ids, name = record.account.used_ids, record.client_order_id
            if ids.current.get(name) is record:
                ids.shrink(name, keep_order(record))

    def draw(self, book: LimitOrderBook, most_ns: int) -> int:
        """A number from 0 to `most_ns` that follows from the journaled seed, the instrument and the auction's number."""
        if not most_ns:
            return 0
        text = f"{self.seed}|{book.instrument.instrument}|{book.auctions}"
        return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") % (most_ns + 1)


def next_report(account: Account) -> int:
    """The next number of the account's dense sequence of private reports."""
    account.report_seq += 1
    return account.report_seq


def day_end_ns(state: State) -> int:
    """The Moscow midnight that ends the trading day, nanoseconds since the epoch, UTC."""
    return midnight_ns(state.day + 1)
