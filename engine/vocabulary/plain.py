"""Plain orders: limit orders, gtc, ioc or fok, with no further terms. Most orders are, and much need not be looked at then."""

from __future__ import annotations

from typing import Final

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
assert fields_of(NewOrder("", "", "", "", BUY, LIMIT, GTC, 0, 0, reduce_only=True))[REDUCE_ONLY_AT] is True


def is_plain(fields: Fields) -> bool:
    """Whether the fields of a `NewOrder` are those of a plain order. Price and quantity may be nonsense."""
    side: int = fields[_SIDE]
    order_type: int = fields[_ORDER_TYPE]
    life: int = fields[_TIME_IN_FORCE]
    return order_type == LIMIT and GTC <= life <= FOK and BUY <= side <= SELL and fields[_FURTHER:] == NO_FURTHER
