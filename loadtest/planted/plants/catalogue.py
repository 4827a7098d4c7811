"""All that can be planted, by the name of the detector that should find it."""

from __future__ import annotations

from typing import Final

from loadtest.planted.ground.plot import Act
from loadtest.planted.plants import evading, moving, quoting, trading

PLANTS: Final[dict[str, Act]] = {
    "wash_trade": trading.wash_trade,
    "circular_trading": trading.circular_trading,
    "layering": quoting.layering,
    "spoofing": quoting.spoofing,
    "quote_stuffing": quoting.quote_stuffing,
    "momentum_ignition": moving.momentum_ignition,
    "marking_the_close": moving.marking_the_close,
    "cap_splitting": evading.cap_splitting,
    "payment_in_disguise": trading.payment_in_disguise,
    "pass_through": evading.pass_through,
    "use_of_frozen": evading.use_of_frozen,
    "front_running": evading.front_running,
}
