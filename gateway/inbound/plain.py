"""Plain requests to trade, read straight into commands where a C compiler was found (`scanned.c`).

Plain is what bots send most: a `new_order` of type `limit` or `market` without rarer terms, a `cancel_order`, an `amend_order` of
price or quantity; with names in ASCII, each key once, and decimals of at most ten digits before the point. All else is decoded
and translated, which gives the same in more time: for a plain request too, where nothing was compiled.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from engine.vocabulary.codes import ORDER_TYPES, POST_ONLY_OFF, POST_ONLY_REJECT, SIDES, TIMES_IN_FORCE
from engine.vocabulary.limits import DECIMALS, MAX_NAME_CHARS
from engine.vocabulary.messages.commands import AmendOrder, AnyCommand, CancelOrder, NewOrder
from gateway.inbound.rates import COSTS
from gateway.protocol import messages
from gateway.protocol.wire import JSON, MSGPACK

Scan = Callable[[bytes, str], tuple[int, AnyCommand] | None]
"""Of a payload and its participant the id of the request and its command; None: it is not plain."""
SCANS: Final[dict[str, Scan]] = {}
"""By the name of the codec; none where nothing was compiled."""
PLAIN: Final = (messages.NewOrder, messages.CancelOrder, messages.AmendOrder)
PLAIN_COST: Final = 1
"""Of each, in units, beside what its bytes cost."""
assert not COSTS.keys() & set(PLAIN), "a plain request costs more than one unit"

try:
    from gateway.inbound import scanned
except ImportError:
    # There was no compiler, or the build is one for development.
    pass
else:
    scanned.prepare(
        (NewOrder, CancelOrder, AmendOrder),
        (SIDES, ORDER_TYPES, TIMES_IN_FORCE),
        (POST_ONLY_OFF, POST_ONLY_REJECT),
        MAX_NAME_CHARS,
        DECIMALS,
    )
    SCANS.update({JSON.name: scanned.json, MSGPACK.name: scanned.msgpack})
