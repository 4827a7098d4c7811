"""Feeds a recording into the in-process engine."""

from __future__ import annotations

import time
from collections.abc import Callable

from compliance import digest_of
from engine.exchange import Exchange
from engine.state.hook import PreTradeHook
from engine.vocabulary import codes
from engine.vocabulary.limits import DECIMALS, MAX_E8, MAX_SUPPLY
from engine.vocabulary.messages.commands import (
    AddAsset,
    AmendOrder,
    CancelOrder,
    Command,
    Deposit,
    ListInstrument,
    LoadRulebook,
    NewOrder,
    OpenAccount,
    RecordAcknowledgement,
    RecordTest,
    RegisterInvestor,
    Sequenced,
    SetPhase,
)
from engine.vocabulary.messages.events import CommandRejected, Event, OrderRejected, Trade
from gateway.venue.papers import texts_of
from gateway.words.words import words_of
from loadtest.flow.compare import BookComparison, TradeMade
from loadtest.flow.format import Action, BookSeen, Enter, FlowError, Order, Recording, Reduce, TradeSeen, Withdraw

PARTICIPANT = "recorded-flow"
# A recording does not say who owns an order. Two owners, one for each side: nobody ever meets himself.
ACCOUNTS = ("recorded-buyers", "recorded-sellers")
LARGE_RUB = 10**12
# No market order is fed, so the collar never acts.
NO_COLLAR_PPM = 999_999


class EngineFeed:
    """A venue in memory with one market, and what the recording's orders did in it."""

    def __init__(self, recording: Recording, hook: PreTradeHook, rulebook: LoadRulebook | None = None) -> None:
        self.recording = recording
        self.exchange = Exchange(hook)
        self.trades: list[TradeMade] = []
        self.refused: dict[str, int] = {}
        self.commands = 0
        self.engine_ns = 0
        self._sides: dict[str, int] = {}
        self._start_ns = _first_time_ns(recording)
        self._set_up(rulebook)

    def _set_up(self, rulebook: LoadRulebook | None) -> None:
        recording = self.recording
        largest = MAX_E8 // recording.lot_e8 * recording.lot_e8
        setup: list[Command] = [] if rulebook is None else [rulebook]
        texts = [] if rulebook is None else texts_of(rulebook.name, rulebook.documents)
        setup += [
            AddAsset(recording.base, codes.CRYPTO, DECIMALS),
            AddAsset(recording.quote, codes.FIAT, recording.quote_scale),
            ListInstrument(
                recording.instrument,
                codes.SPOT,
                recording.base,
                recording.quote,
                recording.tick_e8,
                recording.lot_e8,
                recording.lot_e8,
                largest,
                MAX_SUPPLY,
                NO_COLLAR_PPM,
            ),
            SetPhase(recording.instrument, codes.CONTINUOUS, "recorded flow"),
        ]
        for account, asset in zip(ACCOUNTS, (recording.quote, recording.base), strict=True):
            if rulebook is not None:
                # A firm large enough to be qualified under every rulebook, tested and warned.
                setup += [
                    RegisterInvestor(account, codes.FIRM, True, LARGE_RUB, LARGE_RUB),
                    RecordTest(account, "knowledge", 100, self._start_ns),
                    RecordTest(account, "risk", 100, self._start_ns),
                    *[RecordAcknowledgement(account, digest=digest_of(text)) for text in texts],
                ]
            setup += [OpenAccount(account, PARTICIPANT, account), Deposit(account, asset, MAX_SUPPLY)]
        for command in setup:
            for event in self._apply(command, self._start_ns):
                if type(event) is CommandRejected:
                    raise FlowError(f"the market of the recording can't be set up: {words_of(event)}")

    def _apply(self, command: Command, time_ns: int) -> list[Event]:
        sequenced = Sequenced(self.exchange.seq + 1, time_ns, command)  # type: ignore[arg-type]
        started = time.perf_counter_ns()
        events = self.exchange.apply(sequenced)
        self.engine_ns += time.perf_counter_ns() - started
        return events

    def levels(self, side: int, depth: int) -> list[tuple[int, int]]:
        """The best levels of our book."""
        return self.exchange.books[self.recording.instrument].levels(side, depth)

    def feed(self, order: Order) -> None:
        """Carry out one recorded order action."""
        command = self._command(order)
        if command is None:
            return
        self.commands += 1
        for event in self._apply(command, order.time_ns):
            if type(event) is Trade:
                maker = event.maker_client_order_id
                self.trades.append(TradeMade(order.time_ns, event.price_ticks, event.quantity_lots, maker))
            elif type(event) is OrderRejected:
                reason = event.rule or codes.REJECT_CODES[event.code]
                self.refused[reason] = self.refused.get(reason, 0) + 1

    def _command(self, order: Order) -> Command | None:
        reference = order.reference
        if isinstance(order, Enter):
            self._sides[reference] = order.side
            return self._new_order(order)
        side = self._sides.get(reference)
        if side is None:
            return None
        account = ACCOUNTS[side]
        resting = self.exchange.accounts[account].order(reference)
        lot_e8 = self.recording.lot_e8
        if isinstance(order, Withdraw) or resting is None:
            return CancelOrder(PARTICIPANT, account, 0, reference)
        if isinstance(order, Reduce):
            total_lots = resting.quantity_lots - order.lots
            if total_lots <= resting.filled_lots:
                return CancelOrder(PARTICIPANT, account, 0, reference)
            return AmendOrder(PARTICIPANT, account, 0, reference, 0, total_lots * lot_e8)
        leaves_lots = min(resting.leaves_lots, order.leaves_lots or resting.leaves_lots)
        price_e8 = order.price_ticks * self.recording.tick_e8
        return AmendOrder(PARTICIPANT, account, 0, reference, price_e8, (resting.filled_lots + leaves_lots) * lot_e8)

    def _new_order(self, order: Enter) -> NewOrder:
        recording = self.recording
        return NewOrder(
            PARTICIPANT,
            ACCOUNTS[order.side],
            order.reference,
            recording.instrument,
            order.side,
            codes.LIMIT,
            codes.IOC if order.immediate else codes.GTC,
            order.price_ticks * recording.tick_e8,
            order.quantity_lots * recording.lot_e8,
        )


def _first_time_ns(recording: Recording) -> int:
    first: Action | None = next(iter([*recording.opening[:1], *recording.actions[:1]]), None)
    return first.time_ns if first is not None else 0


def run_in_engine(
    recording: Recording,
    hook: PreTradeHook,
    before_each: Callable[[int, int], None],
    rulebook: LoadRulebook | None = None,
) -> tuple[EngineFeed, BookComparison]:
    """Feed a whole recording, comparing books as they come.

    `rulebook` puts a rulebook in force first, which `hook` then applies. `before_each(done, time_ns)` is called before every action: for progress, and to keep a recorded pace.
    """
    feed = EngineFeed(recording, hook, rulebook)
    comparison = BookComparison(recording)
    for order in recording.opening:
        feed.feed(order)
    if feed.trades:
        raise FlowError("the opening book of the recording crosses itself")
    for done, action in enumerate(recording.actions):
        before_each(done, action.time_ns)
        if isinstance(action, BookSeen):
            comparison.seen(action, feed.levels)
        elif not isinstance(action, TradeSeen):
            feed.feed(action)
            comparison.moved(action.time_ns, feed.levels)
    feed.exchange.check()
    return feed, comparison
