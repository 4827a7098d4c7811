"""The indicative price of a call as it was last published, and when it is computed next."""

from __future__ import annotations

from typing import Final

NOTHING: Final = (0, 0, 0)
"""Nothing crosses: no price, no volume, no imbalance."""


class IndicativePrice:
    """What a call last published, and when the clock has it computed anew."""

    def __init__(self) -> None:
        self.published: tuple[int, int, int] = NOTHING
        """Price in ticks, volume and imbalance in lots."""
        self.changed: bool = True
        """Whether what the call is, or a market order that it collected, changed since the price was computed.

        Each side of the book notes the same of its own orders.
        """
        self.anchor_ticks: int = 0
        """The last trade, else the reference, as it was computed."""
        self.due_ns: int = 0
        """When the clock has it computed; 0: it is not waited for."""
        self.not_before_ns: int = 0
        """The clock has it computed no earlier: the last time took its share."""

    def void(self) -> None:
        """Wait for it no longer; it is looked at anew in the next call, or in this one if that goes on."""
        self.due_ns = 0
        self.changed = True
