"""A row of a journal in words: the command, and what came of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from engine.command_table import COMMANDS
from engine.record.rows import StoredRow, decode_command, decode_events
from engine.vocabulary.codes import CANCEL_REASONS, CASE_OUTCOMES, MOVEMENT_KINDS, MOVEMENT_STATUSES, PURPOSES, SIDES
from engine.vocabulary.messages.commands import Command, EffectiveFrom
from engine.vocabulary.messages.events import (
    AlertDismissed,
    AlertRaised,
    CaseClosed,
    CaseOpened,
    ChangeScheduled,
    CommandRejected,
    Event,
    EvidenceAdded,
    FundsMoved,
    HoldingArrested,
    HoldingFrozen,
    InvestorRegistered,
    MovementEnded,
    MovementHeld,
    OrderAccepted,
    OrderAmended,
    OrderCancelled,
    OrderRejected,
    OrderStatus,
    ParameterChanged,
    RegistryChanged,
    RequestRejected,
    RulebookLoaded,
    Trade,
    TradeCorrected,
    Transferred,
)
from gateway.reporting.steps.reference import Reference, correction
from gateway.reporting.stories.wording import said
from gateway.reporting.tables.times import moscow_time
from gateway.session.life import in_words
from gateway.words.chosen import chosen, tr, tr_count
from gateway.words.words import words, words_of


def told(row: StoredRow, reference: Reference) -> str:
    """A command and what became of it, in a line."""
    command, events = decode_command(row[2]), decode_events(row[3])
    about = COMMANDS[type(command)]
    story = chosen().story
    name = story(about.name.replace("_", " "))
    by = getattr(command, "participant", "") or getattr(command, "by", "")
    parts = [tr("{command} by {name}", command=name, name=by) if by else name]
    answer = next((event for event in events if type(event) in (*about.answers, CommandRejected)), None)
    if isinstance(answer, CommandRejected):
        parts.append(f"{story('refused')}: {words_of(answer, chosen())}")
    elif isinstance(
        answer, RequestRejected | OrderAccepted | OrderRejected | OrderAmended | OrderCancelled | OrderStatus
    ):
        what, detail = in_words(answer, answer.order_id, reference)
        parts.append(f"{story(what)}: {story(detail)}" if detail else story(what))
    elif not about.answers:
        parts += [str(getattr(command, field)) for field in about.about if getattr(command, field)]
    trades = sum(type(event) is Trade for event in events)
    if trades:
        parts.append(tr_count("{n} trade", "{n} trades", trades))
    return ", ".join(parts)


def details(row: StoredRow, reference: Reference) -> Iterator[str]:
    """What the line of `told` leaves out: what a change says and why, then what came of it, in order."""
    command, events = decode_command(row[2]), decode_events(row[3])
    change: Command = command.change if isinstance(command, EffectiveFrom) else command
    about = COMMANDS[type(change)]
    if change is not command:
        names = [str(getattr(change, field)) for field in about.about]
        yield " ".join(filter(None, (about.word, *names)))
    what = said(change, reference.formats.scales) if about.word else ""
    if what:
        yield what
    reason = getattr(command, "reason", "") or getattr(change, "reason", "") or getattr(change, "note", "")
    if reason:
        yield f"reason: {reason}"
    yield from came_of(events, reference)


def came_of(events: Sequence[Event], reference: Reference) -> Iterator[str]:
    """Events in words, those left out that only the public book and the clock need."""
    for event in events:
        if isinstance(event, OrderRejected):
            yield _order(event, reference)
        if isinstance(event, OrderRejected | RequestRejected):
            others = [rule for rule in event.rules if rule != event.rule]
            if others:
                yield f"fails {', '.join(others)} too"
        elif isinstance(event, Trade):
            format_ = reference.formats.instruments[event.instrument]
            what = f"{format_.quantity[event.quantity_lots]} {event.instrument} at {format_.price[event.price_ticks]}"
            yield f"trade {event.trade_id}: {what}, maker {event.maker_account}, taker {event.taker_account}"
        elif isinstance(event, TradeCorrected):
            yield f"trade {correction(event, reference)}"
        elif isinstance(event, OrderCancelled):
            rule = f" by {event.rule}: {words_of(event, chosen())}" if event.rule else ""
            yield f"order {event.order_id} of {event.account} cancelled: {CANCEL_REASONS[event.reason]}{rule}"
        else:
            text = _of_records(event) or _of_holdings(event, reference)
            if text:
                yield text


def _order(event: OrderRejected, reference: Reference) -> str:
    side = SIDES[event.side] if event.side in (0, 1) else ""
    quantity = reference.quantity(event.instrument, event.quantity_e8)
    price = reference.price(event.instrument, event.price_e8)
    what = " ".join(filter(None, (side, quantity, event.instrument, f"at {price}" if price else "")))
    return f"order {event.order_id}: {what}, account {event.account}"


def _of_records(event: Event) -> str:
    """An event about records and rules; empty: it is about something else."""
    if isinstance(event, RegistryChanged):
        return f"{event.what} {event.key}: {words_of(event, chosen())}".rstrip(": ")
    if isinstance(event, InvestorRegistered):
        return f"investor {event.investor}: class {event.investor_class or 'none yet'}"
    if isinstance(event, ParameterChanged):
        return f"{event.rule} {event.key}: {event.old} became {event.new}"
    if isinstance(event, RulebookLoaded):
        return f"rulebook {event.name} in force"
    if isinstance(event, CaseOpened | AlertRaised):
        what = f"case {event.case}" if isinstance(event, CaseOpened) else f"alert {event.alert}"
        names = " ".join((*event.investors, *event.instruments))
        return f"{what}: {event.term}, {names or 'of nobody yet'}, evidence {len(event.seqs)}"
    if isinstance(event, EvidenceAdded):
        return f"case {event.case} has {event.total} rows of evidence now"
    if isinstance(event, CaseClosed):
        into = f" into case {event.merged}" if event.merged else ""
        return f"case {event.case} of {event.opened_by}: {CASE_OUTCOMES[event.outcome]}{into}"
    if isinstance(event, AlertDismissed):
        return f"alert {event.alert} of {event.detector} is over"
    if isinstance(event, ChangeScheduled):
        return f"waits for {moscow_time(event.effective_ns, 0)} (Moscow)"
    return ""


def ended(event: MovementEnded, reference: Reference) -> str:
    """How something that waited to leave an account ended."""
    what = f"movement {event.movement} of {reference.formats.amount(event.asset, event.amount)} {event.asset}"
    why = words(event.template, event.values, chosen()) or event.reason
    return f"{what} {MOVEMENT_STATUSES[event.outcome].replace('_', ' ')}" + (f": {why}" if why else "")


def _of_holdings(event: Event, reference: Reference) -> str:
    """An event about what accounts hold, likewise."""
    amount = reference.formats.amount
    if isinstance(event, HoldingFrozen):
        return f"{event.account}: {amount(event.asset, event.frozen)} {event.asset} frozen"
    if isinstance(event, HoldingArrested):
        return f"{event.account}: {amount(event.asset, event.arrested)} {event.asset} arrested, paper {event.arrest}"
    if isinstance(event, Transferred):
        what = f"{amount(event.asset, event.amount)} {event.asset} from {event.from_account} to {event.to_account}"
        return f"transfer {event.transfer_id}: {what}, {PURPOSES[event.purpose]}"
    if isinstance(event, MovementHeld):
        what = f"{MOVEMENT_KINDS[event.kind]} {event.movement} of {amount(event.asset, event.amount)} {event.asset}"
        return f"{event.account}: {what} waits by {', '.join(event.rules)}"
    if isinstance(event, MovementEnded):
        return f"{event.account}: {ended(event, reference)}"
    if isinstance(event, FundsMoved):
        return f"{event.account}: {amount(event.asset, event.amount)} {event.asset}"
    return ""
