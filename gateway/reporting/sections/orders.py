"""Order-keeping records: how many there are of each day and kind, and which fields of RTS 24 they have."""

from __future__ import annotations

from typing import Final

from gateway.reporting.part import EVENTS, Frame, Part
from gateway.reporting.sums.records import OrderRecord
from gateway.reporting.sums.rts24 import FIELDS
from gateway.reporting.tables.tables import COUNT, Cells, Column, Table


class Orders(Part):
    """Counts the records that `--out` writes to files."""

    name = "records"
    title = "Order-keeping records"
    purpose = (
        "Records of orders by Moscow day and kind, and which fields of RTS 24 they have; --out writes each of them."
    )
    need = EVENTS
    has_records = True

    COUNTS_TITLE: Final = "Order records by day and kind"
    COUNTS_COLUMNS: Final = (
        Column("day"),
        Column("event"),
        Column("records", COUNT, adds=True),
        Column("accounts", COUNT),
    )
    FIELDS_TITLE: Final = "Fields of RTS 24, and where a record has them"
    FIELDS_COLUMNS: Final = (
        Column("number", COUNT),
        Column("field"),
        Column("kept"),
        Column("columns"),
        Column("note"),
    )

    def __init__(self, frame: Frame) -> None:
        super().__init__(frame)
        self._counts: Final[dict[tuple[str, str], int]] = {}
        self._accounts: Final[dict[tuple[str, str], set[str]]] = {}

    def record(self, record: OrderRecord) -> None:
        """One record."""
        key = (record.trading_day, record.event)
        self._counts[key] = self._counts.get(key, 0) + 1
        self._accounts.setdefault(key, set()).add(record.account)

    def tables(self) -> list[Table]:
        """What there is, then the fields."""
        counted: list[Cells] = [(*key, count, len(self._accounts[key])) for key, count in sorted(self._counts.items())]
        fields: list[Cells] = [
            (field.number, field.name, field.kept, " ".join(field.columns), field.note) for field in FIELDS
        ]
        return [
            Table("order_records", self.COUNTS_TITLE, self.COUNTS_COLUMNS, counted),
            Table("order_fields", self.FIELDS_TITLE, self.FIELDS_COLUMNS, fields),
        ]
