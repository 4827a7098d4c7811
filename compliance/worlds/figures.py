"""The figures of one world, added up from its events."""

from __future__ import annotations

from typing import Final

from compliance.hook import ComplianceHook
from compliance.registry.classes import class_name
from compliance.registry.records import Client
from compliance.worlds.messages.results import Concentration, Market, Verdicts, Welfare
from compliance.worlds.shares import concentration
from compliance.worlds.touch import Quotes
from engine.book.entities import Instrument
from engine.exchange import Exchange
from engine.vocabulary import kinds
from engine.vocabulary.codes import BUY, BY_RULE, CANCEL_REASONS, COMPLIANCE, REJECT_CODES
from engine.vocabulary.decimals import decimal
from engine.vocabulary.messages.commands import Command
from engine.vocabulary.messages.events import (
    BookChanged,
    Event,
    InstrumentListed,
    MovementEnded,
    MovementHeld,
    PhaseChanged,
    RequestRejected,
    RulesChanged,
    Trade,
)
from engine.vocabulary.names import command_name
from engine.vocabulary.rounding import PPM

ORDER: Final = "order"
CANCEL: Final = "cancel"
HELD: Final = "held"


class Sums:
    """Welfare of a class in one quote asset. In minor units; `gained_twice` in halves of them."""

    def __init__(self, scale: int) -> None:
        self.scale: Final = scale
        self.trades: int = 0
        self.bought: int = 0
        self.sold: int = 0
        self.gained_twice: int = 0
        self.valued: int = 0
        """Value of what had a mid."""
        self.fees: int = 0

    def add(self, side: int, value: int, gained_twice: int, is_valued: bool, fee: int) -> None:
        """Count one side of a trade."""
        self.trades += 1
        if side == BUY:
            self.bought += value
        else:
            self.sold += value
        if is_valued:
            self.valued += value
            self.gained_twice += gained_twice
        self.fees += fee


class Figures:
    """Adds up what happens in one world.

    Args:
        exchange: it, behind a `ComplianceHook`, before the first command that counts.
        time_ns: from when on it is looked at.
    """

    def __init__(self, exchange: Exchange, time_ns: int) -> None:
        hook = exchange.hook
        assert isinstance(hook, ComplianceHook)
        self.exchange: Final = exchange
        self.orders: int = 0
        self._clients: Final[dict[str, Client]] = hook.intake.registry.clients
        self._events: Final[dict[str, int]] = {}
        self._verdicts: Final[dict[tuple[str, str, int], int]] = {}
        self._quotes: Final[dict[str, Quotes]] = {}
        self._touched: Final[dict[str, Quotes]] = {}
        self._welfare: Final[dict[tuple[int, str], Sums]] = {}
        self._traded: Final[dict[tuple[str, str, str], int]] = {}
        """By who counts (`investor`, `intermediary`), quote asset and name, in minor units."""
        self._waiting: Final[dict[int, bool]] = dict.fromkeys(exchange.movements, True)
        """Movements that wait, each of which is told of again when what it waits for changes."""
        for book in exchange.book_list:
            self._quotes[book.instrument.instrument] = Quotes(book, time_ns)

    def class_of(self, account: str) -> int:
        """The class of an account's investor now; -1: none."""
        client = self._clients.get(account)
        return -1 if client is None else client.investor.investor_class

    def take(self, time_ns: int, command: Command, events: list[Event]) -> None:
        """Take in what a command did. O(events)."""
        counts = self._events
        for event in events:
            kind = type(event)
            counts[kind.__name__] = counts.get(kind.__name__, 0) + 1
            if kind is kinds.BOOK_ADDED or kind is BookChanged:
                self._touch(event.instrument)  # type: ignore[attr-defined]  # both have it
            elif kind is kinds.ORDER_ACCEPTED:
                self.orders += 1
                self._count(ORDER, "", event.account)  # type: ignore[attr-defined]  # it is what `kinds` says, as are the next
            elif kind is kinds.ORDER_REJECTED:
                self.orders += 1
                self._count(ORDER, _source(event.rule, event.code), event.account)  # type: ignore[attr-defined]
            elif kind is kinds.ORDER_CANCELLED:
                reason: int = event.reason  # type: ignore[attr-defined]
                source = event.rule if reason == BY_RULE else CANCEL_REASONS[reason]  # type: ignore[attr-defined]
                self._count(CANCEL, source, event.account)  # type: ignore[attr-defined]
                if event.displayed_lots:  # type: ignore[attr-defined]
                    self._touch(event.instrument)  # type: ignore[attr-defined]
            elif kind is kinds.TRADE:
                self._trade(event)  # type: ignore[arg-type]
            elif isinstance(event, RequestRejected):
                self._count(command_name(type(command)), _source(event.rule, event.code), event.account)
            elif isinstance(event, MovementHeld):
                if event.movement not in self._waiting:
                    self._waiting[event.movement] = True
                    self._count(HELD, event.rule, event.account)
            elif isinstance(event, MovementEnded):
                self._waiting.pop(event.movement, None)
            elif isinstance(event, PhaseChanged):
                self._touch(event.instrument)
            elif isinstance(event, RulesChanged) and event.key in self._quotes:
                # Batches turn continuous trading into a call.
                self._touch(event.key)
            elif isinstance(event, InstrumentListed):
                self._quotes[event.instrument] = Quotes(self.exchange.books[event.instrument], time_ns)
        touched = self._touched
        if touched:
            for quotes in touched.values():
                quotes.look(time_ns)
            touched.clear()

    def note_points(self) -> None:
        """Note where every market stands at the end of a slice of time."""
        for quotes in self._quotes.values():
            quotes.note_point()

    def verdicts(self) -> list[Verdicts]:
        """How often what was decided, by class."""
        return [
            Verdicts(request, source, class_name(investor_class), count)
            for (request, source, investor_class), count in sorted(self._verdicts.items())
        ]

    def events(self) -> dict[str, int]:
        """How many events there were, by kind."""
        return {name: self._events[name] for name in sorted(self._events)}

    def markets(self, time_ns: int) -> list[Market]:
        """Each market, as listed."""
        return [quotes.market(time_ns) for quotes in self._quotes.values()]

    def welfare(self) -> list[Welfare]:
        """What trades came to, by class and quote asset."""
        found: list[Welfare] = []
        for investor_class, quote in sorted(self._welfare):
            sums = self._welfare[investor_class, quote]
            scale = sums.scale
            found.append(
                Welfare(
                    class_name(investor_class),
                    quote,
                    sums.trades,
                    decimal(sums.bought, scale),
                    decimal(sums.sold, scale),
                    decimal(sums.gained_twice * 5, scale + 1),
                    sums.gained_twice * PPM // (2 * sums.valued) if sums.valued else 0,
                    decimal(sums.bought + sums.sold - sums.valued, scale),
                    decimal(sums.fees, scale),
                )
            )
        return found

    def concentration(self) -> list[Concentration]:
        """How unevenly trading and holdings are shared."""
        amounts: dict[tuple[str, str], dict[str, int]] = {}
        for (who, asset, name), amount in self._traded.items():
            amounts.setdefault((f"traded by {who}", asset), {})[name] = amount
        assets = list(self.exchange.assets)
        for name in assets:
            amounts["held by investor", name] = {}
        for client in self._clients.values():
            for number, amount in client.held().items():
                held = amounts["held by investor", assets[number]]
                held[client.investor.investor] = held.get(client.investor.investor, 0) + amount
        return [
            concentration(what, name, self.exchange.assets[name].scale, each)
            for (what, name), each in sorted(amounts.items())
            if any(amount > 0 for amount in each.values())
        ]

    def _touch(self, instrument: str) -> None:
        if instrument not in self._touched:
            self._touched[instrument] = self._quotes[instrument]

    def _count(self, request: str, source: str, account: str) -> None:
        client = self._clients.get(account)
        key = (request, source, -1 if client is None else client.investor.investor_class)
        self._verdicts[key] = self._verdicts.get(key, 0) + 1

    def _trade(self, trade: Trade) -> None:
        quotes = self._quotes[trade.instrument]
        instrument: Instrument = quotes.instrument
        price, lots = trade.price_ticks, trade.quantity_lots
        # The mid is that of before the command: books are looked at after it.
        mid_twice = quotes.mid_twice
        value = price * lots * instrument.unit
        gained_twice = (mid_twice - 2 * price) * lots * instrument.unit
        quotes.print(price, lots)
        self._touch(trade.instrument)
        quote, scale = instrument.quote.asset, instrument.quote.scale
        buys = ((trade.taker_account, trade.taker_fee), (trade.maker_account, trade.maker_fee))
        if trade.taker_side != BUY:
            buys = (buys[1], buys[0])
        for side, (account, fee) in enumerate(buys):
            client = self._clients[account]
            key = (client.investor.investor_class, quote)
            sums = self._welfare.get(key)
            if sums is None:
                sums = self._welfare[key] = Sums(scale)
            sums.add(side, value, gained_twice if side == BUY else -gained_twice, mid_twice != 0, fee)
            for who, name in (("investor", client.investor.investor), ("intermediary", client.intermediary_name)):
                place = (who, quote, name)
                self._traded[place] = self._traded.get(place, 0) + value


def _source(rule: str, code: int) -> str:
    """What decided: the rule, if it was one, else the code."""
    return rule if code == COMPLIANCE and rule else REJECT_CODES[code]
