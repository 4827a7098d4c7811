"""What-ifs of journals: read, checked before anything is replayed, replayed, and refused where nothing can be compared."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import msgspec
import pytest

from compliance.worlds.change import ChangeError, parse_setting
from compliance.worlds.messages.change import Change
from compliance.worlds.messages.results import Result
from engine.record.rows import Row
from engine.vocabulary import codes
from engine.vocabulary.messages.commands import MarkFuture, SetParameter, SetPhase, SetTradingRules
from engine.vocabulary.messages.events import OrderAccepted
from gateway.journal.files import JournalError
from gateway.snapshots.folder import folder_beside, list_snapshots, snapshot_name
from gateway.snapshots.replica import restored_core
from gateway.whatif import running
from gateway.whatif.running import Unreplayable, check_with, run, scan
from tests.support.compliance.venue import e8
from tests.support.gateway.inprocess.saved_venue import save, traded
from tests.support.gateway.journal.journals import write_journal
from tests.support.gateway.reporting.explained_story import RecordedVenue
from tests.support.gateway.reporting.report_sessions import Journaled, limit, random_session


def nothing(done: int) -> None:
    """No bar."""


def whatif(journal: Path, *settings: str, **others: object) -> Result:
    change = Change(tuple(parse_setting(each) for each in settings), **others)  # type: ignore[arg-type]
    scanned = scan(journal, nothing)
    check_with(change, scanned)
    return run(journal, change, scanned, nothing)


@pytest.fixture(scope="module")
def venue() -> Journaled:
    return random_session(4, 400)


def test_a_journal_is_read_for_what_a_change_needs(tmp_path: Path, venue: Journaled) -> None:
    found = scan(venue.write(tmp_path), nothing)
    assert (found.venue, found.first_seq, found.last_seq) == ("venue", 1, len(venue.rows))
    assert (found.first_ns, found.last_ns) == (venue.rows[0][1], venue.rows[-1][1])
    assert [each.name for each in found.rulebooks] == ["elr-2025"]
    assert found.instruments == ["BTC/RUB"]
    assert len(found.link) == 64


def test_nothing_changed_is_no_difference(tmp_path: Path, venue: Journaled) -> None:
    result = whatif(venue.write(tmp_path), "OPS-1.qualified_firm_rub=1000000000.00")
    assert result.recorded == result.other
    assert (result.changed, result.skipped, result.commands_affected) == ([], [], 0)
    assert (result.commands, result.recording.last_seq) == (len(venue.rows), len(venue.rows))
    assert result.recorded.caps is not None


def test_a_change_differs_and_is_plain_data(tmp_path: Path, venue: Journaled) -> None:
    journal = venue.write(tmp_path)
    result = whatif(journal, "OPS-1.qualified_firm_rub=150")
    assert result.orders_directly > 0
    assert result.orders_followed > 0
    encoded = msgspec.json.encode(result)
    assert msgspec.json.encode(msgspec.json.decode(encoded, type=Result)) == encoded
    again = whatif(journal, "OPS-1.qualified_firm_rub=150")
    assert msgspec.json.encode(again) == encoded


def test_from_a_moment_on(tmp_path: Path, venue: Journaled) -> None:
    middle = len(venue.rows) // 2
    result = whatif(venue.write(tmp_path), "OPS-1.qualified_firm_rub=150", from_seq=middle)
    assert result.recording.first_seq == middle
    assert result.commands == len(venue.rows) - middle + 1
    assert all((each.time_ns == 0) == (each.seq < middle) for each in result.first_changed)


def test_a_snapshot_before_the_change_is_where_it_begins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for seed in range(3):
        traded(tmp_path / "venue", seed, 120)
        save(tmp_path / "venue")
    journal = tmp_path / "venue" / "journal"
    scanned = scan(journal, nothing)
    assert list(scanned.links) == list_snapshots(folder_beside(journal))
    first, second, last = scanned.links
    restored: list[int] = []

    def noting(*arguments: Any) -> Any:
        exchange = restored_core(*arguments)
        restored.append(exchange.seq)
        return exchange

    monkeypatch.setattr(running, "restored_core", noting)
    results = {}
    begins = {
        first: {"from_seq": first},
        first + 1: {"from_seq": first + 1},
        second + 30: {"from_seq": second + 30},
        last: {"from_seq": last},
    }
    for seq, since in begins.items():
        results[seq] = whatif(journal, "OPS-1.qualified_firm_rub=100", **since)
    # A snapshot holds its own command: it is before the change only if that is behind it.
    assert restored == [first, second, second]
    restored.clear()
    by_time = whatif(journal, "OPS-1.qualified_firm_rub=100", from_ns=scanned.last_ns)
    assert len(restored) == 1
    assert by_time.commands >= 1
    # As from the first command on.
    (folder_beside(journal)).rename(tmp_path / "away")
    for seq, since in begins.items():
        assert whatif(journal, "OPS-1.qualified_firm_rub=100", **since) == results[seq]
    assert len(restored) == 1


def test_a_snapshot_that_is_not_of_this_journal_is_passed_over(tmp_path: Path) -> None:
    for name in ("one", "two"):
        traded(tmp_path / name, ord(name[0]), 120)
        save(tmp_path / name)
    journal = tmp_path / "one" / "journal"
    seq = list_snapshots(folder_beside(journal))[0]
    expected = whatif(journal, "OPS-1.qualified_firm_rub=100", from_seq=seq)
    traded(tmp_path / "one", 7, 50)
    shutil.copy(folder_beside(tmp_path / "two" / "journal") / snapshot_name(seq), folder_beside(journal))
    found = whatif(journal, "OPS-1.qualified_firm_rub=100", from_seq=seq + 20)
    assert (found.recording.first_seq, expected.recording.first_seq) == (seq + 20, seq)
    assert found.recording.last_seq == seq + 50


def test_what_the_venue_refuses_is_said_in_its_words(tmp_path: Path) -> None:
    """A future that people hold keeps its band: it is what covers them."""
    venue = RecordedVenue()
    venue.apply(SetTradingRules("BTC-FUT", 400_000))
    venue.apply(MarkFuture("BTC-FUT", e8("100000"), "start"))
    venue.apply(SetPhase("BTC-FUT", codes.CONTINUOUS))
    venue.enter("firm", codes.BUY, "0.1", "BTC-FUT", "100000")
    write_journal(tmp_path, venue.rows)
    with pytest.raises(ChangeError, match=r"the venue refuses set_trading_rules: .* band"):
        whatif(tmp_path, "BTC-FUT.static_ppm=0", from_seq=len(venue.rows))


REFUSED = [
    (("OPS-1.qualified_firm_rub=much",), {}, "rulebook elr-2025 can't have these settings"),
    (("RET-1.enabled=false",), {}, "no rulebook of the session states RET-1"),
    (("ETH/RUB.static_ppm=1",), {}, "the session has no instrument 'ETH/RUB'; it has BTC/RUB"),
    (("SAN-1.enabled=false",), {"from_seq": 10**6}, "the session ends before the change begins"),
    (("SAN-1.enabled=false",), {"from_ns": 2**62}, "the session ends before the change begins"),
]


@pytest.mark.parametrize(("settings", "others", "words"), REFUSED)
def test_what_cannot_be_is_said_before_anything_is_replayed(
    tmp_path: Path, venue: Journaled, settings: tuple[str, ...], others: dict[str, int], words: str
) -> None:
    with pytest.raises(ChangeError) as refusal:
        whatif(venue.write(tmp_path), *settings, **others)
    assert words in str(refusal.value)


def test_a_recording_that_does_not_replay_is_compared_with_nothing(tmp_path: Path, venue: Journaled) -> None:
    rows: list[Row] = [
        (seq, time_ns, command, [other(each) for each in events]) for seq, time_ns, command, events in venue.rows
    ]
    write_journal(tmp_path, rows)
    with pytest.raises(Unreplayable, match="does not replay from sequence number"):
        whatif(tmp_path, "SAN-1.enabled=false")


def other(event: object) -> object:
    return msgspec.structs.replace(event, price_ticks=1) if type(event) is OrderAccepted else event


def test_a_damaged_and_an_empty_journal_are_named(tmp_path: Path, venue: Journaled) -> None:
    journal = venue.write(tmp_path / "sound")
    segment = next(path for path in sorted(journal.iterdir()) if path.suffix == ".sbxj" or "segment" in path.name)
    data = bytearray(segment.read_bytes())
    data[len(data) // 2] ^= 1
    segment.write_bytes(data)
    with pytest.raises(JournalError, match="offset"):
        scan(journal, nothing)
    (tmp_path / "empty").mkdir()
    write_journal(tmp_path / "empty", [])
    with pytest.raises(JournalError, match="has no command yet"):
        scan(tmp_path / "empty", nothing)


def test_a_setting_that_the_recording_makes_itself_is_not_made_again(tmp_path: Path) -> None:
    venue = Journaled()
    venue.send(SetParameter("OPS-1", "qualified_firm_rub", "50.00", "less", "sue"))
    venue.send(limit("bob", "b1", codes.BUY, "1", "100"))
    venue.send(limit("alice", "a1", codes.SELL, "0.5", "100"))
    result = whatif(venue.write(tmp_path), "OPS-1.qualified_firm_rub=1000000000.00")
    assert [(each.order_id, each.change, each.directly, each.by) for each in result.first_changed] == [
        (len(venue.rows) - 1, "let in", True, "OPS-1"),
        (len(venue.rows), "filled more", False, "other trades"),
    ]
    assert result.first_changed[0].other.filled == "0.5"
    assert e8(result.other.markets[0].volume) == e8("0.5")
