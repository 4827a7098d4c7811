"""How much of turnover and holdings the largest have: made of the tables by investor, of each session and of all together."""

from __future__ import annotations

from typing import Final

from engine.vocabulary.decimals import decimal
from gateway.printable import Cell
from gateway.reporting.tables.figures import TOP, herfindahl, in_minor, percent
from gateway.reporting.tables.joined import SESSION
from gateway.reporting.tables.tables import AMOUNT, COUNT, PERCENT, Cells, Column, Table

TITLE: Final = "Concentration: the share of the 10 largest, and the Herfindahl index (10 000: one has all)"
LARGEST_TITLE: Final = "The 10 largest"
COLUMNS: Final = (
    Column("measure"),
    Column("of"),
    Column("investors", COUNT),
    Column("total", AMOUNT),
    Column("asset"),
    Column("largest_percent", PERCENT),
    Column("top_10", AMOUNT),
    Column("top_10_percent", PERCENT),
    Column("herfindahl", AMOUNT),
)
LARGEST: Final = (
    Column("measure"),
    Column("of"),
    Column("rank", COUNT),
    Column("investor"),
    Column("amount", AMOUNT),
    Column("asset"),
    Column("share_percent", PERCENT),
)
TURNOVER: Final = "turnover"
HOLDINGS: Final = "holdings"
_MEASURES: Final = {
    "turnover_by_investor": (TURNOVER, "instrument", "turnover", "value_asset"),
    "holdings_by_investor": (HOLDINGS, "asset", "total", "asset"),
}
"""By table: what is measured, of what, in which column, and in which asset."""
Group = tuple[Cell, Cell, Cell]
"""Session, what it is of, and the asset that it is counted in."""


def concentrations(tables: list[Table]) -> list[Table]:
    """Two tables, of what those by investor say."""
    rows: list[Cells] = []
    largest: list[Cells] = []
    has_sessions = False
    for table in tables:
        if table.name in _MEASURES:
            has_sessions = table.columns[0] == SESSION.name
            measure = _MEASURES[table.name][0]
            for (session, of, asset), amounts in _amounts(table).items():
                before: Cells = (session, measure) if has_sessions else (measure,)
                _measure((*before, of), asset, amounts, (rows, largest))
    first = (SESSION,) if has_sessions else ()
    return [
        Table("concentration", TITLE, (*first, *COLUMNS), rows),
        Table("concentration_largest", LARGEST_TITLE, (*first, *LARGEST), largest),
    ]


def _amounts(table: Table) -> dict[Group, dict[str, list[str]]]:
    """What each investor has, as decimals, by what it is of: the class may have changed between them."""
    _, of, column, asset = _MEASURES[table.name]
    found: dict[Group, dict[str, list[str]]] = {}
    for row in table.objects():
        group = (row.get(SESSION.name), row[of], row[asset])
        found.setdefault(group, {}).setdefault(str(row["investor"]), []).append(str(row[column]))
    return found


def _measure(key: Cells, asset: Cell, amounts: dict[str, list[str]], into: tuple[list[Cells], list[Cells]]) -> None:
    texts = [text for each in amounts.values() for text in each]
    _, scale = in_minor(texts)
    having: list[tuple[int, str]] = []
    for investor, each in amounts.items():
        # Each on its own has fewer decimals at most.
        values, own = in_minor(each)
        amount = sum(values) * 10 ** (scale - own)
        if amount > 0:
            having.append((amount, investor))
    having.sort(key=lambda each: (-each[0], each[1]))
    total = sum(amount for amount, _ in having)
    if not total:
        return
    top = sum(amount for amount, _ in having[:TOP])
    rows, largest = into
    rows.append(
        (
            *key,
            len(having),
            decimal(total, scale),
            asset,
            percent(having[0][0], total),
            decimal(top, scale),
            percent(top, total),
            herfindahl([amount for amount, _ in having]),
        )
    )
    for rank, (amount, investor) in enumerate(having[:TOP], start=1):
        largest.append((*key, rank, investor, decimal(amount, scale), asset, percent(amount, total)))
