"""A grid in a table: a row for each combination, with the figures by which combinations are compared."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Final, NamedTuple

from compliance.worlds.messages.results import Result, World
from gateway.printable import Cell
from gateway.reporting.tables.tables import Cells, Table
from gateway.whatif.grid import Axis
from gateway.whatif.tables import market_of

RETAIL: Final = "retail"


class Figure(NamedTuple):
    """One figure of a world."""

    name: str
    title: str
    of: Callable[[World, Main], Cell]
    """None: it is not known."""


class Main(NamedTuple):
    """What is looked at where there are several: that in which most was traded in the recording."""

    quote: str
    instrument: str
    """Of those priced in it."""


class Point(NamedTuple):
    """One combination and what came of it."""

    values: tuple[str, ...]
    """By axis."""
    digest: str
    result: Result


def main_of(world: World) -> Main:
    """The quote asset and the instrument with most trades; empty: nothing was traded."""
    traded = [each for each in world.markets if each.trades]
    if not traded:
        return Main("", "")
    by_quote: dict[str, int] = {}
    for each in traded:
        by_quote[each.quote] = by_quote.get(each.quote, 0) + each.trades
    quote = max(by_quote, key=lambda name: (by_quote[name], name))
    most = max((each for each in traded if each.quote == quote), key=lambda each: (each.trades, each.instrument))
    return Main(quote, most.instrument)


def _passed(world: World, main: Main) -> int:
    return sum(each.count for each in world.verdicts if each.request == "order" and not each.source)


def _refused(world: World, main: Main) -> int:
    return sum(each.count for each in world.verdicts if each.request == "order" and each.source)


def _trades(world: World, main: Main) -> int:
    return sum(each.trades for each in world.markets)


def _value(world: World, main: Main) -> str:
    return str(sum((Decimal(each.value) for each in world.markets if each.quote == main.quote), Decimal(0)))


def _spread(world: World, main: Main) -> int | None:
    market = market_of(world, main.instrument)
    return None if market is None or market.mean_spread_ppm < 0 else market.mean_spread_ppm


def _price(world: World, main: Main) -> str | None:
    market = market_of(world, main.instrument)
    return None if market is None else market.mean_price or None


def _welfare(world: World, main: Main) -> int | None:
    found = [each for each in world.welfare if (each.investor_class, each.quote) == (RETAIL, main.quote)]
    return found[0].against_mid_ppm if found else None


def _cap_used(world: World, main: Main) -> str | None:
    return None if world.caps is None else world.caps.used_rub


def _shares(world: World, main: Main) -> int | None:
    found = [each for each in world.concentration if (each.what, each.asset) == ("traded by investor", main.quote)]
    return found[0].herfindahl_ppm if found else None


FIGURES: Final = (
    Figure("orders_passed", "orders let pass", _passed),
    Figure("orders_refused", "orders refused", _refused),
    Figure("trades", "trades", _trades),
    Figure("value", "value traded", _value),
    Figure("mean_price", "mean price", _price),
    Figure("mean_spread_ppm", "mean spread, ppm", _spread),
    Figure("cap_used_rub", "annual cap used by retail, RUB", _cap_used),
    Figure("retail_against_mid_ppm", "retail: better than mid, ppm", _welfare),
    Figure("herfindahl_ppm", "concentration of trading, ppm", _shares),
)
"""Of each world, so that the recording has them, too."""
CHANGES: Final = (
    "orders_directly",
    "orders_followed",
    "orders_let_in",
    "orders_kept_out",
    "commands_affected",
    "skipped",
)
"""What says how much a combination changes."""


def grid_table(axes: Sequence[Axis], points: Sequence[Point]) -> Table:
    """A row for the recording, then one for each combination."""
    columns = (*[axis.name for axis in axes], *[figure.name for figure in FIGURES], *CHANGES)
    rows: list[Cells] = []
    if points:
        world = points[0].result.recorded
        main = main_of(world)
        rows.append((*["recorded"] * len(axes), *[figure.of(world, main) for figure in FIGURES], *[0] * len(CHANGES)))
        rows += [_row(point, main) for point in points]
    return Table("grid", "All combinations", columns, rows)


def _row(point: Point, main: Main) -> Cells:
    result = point.result
    return (
        *point.values,
        *[figure.of(result.other, main) for figure in FIGURES],
        result.orders_directly,
        result.orders_followed,
        sum(each.orders_let_in for each in result.access),
        sum(each.orders_kept_out for each in result.access),
        result.commands_affected,
        sum(each.count for each in result.skipped),
    )
