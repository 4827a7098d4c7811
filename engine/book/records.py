"""What is kept of a trading day until it ends: transfers, so that they are done once, and trades, so that they can be corrected."""

from __future__ import annotations

from typing import Final

from engine.book.entities import Instrument, Order
from engine.book.used_id import UsedId
from engine.vocabulary.messages.commands import Transfer


class TransferRecord(UsedId):
    """A transfer of the trading day."""

    def __init__(self, transfer_id: int, command: Transfer, code: int) -> None:
        self.transfer_id: Final = transfer_id
        self.command: Final = command
        self.code: Final = code
        """`OK`, or why it was refused."""

    @property
    def used_for(self) -> str:
        """Which transfer."""
        return f"transfer {self.transfer_id}"


class TradeRecord:
    """A trade of the current trading day, kept so that it can be corrected."""

    def __init__(self, buy: Order, sell: Order, price_ticks: int, lots: int, time_ns: int) -> None:
        self.instrument: Final[Instrument] = buy.instrument
        self.buy: Final = buy
        self.sell: Final = sell
        self.price_ticks: int = price_ticks
        self.lots: Final = lots
        self.time_ns: Final = time_ns
        self.buy_fee: int = 0
        self.sell_fee: int = 0
        self.buy_ppm: int = 0
        """The rate at which the buyer was charged."""
        self.sell_ppm: int = 0
        self.busted: bool = False
