"""A session exported, and DuckDB to ask its tables."""

from __future__ import annotations

import json
import shutil
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
from click.testing import CliRunner, Result

from gateway.cli.main import group
from tests.support.places import ROOT

DEMO = ROOT / "tests" / "golden" / "v9"
"""A demo of 1.2 seconds that is kept."""
QUERIES = ROOT / "examples" / "duckdb"


def demo_journal(directory: Path) -> Path:
    """A copy of the kept demo's journal."""
    for segment in DEMO.glob("*.sbxj"):
        shutil.copy(segment, directory)
    return directory


def sbx(*arguments: object) -> Result:
    return CliRunner().invoke(group, [str(each) for each in arguments], catch_exceptions=False)


def export(journal: Path, out: Path, *options: object, status: int = 0) -> dict[str, Any]:
    """Export; what its JSON says."""
    found = sbx("export", journal, "--parquet", out, "--json", *options)
    assert found.exit_code == status, found.output
    summary: dict[str, Any] = json.loads(found.stdout)
    return summary


def report_tables(journal: Path) -> dict[str, list[dict[str, Any]]]:
    """The tables of `sbx report`."""
    found = sbx("report", journal, "--json")
    assert found.exit_code == 0, found.output
    tables: dict[str, list[dict[str, Any]]] = json.loads(found.stdout)["tables"]
    return tables


class Asked:
    """The tables of an export, asked in SQL."""

    def __init__(self, out: Path) -> None:
        self.out = out
        self.connection = duckdb.connect()
        self.connection.execute(f"SET file_search_path = '{out}'")

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        found: list[tuple[Any, ...]] = self.connection.execute(sql).fetchall()
        return found

    def value(self, sql: str) -> Any:
        """The one value of the one row."""
        ((value,),) = self.rows(sql)
        return value

    def example(self, name: str) -> list[dict[str, Any]]:
        """What a query of `examples/duckdb/` finds."""
        found = self.connection.execute((QUERIES / f"{name}.sql").read_text(encoding="utf-8"))
        columns = [each[0] for each in found.description or ()]
        return [dict(zip(columns, row, strict=True)) for row in found.fetchall()]


def exact(text: str) -> Decimal:
    """A decimal of the wire; none is zero."""
    return Decimal(text or "0")
