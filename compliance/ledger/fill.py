"""A trade as the ledger follows it."""

from __future__ import annotations

from typing import Final

from mypy_extensions import mypyc_attr

from engine.vocabulary.codes import BUY
from engine.vocabulary.kinds import fields_of
from engine.vocabulary.messages.events import Trade

# Where in a trade the fields of its maker begin, and those of its taker: order id, account, and then what is left of the order.
_MAKER: Final = 5
_TAKER: Final = 12
_ACCOUNT: Final = 1
_LEAVES: Final = 5


@mypyc_attr(acyclic=True)
class Fill:
    """What was traded and when; and of buyer and seller whose order it was, and how many lots of it are left."""

    def __init__(self, trade: Trade, time_ns: int) -> None:
        fields = fields_of(trade)
        self.time_ns: Final = time_ns
        self.trade_id: Final[int] = fields[0]
        self.instrument: Final[str] = fields[1]
        self.price_ticks: Final[int] = fields[2]
        self.lots: Final[int] = fields[3]
        buyer, seller = (_TAKER, _MAKER) if fields[4] == BUY else (_MAKER, _TAKER)
        self.buy_order_id: Final[int] = fields[buyer]
        self.buyer: Final[str] = fields[buyer + _ACCOUNT]
        self.buy_leaves: Final[int] = fields[buyer + _LEAVES]
        self.sell_order_id: Final[int] = fields[seller]
        self.seller: Final[str] = fields[seller + _ACCOUNT]
        self.sell_leaves: Final[int] = fields[seller + _LEAVES]

    def order(self, side: int) -> tuple[int, int]:
        """Id of the order of a side, and how many lots of it are left."""
        return (self.buy_order_id, self.buy_leaves) if side == BUY else (self.sell_order_id, self.sell_leaves)
