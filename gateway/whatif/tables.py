"""What came of a what-if, as tables: the recording beside the other world, and the difference."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Final

from compliance.worlds.messages.results import ChangedOrder, Fate, Market, Result, World
from engine.vocabulary.said import Said, said_again
from gateway.reporting.tables.figures import percent as in_percent
from gateway.reporting.tables.tables import Cells, Table
from gateway.reporting.tables.times import utc
from gateway.words.words import in_words

PAIR: Final = ("recorded", "other", "difference")
MARKET_FIGURES: Final = {
    "trades": "trades",
    "volume": "volume",
    "value": "value",
    "mean_price": "mean price",
    "first_price": "first price",
    "last_price": "last price",
    "high_price": "highest price",
    "low_price": "lowest price",
    "mean_spread_ppm": "mean spread, %",
    "mean_bid_depth": "mean depth at the best bid",
    "mean_ask_depth": "mean depth at the best ask",
    "open_ns": "continuous trading, ns",
    "quoted_ns": "with both sides, ns",
}
PPM: Final = "_ppm"
SPREAD: Final = "mean_spread_ppm"
"""Below zero: never were both sides there."""
INDEX: Final = "herfindahl_ppm"
WELFARE_FIGURES: Final = {
    "trades": "sides of trades",
    "bought": "bought",
    "sold": "sold",
    "against_mid": "better than mid",
    "against_mid_ppm": "better than mid, %",
    "without_mid": "traded without a mid",
    "fees": "fees",
}
SHARE_FIGURES: Final = {
    "parties": "parties",
    "total": "total",
    "largest": "largest",
    "top_1_ppm": "share of the largest, %",
    "top_5_ppm": "share of the largest five, %",
    "top_10_ppm": "share of the largest ten, %",
    "herfindahl_ppm": "Herfindahl index, 10,000: one has all",
}
EXPOSURE_FIGURES: Final = {
    "parties": "parties",
    "held_rub": "held, RUB",
    "reserved_rub": "reserved, RUB",
    "largest_rub": "largest, RUB",
}


def tables_of(result: Result) -> list[Table]:
    """All tables, in the order in which they are shown."""
    return [
        flow_table(result),
        verdict_table(result),
        access_table(result),
        _party_table(result),
        market_table(result),
        _figures(
            "welfare",
            "Price of trades against the mid before them, by class and quote asset",
            ("investor_class", "quote"),
            (result.recorded.welfare, result.other.welfare),
            WELFARE_FIGURES,
        ),
        _cap_table(result),
        _figures(
            "exposures",
            "Exposures in derivatives and securities on crypto prices at the end",
            ("kind",),
            (result.recorded.exposures, result.other.exposures),
            EXPOSURE_FIGURES,
        ),
        _figures(
            "concentration",
            "How unevenly it is shared",
            ("what", "asset"),
            (result.recorded.concentration, result.other.concentration),
            SHARE_FIGURES,
        ),
        _event_table(result),
        _changed_table(result),
        _slice_table(result),
        order_table(result),
        _skipped_table(result),
    ]


def differs(result: Result) -> bool:
    """Whether anything came out otherwise."""
    return result.recorded != result.other or bool(result.changed) or bool(result.commands_affected)


def differing(table: Table) -> Table:
    """A table without the rows in which both worlds are alike; others as they are."""
    if "difference" not in table.columns:
        return table
    place = table.columns.index("recorded")
    rows = [row for row in table.rows if row[place] != row[place + 1]]
    return Table(table.name, table.title, table.columns, rows)


def flow_table(result: Result) -> Table:
    """How much of the flow was affected."""
    orders = result.orders
    rows: list[Cells] = [
        ("commands", result.commands, ""),
        ("commands with another effect", result.commands_affected, percent(result.commands_affected, result.commands)),
        (
            "commands skipped",
            sum(each.count for each in result.skipped),
            percent(sum(each.count for each in result.skipped), result.commands),
        ),
        ("orders, in either world", orders, ""),
        ("orders changed by the rule itself", result.orders_directly, percent(result.orders_directly, orders)),
        ("orders changed by what followed", result.orders_followed, percent(result.orders_followed, orders)),
    ]
    return Table("flow", "How much of the flow is affected", ("figure", "count", "share"), rows)


def percent(part: int, whole: int) -> str:
    """A share with two decimals, rounded down."""
    return f"{in_percent(part, whole) or '0.00'} %"


def verdict_table(result: Result) -> Table:
    """What was decided how often, by rule and class."""
    counts = [
        {(each.request, each.source, each.investor_class): each.count for each in world.verdicts}
        for world in _worlds(result)
    ]
    rows: list[Cells] = []
    for key in _keys(counts):
        one, two = counts[0].get(key, 0), counts[1].get(key, 0)
        rows.append((key[0], key[1] or "let pass", key[2], one, two, two - one))
    columns = ("request", "decided_by", "investor_class", *PAIR)
    return Table("verdicts", "What was decided, by rule, code or reason, and class", columns, rows)


def access_table(result: Result) -> Table:
    """Whom the change lets in, by class."""
    rows: list[Cells] = [
        (each.investor_class, each.gained, each.lost, each.both, each.orders_let_in, each.orders_kept_out)
        for each in result.access
    ]
    columns = (
        "investor_class",
        "investors_gaining",
        "investors_losing",
        "investors_both",
        "orders_let_in",
        "orders_kept_out",
    )
    return Table("access", "Who gains and who loses access", columns, rows)


def market_table(result: Result) -> Table:
    """Trades, prices, spread and depth."""
    return _figures(
        "markets", "Markets", ("instrument",), (result.recorded.markets, result.other.markets), MARKET_FIGURES
    )


def order_table(result: Result) -> Table:
    """The first orders whose fate changed."""
    rows: list[Cells] = [_order_row(each) for each in result.first_changed]
    columns = (
        "order_id",
        "time_utc",
        "account",
        "investor_class",
        "instrument",
        "side",
        "change",
        "cause",
        "by",
        "recorded",
        "other",
        "filled",
        "filled_other",
        "reason",
    )
    return Table("orders", "The first orders with another fate", columns, rows)


def _order_row(order: ChangedOrder) -> Cells:
    return (
        order.order_id,
        utc(order.time_ns) if order.time_ns else "",
        order.account,
        order.investor_class,
        order.instrument,
        order.side,
        order.change,
        "directly" if order.directly else "followed",
        order.by,
        _outcome(order.recorded),
        _outcome(order.other),
        order.recorded.filled,
        order.other.filled,
        fate_words(order.recorded) or fate_words(order.other),
    )


def _outcome(fate: Fate) -> str:
    """In a word or two: `refused RET-1`, `cancelled requested`, `filled`."""
    return " ".join(part for part in (fate.outcome, fate.rule or fate.why) if part)


def fate_words(fate: Fate) -> str:
    """What was said of an order that was refused or cancelled by a rule."""
    return in_words(said_again(fate.template, _values(fate.values))) if fate.template else ""


def _values(values: Iterable[object]) -> tuple[str | int | Said, ...]:
    """Values of a sentence, as they are, or as they were read back from JSON: a sentence within is a pair."""
    found: list[str | int | Said] = []
    for each in values:
        if isinstance(each, (str, int, Said)):
            found.append(each)
        else:
            assert isinstance(each, (list, tuple))
            found.append(Said(each[0], _values(each[1]) if len(each) > 1 else ()))
    return tuple(found)


def _party_table(result: Result) -> Table:
    rows: list[Cells] = [
        (each.investor, each.investor_class, each.orders_let_in, each.orders_kept_out) for each in result.parties
    ]
    columns = ("investor", "investor_class", "orders_let_in", "orders_kept_out")
    return Table("parties", "The investors concerned most", columns, rows)


def _cap_table(result: Result) -> Table:
    one, two = result.recorded.caps, result.other.caps
    rows: list[Cells] = []
    if one is not None and two is not None:
        rows = [
            _pair_row(("cap, RUB",), one.cap_rub, two.cap_rub),
            _pair_row(("retail investors",), one.investors, two.investors),
            _pair_row(("used, RUB",), one.used_rub, two.used_rub),
            _pair_row(("reserved, RUB",), one.reserved_rub, two.reserved_rub),
        ]
        labels = [
            "investors that used none of it",
            *[f"investors that used up to {upto} % of it" for upto in range(10, 101, 10)],
            "investors that used more than 100 % of it",
        ]
        rows += [
            _pair_row((label,), first, second)
            for label, first, second in zip(labels, one.used_tenths, two.used_tenths, strict=True)
        ]
    return Table("caps", "Annual cap used by retail at the end (RET-1)", ("figure", *PAIR), rows)


def _event_table(result: Result) -> Table:
    counts = [world.events for world in _worlds(result)]
    rows = [_pair_row((name,), counts[0].get(name, 0), counts[1].get(name, 0)) for name in _keys(counts)]
    return Table("events", "Events, by kind", ("event", *PAIR), rows)


def _changed_table(result: Result) -> Table:
    rows: list[Cells] = [
        (
            each.change,
            "directly" if each.directly else "followed",
            each.by,
            each.investor_class,
            each.instrument,
            each.orders,
        )
        for each in result.changed
    ]
    columns = ("change", "cause", "by", "investor_class", "instrument", "orders")
    return Table("changed", "Orders with another fate: by the rule itself, or by what followed", columns, rows)


def _slice_table(result: Result) -> Table:
    rows: list[Cells] = [
        (utc(each.until_ns), each.orders, each.directly, each.followed)
        for each in result.slices
        if each.directly or each.followed
    ]
    return Table(
        "spread", "How it spread: orders by when they came", ("until_utc", "orders", "directly", "followed"), rows
    )


def _skipped_table(result: Result) -> Table:
    rows: list[Cells] = [(each.command, each.why, each.count, each.first_seq) for each in result.skipped]
    return Table(
        "skipped", "Commands of the recording that were skipped", ("command", "why", "count", "first_seq"), rows
    )


def _worlds(result: Result) -> tuple[World, World]:
    return result.recorded, result.other


def _keys(
    counts: Sequence[dict[object, int]] | Sequence[dict[str, int]] | Sequence[dict[tuple[str, str, str], int]],
) -> list:  # type: ignore[type-arg]
    """The keys of both, sorted."""
    return sorted({*counts[0], *counts[1]})


def _figures(
    name: str,
    title: str,
    keys: tuple[str, ...],
    both: tuple[Sequence[object], Sequence[object]],
    figures: dict[str, str],
) -> Table:
    """A row for each figure of each thing that either world has."""
    found = [{tuple(getattr(each, key) for key in keys): each for each in world} for world in both]
    rows: list[Cells] = []
    for key in dict.fromkeys([*found[0], *found[1]]):
        for field, label in figures.items():
            one, two = [None if key not in world else _figure(field, getattr(world[key], field)) for world in found]
            rows.append(_pair_row((*key, label), one, two))
    return Table(name, title, (*keys, "figure", *PAIR), rows)


def _figure(field: str, value: str | int) -> str | int | None:
    """A figure for people: millionths as percent, the index as reports have it, from 0 to 10 000."""
    if not field.endswith(PPM) or not isinstance(value, int):
        return value
    if field == SPREAD and value < 0:
        return None
    return format(Decimal(value).scaleb(-2 if field == INDEX else -4), "f")


def _pair_row(key: tuple[str, ...], one: str | int | None, two: str | int | None) -> Cells:
    return (*key, one, two, difference(one, two))


def difference(one: str | int | None, two: str | int | None) -> str | int | None:
    """What the other world has more, exactly; None: one of the two is no number."""
    try:
        if isinstance(one, int) and isinstance(two, int):
            return two - one
        return format(Decimal(str(two)) - Decimal(str(one)), "f")
    except ArithmeticError:
        return None


def market_of(world: World, instrument: str) -> Market | None:
    """A market of a world, by name."""
    return next((each for each in world.markets if each.instrument == instrument), None)
