"""Ingredients that are no orders: accounts, positions, instruments, and what is set to happen at a time."""

from __future__ import annotations

from typing import Final

from engine.vocabulary.codes import BUY, CONTINUOUS, INDIVIDUAL, PRE_OPEN
from engine.vocabulary.limits import (
    MAX_ACCOUNTS,
    MAX_INSTRUMENTS,
    MAX_MESSAGE_BYTES,
    MAX_OPEN_ORDERS_PER_ACCOUNT,
    MAX_PEGS_PER_INSTRUMENT,
    MAX_REDUCE_ONLY_PER_POSITION,
    MAX_SCHEDULE_STEPS,
    MAX_SCHEDULED_CHANGES,
    NS_PER_DAY,
    NS_PER_SECOND,
)
from engine.vocabulary.messages.commands import (
    Deposit,
    EffectiveFrom,
    MarkFuture,
    OpenAccount,
    RecordTest,
    RegisterInvestor,
    SetBlocked,
    SetMarketHalt,
    SetPhase,
    SetSchedule,
    SetTradingRules,
)
from gateway.documents import invented_tax_number
from gateway.identity import Identities
from loadtest.abuse.desk import (
    BANK,
    BID,
    BOOK,
    DUE_NS,
    KEEPER,
    LAST,
    MAKERS,
    SERIES,
    START_NS,
    TICK_E8,
    Desk,
    acknowledgement,
    listing,
    series,
)
from loadtest.abuse.orders import ORDERS, Add

_IDENTITIES: Final = Identities.seeded(0)
HALT_PPM: Final = 999_999
"""A move of the index that never comes, so that every print computes it."""


class Ingredient:
    """Something of which a venue can have many."""

    def __init__(self, name: str, what: str, add: Add, most: int, is_order: bool = False) -> None:
        self.name: Final = name
        """Family and variant: variants of one family are one kind of thing."""
        self.what: Final = what
        self.add: Final = add
        self.most: Final = most
        """How many there may be: of orders, one account's; of pegs, the instrument's; else the venue's."""
        self.is_order: Final = is_order
        """Whether each counts as an open order of one account."""


# ── accounts and positions ─────────────────────────────────────────────────────────────────────────────────────────


def _holders(desk: Desk, size: int) -> None:
    for _ in range(size):
        desk.open_firm(desk.name("holder-"), BTC=10**10)


def _clients(desk: Desk, size: int) -> None:
    """Retail clients of one intermediary, each with a bid."""
    for _ in range(size):
        name = desk.name("client-")
        documents = {"tax_number": invented_tax_number(len(desk.exchange.accounts))}
        desk.send(RegisterInvestor(name, INDIVIDUAL, identity_keys=_IDENTITIES.keys(documents, firm=False)))
        desk.send(acknowledgement(name))
        desk.send(RecordTest(name, "knowledge", 100, START_NS))
        desk.send(OpenAccount(name, name, name, BANK))
        desk.send(Deposit(name, "RUB", 10**7))
        desk.enter(name, BOOK, BUY, BID)


def _long(desk: Desk, size: int) -> None:
    for _ in range(size):
        name = desk.name("long-")
        desk.open_firm(name, RUB=10**7)
        desk.take_position(name, 1)


def _called(desk: Desk, size: int) -> None:
    """Shorts with just enough for their cover, called when a mark moves against them; the calls end before all is due."""
    for _ in range(size):
        name = desk.name("short-")
        # The cover of a short is its worth at the upper band, 15 000 kopecks a lot; after the mark it is 18 000.
        desk.open_firm(name, RUB=16_000)
        desk.take_position(name, -1)
    if size:
        desk.send(MarkFuture(SERIES, (LAST + 2_000) * TICK_E8))


# ── instruments ────────────────────────────────────────────────────────────────────────────────────────────────────


def _list(desk: Desk) -> str:
    name = desk.name("LISTED-")
    desk.send(listing(name, "BTC"))
    desk.send(SetPhase(name, CONTINUOUS))
    return name


def _instruments(desk: Desk, size: int) -> None:
    for _ in range(size):
        _list(desk)


def _members(desk: Desk, size: int) -> None:
    """Members of the market's index, the book among them."""
    desk.send(SetMarketHalt(HALT_PPM, NS_PER_SECOND, (BOOK, *[_list(desk) for _ in range(size)])))


def _repeated(desk: Desk, size: int) -> None:
    """One member of the market's index, named many times."""
    desk.send(SetMarketHalt(HALT_PPM, NS_PER_SECOND, (BOOK,) * (size + 1)))


def _scheduled(desk: Desk, size: int) -> None:
    """Instruments whose schedules step at one instant."""
    for _ in range(size):
        desk.send(SetSchedule(_list(desk), ((3_600, PRE_OPEN),)))


def _traded(desk: Desk, size: int) -> None:
    """Instruments with a bid each."""
    for _, account in desk.in_turn(size):
        desk.enter(account, _list(desk), BUY, BID)


def _steps(desk: Desk, size: int) -> None:
    """Steps of one schedule: into a call and out of it again."""
    steps = tuple((number + 1, PRE_OPEN if number % 2 == 0 else CONTINUOUS) for number in range(size))
    if steps:
        desk.send(SetSchedule(BOOK, steps))


def _series(expiry_ns: int, mark_interval_ns: int) -> Add:
    """Futures in which nobody has a position."""

    def add(desk: Desk, size: int) -> None:
        for _ in range(size):
            name = desk.name("SERIES-")
            desk.send(series(name, expiry_ns, mark_interval_ns))
            desk.send(SetTradingRules(name, static_ppm=500_000))

    return add


def _changes(owner: str) -> Add:
    """Changes that take effect at one instant; each has the open orders of an owner rechecked."""

    def add(desk: Desk, size: int) -> None:
        for _ in range(size):
            desk.send(EffectiveFrom(DUE_NS, SetBlocked(owner, False), "drawn"))

    return add


_HOUR_NS: Final = 3_600 * NS_PER_SECOND
# A name as short as may be, between quotes and a comma, in the request that names the members of the index.
_MOST_REPEATED: Final = MAX_MESSAGE_BYTES // 4
_SURROUNDINGS: Final[dict[str, tuple[str, Add, int]]] = {
    "accounts/holders": ("accounts with a holding", _holders, MAX_ACCOUNTS),
    "accounts/clients": ("retail clients with a bid each", _clients, MAX_ACCOUNTS),
    "positions/long": ("accounts with a position in a future", _long, MAX_ACCOUNTS),
    "positions/called": ("accounts whose margin call ends at one instant", _called, MAX_ACCOUNTS),
    "instruments/plain": ("further instruments", _instruments, MAX_INSTRUMENTS),
    "instruments/index": ("members of the market's index", _members, MAX_INSTRUMENTS),
    "instruments/repeated": ("one member of the market's index, repeated", _repeated, _MOST_REPEATED),
    "instruments/scheduled": ("instruments whose schedules step at one instant", _scheduled, MAX_INSTRUMENTS),
    "instruments/traded": ("instruments with a bid each", _traded, MAX_INSTRUMENTS),
    "futures/marked": ("futures marked at one instant", _series(START_NS + 300 * NS_PER_DAY, _HOUR_NS), MAX_INSTRUMENTS),
    "futures/expiring": ("futures that expire at one instant", _series(DUE_NS, 0), MAX_INSTRUMENTS),
    "schedule/steps": ("steps of a schedule that a venue slept through", _steps, MAX_SCHEDULE_STEPS),
    "changes/blocked": ("changes of one with few orders, at one instant", _changes(KEEPER), MAX_SCHEDULED_CHANGES),
    "changes/owner": ("changes of an owner of orders, at one instant", _changes(MAKERS[0]), MAX_SCHEDULED_CHANGES),
}  # fmt: skip


# What has a bound of its own, beside all the others that an account may have. Most pegs are not even an account's who has others.
_MOST_ORDERS: Final = {
    "pegs": MAX_PEGS_PER_INSTRUMENT,
    "reducing": MAX_REDUCE_ONLY_PER_POSITION,
}


def _all() -> dict[str, Ingredient]:
    found: list[Ingredient] = []
    for name, (what, add) in ORDERS.items():
        family = name.partition("/")[0]
        most = _MOST_ORDERS.get(family, MAX_OPEN_ORDERS_PER_ACCOUNT)
        # Most of these are not an account's who has the other orders. A lot of an iceberg that shows one is a part of it.
        found.append(Ingredient(name, what, add, most, family not in _MOST_ORDERS))
    found += [Ingredient(name, *row) for name, row in _SURROUNDINGS.items()]
    return {each.name: each for each in found}


INGREDIENTS: Final[dict[str, Ingredient]] = _all()
"""By name."""
