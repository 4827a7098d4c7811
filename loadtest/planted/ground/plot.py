"""One act of abuse that is planted: who does it, how strongly, and when."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Final, TypeVar

from engine.vocabulary.limits import NS_PER_SECOND
from loadtest.planted.ground.ordinary import trade_a_little
from loadtest.planted.ground.stage import Actor, Stage

WEAK: Final = "weak"
PLAIN: Final = "plain"
STRONG: Final = "strong"
STRENGTHS: Final = (WEAK, PLAIN, STRONG)
"""How much of it there is, beside ordinary flow: hardly, as in the descriptions, and without any care not to be seen."""

T = TypeVar("T")
Act = Callable[["Plot"], Actor]
"""Does it; first it makes ready whoever takes part, until it yields for the first time."""


class Plot:
    """One act, on a stage.

    Attributes:
        accounts: of all who take part knowingly.
        begin_ns: when it began; 0: it has not.
        end_ns: when it was over; 0: it is not.
    """

    def __init__(self, kind: str, strength: str, stage: Stage, source: random.Random) -> None:
        self.kind: Final = kind
        self.strength: Final = strength
        self.stage: Final = stage
        self.source: Final = source
        self.accounts: Final[list[str]] = []
        self.begin_ns: int = 0
        self.end_ns: int = 0

    def of(self, weak: T, plain: T, strong: T) -> T:
        """The one for the strength."""
        return {WEAK: weak, PLAIN: plain, STRONG: strong}[self.strength]

    def joins(
        self,
        kind: str = "person",
        *,
        trades: bool = True,
        participant: str = "",
        intermediary: str = "",
        owner: str = "",
    ) -> str:
        """Register somebody who takes part, with money, and return the account. Beside the act they trade a little, as others do."""
        account = self.stage.register(kind, participant=participant, intermediary=intermediary, owner=owner)
        if kind in ("person", "firm"):
            self.stage.deposit(account, RUB=300_000_000, BTC=30, ETH=900, USDT=2_000_000, SOL=20_000, TRX=8_000_000)
        else:
            self.stage.deposit(account, RUB=1_000_000)
        self.accounts.append(account)
        if trades:
            self.stage.add(trade_a_little(self.stage, account), self.source.uniform(1, 120))
        return account

    def run(self, act: Act, at_s: float) -> Actor:
        """Make ready at once; act from then on."""
        acting = act(self)
        next(acting, None)
        yield at_s
        self.begin_ns = self.stage.now_ns
        yield from acting
        self.end_ns = self.stage.now_ns

    def covers(self, time_ns: int, late_s: float) -> bool:
        """Whether something that was found at a time may be of this act."""
        last = self.end_ns + int(late_s * NS_PER_SECOND) if self.end_ns else time_ns
        return self.begin_ns != 0 and self.begin_ns <= time_ns <= last
