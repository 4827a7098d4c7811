"""LEV-1 as an invariant: after every command of random sessions, of the exchange and of its reference, nothing is bought on credit."""

from __future__ import annotations

import random

import pytest

from compliance.hook import ComplianceHook
from engine.exchange import Exchange
from engine.state.hook import PreTradeHook
from tests.support.engine.checks.comparison import SideBySide
from tests.support.engine.checks.no_credit import NoCredit, check_balances, check_cover, check_orders
from tests.support.engine.draws.everything import Everything
from tests.support.engine.draws.generator import features_of
from tests.support.engine.streams import blocks_of

SEEDS = range(96, 120)
FEW_SEEDS = range(4)
STEPS = 400


@pytest.mark.parametrize("seeds", blocks_of([SEEDS], FEW_SEEDS))
def test_whatever_is_sent_nothing_is_bought_on_credit(seeds: range) -> None:
    orders = positions = defaults = 0
    for seed in seeds:
        rulebook = ("", "general-2026", "", "elr-2025")[seed % 4]
        exchange = Exchange(ComplianceHook() if rulebook else PreTradeHook())
        drawn, watched = Everything(seed, exchange, rulebook), NoCredit(exchange)
        start = drawn.setup()
        for number in range(len(start) + STEPS):
            command = start[number] if number < len(start) else drawn.step()
            watched.follow(drawn.send(command))
        orders, positions = orders + watched.orders, positions + watched.positions
        defaults += watched.defaults
    # Else the sessions would show nothing.
    assert orders > 1_000 * len(seeds) // 4
    assert positions > 100
    assert defaults or seeds is FEW_SEEDS


@pytest.mark.long
@pytest.mark.parametrize("seeds", blocks_of([SEEDS], FEW_SEEDS))
def test_the_reference_lends_nothing_either(seeds: range) -> None:
    """It counts what is free anew from what was deposited, traded and is open: only cover that was called for may be missing."""
    called = 0
    for seed in seeds:
        session = SideBySide(random.Random(seed).randrange, features_of(seed))
        for _ in range(150):
            session.step()
            reference = session.reference
            for name, account in reference.accounts.items():
                for asset, total in account.totals.items():
                    assert total >= 0, (seed, name, asset)
                    missing = reference.free(name, asset) < 0
                    assert not missing or (name, asset) in reference.calls, (seed, name, asset)
                    called += missing
            for each in session.exchange.account_list:
                check_balances(each)
                check_orders(each)
                check_cover(each)
    assert called or seeds is FEW_SEEDS
