"""The tables of a session in memory, for a notebook.

from gateway.export.memory import tables

found = tables("venue")
found["trades"].to_pandas()
polars.from_arrow(found["trades"])
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import pyarrow as pa

from gateway.export.arrow import Batches
from gateway.export.columns import Declared, Row
from gateway.export.declared import TABLES
from gateway.export.making import Making, about_session
from gateway.journal.files import find_journal
from gateway.journal.reader import JournalReader
from gateway.reporting.steps.source import Source


def tables(directory: str | Path, names: Collection[str] = tuple(TABLES)) -> dict[str, pa.Table]:
    """Tables of the session in a directory, whole in memory: 130 to 290 bytes a row. `sbx export` writes what is larger.

    Args:
        directory: the journal's, or one that has it as `journal`; beside a running venue too.
        names: which tables.

    Raises:
        JournalError: there is no journal, it is damaged, or this version does not know what is in it.
        KeyError: there is no such table.
        OSError: it can't be read.
    """
    gathered = {name: Batches(TABLES[name]) for name in names}
    batches: dict[str, list[pa.RecordBatch]] = {name: [] for name in names}

    def put(table: Declared, row: Row) -> None:
        batch = gathered[table.name].add(row)
        if batch is not None:
            batches[table.name].append(batch)

    source = Source(JournalReader(find_journal(Path(directory))))
    making = Making(names, put)
    for step in source.steps():
        making.take(step)
    if source.damage is not None:
        raise source.damage
    making.finish(source.standing)
    about = about_session(source.reader, making.rulebooks)
    found = {name: pa.Table.from_batches([*batches[name], gathered[name].rest()]) for name in names}
    return {name: table.replace_schema_metadata({**table.schema.metadata, **about}) for name, table in found.items()}
