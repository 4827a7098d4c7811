"""`sbx load mixes`: what can be sent."""

from __future__ import annotations

import click
import msgspec
from rich.table import Table

from gateway.cli.terminal import Terminal, styled
from gateway.printable import json_safe, json_text
from loadtest.load.plan.mixes import load_mix, mix_names
from loadtest.load.plan.shapes import PlanError


@click.command()
@click.argument("mix", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def mixes(mix: str | None, as_json: bool) -> None:
    """List the mixes that come with `sbx load`, or show MIX as the TOML that it is.

    Save what is shown, change it, and run it: `sbx load --mix my.toml`.

    \b
    Examples:
      sbx load mixes
      sbx load mixes retail-day > my.toml && sbx load --mix my.toml
      sbx load mixes makers=0.7,takers=0.3
    """
    try:
        if mix is not None:
            found = load_mix(mix)
            click.echo(json_safe(msgspec.json.encode(found)) if as_json else found.text, nl=as_json)
            return
        known = {name: load_mix(name) for name in mix_names()}
    except (PlanError, OSError) as error:
        raise click.ClickException(str(error)) from error
    if as_json:
        rows = [{"mix": name, "title": each.title, "about": each.about} for name, each in known.items()]
        click.echo(json_text(rows))
        return
    table = Table("mix", "title", "about", show_lines=True)
    for name, each in known.items():
        table.add_row(styled((name, "bold")), each.title, each.about)
    Terminal().print(table)
