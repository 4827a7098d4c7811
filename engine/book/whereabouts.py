"""Where an open order is. Everywhere but on the book it is parked: it can't trade now."""

from __future__ import annotations

from typing import Final

NOWHERE: Final = 0
ON_BOOK: Final = 1
WAITING_STOP: Final = 2
OFF_PEG: Final = 3
"""A pegged order without a price to follow, or in a call."""
FOR_AUCTION: Final = 4
"""An at_open or at_close order before its auction."""
IN_CALL: Final = 5
"""A market order collected by a call."""
FOR_ENTRY: Final = 6
"""The take-profit or stop of a bracket whose entry has not ended."""
ELECTED: Final = 7
"""A stop that a print has elected and that waits for its turn within the command."""
