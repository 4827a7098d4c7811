"""A recorded command explained: the journal replayed up to it under the eyes of the explaining hook. Reads only."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Final

import msgspec

from compliance.explain import LeavingExplanation, OrderExplanation, TransferExplanation
from compliance.notebook import ArrivalExplanation, ClassStanding, Notebook
from compliance.purchase_notes import Used
from compliance.rulebook.rulebook import RuleData
from engine.exchange import Exchange
from engine.record.rows import StoredRow, decode_command, decode_events
from engine.replay import Difference, Replay, ReplayFailure
from engine.vocabulary.codes import BY_RULE, COMPLIANCE
from engine.vocabulary.messages.commands import (
    AmendOrder,
    AnyCommand,
    MassQuote,
    NewBracket,
    NewOrder,
    NewOrderPair,
    RedeemAsset,
    RequestWithdrawal,
    Transfer,
    Withdraw,
)
from engine.vocabulary.messages.events import Event, OrderCancelled, OrderRejected, RequestRejected
from gateway.journal.reader import JournalReader
from gateway.reporting.steps.reference import Reference
from gateway.reporting.stories.told_holdings import owned_in, reference_of, told_holdings
from gateway.snapshots.borders import Borders, failure_of

MOVES: Final = (Transfer, RequestWithdrawal, Withdraw, RedeemAsset)
ORDERS: Final = (NewOrder, AmendOrder, NewOrderPair, NewBracket, MassQuote)


class NoSuchCommand(Exception):
    """The journal has no command of a number."""


class Found:
    """A command of a journal, replayed under the eyes of the explaining hook."""

    def __init__(self, seq: int, time_ns: int, command: AnyCommand, events: list[Event]) -> None:
        self.seq: Final = seq
        self.time_ns: Final = time_ns
        self.command: Final = command
        self.events: Final = events
        """As replayed."""
        self.explanations: list[OrderExplanation] = []
        self.transfers: list[TransferExplanation] = []
        self.leaving: list[LeavingExplanation] = []
        """Of withdrawals and redemptions."""
        self.arrivals: list[ArrivalExplanation] = []
        """Of deposits and issues."""
        self.under: RuleData | None = None
        """The rule under which a command that asks no rule acts, as a freeze; None: there is none."""
        self.used: dict[int, Used] = {}
        """What makes up the sums of RET-1, by the place of the explanation among those of orders."""
        self.standings: dict[str, ClassStanding] = {}
        """Why the investors concerned are of their classes, by name."""
        self.reference: Reference = Reference()
        """What assets and instruments there are, and whose accounts."""
        self.holdings: list[str] = []
        """What happened to holdings, with its arithmetic, a line each."""
        self.disagreement: str = ""
        """How the replay differs from what was recorded; empty: not at all."""

    @property
    def asks_rules(self) -> bool:
        """Whether the command enters or amends orders, transfers something or takes it out: rules are asked about it."""
        return isinstance(self.command, (*ORDERS, *MOVES))


def look(reader: JournalReader, seq: int) -> Found:
    """Replay a journal up to a command, and that one with a notebook.

    Raises:
        NoSuchCommand: the journal does not reach so far.
        JournalDamage: the journal is damaged before it.
        ReplayFailure: a command up to it can't be replayed under this version.
        SnapshotError: another core version goes on before it, and the snapshot from which it did is missing.
        OSError: a segment can't be read.
    """
    hook = Notebook()
    replay = Replay(Exchange(hook))
    hook.core = replay.exchange
    borders = Borders(reader)
    failure: ReplayFailure | None = None
    for batch in reader.batches():
        if borders.crosses(batch):
            hook = Notebook()
            replay = Replay(borders.exchange(hook))
            hook.core = replay.exchange
            failure = None
        # They may be of another core version, which goes on behind them.
        failure = failure or failure_of(replay, [row for row in batch if row[0] < seq])
        for row in batch:
            if row[0] < seq:
                continue
            if failure is not None:
                raise failure
            before = replay.difference
            hook.watching = True
            events = replay.feed(row)
            found = Found(seq, row[1], decode_command(row[2]), events)
            found.explanations = hook.explanations
            found.transfers = hook.transfers
            found.leaving = hook.leaving
            found.arrivals, found.used, found.standings = hook.arrivals, hook.used, hook.standings
            found.under = hook.under
            found.reference = reference_of(replay.exchange)
            found.holdings = list(
                told_holdings(found.command, events, found.reference, partial(owned_in, replay.exchange))
            )
            found.disagreement = disagreement(row, found, before, replay.difference)
            return found
    last = reader.tip.next_seq - 1
    raise NoSuchCommand(f"the journal has the commands 1 to {last}, none of the number {seq}")


def disagreement(row: StoredRow, found: Found, before: Difference | None, after: Difference | None) -> str:
    """How the replay of a row differs from what was recorded; the state may differ already since an earlier row."""
    try:
        recorded = decode_events(row[3])
    except msgspec.DecodeError as error:
        return f"this version does not know what was recorded: {error}"
    said = [each for each in map(refusal, recorded) if each]
    says = [each for each in map(refusal, found.events) if each]
    if said != says:
        return f"recorded was {spoken(said)}, the replay says {spoken(says)}"
    explained = {explanation.order_id: explanation for explanation in found.explanations if explanation.failed}
    for order_id, rules in says:
        explanation = explained.pop(order_id, None)
        failed = () if explanation is None else explanation.failed
        # A cancel names only the rule that decides.
        if explanation is not None and explanation.rulebook is not None and failed[: len(rules)] != rules:
            return f"recorded for order {order_id} was {', '.join(rules)}, the explanation says {', '.join(failed)}"
    if before is not None:
        return f"the replay differs from what was recorded since sequence number {before.seq}"
    if after is not None:
        return f"the replay differs from what was recorded in event {after.place} of the command"
    return ""


def refusal(event: object) -> tuple[int, tuple[str, ...]] | None:
    """The order that an event refuses by rule, and the rules it names, the deciding one first."""
    if isinstance(event, OrderRejected | RequestRejected) and event.code == COMPLIANCE:
        return event.order_id, event.rules
    if isinstance(event, OrderCancelled) and event.reason == BY_RULE:
        return event.order_id, (event.rule,)
    return None


def spoken(refusals: Sequence[tuple[int, tuple[str, ...]]]) -> str:
    """Refusals in words."""
    parts = [f"order {order_id} refused by {', '.join(rules)}" for order_id, rules in refusals]
    return "; ".join(parts) or "no refusal by a rule"
