"""`sbx control advance`: the time of a venue for tests, moved forward."""

from __future__ import annotations

from functools import partial
from typing import Any

import click

from gateway.cli.controls.options import OPERATOR, acts, carry
from gateway.control import advancing


@click.command()
@click.argument("moment")
@acts
def advance(moment: str, **asked: Any) -> None:
    """Move the time of a venue for tests to MOMENT, or by a length of time: an operator does it.

    What falls due until then happens in its order: days and years end, orders and tests expire, what waits is carried out. What is
    asked of the venue meanwhile waits. One command moves it by 366 days at most, and never back.

    \b
    Examples:
      sbx control advance 1d --reason "the cap of tomorrow"
      sbx control advance 2027-01-01 --reason "a new year" --yes
    """
    carry(partial(advancing.advance, moment=moment), asked, OPERATOR)
