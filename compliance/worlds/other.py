"""The other world: an exchange that is fed the recorded commands, under rules that are set otherwise.

Ids of orders are the numbers of their commands, and so those of the recording. What names something of the recording that is not here
is skipped, with a tick in its place; a trade is found by its two orders. A rulebook comes with the settings on top of it, so that
nothing but the rules is shifted. Time is the recording's.
"""

from __future__ import annotations

from typing import Any, Final

from msgspec.structs import replace

from compliance.hook import ComplianceHook
from compliance.putting_in_force import put_on_top
from compliance.rulebook.faults import RulebookError
from compliance.rulebook.parameters import present_key
from compliance.rules.catalogue import RULES
from compliance.worlds.change import (
    ChangeError,
    VenueRefuses,
    check_rulebook,
    market_settings,
    overrides_of,
    rules_given,
    trading_rules,
    with_rules,
    with_terms,
    with_update,
)
from compliance.worlds.messages.change import Change
from compliance.worlds.messages.results import Skipped
from engine.book.records import TradeRecord
from engine.exchange import Exchange
from engine.state.proposal import Proposal
from engine.vocabulary import kinds
from engine.vocabulary.messages.commands import (
    AmendOrder,
    Approve,
    BustTrade,
    CancelOrder,
    CancelWithdrawal,
    Command,
    Decline,
    EffectiveFrom,
    ListInstrument,
    LoadRulebook,
    RefuseMovement,
    ReleaseMovement,
    RepriceTrade,
    Sequenced,
    SetParameter,
    SetTradingRules,
    Tick,
    UpdateInstrument,
)
from engine.vocabulary.messages.events import CommandRejected, Event, InstrumentListed
from engine.vocabulary.names import command_name
from engine.vocabulary.said import said_again

ENTERED_NOT: Final = "its order is not open here"
SET_OTHERWISE: Final = "the change sets this"
NO_TRADE: Final = "there was no such trade here"
NO_PROPOSAL: Final = "nothing waits for this here"
NO_MOVEMENT: Final = "no such movement waits here"
AS_TICK: Final = Tick()


class OtherWorld:
    """The exchange under the change.

    Args:
        exchange: it, behind its own `ComplianceHook`, as the recorded one stands when the feeding begins.
        change: what is otherwise; checked.
        recorded: the recorded world, which is one command behind while a command is translated.
    """

    def __init__(self, exchange: Exchange, change: Change, recorded: Exchange) -> None:
        hook = exchange.hook
        assert isinstance(hook, ComplianceHook)
        self.exchange: Final = exchange
        self.hook: Final = hook
        self.put_in_events: Final[list[Event]] = []
        """Of putting settings in, since they were last taken away."""
        self.is_changed: bool = False
        """Whether the change holds by now."""
        self._change: Final = change
        self._recorded: Final = recorded
        self._overrides: Final = overrides_of(change)
        self._settings: Final = market_settings(change)
        self._skipped: Final[dict[tuple[str, str], Skipped]] = {}

    @property
    def skipped(self) -> list[Skipped]:
        """What was not carried out, by command and reason."""
        return [self._skipped[key] for key in sorted(self._skipped)]

    def begin(self) -> None:
        """Have the change hold from now on.

        Raises:
            ChangeError: what is in force can't have it.
        """
        self.is_changed = True
        self.hook.intake.given = self._overrides
        if self.exchange.day < 0:
            return
        table = self.hook.intake.table
        if self._change.rulebook and table is not None:
            self._put_in(LoadRulebook(self._change.rulebook, self._change.documents))
        elif self._overrides:
            try:
                outcome = put_on_top(self.hook.intake, self.exchange.time_ns)
            except RulebookError as error:
                raise ChangeError(f"the rulebook in force can't have these settings: {error}") from error
            if outcome.recheck is not None:
                self.put_in_events.extend(self.exchange.put_in(outcome))
        self._change_waiting()
        for book in list(self.exchange.book_list):
            self._give_rules(book.instrument.instrument)

    def apply(self, seq: int, time_ns: int, command: Command) -> list[Event]:
        """Apply a command as `translated` has it; what is put in then stands in `put_in_events`."""
        events = self.exchange.apply(Sequenced(seq, time_ns, command))  # type: ignore[arg-type]  # a command of the journal
        if self.is_changed and type(command) is ListInstrument and self._settings:
            for event in events:
                if isinstance(event, InstrumentListed):
                    self._give_rules(event.instrument)
        return events

    def translated(self, seq: int, command: Command) -> Command:
        """What stands for a recorded command here, before either world has applied it.

        Raises:
            ChangeError: a rulebook that comes can't have the settings.
        """
        kind = type(command)
        if kind is kinds.NEW_ORDER or kind is kinds.TICK:
            return command
        if isinstance(command, (CancelOrder, AmendOrder)):
            is_gone = _is_open(self._recorded, command) and not _is_open(self.exchange, command)
            return self._skip(seq, command, ENTERED_NOT) if is_gone else command
        if not self.is_changed:
            return command
        if isinstance(command, (BustTrade, RepriceTrade)):
            return self._of_trade(seq, command)
        if isinstance(command, (Approve, Decline)):
            waits = self._waits_here(command.proposal)
            return command if waits else self._skip(seq, command, NO_PROPOSAL)
        if isinstance(command, (CancelWithdrawal, ReleaseMovement, RefuseMovement)):
            number = command.movement
            is_gone = number in self._recorded.movements and number not in self.exchange.movements
            return self._skip(seq, command, NO_MOVEMENT) if is_gone else command
        if isinstance(command, SetTradingRules):
            return with_rules(command, self._settings)
        if isinstance(command, ListInstrument):
            return with_terms(command, self._settings)
        if isinstance(command, UpdateInstrument):
            return with_update(command, self._settings)
        changed = self._rule_command(command)
        return self._skip(seq, command, SET_OTHERWISE) if changed is None else changed

    def _rule_command(self, command: Command) -> Command | None:
        """A command of compliance as it is here; None: the change sets what it sets."""
        if isinstance(command, LoadRulebook):
            if self._change.rulebook:
                command = replace(command, name=self._change.rulebook, documents=self._change.documents)
            check_rulebook(self._change, command)
            return command
        if isinstance(command, SetParameter):
            return None if self._sets(command) else command
        if isinstance(command, EffectiveFrom):
            inner = self._rule_command(command.change)
            return None if inner is None else replace(command, change=inner)
        return command

    def _sets(self, command: SetParameter) -> bool:
        rule = RULES.get(command.rule)
        key = command.key if rule is None else present_key(rule.parameters, command.key)
        return (command.rule, key) in self._overrides

    def _change_waiting(self) -> None:
        """Have what waits for its date or for an approval as the change has it: a parameter that it sets stays as it is then."""
        state = self.exchange
        for number, waiting in list(state.changes.items()):
            state.changes[number] = self._kept(waiting)
        for number, proposal in list(state.proposals.items()):
            state.proposals[number] = Proposal(self._kept(proposal.command), proposal.until_ns)

    def _kept(self, command: Any) -> Any:
        if isinstance(command, SetParameter) and self._sets(command):
            rule = RULES[command.rule]
            return replace(command, value=self._overrides[command.rule, present_key(rule.parameters, command.key)])
        if isinstance(command, EffectiveFrom):
            return replace(command, change=self._kept(command.change))
        if isinstance(command, LoadRulebook):
            return self._rule_command(command)
        return command

    def _give_rules(self, instrument: str) -> None:
        """Give an instrument the trading rules of the change that it has not."""
        has = self.exchange.instruments[instrument]
        now = {
            "static_ppm": has.static_ppm,
            "dynamic_ppm": has.dynamic_ppm,
            "volatility_ns": has.volatility_ns,
            "auction_random_ns": has.auction_random_ns,
            "allocation": has.allocation,
            "batch_ns": has.batch_ns,
        }
        given = {key: value for key, value in rules_given(self._settings, instrument).items() if value != now[key]}
        if given:
            self._put_in(trading_rules(instrument, given))

    def _put_in(self, command: Command) -> None:
        events = self.exchange.put_in(command)
        for event in events:
            if isinstance(event, CommandRejected):
                raise VenueRefuses(command_name(type(command)), said_again(event.template, event.values))
        self.put_in_events.extend(events)

    def _waits_here(self, number: int) -> bool:
        return number in self.exchange.proposals or number not in self._recorded.proposals

    def _of_trade(self, seq: int, command: BustTrade | RepriceTrade) -> Command:
        """A correction with the number that its trade has here: that between the same two orders, the first, second, ... one."""
        trades = self._recorded.day_trades
        place = command.trade_id - self._recorded.first_trade
        if not 0 <= place < len(trades):
            return command
        nth = 0
        for each in trades[: place + 1]:
            nth += _is_between_the_same(each, trades[place])
        for at, each in enumerate(self.exchange.day_trades):
            nth -= _is_between_the_same(each, trades[place])
            if not nth:
                return replace(command, trade_id=self.exchange.first_trade + at)
        return self._skip(seq, command, NO_TRADE)

    def _skip(self, seq: int, command: Command, why: str) -> Command:
        name = command_name(type(command))
        found = self._skipped.get((name, why))
        if found is None:
            found = self._skipped[name, why] = Skipped(name, why, 0, seq)
        found.count += 1
        return AS_TICK


def _is_open(exchange: Exchange, command: CancelOrder | AmendOrder) -> bool:
    """Whether the order that a request names is open."""
    account = exchange.accounts.get(command.account)
    if account is None or account.participant != command.participant:
        return False
    if command.order_id:
        return command.order_id in account.open_orders
    return account.order(command.client_order_id) is not None


def _is_between_the_same(one: TradeRecord, other: TradeRecord) -> bool:
    return one.buy_order_id == other.buy_order_id and one.sell_order_id == other.sell_order_id
