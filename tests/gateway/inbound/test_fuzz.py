"""Whatever is sent, it is carried out, or answered with a documented error; nothing raises, and the state stays sound.

SBX_SEED: the first seed of the soak.
"""

from __future__ import annotations

import os
import time

import pytest

from tests.support.gateway.inprocess.fuzzing import DOCUMENTED, Outcome, fuzz

INPUTS = 300_000
SOAK_INPUTS = 10_000_000
SECONDS = 20
"""Of a processor, for those of every run of the tests: what they may take of everybody's time, on a slow machine too."""


def check(outcome: Outcome, inputs: int) -> None:
    """That the inputs were of all kinds."""
    assert outcome["inputs"] == inputs
    assert outcome["malformed"] > inputs * 0.4
    assert outcome["commands"] > inputs * 0.03
    assert outcome["questions"] > inputs * 0.02
    assert outcome["orders accepted"] > inputs * 0.005
    assert outcome["trades"] > inputs * 0.0005
    assert [
        code
        for code in DOCUMENTED
        if code in ("malformed", "not_logged_in", "not_allowed", "login_failed") and not outcome[code]
    ] == []


@pytest.mark.long
def test_random_inputs_end_in_documented_errors() -> None:
    started = time.process_time()
    outcome = fuzz(1, INPUTS)
    check(outcome, INPUTS)
    assert time.process_time() - started < SECONDS


@pytest.mark.soak
def test_very_many_random_inputs_end_in_documented_errors() -> None:
    seed, done = int(os.environ.get("SBX_SEED", "1000")), 0
    while done < SOAK_INPUTS:
        print(f"seed {seed}")
        outcome = fuzz(seed, 500_000)
        check(outcome, 500_000)
        done += outcome["inputs"]
        seed += 1
    assert done == SOAK_INPUTS
