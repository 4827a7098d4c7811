"""How much of the annual cap retail investors use (RET-1), as a distribution; and everybody's exposures."""

from __future__ import annotations

from typing import Final

from engine.vocabulary.decimals import decimal
from gateway.reporting.steps.standing import Standing
from gateway.reporting.tables.tables import Cells, Table, columns_of
from gateway.words.chosen import tr

QUANTILES: Final = (50, 75, 90, 95, 99, 100)
"""Nearest rank: the smallest usage that so many percent of the investors do not exceed."""
WHOLE: Final = 10_000
"""Hundredths of a percent."""


def cap_table(standing: Standing) -> Table:
    """How many retail investors used none, up to 10 %, ... 100 % of the cap, and more than that."""
    counts = [0] * 12
    amounts = [0] * 12
    cap = standing.cap_kopecks
    if cap is not None:
        for usage in standing.usages:
            place = _bucket(usage.used, cap)
            counts[place] += 1
            amounts[place] += usage.used
    labels = [
        tr("none"),
        *[tr("up to {percent} %", percent=upto) for upto in range(10, 101, 10)],
        tr("above {percent} %", percent=100),
    ]
    rows: list[Cells] = [
        (label, count, decimal(amount, 2)) for label, count, amount in zip(labels, counts, amounts, strict=True)
    ]
    title = f"Annual cap used by retail investors in {standing.year} (RET-1)"
    columns = columns_of("used_of_cap", "investors", "used_rub", counts=("investors",), amounts=("used_rub",))
    return Table("cap_usage", title, columns, rows if cap is not None else [])


def quantile_table(standing: Standing) -> Table:
    """What so many percent of the retail investors have not exceeded."""
    used = sorted(usage.used for usage in standing.usages)
    rows: list[Cells] = []
    cap = standing.cap_kopecks
    if used and cap is not None:
        for percent in QUANTILES:
            amount = used[(len(used) * percent + 99) // 100 - 1]
            rows.append((percent, decimal(amount, 2), _percent(amount, cap)))
    names = ("percent_of_investors", "used_rub", "used_of_cap")
    columns = columns_of(*names, counts=names[:1], amounts=("used_rub",), percents=("used_of_cap",))
    return Table("cap_quantiles", "The same, as quantiles", columns, rows)


def investor_cap_table(standing: Standing) -> Table:
    """Each retail investor."""
    cap = standing.cap_kopecks
    rows: list[Cells] = []
    if cap is not None:
        for usage in standing.usages:
            remaining = max(cap - usage.used - usage.reserved, 0)
            texts = [decimal(amount, 2) for amount in (cap, usage.used, usage.reserved, remaining)]
            rows.append((usage.investor, usage.investor_class, *texts, _percent(usage.used, cap)))
    names = ("investor", "investor_class", "cap_rub", "used_rub", "reserved_rub", "remaining_rub", "used_of_cap")
    columns = columns_of(*names, amounts=names[2:6], percents=names[6:])
    return Table("cap_investors", "Annual cap by investor", columns, rows)


def exposure_table(standing: Standing) -> Table:
    """Exposures of investors, intermediaries and banks."""
    rows: list[Cells] = [
        (each.kind, each.name, decimal(each.held, 2), decimal(each.reserved, 2), decimal(each.held + each.reserved, 2))
        for each in standing.exposures
    ]
    names = ("kind", "name", "held_rub", "reserved_rub", "exposure_rub")
    columns = columns_of(*names, amounts=names[2:])
    return Table("exposures", "Exposures in derivatives and securities on crypto prices", columns, rows)


def _bucket(used: int, cap: int) -> int:
    """0: none; 1 to 10: up to so many tenths; 11: more than the cap."""
    if used <= 0:
        return 0
    return 11 if used > cap else -(-used * 10 // cap)


def _percent(used: int, cap: int) -> str:
    """Percent with two decimals, rounded down; of a cap of nothing, 100 if anything was used."""
    hundredths = used * WHOLE // cap if cap else WHOLE if used else 0
    return f"{decimal(hundredths, 2)} %"
