"""The counts of a recorded session as tables."""

from __future__ import annotations

from collections import Counter
from typing import Final

from compliance.registry.calendar import iso_date
from gateway.reporting.sums.counts import Counts, OrderCounts
from gateway.reporting.sums.records import CANCELLED, FILLS, NEW, ORDER_EXPIRED, REJECTED, REQUEST_REJECTED
from gateway.reporting.tables.tables import Cells, Table, columns_of
from gateway.reporting.tables.times import utc

_ORDERS: Final = (
    "orders",
    "accepted",
    "rejected",
    "amended",
    "triggered",
    "fills",
    "filled",
    "cancelled",
    "expired",
    "requests_rejected",
)


def count_tables(counts: Counts, capacity_multiple: int | None) -> list[Table]:
    """Everything counted, in the order in which it is shown.

    Args:
        capacity_multiple: how often the highest message rate seen a venue must be able to take (OPS-2); None: no rule says so.
    """
    return [
        _orders_table(
            counts, "orders_by_class", "Orders by class", "investor_class", counts.by_class, with_trades=False
        ),
        _orders_table(
            counts, "orders_by_instrument", _traded_title(counts), "instrument", counts.by_instrument, with_trades=True
        ),
        _rejects_by_rule(counts),
        _rejects_table(counts),
        _cancels_table(counts),
        _transfers_table(counts),
        _refused_transfers_table(counts),
        _movements_table(counts),
        _freezes_table(counts),
        _marks_table(counts),
        _margin_table(counts),
        _defaults_table(counts),
        _shared_table(counts),
        _refused_commands_table(counts),
        _activity(counts, capacity_multiple),
    ]


def _traded_title(counts: Counts) -> str:
    """The tape and its candles show what stands, this what was traded: where they differ it is said."""
    corrected = (
        f" (as traded: {counts.corrections:,} corrections of trades not taken off)" if counts.corrections else ""
    )
    return f"Orders by instrument{corrected}"


def _orders_table(
    counts: Counts, name: str, title: str, key: str, found: dict[str, OrderCounts], *, with_trades: bool
) -> Table:
    rows: list[Cells] = []
    for each in sorted(found):
        orders = found[each]
        events = orders.events
        row: Cells = (
            each,
            events[NEW] + events[REJECTED],
            events[NEW],
            events[REJECTED],
            events["amended"],
            events["triggered"],
            events[FILLS[0]] + events[FILLS[1]],
            events[FILLS[1]],
            events[CANCELLED],
            events[ORDER_EXPIRED],
            events[REQUEST_REJECTED],
        )
        if with_trades:
            row = (*row, orders.trades, *_volume(counts, each, orders))
        rows.append(row)
    names = _ORDERS if not with_trades else (*_ORDERS, "trades", "quantity", "turnover", "turnover_asset")
    whole, decimals = (*_ORDERS, "trades"), ("quantity", "turnover")
    return Table(name, title, columns_of(key, *names, counts=whole, amounts=decimals, adds=True), rows)


def _volume(counts: Counts, instrument: str, orders: OrderCounts) -> Cells:
    """Quantity and turnover of trades; nothing of an instrument that is not listed."""
    traded = counts.reference.instruments.get(instrument)
    if traded is None:
        return ("", "", "")
    format_ = counts.reference.formats.instruments[instrument]
    turnover = counts.reference.formats.amount(traded.quote, orders.tick_lots * traded.unit)
    return (format_.quantity[orders.lots], turnover, traded.quote)


def _rejects_by_rule(counts: Counts) -> Table:
    decided: Counter[tuple[str, str]] = Counter()
    for (_, rule, code, _, _), count in counts.rejects.items():
        decided[(rule, "" if rule else code)] += count
    for rule in counts.named:
        decided[(rule, "")] += 0
    rows: list[Cells] = [
        (rule, code, counts.reference.titles.get(rule, ""), count, counts.named[rule] if rule else count)
        for (rule, code), count in sorted(decided.items(), key=lambda item: (-item[1], item[0]))
    ]
    columns = columns_of("rule", "code", "title", "decided", "failed", counts=("decided", "failed"), adds=True)
    return Table("rejects_by_rule", "Rejects by rule, and by code where no rule decided", columns, rows)


def _rejects_table(counts: Counts) -> Table:
    rows: list[Cells] = [(*key, count) for key, count in sorted(counts.rejects.items())]
    names = ("request", "rule", "code", "investor_class", "instrument", "count")
    columns = columns_of(*names, counts=("count",), adds=True)
    return Table("rejects", "Rejects by rule, class and instrument", columns, rows)


def _cancels_table(counts: Counts) -> Table:
    rows: list[Cells] = [(*key, count) for key, count in sorted(counts.cancels.items())]
    return Table(
        "cancels",
        "Orders that ended before they were filled",
        columns_of("reason", "rule", "count", counts=("count",), adds=True),
        rows,
    )


def _transfers_table(counts: Counts) -> Table:
    amount = counts.reference.formats.amount
    rows: list[Cells] = [
        (purpose, asset, count, amount(asset, total))
        for (purpose, asset), (count, total) in sorted(counts.transfers.items())
    ]
    columns = columns_of("purpose", "asset", "count", "amount", counts=("count",), amounts=("amount",), adds=True)
    return Table("transfers", "Transfers by purpose", columns, rows)


def _movements_table(counts: Counts) -> Table:
    amount = counts.reference.formats.amount
    rows: list[Cells] = [
        (outcome, asset, count, amount(asset, total))
        for (outcome, asset), (count, total) in sorted(counts.movements.items())
    ]
    columns = columns_of("outcome", "asset", "count", "amount", counts=("count",), amounts=("amount",), adds=True)
    return Table("waited", "Withdrawals, transfers and redemptions that had to wait, by how they ended", columns, rows)


def _refused_transfers_table(counts: Counts) -> Table:
    rows: list[Cells] = [(*key, count) for key, count in sorted(counts.refused_transfers.items())]
    columns = columns_of("purpose", "asset", "rule", "code", "count", counts=("count",), adds=True)
    return Table("transfers_refused", "Transfers refused", columns, rows)


def _freezes_table(counts: Counts) -> Table:
    rows: list[Cells] = [
        (
            seq,
            utc(freeze.time_ns),
            asset,
            freeze.accounts,
            counts.reference.formats.amount(asset, freeze.frozen),
            freeze.reason,
        )
        for (seq, asset), freeze in counts.freezes.items()
    ]
    names = ("seq", "time_utc", "asset", "accounts", "frozen", "reason")
    columns = columns_of(*names, counts=("accounts",), amounts=("frozen",))
    return Table("freezes", "Freezes, and what is frozen after each", columns, rows)


def _marks_table(counts: Counts) -> Table:
    rows: list[Cells] = []
    for mark in counts.marks:
        traded = counts.reference.instruments[mark.instrument]
        format_ = counts.reference.formats.instruments[mark.instrument]
        rows.append(
            (
                mark.seq,
                utc(mark.time_ns),
                mark.instrument,
                format_.price[mark.price_ticks],
                format_.quantity[mark.open_interest_lots],
                "yes" if mark.final else "",
                mark.accounts,
                counts.reference.formats.amount(traded.quote, mark.gained),
                traded.quote,
            )
        )
    names = ("seq", "time_utc", "instrument", "price", "open_interest", "final", "accounts", "gained", "asset")
    columns = columns_of(*names, counts=("accounts",), amounts=("price", "open_interest", "gained"))
    return Table("marks", "Marks of futures", columns, rows)


def _margin_table(counts: Counts) -> Table:
    rows: list[Cells] = []
    for (event, key), (count, total) in sorted(counts.margin.items()):
        amount = counts.reference.formats.amount(key, total) if event == "margin_called" else ""
        rows.append((event, key, count, amount))
    columns = columns_of("event", "of", "count", "missing", counts=("count",), amounts=("missing",), adds=True)
    return Table("margin", "Margin calls and close-outs", columns, rows)


def _defaults_table(counts: Counts) -> Table:
    names = ("seq", "time_utc", "account", "investor", "instrument", "asset", "shortfall")
    columns = columns_of(*names, amounts=("shortfall",))
    return Table("defaults", "Defaults", columns, counts.defaults)


def _shared_table(counts: Counts) -> Table:
    rows: list[Cells] = [
        (seq, utc(time_ns), instrument, asset, accounts, counts.reference.formats.amount(asset, total))
        for (seq, instrument, asset), (time_ns, accounts, total) in counts.shared.items()
    ]
    names = ("seq", "time_utc", "instrument", "asset", "accounts", "amount")
    columns = columns_of(*names, counts=("accounts",), amounts=("amount",))
    return Table("losses_shared", "Shortfalls shared among those who gained", columns, rows)


def _refused_commands_table(counts: Counts) -> Table:
    rows: list[Cells] = [(*key, count) for key, count in sorted(counts.refused_commands.items())]
    columns = columns_of("command", "code", "count", counts=("count",), adds=True)
    return Table("commands_refused", "Commands of operator and supervisor refused", columns, rows)


def _activity(counts: Counts, capacity_multiple: int | None) -> Table:
    first, last = counts.first, counts.last
    capacity = None if capacity_multiple is None else counts.rate.highest * capacity_multiple
    rows: list[Cells] = [
        ("commands", counts.commands),
        ("events", counts.events),
        ("messages", counts.rate.messages),
        ("highest_messages_a_second", counts.rate.highest),
        ("highest_second_ended_utc", utc(counts.rate.highest_ns) if counts.rate.messages else None),
        ("capacity_asked_for_a_second", capacity),
        ("trades", sum(orders.trades for orders in counts.by_instrument.values())),
        ("trades_corrected", counts.corrections),
        ("first_seq", first[0] if first is not None else None),
        ("last_seq", last[0] if last is not None else None),
        ("first_utc", utc(first[1]) if first is not None else None),
        ("last_utc", utc(last[1]) if last is not None else None),
        ("moscow_days", " ".join(iso_date(day) for day in counts.days)),
    ]
    return Table("activity", "Activity, and the capacity it asks for (OPS-2)", ("figure", "value"), rows)
