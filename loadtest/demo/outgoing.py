"""Simulated participants who take assets out of the venue, and the supervisor who says yes or no to what waits (AML-2, COOL-1)."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Final

from gateway.client import Client, OrderRejected, RequestFailed
from loadtest.demo.participants import Ends, Participant
from loadtest.demo.tally import Tally
from loadtest.flow.fitted import FlowSampler

LOOK_EVERY_S: Final = 0.5
COOLING: Final = ("COOL-1", "enabled")
"""Switched off in the regime, since its term is unpublished: the demonstration tries it."""


@dataclass(frozen=True)
class Withdrawal:
    """Something that somebody takes out again and again."""

    account: str
    asset: str
    amount: str
    destination: str


WITHDRAWALS: Final = (
    # A client of high risk, and a retail one; what a fund takes out leaves at once.
    Withdrawal("boris.main", "RUB", "100", "an account of his at a bank"),
    Withdrawal("kira.north", "BTC", "0.0001", "an address of hers"),
    Withdrawal("delta-fund.main", "USDT", "1", "an address of the fund"),
)


class Withdrawer(Participant):
    """Takes something out, and cancels what only has to cool off, so that the next one finds room."""

    def __init__(
        self, client: Client, rate_per_second: float, tally: Tally, sampler: FlowSampler, wanted: Withdrawal
    ) -> None:
        super().__init__(client, wanted.account, rate_per_second, tally, sampler)
        self.wanted = wanted

    async def act(self, intended_ns: int) -> None:
        """Ask for it once more."""
        wanted = self.wanted
        try:
            number = await self.client.request_withdrawal(
                wanted.asset, wanted.amount, wanted.destination, account=wanted.account
            )
            self.tally.replied(intended_ns, time.perf_counter_ns())
            waiting = {each.movement: each for each in await self.client.movements(wanted.account)}
            if number not in waiting:
                self.tally.moved += 1
                return
            found = waiting[number]
            self.tally.waits(f"{wanted.account} withdraws {wanted.amount} {wanted.asset}", found.rules)
            if not found.waits_for_word:
                await self.client.cancel_withdrawal(number, account=wanted.account)
        except OrderRejected as error:
            self.tally.refuse_move(f"{wanted.account} withdraws {wanted.amount} {wanted.asset}", error)
        except RequestFailed as error:
            self.tally.fail(error)


class Supervisor:
    """Lets the cooling-off period begin, where the rulebook has one, and decides about what waits: yes, no, yes, ..."""

    def __init__(self, client: Client, tally: Tally) -> None:
        self.client: Final = client
        self.tally: Final = tally

    async def run(self, ends: Ends) -> None:
        """Work until the end."""
        rule, key = COOLING
        parameters = await self.client.records("parameter")
        if f"{rule}.{key}" in parameters:
            await self.client.admin(
                "set_parameter", rule=rule, key=key, value="true", reason="the demonstration tries it"
            )
        says_yes = True
        while time.perf_counter_ns() < ends.at_ns:
            for each in await self.client.movements(of_all=True):
                if each.waits_for_word:
                    says_yes = await self._decide(each.movement, says_yes)
            await ends.is_over_within(LOOK_EVERY_S)

    async def _decide(self, movement: int, says_yes: bool) -> bool:
        """Release or refuse; whether to release the next one."""
        try:
            if says_yes:
                await self.client.admin("release_movement", movement=movement, reason="papers seen")
            else:
                await self.client.admin("refuse_movement", movement=movement, reason="no papers")
        except RequestFailed as error:
            # Its account has cancelled it meanwhile.
            self.tally.fail(error)
        return not says_yes
