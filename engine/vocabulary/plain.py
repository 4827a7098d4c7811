"""Plain orders: limit orders, gtc, ioc or fok, with no further terms. Most orders are, and much need not be looked at then."""

from __future__ import annotations

from typing import Any, Final

from engine.vocabulary.codes import BUY, FOK, GTC, LIMIT, SELL
from engine.vocabulary.kinds import Fields, fields_of
from engine.vocabulary.messages.commands import NewOrder

_SIDE: Final = 4
_ORDER_TYPE: Final = 5
_TIME_IN_FORCE: Final = 6
_FURTHER: Final = 9
"""Where the further terms begin, which have defaults."""
TERMS_FROM: Final = 3
"""Where the terms begin, after who asks and under which id: with the instrument."""
REDUCE_ONLY_AT: Final = 19
NO_FURTHER: Final[Fields] = fields_of(NewOrder("", "", "", "", BUY, LIMIT, GTC, 0, 0))[_FURTHER:]
_ZERO: Final[Any] = 0
_NONE: Final[Any] = -1
_FALSE: Final[Any] = False

assert NO_FURTHER == (0, -1, 0, 0, 0, 0, 0, -1, 0, 0, False, 0), (
    "a new further term is to be looked at in `is_plain`, too"
)
assert fields_of(NewOrder("", "", "", "", BUY, LIMIT, GTC, 0, 0, reduce_only=True))[REDUCE_ONLY_AT] is True


def is_plain(fields: Fields) -> bool:
    """Whether the fields of a `NewOrder` are those of a plain order. Price and quantity may be nonsense."""
    side: int = fields[_SIDE]
    order_type: int = fields[_ORDER_TYPE]
    life: int = fields[_TIME_IN_FORCE]
    if not (order_type == LIMIT and GTC <= life <= FOK and BUY <= side <= SELL):
        return False
    # One by one: to cut them out of the tuple, compare them and throw them away takes a compiled core three times as long. The
    # same small number is the same object nearly always.
    return (
        fields[9] is _ZERO
        and fields[10] is _NONE
        and fields[11] is _ZERO
        and fields[12] is _ZERO
        and fields[13] is _ZERO
        and fields[14] is _ZERO
        and fields[15] is _ZERO
        and fields[16] is _NONE
        and fields[17] is _ZERO
        and fields[18] is _ZERO
        and fields[19] is _FALSE
        and fields[20] is _ZERO
    ) or fields[_FURTHER:] == NO_FURTHER
