"""Runs of seeds, and what is said of one that fails: how to repeat it, and what happened last."""

from __future__ import annotations

import subprocess
from collections import Counter

from tests.simulator.simulation import Simulation
from tests.simulator.stage import Failed
from tests.support.places import ROOT


def simulate(seed: int) -> Simulation:
    """Run a seed. Raises `Failed` with all that is needed to repeat it."""
    simulation = Simulation(seed)
    try:
        simulation.run()
    except Exception as error:
        raise Failed(
            f"{simulation.stage.last_steps()}\n\nseed {seed} at commit {commit()}: {type(error).__name__}: {error}\n"
            f"repeat it: make simulate SEED={seed}"
        ) from error
    return simulation


def commit() -> str:
    """What is checked out, as far as that is known; a run depends on it."""
    try:
        told = subprocess.run(
            ("git", "describe", "--always", "--dirty"), cwd=ROOT, capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return told.stdout.strip()


class Tally:
    """What many seeds came to."""

    def __init__(self) -> None:
        self.outcomes: Counter[str] = Counter()
        self.faults: Counter[str] = Counter()
        self.done: Counter[str] = Counter()
        """Commands, starts, snapshots and so on."""

    def add(self, simulation: Simulation) -> None:
        """Count a seed."""
        self.outcomes[simulation.outcome] += 1
        self.faults.update(simulation.machine.counts)
        self.done["commands"] += len(simulation.log.entries)
        self.done["starts"] += simulation.starts
        self.done["starts from a snapshot"] += simulation.log.snapshot_starts
        self.done["snapshots"] += simulation.beside.snapshots
        self.done["archived segments"] += simulation.beside.archived

    def __str__(self) -> str:
        lines = (self.outcomes, self.faults, self.done)
        return "\n".join(", ".join(f"{count} {what}" for what, count in sorted(line.items())) for line in lines)
