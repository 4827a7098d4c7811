"""English: the texts on what operators set while a venue runs."""

from __future__ import annotations

from typing import Final

ENGLISH_SETTINGS: Final[dict[str, str]] = {
    "instrument.quote": "{0} is paid for in {1}",
    "instrument.open": "the larger of both fees can't change while an order in {0} is open: it is set aside for each",
}
"""By template."""
