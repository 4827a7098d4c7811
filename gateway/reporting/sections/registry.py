"""All sections of a report, in the order in which they are listed and shown."""

from __future__ import annotations

from typing import Final

from gateway.reporting.part import Part
from gateway.reporting.sections.transfers import Transfers

SECTIONS: Final[tuple[type[Part], ...]] = (Transfers,)
BY_NAME: Final[dict[str, type[Part]]] = {part.name: part for part in SECTIONS}
