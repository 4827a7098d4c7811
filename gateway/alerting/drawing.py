"""The moment of an alert as a picture: prices, and the orders and trades of those who are named; as text and as SVG."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Final

from engine.record.rows import StoredRow, decode_events
from engine.vocabulary.codes import BUY
from engine.vocabulary.messages.events import (
    OrderAccepted,
    OrderAmended,
    OrderCancelled,
    Trade,
    Transferred,
)
from gateway.printable import printable
from gateway.reporting.steps.reference import Reference
from gateway.reporting.tables.times import moscow_time
from gateway.words.chosen import tr

MAX_MARKS: Final = 20_000
"""Trades and orders that are drawn; what comes later is left out."""
MAX_LINES: Final = 12
"""Transfers that are listed."""
_WIDTH, _HEIGHT = 900, 360
_MARGIN: Final = 64
_SECOND: Final = 1_000_000_000


class Bar:
    """An order of somebody who is named, as long as it stood at one price."""

    def __init__(self, time_ns: int, side: int, price_ticks: int) -> None:
        self.side: Final = side
        self.price_ticks: Final = price_ticks
        self.begin_ns: Final = time_ns
        self.end_ns: int = 0
        """0: it stood at the end."""
        self.is_taken_away: bool = False


class Dot:
    """A trade."""

    def __init__(self, time_ns: int, price_ticks: int, is_named: bool) -> None:
        self.time_ns: Final = time_ns
        self.price_ticks: Final = price_ticks
        self.is_named: Final = is_named


class Drawing:
    """What happened in one instrument in a stretch of a journal, with what some accounts did.

    Args:
        rows: of the stretch, in order.
        instrument: what is drawn; empty: transfers between the accounts alone.
        accounts: who is marked.
        reference: knows how prices are written.
    """

    def __init__(
        self, rows: Iterable[StoredRow], instrument: str, accounts: Iterable[str], reference: Reference
    ) -> None:
        self.instrument: Final = instrument
        self.accounts: Final = tuple(accounts)
        self.dots: Final[list[Dot]] = []
        self.bars: Final[list[Bar]] = []
        self.transfers: Final[list[str]] = []
        self.begin_ns: int = 0
        self.end_ns: int = 0
        self._reference: Final = reference
        self._standing: Final[dict[int, Bar]] = {}
        for row in rows:
            self._take(row)
            if len(self.dots) + len(self.bars) > MAX_MARKS:
                break
        for bar in self._standing.values():
            bar.end_ns = self.end_ns

    def _take(self, row: StoredRow) -> None:
        time_ns = row[1]
        self.begin_ns = self.begin_ns or time_ns
        self.end_ns = time_ns
        for event in decode_events(row[3]):
            if isinstance(event, Transferred):
                self._transfer(time_ns, event)
            elif getattr(event, "instrument", None) != self.instrument:
                continue
            elif isinstance(event, Trade):
                named = event.maker_account in self.accounts or event.taker_account in self.accounts
                self.dots.append(Dot(time_ns, event.price_ticks, named))
                for order_id, leaves in (
                    (event.maker_order_id, event.maker_leaves_lots),
                    (event.taker_order_id, event.taker_leaves_lots),
                ):
                    if not leaves:
                        self._ends(order_id, time_ns, False)
            elif isinstance(event, OrderAccepted) and event.account in self.accounts and event.price_ticks:
                self._begins(event.order_id, time_ns, event.side, event.price_ticks)
            elif isinstance(event, OrderAmended) and event.order_id in self._standing:
                self._ends(event.order_id, time_ns, False)
                self._begins(event.order_id, time_ns, event.side, event.price_ticks)
            elif isinstance(event, OrderCancelled):
                self._ends(event.order_id, time_ns, True)

    def _begins(self, order_id: int, time_ns: int, side: int, price_ticks: int) -> None:
        bar = Bar(time_ns, side, price_ticks)
        self.bars.append(bar)
        self._standing[order_id] = bar

    def _ends(self, order_id: int, time_ns: int, is_taken_away: bool) -> None:
        bar = self._standing.pop(order_id, None)
        if bar is not None:
            bar.end_ns, bar.is_taken_away = time_ns, is_taken_away

    def _transfer(self, time_ns: int, event: Transferred) -> None:
        if event.from_account in self.accounts or event.to_account in self.accounts:
            amount = self._reference.formats.amount(event.asset, event.amount)
            self.transfers.append(
                f"{moscow_time(time_ns, 1)}  {event.from_account} -> {event.to_account}  {amount} {event.asset}"
            )

    # ── as text ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def lines(self, width: int = 72, height: int = 14) -> list[str]:
        """The picture for a window of that size, below it the transfers."""
        found: list[str] = []
        bounds = self._bounds()
        if bounds is not None:
            found += self._plot(bounds, width, height)
        shown = self.transfers[:MAX_LINES]
        if shown:
            found += [tr("transfers:"), *(f"  {printable(line)}" for line in shown)]
            more = len(self.transfers) - len(shown)
            if more:
                found.append(tr("  and {n} more", n=f"{more:,}"))
        return found or [tr("nothing of those named can be drawn")]

    def _bounds(self) -> tuple[int, int] | None:
        """The lowest and the highest price that is drawn; far orders are drawn at the edge."""
        prices = sorted(dot.price_ticks for dot in self.dots) or sorted(bar.price_ticks for bar in self.bars)
        if not prices:
            return None
        low, high = prices[0], prices[-1]
        near = max((high - low) // 2, high // 500, 4)
        for bar in self.bars:
            if low - near <= bar.price_ticks <= high + near:
                low, high = min(low, bar.price_ticks), max(high, bar.price_ticks)
        return low, max(high, low + 1)

    def _plot(self, bounds: tuple[int, int], width: int, height: int) -> list[str]:
        low, high = bounds
        grid = [[" "] * width for _ in range(height)]
        span = max(self.end_ns - self.begin_ns, 1)

        def column(time_ns: int) -> int:
            return min((time_ns - self.begin_ns) * (width - 1) // span, width - 1)

        def line(price_ticks: int) -> int:
            inside = min(max(price_ticks, low), high)
            return (high - inside) * (height - 1) // (high - low)

        for dot in self.dots:
            if not dot.is_named:
                grid[line(dot.price_ticks)][column(dot.time_ns)] = "·"
        for bar in self.bars:
            row = grid[line(bar.price_ticks)]
            first, last = column(bar.begin_ns), column(bar.end_ns)
            for place in range(first, last + 1):
                row[place] = "─" if bar.side == BUY else "═"
            if bar.is_taken_away:
                row[last] = "x"
        for dot in self.dots:
            if dot.is_named:
                grid[line(dot.price_ticks)][column(dot.time_ns)] = "●"
        labels = {0: self._price(high), height - 1: self._price(low)}
        margin = max(len(label) for label in labels.values())
        found = [f"{labels.get(number, ''):>{margin}} │{''.join(row).rstrip()}" for number, row in enumerate(grid)]
        begin, end = moscow_time(self.begin_ns, 1)[11:], moscow_time(self.end_ns, 1)[11:]
        found.append(f"{'':>{margin}} └{'─' * width}")
        found.append(f"{'':>{margin}}  {begin}{end:>{width - len(begin)}}")
        legend = tr("· trade   ● trade of those named   ─ their buys   ═ their sells   x taken away")
        found.append(f"{'':>{margin}}  {legend}")
        return found

    def _price(self, ticks: int) -> str:
        return self._reference.formats.instruments[self.instrument].price[ticks]

    # ── as SVG ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def svg(self, title: str) -> str:
        """The same as a picture of its own, which needs nothing else."""
        bounds = self._bounds()
        parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" font-family="sans-serif">',
            f"<title>{escape(printable(title))}</title>",
            f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#fff"/>',
            f'<text x="{_MARGIN}" y="22" font-size="14">{escape(printable(title))}</text>',
        ]
        if bounds is not None:
            parts += self._svg_marks(bounds)
        for number, line in enumerate(self.transfers[:MAX_LINES] if bounds is None else []):
            parts.append(f'<text x="{_MARGIN}" y="{52 + 20 * number}" font-size="12">{escape(printable(line))}</text>')
        return "\n".join([*parts, "</svg>", ""])

    def _svg_marks(self, bounds: tuple[int, int]) -> list[str]:
        low, high = bounds
        span = max(self.end_ns - self.begin_ns, 1)

        def x(time_ns: int) -> str:
            return f"{_MARGIN + 16 + (time_ns - self.begin_ns) * (_WIDTH - 2 * _MARGIN) / span:.1f}"

        def y(price_ticks: int) -> str:
            inside = min(max(price_ticks, low), high)
            return f"{40 + (high - inside) * (_HEIGHT - 90) / (high - low):.1f}"

        parts = [
            f'<text x="4" y="{y(price)}" font-size="11" fill="#555">{self._price(price)}</text>'
            for price in (low, high)
        ]
        for time_ns, anchor in ((self.begin_ns, "start"), (self.end_ns, "end")):
            text = moscow_time(time_ns, 1)[11:]
            parts.append(
                f'<text x="{x(time_ns)}" y="{_HEIGHT - 20}" font-size="11" text-anchor="{anchor}" fill="#555">{text}</text>'
            )
        for bar in self.bars:
            colour = "#1b6ca8" if bar.side == BUY else "#b3541e"
            at = y(bar.price_ticks)
            parts.append(
                f'<line x1="{x(bar.begin_ns)}" x2="{x(bar.end_ns)}" y1="{at}" y2="{at}" stroke="{colour}" stroke-width="3"/>'
            )
            if bar.is_taken_away:
                parts.append(f'<text x="{x(bar.end_ns)}" y="{at}" font-size="12" fill="{colour}">x</text>')
        for dot in self.dots:
            radius, colour = (4, "#c00") if dot.is_named else (1.5, "#888")
            parts.append(f'<circle cx="{x(dot.time_ns)}" cy="{y(dot.price_ticks)}" r="{radius}" fill="{colour}"/>')
        return parts
