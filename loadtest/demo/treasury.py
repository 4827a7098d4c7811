"""Simulated participants who don't trade: those who move assets, as they may and as they may not, and the venue's operator."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from gateway.client import Client, OrderRejected, RequestFailed
from gateway.client.values.commands import AdminCommand
from gateway.protocol.messages import Purpose
from loadtest.demo.market import Market
from loadtest.demo.participants import Ends, Participant
from loadtest.demo.tally import Tally
from loadtest.flow.fitted import FlowSampler

INDEX_EVERY_S: Final = 1.0
MARKS: Final = 3
"""Of each future, spread over the session; the first one as soon as its index is known."""
INDEX_SOURCE: Final = "simulated spot price"


@dataclass(frozen=True)
class Move:
    """A transfer that somebody tries again and again."""

    account: str
    to_account: str
    asset: str
    amount: str
    purpose: Purpose
    contract: str = ""


MOVES: Final = (
    Move("delta-fund.main", "gulf-trade.main", "USDT", "100", "cross_border", "contract 17/2026"),
    Move("delta-fund.main", "gulf-trade.main", "USDT", "100", "cross_border"),
    Move("kira.north", "kira.south", "BTC", "0.0001", "own_account"),
    Move("delta-fund.main", "anna.main", "BTC", "0.001", "domestic_payment"),
    Move("mm-alpha.main", "mm-beta.main", "A7A5", "100", "domestic_payment"),
    Move("delta-fund.main", "mm-alpha.main", "USDT", "100", "cross_border", "contract 18/2026"),
    Move("anna.main", "gulf-trade.main", "XMR", "0.1", "cross_border", "contract 19/2026"),
    Move("delta-fund.main", "roman.south", "RUB", "100", "domestic_payment"),
    Move("vera.north", "mm-alpha.main", "BTC-NOTE", "1", "domestic_payment"),
    Move("maxim.south", "gulf-trade.main", "USDT", "10", "cross_border", "contract 20/2026"),
)


class Treasurer(Participant):
    """Tries, in turn, the moves of one participant's accounts."""

    def __init__(
        self, client: Client, rate_per_second: float, tally: Tally, sampler: FlowSampler, moves: list[Move]
    ) -> None:
        super().__init__(client, moves[0].account, rate_per_second, tally, sampler)
        self.moves = moves
        self._turn = 0

    async def act(self, intended_ns: int) -> None:
        """Make the next move."""
        move = self.moves[self._turn % len(self.moves)]
        self._turn += 1
        words = f"{move.account} moves {move.amount} {move.asset} to {move.to_account} for {move.purpose}"
        words += f", {move.contract}" if move.contract else ""
        try:
            await self.client.transfer(
                move.to_account,
                move.asset,
                move.amount,
                move.purpose,
                contract_reference=move.contract,
                account=move.account,
            )
        except OrderRejected as error:
            self.tally.refuse_move(words, error)
        except RequestFailed as error:
            self.tally.fail(error)
            return
        else:
            self.tally.moved += 1
        self.tally.replied(intended_ns, time.perf_counter_ns())


class Operator:
    """States the index of each future from the spot market it follows, and marks the futures a few times."""

    def __init__(self, client: Client, tally: Tally, markets: dict[str, Market], underlyings: dict[str, str]) -> None:
        self.client = client
        self.tally = tally
        self.markets = markets
        self.underlyings = underlyings
        """The index of each future."""
        self.index_every_s = INDEX_EVERY_S

    async def run(self, ends: Ends) -> None:
        """Work until the end. Where there is none, futures are marked by the clock alone.

        What the venue refuses is counted.
        """
        began_ns = time.perf_counter_ns()
        marks = 0
        while (now_ns := time.perf_counter_ns()) < ends.at_ns:
            for index in sorted(set(self.underlyings.values())):
                market = self.markets[f"{index}/RUB"]
                price = market.price(Decimal(market.move(time.perf_counter())), True)
                await self._ask("set_index_price", index=index, price=price, source=INDEX_SOURCE)
            if math.isfinite(ends.at_ns) and (now_ns - began_ns) * MARKS >= (ends.at_ns - began_ns) * marks:
                marks += 1
                for instrument in self.underlyings:
                    self.tally.marks += await self._ask("mark_future", instrument=instrument)
            await ends.is_over_within(self.index_every_s)

    async def _ask(self, command: AdminCommand, **arguments: str) -> bool:
        """Send a command; whether it was carried out."""
        try:
            await self.client.admin(command, **arguments)
        except RequestFailed as error:
            self.tally.fail(error)
            return False
        return True
