"""Simulated participants who try what they may not, and what each of them tries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from gateway.client import Client
from loadtest.demo.market import Market
from loadtest.demo.participants import Participant, value_in_quote, words
from loadtest.demo.tally import Tally
from loadtest.flow.fitted import FlowSampler


@dataclass(frozen=True)
class Attempt:
    """Something that somebody tries again and again."""

    account: str
    instrument: str
    value_rub: float
    why: str
    """What is wrong with it, or what lets it pass."""
    buys: bool = True
    oversize: bool = False
    rulebooks: tuple[str, ...] = ()
    """Where it is tried; empty: everywhere."""
    permitted_by: str = ""
    """The rule that exempts it from the others."""


ELR, DERIVATIVES, GENERAL = "elr-2025", "derivatives-2025", "general-2026"
ATTEMPTS: Final = (
    Attempt("anna.main", "XMR/RUB", 50_000.0, "an anonymous coin"),
    Attempt("boris.main", "ZEC/RUB", 50_000.0, "an optionally anonymous coin"),
    Attempt("kira.north", "BTC/RUB", 10_000.0, "nothing under general-2026: her intermediary of the year"),
    Attempt("kira.south", "BTC/RUB", 10_000.0, "a second intermediary in the same year"),
    Attempt("egor.north", "BTC/RUB", 10_000.0, "no knowledge test"),
    Attempt("igor.south", "ETH/RUB", 10_000.0, "a failed knowledge test"),
    Attempt("lev.north", "BTC/RUB", 350_000.0, "over the yearly cap"),
    Attempt("olga.south", "BTC-NOTE", 24_000.0, "a note linked to bitcoin, for retail"),
    Attempt("daria.north", "SOL/RUB", 24_000.0, "an asset that is not highly liquid, for retail"),
    Attempt("daria.north", "A7A5/RUB", 10_000.0, "the rouble stablecoin, for retail"),
    Attempt("maxim.south", "BTC/RUB", 100_000.0, "a blocked owner"),
    Attempt("nikita.east", "ETH/RUB", 10_000.0, "through a suspended intermediary"),
    Attempt("nikita.east", "ETH/RUB", 2_000.0, "what is held may be sold", buys=False, permitted_by="RET-5"),
    Attempt("roman.south", "BTC/RUB", 10_000.0, "no document that says who it is"),
    Attempt("zhanna.south", "BTC/RUB", 10_000.0, "the risk warning not acknowledged"),
    Attempt("gleb.south", "SOL/RUB", 24_000.0, "qualified, but without the risk test"),
    Attempt("boris.main", "BTC/RUB", 0.0, "more than the largest quantity", oversize=True),
    Attempt("lev.north", "BTC/RUB", 1_200_000.0, "more than one retail order may be worth", buys=False),
    Attempt("little-llc.south", "BTC/RUB", 50_000.0, "a firm that is not qualified", rulebooks=(ELR,)),
    Attempt("kappa-bank.main", "BTC/RUB", 250_000_000.0, "above a share of a bank's capital", rulebooks=(ELR,)),
    Attempt("kappa-bank.main", "BTC-NOTE", 250_000_000.0, "a bank's exposure", rulebooks=(DERIVATIVES, GENERAL)),
    Attempt("pavel.west", "BTC-NOTE", 25_000_000.0, "an intermediary's cover", rulebooks=(DERIVATIVES, GENERAL)),
    Attempt("vera.north", "BTC-NOTE", 60_000_000.0, "an investor's exposure", rulebooks=(DERIVATIVES, GENERAL)),
)


class Trespasser(Participant):
    """Tries, in turn, what the accounts of one participant may not do."""

    def __init__(
        self,
        client: Client,
        rate_per_second: float,
        tally: Tally,
        sampler: FlowSampler,
        attempts: list[tuple[Attempt, Market]],
    ) -> None:
        super().__init__(client, attempts[0][0].account, rate_per_second, tally, sampler)
        self.attempts = attempts
        self._turn = 0

    async def act(self, intended_ns: int) -> None:
        """Make the next attempt."""
        attempt, market = self.attempts[self._turn % len(self.attempts)]
        self._turn += 1
        quantity = market.quantity(value_in_quote(market, attempt.value_rub))
        if attempt.oversize:
            quantity = format((market.max_quantity + market.lot).normalize(), "f")
        price = market.price(market.touch(attempt.buys), attempt.buys)
        order = await self.enter(intended_ns, market, attempt.buys, quantity, price, account=attempt.account)
        if order is not None and attempt.permitted_by:
            self.tally.permit(words(attempt.account, market, attempt.buys, quantity, price), attempt.permitted_by)
