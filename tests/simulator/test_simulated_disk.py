"""The simulated disk itself: what survives a power cut, and what does not."""

from __future__ import annotations

import errno
import os
import random
from pathlib import Path

import pytest

from gateway.core import new_exchange
from gateway.disk import create_file, make_directories, save_file
from gateway.server.sequencing.startup import start_venue
from tests.simulator.disk import Killed, PowerCut, SimulatedDisk
from tests.simulator.venue_file import simulated_venue

FOLDER = Path("/folder")
FILE = FOLDER / "file"


def quiet(what: str, path: str) -> str:
    return ""


def begun(seed: int = 0) -> SimulatedDisk:
    disk = SimulatedDisk(random.Random(seed), quiet)
    make_directories(FOLDER, disk)
    return disk


def test_what_is_synced_survives_and_of_the_rest_any_part() -> None:
    ends = set()
    for seed in range(60):
        disk = begun(seed)
        create_file(FILE, b"kept", disk)
        descriptor = disk.open(FILE, os.O_WRONLY | os.O_APPEND)
        disk.write(descriptor, b"x" * 100)
        assert disk.read(FILE) == b"kept" + b"x" * 100
        disk.cut_power()
        data = disk.read(FILE)
        assert data.startswith(b"kept")
        ends.add((len(data), data.count(b"x")))
    # Nothing, all, a beginning, and a later page without an earlier one.
    assert {(4, 0), (104, 100)} < ends
    assert any(size == 104 and written < 100 for size, written in ends)


def test_names_survive_once_their_directory_is_synced() -> None:
    outcomes = set()
    for seed in range(40):
        disk = begun(seed)
        descriptor = disk.open(FILE, os.O_WRONLY | os.O_CREAT)
        disk.sync(descriptor)
        disk.cut_power()
        outcomes.add(disk.exists(FILE))
        save_file(FILE, b"saved", disk)
        disk.cut_power()
        assert disk.read(FILE) == b"saved"
    assert outcomes == {True, False}


def test_after_a_failed_sync_the_next_one_claims_success_and_has_lost_the_write() -> None:
    lost = 0
    for seed in range(20):
        disk = begun(seed)
        create_file(FILE, b"", disk)
        descriptor = disk.open(FILE, os.O_WRONLY)
        disk.write(descriptor, b"x" * 10)
        vars(disk)["_before"] = lambda what, path: "fails"
        with pytest.raises(OSError, match="input/output") as raised:
            disk.sync(descriptor)
        assert raised.value.errno == errno.EIO
        vars(disk)["_before"] = quiet
        disk.sync(descriptor)
        assert disk.read(FILE) == b"x" * 10
        disk.cut_power()
        lost += disk.read(FILE) != b"x" * 10
    assert lost > 5


@pytest.mark.parametrize("end", [PowerCut, Killed])
def test_a_first_start_that_ends_at_any_operation_can_be_repeated(end: type[BaseException]) -> None:
    operations = 0
    at = 1
    while True:
        for seed in range(2):
            operations = 0

            def before(what: str, path: str, at: int = at) -> str:
                nonlocal operations
                operations += 1
                if operations == at:
                    raise end
                return ""

            disk = SimulatedDisk(random.Random(seed), before)
            venue = simulated_venue()
            try:
                start_venue(venue, Path("/venue"), "fsync", new_exchange, disk=disk)
            except end:
                disk.end_process("venue")
                if end is PowerCut:
                    disk.cut_power()
            else:
                assert operations < at and at > 40
                return
            started = start_venue(venue, Path("/venue"), "fsync", new_exchange, disk=disk)
            assert started.exchange.seq == len(venue.participants) + len(venue.genesis())
            started.writer.abandon()
        at += 1
