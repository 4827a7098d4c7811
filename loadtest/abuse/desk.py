"""The venue that is abused: rules in force, a book in each state, accounts with more than they can spend."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any, Final

from compliance.hook import ComplianceHook
from compliance.rulebook.rulebook import Rulebook
from compliance.rules.catalogue import load_rulebook
from compliance.rules.risk_1 import digest_of, warning_texts
from compliance.rules.table import RuleTable
from engine.exchange import Exchange
from engine.vocabulary.codes import (
    BUY,
    CONTINUOUS,
    CRYPTO,
    FIAT,
    FIRM,
    FOREIGN_STABLECOIN,
    FUTURE,
    GTC,
    IOC,
    LIMIT,
    OPENING_AUCTION,
    PRO_RATA,
    SECURITY,
    SELL,
    SPOT,
)
from engine.vocabulary.limits import MAX_PEGS_PER_ACCOUNT, NS_PER_DAY, NS_PER_SECOND, ONE_E8
from engine.vocabulary.messages.commands import (
    AddAsset,
    AnyCommand,
    Deposit,
    ListInstrument,
    LoadRulebook,
    NewOrder,
    OpenAccount,
    RecordAcknowledgement,
    RegisterIntermediary,
    RegisterInvestor,
    Sequenced,
    SetMarginRules,
    SetPhase,
    SetTradingRules,
)
from engine.vocabulary.messages.events import CommandRejected, Event, OrderRejected, RequestRejected
from gateway.venue.venue import load_rulebook_documents

START_NS: Final = 1_767_214_800_000_000_000
"""2026-01-01 00:00 in Moscow."""
DUE_NS: Final = START_NS + 3_600 * NS_PER_SECOND
"""An hour later, when all is due that an ingredient has fall due at one instant. A multiple of every mark interval here."""
RULEBOOK: Final = "general-2026"

# One tick times one lot is a kopeck.
TICK_E8: Final = ONE_E8
LOT_E8: Final = ONE_E8 // 100
BOOK: Final = "BTC/RUB"
OTHER_BOOK: Final = "ETH/RUB"
SHARED_BOOK: Final = "SOL/RUB"
"""Allocates by shares."""
CALL_BOOK: Final = "USDT/RUB"
"""In its opening auction."""
SERIES: Final = "BTC-FUT"

# Prices in ticks. What an ingredient adds begins at one of them and goes away from the last trade; a trigger may come closer.
LAST: Final = 10_000
FAR_BID, FAR_ASK = 9_000, 11_000
"""Always on the book."""
BID, ASK = 9_500, 10_500
NEAR_BID, NEAR_ASK = 9_900, 10_100
"""What goes away by itself: then the touch moves each time."""
BEST_BID, BEST_ASK = 9_990, 10_010
"""What a trigger makes the touch."""
INSTANT_LEVELS: Final = 8
"""Up to so many levels a call's indicative price is computed at once: so few that the smallest sizes measured are beyond it, where
`MAX_INSTANT_LEVELS` would show a product that ends there."""
EVERYTHING_LOTS: Final = 1_000_000
"""More than rests, but for an iceberg of that many lots."""

RICH: Final = 10**15
MAKERS: Final = tuple(f"maker-{number}" for number in range(4))
"""Whose orders an ingredient brings."""
SELLERS: Final = tuple(f"seller-{number}" for number in range(4))
"""The other side where both may cross: no owner meets itself."""
TAKER: Final = "taker"
KEEPER: Final = "keeper"
"""Whose far orders rest on every book."""
BANK: Final = "bank"


@cache
def _rulebook() -> Rulebook:
    return load_rulebook(*load_rulebook_documents(RULEBOOK), {})


@cache
def load_command() -> LoadRulebook:
    """The command that loads the rulebook in force once more."""
    return LoadRulebook(*load_rulebook_documents(RULEBOOK), "supervisor", "again")


def acknowledgement(investor: str) -> RecordAcknowledgement:
    """The command by which an investor has acknowledged the warning of the rulebook in force."""
    (text,) = warning_texts(_rulebook())
    return RecordAcknowledgement(investor, digest=digest_of(text))


def listing(name: str, base: str) -> ListInstrument:
    """A spot instrument in roubles."""
    most_e8, most_value = 10**8 * LOT_E8, 10**14
    grid = (TICK_E8, LOT_E8, LOT_E8, most_e8, most_value)
    return ListInstrument(name, SPOT, base, "RUB", *grid, 900_000, LAST * TICK_E8)


def series(name: str, expiry_ns: int, mark_interval_ns: int) -> ListInstrument:
    """A future in roubles."""
    most_e8, most_value = 10**8 * LOT_E8, 10**14
    grid = (TICK_E8, LOT_E8, LOT_E8, most_e8, most_value)
    return ListInstrument(
        name,
        FUTURE,
        SERIES,
        "RUB",
        *grid,
        900_000,
        LAST * TICK_E8,
        underlying="BTC",
        expiry_ns=expiry_ns,
        mark_interval_ns=mark_interval_ns,
    )


class Desk:
    """An exchange with that venue, and the shortest way to send it commands.

    Args:
        accounts: over how many accounts, up to 4, the orders of the ingredients are spread.
    """

    def __init__(self, accounts: int = len(MAKERS)) -> None:
        hook = ComplianceHook()
        # As LoadRulebook does, but read once for all venues: most are small, and this would be most of their cost.
        hook.intake.install(RuleTable(_rulebook()), START_NS)
        self.exchange: Final = Exchange(hook)
        self.exchange.instant_levels = INSTANT_LEVELS
        self.time_ns: int = START_NS
        self.makers: Final = MAKERS[:accounts]
        self.sellers: Final = SELLERS[:accounts]
        self.refused: int = 0
        """Commands that did not do what they were for."""
        self.most_events: int = 0
        """Of any command so far."""
        self.number: int = 0
        """Names given out so far."""
        self.pegs: int = 0
        """Pegged orders entered so far."""
        self._pegger: str = ""
        self._set_up()

    def _set_up(self) -> None:
        for name, kind, scale in (
            ("RUB", FIAT, 2),
            ("BTC", CRYPTO, 8),
            ("ETH", CRYPTO, 8),
            ("SOL", CRYPTO, 8),
            ("USDT", FOREIGN_STABLECOIN, 6),
            (SERIES, SECURITY, 8),
        ):
            self.send(AddAsset(name, kind, scale))
        for name in (BOOK, OTHER_BOOK, SHARED_BOOK, CALL_BOOK):
            self.send(listing(name, name.partition("/")[0]))
        self.send(series(SERIES, START_NS + 300 * NS_PER_DAY, 0))
        self.send(SetTradingRules(SERIES, static_ppm=500_000))
        self.send(SetTradingRules(SHARED_BOOK, allocation=PRO_RATA))
        self.send(SetMarginRules(60 * NS_PER_SECOND))
        self.send(RegisterIntermediary(BANK, capital_rub=100_000_000_000, bank=True))
        for name in (*self.makers, *self.sellers, TAKER, KEEPER):
            self.open_firm(name, RUB=RICH, BTC=RICH, ETH=RICH, SOL=RICH, USDT=RICH)
        for name in (BOOK, OTHER_BOOK, SHARED_BOOK, SERIES):
            self.send(SetPhase(name, CONTINUOUS))
            self.enter(KEEPER, name, SELL, LAST)
            self.enter(TAKER, name, BUY, LAST)
            self.enter(KEEPER, name, BUY, FAR_BID)
            self.enter(KEEPER, name, SELL, FAR_ASK)
        self.send(SetPhase(CALL_BOOK, OPENING_AUCTION))

    # ── commands ───────────────────────────────────────────────────────────────────────────────────────────────────

    def sequenced(self, command: AnyCommand, time_ns: int = 0) -> Sequenced:
        """The next command, at a time or (0) a microsecond after the one before."""
        return Sequenced(self.exchange.seq + 1, time_ns or self.time_ns + 1_000, command)

    def send(self, command: AnyCommand) -> list[Event]:
        """Apply a command; whether it was refused is counted."""
        sequenced = self.sequenced(command)
        self.time_ns = sequenced.time_ns
        events = self.exchange.apply(sequenced)
        self.most_events = max(self.most_events, len(events))
        self.refused += bool(events) and type(events[0]) in (CommandRejected, OrderRejected, RequestRejected)
        return events

    def name(self, prefix: str) -> str:
        """A name that nothing has yet."""
        self.number += 1
        return f"{prefix}{self.number}"

    def order(self, account: str, instrument: str, side: int, price: int, lots: int = 1, **terms: Any) -> NewOrder:
        """An order at a price in ticks (0: none); `kind` and `life` are its type and time in force, other terms go by name."""
        kind, life = terms.pop("kind", LIMIT), terms.pop("life", GTC)
        identity = (account, account, self.name("o"), instrument)
        return NewOrder(*identity, side, kind, life, price * TICK_E8, lots * LOT_E8, **terms)

    def enter(self, account: str, instrument: str, side: int, price: int, lots: int = 1, **terms: Any) -> None:
        """Send an order."""
        self.send(self.order(account, instrument, side, price, lots, **terms))

    # ── who trades ─────────────────────────────────────────────────────────────────────────────────────────────────

    def in_turn(self, size: int) -> Iterator[tuple[int, str]]:
        """Number and account of each of an ingredient's orders."""
        for number in range(size):
            yield number, self.makers[number % len(self.makers)]

    def next_pegger(self) -> str:
        """Account of the next pegged order: the makers in turn, and when one has as many as it may, firms that have nothing else."""
        number = self.pegs
        self.pegs += 1
        if number < MAX_PEGS_PER_ACCOUNT:
            return self.makers[number % len(self.makers)]
        if number % MAX_PEGS_PER_ACCOUNT == 0:
            self._pegger = self.name("pegger-")
            self.open_firm(self._pegger, RUB=RICH, BTC=RICH)
        return self._pegger

    def open_firm(self, name: str, **deposits: int) -> None:
        """Open an account of a firm that bears its own name, with deposits in minor units by asset."""
        self.send(RegisterInvestor(name, FIRM, assets_rub=5_000_000_000))
        self.send(acknowledgement(name))
        self.send(OpenAccount(name, name, name))
        for asset, amount in deposits.items():
            self.send(Deposit(name, asset, amount))

    def take_position(self, account: str, lots: int) -> None:
        """Let an account buy (above 0) or sell lots of the future at the last price from the keeper."""
        side = BUY if lots > 0 else SELL
        self.enter(KEEPER, SERIES, 1 - side, LAST, abs(lots))
        self.enter(account, SERIES, side, LAST, abs(lots), life=IOC)
