"""Answers about what waits to leave accounts."""

from __future__ import annotations

from engine.book.movement import Movement
from engine.exchange import Exchange
from engine.vocabulary.codes import MOVEMENT_KINDS, PURPOSES
from engine.vocabulary.decimals import decimal
from engine.vocabulary.limits import COPIED_PER_STEP, MAX_LISTED_MOVEMENTS, ROW_STEPS
from gateway.protocol.messages import Message, Movements, MovementsReply, WaitingMovement


def waiting(exchange: Exchange, query: Movements) -> tuple[Message, int]:
    """Answer what waits, of an account or of all; and the steps that it took."""
    found = exchange.movements if query.account is None else exchange.accounts[query.account].movements
    # They came in the order of their numbers.
    after = [movement for number, movement in found.items() if number > query.after]
    reply = MovementsReply(
        id=query.id,
        movements=[_info(each) for each in after[:MAX_LISTED_MOVEMENTS]],
        account=query.account,
        more=len(after) > MAX_LISTED_MOVEMENTS,
    )
    return reply, len(reply.movements) * ROW_STEPS + len(found) // COPIED_PER_STEP


def _info(movement: Movement) -> WaitingMovement:
    return WaitingMovement(
        movement=movement.movement,
        account=movement.account,
        kind=MOVEMENT_KINDS[movement.kind],
        asset=movement.asset.asset,
        amount=decimal(movement.amount, movement.asset.scale),
        waits_for_word=movement.waits_for_word,
        rules=list(movement.rules),
        until=movement.until_ns or None,
        client_order_id=movement.client_order_id or None,
        to_account=movement.to_account or None,
        purpose=PURPOSES[movement.purpose] if movement.purpose >= 0 else None,
        contract_reference=movement.contract_reference,
        destination=movement.destination,
    )
