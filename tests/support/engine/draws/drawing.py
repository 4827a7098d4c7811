"""What the parts of the generator of random commands share: how to draw, the venue they aim at, who sends."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from engine.vocabulary.limits import NS_PER_SECOND
from engine.vocabulary.messages import commands
from tests.reference.book import ReferenceVenue

E8 = 10**8
START_NS = 1_767_225_600_000_000_000
"""2026-01-01 03:00 in Moscow."""

# Account, participant, investor: investor `one` holds two accounts, participant `red` operates two.
ACCOUNTS = (
    ("a", "red", "one"),
    ("b", "blue", "one"),
    ("c", "red", "two"),
    ("d", "blue", "three"),
    ("e", "grey", "four"),
)
MID = 100
SPOT = ("BTC/RUB", "ETH/RUB", "SOL/RUB")


class Drawing:
    """`draw(n)` returns an integer in [0, n)."""

    def __init__(self, draw: Callable[[int], int], venue: ReferenceVenue, features: tuple[str, ...]) -> None:
        self.draw = draw
        self.venue = venue
        self.features = features
        self.time_ns = START_NS
        self.ids = 0
        self.mids = dict.fromkeys(SPOT, MID)
        self.focus = False
        """Nearly all orders are of futures."""
        self.series = 0
        self.waiting: list[commands.AnyCommand] = []
        """Commands that come next, whatever is drawn."""
        self.sent: list[commands.AnyCommand] = []

    def has(self, feature: str) -> bool:
        return feature in self.features

    def once_in(self, times: int) -> bool:
        return self.draw(times) == 1

    def pick(self, *choices: Any) -> Any:
        return choices[self.draw(len(choices))]

    def weighted(self, *choices: tuple[int, Any]) -> Any:
        at = self.draw(sum(weight for weight, _ in choices))
        for weight, choice in choices:
            at -= weight
            if at < 0:
                return choice
        raise AssertionError

    def sender(self) -> tuple[str, str]:
        """A participant and its account; seldom somebody else's."""
        account, participant, _ = ACCOUNTS[self.draw(len(ACCOUNTS))]
        return ("thief" if self.once_in(80) else participant), ("nobody" if self.once_in(200) else account)

    def update(self, name: str) -> commands.UpdateInstrument:
        """New terms, of one kind: fees seldom, since the larger one changes only where nothing is open."""
        named: dict[str, int] = self.pick(
            {"maker_fee_ppm": self.pick(-1_000, 0, 333, 1_000_000)},
            {"taker_fee_ppm": self.pick(-1, 0, 333, 1_000, 2_501)},
            {"min_quantity_e8": self.pick(1, 2, 5, 0) * E8 // self.pick(1, 1, 10)},
            {"max_quantity_e8": self.pick(1, 30, 60, 500) * E8},
            {"max_notional": self.pick(0, 1_000_00, 2_500_00, 6_000_00)},
            {"collar_ppm": self.pick(0, 10_000, 30_000, 60_000, 1_000_000)},
            {"max_position_e8": self.pick(0, 5, 12, 30, -1) * E8},
        )
        return commands.UpdateInstrument(name, **named, quote=self.pick("", "", "", "RUB", "BTC"))

    def trading_rules(self, name: str) -> commands.SetTradingRules:
        bands, calls = self.has("bands"), self.has("calls")
        future = name not in SPOT
        rules = commands.SetTradingRules(
            name,
            self.pick(*((50_000, 120_000, 120_000) if future else (0, 50_000, 120_000)))
            if (bands or future) and not (future and self.once_in(10))
            else 0,
            self.pick(0, 0, 10_000, 20_000, 40_000) if bands else 0,
            self.pick(1, 5, 30) * NS_PER_SECOND,
            self.pick(0, 0, NS_PER_SECOND) if calls else 0,
            self.draw(3) if self.has("allocation") else 0,
            self.pick(0, 0, 0, 0, 10_000_000, 4 * NS_PER_SECOND) if self.has("batches") else 0,
        )
        if self.once_in(4):
            left_out = self.pick("static_ppm", "dynamic_ppm", "volatility_ns", "auction_random_ns", "batch_ns")
            return msgspec.structs.replace(rules, **{left_out: None}, replace=self.once_in(4))
        return rules
