"""A venue in memory with a clock of its own, on which those who trade act in turn."""

from __future__ import annotations

import datetime
import hashlib
import heapq
import itertools
import math
import random
import tempfile
from collections.abc import Callable, Generator
from functools import cache
from pathlib import Path
from typing import Final

from compliance import digest_of
from engine.exchange import Exchange
from engine.vocabulary import codes
from engine.vocabulary.limits import NS_PER_SECOND, ONE_E8
from engine.vocabulary.messages.commands import (
    AnyCommand,
    AuthoriseClient,
    CancelOrder,
    Command,
    Deposit,
    ListInstrument,
    NewOrder,
    OpenAccount,
    RecordAcknowledgement,
    RecordTest,
    RegisterInvestor,
    Sequenced,
    Tick,
    Transfer,
)
from engine.vocabulary.messages.events import Event, OrderAccepted, Trade
from gateway.core import new_exchange
from gateway.identity import Identities
from gateway.venue.papers import texts_of
from gateway.venue.template import default_template, write_venue
from gateway.venue.venue import load_venue

START: Final = datetime.datetime(2026, 6, 1, 12, tzinfo=datetime.timezone(datetime.timedelta(hours=3)))
START_NS: Final = int(START.timestamp()) * NS_PER_SECOND
RULEBOOK: Final = "general-2026"
SIGMA_BP: Final = 1.07
"""Standard deviation of a price over one second, in basis points of it: 60 % a year, as of bitcoin."""

PRESSURE_BP: Final = 2.5
"""By so much of the price quotes move when a million roubles are taken; it is gone by 63 % after `PRESSURE_S` seconds."""
PRESSURE_S: Final = 120.0

Actor = Generator[float, None, None]
"""Somebody who acts: yields the seconds until they act again."""
Watcher = Callable[[int, int, AnyCommand, list[Event]], None]
"""Is told each row: sequence number, time, command, events."""


@cache
def genesis() -> tuple[AnyCommand, ...]:
    """The commands that set up the venue of `sbx init`."""
    with tempfile.TemporaryDirectory(prefix="sbx-planted-") as name:
        write_venue(Path(name), default_template(), START.date(), rulebook=RULEBOOK, port=0, seed=1)
        return tuple(load_venue(Path(name), now_ns=START_NS).genesis())


@cache
def _texts() -> tuple[str, ...]:
    """The texts of the risk warning."""
    for command in genesis():
        if type(command).__name__ == "LoadRulebook":
            return tuple(texts_of(RULEBOOK, command.documents))  # type: ignore[union-attr]
    return ()


class Book:
    """A market as those who trade see it: its grid, and a price that all would agree on."""

    def __init__(self, listed: ListInstrument, source: random.Random) -> None:
        self.name: Final = listed.instrument
        self.tick_e8: Final = listed.tick_e8
        self.lot_e8: Final = listed.lot_e8
        self.max_e8: Final = listed.max_quantity_e8
        self.min_e8: Final = listed.min_quantity_e8
        self.base: Final = listed.base
        self.believed: float = listed.reference_price_e8 / ONE_E8
        """What it would be if nobody had traded lately."""
        self.pressure_bp: float = 0.0
        """How far those who quote have gone with what was taken lately."""
        self._source: Final = source
        self._moved_ns: int = START_NS

    @property
    def fair(self) -> float:
        """Around what those who quote quote."""
        return self.believed * math.exp(self.pressure_bp / 10_000)

    def move(self, now_ns: int) -> float:
        """Let the fair price walk on, and return it."""
        elapsed = max(now_ns - self._moved_ns, 0) / NS_PER_SECOND
        self._moved_ns = now_ns
        self.believed *= math.exp(SIGMA_BP / 10_000 * math.sqrt(elapsed) * self._source.gauss(0.0, 1.0))
        self.pressure_bp *= math.exp(-elapsed / PRESSURE_S)
        return self.fair

    def taken(self, side: int, value_rub: float) -> None:
        """Whoever takes moves the price that others quote around: for a while, to his side."""
        self.pressure_bp += (1 if side == codes.BUY else -1) * PRESSURE_BP * value_rub / 1_000_000

    def price_e8(self, price: float, side: int) -> int:
        """A price on the grid, away from the other side."""
        ticks = price * ONE_E8 / self.tick_e8
        return max(math.floor(ticks) if side == codes.BUY else math.ceil(ticks), 1) * self.tick_e8

    def quantity_e8(self, value_rub: float) -> int:
        """A value as a quantity on the grid."""
        lots = int(value_rub / self.fair * ONE_E8 / self.lot_e8)
        return min(max(lots * self.lot_e8, self.min_e8), self.max_e8)


class Stage:
    """The venue, its clock, and those who act on it.

    Args:
        seed: of all chance.
        watch: is told each row.
    """

    def __init__(self, seed: int, watch: Watcher) -> None:
        self.source: Final = random.Random(seed)
        self.exchange: Final[Exchange] = new_exchange()
        self.now_ns: int = START_NS
        self.participants: Final[dict[str, str]] = {}
        """Who operates an account."""
        self.refused: Final[dict[str, int]] = {}
        self._watch: Final = watch
        self._ids: Final = itertools.count(1)
        self._names: Final = itertools.count(1)
        self._identities: Final = Identities.seeded(1)
        self._due: Final[list[tuple[int, int, Actor]]] = []
        self._order: Final = itertools.count()
        self.books: Final[dict[str, Book]] = {}
        for command in genesis():
            self.send(command)
            if isinstance(command, ListInstrument) and command.reference_price_e8:
                self.books[command.instrument] = Book(command, random.Random(self.source.getrandbits(64)))

    # ── commands ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def send(self, command: Command) -> list[Event]:
        """Carry out a command now; returns its events."""
        exchange = self.exchange
        while exchange.is_unfinished:
            self._apply(Tick())
        if isinstance(command, OpenAccount):
            self.participants[command.account] = command.participant
        return self._apply(command)

    def _apply(self, command: Command) -> list[Event]:
        seq = self.exchange.seq + 1
        events = self.exchange.apply(Sequenced(seq, self.now_ns, command))  # type: ignore[arg-type]
        for event in events:
            name = type(event).__name__
            if name in ("OrderRejected", "RequestRejected", "CommandRejected"):
                key = f"{type(command).__name__} {codes.REJECT_CODES[event.code]} {getattr(event, 'rule', '')}"  # type: ignore[attr-defined]
                self.refused[key] = self.refused.get(key, 0) + 1
            elif isinstance(event, Trade) and event.instrument in self.books:
                book = self.books[event.instrument]
                price, quantity = event.price_ticks * book.tick_e8, event.quantity_lots * book.lot_e8
                book.taken(event.taker_side, price / ONE_E8 * quantity / ONE_E8)
        self._watch(seq, self.now_ns, command, events)  # type: ignore[arg-type]
        return events

    def enter(
        self,
        account: str,
        instrument: str,
        side: int,
        price_e8: int,
        quantity_e8: int,
        *,
        time_in_force: int = codes.GTC,
    ) -> int:
        """Enter a limit order, or at a price of 0 a market order; returns its id, 0 if it was refused."""
        market = price_e8 == 0
        events = self.send(
            NewOrder(
                self.participants[account],
                account,
                f"p{next(self._ids)}",
                instrument,
                side,
                codes.MARKET if market else codes.LIMIT,
                codes.IOC if market else time_in_force,
                price_e8,
                quantity_e8,
            )
        )
        return next((event.order_id for event in events if isinstance(event, OrderAccepted)), 0)

    def cancel(self, account: str, order_id: int) -> None:
        """Cancel an order; if it has ended, nothing happens."""
        if order_id:
            self.send(CancelOrder(self.participants[account], account, order_id, ""))

    def transfer(
        self, account: str, to_account: str, asset: str, amount: int, *, purpose: int, contract: str = ""
    ) -> None:
        """Move minor units of an asset to another account."""
        self.send(
            Transfer(
                self.participants[account], account, f"t{next(self._ids)}", to_account, asset, amount, purpose, contract
            )
        )

    def best_e8(self, instrument: str, side: int) -> int:
        """The best price of a side; 0: it is empty."""
        levels = self.exchange.books[instrument].levels(side, 1)
        return levels[0][0] * self.books[instrument].tick_e8 if levels else 0

    def depth_e8(self, instrument: str, side: int, levels: int = 10) -> int:
        """The quantity shown at the best levels of a side."""
        lots = sum(each[1] for each in self.exchange.books[instrument].levels(side, levels))
        return lots * self.books[instrument].lot_e8

    def mid(self, instrument: str) -> float:
        """The middle of a book, else the fair price."""
        bid, ask = self.best_e8(instrument, codes.BUY), self.best_e8(instrument, codes.SELL)
        return (bid + ask) / 2 / ONE_E8 if bid and ask else self.books[instrument].fair

    # ── people ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def name(self, what: str) -> str:
        """A name that nobody has."""
        return f"{what}-{next(self._names)}"

    def register(
        self,
        kind: str,
        *,
        name: str = "",
        participant: str = "",
        intermediary: str = "",
        owner: str = "",
        resident: bool = True,
    ) -> str:
        """Register an investor with an account and money, and return the account.

        Args:
            kind: `person` (super-qualified), `retail`, `firm` (qualified) or `llc` (not qualified).
            name: of the investor; empty: one that nobody has.
            participant: who operates it; empty: the investor.
            intermediary: through whom.
            owner: of a firm: the investor whose it is.
            resident: of Russia.
        """
        name = name or self.name(kind)
        is_firm = kind in ("firm", "llc")
        rich = {"person": (400_000_000, 90_000_000), "firm": (3_000_000_000, 9_000_000_000)}
        assets, income = rich.get(kind, (3_000_000, 2_000_000))
        self.send(
            RegisterInvestor(
                name,
                codes.FIRM if is_firm else codes.INDIVIDUAL,
                resident,
                assets,
                income,
                reason="registered",
                identity_keys=(self.key(name),),
                owner_keys=((self.key(owner),),) if owner else None,
            )
        )
        for test in ("knowledge", "risk"):
            self.send(RecordTest(name, test, 95, self.now_ns))
        for text in _texts():
            self.send(RecordAcknowledgement(name, digest=digest_of(text)))
        if intermediary:
            self.send(AuthoriseClient(intermediary, name, START.year))
        account = f"{name}.main"
        self.send(OpenAccount(account, participant or name, name, intermediary))
        return account

    def key(self, name: str) -> str:
        """The identity key of an investor's document."""
        rest = hashlib.sha256(name.encode()).hexdigest()
        form = next(
            command.identity_keys[0]
            for command in genesis()
            if isinstance(command, RegisterInvestor) and command.identity_keys
        )
        secret, _, digits = form.partition("-")
        return f"{secret}-{rest[: len(digits)]}"

    def deposit(self, account: str, **amounts: int) -> None:
        """Give an account whole units of assets."""
        for asset, amount in amounts.items():
            found = self.exchange.assets[asset]
            self.send(Deposit(account, asset, amount * 10**found.scale, "brought in", origin="own funds"))

    # ── time ─────────────────────────────────────────────────────────────────────────────────────────────────────────

    def add(self, actor: Actor, after_s: float = 0.0) -> None:
        """Let somebody act, from so long from now on."""
        heapq.heappush(self._due, (self.now_ns + int(after_s * NS_PER_SECOND), next(self._order), actor))

    def run(self, seconds: float) -> None:
        """Let everybody act for so long."""
        end_ns = self.now_ns + int(seconds * NS_PER_SECOND)
        while self._due and self._due[0][0] <= end_ns:
            at_ns, _, actor = heapq.heappop(self._due)
            self.now_ns = max(self.now_ns, at_ns)
            wait_s = next(actor, None)
            if wait_s is not None:
                self.add(actor, wait_s)
        self.now_ns = end_ns
        self.send(Tick())
