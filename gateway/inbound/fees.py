"""What accounts have paid for the trades of the day, added up as it is asked for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

from engine.book.records import TradeRecord
from engine.exchange import Exchange
from engine.vocabulary.limits import ANSWER_PIECE_STEPS
from gateway.outbound.private_reports.reports import PrivateReports

_STEPS_PER_TRADE: Final = 2
"""Half a microsecond for each side."""
_PIECE: Final = ANSWER_PIECE_STEPS // _STEPS_PER_TRADE


class FeesPaid:
    """The fees of each account, as corrected, by asset, of the trades that the core keeps for the day.

    Whoever asks first adds up what there is; the next only what has come since. After a correction all is added up anew.
    Memory: accounts that traded that day, times the assets in which they paid.
    """

    def __init__(self, exchange: Exchange, reports: PrivateReports) -> None:
        self._exchange: Final = exchange
        self._reports: Final = reports
        self._trades: list[TradeRecord] | None = None
        self._corrections = 0
        self._added = 0
        """How many of the trades are in the sums."""
        self._sums: dict[str, Counter[str]] = {}

    def catch_up(self) -> Iterator[int]:
        """Add up what was not yet; yields the steps of each piece but the last."""
        while True:
            self._begin_anew_if_needed()
            trades = self._exchange.day_trades
            piece = trades[self._added : self._added + _PIECE]
            for trade in piece:
                asset = trade.instrument.quote.asset
                self._sums.setdefault(trade.buyer.account, Counter())[asset] += trade.buy_fee
                self._sums.setdefault(trade.seller.account, Counter())[asset] += trade.sell_fee
            self._added += len(piece)
            if self._added >= len(trades):
                return
            yield len(piece) * _STEPS_PER_TRADE

    def of(self, account: str) -> dict[str, int]:
        """What an account has paid, by asset, in minor units; below zero: it was paid more."""
        return dict(self._sums.get(account, {}))

    def _begin_anew_if_needed(self) -> None:
        """Forget the sums of another day, or of trades that were corrected since."""
        corrections = self._reports.corrections
        if self._trades is not self._exchange.day_trades or self._corrections != corrections:
            self._trades, self._corrections = self._exchange.day_trades, corrections
            self._added = 0
            self._sums = {}
