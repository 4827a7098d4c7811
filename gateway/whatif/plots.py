"""The plots of a what-if's page: both worlds in one picture each, the recording in blue and the other world in orange."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from compliance.worlds.messages.results import Market, Result, Verdicts, World
from gateway.printable import printable
from gateway.reporting.tables.times import MOSCOW
from gateway.svg import COLOURS, HEIGHT_IN, SETTINGS, WIDTH_IN, Plot, drawn, inline_svg, legend_above

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

RECORDED: Final = "recorded"
OTHER: Final = "other world"
NAMES: Final = (RECORDED, OTHER)
MAX_MARKETS: Final = 3
MAX_BARS: Final = 12
MAX_LABEL: Final = 26
"""Letters of a name beside a bar."""
LET_PASS: Final = "let pass"
CANCELLED: Final = "cancelled: "
WITHOUT_CLASS: Final = "no class"

Bars = list[tuple[str, float, float]]
"""A label, and a figure of each world."""


def plots(result: Result) -> Iterator[Plot]:
    """All plots for which there is something to draw."""
    yield from market_plots(result)
    for made in (spread_plot, verdict_plot, access_plot, cap_plot, welfare_plot, concentration_plot):
        plot = made(result)
        if plot is not None:
            yield plot


def market_plots(result: Result) -> Iterator[Plot]:
    """Price and volume of those in which most differs, then quotes of the same."""
    others = {each.instrument: each for each in result.other.markets}
    both = [(each, others[each.instrument]) for each in result.recorded.markets if each.instrument in others]
    traded = [pair for pair in both if pair[0].trades or pair[1].trades]
    traded.sort(key=lambda pair: (pair[0] == pair[1], -pair[0].trades - pair[1].trades, pair[0].instrument))
    for place, pair in enumerate(traded[:MAX_MARKETS]):
        yield _price_plot(f"price{place}", result, pair)
        yield _quote_plot(f"quotes{place}", result, pair)


def _price_plot(name: str, result: Result, pair: tuple[Market, Market]) -> Plot:
    """The last price at the end of each slice of time, and what was traded until then."""

    def draw(above: Axes, below: Axes) -> None:
        for place, market in enumerate(pair):
            points = [(time, point) for time, point in zip(_times(result), market.path, strict=True) if point.price]
            style = "-" if place == 0 else "--"
            above.plot(
                [time for time, _ in points],
                [float(point.price) for _, point in points],
                style,
                color=COLOURS[place],
                label=NAMES[place],
                drawstyle="steps-post",
            )
            volumes = [float(point.volume) for point in market.path]
            below.plot(_times(result), volumes, style, color=COLOURS[place])
        below.set_ylim(bottom=0)
        below.set_ylabel("volume so far")
        legend_above(above)

    title = f"{pair[0].instrument}: price and volume"
    return _two_panels(
        name, title, draw, "The last price at the end of each slice of time, and all that was traded until then."
    )


def _quote_plot(name: str, result: Result, pair: tuple[Market, Market]) -> Plot:
    """Spread and depth at the end of each slice of time."""

    def draw(above: Axes, below: Axes) -> None:
        for place, market in enumerate(pair):
            style = "-" if place == 0 else "--"
            quoted = [
                (time, point)
                for time, point in zip(_times(result), market.path, strict=True)
                if point.bid and point.ask
            ]
            spreads = [
                (float(point.ask) - float(point.bid)) * 2e6 / (float(point.ask) + float(point.bid))
                for _, point in quoted
            ]
            above.plot([time for time, _ in quoted], spreads, style, color=COLOURS[place], label=NAMES[place])
            depths = [float(point.bid_depth) + float(point.ask_depth) for point in market.path]
            below.plot(_times(result), depths, style, color=COLOURS[place])
        above.set_ylim(bottom=0)
        above.set_ylabel("spread, ppm")
        below.set_ylim(bottom=0)
        below.set_ylabel("depth")
        legend_above(above)

    title = f"{pair[0].instrument}: spread and depth"
    return _two_panels(
        name, title, draw, "At the end of each slice; depth is what ten levels of both sides show, in base."
    )


def spread_plot(result: Result) -> Plot | None:
    """How many of the orders of each slice of time have another fate."""
    if not any(each.directly or each.followed for each in result.slices):
        return None

    def draw(axes: Axes) -> None:
        directly, followed = [each.directly for each in result.slices], [each.followed for each in result.slices]
        axes.stackplot(
            _times(result),
            directly,
            followed,
            colors=(COLOURS[3], COLOURS[4]),
            labels=("directly", "followed"),
            step="pre",
        )
        _label_times(axes)
        axes.set_ylabel("orders")
        axes.set_ylim(bottom=0)
        legend_above(axes)

    return drawn("spread", "How the change spreads", draw, says="Orders with another fate, by when they came.")


def verdict_plot(result: Result) -> Plot | None:
    """Refusals of orders and requests, and cancels by rules, those that differ most first."""
    counts = [_refusals(world.verdicts) for world in (result.recorded, result.other)]
    names = sorted(
        {*counts[0], *counts[1]}, key=lambda name: (-abs(_more(counts, name)), -counts[0].get(name, 0), name)
    )
    bars: Bars = [(name, counts[0].get(name, 0), counts[1].get(name, 0)) for name in names[:MAX_BARS]]
    says = "By the rule that decided, or the code where none did; orders and requests, all classes. Those that differ most first."
    return _bars("verdicts", "Refusals by rule", bars, "refused", says)


def access_plot(result: Result) -> Plot | None:
    """Orders let in and kept out, by class."""
    bars: Bars = [
        (each.investor_class or WITHOUT_CLASS, each.orders_let_in, each.orders_kept_out) for each in result.access
    ]
    says = "Orders that rules refused in one world and that came in in the other."
    return _bars(
        "access",
        "Access by class",
        bars,
        "orders",
        says,
        names=("let in", "kept out"),
        colours=(COLOURS[2], COLOURS[3]),
    )


def cap_plot(result: Result) -> Plot | None:
    """How many retail investors have used so much of the cap."""
    one, two = result.recorded.caps, result.other.caps
    if one is None or two is None or not (any(one.used_tenths[1:]) or any(two.used_tenths[1:])):
        return None
    labels = ["none", *[f"to {upto} %" for upto in range(10, 101, 10)], "above"]
    bars: Bars = [
        (label, first, second) for label, first, second in zip(labels, one.used_tenths, two.used_tenths, strict=True)
    ]
    says = f"Retail investors by how much of their cap (RET-1) they used by the end; caps {one.cap_rub or 'none'} and {two.cap_rub or 'none'} RUB."
    return _bars("caps", "Annual cap used", bars, "investors", says)


def welfare_plot(result: Result) -> Plot | None:
    """Price against the mid by class, in the asset in which most was traded."""
    values: dict[str, float] = {}
    for each in result.recorded.welfare:
        values[each.quote] = values.get(each.quote, 0.0) + float(each.bought) + float(each.sold)
    if not values:
        return None
    quote = max(values, key=lambda name: (values[name], name))
    found = [{each.investor_class: each for each in world.welfare if each.quote == quote} for world in _worlds(result)]
    bars: Bars = [
        (
            name or WITHOUT_CLASS,
            float(found[0][name].against_mid_ppm) if name in found[0] else 0.0,
            float(found[1][name].against_mid_ppm) if name in found[1] else 0.0,
        )
        for name in sorted({*found[0], *found[1]})
    ]
    says = f"How much better than the mid before them trades in {quote} were, in millionths of their value. Below zero: worse."
    return _bars("welfare", "Price against the mid, by class", bars, "ppm", says)


def concentration_plot(result: Result) -> Plot | None:
    """The Herfindahl index of trading and holdings, those that differ first."""
    found = [
        {(each.what, each.asset): each.herfindahl_ppm for each in world.concentration} for world in _worlds(result)
    ]
    keys = sorted({*found[0], *found[1]}, key=lambda key: (-abs(found[1].get(key, 0) - found[0].get(key, 0)), key))
    bars: Bars = [
        (
            f"{what.removesuffix(' by investor')} {asset}",
            found[0].get((what, asset), 0) / 1e6,
            found[1].get((what, asset), 0) / 1e6,
        )
        for what, asset in keys[:MAX_BARS]
    ]
    return _bars(
        "concentration",
        "Concentration",
        bars,
        "Herfindahl index",
        "1 is one party alone. By investor, unless it says otherwise.",
    )


def _refusals(verdicts: Sequence[Verdicts]) -> dict[str, int]:
    found: dict[str, int] = {}
    for each in verdicts:
        is_rule = "-" in each.source
        if not each.source or (each.request == "cancel" and not is_rule):
            continue
        name = f"{CANCELLED if each.request == 'cancel' else ''}{each.source}"
        found[name] = found.get(name, 0) + each.count
    return found


def _more(counts: Sequence[dict[str, int]], name: str) -> int:
    return counts[1].get(name, 0) - counts[0].get(name, 0)


def _worlds(result: Result) -> tuple[World, World]:
    return result.recorded, result.other


def _times(result: Result) -> list[Any]:
    """The ends of the slices of time."""
    return [datetime.fromtimestamp(each.until_ns / 1e9, MOSCOW) for each in result.slices]


def _bars(
    name: str,
    title: str,
    bars: Bars,
    unit: str,
    says: str,
    *,
    names: tuple[str, str] = NAMES,
    colours: tuple[str, str] = (COLOURS[0], COLOURS[1]),
) -> Plot | None:
    """Two bars for each label, the first label on top."""
    if not bars:
        return None

    def draw(axes: Axes) -> None:
        places = list(range(len(bars)))[::-1]
        for which in (0, 1):
            shift = 0.2 if which == 0 else -0.2
            axes.barh(
                [place + shift for place in places],
                [each[1 + which] for each in bars],
                height=0.38,
                color=colours[which],
                label=names[which],
            )
        axes.set_yticks(places, [_label(each[0]) for each in bars])
        axes.grid(visible=False, axis="y")
        axes.set_xlabel(unit)
        legend_above(axes)

    return drawn(name, title, draw, says=says)


def _label(text: str) -> str:
    text = printable(text)
    return text if len(text) <= MAX_LABEL else f"{text[: MAX_LABEL - 1]}…"


def _two_panels(name: str, title: str, draw: Callable[[Axes, Axes], None], says: str) -> Plot:
    import matplotlib as mpl
    from matplotlib.figure import Figure

    title = printable(title)
    with mpl.rc_context(SETTINGS):
        figure: Figure = Figure(figsize=(WIDTH_IN, HEIGHT_IN), layout="constrained")
        above, below = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2))
        draw(above, below)
        _label_times(below)
        for axes in (above, below):
            _thousands(axes)
        return Plot(title, inline_svg(figure, name, title), says)


def _label_times(axes: Axes) -> None:
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

    locator = AutoDateLocator(tz=MOSCOW, minticks=3, maxticks=6)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator, tz=MOSCOW))  # type: ignore[no-untyped-call]


def _thousands(axes: Axes) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axes.yaxis.set_major_locator(MaxNLocator(4))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))
