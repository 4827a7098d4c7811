"""Tables of several sessions as one: a column says of which session a row is, and what adds up has a row for all of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from engine.vocabulary.decimals import decimal
from gateway.printable import Cell
from gateway.reporting.steps.sessions import ALL
from gateway.reporting.tables.tables import AMOUNT, TEXT, Cells, Column, Rows, Table

SESSION: Final = Column("session")
"""The first column, where there are several sessions."""


def joined(found: Sequence[tuple[str, list[Table]]]) -> list[Table]:
    """The tables of all sessions, by their names in order of first appearance.

    Of one session as they are. Of several, with the session as first column; if a table has columns that add up, rows of session
    `all` come first, one for each different content of its text columns. What does not add up is None there.

    Args:
        found: the name of each session and its tables.
    """
    if len(found) == 1:
        return list(found[0][1])
    by_name: dict[str, list[tuple[str, Table]]] = {}
    for session, tables in found:
        for table in tables:
            by_name.setdefault(table.name, []).append((session, table))
    return [_join(each) for each in by_name.values()]


def _join(tables: list[tuple[str, Table]]) -> Table:
    first = tables[0][1]
    rows = Rows(_sums(first, tables))
    for session, table in tables:
        rows.extend((session, *row) for row in table.rows)
    return Table(first.name, first.title, (SESSION, *first.kinds), rows)


def _sums(first: Table, tables: list[tuple[str, Table]]) -> list[Cells]:
    """The rows for all sessions together."""
    kinds = first.kinds
    if not any(each.adds for each in kinds):
        return []
    keys = [place for place, each in enumerate(kinds) if each.kind == TEXT]
    sums: dict[tuple[Cell, ...], list[Cell]] = {}
    for _, table in tables:
        for row in table.rows:
            if all(row[place] is None for place, each in enumerate(kinds) if each.adds):
                continue
            key = tuple(row[place] for place in keys)
            total = sums.get(key)
            if total is None:
                sums[key] = [row[place] if each.adds or each.kind == TEXT else None for place, each in enumerate(kinds)]
                continue
            for place, each in enumerate(kinds):
                if each.adds:
                    total[place] = added(total[place], row[place], each)
    return [(ALL, *row) for row in sums.values()]


def added(one: Cell, other: Cell, column: Column) -> Cell:
    """Two cells of a column that adds up; one that is None or empty adds nothing."""
    if one is None or one == "":
        return other
    if other is None or other == "":
        return one
    if column.kind != AMOUNT:
        return int(one) + int(other)
    scale = max(scale_of(str(one)), scale_of(str(other)))
    return decimal(minor(str(one), scale) + minor(str(other), scale), scale)


def scale_of(text: str) -> int:
    """How many decimals a decimal string has."""
    return len(text.partition(".")[2])


def minor(text: str, scale: int) -> int:
    """A decimal string in units of its `scale`-th decimal, of which it has no more."""
    whole, _, fraction = text.partition(".")
    return int(whole + fraction.ljust(scale, "0"))
