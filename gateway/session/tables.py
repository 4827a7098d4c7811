"""Trades and candles as rows of a table: decimals as the wire writes them, times in UTC and in Moscow."""

from __future__ import annotations

from typing import Final

from engine.vocabulary.codes import SIDES
from gateway.candles.candle import Candle
from gateway.printable import Cell
from gateway.reporting.steps.reference import Reference
from gateway.reporting.tables.times import UtcTimes, moscow_time
from gateway.session.tape import Print

TRADE_COLUMNS: Final = (
    "seq",
    "trade_id",
    "time_utc",
    "time_moscow",
    "instrument",
    "price",
    "quantity",
    "amount",
    "taker_side",
    "maker_order_id",
    "maker_account",
    "taker_order_id",
    "taker_account",
    "status",
    "final_price",
)
CANDLE_COLUMNS: Final = (
    "start_utc",
    "start_moscow",
    "instrument",
    "open",
    "high",
    "low",
    "close",
    "volume",
    "turnover",
    "trades",
    "first_seq",
    "last_seq",
)

Cells = tuple[Cell, ...]


class Rows:
    """Makes rows; `reference` knows the instruments."""

    def __init__(self, reference: Reference) -> None:
        self._reference: Final = reference
        self._utc: Final = UtcTimes()

    def trade(self, each: Print) -> Cells:
        """A row of `TRADE_COLUMNS`. `price` is that of the trade, `final_price` what stands: empty if it was busted."""
        trade, final_ticks = each.trade, each.final_ticks
        format_ = self._reference.formats.instruments[trade.instrument]
        traded = self._reference.instruments[trade.instrument]
        status = "" if final_ticks == trade.price_ticks else "corrected" if final_ticks else "busted"
        return (
            each.seq,
            trade.trade_id,
            self._utc(each.time_ns),
            moscow_time(each.time_ns, 3),
            trade.instrument,
            format_.price[trade.price_ticks],
            format_.quantity[trade.quantity_lots],
            format_.money[trade.price_ticks * trade.quantity_lots * traded.unit],
            SIDES[trade.taker_side],
            trade.maker_order_id,
            trade.maker_account,
            trade.taker_order_id,
            trade.taker_account,
            status,
            format_.price[final_ticks] if final_ticks else "",
        )

    def candle(self, candle: Candle) -> Cells:
        """A row of `CANDLE_COLUMNS`."""
        format_ = self._reference.formats.instruments[candle.instrument]
        traded = self._reference.instruments[candle.instrument]
        return (
            self._utc(candle.start_ns),
            moscow_time(candle.start_ns, 3),
            candle.instrument,
            format_.price[candle.open],
            format_.price[candle.high],
            format_.price[candle.low],
            format_.price[candle.close],
            format_.quantity[candle.volume_lots],
            format_.money[candle.tick_lots * traded.unit],
            candle.trades,
            candle.first_seq,
            candle.last_seq,
        )
