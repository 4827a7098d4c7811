"""The engine against the slow reference venue: random commands, whole event lists and whole state, after each of them.

SBX_STEPS and SBX_SEED: how many steps the soak takes, and its first seed.
"""

from __future__ import annotations

import os
import random
from collections import Counter

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from engine.build import is_compiled
from engine.vocabulary import codes
from engine.vocabulary.messages import events
from tests.support.engine.checks.comparison import CallBounds, SideBySide, drawn_bounds
from tests.support.engine.draws.generator import FEATURES, FULL, features_of
from tests.support.engine.streams import blocks_of

STEPS_PER_SEED = 300
SEEDS_PER_BLOCK = 60
BLOCKS = [range(first, first + SEEDS_PER_BLOCK) for first in (1_000, 1_060, 1_120, 1_300)]
FEW_SEEDS = range(6)
SOAK_STEPS = int(os.environ.get("SBX_STEPS", "5_000_000"))
SOAK_SEED = int(os.environ.get("SBX_SEED", "1_000_000"))
# The books are small: with these bounds some calls have more levels than are computed at once, and some of them grow past it.
CALLS = (
    CallBounds(),
    CallBounds(0, 20_000_000),
    CallBounds(1, 500_000),
    CallBounds(2, 50_000_000),
    CallBounds(4, 5_000_000),
)
# How often each must have happened in one block, so that the generator can't go blind unnoticed.
OFTEN_ENOUGH = 2

# Of compliance, issuance and freezes, whose rules the reference does not know.
NOT_HERE = {"RulebookLoaded", "InvestorRegistered", "RegistryChanged", "ParameterChanged", "Event"}
NOT_HERE |= {"ChangeScheduled", "ChangeEffective", "HoldingFrozen", "AssetIssued"}
# Of who may log in, which no order depends on.
NOT_HERE |= {"ParticipantRegistered", "KeyRegistered", "KeyEnded"}
EXPECTED = {
    *({name for name, each in vars(events).items() if isinstance(each, type) and issubclass(each, events.Event)}),
    *(codes.REJECT_CODES[1:]),
    *(f"cancelled: {reason}" for reason in codes.CANCEL_REASONS),
    *(f"case: {outcome}" for outcome in codes.CASE_OUTCOMES),
    *(f"proposal: {outcome}" for outcome in codes.PROPOSAL_OUTCOMES),
    *(f"movement: {outcome}" for outcome in codes.MOVEMENT_STATUSES[: codes.MOVEMENT_WAITS]),
    *(f"status: {status}" for status in codes.MOVEMENT_STATUSES),
} - {*NOT_HERE, "compliance", "cancelled: compliance", "cancelled: phase"}


def run_seed(seed: int, steps: int) -> Counter[str]:
    """Run the commands of a seed through both; what was seen."""
    bounds = drawn_bounds(random.Random(f"bounds {seed}").randrange)
    session = SideBySide(
        random.Random(seed).randrange, features_of(seed), bounds=bounds, calls=CALLS[seed % len(CALLS)]
    )
    for step in range(steps):
        try:
            session.step()
        except AssertionError as error:
            raise AssertionError(f"seed {seed}, step {step}: {error}\nlast commands:\n{session.story()}") from error
    return session.seen


@pytest.mark.long
@pytest.mark.parametrize("seeds", blocks_of(BLOCKS, FEW_SEEDS))
def test_engine_does_what_the_reference_does(seeds: range) -> None:
    seen: Counter[str] = Counter()
    for seed in seeds:
        seen += run_seed(seed, STEPS_PER_SEED)
    rare = {name: seen[name] for name in EXPECTED if seen[name] < OFTEN_ENOUGH}
    assert not rare or seeds is FEW_SEEDS, f"the generator hardly ever makes these happen: {rare}"


@pytest.mark.soak
def test_engine_does_what_the_reference_does_for_long() -> None:
    print(f"\nfirst seed {SOAK_SEED}, {SOAK_STEPS} steps, {STEPS_PER_SEED} for each seed")
    for seed in range(SOAK_SEED, SOAK_SEED + SOAK_STEPS // STEPS_PER_SEED):
        run_seed(seed, STEPS_PER_SEED)


class EngineAgainstReference(RuleBasedStateMachine):
    """The same generator, drawn from by hypothesis, which makes what fails short."""

    @initialize(data=st.data())
    def open(self, data: st.DataObject) -> None:
        features = tuple(feature for feature in (*FEATURES, FULL) if data.draw(st.booleans(), label=feature))
        calls = data.draw(st.sampled_from(CALLS), label="bounds of calls")
        bounds = drawn_bounds(lambda choices: data.draw(st.integers(0, choices - 1)))
        draw = lambda choices: data.draw(st.integers(0, choices - 1))  # noqa: E731
        self.session = SideBySide(draw, features, bounds=bounds, calls=calls)

    @rule(data=st.data())
    def next(self, data: st.DataObject) -> None:
        self.session.generator.draw = lambda choices: data.draw(st.integers(0, choices - 1))
        self.session.step()


class TestEngineAgainstReference(EngineAgainstReference.TestCase):
    settings = settings(max_examples=40 if is_compiled() else 8, stateful_step_count=30, deadline=None)


@pytest.mark.soak
class TestEngineAgainstReferenceForLong(EngineAgainstReference.TestCase):
    settings = settings(max_examples=400, stateful_step_count=30, deadline=None)
