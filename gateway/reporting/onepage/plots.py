"""The plots of a report: prices and volume, refusals by rule and class, the cap used, exposures against limits, concentration."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Final

from gateway.printable import printable
from gateway.reporting.onepage.tables import Row, number, rows_of
from gateway.reporting.tables.tables import Table
from gateway.reporting.tables.times import MOSCOW
from gateway.svg import COLOURS, HEIGHT_IN, INK, SETTINGS, WIDTH_IN, Plot, drawn, inline_svg, legend_above
from gateway.words.chosen import chosen as language

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Tables = dict[str, Table]
MAX_INSTRUMENTS: Final = 4
MAX_BARS: Final = 12
NEAR: Final = 10
"""Percent of a limit, from which the limit itself is shown."""
MAX_LABEL: Final = 28
"""Letters of a name beside a bar."""
PRICES: Final = "{instrument}: price and volume"
PRICES_SAY: Final = "Close, and from low to high; below, the volume. Trades as they were made; Moscow time."
REFUSALS: Final = "Refusals by rule and class"
REFUSALS_SAY: Final = "By the rule that decided, or the code where none did. Orders and requests."
CAPS: Final = "Annual cap used by retail investors"
CAPS_SAY: Final = "How many investors have used so much of the cap (RET-1), at the end."
EXPOSURES: Final = "Exposures against their limits"
EXPOSURES_SAY: Final = "Percent of the limit, by the rule that compares them; the broken line is the limit."
CONCENTRATION: Final = "Concentration"
CONCENTRATION_SAY: Final = "Share of the largest and of the ten largest; behind the bar the Herfindahl index."
WITHOUT_CLASS: Final = "no class"
LARGEST: Final = "the largest"
TOP_10: Final = "ten largest"
INVESTORS: Final = "investors"
PERCENT: Final = "percent"
REFUSED: Final = "refused"
VOLUME: Final = "volume"


def plots(tables: Tables) -> Iterator[Plot]:
    """All plots for which there is something to draw."""
    yield from price_plots(tables)
    for made in (refusal_plot, cap_plot, exposure_plot, concentration_plot):
        plot = made(tables)
        if plot is not None:
            yield plot


def price_plots(tables: Tables) -> Iterator[Plot]:
    """Of the instruments with most turnover, those priced alike first: roubles, then the others."""
    if "prices" not in tables or "price_series" not in tables:
        return
    sums: dict[tuple[bool, str], float] = {}
    for row in rows_of(tables["prices"], is_stock=False):
        key = (row["turnover_asset"] != "RUB", str(row["instrument"]))
        sums[key] = sums.get(key, 0.0) + float(number(row["turnover"]))
    ordered = sorted(sums, key=lambda key: (key[0], -sums[key], key[1]))
    by_instrument: dict[str, list[Row]] = {}
    for row in rows_of(tables["price_series"], is_stock=False):
        by_instrument.setdefault(str(row["instrument"]), []).append(row)
    for place, (_, instrument) in enumerate(ordered[:MAX_INSTRUMENTS]):
        yield _price_plot(f"price{place}", instrument, by_instrument[instrument])


def _price_plot(name: str, instrument: str, rows: list[Row]) -> Plot:
    import matplotlib as mpl
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
    from matplotlib.figure import Figure

    rows = sorted(rows, key=lambda row: str(row["begin_utc"]))
    times: list[object] = [datetime.fromisoformat(str(row["begin_utc"])) for row in rows]
    close, low, high, volume = (
        [float(number(row[column])) for row in rows] for column in ("close", "low", "high", "volume")
    )
    title = _said(PRICES).format(instrument=instrument)
    with mpl.rc_context(SETTINGS):
        figure: Figure = Figure(figsize=(WIDTH_IN, HEIGHT_IN), layout="constrained")
        above, below = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
        above.fill_between(times, low, high, color=COLOURS[0], alpha=0.25, linewidth=0, step="post")
        above.plot(times, close, color=COLOURS[0], drawstyle="steps-post")
        if len(times) == 1:
            above.plot(times, close, "o", color=COLOURS[0])
        below.vlines(times, 0, volume, color=COLOURS[-1], linewidth=1.2)
        below.set_ylim(bottom=0)
        below.set_ylabel(_said(VOLUME))
        locator = AutoDateLocator(tz=MOSCOW, minticks=3, maxticks=6)  # type: ignore[no-untyped-call]
        below.xaxis.set_major_locator(locator)
        below.xaxis.set_major_formatter(ConciseDateFormatter(locator, tz=MOSCOW))  # type: ignore[no-untyped-call]
        _thousands(above)
        _thousands(below)
        return Plot(title, inline_svg(figure, name, title), _said(PRICES_SAY))


def _thousands(axes: Axes) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    axes.yaxis.set_major_locator(MaxNLocator(4))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.10g}"))


def refusal_plot(tables: Tables) -> Plot | None:
    """Bars by rule or code, in parts by class."""
    if "rejects" not in tables:
        return None
    counts: dict[str, dict[str, int]] = {}
    for row in rows_of(tables["rejects"], is_stock=False):
        by_class = counts.setdefault(str(row["rule"] or row["code"]), {})
        name = str(row["investor_class"] or _said(WITHOUT_CLASS))
        by_class[name] = by_class.get(name, 0) + int(str(row["count"]))
    if not counts:
        return None
    most = sorted(counts, key=lambda rule: (-sum(counts[rule].values()), rule))[:MAX_BARS][::-1]
    classes = sorted({name for rule in most for name in counts[rule]})

    def draw(axes: Axes) -> None:
        left = [0] * len(most)
        for place, name in enumerate(classes):
            widths = [counts[rule].get(name, 0) for rule in most]
            axes.barh(
                [_label(rule) for rule in most], widths, left=left, color=COLOURS[place % len(COLOURS)], label=name
            )
            left = [before + width for before, width in zip(left, widths, strict=True)]
        axes.grid(visible=False, axis="y")
        axes.set_xlabel(_said(REFUSED))
        legend_above(axes, 2)

    return drawn("refusals", _said(REFUSALS), draw, says=_said(REFUSALS_SAY))


def cap_plot(tables: Tables) -> Plot | None:
    """How many investors have used how much of the cap."""
    rows = rows_of(tables["cap_usage"], is_stock=True) if "cap_usage" in tables else []
    counts = [int(str(row["investors"])) for row in rows]
    if not any(counts):
        return None

    def draw(axes: Axes) -> None:
        labels = [
            str(row["used_of_cap"]).removeprefix("up to ").removesuffix(" %").replace("above 100", ">100")
            for row in rows
        ]
        bars = axes.bar(labels, counts, color=COLOURS[0])
        bars[-1].set_color(COLOURS[3])
        axes.set_xlabel(_said(PERCENT))
        axes.set_ylabel(_said(INVESTORS))
        axes.grid(visible=False, axis="x")
        _whole(axes)

    return drawn("caps", _said(CAPS), draw, says=_said(CAPS_SAY))


def _whole(axes: Axes) -> None:
    from matplotlib.ticker import MaxNLocator

    axes.yaxis.set_major_locator(MaxNLocator(5, integer=True))


def exposure_plot(tables: Tables) -> Plot | None:
    """What of each limit is taken, the most first."""
    rows = rows_of(tables["exposure_limits"], is_stock=True) if "exposure_limits" in tables else []
    found = [row for row in rows if row["used_percent"] is not None and number(row["used_percent"]) > 0]
    if not found:
        return None
    found = sorted(found, key=lambda row: number(row["used_percent"]), reverse=True)[:MAX_BARS][::-1]

    def draw(axes: Axes) -> None:
        shares = [float(number(row["used_percent"])) for row in found]
        names = [_label(f"{row['name']} ({row['rule']})") for row in found]
        places = list(range(len(names)))
        axes.barh(places, shares, color=[COLOURS[3] if share > 100 else COLOURS[2] for share in shares])
        axes.set_yticks(places, names)
        # Where nobody is near a limit, the line would leave nothing of the bars to see.
        if max(shares) >= NEAR:
            axes.axvline(100, color=INK, linewidth=1, linestyle="--")
        axes.set_xlim(0, max(115 if max(shares) >= NEAR else 0, max(shares) * 1.2))
        for place, share in enumerate(shares):
            axes.text(share, place, f" {share:,.2f} %", va="center", fontsize=8.5)
        axes.set_xlabel(_said(PERCENT))
        axes.grid(visible=False, axis="y")

    return drawn("exposures", _said(EXPOSURES), draw, says=_said(EXPOSURES_SAY))


def concentration_plot(tables: Tables) -> Plot | None:
    """The largest shares, the most concentrated first."""
    rows = rows_of(tables["concentration"], is_stock=True) if "concentration" in tables else []
    found = [row for row in rows if row["herfindahl"] is not None]
    if not found:
        return None
    found = sorted(found, key=lambda row: number(row["herfindahl"]), reverse=True)[:MAX_BARS][::-1]

    def draw(axes: Axes) -> None:
        places = list(range(len(found)))
        axes.barh(
            places, [float(number(row["top_10_percent"])) for row in found], color=COLOURS[-1], label=_said(TOP_10)
        )
        axes.barh(
            places, [float(number(row["largest_percent"])) for row in found], color=COLOURS[1], label=_said(LARGEST)
        )
        axes.set_yticks(places, [_label(f"{row['of']}, {row['measure']}") for row in found])
        for place, row in enumerate(found):
            axes.text(102, place, f"{number(row['herfindahl']):,.0f}", va="center", fontsize=8.5)
        axes.set_xlim(0, 122)
        axes.set_xticks([0, 25, 50, 75, 100])
        axes.set_xlabel(_said(PERCENT))
        axes.grid(visible=False, axis="y")
        legend_above(axes, 2)

    return drawn("concentration", _said(CONCENTRATION), draw, says=_said(CONCENTRATION_SAY))


def _said(text: str) -> str:
    """A text of ours in the chosen language."""
    return language().text(text)


def _label(text: str) -> str:
    shown = printable(text)
    return shown if len(shown) <= MAX_LABEL else f"{shown[: MAX_LABEL - 1]}…"
