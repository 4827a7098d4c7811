"""`sbx verify` and `sbx replay` on journals of the default venue under its compliance rules."""

from __future__ import annotations

import datetime
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner, Result

from engine.record.rows import BATCH, FIRST_LINK, HEADER, Row, SegmentHeader, encode_batch, encode_frame, salt_of
from engine.vocabulary import codes
from engine.vocabulary.codes import CORE_VERSION
from engine.vocabulary.messages.commands import AnyCommand, NewOrder, Sequenced
from engine.vocabulary.messages.events import CommandRejected, OrderRejected, Trade
from engine.vocabulary.said import listed, said
from gateway.cli.recordings.replay import command as replay_command
from gateway.cli.recordings.replay import readable
from gateway.cli.recordings.verify import command as verify_command
from gateway.core import new_exchange
from gateway.journal.head import HEAD_FILE
from gateway.keys import public_key_bytes
from gateway.venue.template import write_default_venue
from gateway.venue.venue import parse_venue
from tests.support.engine.desks.desk import E8
from tests.support.gateway.journal.journals import KEY, frame_offsets, write_journal
from tests.support.places import ROOT

FIRST = "journal-00000001.sbxj"
SECOND = "journal-00000002.sbxj"
START_NS = 1_800_000_000_000_000_000


def orders() -> list[AnyCommand]:
    """Orders that rest, trade and break a rule or a funds check."""
    found: list[AnyCommand] = []
    for n in range(40):
        participant = "mm-alpha" if n % 2 == 0 else "mm-beta"
        price = (8_000_000 + 100 * (n % 7)) * E8
        side = codes.SELL if n % 2 == 0 else codes.BUY
        quantity = (1 + n % 3) * E8 // 100
        account = f"{participant}.main"
        found.append(NewOrder(participant, account, f"o{n}", "BTC/RUB", side, codes.LIMIT, codes.GTC, price, quantity))
    found.append(
        NewOrder("mm-alpha", "mm-alpha.main", "x", "BTC/RUB", codes.SELL, codes.LIMIT, codes.GTC, 8_000_001 * E8, E8)
    )
    return found


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> list[Row]:
    directory = tmp_path_factory.mktemp("venue")
    file, *_ = write_default_venue(directory, datetime.date(2027, 1, 15))
    venue = parse_venue(file.read_text(encoding="utf-8"), "", directory)
    exchange = new_exchange()
    made: list[Row] = []
    for seq, command in enumerate([*venue.genesis(), *orders()], start=1):
        time_ns = START_NS + seq * 1_000
        made.append((seq, time_ns, command, exchange.apply(Sequenced(seq, time_ns, command))))
    events = [event for row in made for event in row[3]]
    assert sum(type(event) is Trade for event in events) >= 10
    assert any(type(event) is OrderRejected for event in events)
    return made


@pytest.fixture(scope="module")
def original(rows: list[Row], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A signed segment and an open one."""
    directory = tmp_path_factory.mktemp("original")
    write_journal(directory, rows[:-10], batch=16)
    write_journal(directory, rows[-10:], batch=4, close=False)
    return directory


@pytest.fixture
def journal(original: Path, tmp_path: Path) -> Path:
    shutil.copytree(original, tmp_path / "journal")
    return tmp_path / "journal"


def verify(*arguments: object) -> Result:
    return CliRunner().invoke(verify_command, [str(argument) for argument in arguments], catch_exceptions=False)


def replay(*arguments: object) -> Result:
    return CliRunner().invoke(replay_command, [str(argument) for argument in arguments], catch_exceptions=False)


def as_json(result: Result, exit_code: int) -> dict[str, Any]:
    assert result.exit_code == exit_code, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def flip(path: Path, position: int) -> None:
    data = bytearray(path.read_bytes())
    data[position] ^= 0x10
    path.write_bytes(data)


# ── verify ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_verify_a_sound_journal(journal: Path, rows: list[Row]) -> None:
    found = as_json(verify(journal, "--json"), 0)
    assert found["status"] == "sound" and found["damage"] is None and found["torn"] is None
    assert [(each["name"], each["signed"]) for each in found["segments"]] == [(FIRST, True), (SECOND, False)]
    assert [each["first_seq"] for each in found["segments"]] == [1, len(rows) - 9]
    assert [each["last_seq"] for each in found["segments"]] == [len(rows) - 10, len(rows)]
    frames = [len(frame_offsets((journal / name).read_bytes())) for name in (FIRST, SECOND)]
    assert [each["frames"] for each in found["segments"]] == frames and found["frames"] == sum(frames)
    assert (found["commands"], found["venue"]) == (len(rows), "venue")
    assert found["public_key"] == public_key_bytes(KEY).hex()
    text = verify(journal)
    assert text.exit_code == 0
    for expected in (FIRST, SECOND, "signed", "still open", found["events_digest"], f"{len(rows)} commands", "sound"):
        assert expected in text.output


def test_verify_takes_the_directory_of_the_venue_too(journal: Path) -> None:
    assert as_json(verify(journal.parent, "--json"), 0)["directory"] == str(journal)


def test_verify_names_the_damaged_frame(journal: Path) -> None:
    offsets = frame_offsets((journal / FIRST).read_bytes())
    flip(journal / FIRST, offsets[2] + 50)
    found = as_json(verify(journal, "--json"), 1)
    assert found["status"] == "damaged"
    assert found["damage"] == {"segment": FIRST, "offset": offsets[2], "reason": "payload checksum does not match"}
    assert found["commands"] == 16
    text = verify(journal)
    assert text.exit_code == 1
    assert FIRST in text.output and f"offset {offsets[2]}" in text.output and "damaged" in text.output


def test_every_flipped_byte_of_the_open_segment_has_its_exit_status(journal: Path) -> None:
    sound = (journal / SECOND).read_bytes()
    offsets = frame_offsets(sound)
    for position in range(0, len(sound), 13):
        begin = max(offset for offset in offsets if offset <= position)
        flip(journal / SECOND, position)
        if begin == offsets[-1]:
            found = as_json(verify(journal, "--json"), 3)["torn"]
        else:
            found = as_json(verify(journal, "--json"), 1)["damage"]
        assert (found["segment"], found["offset"]) == (SECOND, begin)
        (journal / SECOND).write_bytes(sound)


def test_verify_has_a_status_of_its_own_for_a_torn_last_frame(journal: Path, rows: list[Row]) -> None:
    data = (journal / SECOND).read_bytes()
    offset = frame_offsets(data)[-1]
    (journal / SECOND).write_bytes(data[:-1])
    found = as_json(verify(journal, "--json"), 3)
    assert found["status"] == "torn"
    assert found["torn"] == {
        "segment": SECOND,
        "offset": offset,
        "end": len(data) - 1,
        "reason": f"cut off: {len(data) - 1 - offset} of {len(data) - offset} bytes",
        "first_missing_seq": len(rows) - 1,
        "last_missing_seq": len(rows),
        "only_signature": False,
    }
    text = verify(journal)
    assert text.exit_code == 3
    assert f"bytes {offset} to {len(data) - 1}" in text.output
    assert f"sequence numbers {len(rows) - 1} to {len(rows)}" in text.output


def test_verify_against_a_key_from_elsewhere(journal: Path) -> None:
    assert verify(journal, "--public-key", public_key_bytes(KEY).hex()).exit_code == 0
    found = as_json(verify(journal, "--public-key", "ab" * 32, "--json"), 1)
    assert (found["damage"]["segment"], found["damage"]["offset"]) == (FIRST, 0)
    result = verify(journal, "--public-key", "abc")
    assert result.exit_code == 2 and "64 hexadecimal digits" in result.output


def test_verify_changes_nothing(journal: Path) -> None:
    (journal / SECOND).write_bytes((journal / SECOND).read_bytes()[:-1])

    def state() -> list[tuple[str, bytes, int]]:
        paths = sorted(journal.iterdir())
        return [(path.name, path.read_bytes(), path.stat().st_mtime_ns) for path in paths]

    before = state()
    verify(journal)
    replay(journal)
    assert state() == before


def test_where_there_is_no_journal_it_is_a_usage_error(tmp_path: Path) -> None:
    for run in (verify, replay):
        assert run(tmp_path).exit_code == 2
        assert "no journal in" in run(tmp_path).output
        assert run(tmp_path / "absent").exit_code == 2


# ── replay ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_replay_is_equal(journal: Path, rows: list[Row]) -> None:
    found = as_json(replay(journal, "--json"), 0)
    assert (found["status"], found["equal"], found["difference"]) == ("equal", True, None)
    assert (found["commands"], found["events"]) == (len(rows), sum(len(row[3]) for row in rows))
    assert found["recorded_digest"] == found["replayed_digest"]
    assert found["recorded_digest"] == as_json(verify(journal, "--json"), 0)["events_digest"]
    text = replay(journal)
    assert text.exit_code == 0 and "equal" in text.output and found["replayed_digest"] in text.output


def test_replay_until_a_sequence_number(journal: Path, rows: list[Row]) -> None:
    # Damage behind it does not matter: it is not read.
    flip(journal / SECOND, 200)
    found = as_json(replay(journal, "--until-seq", 37, "--json"), 0)
    assert found["commands"] == 37
    assert as_json(replay(journal, "--json"), 1)["status"] == "damaged"


def test_replay_shows_the_first_difference(rows: list[Row], tmp_path: Path) -> None:
    index = next(index for index, row in enumerate(rows) if type(row[3][-1:][0] if row[3] else None) is Trade)
    events = list(rows[index][3])
    recorded = msgspec.structs.replace(events[-1], quantity_lots=77)
    events[-1] = recorded
    write_journal(tmp_path, [*rows[:index], (*rows[index][:3], events), *rows[index + 1 :]])
    assert verify(tmp_path).exit_code == 0
    found = as_json(replay(tmp_path, "--json"), 1)
    assert (found["status"], found["equal"]) == ("different", False)
    difference = found["difference"]
    assert (difference["seq"], difference["index"]) == (index + 1, len(events) - 1)
    assert difference["command"]["type"] == "NewOrder"
    assert (difference["recorded"]["type"], difference["recorded"]["quantity_lots"]) == ("Trade", 77)
    assert difference["replayed"]["quantity_lots"] == rows[index][3][-1].quantity_lots  # type: ignore[attr-defined]
    assert found["recorded_digest"] != found["replayed_digest"]
    text = replay(tmp_path)
    assert text.exit_code == 1
    assert f"sequence number {index + 1}" in text.output and "quantity_lots: 77 became" in text.output


def test_replay_of_a_damaged_journal_goes_up_to_the_damage(journal: Path) -> None:
    offset = frame_offsets((journal / FIRST).read_bytes())[3]
    flip(journal / FIRST, offset)
    found = as_json(replay(journal, "--json"), 1)
    assert (found["status"], found["equal"], found["commands"]) == ("damaged", True, 32)
    assert (found["damage"]["segment"], found["damage"]["offset"]) == (FIRST, offset)
    assert f"offset {offset}" in replay(journal).output


def test_replay_of_a_torn_tail_has_its_own_status(journal: Path, rows: list[Row]) -> None:
    data = (journal / SECOND).read_bytes()
    (journal / SECOND).write_bytes(data[: frame_offsets(data)[-1] + 3])
    found = as_json(replay(journal, "--json"), 3)
    assert (found["status"], found["equal"], found["commands"]) == ("torn", True, len(rows) - 2)
    assert found["torn"]["first_missing_seq"] == len(rows) - 1
    assert found["torn"]["last_missing_seq"] is None
    text = replay(journal)
    assert text.exit_code == 3 and "torn" in text.output and "equal" in text.output


def test_replay_of_another_core_version_says_so(rows: list[Row], tmp_path: Path) -> None:
    for changed, exit_code in ((rows, 0), ([*rows[:5], (*rows[5][:3], [])], 1)):
        header = SegmentHeader("venue", public_key_bytes(KEY), 1, 1, FIRST_LINK, core_version=CORE_VERSION + 1).encode()
        head, link = encode_frame(HEADER, 1, 0, header, previous_link=FIRST_LINK, salt=0)
        batch, _ = encode_frame(BATCH, 1, len(changed), encode_batch(changed), previous_link=link, salt=salt_of(link))
        (tmp_path / FIRST).write_bytes(head + batch)
        found = as_json(replay(tmp_path, "--json"), exit_code)
        assert (found["journal_core_version"], found["core_version"]) == (CORE_VERSION + 1, CORE_VERSION)
        assert f"written under core version {CORE_VERSION + 1}" in replay(tmp_path).output
    assert found["difference"]["seq"] == 6 and found["difference"]["recorded"] is None


def test_replay_of_a_command_on_which_the_core_fails_says_where(rows: list[Row], tmp_path: Path) -> None:
    write_journal(tmp_path, rows)
    path = tmp_path / FIRST
    header = SegmentHeader("venue", public_key_bytes(KEY), 1, 1, FIRST_LINK).encode()
    head, link = encode_frame(HEADER, 1, 0, header, previous_link=FIRST_LINK, salt=0)
    unknown = msgspec.msgpack.encode([[1, rows[0][1], rows[0][2], rows[0][3]], [2, rows[1][1], [9999], []]])
    batch, _ = encode_frame(BATCH, 1, 2, unknown, previous_link=link, salt=salt_of(link))
    path.write_bytes(head + batch)
    (tmp_path / HEAD_FILE).unlink()
    assert verify(tmp_path).exit_code == 0
    found = as_json(replay(tmp_path, "--json"), 1)
    assert (found["status"], found["commands"], found["failure"]["seq"]) == ("failed", 1, 2)
    assert "does not know the command" in replay(tmp_path).output


def test_the_digests_do_not_depend_on_the_hash_seed(journal: Path) -> None:
    found = []
    for seed in ("0", "1"):
        output = subprocess.run(
            [sys.executable, "-m", "gateway.cli", "replay", str(journal), "--json"],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        found.append(json.loads(output))
    assert found[0]["replayed_digest"] == found[1]["replayed_digest"] == found[0]["recorded_digest"]


def test_the_help_has_examples_and_the_exit_statuses() -> None:
    for run in (verify, replay):
        output = run("--help").output
        assert "Examples:" in output and "Exit status:" in output and "sbx " in output


def test_a_difference_in_what_is_said_can_be_written() -> None:
    """A refusal may hold sentences within sentences."""
    values = (said("ANON-1.coin", "XMR", "default", listed(["default", "optional"])), 7)
    told = readable(CommandRejected(codes.COMPLIANCE, "", "holding.refused", ("ANON-1", *values)))
    assert json.loads(json.dumps(told)) == {
        "type": "CommandRejected",
        "code": codes.COMPLIANCE,
        "detail": "",
        "template": "holding.refused",
        "values": ["ANON-1", ["ANON-1.coin", ["XMR", "default", ["list.names", ["default", "optional"]]]], 7],
    }


def test_what_differs_can_be_written_for_machines_whatever_it_says() -> None:
    nested = said("share.remaining", said("DER-3.bank", "kappa"), 7)
    found = json.loads(json.dumps(readable(CommandRejected(12, "", nested.template, nested.values))))
    assert found["values"] == [["DER-3.bank", ["kappa"]], 7]
