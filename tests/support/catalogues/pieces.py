"""Texts that no sentence in the sources shows as one: of journals, and the words in the cells of reports."""

from __future__ import annotations

from compliance.worlds import fates
from compliance.worlds import other as other_world

PIECES_OF_JOURNALS = (
    "no journal in {0}: a journal is a directory of {1} and so on",
    "torn frame at offset {0}, bytes {1} to {2} ({3}): the segment's signature; no command is missing",
    "torn frame at offset {0}, bytes {1} to {2} ({3}): it was to hold sequence numbers {4} to {5}",
    "torn frame at offset {0}, bytes {1} to {2} ({3}): it was to begin with sequence number {4}",
    "cut off within its head, after {0} bytes",
    "cut off: {0} of {1} bytes",
)
"""What commands tell of a directory that is none."""
PIECES_OF_TABLES = (
    *(
        "set-up",
        "order",
        "cancel",
        "amend",
        "quote",
        "direct",
        "stranger",
        "bank",
        "outside",
        "issuer",
        "zero",
        "equal",
    ),
    *("{0} in {1}", "holdings", "turnover", "positions", "dismissed", "open", "up to {0} %", "above {0} %"),
    *("not in force", "Markets", "Limits", "Operations"),
    *("traded by investor", "traded by intermediary", "held by investor", fates.OTHER_TRADES),
    *(other_world.ENTERED_NOT, other_world.SET_OTHERWISE, other_world.NO_TRADE),
    *(other_world.NO_PROPOSAL, other_world.NO_MOVEMENT),
)
"""Words of ours in the cells of reports, beside what commands and movements are called."""
