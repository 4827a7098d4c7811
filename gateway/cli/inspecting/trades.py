"""`sbx trades`: the tape of a recorded session."""

from __future__ import annotations

from pathlib import Path

import click

from gateway.cli.inspecting.tape import Form, Session, asked, check_form
from gateway.cli.parquet import write_file
from gateway.export.declared import TRADES
from gateway.export.rows import trade_row
from gateway.printable import figures
from gateway.session.tables import TRADE_COLUMNS, Cells

SHOWN = ("seq", "trade_id", "time_moscow", "instrument", "price", "quantity", "taker_side", "status")
_STATUS, _FINAL_PRICE = TRADE_COLUMNS.index("status"), TRADE_COLUMNS.index("final_price")


@click.command()
@asked
def command(
    directory: Path,
    instrument: str,
    since: str,
    until: str,
    last: int,
    form: str | None,
    out: Path | None,
    parquet: Path | None,
) -> None:
    """Show the trades in the journal of DIRECTORY (or its folder journal), beside a running venue too.

    A moment is 12.3s or 1h30m from the beginning, 10:04:07 (Moscow, on the first day), a date, 2026-06-01T10:04:07Z, or a
    sequence number. A trade that was busted, or got another price later in its day, says so. By the number of a trade
    `sbx control bust` and `reprice` ask.

    \b
    Exit status:
      0  complete
      1  the journal is damaged: what stands before the damage is shown
      2  usage
      3  complete but for a torn last frame

    \b
    Examples:
      sbx trades venue
      sbx trades venue --instrument BTC/RUB --from 10:00 --to 10:05 --last 50
      sbx trades venue --csv --out trades.csv
      sbx trades venue --json | jq .price
      sbx trades venue --parquet trades.parquet
    """
    check_form(form, out, parquet)
    session = Session(directory, instrument, since, until)
    prints = session.prints()
    if parquet is None:
        shown = Form(TRADE_COLUMNS, SHOWN, form=form, out=out, last=last)
        rows = (session.rows.trade(each) for each in prints)
        shown.put(rows if shown.form else map(_for_people, rows))
    else:
        write_file(parquet, TRADES, (trade_row(each, session.tape.reference) for each in prints), session.about)
    session.end()


def _for_people(row: Cells) -> Cells:
    """A row whose status says the price that stands, where that is another."""
    if row[_STATUS] != "corrected":
        return row
    return (*row[:_STATUS], f"now {figures(str(row[_FINAL_PRICE]))}", *row[_STATUS + 1 :])
