"""Simulated participants who watch over the others: a program that raises alerts, and the supervisor who decides about them."""

from __future__ import annotations

import time
from typing import Any, Final

from compliance import digest_of
from engine.vocabulary.limits import NS_PER_SECOND
from gateway.client import Client, RequestFailed
from gateway.client.values.commands import AdminArgument, AdminCommand
from gateway.venue.venue import Venue
from loadtest.demo.cast import MARKET_MAKERS, accounts_of
from loadtest.demo.participants import Ends
from loadtest.demo.tally import Tally

SURVEILLANCE: Final = "surveillance"
SUPERVISOR: Final = "supervisor"
WATCHERS: Final = (SURVEILLANCE, SUPERVISOR)

NOTE: Final = "BTC-NOTE"
POOR_PPM: Final = 950_000
"""A cover that is not enough."""
WHOLE_PPM: Final = 1_025_000
POOR_PART: Final = 0.4
"""Of the session: so long the note is not covered, and who buys it needs a test, where the rulebook has such a rule."""
MIN_EVIDENCE: Final = 2
WAIT_S: Final = 0.1
BLOCKED: Final = "SAN-1"
"""The rule whose refusals are the evidence: a blocked owner who tries again and again, under every rulebook."""


class Watchers:
    """Lets the cover of a note fall and rise again, and follows what a blocked owner tries: alert, case, evidence, end."""

    def __init__(self, clients: dict[str, Client], venue: Venue, rules: tuple[str, ...], tally: Tally) -> None:
        self.program: Final = clients[SURVEILLANCE]
        self.supervisor: Final = clients[SUPERVISOR]
        self.tally: Final = tally
        self.tests_products: Final = "SUIT-1" in rules
        accounts = accounts_of(venue)
        self.owners: Final = {name: each.investor for name, each in accounts.items()}
        maker = next((name for name in MARKET_MAKERS if name in accounts), "")
        self.maker: Final[str] = self.owners.get(maker, "")

    async def run(self, ends: Ends) -> None:
        """Work until all is done, or the end."""
        began_ns = time.perf_counter_ns()
        await self._disclose(POOR_PPM, "a fall of what covers it")
        if self.tests_products:
            for key, value in (("products", "security"), ("classes", "qualified"), ("enabled", "true")):
                await self._set("SUIT-1", key, value)
        await self._watch(ends)
        poor_s = (ends.at_ns - began_ns) * POOR_PART / NS_PER_SECOND
        await ends.comes_within(max(poor_s - (time.perf_counter_ns() - began_ns) / NS_PER_SECOND, 0))
        await self._disclose(WHOLE_PPM, "covered again")
        if self.tests_products:
            await self._set("SUIT-1", "enabled", "false")

    async def _watch(self, ends: Ends) -> None:
        """Raise alerts once there is evidence, make a case of one, and dismiss the other."""
        while len(self.tally.refused.get(BLOCKED, [])) < MIN_EVIDENCE:
            if time.perf_counter_ns() >= ends.at_ns or await ends.comes_within(WAIT_S):
                return
        seen = list(self.tally.refused[BLOCKED])
        account, first = seen[0]
        suspected = await self._ask(
            self.program,
            "raise_alert",
            detector="refusals",
            version=digest_of(f"at least {MIN_EVIDENCE} refusals"),
            term="use_of_frozen",
            investors=[self.owners[account]],
            accounts=[account],
            seqs=[first],
            first_seq=first,
            last_seq=max(seq for _, seq in seen),
            figures={"refusals": str(len(seen))},
            note="a blocked owner tries to trade",
        )
        quoted = await self._ask(
            self.program,
            "raise_alert",
            detector="cancels",
            version=digest_of("any cancel"),
            term="spoofing",
            investors=[self.maker],
            figures={"cancels of all": str(self.tally.cancelled)},
        )
        if suspected:
            case = await self._ask(
                self.supervisor, "open_case", term="use_of_frozen", alert=suspected, reason="it goes on"
            )
            if case:
                more = [seq for _, seq in seen[1:]]
                await self._ask(self.supervisor, "add_evidence", case=case, seqs=more, note="the same again")
                await self._ask(
                    self.supervisor, "close_case", case=case, outcome="referred", reason="for whoever blocked the owner"
                )
        if quoted:
            await self._ask(
                self.supervisor, "dismiss_alert", alert=quoted, reason="a market maker renews its quotes all the time"
            )

    async def _disclose(self, cover_ppm: int, reason: str) -> None:
        await self._ask(
            self.supervisor,
            "publish_disclosure",
            asset=NOTE,
            digest=digest_of(f"{NOTE} is covered at {cover_ppm} millionths"),
            title="Cover report",
            cover_ppm=cover_ppm,
            reason=reason,
        )

    async def _set(self, rule: str, key: str, value: str) -> None:
        await self._ask(self.supervisor, "set_parameter", rule=rule, key=key, value=value, reason="a trial")

    async def _ask(self, client: Client, command: AdminCommand, **arguments: AdminArgument) -> int:
        """Send a command; the number under which it was carried out, 0 if it was not."""
        given: dict[str, Any] = arguments
        try:
            seq = await client.admin(command, **given)
        except RequestFailed as error:
            self.tally.fail(error)
            return 0
        self.tally.supervised[command] += 1
        return seq
