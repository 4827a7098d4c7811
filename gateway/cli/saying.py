"""What commands say in plain text, without a terminal's styles, which take long to import."""

from __future__ import annotations

import click

from gateway.printable import paragraph
from gateway.words.chosen import chosen


def say(text: str, *, err: bool = False) -> None:
    """Print a text of ours without a style, which may have several lines, in the chosen language."""
    click.echo(paragraph(chosen().read(text)), err=err)
