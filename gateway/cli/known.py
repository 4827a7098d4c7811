"""A name that a session does not know: said so, with those near it, or some that it has."""

from __future__ import annotations

from collections.abc import Iterable

import click

from gateway.near import instead
from gateway.printable import printable


def no_such(kind: str, name: str, known: Iterable[str], when: str = "the session") -> click.UsageError:
    """The error for a name of a kind that is none of the known ones.

    Args:
        kind: what it should name.
        name: as it was typed.
        known: those that there are.
        when: who or what knows them.
    """
    return click.UsageError(printable(f"{when} has no {kind} {name}{instead(name, known)}"))
