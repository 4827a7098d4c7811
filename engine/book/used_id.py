"""What a client order id stands for."""

from __future__ import annotations


class UsedId:
    """What a client order id was used for. Kept until the day ends: a request sent again is answered, never done twice (P5)."""

    @property
    def used_for(self) -> str:
        """What it was, for people."""
        raise NotImplementedError
