"""`sbx scenarios`: the scenario tables of the matching engine, by topic."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
from rich.table import Table

from gateway.cli.terminal import Terminal
from gateway.printable import json_text
from loadtest.scenarios.format import STATEMENT, Scenario, ScenarioError, load_topics
from loadtest.scenarios.runner import Failure, run_scenario

DEFAULT_DIRECTORY = Path("tests/scenarios/matching")


@click.command()
@click.argument("topic", default="")
@click.option(
    "--dir",
    "directory",
    type=click.Path(path_type=Path, file_okay=False),
    default=DEFAULT_DIRECTORY,
    show_default=True,
    help="Where the tables are: one file TOPIC.txt for each topic.",
)
@click.option(
    "--cites",
    "statement",
    metavar="M-12",
    default="",
    help="Only those that show this statement of MATCHING or CLEARING.",
)
@click.option("--titles", is_flag=True, help="List every scenario, not only the topics.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(topic: str, directory: Path, statement: str, titles: bool, as_json: bool) -> None:
    """Run scenario tables through the matching engine and count what passes, by topic.

    A table states, line by line, every event that a command must cause; tests/scenarios/README.md has the language.
    Exits with 1 if a scenario fails, and shows the line, what was expected and what came.

    \b
    Examples:
      sbx scenarios                           every topic
      sbx scenarios stops --titles            one of them, scenario by scenario
      sbx scenarios --cites M-30 --titles     what shows a statement of the documents
      sbx scenarios --dir my_tables --json    your own, for a machine
    """
    if not directory.is_dir():
        message = f"no directory {directory}: run this in the source tree, or name your tables with --dir"
        raise click.ClickException(message)
    try:
        scenarios = showing(load_topics(directory, topic), statement)
    except ScenarioError as error:
        raise click.ClickException(str(error)) from error
    results = [(scenario, run_scenario(scenario)) for scenario in scenarios]
    if as_json:
        click.echo(json_text(report(results)))
    else:
        print_report(results, titles, Terminal())
    if any(failure is not None for _, failure in results):
        raise click.exceptions.Exit(1)


def showing(scenarios: list[Scenario], statement: str) -> list[Scenario]:
    """Those that cite a statement; all, if none is named.

    Raises:
        ScenarioError: none cites it.
    """
    found = [scenario for scenario in scenarios if not statement or statement in scenario.cites]
    if not found:
        hint = "statements are numbered as M-12 and C-3" if not STATEMENT.fullmatch(statement) else "a test may show it"
        raise ScenarioError(f"no scenario there cites {statement}: {hint} (docs/MATCHING.md, docs/CLEARING.md)")
    return found


def report(results: list[tuple[Scenario, Failure | None]]) -> dict[str, Any]:
    """What `--json` prints: counts, topics with their counts, and the failures."""
    failures = [failure for _, failure in results if failure is not None]
    return {
        "scenarios": len(results),
        "passed": len(results) - len(failures),
        "topics": [{"topic": name, "scenarios": count, "passed": passed} for name, count, passed in by_topic(results)],
        "failures": [
            {name: getattr(failure, name) for name in failure.__struct_fields__ if name != "text"}
            | {"text": failure.text}
            for failure in failures
        ],
    }


def by_topic(results: list[tuple[Scenario, Failure | None]]) -> list[tuple[str, int, int]]:
    """`(topic, scenarios, passed)`, in the order of the files."""
    counts: dict[str, list[int]] = {}
    for scenario, failure in results:
        count = counts.setdefault(scenario.topic, [0, 0])
        count[0] += 1
        count[1] += failure is None
    return [(topic, count[0], count[1]) for topic, count in counts.items()]


def print_report(results: list[tuple[Scenario, Failure | None]], titles: bool, console: Terminal) -> None:
    """Show topics, or every scenario, to people; then each failure."""
    table = Table("topic", "scenarios", "passed", box=None)
    for topic, count, passed in by_topic(results):
        table.add_row(topic, str(count), str(passed), style="" if passed == count else "red")
        if titles:
            for scenario, failure in results:
                if scenario.topic == topic:
                    table.add_row(f"  {scenario.title}", "", "ok" if failure is None else "FAILED")
    console.print(table)
    failures = [failure for _, failure in results if failure is not None]
    for failure in failures:
        console.print(f"\n{failure}")
    console.print(f"{len(results) - len(failures)} of {len(results)} scenarios pass")
