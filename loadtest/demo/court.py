"""A supervisor who carries out a court's paper: all that one account has is arrested for a while, and let go again (ARR-1)."""

from __future__ import annotations

import math
import time
from datetime import date, timedelta
from typing import Final

from engine.vocabulary.days import moscow_day
from engine.vocabulary.limits import NS_PER_SECOND
from engine.vocabulary.rounding import PPM
from gateway.client import Client, RequestFailed
from loadtest.demo.participants import Ends
from loadtest.demo.tally import Tally

EPOCH: Final = date(1970, 1, 1)
SUPERVISOR: Final = "supervisor"
ARRESTED: Final = "olga.south"
"""Who trades as others of her kind do, until nothing that she has may leave."""
PAPER: Final = "1-234/2026"
AUTHORITY: Final = "Tverskoy district court"
ARREST_AT: Final = 0.4
"""Of the session."""
LIFT_AT: Final = 0.8


class Court:
    """Arrests what an account has in the middle of a session, and lets go of it before the end."""

    def __init__(self, client: Client, tally: Tally) -> None:
        self.client: Final = client
        self.tally: Final = tally

    async def run(self, ends: Ends) -> None:
        """Act at two moments of a session that has an end. What the venue refuses is counted."""
        if not math.isfinite(ends.at_ns):
            return
        began_ns = time.perf_counter_ns()
        length_s = (ends.at_ns - began_ns) / NS_PER_SECOND
        if await ends.comes_within(length_s * ARREST_AT):
            return
        dated = (EPOCH + timedelta(days=moscow_day(self.client.hello.time))).isoformat()
        try:
            await self.client.admin(
                "arrest", arrest=PAPER, authority=AUTHORITY, dated=dated, account=ARRESTED, share_ppm=PPM,
                reason="a demonstration",
            )  # fmt: skip
            found = await self.client.balances(ARRESTED)
            self.tally.arrested = sum(each.arrested > 0 for each in found.values())
            await ends.comes_within(length_s * (LIFT_AT - ARREST_AT))
            await self.client.admin("lift_arrest", arrest=PAPER, reason="the end of a demonstration")
            self.tally.lifted += 1
        except RequestFailed as error:
            self.tally.fail(error)
