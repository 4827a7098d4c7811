"""`sbx load compare`, `merge` and `report`: what is made of results that were kept with `--out`."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click
import msgspec
from rich.table import Table

from gateway.cli.saying import say
from gateway.cli.terminal import Terminal
from gateway.printable import json_safe, json_text, printable
from loadtest.load.page.words import counted, duration, number
from loadtest.load.results.compare import CompareError, Comparison, Figure
from loadtest.load.results.merge import MergeError
from loadtest.load.results.result import Result, ResultError, read_result, write_result

WIDTH: Final = 120
"""Of a table in a file or pipe."""
STYLES: Final = {"better": "green", "worse": "red", "cannot tell": ""}
_FILE: Final = click.Path(path_type=Path, exists=True, dir_okay=False)


class Refused(click.ClickException):
    """What can't be done with these files; a status of its own, for 1 is `worse`."""

    exit_code = 2


def read_side(path: Path) -> Result:
    """A result, or all results of a folder as one with all their runs.

    Raises:
        Refused: it can't be read, or they are not of the same load.
    """
    from loadtest.load.results.repeats import RepeatError, together

    if not path.is_dir():
        return _read(path)
    files = sorted(path.glob("*.json"))
    if not files:
        raise Refused(f"{path} has no results (*.json) in it")
    try:
        return together([_read(file) for file in files])
    except RepeatError as error:
        raise Refused(f"{path}: {error}") from error


def _read(path: Path) -> Result:
    try:
        return read_result(path)
    except (ResultError, OSError) as error:
        raise Refused(str(error)) from error


@click.command()
@click.argument("a", type=click.Path(path_type=Path, exists=True))
@click.argument("b", type=click.Path(path_type=Path, exists=True))
@click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON object: every figure of every run, intervals, words."
)
def compare(a: Path, b: Path, as_json: bool) -> None:
    """Say whether B is better or worse than A, or that it can't be told.

    A and B are results of `sbx load --out`, or folders of them. Best they were run in turns: one of A, one of B, and so on.
    Such runs are compared in pairs. Of others only large differences count.

    p50, p99, p99.9 and mean of round trips, requests done, market data, and the highest rate held: each has an interval
    and a word, of B: better, worse, cannot tell. All intervals together hold with 95 %. Fewer than 5 or 6 runs of each can't
    be told apart.

    \b
    Exit status:
      0  better, or it can't be told
      1  worse
      2  usage; or a result has no figures of the venue: a check failed, the generator was behind

    \b
    Examples:
      sbx load compare before.json after.json
      for i in 0 1 2 3 4 5 6 7 8 9; do
        sbx load --url ws://127.0.0.1:8765 --venue my-venue --out before/$i.json
        sbx load ws://127.0.0.1:8002 --out after/$i.json
      done
      sbx load compare before after
      sbx load compare before after --json | jq -r .verdict
    """
    from loadtest.load.results import compare as comparing

    try:
        found = comparing.compare(read_side(a), read_side(b))
    except CompareError as error:
        raise Refused(str(error)) from error
    if as_json:
        click.echo(json_safe(msgspec.json.encode(found)))
    else:
        show(found)
    raise SystemExit(1 if found.verdict == "worse" else 0)


def show(found: Comparison) -> None:
    """Print the table, then the word."""
    console = Terminal(width=WIDTH)
    whole = Terminal(wraps=False)
    console.tell(f"A: {found.a}")
    console.tell(f"B: {found.b}")
    table = Table("figure")
    for title in ("A", "B", "B less A", f"{found.confidence_each:.1%} interval", "ratio"):
        table.add_column(title, justify="right")
    table.add_column("B is")
    for figure in found.figures:
        table.add_row(*cells(figure), style=STYLES[figure.verdict])
    console.print(table)
    for figure in found.figures:
        for name, values in (("A", figure.a), ("B", figure.b)):
            told = ", ".join(in_words(figure, value) for value in values)
            whole.tell(f"{figure.name}, runs of {name}: {told}")
    for warning in found.warnings:
        whole.tell(f"not alike, or weak: {warning}")
    runs = "runs in turns, in pairs" if found.is_interleaved else "runs not in turns"
    whole.tell(f"medians of the runs; {runs}; all intervals together hold with 95 %")
    whole.tell(f"{found.verdict}: {found.why}")


def in_words(figure: Figure, value: float) -> str:
    """A value of a figure with its unit."""
    return duration(value) if figure.unit == "ns" else f"{number(value)}/s"


def cells(figure: Figure) -> list[str]:
    """A row of the table."""
    row = [figure.name, in_words(figure, figure.median_a), in_words(figure, figure.median_b)]
    if figure.difference is None or figure.low is None or figure.high is None:
        row += ["", "", ""]
    else:
        ratio = "" if figure.ratio is None else f"{figure.ratio:.3f}"
        row += [
            in_words(figure, figure.difference),
            f"{in_words(figure, figure.low)} to {in_words(figure, figure.high)}",
            ratio,
        ]
    return [*row, figure.verdict]


@click.command()
@click.argument("parts", nargs=-1, required=True, type=_FILE)
@click.option("--out", required=True, type=click.Path(path_type=Path, dir_okay=False), help="Where the whole goes.")
@click.option("--json", "as_json", is_flag=True, help="Print the whole as JSON, too.")
def merge(parts: tuple[Path, ...], out: Path, as_json: bool) -> None:
    """Put the parts of one load together that ran on several machines, each with its --share.

    Histograms and counts add exactly. In each second of the plots over time, percentiles are upper bounds. Parts of different
    loads are refused; parts that are missing are named in a note.

    \b
    Examples:
      sbx load merge part-1.json part-2.json part-3.json --out whole.json
      sbx load report whole.json whole.html
    """
    from loadtest.load.results.merge import merge as put_together

    try:
        whole = put_together([_read(part) for part in parts])
        write_result(out, whole)
    except (MergeError, OSError) as error:
        raise Refused(str(error)) from error
    if as_json:
        click.echo(json_safe(msgspec.json.encode(whole)))
        return
    say(f"{printable(str(out))}: {counted(len(parts), 'part')}, {counted(len(whole.runs), 'run')}")
    for note in whole.notes:
        say(note)


@click.command()
@click.argument("result", type=click.Path(path_type=Path, exists=True))
@click.argument("page", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--json", "as_json", is_flag=True, help="Say as JSON what was written.")
def report(result: Path, page: Path, as_json: bool) -> None:
    """Write the report page of a kept result, or of a folder of them, to the file PAGE.

    One HTML file that needs nothing else: it can be sent by mail and read offline.

    \b
    Examples:
      sbx load report result.json result.html
    """
    from loadtest.load.page.page import write_page

    try:
        write_page(page, read_side(result))
        size = page.stat().st_size
    except OSError as error:
        raise Refused(str(error)) from error
    if as_json:
        click.echo(json_text({"page": str(page), "bytes": size}))
    else:
        say(f"{printable(str(page))}: {size / 1_000:,.0f} kB")
