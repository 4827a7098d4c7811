"""The machine that the venue runs on: the faults of its disk, what else acts on it, and where it gets its chance from."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Final
from unittest import mock

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from compliance.rulebook.format import Declarations, parse_rulebook
from compliance.rulebook.rulebook import Overrides, Rulebook
from engine.vocabulary.limits import NS_PER_SECOND
from gateway.journal.files import SEGMENT_SUFFIX
from tests.simulator.disk import Killed, PowerCut, SimulatedDisk
from tests.simulator.plan import Plan
from tests.simulator.stage import NS_PER_MS, Stage

DIRECTORY: Final = Path("/venue")
JOURNAL: Final = DIRECTORY / "journal"
UNSYNCED_TIMES: Final = 4
"""So much more often others act between the write of a frame and its sync."""
MOST_TEMPTATIONS: Final = 3
"""How often in a run the power is cut right after another process has made a snapshot or an archive."""
_UNSEEN: Final = ("list", "open", "read")
"""They change nothing, and are too many for the trace."""


class Machine:
    """Decides what befalls each operation of its disk."""

    def __init__(self, stage: Stage, plan: Plan) -> None:
        self.disk: Final = SimulatedDisk(stage.chance, self._before)
        self.is_calm = False
        """Whether nothing befalls it any more."""
        self.faults = 0
        self.counts: Final[dict[str, int]] = {}
        """What befell it, by kind."""
        self.others: Final[list[Callable[[], None]]] = []
        """What may act between two operations of somebody else."""
        self._stage: Final = stage
        self._plan: Final = plan
        self.temptations = 0
        self._is_doomed = False
        self._is_beside = False
        self._is_watched = False

    def tempt(self) -> None:
        """Something was just made of what others may not have finished: at times the power is cut before they can."""
        # Between two operations of another, that is; else there is nothing unfinished.
        if self._is_beside and not self.is_calm and self.temptations < MOST_TEMPTATIONS and self._stage.happens(0.5):
            self.temptations += 1
            self._is_doomed = True

    @contextmanager
    def undisturbed(self) -> Iterator[None]:
        """Look at the disk from outside: nothing befalls it meanwhile, no time passes, and the trace says nothing."""
        self._is_watched = True
        try:
            yield
        finally:
            self._is_watched = False

    def _before(self, what: str, path: str) -> str:
        if self._is_watched:
            return ""
        stage, plan = self._stage, self._plan
        if what not in _UNSEEN:
            stage.note(f"{self.disk.process} disk {what} {path}")
        if what == "sync":
            stage.clocks.pass_time(stage.between(NS_PER_MS // 10, 2 * NS_PER_MS))
        if self.is_calm:
            return ""
        if self._is_doomed:
            self._is_doomed = False
            self._count("cut")
            self.disk.is_off = True
            raise PowerCut
        # What is written and not synced is what others must not make anything of.
        is_between = what == "sync" and path.endswith(SEGMENT_SUFFIX)
        beside_rate = plan.beside_rate * (UNSYNCED_TIMES if is_between else 1)
        if self.others and not self._is_beside and stage.happens(beside_rate):
            self._is_beside = True
            try:
                stage.chance.choice(self.others)()
            finally:
                self._is_beside = False
            if self.disk.is_off:
                raise PowerCut
        if self.faults < plan.most_disk_faults and stage.happens(plan.disk_fault_rate):
            return self._fault(what)
        if what == "write" and "elsewhere" in plan.lies and stage.happens(plan.lie_rate):
            self._count("elsewhere")
            return "elsewhere"
        return ""

    def _fault(self, what: str) -> str:
        kind = self._stage.chance.choice(self._plan.disk_faults)
        if kind == "cut":
            self._count(kind)
            self.disk.is_off = True
            raise PowerCut
        if kind == "kill":
            self._count(kind)
            raise Killed
        possible = {"full": ("create", "write"), "fails": ("write", "sync"), "short": ("write",), "torn": ("write",)}
        if what not in possible[kind]:
            return ""
        self._count(kind)
        return kind

    def _count(self, kind: str) -> None:
        self.faults += 1
        self.counts[kind] = self.counts.get(kind, 0) + 1
        self._stage.note(f"fault: {kind}")


_rulebooks: Final[dict[str, Rulebook]] = {}


def _parsed_once(name: str, documents: dict[str, str], declared: Declarations, overrides: Overrides | None) -> Rulebook:
    """The rulebook of the simulated venue. There is one, which nobody changes: to read it again at each start takes most of a run."""
    assert not overrides
    key = name + "".join(documents.values())
    if key not in _rulebooks:
        _rulebooks[key] = parse_rulebook(name, documents, declared)
    return _rulebooks[key]


@contextmanager
def seeded(seed: int, stage: Stage, plan: Plan) -> Iterator[None]:
    """Take secrets and keys, which are the operating system's chance otherwise, from a seed; and wait for nothing."""
    chance = random.Random(seed)

    def new_key() -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(chance.randbytes(32))

    def sleep(seconds: float) -> None:
        stage.clocks.pass_time(int(seconds * NS_PER_SECOND))

    simulated_time = SimpleNamespace(
        sleep=sleep, monotonic=lambda: stage.now_ns / NS_PER_SECOND, monotonic_ns=lambda: stage.now_ns
    )
    with (
        mock.patch("compliance.rules.catalogue.parse_rulebook", _parsed_once),
        mock.patch("gateway.journal.key.new_private_key", new_key),
        mock.patch("gateway.identity.secrets", SimpleNamespace(token_bytes=chance.randbytes)),
        mock.patch("gateway.journal.reader.time", simulated_time),
        mock.patch("gateway.snapshots.asked.time", simulated_time),
        mock.patch("gateway.server.scheduler.time", simulated_time),
        mock.patch("gateway.journal.writer.time", simulated_time),
        mock.patch("gateway.server.sequencing.sequencer.SHORT_SYNC_NS", plan.short_sync_ns),
        mock.patch("gateway.server.sequencing.gathered.MAX_BATCH_EVENTS", plan.batch_events),
        # As many files as there would be of a long journal.
        mock.patch("gateway.index.growing.RUN_ROWS", plan.run_rows),
        mock.patch("gateway.index.growing.SPOT_BYTES", 500),
    ):
        yield
