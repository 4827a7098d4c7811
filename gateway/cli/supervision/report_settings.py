"""The options of `sbx report` that set how it searches."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, Final

import click

from gateway.reporting.searches.settings import DEFAULTS, Settings

_OPTIONS: Final = (
    click.option(
        "--repeat-seconds",
        type=click.IntRange(1, 86_400),
        default=DEFAULTS.repeat_seconds,
        show_default=True,
        help="Refusals of one kind that follow each other within so long are one run of attempts.",
    ),
    click.option(
        "--window-hours",
        type=click.IntRange(1, 24 * 366),
        default=DEFAULTS.window_hours,
        show_default=True,
        help="Of pass-through and circular transfers: from the first transfer to the last.",
    ),
    click.option(
        "--share-percent",
        type=click.IntRange(1, 100),
        default=DEFAULTS.share_percent,
        show_default=True,
        help="Pass-through is shown if so much or more of what came in was passed on.",
    ),
)


def searching(function: Callable[..., None]) -> Callable[..., None]:
    """Give a command these options; it gets them as `settings`."""

    @wraps(function)
    def run(repeat_seconds: int, window_hours: int, share_percent: int, **others: Any) -> None:
        function(settings=Settings(repeat_seconds, window_hours, share_percent), **others)

    for option in reversed(_OPTIONS):
        run = option(run)
    return run
