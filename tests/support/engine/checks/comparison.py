"""An exchange and the reference venue side by side: the same commands to both, everything compared after each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import NamedTuple

import msgspec

from engine.book.assets import Asset
from engine.book.entities import Account, Instrument
from engine.exchange import Exchange
from engine.state.hook import Outcome, PreTradeHook, Wait
from engine.vocabulary import codes
from engine.vocabulary.limits import (
    INDICATIVE_NS_PER_LEVEL,
    MAX_INSTANT_LEVELS,
    MAX_OPEN_ORDERS,
    MAX_OPEN_ORDERS_PER_ACCOUNT,
    MAX_OPEN_ORDERS_PER_BOOK,
    MAX_SHARED_ORDERS,
    MAX_SMALL_ACCOUNT,
    NS_PER_SECOND,
)
from engine.vocabulary.messages import commands, events
from loadtest.scenarios.invariants import Invariants
from tests.reference.book import ReferenceVenue
from tests.reference.waiting import Asked
from tests.support.engine.draws.generator import FEATURES, FULL, Generator


def comparable(happened: list[events.Event]) -> list[events.Event]:
    """Events without words for people, and without the terms of orders that never were."""
    return [without_words(event) for event in happened]


def without_words(event: events.Event) -> events.Event:
    if isinstance(event, events.PhaseChanged):
        return msgspec.structs.replace(event, reason="", by="")
    if isinstance(event, events.OrderStatus) and event.status == codes.REJECTED:
        return msgspec.structs.replace(event, price_ticks=0, quantity_lots=0)
    return msgspec.structs.replace(event, template="", values=()) if getattr(event, "template", "") else event


def drawn_wait(command: Asked, time_ns: int) -> tuple[int, bool]:
    """Until when something waits, and whether for a word: by its amount, and now and then by the time, as a level that was raised."""
    # What the operator takes out seldom waits, so that what is drawn to leave an account poor does.
    kind = command.amount % 4 if type(command) is not commands.Withdraw or command.amount % 32 < 4 else 0
    until_ns = time_ns + (1 + command.amount % 7) * NS_PER_SECOND if kind in (1, 3) else 0
    return until_ns, kind >= 2 or (command.amount % 8 == 1 and time_ns // NS_PER_SECOND % 2 == 1)


class NamesOwners(PreTradeHook):
    """A hook that lets everything pass, some of it after a wait, and tells the core who shares a beneficial owner.

    A firm's are given by name.
    """

    def __init__(self) -> None:
        super().__init__()
        self._owners: dict[str, tuple[str, ...]] = {}

    def apply(self, command: commands.Command, time_ns: int) -> Outcome:
        """Take note of a firm's owners."""
        if not isinstance(command, commands.RegisterInvestor):
            return Outcome([])
        self._owners[command.investor] = tuple(name for names in command.owner_keys or () for name in names)
        for owner in self._owners[command.investor]:
            self._owners.setdefault(owner, ())
        names = sorted(self._owners)
        own = {name: {name, *owners} for name, owners in self._owners.items()}
        links = {name: [other for other in names if other != name and own[name] & own[other]] for name in names}
        return Outcome([], links=links)

    def wait(self, command: Asked, time_ns: int) -> Wait | None:
        """By a clock, a word or both."""
        until_ns, for_word = drawn_wait(command, time_ns)
        if not (until_ns or for_word):
            return None
        return Wait(until_ns, "CLOCK" if until_ns else "", "WORD" if for_word else "")

    def snapshot(self) -> bytes:
        """Who owns whom."""
        return msgspec.msgpack.encode(self._owners)

    def restore(
        self,
        snapshot: bytes,
        assets: dict[str, Asset],
        instruments: dict[str, Instrument],
        accounts: dict[str, Account],
    ) -> None:
        """Know the same owners."""
        self._owners = msgspec.msgpack.decode(snapshot, type=dict[str, tuple[str, ...]])


class CallBounds(NamedTuple):
    """Up to how many levels an indicative price is computed at once, and how long it then takes to be computed again."""

    instant_levels: int = MAX_INSTANT_LEVELS
    ns_per_level: int = INDICATIVE_NS_PER_LEVEL


USUAL = CallBounds()


class Bounds(NamedTuple):
    """Bounds so small that random commands reach them."""

    open_of_account: int = MAX_OPEN_ORDERS_PER_ACCOUNT
    open_of_book: int = MAX_OPEN_ORDERS_PER_BOOK
    open: int = MAX_OPEN_ORDERS
    small: int = MAX_SMALL_ACCOUNT
    shared: int = MAX_SHARED_ORDERS


def drawn_bounds(draw: Callable[[int], int]) -> Bounds:
    """The venue's own bounds half of the time, else smaller ones."""
    shared = (MAX_SHARED_ORDERS, 1, 2, 3)[draw(4)]
    if draw(2):
        return Bounds(shared=shared)
    return Bounds(4 + draw(12), 8 + draw(24), 16 + draw(48), draw(12), shared)


class SideBySide:
    """The engine and its reference, a generator of commands for both, and the invariants of what happens."""

    def __init__(
        self,
        draw: Callable[[int], int],
        features: tuple[str, ...] = FEATURES,
        *,
        bounds: Bounds | None = None,
        calls: CallBounds = USUAL,
        draws: type[Generator] = Generator,
    ) -> None:
        self.exchange = Exchange(NamesOwners())
        self.reference = ReferenceVenue()
        self.reference.waits = drawn_wait
        self.bounds, self.calls = bounds or Bounds(), calls
        self.invariants = Invariants(self.exchange)
        self.generator = draws(draw, self.reference, features)
        if self.generator.has(FULL):
            # A day has room for few orders and trades.
            self.reference.max_account_ids = 4 + draw(40)
            self.reference.max_orders, self.reference.max_trades = 10 + draw(80), 1 + draw(40)
        self.limit(self.exchange)
        self.limit_reference()
        self.history: list[commands.Sequenced] = []
        self.seen: Counter[str] = Counter()
        for command in self.generator.setup():
            self.send(command)

    def limit(self, exchange: Exchange) -> None:
        """Lower the bounds of an exchange to those of the session."""
        bounds, reference = self.bounds, self.reference
        exchange.max_whole = 2
        exchange.plenty = min(bounds.open_of_account, bounds.open_of_book * 4 // 5, bounds.open * 4 // 5)
        exchange.max_open_per_account = bounds.open_of_account
        exchange.max_open_per_book = bounds.open_of_book
        exchange.max_open = bounds.open
        exchange.small_account = bounds.small
        exchange.max_shared = bounds.shared
        exchange.max_waiting_per_account, exchange.max_waiting = 2, 4
        exchange.instant_levels, exchange.indicative_ns_per_level = self.calls
        exchange.room.limit_ids(reference.max_account_ids)
        exchange.room.limit(reference.max_orders, reference.max_trades)

    def limit_reference(self) -> None:
        """Lower those of the reference alike."""
        bounds, reference = self.bounds, self.reference
        reference.max_open_per_account = bounds.open_of_account
        reference.max_open_per_book = bounds.open_of_book
        reference.max_open = bounds.open
        reference.small_account = bounds.small
        reference.max_shared = bounds.shared
        reference.max_waiting_per_account, reference.max_waiting = 2, 4
        reference.instant_levels, reference.indicative_ns_per_level = self.calls

    def step(self) -> None:
        """One random command, given to both."""
        command, _ = self.generator.next()
        self.send(command)

    def send(self, command: commands.AnyCommand) -> None:
        """Give a command to both; compare what they say and what they hold then."""
        sequenced = commands.Sequenced(self.exchange.seq + 1, self.generator.time_ns, command)
        self.history.append(sequenced)
        expected = comparable(self.reference.apply(sequenced))
        parts = self.exchange.open_parts
        happened = self.exchange.apply(sequenced)
        got = comparable(happened)
        assert got == expected, difference(got, expected)
        self.compare_state()
        if not isinstance(command, commands.AmendOrder):
            self.compare_work(happened, parts)
        self.invariants.follow(happened)
        for event in happened:
            self.seen.update(names_of(event))

    def story(self) -> str:
        """The last commands, for a failure."""
        return "\n".join(f"  {each.time_ns} {each.command}" for each in self.history[-6:])

    def compare_state(self) -> None:
        """Compare queues, prices, open orders and balances."""
        for name, book in self.exchange.books.items():
            terms = self.reference.instruments[name]
            assert (book.phase, book.last_trade_ticks, book.reference_ticks) == (
                terms.phase,
                terms.last,
                terms.reference,
            )
            for side in (codes.BUY, codes.SELL):
                queue = [(order.order_id, order.leaves_lots, order.shown_lots) for order in book.orders(side)]
                assert queue == self.reference.resting(name, side)
        cleared = self.reference.cleared()
        for name, account in self.exchange.accounts.items():
            assert sorted(account.open_orders) == self.reference.open_ids(name)
            assert account.report_seq == self.reference.accounts[name].reports
            self.compare_money(name, account, cleared)
        self.compare_positions()
        waiting = {number: (each.command, each.until_ns) for number, each in self.exchange.proposals.items()}
        assert waiting == {number: (each.command, each.until) for number, each in self.reference.proposals.items()}
        movements = {number: (each.command, each.until_ns) for number, each in self.exchange.movements.items()}
        assert movements == {number: (each.request, each.until) for number, each in self.reference.movements.items()}
        self.compare_cases()
        self.compare_absence()
        for asset in self.exchange.assets.values():
            assert asset.fees == self.reference.fees.get(asset.asset, 0)
        accounts = self.reference.accounts.values()
        assert self.exchange.kept_ids == sum(len(account.by_client_id) for account in accounts)
        assert len(self.exchange.day_trades) == self.reference.kept_trades()

    def compare_cases(self) -> None:
        """Compare open cases, with all that is in them, and alerts that wait."""
        docket, reference = self.exchange.docket, self.reference
        cases = {n: (list(c.seqs), list(c.investors), list(c.instruments)) for n, c in docket.cases.items()}
        assert cases == {n: (c.seqs, c.investors, c.instruments) for n, c in reference.cases.items()}
        assert {n: each.command for n, each in docket.alerts.items()} == reference.alerts

    def compare_absence(self) -> None:
        """Compare armed connections, and dead man's timers."""
        absence, reference = self.exchange.absence, self.reference
        armed = {
            (presence.participant, number): each.until_ns
            for presence in absence.presences
            for number, each in presence.connections.items()
        }
        assert armed == {key: each.until for key, each in reference.armed.items()}
        names = list(self.exchange.accounts)
        timers = {names[number]: alarm.until_ns for number, alarm in absence.timers.items() if alarm.until_ns}
        assert timers == reference.dead_men
        assert all(len(alarm.entries) <= 40 for alarm in absence.timers.values())

    def compare_work(self, happened: list[events.Event], parts: int) -> None:
        """Each trade uses up a part that was open when the command came, or one of an order that came with it."""
        for event in happened:
            if isinstance(event, events.OrderAccepted):
                order = self.reference.accounts[event.account].by_client_id.get(event.client_order_id)
                parts += 1 if order is None else order.parts
        assert sum(isinstance(event, events.Trade) for event in happened) <= parts

    def compare_money(self, name: str, account: Account, cleared: list[str]) -> None:
        """Compare what an account has and what is reserved of it; what its positions need, and until when it is called."""
        reference = self.reference
        for asset in self.exchange.assets.values():
            balance = account.balance(asset)
            # `free`, from its two parts: what cover takes of all time is counted once.
            needed = reference.cover(name, asset.asset)
            free, total = (
                reference.owned(name, asset.asset) - needed,
                reference.accounts[name].totals.get(asset.asset, 0),
            )
            available, arrested = max(free, 0), reference.arrested.get((name, asset.asset), 0)
            aside = reference.set_aside(name, asset.asset)
            expected_parts = (available, total - available - aside - arrested, aside, arrested)
            parts = (balance.available, balance.reserved, balance.held, balance.arrested)
            assert parts == expected_parts, f"{name} {asset.asset}"
            if asset.asset in cleared:
                margin = balance.margin
                expected = (needed, needed + min(free, 0), reference.calls.get((name, asset.asset), 0))
                got = (0, 0, 0) if margin is None else (margin.needed, margin.held, margin.until_ns)
                assert got == expected, f"{name} {asset.asset}: {got}, not {expected}"

    def compare_positions(self) -> None:
        for name, instrument in self.exchange.instruments.items():
            for owner, account in self.exchange.accounts.items():
                position, expected = account.positions.get(instrument.number), self.reference.position(owner, name)
                got = (0, 0) if position is None else (position.lots, position.carried)
                assert got == (expected.lots, expected.carried)


def names_of(event: events.Event) -> list[str]:
    """What an event counts for: its type, and its reject code or cancel reason."""
    names = [type(event).__name__]
    if isinstance(event, events.OrderRejected | events.RequestRejected | events.CommandRejected):
        names.append(codes.REJECT_CODES[event.code])
    elif isinstance(event, events.OrderCancelled):
        names.append(f"cancelled: {codes.CANCEL_REASONS[event.reason]}")
    elif isinstance(event, events.ProposalEnded):
        names.append(f"proposal: {codes.PROPOSAL_OUTCOMES[event.outcome]}")
    elif isinstance(event, events.MovementEnded):
        names.append(f"movement: {codes.MOVEMENT_STATUSES[event.outcome]}")
    elif isinstance(event, events.TransferStatus) and not event.code:
        names.append(f"status: {codes.MOVEMENT_STATUSES[event.status]}")
    elif isinstance(event, events.CaseClosed):
        names.append(f"case: {codes.CASE_OUTCOMES[event.outcome]}")
    elif isinstance(event, events.KeyEnded):
        names.append(f"key: {codes.KEY_OUTCOMES[event.outcome]}")
    return names


def difference(got: list[events.Event], expected: list[events.Event]) -> str:
    """The first events that differ."""
    same = 0
    while same < min(len(got), len(expected)) and got[same] == expected[same]:
        same += 1
    lines = [f"{same} events are the same, then"]
    lines += [f"  engine:    {event}" for event in got[same : same + 4]]
    lines += [f"  reference: {event}" for event in expected[same : same + 4]]
    return "\n".join(lines)
