"""The parts of what an account holds of one asset."""

from __future__ import annotations

from engine.book.claims import Claims


class Holding:
    """So much of an asset, in minor units, part by part. No part is ever negative."""

    def __init__(self) -> None:
        self.available: int = 0
        self.reserved: int = 0
        self.frozen: int = 0
        """Can't be sold or moved (FRZ-1)."""
        self.held: int = 0
        """Set aside for what waits to leave the account (AML-2, COOL-1)."""
        self.arrested: int = 0
        """By papers of courts and investigators (ARR-1)."""
        self.claims: Claims | None = None
        """What these claim; None: nothing."""

    @property
    def owned(self) -> int:
        """All that there is, whatever may be done with it."""
        return self.available + self.reserved + self.frozen + self.held + self.arrested
