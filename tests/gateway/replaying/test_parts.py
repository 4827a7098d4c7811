"""A journal replayed in parts: what a replay from the first command on finds, or nothing."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from engine.replay import Replay, ReplayResult
from engine.snapshot.encoding import decode_snapshot, encode_snapshot
from engine.vocabulary.messages.commands import Tick
from engine.vocabulary.messages.events import DayEnded
from gateway.cli.recordings import compact
from gateway.cli.recordings import replay as replay_cli
from gateway.core import new_exchange
from gateway.journal.key import venue_key
from gateway.journal.reader import JournalReader
from gateway.replaying import parts as replaying
from gateway.replaying.part import Part
from gateway.replaying.parts import InParts, borders_of
from gateway.snapshots.folder import SNAPSHOT_FOLDER, list_snapshots, read_snapshot, snapshot_name
from gateway.snapshots.sealed import seal
from tests.support.gateway.inprocess.saved_venue import save, started, traded
from tests.support.gateway.journal.journals import frame_offsets

LEAST = 50
JOBS = 4


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A venue that was stopped four times, a snapshot made after each but the last: four segments."""
    directory = tmp_path_factory.mktemp("saved") / "venue"
    for seed in range(3):
        traded(directory, seed, 150)
        save(directory)
    traded(directory, 3, 150)
    return directory


@pytest.fixture
def venue(saved: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return shutil.copytree(saved, tmp_path / "venue")


@pytest.fixture(autouse=True)
def short_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replaying, "LEAST_COMMANDS", LEAST)


@dataclass
class Found:
    result: ReplayResult | None
    parts: int
    shown: list[int]
    damage: Exception | None


def in_parts(venue: Path, jobs: int = JOBS) -> Found:
    shown: list[int] = []
    replay = InParts(JournalReader(venue / "journal"), jobs, shown.append)
    return Found(replay.run(), replay.parts, shown, replay.damage)


def whole(venue: Path) -> ReplayResult:
    replay = Replay(new_exchange())
    for batch in JournalReader(venue / "journal").batches():
        replay.feed_batch(batch)
    return replay.result()


def printed(venue: Path, *arguments: str) -> dict[str, object]:
    result = CliRunner().invoke(replay_cli.command, [str(venue), "--json", *arguments], catch_exceptions=False)
    found: dict[str, object] = json.loads(result.stdout)
    return {name: value for name, value in found.items() if name not in {"seconds", "commands_per_second"}}


def snapshots(venue: Path) -> list[int]:
    return list_snapshots(venue / SNAPSHOT_FOLDER)


def test_parts_find_what_a_replay_of_all_finds(venue: Path) -> None:
    found, expected = in_parts(venue), whole(venue)
    assert found.result is not None and found.result.equal and found.parts == JOBS
    for name in ("commands", "events", "recorded_digest", "replayed_digest", "difference"):
        assert getattr(found.result, name) == getattr(expected, name)
    assert found.shown == sorted(found.shown) and found.shown[-1] > 0


def test_the_command_replays_in_parts_and_says_the_same(venue: Path) -> None:
    at_once, alone = printed(venue, "--jobs", "4"), printed(venue, "--jobs", "1")
    assert (at_once.pop("parts"), alone.pop("parts")) == (4, 1)
    assert at_once == alone and at_once["status"] == "equal"


@pytest.mark.parametrize("other", [("--until-seq", "9"), ("--serve", "0")])
def test_what_does_not_go_with_jobs_is_refused(venue: Path, other: tuple[str, str]) -> None:
    result = CliRunner().invoke(replay_cli.command, [str(venue), "--jobs", "2", *other])
    assert result.exit_code == 2 and "--jobs" in result.output


def test_fewer_jobs_take_the_borders_nearest_to_equal_parts(venue: Path) -> None:
    assert in_parts(venue, 2).parts == 2
    assert in_parts(venue, 1) == Found(None, 0, [], None)


@pytest.mark.parametrize(
    ("numbers", "last", "jobs", "expected"),
    [
        ([], 1_000, 4, []),
        ([500], 1_000, 1, []),
        ([500], 1_000, 4, [500]),
        ([100, 200, 300, 400, 500, 600, 700, 800, 900], 1_000, 4, [200, 500, 700]),
        ([100, 200, 300, 400, 500, 600, 700, 800, 900], 1_000, 2, [500]),
        ([20, 980], 1_000, 3, []),
        ([900, 940], 1_000, 3, [900]),
        ([300, 340, 600], 1_000, 8, [300, 600]),
    ],
)
def test_borders(numbers: list[int], last: int, jobs: int, expected: list[int]) -> None:
    assert borders_of(numbers, last, jobs, least=50) == expected


def changed(venue: Path, place: int) -> None:
    """Let the venue write a batch that did not happen, behind as many sessions of it as `place` says."""
    for number in snapshots(venue)[place:]:
        (venue / SNAPSHOT_FOLDER / snapshot_name(number)).unlink()
    for segment in sorted((venue / "journal").glob("*.sbxj"))[place:]:
        segment.unlink()
    (venue / "journal" / "head").unlink()
    found = started(venue)
    found.writer.append([(found.recovered + 1, found.exchange.time_ns, Tick(), [DayEnded(1)])])
    found.writer.close()


def test_a_difference_is_looked_for_from_the_first_command_on(venue: Path) -> None:
    changed(venue, 3)
    assert in_parts(venue).result is None
    at_once, alone = printed(venue, "--jobs", "4"), printed(venue, "--jobs", "1")
    assert at_once == alone and at_once["status"] == "different"
    assert at_once["difference"]["recorded"]["type"] == "DayEnded"  # type: ignore[index]


def test_a_state_that_the_commands_before_do_not_come_to_is_found(venue: Path) -> None:
    """The venue itself signs a snapshot in which it has earned more; all events of the part behind come out as recorded."""
    number = snapshots(venue)[1]
    sealed = read_snapshot(venue / SNAPSHOT_FOLDER, number)
    state = msgspec.msgpack.decode(sealed.unpack())
    document = decode_snapshot(state["core"])
    document.assets[0].fees += 1
    state["core"] = encode_snapshot(document)
    encoded = msgspec.msgpack.encode(state)
    key, _ = venue_key(venue, has_journal=True)
    data = seal(msgspec.structs.replace(sealed.header, state_bytes=len(encoded)), encoded, key)
    (venue / SNAPSHOT_FOLDER / snapshot_name(number)).write_bytes(data)
    found = in_parts(venue)
    assert found.parts == JOBS and found.result is None
    at_once = printed(venue, "--jobs", "4")
    assert (at_once["status"], at_once["parts"]) == ("equal", 1)


def test_a_snapshot_that_cannot_be_read_is_done_without(venue: Path) -> None:
    path = venue / SNAPSHOT_FOLDER / snapshot_name(snapshots(venue)[0])
    path.write_bytes(path.read_bytes()[:-1])
    assert in_parts(venue).result is None
    at_once, alone = printed(venue, "--jobs", "4"), printed(venue, "--jobs", "1")
    assert at_once == alone and at_once["status"] == "equal"


@pytest.mark.parametrize("segment", [1, 3])
def test_damage_is_where_it_is(venue: Path, segment: int) -> None:
    """In front of the last border it is left to a replay of all; behind, the parts end with it."""
    path = sorted((venue / "journal").glob("*.sbxj"))[segment]
    data = bytearray(path.read_bytes())
    data[frame_offsets(bytes(data))[-3] + 60] ^= 1
    path.write_bytes(data)
    at_once, alone = printed(venue, "--jobs", "4"), printed(venue, "--jobs", "1")
    assert (at_once.pop("parts"), alone.pop("parts")) == (4 if segment == 3 else 1, 1)
    assert at_once == alone and at_once["status"] == "damaged"


def test_a_torn_end_is_told(venue: Path) -> None:
    path = sorted((venue / "journal").glob("*.sbxj"))[-1]
    path.write_bytes(path.read_bytes()[:-7])
    at_once, alone = printed(venue, "--jobs", "4"), printed(venue, "--jobs", "1")
    assert (at_once.pop("parts"), alone.pop("parts")) == (4, 1)
    assert at_once == alone and at_once["status"] == "torn"


def test_a_part_that_dies_is_none(venue: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun = []
    start = replaying._Running.__init__

    def start_and_kill(self: replaying._Running, part: Part) -> None:
        start(self, part)
        begun.append(part)
        if len(begun) == 2:
            self._process.kill()

    monkeypatch.setattr(replaying._Running, "__init__", start_and_kill)
    assert in_parts(venue).result is None and len(begun) == JOBS


def test_archived_segments_are_replayed_in_parts_too(venue: Path) -> None:
    expected = whole(venue)
    result = CliRunner().invoke(compact.command, [str(venue)], catch_exceptions=False)
    assert result.exit_code == 0 and list((venue / "journal").glob("*.zst"))
    found = in_parts(venue)
    assert found.result is not None and found.result.replayed_digest == expected.replayed_digest
