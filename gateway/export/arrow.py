"""Rows as Arrow has them: a schema for each table, and batches of rows. This and what builds on it need pyarrow."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import pyarrow as pa

from engine.vocabulary.limits import DECIMALS
from gateway.export.columns import COUNT, DAY, DECIMAL, FLAG, TEXT, TIME, WORD, Column, Declared, Row, TooFine, Value

BATCH_ROWS: Final = 8_192
"""Rows of a batch. As Python values they take some 10 MB, and as many again for each table beside it."""
GROUP_ROWS: Final = 65_536
"""Rows that a file has together, and a reader takes together: enough for dictionaries to pay, and few enough for memory."""
PRECISION: Final = 38
"""Digits of a decimal, as many as 16 bytes hold and all readers take. The largest amount there can be has 2**63 minor units and no
decimals: 27 digits. The largest product of price and quantity, of a future, has 30: so a thousand million of them can be added up."""
_MOST: Final = 10**PRECISION

_TYPES: Final = {
    WORD: pa.dictionary(pa.int32(), pa.string()),
    TEXT: pa.string(),
    COUNT: pa.int64(),
    DECIMAL: pa.decimal128(PRECISION, DECIMALS),
    TIME: pa.timestamp("ns", tz="UTC"),
    DAY: pa.date32(),
    FLAG: pa.bool_(),
}


def schema_of(table: Declared) -> pa.Schema:
    """The schema of a table, with what its columns mean beside them."""
    fields = [pa.field(column.name, _TYPES[column.kind], metadata=_about(column)) for column in table.columns]
    return pa.schema(fields, metadata={"table": table.name, "meaning": table.meaning})


class Batches:
    """Gathers rows of a table into batches."""

    def __init__(self, table: Declared) -> None:
        self.table: Final = table
        self.schema: Final = schema_of(table)
        self.rows = 0
        """How many were gathered in all."""
        self._rows: Final[list[Row]] = []

    def add(self, row: Row) -> pa.RecordBatch | None:
        """Take a row; returns a batch if it is full with it.

        Raises:
            TooFine: a decimal has more digits than there is room for.
        """
        self._rows.append(row)
        return self.rest() if len(self._rows) == BATCH_ROWS else None

    def rest(self) -> pa.RecordBatch:
        """Those that are not in a batch yet, which may be none."""
        found = batch_of(self.schema, self.table, self._rows)
        self.rows += len(self._rows)
        self._rows.clear()
        return found


def batch_of(schema: pa.Schema, table: Declared, rows: Sequence[Row]) -> pa.RecordBatch:
    """Rows of a table as a batch.

    Raises:
        TooFine: a decimal has more digits than there is room for.
    """
    columns = zip(*rows, strict=True) if rows else [()] * len(table.columns)
    arrays = [_ARRAYS[column.kind](values) for column, values in zip(table.columns, columns, strict=True)]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _about(column: Column) -> dict[str, str]:
    found = {"meaning": column.meaning, "unit": column.unit, "supervisory": "yes" if column.is_supervisory else ""}
    return {name: text for name, text in found.items() if text}


def _texts(values: Sequence[Value]) -> pa.Array:
    return pa.array([value or None for value in values], pa.string())


def _decimals(values: Sequence[Any]) -> pa.Array:
    """Integers scaled by 10**8, taken over as they are."""
    known = [value or 0 for value in values]
    if known and not -_MOST < min(known) <= max(known) < _MOST:
        raise TooFine(f"an amount has more than {PRECISION} digits")
    data = b"".join([value.to_bytes(16, "little", signed=True) for value in known])
    is_known = pa.array([value is not None for value in values], pa.bool_())
    return pa.Array.from_buffers(_TYPES[DECIMAL], len(known), [is_known.buffers()[1], pa.py_buffer(data)])


def _plain(kind: str) -> Callable[[Sequence[Value]], pa.Array]:
    return lambda values: pa.array(values, _TYPES[kind])


_ARRAYS: Final[dict[str, Callable[[Sequence[Any]], pa.Array]]] = {
    WORD: lambda values: _texts(values).dictionary_encode(),
    TEXT: _texts,
    DECIMAL: _decimals,
    COUNT: _plain(COUNT),
    TIME: _plain(TIME),
    DAY: _plain(DAY),
    FLAG: _plain(FLAG),
}
