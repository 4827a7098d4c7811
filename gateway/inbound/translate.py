"""Trading requests as commands of the core."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

import msgspec

from engine.book.assets import Asset
from engine.book.entities import Instrument
from engine.vocabulary.codes import (
    ORDER_TYPES,
    PEGS,
    POST_ONLY_MODES,
    POST_ONLY_OFF,
    POST_ONLY_REJECT,
    PURPOSES,
    SELF_TRADE_MODES,
    SIDES,
    TIMES_IN_FORCE,
)
from engine.vocabulary.kinds import CANCEL_ORDER, NEW_ORDER, Fields, fields_of
from engine.vocabulary.limits import MAX_SUPPLY
from engine.vocabulary.messages import commands
from gateway.protocol.messages import (
    AmendOrder,
    AnyRequest,
    CancelAllAfter,
    CancelOrder,
    CancelWithdrawal,
    MassCancel,
    MassQuote,
    NewBracket,
    NewOrder,
    NewOrderPair,
    OrderTerms,
    RequestDelivery,
    RequestWithdrawal,
    Transfer,
)
from gateway.protocol.wire import Malformed, field_e8, parse_amount

_SIDES: Final = {name: code for code, name in enumerate(SIDES)}
_ORDER_TYPES: Final = {name: code for code, name in enumerate(ORDER_TYPES)}
_TIMES_IN_FORCE: Final = {name: code for code, name in enumerate(TIMES_IN_FORCE)}
_SELF_TRADE_MODES: Final = {name: code for code, name in enumerate(SELF_TRADE_MODES)}
_POST_ONLY: Final[dict[bool | str, int]] = {
    False: POST_ONLY_OFF,
    True: POST_ONLY_REJECT,
    **{name: code for code, name in enumerate(POST_ONLY_MODES) if code},
}
_PURPOSES: Final = {name: code for code, name in enumerate(PURPOSES)}
_PEGS: Final = {name: code for code, name in enumerate(PEGS)}
_UNPRICED: Final = ("market", "stop", "trailing_stop")
"""Without a limit price of their own."""

# Fields of requests are read all at once, in their order; tests/gateway/inbound/test_translate.py holds it.
_COMMON_TERMS: Final = 8
"""How many fields come before the rarer terms of an order."""
_TERMS: Final = len(OrderTerms.__struct_fields__)
_NO_RARE: Final = OrderTerms.__struct_defaults__[_COMMON_TERMS - _TERMS :]
"""The rarer terms of an order that has none."""


class Known(NamedTuple):
    """What the venue knows, by name: the scales of amounts follow from it."""

    instruments: Mapping[str, Instrument]
    assets: Mapping[str, Asset]


def _new_order(request: NewOrder, participant: str, known: Known) -> commands.NewOrder:
    fields = fields_of(request)
    return _terms(fields, participant, fields[_TERMS + 1], known)


def _terms(fields: Fields, participant: str, account: str, known: Known) -> commands.NewOrder:
    """One order, by the fields of its terms. The core checks what they mean together; here only what no order can be without."""
    quantity, order_type, price = fields[3], fields[4], fields[6]
    if order_type in _UNPRICED:
        if price is not None:
            raise Malformed(f"price: a {order_type} order must not have one")
        price_e8 = 0
    elif price is not None:
        price_e8 = field_e8("price", price)
    elif order_type == "pegged":
        price_e8 = 0
    else:
        raise Malformed(f"price: a {order_type} order needs one")
    rare = fields[_COMMON_TERMS:_TERMS]
    funds = rare[-1]
    if (quantity is None) == (funds is None):
        raise Malformed("quantity: an order needs one, or, a market order, funds instead")
    command = NEW_ORDER(
        participant,
        account,
        fields[0],
        fields[1],
        _SIDES[fields[2]],
        _ORDER_TYPES[order_type],
        _TIMES_IN_FORCE[fields[5]],
        price_e8,
        0 if quantity is None else field_e8("quantity", quantity),
        _POST_ONLY[fields[7]],
    )
    if rare == _NO_RARE:
        return command
    self_trade, stop_price, trail, trail_bps, display, peg, offset, min_quantity, expire_ns, reduce_only, _ = rare
    return msgspec.structs.replace(
        command,
        self_trade=-1 if self_trade is None else _SELF_TRADE_MODES[self_trade],
        display_e8=_optional_e8("display_quantity", display),
        min_quantity_e8=_optional_e8("min_quantity", min_quantity),
        stop_price_e8=_optional_e8("stop_price", stop_price),
        trail_e8=_optional_e8("trail", trail),
        trail_bps=trail_bps or 0,
        peg=-1 if peg is None else _PEGS[peg],
        peg_offset_e8=_offset_e8(offset),
        expire_ns=expire_ns or 0,
        reduce_only=reduce_only,
        funds=_funds(funds, fields[1], known),
    )


def _optional_e8(field: str, text: str | None) -> int:
    return 0 if text is None else field_e8(field, text)


def _offset_e8(text: str | None) -> int:
    if text is None:
        return 0
    if text.startswith("-"):
        return -field_e8("peg_offset", text[1:])
    return field_e8("peg_offset", text)


def _funds(text: str | None, name: str, known: Known) -> int:
    """A budget in minor units of the quote asset of an instrument."""
    if text is None:
        return 0
    instrument = known.instruments.get(name)
    # Of an unknown instrument any scale will do: the core refuses the order for that.
    scale = 0 if instrument is None else instrument.quote.scale
    try:
        budget = parse_amount(text, scale, MAX_SUPPLY) if instrument is not None else 1
    except Malformed as error:
        raise Malformed(f"funds: {error}") from error
    if not budget:
        raise Malformed("funds: must be above zero")
    return budget


def _new_order_pair(request: NewOrderPair, participant: str, known: Known) -> commands.NewOrderPair:
    account = request.account
    legs = [_terms(fields_of(terms), participant, account, known) for terms in (request.limit, request.stop)]
    return commands.NewOrderPair(participant, account, *legs)


def _new_bracket(request: NewBracket, participant: str, known: Known) -> commands.NewBracket:
    account = request.account
    parts = (request.entry, request.take_profit, request.stop)
    legs = [_terms(fields_of(terms), participant, account, known) for terms in parts]
    return commands.NewBracket(participant, account, *legs)


def _mass_quote(request: MassQuote, participant: str, known: Known) -> commands.MassQuote:
    bids, asks = (
        tuple([(field_e8("price", price), field_e8("quantity", quantity)) for price, quantity in ladder])
        for ladder in (request.bids, request.asks)
    )
    return commands.MassQuote(
        participant,
        request.account,
        request.quote_id,
        request.instrument,
        bids,
        asks,
        _POST_ONLY[request.post_only],
        -1 if request.self_trade is None else _SELF_TRADE_MODES[request.self_trade],
    )


def _amend_order(request: AmendOrder, participant: str, known: Known) -> commands.AmendOrder:
    account, order_id, client_order_id, price, quantity, stop_price, display_quantity, _ = fields_of(request)
    order_id, client_order_id = _which(order_id, client_order_id)
    if price is None and quantity is None and stop_price is None and display_quantity is None:
        raise Malformed("an amend must give a price, a quantity, a stop price or a display quantity")
    return commands.AmendOrder(
        participant,
        account,
        order_id,
        client_order_id,
        _optional_e8("price", price),
        _optional_e8("quantity", quantity),
        _optional_e8("stop_price", stop_price),
        _optional_e8("display_quantity", display_quantity),
    )


def _cancel_order(request: CancelOrder, participant: str, known: Known) -> commands.CancelOrder:
    account, order_id, client_order_id, _ = fields_of(request)
    return CANCEL_ORDER(participant, account, *_which(order_id, client_order_id))


def _mass_cancel(request: MassCancel, participant: str, known: Known) -> commands.MassCancel:
    side = -1 if request.side is None else _SIDES[request.side]
    return commands.MassCancel(participant, request.account, request.instrument or "", side)


def _cancel_all_after(request: CancelAllAfter, participant: str, known: Known) -> commands.CancelAllAfter:
    return commands.CancelAllAfter(participant, request.account or "", request.timeout)


def _amount(request: Transfer | RequestWithdrawal, known: Known) -> int:
    """What is to be moved, in minor units."""
    asset = known.assets.get(request.asset)
    if asset is None:
        # Without its scale the amount can't be read.
        raise Malformed(f"asset: unknown asset {request.asset}")
    try:
        amount = parse_amount(request.amount, asset.scale, MAX_SUPPLY)
    except Malformed as error:
        raise Malformed(f"amount: {error}") from error
    if not amount:
        raise Malformed("amount: must be above zero")
    return amount


def _transfer(request: Transfer, participant: str, known: Known) -> commands.Transfer:
    return commands.Transfer(
        participant,
        request.account,
        request.client_order_id,
        request.to_account,
        request.asset,
        _amount(request, known),
        _PURPOSES[request.purpose],
        request.contract_reference,
    )


def _request_withdrawal(request: RequestWithdrawal, participant: str, known: Known) -> commands.RequestWithdrawal:
    return commands.RequestWithdrawal(
        participant,
        request.account,
        request.client_order_id,
        request.asset,
        _amount(request, known),
        request.destination,
    )


def _cancel_withdrawal(request: CancelWithdrawal, participant: str, known: Known) -> commands.CancelWithdrawal:
    return commands.CancelWithdrawal(participant, request.account, request.movement)


def _request_delivery(request: RequestDelivery, participant: str, known: Known) -> commands.RequestDelivery:
    quantity_e8 = field_e8("quantity", request.quantity)
    return commands.RequestDelivery(participant, request.account, request.instrument, quantity_e8)


def _which(order_id: int | None, client_order_id: str | None) -> tuple[int, str]:
    """The one id by which an order is named, in the form of the commands."""
    if (order_id is None) == (client_order_id is None):
        raise Malformed("name the order by order_id or by client_order_id: one of the two")
    if order_id is None:
        return 0, client_order_id or ""
    if not order_id:
        raise Malformed("order_id: must be above zero")
    return order_id, ""


TRANSLATE: Final[dict[type[AnyRequest], Callable[[Any, str, Known], commands.AnyCommand]]] = {
    NewOrder: _new_order,
    AmendOrder: _amend_order,
    CancelOrder: _cancel_order,
    MassCancel: _mass_cancel,
    CancelAllAfter: _cancel_all_after,
    MassQuote: _mass_quote,
    NewOrderPair: _new_order_pair,
    NewBracket: _new_bracket,
    Transfer: _transfer,
    RequestWithdrawal: _request_withdrawal,
    CancelWithdrawal: _cancel_withdrawal,
    RequestDelivery: _request_delivery,
}
"""What `to_command` does for each type of trading request."""


def to_command(request: AnyRequest, participant: str, known: Known) -> commands.AnyCommand:
    """The command that a trading request of a participant asks for.

    Raises:
        Malformed: a decimal can't be read, or fields contradict each other.
    """
    return TRANSLATE[type(request)](request, participant, known)
