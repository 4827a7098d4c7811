"""`sbx abuse commands`: looks for the single command that costs most, and for costs that are products of two sizes."""

from __future__ import annotations

import time
from collections.abc import Callable

import click

from gateway.cli.terminal import Terminal
from gateway.printable import json_text
from loadtest.abuse.measure import Cost, measure
from loadtest.abuse.recipe import Recipe, RecipeError, parse_recipe
from loadtest.abuse.search import FIGURES, Climb
from loadtest.abuse.show import by_families, cost_data, cost_table, finding_data, finding_table, print_faults
from loadtest.abuse.surroundings import INGREDIENTS
from loadtest.abuse.survey import Finding, Survey
from loadtest.abuse.triggers import TRIGGERS

WIDE = 240
WORST = 8
"""Recipes shown of each climb."""


@click.command()
@click.option("--recipe", "text", default="", help="Measure this recipe and nothing else.")
@click.option("--list", "listed", is_flag=True, help="List ingredients and triggers.")
@click.option(
    "--only", multiple=True, help="Survey only ingredients and triggers with this in their names; may be repeated."
)
@click.option("--no-survey", is_flag=True, help="Climb only.")
@click.option("--seconds", type=click.IntRange(min=0), default=60, show_default=True, help="How long to climb, in all.")
@click.option("--seed", type=int, default=1, show_default=True, help="What the climb draws follows from it.")
@click.option(
    "--size", type=click.IntRange(min=8), default=240, show_default=True, help="Things in a venue of the climb."
)
@click.option("--repeats", type=click.IntRange(min=1), default=3, show_default=True, help="Measure time so often.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
def commands(
    text: str,
    listed: bool,
    only: tuple[str, ...],
    no_survey: bool,
    seconds: int,
    seed: int,
    size: int,
    repeats: int,
    as_json: bool,
) -> None:
    """Look for the worst that one command can be made to cost.

    First every ingredient and every pair of them is put into a venue, at three sizes, and every trigger is pulled: how its cost
    grows shows which sizes multiply. Then mixtures are changed at random and kept where they are worse. Each finding has a
    recipe, which makes the same venue and the same command again. A command that raises, or whose row no frame of the journal
    can hold, is a fault: the exit status is 1 then.

    \b
    Examples:
      sbx abuse commands                                        the whole survey, then a minute of climbing
      sbx abuse commands --only pegs --seconds 0                pegs under every trigger
      sbx abuse commands --only pegs --only expiries --only hour --seconds 0
      sbx abuse commands --recipe "hour: 100 pegs/own + 100 expiries/bids"
    """
    # Into a file or pipe: a row is a line.
    console = Terminal(width=WIDE)
    if listed:
        _list(console, as_json)
        return
    if text:
        try:
            recipe = parse_recipe(text)
        except RecipeError as error:
            raise click.ClickException(str(error)) from error
        faults = _show_costs(console, [(recipe, measure(recipe, repeats))], as_json)
    else:
        faults, starts = ([], []) if no_survey else _survey(console, only, as_json)
        for figure in FIGURES if seconds else ():
            climb = Climb(seed, size, figure, starts=starts)
            _climb_for(climb, seconds / len(FIGURES))
            if not as_json:
                console.print(f"\nThe worst found by {figure}, seed {seed}, {size} things in the venue:")
            worst = [(recipe, measure(recipe, repeats)) for recipe, _ in climb.worst(WORST)]
            faults += climb.faults + _show_costs(console, worst, as_json)
    if faults:
        if not as_json:
            print_faults(console, faults)
        raise click.exceptions.Exit(1)


def _list(console: Terminal, as_json: bool) -> None:
    rows = [("ingredient", each.name, each.what) for each in INGREDIENTS.values()]
    rows += [("trigger", each.name, each.what) for each in TRIGGERS.values()]
    for kind, name, what in rows:
        line = json_text({kind: name, "what": what}) if as_json else f"{kind:11} {name:22} {what}"
        console.print(line)


def _survey(console: Terminal, only: tuple[str, ...], as_json: bool) -> tuple[list[tuple[Recipe, str]], list[Recipe]]:
    """Survey and print what multiplies; returns the faults, and the worst recipe of each product."""
    chosen = [name for name in INGREDIENTS if any(text in name for text in only)]
    triggers = [name for name in TRIGGERS if any(text in name for text in only)]
    told: Callable[[str], None] | None = None
    if console.is_terminal and not as_json:
        told = console.print
    # What names no trigger, or no ingredient, leaves all of them.
    survey = Survey(tuple(chosen or INGREDIENTS), tuple(triggers or TRIGGERS), told)
    findings: list[Finding] = []
    for found in survey.run():
        findings.append(found)
        if as_json:
            click.echo(json_text(finding_data(found)))
    products = [found for found in findings if found.is_product]
    if not as_json:
        scans = [found for found in findings if not found.is_product]
        console.print(
            f"{survey.measured} recipes measured. Products, which grow faster than their sizes: {len(products)}"
        )
        console.print(finding_table(products))
        console.print(f"\nScans, where work grows and what happens does not: {len(scans)}")
        console.print(finding_table(scans))
    return survey.faults, [worst.growth.recipe for worst, _ in by_families(products)]


def _climb_for(climb: Climb, seconds: float) -> None:
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        climb.step()


def _show_costs(console: Terminal, found: list[tuple[Recipe, Cost]], as_json: bool) -> list[tuple[Recipe, str]]:
    """Print measured recipes; returns the faults."""
    if as_json:
        for recipe, cost in found:
            click.echo(json_text(cost_data(recipe, cost)))
    else:
        console.print(cost_table(found))
    return [(recipe, cost.fault) for recipe, cost in found if cost.fault]
