"""Everything at once: no exception, a sound state after every command, and the same again from what a journal keeps.

SBX_STEPS and SBX_SEED: how many steps a session of the soak takes, and its first seed.
"""

from __future__ import annotations

import os
from collections import Counter
from typing import get_args

import msgspec
import pytest

from compliance.hook import ComplianceHook
from engine.exchange import Exchange
from engine.record.rows import decode_command
from engine.snapshot.encoding import state_digest
from engine.state.hook import PreTradeHook
from engine.vocabulary import codes
from engine.vocabulary.limits import MAX_INSTANT_LEVELS
from engine.vocabulary.messages import commands, events
from engine.vocabulary.messages.commands import Sequenced
from loadtest.scenarios.invariants import Invariants
from tests.support.engine.checks.comparison import names_of
from tests.support.engine.draws.everything import Everything
from tests.support.engine.streams import blocks_of

RULEBOOKS = ("", "elr-2025", "general-2026", "elr-2025")
SEEDS = range(22)
FEW_SEEDS = range(4)
STEPS = 500


def new_exchange(seed: int) -> Exchange:
    exchange = Exchange(ComplianceHook() if RULEBOOKS[seed % 4] else PreTradeHook())
    # The books are small: only so are some calls large.
    exchange.instant_levels = (MAX_INSTANT_LEVELS, 0, 3)[seed % 3]
    return exchange


def session(seed: int, steps: int) -> tuple[Everything, Counter[str]]:
    """A checked session, and how often each command and event was seen in it."""
    exchange = new_exchange(seed)
    drawn = Everything(seed, exchange, RULEBOOKS[seed % 4])
    invariants = Invariants(exchange)
    seen: Counter[str] = Counter()
    start = drawn.setup()
    try:
        for number in range(len(start) + steps):
            command = start[number] if number < len(start) else drawn.step()
            seen[type(command).__name__] += 1
            happened = drawn.send(command)
            invariants.follow(happened)
            for event in happened:
                seen.update(names_of(event))
    except Exception as error:
        error.add_note(f"seed {seed}, after {len(drawn.history)} commands: {drawn.history[-1]}")
        raise
    return drawn, seen


def replay(drawn: Everything, seed: int) -> None:
    """What the journal keeps of the commands leads to the same state."""
    again = new_exchange(seed)
    for sequenced in drawn.history:
        command = decode_command(msgspec.Raw(msgspec.msgpack.encode(sequenced.command)))
        assert command == sequenced.command
        again.apply(Sequenced(sequenced.seq, sequenced.time_ns, command))
    assert state_digest(again) == state_digest(drawn.exchange), f"seed {seed}"


@pytest.mark.long
@pytest.mark.parametrize("seeds", blocks_of([SEEDS], FEW_SEEDS))
def test_nothing_breaks_and_everything_occurs(seeds: range) -> None:
    seen: Counter[str] = Counter()
    for seed in seeds:
        drawn, happened = session(seed, STEPS)
        seen.update(happened)
        replay(drawn, seed)
    kinds = [kind.__name__ for kind in (*get_args(commands.AnyCommand), *get_args(events.AnyEvent))]
    kinds += [f"key: {outcome}" for outcome in codes.KEY_OUTCOMES]
    assert seeds is FEW_SEEDS or [name for name in kinds if not seen[name]] == []


@pytest.mark.soak
def test_nothing_breaks_in_long_sessions() -> None:
    first = int(os.environ.get("SBX_SEED", "1000"))
    for seed in range(first, first + 100):
        print(f"seed {seed}")
        drawn, _ = session(seed, int(os.environ.get("SBX_STEPS", "2000")))
        replay(drawn, seed)
