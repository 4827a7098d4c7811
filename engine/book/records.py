"""Transfers and trades of a trading day: kept until it ends, transfers so that they are done once, trades so that they can be corrected."""

from __future__ import annotations

from typing import Final

from mypy_extensions import mypyc_attr

from engine.book.entities import Account, Instrument
from engine.book.used_id import UsedId
from engine.vocabulary.codes import CARRIED_OUT
from engine.vocabulary.messages.commands import RequestWithdrawal, Transfer
from engine.vocabulary.said import Said, said


class TransferRecord(UsedId):
    """A transfer or a withdrawal of the trading day that waits for nothing."""

    def __init__(
        self, transfer_id: int, command: Transfer | RequestWithdrawal, code: int, status: int = CARRIED_OUT
    ) -> None:
        self.transfer_id: Final = transfer_id
        self.command: Final = command
        self.code: Final = code
        """`OK`, or why it was rejected."""
        self.status: Final = status
        """How it ended, if it was not rejected."""

    @property
    def used_for(self) -> Said:
        """Which transfer."""
        if isinstance(self.command, Transfer):
            return said("used.transfer", self.transfer_id)
        return said("used.withdrawal", self.transfer_id)


Filled = tuple[Account, int, str]
"""Of an order that a trade filled: its account, its id, its client order id."""


@mypyc_attr(acyclic=True)
class TradeRecord:
    """A trade of the current trading day, kept so that it can be corrected. It names its orders, and lets them go when they end."""

    def __init__(
        self, instrument: Instrument, buy: Filled, sell: Filled, price_ticks: int, lots: int, *, time_ns: int
    ) -> None:
        self.instrument: Final = instrument
        self.buyer: Final = buy[0]
        self.buy_order_id: Final = buy[1]
        self.buy_client_order_id: Final = buy[2]
        self.seller: Final = sell[0]
        self.sell_order_id: Final = sell[1]
        self.sell_client_order_id: Final = sell[2]
        self.price_ticks: int = price_ticks
        self.lots: Final = lots
        self.time_ns: Final = time_ns
        self.buy_fee: int = 0
        self.sell_fee: int = 0
        self.buy_ppm: int = 0
        """The rate at which the buyer was charged."""
        self.sell_ppm: int = 0
        self.busted: bool = False
