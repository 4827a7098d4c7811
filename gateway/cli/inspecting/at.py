"""`sbx at`: a recorded session at one moment."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from gateway.cli.known import no_such
from gateway.cli.reading import wide_console
from gateway.cli.small_table import show_small
from gateway.cli.terminal import Terminal
from gateway.cli.walking import opened, seq_of, walked
from gateway.index.keys import INSTRUMENT, INVESTOR
from gateway.printable import json_text
from gateway.reporting.tables.times import moscow_time
from gateway.session.views import Views
from gateway.words.chosen import tr


@click.command()
@click.argument("directory", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.argument("moment", required=False, default="")
@click.option("--book", "instrument", metavar="INSTRUMENT", help="The order book of this instrument.")
@click.option("--depth", type=click.IntRange(1, 10_000), default=10, show_default=True, help="Levels on each side.")
@click.option("--investor", metavar="NAME", help="Class, cap, balances, positions and open orders of this investor.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(
    directory: Path, moment: str, instrument: str | None, depth: int, investor: str | None, as_json: bool
) -> None:
    """Show the session in the journal of DIRECTORY as it was at MOMENT: after the last command then; without one, as it is now.

    A moment is 12.3s or 1h30m from the beginning, 10:04:07 (Moscow, on the first day), a date, 2026-06-01T10:04:07Z, or a
    sequence number. What falls due between two commands shows with the second. The venue may be running. The state is replayed from the
    newest snapshot before the moment.

    \b
    Exit status:
      0  shown
      1  the journal is damaged, or does not replay
      2  usage: no such moment, instrument or investor, too

    \b
    Examples:
      sbx at venue 12.3s
      sbx at venue 10:04:07 --book BTC/RUB --depth 20
      sbx at venue 4711 --investor anna --json
    """
    with opened(directory) as session:
        walk = walked(session, seq_of(session, moment))
        views = Views(walk.exchange)
        found: dict[str, Any] = {**views.session(), "moscow_time": moscow_time(walk.exchange.time_ns)}
        try:
            if instrument is None and investor is None:
                found["instruments"] = views.market()
            if instrument is not None:
                found["book"] = views.book(instrument, depth)
            if investor is not None:
                found["investor"] = views.investor(investor)
        except KeyError as error:
            kind = INSTRUMENT if error.args[0] == instrument else INVESTOR
            known = walk.exchange.instruments if kind == INSTRUMENT else walk.exchange.owners
            raise no_such(kind, str(error.args[0]), known, "the session then") from error
    if as_json:
        click.echo(json_text(found))
    else:
        _show(found)


def _show(found: dict[str, Any]) -> None:
    console = wide_console()
    console.tell(
        tr(
            "after sequence number {seq}, {time} Moscow, {utc}; rulebook {rulebook}",
            seq=found["seq"],
            time=found["moscow_time"],
            utc=found["time_utc"],
            rulebook=found["rulebook"] or "-",
        )
    )
    if "instruments" in found:
        console.tell(
            f"{found['open_orders']:,} open orders, {found['trades']:,} trades so far, {found['accounts']:,} accounts"
        )
        names = ("instrument", "phase", "last", "bid", "ask", "reference", "resting")
        show_small(console, names, [[each[name] for name in names] for each in found["instruments"]])
    if "book" in found:
        _show_book(console, found["book"])
    if "investor" in found:
        show_investor(console, found["investor"])


def _show_book(console: Terminal, book: dict[str, Any]) -> None:
    last, stops = book["last"] or "-", tr("stops that wait: {n}", n=book["waiting_stops"])
    console.tell(f"{book['instrument']}: {book['phase']}, {tr('last {price}', price=last)}, {stops}")
    rows = [["ask", *_level(level)] for level in reversed(book["asks"])]
    rows += [["bid", *_level(level)] for level in book["bids"]]
    show_small(console, ("side", "price", "quantity", "hidden", "orders"), rows)


def _level(level: dict[str, Any]) -> list[object]:
    hidden = level["hidden"] if level["hidden"].strip("0.") else ""
    return [level["price"], level["quantity"], hidden, level["orders"]]


def show_investor(console: Terminal, investor: dict[str, Any]) -> None:
    """An investor as of one moment."""
    state = f", {tr('blocked')}" if investor["blocked"] else ""
    console.tell(f"{investor['investor']}: {investor['class'] or tr('without a class')}{state}")
    if investor["class_set_because"]:
        console.tell(f"class set by a supervisor: {investor['class_set_because']}")
    cap = investor["cap"]
    if cap is not None:
        console.tell(f"annual cap {cap['limit']} RUB: {cap['used']} used, {cap['reserved']} reserved by open orders")
    for account in investor["accounts"]:
        named = account["intermediary"]
        through = f" {tr('through {intermediary}', intermediary=named)}" if named else ""
        console.tell(f"{tr('account {name}', name=account['account'])}{through}")
        names = ("asset", "available", "reserved", "frozen", "held", "arrested")
        show_small(console, names, [[each[name] for name in names] for each in account["balances"]])
        if account["movements"]:
            waiting = [
                [
                    str(each["movement"]),
                    each["kind"],
                    f"{each['amount']} {each['asset']}",
                    each["to"],
                    ", ".join(each["rules"]),
                ]
                for each in account["movements"]
            ]
            show_small(console, ("waits", "kind", "amount", "to", "by"), waiting)
        if account["positions"]:
            held = [[each["instrument"], each["quantity"]] for each in account["positions"]]
            show_small(console, ("position", "quantity"), held)
        if account["orders"]:
            rows = [
                [
                    str(each["order_id"]),
                    each["instrument"],
                    each["side"],
                    each["price"],
                    each["stop_price"],
                    each["leaves"],
                    _place(each["queue"]),
                ]
                for each in account["orders"]
            ]
            show_small(console, ("order", "instrument", "side", "price", "stop", "leaves", "place in queue"), rows)


def _place(queue: dict[str, Any] | None) -> str | None:
    return None if queue is None else tr("{place} of {orders}", place=queue["place"], orders=queue["orders_at_price"])
