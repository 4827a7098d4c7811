"""Prices and volume of each instrument: in all, and over time in so many steps as a page can show."""

from __future__ import annotations

from typing import Final

from engine.vocabulary.limits import NS_PER_SECOND
from engine.vocabulary.messages.events import Event, Trade
from gateway.reporting.part import EVENTS, Frame, Part
from gateway.reporting.steps.source import Step
from gateway.reporting.sums.buckets import Bucket, Series
from gateway.reporting.tables.tables import AMOUNT, COUNT, TIME, Cells, Column, Table
from gateway.reporting.tables.times import utc


class Prices(Part):
    """Follows the trades, as traded: a correction is not taken off. `sbx candles` shows what stands."""

    name = "prices"
    title = "Prices and volume"
    purpose = "Open, high, low, close and volume by instrument, in all and over time, as traded."
    need = EVENTS
    kinds = (Trade,)

    TITLE: Final = "Prices and volume, as traded"
    COLUMNS: Final = (
        Column("instrument"),
        Column("trades", COUNT, adds=True),
        Column("open", AMOUNT),
        Column("high", AMOUNT),
        Column("low", AMOUNT),
        Column("close", AMOUNT),
        Column("volume", AMOUNT, adds=True),
        Column("turnover", AMOUNT, adds=True),
        Column("turnover_asset"),
    )
    SERIES_TITLE: Final = "Prices and volume over time, as traded"
    SERIES_COLUMNS: Final = (
        Column("instrument"),
        Column("begin_utc", TIME),
        Column("seconds", COUNT),
        Column("trades", COUNT),
        Column("open", AMOUNT),
        Column("high", AMOUNT),
        Column("low", AMOUNT),
        Column("close", AMOUNT),
        Column("volume", AMOUNT),
        Column("turnover", AMOUNT),
    )

    def __init__(self, frame: Frame) -> None:
        super().__init__(frame)
        self._series: Final[dict[str, Series]] = {}
        self._whole: Final[dict[str, Bucket]] = {}

    def event(self, step: Step, event: Event) -> None:
        """A trade."""
        if not isinstance(event, Trade) or not self.frame.is_wanted:
            return
        series = self._series.get(event.instrument)
        if series is None:
            series = self._series[event.instrument] = Series()
        series.take(step.time_ns, event.price_ticks, event.quantity_lots)
        bucket = Bucket(step.time_ns, event.price_ticks, event.quantity_lots)
        whole = self._whole.get(event.instrument)
        if whole is None:
            self._whole[event.instrument] = bucket
        else:
            whole.add(bucket)

    def tables(self) -> list[Table]:
        """In all, then over time."""
        whole: list[Cells] = [
            (name, bucket.trades, *self._prices(name, bucket), self.frame.reference.instruments[name].quote)
            for name, bucket in sorted(self._whole.items())
        ]
        rows: list[Cells] = [
            (
                *(name, utc(bucket.start_ns), series.length_ns // NS_PER_SECOND, bucket.trades),
                *self._prices(name, bucket),
            )
            for name, series in sorted(self._series.items())
            for bucket in series
        ]
        return [
            Table("prices", self.TITLE, self.COLUMNS, whole),
            Table("price_series", self.SERIES_TITLE, self.SERIES_COLUMNS, rows),
        ]

    def _prices(self, name: str, bucket: Bucket) -> tuple[str, ...]:
        """Open, high, low, close, volume and turnover."""
        format_ = self.frame.reference.formats.instruments[name]
        traded = self.frame.reference.instruments[name]
        prices = [format_.price[each] for each in (bucket.open, bucket.high, bucket.low, bucket.close)]
        turnover = self.frame.reference.formats.amount(traded.quote, bucket.tick_lots * traded.unit)
        return (*prices, format_.quantity[bucket.lots], turnover)
