"""What a reader may set of the searches in a report. What was set stands in the report."""

from __future__ import annotations

from typing import Final, NamedTuple


class Settings(NamedTuple):
    """Windows and shares."""

    repeat_seconds: int = 600
    """Refusals of one kind that follow each other within so long are one run of attempts."""
    window_hours: int = 24
    """From an arrival to its departure (pass-through), and from the first transfer of a circle to its last."""
    share_percent: int = 80
    """Of what came in, so much or more passed on: shown as pass-through."""


DEFAULTS: Final = Settings()
