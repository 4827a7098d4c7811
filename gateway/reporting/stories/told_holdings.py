"""What a command did to what accounts hold, with its arithmetic: deposits, withdrawals, issues, transfers, freezes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from engine.exchange import Exchange
from engine.vocabulary.codes import CARRIED_OUT, MOVEMENT_STATUSES
from engine.vocabulary.messages.commands import AnyCommand, Arrest, FreezeAsset
from engine.vocabulary.messages.events import (
    AccountOpened,
    AssetAdded,
    AssetIssued,
    Event,
    FundsMoved,
    HoldingArrested,
    HoldingFrozen,
    InstrumentListed,
    MovementEnded,
    MovementHeld,
    OrderCancelled,
    Transferred,
)
from engine.vocabulary.rounding import PPM
from engine.vocabulary.said import said
from gateway.reporting.steps.reference import Reference
from gateway.reporting.tables.times import moscow_time
from gateway.words.words import in_words

MAX_TOLD: Final = 20
"""Holders that are told one by one: an asset may have a hundred thousand."""


Owned = Callable[[str, str], int]
"""What an account owns of an asset, in minor units."""


def reference_of(exchange: Exchange) -> Reference:
    """Assets, instruments and accounts of an exchange as it stands. O(all of them)."""
    reference = Reference()
    for asset in exchange.assets.values():
        reference.learn(AssetAdded(asset.asset, asset.kind, asset.scale))
    for name, book in exchange.books.items():
        each = book.instrument
        kind = each.kind
        reference.learn(
            InstrumentListed(name, kind, each.base.asset, each.quote.asset, each.tick_e8, each.lot_e8, each.unit)
        )
    for account in exchange.accounts.values():
        reference.learn(AccountOpened(account.account, account.participant, account.investor, account.intermediary))
    return reference


def owned_in(exchange: Exchange, account: str, asset: str) -> int:
    """What an account owns of an asset, in all its parts."""
    return exchange.accounts[account].balance(exchange.assets[asset]).owned


def told_holdings(command: AnyCommand, events: Sequence[Event], reference: Reference, owned_of: Owned) -> Iterator[str]:
    """A line for each account whose holding changed, the first ones; then how many more there were.

    Args:
        command: whose events these are.
        events: in order.
        reference: what there is.
        owned_of: what an account owns of an asset after the command, whatever part it is.
    """
    lines: list[str] = []
    leaves = ""
    for event in events:
        lines += _leaving(event, leaves, reference) if leaves else _lines(command, event, reference, owned_of)
        # What was set aside leaves next: nothing of it was available.
        leaves = event.account if isinstance(event, MovementEnded) and event.outcome == CARRIED_OUT else ""
    yield from lines[:MAX_TOLD]
    if len(lines) > MAX_TOLD:
        yield f"and {len(lines) - MAX_TOLD:,} more"
    cancelled: dict[tuple[str, str], int] = {}
    for event in events:
        if isinstance(event, OrderCancelled) and event.rule:
            key = (event.account, event.rule)
            cancelled[key] = cancelled.get(key, 0) + 1
    for (account, rule), count in list(cancelled.items())[:MAX_TOLD]:
        if count == 1:
            yield f"{account}: 1 open order cancelled by {rule}"
        else:
            yield f"{account}: {count:,} open orders cancelled by {rule}"


def _leaving(event: Event, account: str, reference: Reference) -> Iterator[str]:
    """What had waited leaves an account: it was set aside before."""
    amount = reference.formats.amount
    if isinstance(event, Transferred):
        yield (
            f"{account}: {amount(event.asset, event.amount)} {event.asset} that were set aside leave; available stays "
            f"{amount(event.asset, event.from_available)}"
        )
        yield _added(event.to_account, event.asset, event.to_available - event.amount, event.amount, reference)
    elif isinstance(event, FundsMoved | AssetIssued):
        yield (
            f"{account}: {amount(event.asset, -event.amount)} {event.asset} that were set aside leave; available stays "
            f"{amount(event.asset, event.available)}"
        )


def _lines(command: AnyCommand, event: Event, reference: Reference, owned_of: Owned) -> Iterator[str]:
    amount = reference.formats.amount
    if isinstance(event, FundsMoved):
        yield _added(event.account, event.asset, event.available - event.amount, event.amount, reference)
    elif isinstance(event, AssetIssued):
        yield _added(event.account, event.asset, event.available - event.amount, event.amount, reference)
        before = event.outstanding - event.amount
        sums = _sum(event.asset, before, event.amount, reference)
        yield f"{event.asset}: outstanding of {event.issuer or 'no issuer'} {sums}"
    elif isinstance(event, Transferred):
        # Between accounts of which one may be the other's.
        yield _added(event.from_account, event.asset, event.from_available + event.amount, -event.amount, reference)
        yield _added(event.to_account, event.asset, event.to_available - event.amount, event.amount, reference)
    elif isinstance(event, MovementHeld):
        yield _held(event, reference)
    elif isinstance(event, MovementEnded):
        amount_ = f"{amount(event.asset, event.amount)} {event.asset}"
        by = f" by {event.by}" if event.by else f" by {event.rule}" if event.rule else ""
        why = f": {in_words(said(event.template, *event.values))}" if event.template else ""
        yield f"{event.account}: movement {event.movement}, {amount_}: {MOVEMENT_STATUSES[event.outcome]}{by}{why}"
    elif isinstance(event, HoldingArrested):
        yield _arrested(command, event, reference)
    elif isinstance(event, HoldingFrozen):
        frozen = amount(event.asset, event.frozen)
        text = f"{frozen} {event.asset} are frozen"
        if isinstance(command, FreezeAsset):
            share = f"{command.share_ppm / 10_000:g} %"
            owned = owned_of(event.account, event.asset)
            # Rounded up, as the core does.
            wanted = -(-owned * command.share_ppm // PPM)
            text = f"{share} of {amount(event.asset, owned)} owned = {amount(event.asset, wanted)} {event.asset}"
            text += ", frozen" if wanted == event.frozen else f"; frozen {frozen}, as far as it is free"
        yield f"{event.account}: {text}; available {amount(event.asset, event.available)}"


def _arrested(command: AnyCommand, event: HoldingArrested, reference: Reference) -> str:
    """What a paper claims of a holding, and what is arrested of it."""
    amount = reference.formats.amount
    who, paper, issued_by = event.account, event.arrest, f"{event.authority}, {event.dated}"
    if event.claimed < 0:
        claims = f"{who}: paper {paper} of {issued_by}, claims all {event.asset}, and all that comes"
    elif not event.claimed:
        claims = f"{who}: paper {paper} of {issued_by}, claims no {event.asset} any more"
    else:
        claimed = f"{amount(event.asset, event.claimed)} {event.asset}"
        if isinstance(command, Arrest) and command.arrest == event.arrest and 0 < command.share_ppm < PPM:
            claimed += f" ({command.share_ppm / 10_000:g} % of what was owned, rounded up)"
        claims = f"{who}: paper {paper} of {issued_by}, claims {claimed}"
    sales = "; it may be sold, and the proceeds are arrested" if event.sales_allowed and event.claimed else ""
    return (
        f"{claims}{sales}; arrested by all papers {amount(event.asset, event.arrested)}, "
        f"available {amount(event.asset, event.available)}"
    )


def _held(event: MovementHeld, reference: Reference) -> str:
    """What waits, and for what."""
    amount = reference.formats.amount
    sums = _sum(event.asset, event.available + event.amount, -event.amount, reference)
    waits = [f"until {moscow_time(event.until_ns, 0)} (Moscow)"] if event.until_ns else []
    waits += ["for a supervisor's word"] if event.waits_for_word else []
    return (
        f"{event.account}: available {sums} {event.asset}, held {amount(event.asset, event.held)}: movement "
        f"{event.movement} waits {' and '.join(waits)} by {', '.join(event.rules)}"
    )


def _added(account: str, asset: str, before: int, amount: int, reference: Reference) -> str:
    return f"{account}: available {_sum(asset, before, amount, reference)} {asset}"


def _sum(asset: str, before: int, amount: int, reference: Reference) -> str:
    """`5.00 + 2.00 = 7.00`."""
    texts = [reference.formats.amount(asset, each) for each in (before, abs(amount), before + amount)]
    return f"{texts[0]} {'-' if amount < 0 else '+'} {texts[1]} = {texts[2]}"
