"""What a seed has in store. Each seed leaves some kinds of faults out, so that others are not hidden behind them."""

from __future__ import annotations

from typing import Final

from tests.simulator.stage import Stage

DISK_FAULTS: Final = ("cut", "torn", "kill", "full", "fails", "short")
"""The power is cut; is cut in the middle of a write; the process is killed; the disk is full, fails, takes only a part."""
LIES: Final = ("elsewhere", "rot", "tail")
"""A write goes elsewhere or nowhere; a bit turns; what was synced last is gone."""


class Plan:
    """Drawn once for each seed."""

    def __init__(self, stage: Stage) -> None:
        chance = stage.chance
        self.acts: Final = chance.randint(20, 60)
        """Requests of all traders together."""
        self.segment_bytes: Final = chance.choice((700, 1_500, 4_000, 20_000))
        self.lies: Final = [each for each in LIES if chance.random() < 0.5] if chance.random() < 0.25 else []
        """Most disks tell the truth."""
        self.lie_rate: Final = 0.02 if self.lies else 0.0
        # What a lying disk did shows after a power cut.
        self.disk_faults: Final = [each for each in DISK_FAULTS if chance.random() < 0.5] + ["cut"] * bool(self.lies)
        self.disk_fault_rate: Final = chance.choice((0.003, 0.01, 0.02, 0.03)) if self.disk_faults else 0.0
        """Of each operation."""
        self.cuts_at: Final = (
            [chance.randrange(self.acts) for _ in range(2)] if self.lies or chance.random() < 0.3 else []
        )
        """After so many requests the power is cut, whatever goes on then."""
        self.most_disk_faults: Final = chance.randint(1, 6)
        self.latency_ns: Final = chance.choice((20_000, 500_000, 20_000_000))
        self.cut_rate: Final = chance.choice((0.0, 0.0, 0.01, 0.05))
        """Of each message."""
        self.freeze_rate: Final = chance.choice((0.0, 0.0, 0.005))
        self.clock_step_rate: Final = chance.choice((0.0, 0.0, 0.05))
        """Of each request, as the following."""
        self.stop_rate: Final = chance.choice((0.0, 0.02))
        self.core_fault_rate: Final = chance.choice((0.0, 0.0, 0.0, 0.03))
        self.has_rogue: Final = chance.random() < 0.3
        self.compacts: Final = chance.random() < 0.4
        self.snapshots: Final = chance.random() < 0.3
        """Whether somebody asks for one."""
        self.follows: Final = chance.random() < 0.6
        self.snapshot_commands: Final = chance.choice((4, 10, 30))
        self.run_rows: Final = chance.choice((5, 20, 1_000))
        """Of a file of the index."""
        self.beside_rate: Final = chance.choice((0.0, 0.03, 0.12))
        """Of each disk operation: that another process or thread acts before it."""
        self.slow_sync_rate: Final = chance.choice((0.0, 0.1, 0.5))
        """Of each sync beside the turns."""
        self.short_sync_ns: Final = chance.choice((0, 0, 1_000_000))
        """Below that a quiet venue waits for the disk."""
        self.batch_events: Final = chance.choice((6, 20, 4_096))
        """Of a frame: with few, turns wait for the disk."""
