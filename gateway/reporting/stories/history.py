"""Who changed what of the registry, the rulebook and its parameters, when, why, and what came of it.

One entry a command, and one for each thing that the clock did: a change whose effective date came, and what the beginning
of a Moscow day changed or cancelled.
"""

from __future__ import annotations

from typing import Final

import msgspec

from engine.command_table import COMMANDS
from engine.vocabulary.codes import (
    APPROVED,
    BY_RULE,
    CANCEL_REASONS,
    KILLED,
    LAPSED,
    PROPOSAL_OUTCOMES,
    REJECT_CODES,
)
from engine.vocabulary.messages import commands
from engine.vocabulary.messages.commands import Command
from engine.vocabulary.messages.events import (
    AccountOpened,
    AlertRaised,
    AssetAdded,
    CaseOpened,
    ChangeEffective,
    ChangeScheduled,
    CommandProposed,
    CommandRejected,
    DayEnded,
    Event,
    EvidenceAdded,
    HoldingArrested,
    HoldingFrozen,
    InstrumentListed,
    InvestorRegistered,
    OrderCancelled,
    ParameterChanged,
    ProposalEnded,
    RegistryChanged,
    RulebookLoaded,
    TradeCorrected,
)
from gateway.reporting.steps.reference import Reference, correction
from gateway.reporting.steps.source import Step
from gateway.reporting.stories.wording import said, worded
from gateway.words.chosen import chosen
from gateway.words.words import words_of

CARRIED_OUT: Final = "carried out"
REFUSED: Final = "refused"
SCHEDULED: Final = "scheduled"
PROPOSED: Final = "proposed"
CLOCK: Final = "clock"
"""Who, where the clock did it."""


class Entry(msgspec.Struct):
    """One change, asked for or come about."""

    seq: int
    time_ns: int
    what: str
    subjects: tuple[str, ...]
    """Investors, intermediaries, assets, rules and the like that it is about, the first one first."""
    by: str
    reason: str
    effective_ns: int
    """When it takes effect: the effective date of a change that was scheduled, else its own time."""
    outcome: str
    why: str = ""
    """Of a refusal: why."""
    said: str = ""
    """What the command says."""
    effects: list[tuple[str, str]] = []
    """What it did, in order: whom or what it concerns, and in words."""
    of_accounts: list[tuple[str, str]] = []
    """What it did to holdings and trades: the account, and in words."""
    cancelled: dict[tuple[str, str], int] = {}
    """Open orders that it cancelled: how many, by account and rule (`kill_switch` for a kill switch)."""
    change: int = 0
    """Of what came later than it was asked for, by its date or a second approval: the sequence number of the command that asked."""
    second: str = ""
    """Who approved or declined it, where it was proposed by `by`."""
    second_reason: str = ""


class History:
    """Collects the entries of a journal."""

    def __init__(self) -> None:
        self.entries: Final[list[Entry]] = []
        self._scheduled: Final[dict[int, Entry]] = {}
        """Changes that wait for their date, by sequence number."""
        self._proposed: Final[dict[int, Entry]] = {}
        """Those that wait for a second approval."""
        self._reference: Final = Reference()
        """Assets and instruments, and the rules of rulebooks."""
        self._names: Final[dict[str, None]] = {}
        """Of accounts and whose they are, and of participants."""
        self._open: Entry | None = None
        """Of what was done last: what it has left, the next step goes on with."""
        self._day_began = False
        """Whether that was the beginning of a day, of which nothing was to be told yet."""

    def take(self, step: Step) -> None:
        """Take in a command and what it did."""
        events, due = step.events, step.due_events
        command = step.command
        self._reference.rules.note(command)
        for event in events:
            if isinstance(event, AssetAdded | InstrumentListed):
                self._reference.learn(event)
            elif isinstance(event, AccountOpened):
                names = (event.account, event.participant, event.investor, event.intermediary)
                self._names.update(dict.fromkeys(names))
        if not step.carried_events:
            self._open, self._day_began = None, False
        if due:
            self._follow_clock(step, events[:due])
        if COMMANDS[type(command)].word or isinstance(command, _WAYS):
            entry = self._entry(step, command, events[due:])
            self.entries.append(entry)
            _add_effects(entry, events[due:], self._reference)
            for event in events[due:]:
                if isinstance(event, ChangeScheduled):
                    self._scheduled[event.change] = entry
                elif isinstance(event, CommandProposed):
                    self._proposed[event.proposal] = entry
            self._open, self._day_began = entry, False
        elif not due:
            # There may be no replay to tell them apart: what a day or a date brings is no effect of other commands.
            self._follow_clock(step, events)

    def names(self) -> list[str]:
        """All that the journal names and a history can be asked of, each once."""
        found = dict.fromkeys(name for entry in self.entries for name in (*entry.subjects, entry.by))
        found |= dict.fromkeys(whom for entry in self.entries for whom, _ in entry.effects)
        found |= self._names | dict.fromkeys(self._reference.instruments)
        return list(found | dict.fromkeys(self._reference.rules.rules()))

    def _entry(self, step: Step, command: Command, events: list[Event]) -> Entry:
        if isinstance(command, commands.Approve | commands.Decline):
            ended = next((event for event in events if isinstance(event, ProposalEnded)), None)
            if ended is not None:
                return self._ended(step, ended)
            # It was refused itself.
            subjects = (str(command.proposal),)
            return Entry(
                step.seq,
                step.time_ns,
                "proposal",
                subjects,
                command.by,
                command.reason,
                step.time_ns,
                REFUSED,
                effects=[],
            )
        if type(command) is commands.EffectiveFrom:
            change = command.change
            return Entry(
                step.seq,
                step.time_ns,
                COMMANDS[type(change)].word,
                _subjects(change),
                # As the core attributes it when its date comes.
                change.by or command.by,
                getattr(change, "reason", "") or command.reason,
                command.effective_ns,
                SCHEDULED,
                said=said(change, self._reference.formats.scales),
                effects=[],
            )
        return Entry(
            step.seq,
            step.time_ns,
            COMMANDS[type(command)].word,
            _subjects(command),
            getattr(command, "by", ""),
            getattr(command, "reason", "") or getattr(command, "note", ""),
            step.time_ns,
            CARRIED_OUT,
            said=said(command, self._reference.formats.scales),
            effects=[],
        )

    def _ended(self, step: Step, ended: ProposalEnded) -> Entry:
        """What became of a proposal, under the names of both."""
        asked = self._proposed.pop(ended.proposal, None)
        is_approved = ended.outcome == APPROVED
        return Entry(
            step.seq,
            step.time_ns,
            "proposal" if asked is None else asked.what,
            () if asked is None else asked.subjects,
            ended.proposed_by,
            "" if asked is None else asked.reason,
            step.time_ns,
            CARRIED_OUT if is_approved else PROPOSAL_OUTCOMES[ended.outcome],
            said="" if asked is None else asked.said,
            effects=[],
            change=ended.proposal,
            second=CLOCK if ended.outcome == LAPSED else ended.by,
            second_reason=ended.reason,
        )

    def _follow_clock(self, step: Step, events: list[Event]) -> None:
        """Make entries of what was due: changes whose date had come, and what a new day changed."""
        entry, day_began = self._open, self._day_began
        for event in events:
            if type(event) is ChangeEffective:
                asked = self._scheduled.pop(event.change, None)
                entry = Entry(
                    step.seq,
                    step.time_ns,
                    "change" if asked is None else asked.what,
                    () if asked is None else asked.subjects,
                    CLOCK if asked is None else asked.by,
                    "" if asked is None else asked.reason,
                    step.time_ns if asked is None else asked.effective_ns,
                    CARRIED_OUT,
                    said="" if asked is None else asked.said,
                    effects=[],
                    change=event.change,
                )
                self.entries.append(entry)
            elif type(event) is ProposalEnded:
                self.entries.append(self._ended(step, event))
                entry, day_began = None, False
            elif type(event) is DayEnded:
                entry = None
                day_began = True
            elif not isinstance(event, _FOLLOWING):
                # The next thing that was due: what a stop is cancelled for then is no effect of the change.
                entry = None
                day_began = False
            elif entry is not None:
                _add_effects(entry, [event], self._reference)
            elif day_began and (type(event) is not OrderCancelled or event.reason == BY_RULE):
                entry = Entry(
                    step.seq, step.time_ns, "day", (), CLOCK, "a day began", step.time_ns, CARRIED_OUT, effects=[]
                )
                self.entries.append(entry)
                _add_effects(entry, [event], self._reference)
        self._open, self._day_began = entry, day_began


_WAYS: Final = (commands.EffectiveFrom, commands.Approve, commands.Decline)
"""Commands that carry another one, or let it be carried out."""
# What a change or a new day brings stands together: records and rules that changed, then what the recheck cancels.
_FOLLOWING: Final = (
    InvestorRegistered,
    RegistryChanged,
    ParameterChanged,
    RulebookLoaded,
    CommandRejected,
    OrderCancelled,
)


def _add_effects(entry: Entry, events: list[Event], reference: Reference) -> None:
    """Note what a change did."""
    for event in events:
        if isinstance(event, CommandRejected):
            entry.outcome = REFUSED
            entry.why = f"{REJECT_CODES[event.code]}: {words_of(event, chosen())}"
        elif isinstance(event, InvestorRegistered):
            entry.effects.append((event.investor, f"class {event.investor_class or 'none yet'}"))
        elif isinstance(event, RegistryChanged):
            how = words_of(event, chosen())
            entry.effects.append((event.key, f"{event.what}: {how}" if how else event.what))
        elif isinstance(event, ParameterChanged):
            old, new = (worded(event.rule, event.key, value) for value in (event.old, event.new))
            entry.effects.append((event.rule, f"{event.key}: {old} became {new}"))
        elif isinstance(event, RulebookLoaded):
            entry.effects.append((event.name, f"in force, digest {event.digest}"))
        elif isinstance(event, OrderCancelled) and event.reason in (BY_RULE, KILLED):
            key = event.account, event.rule or CANCEL_REASONS[event.reason]
            entry.cancelled[key] = entry.cancelled.get(key, 0) + 1
        elif isinstance(event, HoldingFrozen):
            frozen = f"{reference.formats.amount(event.asset, event.frozen)} {event.asset} frozen"
            entry.of_accounts.append((event.account, frozen))
        elif isinstance(event, HoldingArrested):
            arrested = f"{reference.formats.amount(event.asset, event.arrested)} {event.asset} arrested"
            entry.of_accounts.append((event.account, arrested))
        elif isinstance(event, TradeCorrected):
            words = f"trade {correction(event, reference)}"
            entry.of_accounts += [(account, words) for account in (event.buy_account, event.sell_account)]
        elif isinstance(event, CaseOpened | EvidenceAdded):
            entry.effects += [(name, f"is in case {event.case}") for name in (*event.investors, *event.instruments)]
        elif isinstance(event, AlertRaised):
            entry.effects += [(name, f"is in alert {event.alert}") for name in (*event.investors, *event.instruments)]
        elif isinstance(event, CommandProposed):
            entry.outcome = PROPOSED
        elif isinstance(event, ChangeScheduled):
            entry.outcome = SCHEDULED
            entry.effective_ns = event.effective_ns


def _subjects(command: Command) -> tuple[str, ...]:
    found = [str(getattr(command, field)) for field in COMMANDS[type(command)].about]
    return tuple(dict.fromkeys(name for name in found if name))
