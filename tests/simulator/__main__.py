"""`make simulate SEED=17` repeats a run; `make simulate SEEDS=10000` runs so many, from FIRST on."""

from __future__ import annotations

import argparse
import logging
import sys
import time

from tests.simulator.running import Tally, simulate
from tests.simulator.stage import Failed

TELL_SECONDS = 10


def main() -> int:
    """Run what is asked for; the status is 1 if a seed failed."""
    parser = argparse.ArgumentParser(prog="make simulate", description=__doc__)
    parser.add_argument("--seed", type=int, help="this one alone")
    parser.add_argument("--seeds", type=int, default=1_000, help="so many")
    parser.add_argument("--first", type=int, default=0, help="from this one on")
    asked = parser.parse_args()
    # A date that is set is told to the log, in every run.
    logging.disable(logging.CRITICAL)
    seeds = [asked.seed] if asked.seed is not None else range(asked.first, asked.first + asked.seeds)
    tally, failed, began = Tally(), 0, time.monotonic()
    told = began
    for number, seed in enumerate(seeds, start=1):
        try:
            tally.add(simulate(seed))
        except Failed as error:
            failed += 1
            print(error, end="\n\n", flush=True)
        if time.monotonic() - told > TELL_SECONDS:
            told = time.monotonic()
            print(f"{number} of {len(seeds)} seeds, {failed} failed", file=sys.stderr, flush=True)
    print(f"{len(seeds)} seeds, {failed} failed, in {time.monotonic() - began:.0f} s\n{tally}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
