"""The plots of one run over time: latency, throughput, the heat map, batches, syncs, and the CPU."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Final

from gateway.svg import COLOURS, HEIGHT_IN, INK, SETTINGS, SHADE, WIDTH_IN, Plot, drawn, inline_svg, legend_above
from loadtest.load.page.plots import label_durations, round_duration
from loadtest.load.page.words import number
from loadtest.load.results.result import HEAT_BOUNDS_NS, Run, Sample, Second

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_DECADE: Final = 8
"""Buckets of the heat map in one."""
_HEAT_COLOURS: Final = "plasma"


def time_plots(run: Run) -> Iterator[Plot]:
    """All that one run has figures for."""
    if run.timeline:
        yield _latency(run.timeline)
        yield _throughput(run.timeline)
        if any(sum(second.heat) for second in run.timeline):
            yield _heat(run.timeline)
    warm_up_s = _warm_up_end_s(run.timeline)
    yield from _of_samples(run.samples, warm_up_s)


def _warm_up_end_s(timeline: list[Second]) -> float:
    """When the warm-up ends; 0 if there was none."""
    measured = [second.start_s for second in timeline if not second.is_warm_up]
    return measured[0] if measured and timeline[0].is_warm_up else 0.0


def _over_time(axes: Axes, warm_up_s: float) -> None:
    """Name the x axis, and shade what doesn't count."""
    if warm_up_s:
        axes.axvspan(0, warm_up_s, color=SHADE, linewidth=0, zorder=0)
    axes.set_xlabel("seconds" + (" (shaded: warm-up, not counted)" if warm_up_s else ""))
    axes.set_xlim(left=0)


def _latency(timeline: list[Second]) -> Plot:
    lines = {
        "max": [second.max_ns for second in timeline],
        "p99.9": [second.p999_ns for second in timeline],
        "p99": [second.p99_ns for second in timeline],
        "p50": [second.p50_ns for second in timeline],
    }

    def draw(axes: Axes) -> None:
        middle_s = [second.start_s + 0.5 for second in timeline]
        for colour, (label, values) in zip((3, 4, 1, 0), lines.items(), strict=True):
            # A second in which nothing was due has no latency; 0 can't stand on this axis.
            points = [value or float("nan") for value in values]
            axes.plot(middle_s, points, color=COLOURS[colour], label=label, marker="." if len(middle_s) < 40 else "")
        _over_time(axes, _warm_up_end_s(timeline))
        label_durations(axes)
        legend_above(axes, 4)

    return drawn("latency", "Latency over time", draw, says="Of the requests due in each second.")


def _throughput(timeline: list[Second]) -> Plot:
    def draw(axes: Axes) -> None:
        from matplotlib.ticker import FuncFormatter

        middle_s = [second.start_s + 0.5 for second in timeline]
        # On top, for where all is well the two are one line.
        axes.plot(middle_s, [second.asked for second in timeline], ":", color=INK, label="asked", zorder=3)
        axes.plot(middle_s, [second.answered for second in timeline], color=COLOURS[0], label="answered")
        axes.plot(middle_s, [second.refused for second in timeline], color=COLOURS[3], label="refused")
        axes.set_ylim(bottom=0)
        axes.set_ylabel("requests a second")
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: number(value)))
        _over_time(axes, _warm_up_end_s(timeline))
        legend_above(axes)

    return drawn("throughput", "Throughput over time", draw)


def _heat(timeline: list[Second]) -> Plot:
    """An image, a pixel for each second and bucket: as shapes, a long run would be megabytes."""
    import matplotlib as mpl
    import numpy as np
    from matplotlib.colors import LogNorm
    from matplotlib.figure import Figure

    counts = np.array([second.heat for second in timeline], dtype=float).T
    used = np.flatnonzero(counts.sum(axis=1))
    low, high = int(used[0]), int(used[-1]) + 1
    # A bucket's bound is its upper edge.
    every = _DECADE if high - low > 2 * _DECADE else _DECADE // 4
    ticks = {bucket + 1: bound for bucket, bound in enumerate(HEAT_BOUNDS_NS) if bucket % every == 0}
    with mpl.rc_context(SETTINGS):
        figure: Figure = Figure(figsize=(WIDTH_IN, HEIGHT_IN), layout="constrained")
        axes = figure.subplots()
        first, last = timeline[0].start_s, timeline[-1].start_s + 1
        shown = np.ma.masked_equal(counts[low:high], 0)
        image = axes.imshow(
            shown, origin="lower", aspect="auto", interpolation="none", norm=LogNorm(1, max(counts.max(), 10)),
            cmap=_HEAT_COLOURS, extent=(first, last, low, high),
        )  # fmt: skip
        inside = {edge: bound for edge, bound in ticks.items() if low <= edge <= high}
        axes.set_yticks(list(inside), [round_duration(bound) for bound in inside.values()])
        axes.grid(visible=False)
        axes.set_xlabel("seconds" + (f" (up to {warm:g}: warm-up)" if (warm := _warm_up_end_s(timeline)) else ""))
        figure.colorbar(image, ax=axes, label="requests", fraction=0.06, pad=0.02)
        svg = inline_svg(figure, "heat", "Heat map of latency over time")
    return Plot("Latency over time, every request", svg, "Colour: how many requests of that second took so long.")


def _of_samples(samples: list[Sample], warm_up_s: float) -> Iterable[Plot]:
    """What the venue said of itself."""
    batches = _lines(samples, {"batch_p99": "p99", "batch_mean": "mean", "batch_p50": "p50"})
    syncs = _lines(samples, {"sync_p99_ns": "p99", "sync_p50_ns": "p50"})
    shares = _lines(
        samples,
        {"cpu_share": "venue, of one core", "machine_cpu_share": "machine, of all cores", "turn_share": "inside turns"},
    )
    if batches:
        yield _sample_plot("batches", "Commands in a batch", batches, warm_up_s=warm_up_s)
    if syncs:
        yield _sample_plot("syncs", "Writing and syncing the journal", syncs, warm_up_s=warm_up_s, unit="time")
    if shares:
        yield _sample_plot("cpu", "CPU", shares, warm_up_s=warm_up_s, unit="share")


def _lines(samples: list[Sample], fields: dict[str, str]) -> dict[str, tuple[list[float], list[Any]]]:
    """Label -> times and values, of the fields that some sample has."""
    found = {}
    for field, label in fields.items():
        points = [(each.at_s, value) for each in samples if (value := getattr(each, field)) is not None]
        if points:
            found[label] = ([at_s for at_s, _ in points], [value for _, value in points])
    return found


def _sample_plot(
    name: str, title: str, lines: dict[str, tuple[list[float], list[Any]]], *, warm_up_s: float, unit: str = ""
) -> Plot:
    def draw(axes: Axes) -> None:
        from matplotlib.ticker import PercentFormatter

        for place, (label, points) in enumerate(lines.items()):
            axes.plot(*points, color=COLOURS[place], label=label)
        _over_time(axes, warm_up_s)
        if unit == "time":
            label_durations(axes)
        else:
            axes.set_ylim(bottom=0)
        if unit == "share":
            axes.yaxis.set_major_formatter(PercentFormatter(1.0))
        legend_above(axes)

    return drawn(name, title, draw, says="The venue's own figures.")
