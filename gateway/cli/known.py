"""A name that a session does not know: said so, with those near it, or some that it has."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import click

from gateway.control.names import near
from gateway.printable import printable

MAX_NAMED: Final = 10
"""Names that are told where none is near: a line or two."""


def no_such(kind: str, name: str, known: Iterable[str], when: str = "the session") -> click.UsageError:
    """The error for a name of a kind that is none of the known ones.

    Args:
        kind: what it should name.
        name: as it was typed.
        known: those that there are.
        when: who or what knows them.
    """
    names = list(known)
    alike = near(name, names)
    if alike:
        hint = f"did you mean {', '.join(alike)}?"
    else:
        more = f" and {len(names) - MAX_NAMED:,} more" if len(names) > MAX_NAMED else ""
        hint = f"it has {', '.join(names[:MAX_NAMED]) or 'none'}{more}"
    return click.UsageError(printable(f"{when} has no {kind} {name}; {hint}"))
