"""A transfer between two investors, as the searches for pass-through and circles look at it."""

from __future__ import annotations

from typing import NamedTuple


class Move(NamedTuple):
    """An asset went from one investor to another."""

    number: int
    """Counts the transfers of a session: several may move with one command."""
    seq: int
    """Of the command with which it moved."""
    time_ns: int
    sender: str
    receiver: str
    asset: str
    amount: int
    """In minor units of the asset, above 0."""
