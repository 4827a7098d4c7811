"""What something was worth, as the reports follow it, is what the rule says at that moment."""

from __future__ import annotations

import random

from compliance.rules.aml_1 import worth_of
from engine.vocabulary.messages.events import InstrumentListed, Trade
from gateway.reporting.steps.valuation import NO_REPLAY, Valuation
from tests.support.gateway.reporting.reported import PRICES, ReportedVenue


def test_worth_is_that_of_the_rule() -> None:
    chance = random.Random(3)
    venue = ReportedVenue("general-2026")
    registry = venue.hook.intake.registry
    valuation, done = Valuation(), 0
    for _ in range(60):
        instrument = chance.choice([name for name in PRICES if name != "XMR/RUB"])
        price = str(int(PRICES[instrument]) * chance.randint(98, 102) // 100 // 100 * 100 or 100)
        venue.sell("dealer", "0.01", instrument, price)
        venue.buy("firm", "0.01", instrument, price)
        for _, _, _, events in venue.rows[done:]:
            for event in events:
                if isinstance(event, Trade):
                    valuation.follow(event)
                elif isinstance(event, InstrumentListed):
                    valuation.listed(event, venue.exchange)
        done = len(venue.rows)
        for asset in registry.assets.values():
            amount = chance.choice((1, 12_345, 10**8, 10**15))
            found = valuation.worth(venue.exchange, asset.asset, amount)
            assert (-1 if found.kopecks is None else found.kopecks) == worth_of(registry, asset, amount), asset.asset
    assert valuation.worth(None, "BTC", 1).how == NO_REPLAY
