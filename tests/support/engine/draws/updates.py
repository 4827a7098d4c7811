"""New terms of an instrument, drawn."""

from __future__ import annotations

import random

from engine.vocabulary.limits import ONE_E8
from engine.vocabulary.messages.commands import SetRates, UpdateInstrument


def drawn_update(chance: random.Random, name: str) -> UpdateInstrument:
    """Terms of one kind or two, mostly such as may be."""
    choices = {
        "maker_fee_ppm": (-500, 0, 0, 500, 1_000_000),
        "taker_fee_ppm": (0, 500, 3_000, 1_000_000),
        "min_quantity_e8": (ONE_E8, 2 * ONE_E8, 1),
        "max_quantity_e8": (10 * ONE_E8, 500 * ONE_E8),
        "max_notional": (0, 10**6, 10**12),
        "collar_ppm": (10_000, 60_000, 1_000_000),
        "max_position_e8": (0, 20 * ONE_E8, 60 * ONE_E8),
    }
    names = chance.sample(list(choices), chance.choice((1, 1, 2)))
    return UpdateInstrument(name, **{each: chance.choice(choices[each]) for each in names}, reason="drawn", by="otto")


def drawn_rates(chance: random.Random, participant: str) -> SetRates:
    """A rate of somebody, of all, or of addresses; seldom one that can't be; or the file's again."""
    scope, name = chance.choice(((0, participant), (0, participant), (0, ""), (1, ""), (1, "nosuch")))
    if chance.random() < 0.3:
        return SetRates(scope, name, reason="drawn", by="otto")
    return SetRates(scope, name, chance.choice((100, 5_000, 99)), chance.choice((100, 50_000)), "drawn", "otto")
