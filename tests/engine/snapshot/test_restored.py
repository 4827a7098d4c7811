"""A core that was restored from a snapshot has the same digest and the same future: random sessions, cut anywhere.

SBX_STEPS and SBX_SEED: how many seeds the soak takes, and its first.
"""

from __future__ import annotations

import os
import random

import pytest

from compliance import ComplianceHook
from engine.exchange import Exchange
from engine.state.hook import PreTradeHook
from tests.support.engine.checks.comparison import CallBounds, NamesOwners, SideBySide, drawn_bounds
from tests.support.engine.checks.futures_session import Session
from tests.support.engine.checks.restored import cut_at_random
from tests.support.engine.draws.everything import Everything
from tests.support.engine.draws.generator import FEATURES, features_of
from tests.support.engine.draws.reducing_generator import DrawsReducing

SEEDS = int(os.environ.get("SBX_STEPS", "300"))
FIRST_SEED = int(os.environ.get("SBX_SEED", "0"))
WHOLE = 2**62
PIECES = ((WHOLE, WHOLE), (1, WHOLE), (WHOLE, 1), (7, 5))
"""How many events and steps a piece of work has: so small that what a command leaves is cut in any place."""
CALLS = (CallBounds(), CallBounds(0, 20_000_000), CallBounds(2, 50_000_000))
RULEBOOKS = ("general-2026", "elr-2025", "derivatives-2025")


def any_order(seed: int, steps: int) -> int:
    """Orders of all types in all phases, with and without owners, bounds, days without room; futures and corrections."""
    bounds = drawn_bounds(random.Random(f"bounds {seed}").randrange)
    calls = CALLS[seed % len(CALLS)]
    session = SideBySide(random.Random(seed).randrange, features_of(seed), bounds=bounds, calls=calls)
    for _ in range(steps):
        session.step()

    def limit(exchange: Exchange) -> None:
        session.limit(exchange)
        exchange.piece_events, exchange.piece_steps = PIECES[seed % len(PIECES)]

    return cut_at_random(session.history, NamesOwners, seed, often=0.1, limit=limit)


def reducing(seed: int, steps: int) -> int:
    """Many reduce-only orders, pairs and brackets of them."""
    session = SideBySide(random.Random(seed).randrange, FEATURES, draws=DrawsReducing)
    for _ in range(steps):
        session.step()
    return cut_at_random(session.history, NamesOwners, seed, often=0.1, limit=session.limit)


def futures(seed: int, steps: int) -> int:
    """Futures held with little money: calls, close-outs, defaults, an expiry."""
    session = Session(seed)
    for _ in range(steps):
        session.step()
    return cut_at_random(session.history, PreTradeHook, seed, often=0.1)


def everything(seed: int, steps: int) -> int:
    """All parts of the core under rules that change, with numbers near the bounds."""
    drawn = Everything(seed, Exchange(ComplianceHook()), RULEBOOKS[seed % len(RULEBOOKS)])
    for command in drawn.setup():
        drawn.send(command)
    for _ in range(steps):
        drawn.send(drawn.step())

    def limit(exchange: Exchange) -> None:
        exchange.piece_events, exchange.piece_steps = PIECES[seed // 3 % len(PIECES)]

    return cut_at_random(drawn.history, ComplianceHook, seed, often=0.1, limit=limit)


SESSIONS = (any_order, reducing, futures, everything)


def each_session(seeds: range, steps: int) -> int:
    cuts = 0
    for seed in seeds:
        for session in SESSIONS:
            try:
                cuts += session(seed, steps)
            except AssertionError as error:
                raise AssertionError(f"{session.__name__}, seed {seed}: {error}") from error
    return cuts


# What a core goes on as is wrong in one field or none: the session that shows which is long, and each seed another.
def test_a_restored_core_has_the_same_future() -> None:
    assert each_session(range(2), 160) > 80


@pytest.mark.soak
def test_many_restored_cores_have_the_same_future() -> None:
    print(f"\nseeds {FIRST_SEED} to {FIRST_SEED + SEEDS - 1}")
    assert each_session(range(FIRST_SEED, FIRST_SEED + SEEDS), 300) > SEEDS


def test_an_empty_core_can_be_restored() -> None:
    assert cut_at_random((), ComplianceHook, 0, often=1) == 1
