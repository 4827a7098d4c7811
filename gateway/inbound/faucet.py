"""Test money: what participants may ask for on a venue that is for tests, as deposits like any other."""

from __future__ import annotations

from typing import Final

from engine.command_row import PARTICIPANT
from engine.vocabulary.decimals import decimal
from engine.vocabulary.limits import MAX_SUPPLY
from engine.vocabulary.messages.commands import AnyCommand, Deposit
from gateway.inbound.admin import NotAllowed, Sender, admin_command
from gateway.inbound.context import VenueContext
from gateway.outbound.given import FAUCET
from gateway.protocol.messages import Admin
from gateway.protocol.wire import Malformed, parse_amount
from gateway.venue.venue import Participant

ARGUMENTS: Final = ("account", "asset", "amount")
ORIGIN: Final = "test money of the venue's faucet"
"""The origin that is on record, which the rules see."""


def asked_command(request: Admin, participant: Participant, key: str, context: VenueContext) -> AnyCommand:
    """The command that an admin request asks for: the faucet's, or as `admin_command`, which raises as this does. `key`: logged in with."""
    name = participant.participant
    if request.command == FAUCET and participant.role == PARTICIPANT:
        return faucet_command(request, name, context)
    sender = Sender(name, participant.role, key)
    return admin_command(request, sender, context.known.assets, context.identities)


def faucet_command(request: Admin, participant: str, context: VenueContext) -> Deposit:
    """The deposit that a participant asks for.

    Args:
        request: with an account of theirs, an asset and an amount.
        participant: who asks.
        context: of the venue; it is noted there what is asked for.

    Raises:
        NotAllowed: the venue gives none, or no more today, or the account is not theirs.
        Malformed: an argument is missing, unknown, or not what it should be.
    """
    given = request.arguments
    for name in ARGUMENTS:
        if name not in given:
            raise Malformed(f"arguments.{name}: missing")
    for name in given:
        if name not in ARGUMENTS:
            raise Malformed(f"arguments: unknown name {name[:40]!r}; known: {', '.join(ARGUMENTS)}")
    texts = [given[name] for name in ARGUMENTS]
    for name, value in zip(ARGUMENTS, texts, strict=True):
        if not isinstance(value, str):
            raise Malformed(f"arguments.{name}: expected a string")
    account, asset, amount_text = (str(text) for text in texts)
    if not context.faucet:
        raise NotAllowed("this venue gives no test money: [faucet] of its file says what a venue for tests gives")
    if context.fanout.reports.owners.get(account) != participant:
        raise NotAllowed("not an account of yours")
    cap = context.faucet.get(asset)
    known = context.known.assets.get(asset)
    if cap is None or known is None:
        raise NotAllowed(f"of {asset[:40]} the faucet gives none; of {', '.join(context.faucet)} it does")
    try:
        amount = parse_amount(amount_text, known.scale, MAX_SUPPLY)
    except Malformed as error:
        raise Malformed(f"arguments.amount: {error}") from error
    if not amount:
        raise Malformed("arguments.amount: must be above zero")
    left = max(cap - context.fanout.given.taken(account, asset, context.now()), 0)
    if amount > left:
        raise NotAllowed(
            f"the faucet gives an account {decimal(cap, known.scale)} {asset} a day; "
            f"{decimal(left, known.scale)} are left until midnight in Moscow"
        )
    context.fanout.given.ask(account, asset, amount)
    return Deposit(account, asset, amount, FAUCET, participant, ORIGIN)
