"""What an account holds, as Deribit's documents have it."""

from __future__ import annotations

import re
from typing import Any, Final

from gateway.deribit.dialect.listed import Listed
from gateway.deribit.dialect.names import FUTURE
from gateway.deribit.dialect.numbers import difference, e8, maybe, milliseconds, number, quotient
from gateway.protocol import messages as m
from gateway.protocol.past_messages import Settlement
from gateway.protocol.past_requests import SettlementKind

SETTLEMENT_KINDS: Final[dict[str, tuple[SettlementKind, ...]]] = {
    "any": ("variation_margin", "final_settlement", "default", "loss_shared"),
    "settlement": ("variation_margin",),
    "delivery": ("final_settlement",),
    "bankruptcy": ("default", "loss_shared"),
}
"""By the words of Deribit, those of the venue."""
_CURSOR: Final = re.compile(r"[0-9]{1,19}-[0-9]{1,19}", re.ASCII)


def summary_document(holding: m.Holding) -> dict[str, Any]:
    """What an account has of one asset, as Deribit sums it up."""
    used = number(difference(holding.total, holding.available))
    return {
        "currency": holding.asset,
        "equity": number(holding.total),
        "balance": number(holding.total),
        "margin_balance": number(holding.total),
        "available_funds": number(holding.available),
        "available_withdrawal_funds": number(holding.available),
        # What is set aside for whatever reason: for orders and positions, frozen, arrested, waiting to leave.
        "initial_margin": used,
        "maintenance_margin": used,
        "venue_reserved": number(holding.reserved),
        "venue_frozen": number(holding.frozen),
        "venue_held": number(holding.held),
        "venue_arrested": number(holding.arrested),
    }


def nothing_of(asset: str) -> dict[str, Any]:
    """The same of an asset that it has nothing of."""
    return summary_document(
        m.Holding(asset=asset, available="0", reserved="0", frozen="0", held="0", total="0", arrested="0")
    )


def position_document(position: m.Position, listed: Listed) -> dict[str, Any]:
    """A position. Its average price is that of now and before: gains up to the last mark are settled."""
    quantity = e8(position.quantity)
    average = quotient(position.carried, position.quantity) if quantity else "0"
    return {
        "instrument_name": listed.name(position.instrument),
        "kind": FUTURE,
        "direction": "buy" if quantity > 0 else "sell" if quantity < 0 else "zero",
        "size": number(position.quantity.removeprefix("-")),
        "size_currency": number(position.quantity),
        "average_price": number(average),
        "mark_price": maybe(position.mark),
        "floating_profit_loss": maybe(position.unsettled),
        "total_profit_loss": maybe(position.unsettled),
        "settlement_price": maybe(listed.info(position.instrument).reference_price),
        "venue_quantity": number(position.quantity),
        "venue_carried": number(position.carried),
    }


def settlement_document(settlement: Settlement, listed: Listed) -> dict[str, Any]:
    """What a position brought, as Deribit has it."""
    words = [word for word, kinds in SETTLEMENT_KINDS.items() if word != "any" and settlement.kind in kinds]
    document: dict[str, Any] = {
        "type": words[0],
        "timestamp": milliseconds(settlement.time),
        "instrument_name": None if settlement.instrument is None else listed.name(settlement.instrument),
        "position": maybe(settlement.position),
        "mark_price": maybe(settlement.price),
        "currency": settlement.asset,
        "venue_kind": settlement.kind,
    }
    if words[0] == "bankruptcy":
        amount = maybe(settlement.amount)
        return document | {"session_bankrupcy": amount, "session_bankruptcy": amount, "funded": number("0")}
    return document | {"session_profit_loss": maybe(settlement.amount), "profit_loss": maybe(settlement.amount)}


def is_cursor(text: str) -> bool:
    """Whether a text may be where another page begins."""
    return _CURSOR.fullmatch(text) is not None
