"""`sbx control`: papers of courts and investigators that arrest holdings (ARR-1), and their end."""

from __future__ import annotations

from functools import partial
from typing import Any

import click

from engine.vocabulary.rounding import PPM
from gateway.cli.controls.options import NEGATIVES, acts, carry, names_of
from gateway.cli.controls.parties import share_ppm
from gateway.control import arrests as actions


@click.command(context_settings=NEGATIVES)
@click.argument("number")
@click.option("--authority", metavar="NAME", required=True, help="The court or the investigator.")
@click.option("--dated", metavar="YYYY-MM-DD", required=True, help="The paper's date.")
@click.option(
    "--investor", shell_complete=names_of("investor"), default="", help="Whose: of all accounts of an investor,"
)
@click.option("--account", shell_complete=names_of("account"), default="", help="or of one account.")
@click.option("--asset", shell_complete=names_of("asset"), default="", help="Of this asset.  [default: of all]")
@click.option(
    "--share", "share", metavar="PERCENT", callback=share_ppm, default="100",
    help="So much of what is held now; 100: all of it, and what comes later.  [default: 100]",
)  # fmt: skip
@click.option("--amount", metavar="DECIMAL", default="", help="Or so much of the asset.")
@click.option(
    "--sales-allowed",
    is_flag=True,
    help="The holder may sell what is arrested; the proceeds are arrested in its place.",
)
@acts
def arrest(number: str, authority: str, dated: str, sales_allowed: bool, **asked: Any) -> None:
    """Arrest holdings by the paper NUMBER of a court or an investigator (ARR-1), until it is lifted.

    Nothing of what is arrested leaves. Open orders that would spend it are cancelled, the newest first. What covers positions in
    futures is arrested as it becomes free. Several papers add up.

    \b
    Examples:
      sbx control arrest 1-234/2026 --authority "Tverskoy court" --dated 2026-06-01 --investor daria --reason "case 12"
      sbx control arrest 1-235/2026 --authority "investigator Orlov" --dated 2026-06-02 --account boris.main --asset BTC
          --share 50 --sales-allowed --reason "case 13"
    """
    part = actions.Part(
        asked.pop("investor"),
        asked.pop("account"),
        asked.pop("asset"),
        0 if asked["amount"] else asked["share"],
        asked.pop("amount"),
    )
    if asked.pop("share") != PPM and part.amount:
        raise click.UsageError("give --share or --amount, not both")
    paper = actions.Paper(number, authority, dated)
    carry(partial(actions.arrest, paper=paper, part=part, sales_allowed=sales_allowed), asked)


@click.command("lift-arrest")
@click.argument("number", shell_complete=names_of("arrest"))
@acts
def lift_arrest(number: str, **asked: Any) -> None:
    """Lift the paper NUMBER: what it alone has arrested is let go.

    `sbx control show arrest` lists the papers in force.

    \b
    Example:
      sbx control lift-arrest 1-234/2026 --reason "order of 2 July"
    """
    carry(partial(actions.lift, number=number), asked)
