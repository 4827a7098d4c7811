"""The tables of an export as one Markdown document: `docs/TABLES.md`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from gateway.export.columns import COUNT, DAY, DECIMAL, FLAG, TEXT, TIME, WORD, Column, Declared
from gateway.export.declared import CANDLES, TABLES
from gateway.markdown import prose

_TYPES: Final = {
    WORD: "text, dictionary",
    TEXT: "text",
    COUNT: "int64",
    DECIMAL: "decimal128(38, 8)",
    TIME: "timestamp, ns, UTC",
    DAY: "date32",
    FLAG: "bool",
}
_HEAD: Final = """\
# Tables

`sbx export DIR --parquet OUT` writes a session as tables for other programs, a Parquet file each. This page is made
from the declarations that the files are made from: `sbx export --describe > docs/TABLES.md`.

* **Every row says where it is from.** `seq` is the number of a command in the journal, by which `sbx explain`,
  `sbx at` and others are asked. `event_no` is the place of the event among those of that command. Sorted by both,
  events stand in the order in which they happened.
* **Decimals are exact.** Prices, quantities and amounts are `decimal128(38, 8)`. A program that reads them as
  floating point rounds them.
* **Times** are those of the command, UTC. What fell due earlier is recorded with the next command: `trading_day` is
  the Moscow day in which it happened.
* **Null** means: does not apply, or not known.
* Texts of participants are stored as they were sent. They may hold anything.
* Columns marked *supervisory* say of the public book whose orders they are. Without them the table does not.
* Columns have their meaning and unit beside them.
* Each file says in its metadata of which venue it is, the core version of the journal, and the rulebooks that were in
  force. `rulebook_digest` is the SHA-256 of the last one. `rulebooks` has all of them, each with the `seq` from which
  on it held. A parameter that was set since is in no digest: `sbx history` has it.
"""


def document() -> str:
    """The whole page."""
    return "\n".join([_HEAD, *[line for table in (*TABLES.values(), CANDLES) for line in _section(table)]])


def _section(table: Declared) -> Iterator[str]:
    yield f"## {table.name}\n"
    yield from prose(table.meaning)
    yield ""
    yield "| column | type | unit | meaning |"
    yield "|---|---|---|---|"
    for column in table.columns:
        yield f"| `{column.name}` | {_TYPES[column.kind]} | {column.unit} | {_meaning(column)} |"
    yield ""


def _meaning(column: Column) -> str:
    return f"{column.meaning} (*supervisory*)" if column.is_supervisory else column.meaning
