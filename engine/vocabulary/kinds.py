"""The classes of the messages that most commands meet or make, as constants.

Messages are not compiled, so a compiled module that imports their classes looks each up by its name, in a dictionary, wherever it
stands; what is `Final` is found at once.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from engine.vocabulary.messages.commands import AmendOrder, CancelOrder, NewOrder, Tick
from engine.vocabulary.messages.events import BookAdded, OrderAccepted, OrderCancelled, OrderRejected, Trade

NEW_ORDER: Final = NewOrder
AMEND_ORDER: Final = AmendOrder
CANCEL_ORDER: Final = CancelOrder
TICK: Final = Tick

ORDER_ACCEPTED: Final = OrderAccepted
ORDER_REJECTED: Final = OrderRejected
ORDER_CANCELLED: Final = OrderCancelled
BOOK_ADDED: Final = BookAdded
TRADE: Final = Trade

Fields = tuple[Any, ...]
"""Those of a message; where nothing may stand for them, they have not been read yet."""

fields_of: Final = msgspec.structs.astuple
"""All fields of a message as a tuple: one call costs as much as reading four of them by name."""
