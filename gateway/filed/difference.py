"""One thing that a venue file has otherwise than its venue."""

from __future__ import annotations

from typing import Final

import msgspec

STAYS: Final = "it can't change within a session: it stays"


class Difference(msgspec.Struct, frozen=True):
    """One field that the file has otherwise."""

    kind: str
    name: str
    """Empty of what a venue has one of."""
    field: str
    file: str
    """Empty: nothing."""
    venue: str
    apply: str
    """What brings the file's in force; empty: nothing does."""

    @property
    def thing(self) -> str:
        """What it is about."""
        return f"{self.kind} {self.name}".strip()

    def said(self) -> str:
        """In a line."""
        how = f"to have it so: {self.apply}" if self.apply else STAYS
        return f"{self.thing}: {self.field} is {self.file or 'none'} in the file, {self.venue or 'none'} here; {how}"
