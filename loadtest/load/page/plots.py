"""The plots of the report page: over percentiles, and over the steps of a search. Those over time stand in `timeplots.py`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from gateway.svg import COLOURS, INK, Plot, drawn, legend_above
from loadtest.load.page.words import GROUP_WORDS, duration, number
from loadtest.load.results.histogram import Latency, merged
from loadtest.load.results.result import ROUND_TRIP, Knee, Run

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ALL: Final = "all"
_POINTS: Final = 240
"""Of a curve: more can't be seen at this width."""
_PERCENTILES: Final = (50, 90, 99, 99.9, 99.99, 99.999, 99.9999)


def label_durations(axes: Axes) -> None:
    """Label the y axis with durations; it is logarithmic, in nanoseconds."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    axes.set_yscale("log")
    low, high = axes.get_ylim()
    # Within one decade there would be one label at most.
    parts = (1.0, 2.0, 5.0) if high < low * 1_000 else (1.0,)
    axes.yaxis.set_major_locator(LogLocator(subs=parts))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: round_duration(value)))
    axes.yaxis.set_minor_formatter(NullFormatter())


def round_duration(nanoseconds: float) -> str:
    """A duration that is a round number, for an axis: `10 ms`."""
    figure, _, unit = duration(nanoseconds).partition(" ")
    return f"{float(figure.replace(',', '')):g} {unit}"


def percentile_plots(runs: list[Run]) -> Iterable[Plot]:
    """Latency by percentile: of the requests by kind, and of everything else that was timed."""
    kinds = sorted({each.name for run in runs for each in run.measured if each.group == ROUND_TRIP})
    totals = [run.latency() for run in runs]
    if any(total.count for total in totals):
        lines = [(kind, _of(runs, ROUND_TRIP, kind)) for kind in kinds]
        yield _percentile_plot(
            "requests",
            "Latency by percentile: requests",
            [*lines, (ALL, merged(totals))],
            totals if len(runs) > 1 else [],
        )
    others = []
    for group, words in GROUP_WORDS.items():
        names = sorted({each.name for run in runs for each in run.measured if each.group == group})
        if group != ROUND_TRIP:
            others += [(f"{words}: {name}" if len(names) > 1 else words, _of(runs, group, name)) for name in names]
    if any(latency.count for _, latency in others):
        yield _percentile_plot("others", "Latency by percentile: reports, market data, the generator", others, [])


def _of(runs: list[Run], group: str, name: str) -> Latency:
    return merged([each.latency for run in runs for each in run.measured if (each.group, each.name) == (group, name)])


def _percentile_plot(name: str, title: str, lines: list[tuple[str, Latency]], single: list[Latency]) -> Plot:
    """One line for each distribution; those in `single` are thin and not named."""

    def draw(axes: Axes) -> None:
        from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

        for latency in single:
            axes.plot(*curve(latency), color=COLOURS[-1], linewidth=0.6, alpha=0.7)
        shown = [(label, latency) for label, latency in lines if latency.count]
        for place, (label, latency) in enumerate(shown):
            style = "--" if "generator" in label else "-"
            colour = INK if label == ALL else COLOURS[place % len(COLOURS)]
            axes.plot(*curve(latency), style, color=colour, label=label)
        axes.set_xscale("log")
        most = max(latency.count for _, latency in shown)
        axes.set_xlim(1, max(most, 10))
        ticks = {
            100 / (100 - each): f"{each:g}%" for each in _PERCENTILES if 100 / (100 - each) <= max(most, 10) * 1.01
        }
        axes.xaxis.set_major_locator(FixedLocator(list(ticks)))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: ticks[min(ticks, key=lambda x: abs(x - value))]))
        axes.xaxis.set_minor_locator(NullLocator())
        label_durations(axes)
        legend_above(axes, 3 if name == "requests" else 2)

    says = f"Thin grey lines: each of {len(single)} runs." if single else ""
    return drawn(name, title, draw, says=says)


def curve(latency: Latency) -> tuple[list[float], list[int]]:
    """The points of a line by percentile: x is one in how many lies beyond, y its latency in nanoseconds.

    It ends at the largest value, whose x is the number of values.
    """
    import numpy as np

    if not latency.count:
        return [], []
    steps = [
        (item.value_iterated_to, item.count_at_value_iterated_to) for item in latency.decode().get_recorded_iterator()
    ]
    reached = np.cumsum([count for _, count in steps])
    x = np.geomspace(1, latency.count, _POINTS)
    # How many values lie at or below: the least that makes the percentile.
    wanted = np.clip(np.ceil(latency.count * (1 - 1 / x)), 1, latency.count)
    y = np.array([value for value, _ in steps])[np.searchsorted(reached, wanted)]
    return x.tolist(), [*y.tolist()[:-1], latency.max_ns]


def knee_plot(knee: Knee) -> Plot | None:
    """The rates that were tried, what p99 was at each, and whether they were held."""
    steps = [step for search in knee.steps for step in search]
    if not steps:
        return None

    def draw(axes: Axes) -> None:
        from matplotlib.ticker import FuncFormatter

        for held, colour, mark, label in ((True, COLOURS[2], "o", "held"), (False, COLOURS[3], "x", "not held")):
            chosen = [step for step in steps if step.held == held and step.p99_ns > 0]
            axes.plot([s.rate for s in chosen], [s.p99_ns for s in chosen], mark, color=colour, label=label)
        for place, rate in enumerate(rate for rate in knee.rates if rate):
            axes.axvline(rate, color=COLOURS[0], linewidth=0.8, label="highest rate held" if not place else None)
        axes.set_xlabel("requests a second, asked")
        axes.set_ylabel("p99")
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: number(value)))
        label_durations(axes)
        legend_above(axes)

    return drawn("knee", "The search for the knee", draw, says=f"Held: {knee.slo}.")
