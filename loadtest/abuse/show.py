"""What is found, for people and for machines."""

from __future__ import annotations

from typing import Any

from rich.table import Table

from gateway.cli.terminal import Terminal
from loadtest.abuse.measure import Cost
from loadtest.abuse.recipe import Recipe
from loadtest.abuse.survey import Finding


def cost_data(recipe: Recipe, cost: Cost) -> dict[str, Any]:
    """A measured recipe as plain data."""
    return {
        "recipe": str(recipe),
        "events": cost.events,
        "row_bytes": cost.row_bytes,
        "steps": cost.steps,
        "time_ns": cost.time_ns,
        "refused": cost.refused,
        "most_events_before": cost.most_events,
        "fault": cost.fault,
    }


def finding_data(found: Finding) -> dict[str, Any]:
    """A product or scan as plain data: its exponents, in each part alone too."""
    growth = found.growth
    return {
        **cost_data(growth.recipe, growth.cost),
        "kind": "product" if found.is_product else "scan",
        "families": list(found.families),
        "exponent_work": round(growth.work, 2),
        "exponent_events": round(growth.events, 2),
        "exponent_bytes": round(growth.row_bytes, 2),
        "exponents_of_parts": [round(each, 2) for each in found.parts],
    }


def cost_table(found: list[tuple[Recipe, Cost]]) -> Table:
    """Measured recipes, a row each."""
    table = Table("recipe", box=None)
    for name in ("events", "bytes", "steps", "ms"):
        table.add_column(name, justify="right")
    for recipe, cost in found:
        time = f"{cost.time_ns / 1e6:.2f}" if cost.time_ns else ""
        table.add_row(str(recipe), str(cost.events), str(cost.row_bytes), str(cost.steps), time)
    return table


def finding_table(findings: list[Finding]) -> Table:
    """Products or scans, a row for the families that make them: the worst of each, and the triggers under which it is."""
    table = Table("families", "worst recipe", "in each", box=None)
    for name in ("work", "events", "bytes", "steps", "events at"):
        table.add_column(name, justify="right")
    table.add_column("also under")
    for worst, triggers in by_families(findings):
        growth = worst.growth
        parts = " ".join(f"{each:.1f}" for each in worst.parts)
        exponents = [f"{each:.2f}" for each in (growth.work, growth.events, growth.row_bytes)]
        figures = [str(growth.cost.work), str(growth.cost.events)]
        table.add_row(" x ".join(worst.families), str(growth.recipe), parts, *exponents, *figures, ", ".join(triggers))
    return table


def by_families(findings: list[Finding]) -> list[tuple[Finding, list[str]]]:
    """The finding with most work of each group of families, and the other triggers of the group; the most work first."""
    groups: dict[tuple[str, ...], list[Finding]] = {}
    for found in findings:
        groups.setdefault(found.families, []).append(found)
    rows: list[tuple[Finding, list[str]]] = []
    for group in groups.values():
        worst = max(group, key=_work)
        triggers = dict.fromkeys(found.growth.recipe.trigger for found in group)
        rows.append((worst, [name for name in triggers if name != worst.growth.recipe.trigger]))
    return sorted(rows, key=lambda row: -_work(row[0]))


def _work(found: Finding) -> int:
    return found.growth.cost.work


def print_faults(console: Terminal, faults: list[tuple[Recipe, str]]) -> None:
    """What must never be."""
    for recipe, fault in faults:
        console.print(f"FAULT {fault}\n      {recipe}", style="red")
