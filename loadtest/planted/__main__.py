"""`python -m loadtest.planted`: measure the detectors, or write a session with planted abuse for training."""

from __future__ import annotations

from pathlib import Path

import click

from compliance.surveillance.base.parameters import ParametersError
from compliance.surveillance.catalogue import settings_of
from gateway.cli.progress import bar
from gateway.cli.saying import say
from gateway.journal.files import JournalError
from loadtest.planted.ground.plot import PLAIN, STRENGTHS
from loadtest.planted.kept import write_session
from loadtest.planted.measure import KINDS, Counted, SeedsMixed, in_document, load, measure, save, table
from loadtest.planted.session import MEASURING, MINUTES


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def group() -> None:
    """Abuse planted in ordinary flow, and how well the detectors find it (docs/SURVEILLANCE.md)."""


@group.command("measure")
@click.option("--first", type=int, default=MEASURING.start, show_default=True, help="The first seed.")
@click.option("--seeds", type=click.IntRange(1, 1_000), default=25, show_default=True, help="How many.")
@click.option("--tuning", is_flag=True, help="Seeds of tuning, which are never used for measuring.")
@click.option("--minutes", type=click.FloatRange(9, 600), default=MINUTES, show_default=True, help="Of each session.")
@click.option("--processes", type=click.IntRange(1, 64), default=1, show_default=True, help="Sessions at once.")
@click.option(
    "--parameters", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="TOML, as of `sbx surveil`."
)
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Keep what each session gave.")
@click.option(
    "--into", type=click.Path(path_type=Path, exists=True, dir_okay=False), help="Put the table into this document."
)
def measured(
    first: int,
    seeds: int,
    tuning: bool,
    minutes: float,
    processes: int,
    parameters: Path | None,
    out: Path | None,
    into: Path | None,
) -> None:
    """Run a clean session and one of each strength for each seed, and print precision, recall and false reports with intervals.

    \b
    Examples:
      python -m loadtest.planted measure --seeds 3
      python -m loadtest.planted measure --tuning --first 0 --parameters mine.toml
      python -m loadtest.planted measure --processes 2 --out docs/surveillance.jsonl --into docs/SURVEILLANCE.md
    """
    document = "" if parameters is None else parameters.read_text(encoding="utf-8")
    try:
        settings_of(document)
        done = 0
        with bar("sessions", seeds * len(KINDS)) as show:

            def tell(_: Counted) -> None:
                nonlocal done
                done += 1
                show(done)

            found = measure(
                range(first, first + seeds),
                is_tuning=tuning,
                document=document,
                minutes=minutes,
                processes=processes,
                tell=tell,
            )
    except (SeedsMixed, ParametersError) as error:
        raise click.UsageError(str(error)) from error
    if out is not None:
        save(found, out)
    made = table(found)
    if into is not None:
        into.write_text(in_document(into.read_text(encoding="utf-8"), made), encoding="utf-8")
    say(made)
    notes = [note for each in found.sessions for note in each.notes]
    for note in notes[:10]:
        say(f"about nobody who did anything: {note}", err=True)


@group.command("table")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
def tabled(file: Path) -> None:
    """Print the table of what `measure --out` kept in FILE."""
    say(table(load(file)[0]))


@group.command("write")
@click.argument("directory", type=click.Path(path_type=Path, file_okay=False))
@click.option("--seed", type=int, default=1, show_default=True, help="Of all chance.")
@click.option("--strength", type=click.Choice(STRENGTHS), default=PLAIN, show_default=True, help="Of what is planted.")
@click.option("--minutes", type=click.FloatRange(9, 600), default=MINUTES, show_default=True, help="How long it lasts.")
def written(directory: Path, seed: int, strength: str, minutes: float) -> None:
    """Write a session with one act of each kind as a journal into DIRECTORY, and say who did what: for training.

    \b
    Example:
      python -m loadtest.planted write training --seed 7 && sbx surveil training
    """
    try:
        plots = write_session(directory, seed, strength, minutes)
    except (JournalError, OSError) as error:
        raise click.ClickException(str(error)) from error
    for plot in plots:
        say(f"{plot.kind}: {', '.join(plot.accounts)}")


if __name__ == "__main__":
    group(prog_name="python -m loadtest.planted")
