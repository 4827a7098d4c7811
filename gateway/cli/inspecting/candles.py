"""`sbx candles`: open, high, low and close of a recorded session."""

from __future__ import annotations

from pathlib import Path

import click

from gateway.cli.inspecting.tape import Form, Session, asked, check_form
from gateway.cli.parquet import write_file
from gateway.export.declared import CANDLES
from gateway.export.rows import candle_row
from gateway.session.candles import Candles
from gateway.session.moments import parse_length
from gateway.session.tables import CANDLE_COLUMNS

SHOWN = ("start_moscow", "instrument", "open", "high", "low", "close", "volume", "trades")


@click.command()
@asked
@click.option("--interval", default="1m", show_default=True, help="Length of a candle: 1s, 5m, 1h, 1d, any.")
def command(
    directory: Path,
    instrument: str,
    since: str,
    until: str,
    last: int,
    form: str | None,
    out: Path | None,
    parquet: Path | None,
    interval: str,
) -> None:
    """Show candles of the trades in the journal of DIRECTORY (or its folder journal), beside a running venue too.

    Intervals that divide a day begin at Moscow midnight. An interval without trades has no candle. Prices are those that
    stand: a busted trade counts nowhere, a corrected one at its new price.

    \b
    Exit status:
      0  complete
      1  the journal is damaged: what stands before the damage is shown
      2  usage
      3  complete but for a torn last frame

    \b
    Examples:
      sbx candles venue --instrument BTC/RUB
      sbx candles venue --interval 1h --csv --out candles.csv
      sbx candles venue --interval 1d --parquet candles.parquet
      sbx candles venue --interval 250ms --from 12.3s --to 14s --json
    """
    interval_ns = parse_length(interval)
    if not interval_ns:
        raise click.UsageError(f"--interval: {interval!r} is no length: write 1s, 5m, 1h, 1d or the like")
    check_form(form, out, parquet)
    session = Session(directory, instrument, since, until)
    candles = Candles(interval_ns)
    made = (candle for each in session.prints() for candle in candles.take([each]))
    found = (candle for part in (made, candles.finish()) for candle in part)
    if parquet is None:
        shown = Form(CANDLE_COLUMNS, SHOWN, form=form, out=out, last=last)
        shown.put(session.rows.candle(candle) for candle in found)
    else:
        write_file(parquet, CANDLES, (candle_row(candle, session.tape.reference) for candle in found), session.about)
    session.end()
