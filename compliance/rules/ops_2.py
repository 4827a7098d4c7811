"""OPS-2: the venue keeps capacity above the highest message rate seen, and raises alerts in time (after RTS 7 and 24).

Data for the venue, which reports it; no order is checked by it.
"""

from __future__ import annotations

from typing import Final

from compliance.rulebook.declaration import COUNT, VENUE, Parameter
from compliance.rules.rule import Rule

RULE: Final[Rule] = Rule(
    "OPS-2",
    VENUE,
    {
        "capacity_multiple": Parameter(
            COUNT,
            "the capacity",
            "What the venue can take, as a multiple of the highest message rate seen.",
            unit="times",
        ),
        "alert_seconds": Parameter(COUNT, "the time for alerts", "Alerts are raised within it.", unit="seconds"),
    },
    compares="The venue's capacity with the highest message rate seen; the delay of alerts.",
    exempt="Participants.",
)
