"""What a command asked for: the order behind a client order id, and the name of a request that was refused."""

from __future__ import annotations

from typing import Final

from engine.vocabulary.codes import BUY, GTC, LIMIT, SELL
from engine.vocabulary.messages.commands import (
    AmendOrder,
    AnyCommand,
    CancelAllAfter,
    CancelOrder,
    CancelWithdrawal,
    Command,
    MassCancel,
    MassQuote,
    NewBracket,
    NewOrder,
    NewOrderPair,
    RequestDelivery,
    RequestWithdrawal,
    Transfer,
)

_REQUESTS: Final[dict[type[Command], str]] = {
    AmendOrder: "amend",
    CancelOrder: "cancel",
    MassCancel: "mass_cancel",
    MassQuote: "mass_quote",
    NewOrderPair: "pair",
    NewBracket: "bracket",
    Transfer: "transfer",
    RequestDelivery: "delivery",
    RequestWithdrawal: "withdrawal",
    CancelWithdrawal: "cancel_withdrawal",
    CancelAllAfter: "cancel_all_after",
}


def request_of(command: AnyCommand) -> str:
    """The name of what a refused request asked for."""
    return _REQUESTS.get(type(command), type(command).__name__)


def asked_for(command: AnyCommand, client_order_id: str) -> NewOrder | None:
    """What was asked for under a client order id; None if the command asks for no such order."""
    legs: tuple[NewOrder, ...] = ()
    if type(command) is NewOrder:
        legs = (command,)
    elif type(command) is NewOrderPair:
        legs = (command.limit, command.stop)
    elif type(command) is NewBracket:
        legs = (command.entry, command.take_profit, command.stop)
    elif type(command) is MassQuote:
        return _quote(command, client_order_id)
    for asked in legs:
        if asked.client_order_id == client_order_id:
            return asked
    return None


def _quote(command: MassQuote, client_order_id: str) -> NewOrder | None:
    """The quote of a ladder that has this client order id: `quote_id:b0`, `:b1`, ... and `:a0`, `:a1`, ..."""
    head, _, place = client_order_id.rpartition(":")
    if head != command.quote_id or place[:1] not in ("a", "b") or not place[1:].isdecimal():
        return None
    side, ladder = (BUY, command.bids) if place[0] == "b" else (SELL, command.asks)
    if int(place[1:]) >= len(ladder):
        return None
    return NewOrder(
        command.participant,
        command.account,
        client_order_id,
        command.instrument,
        side,
        LIMIT,
        GTC,
        *ladder[int(place[1:])],
        command.post_only,
        command.self_trade,
    )
