"""A snapshot that is asked for goes as far as the journal's head says, and never stands within the work of a command."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from engine.exchange import Exchange
from engine.vocabulary.messages.commands import MassCancel
from gateway.core import new_exchange
from gateway.journal.key import venue_key
from gateway.server.sequencing.startup import Started, start_venue
from gateway.snapshots import asked as module
from gateway.snapshots.asked import Asking
from gateway.snapshots.making import NotSynced, publish
from tests.support.gateway.inprocess.bench import Bench, enter
from tests.support.gateway.inprocess.saved_venue import save, started, trade
from tests.support.gateway.venues.small_venue import small_venue

PIECE = 8


def short_of_breath() -> Exchange:
    exchange = new_exchange()
    exchange.piece_events = PIECE
    return exchange


def within_work(directory: Path) -> Started:
    """A venue under `fsync` that has just begun to cancel many orders."""
    venue = small_venue()
    found = start_venue(venue, directory, "fsync", short_of_breath)
    bench = Bench(venue, found, directory)
    enter(bench, "alice", 0, 40)
    now_ns = bench.now_ns
    found.sequencer._apply(now_ns, iter([(None, 0, 0, MassCancel("alice", "alice"))]))
    found.sequencer.write()
    assert found.exchange.is_unfinished
    return found


def asking(directory: Path) -> Asking:
    key, _ = venue_key(directory, has_journal=True)
    found = Asking(directory / "journal", key, short_of_breath)
    for _ in found.follow():
        pass
    return found


def test_a_journal_that_ends_within_work_has_no_snapshot_until_that_is_done(tmp_path):
    venue = within_work(tmp_path)
    venue.writer.write_head()
    venue.writer.abandon()
    with pytest.raises(NotSynced, match="ends within the work of a command"):
        asking(tmp_path).save()
    again = start_venue(small_venue(), tmp_path, "fsync", short_of_breath)
    while again.exchange.is_unfinished:
        again.sequencer.turn()
    again.writer.close()
    assert asking(tmp_path).save().seq == again.exchange.seq
    begun = started(tmp_path)
    assert begun.snapshot_seq == again.exchange.seq
    begun.writer.close()


def test_what_the_head_does_not_have_is_waited_for(tmp_path, monkeypatch):
    """The head stands within work; what ends it is in the journal, and synced a moment later."""
    venue = within_work(tmp_path)
    venue.writer.write_head()
    while venue.exchange.is_unfinished:
        venue.sequencer.turn()
    found = asking(tmp_path)
    replica = found.begun.replica
    assert replica.exchange.seq == venue.exchange.seq > found.head.seq
    key, _ = venue_key(tmp_path, has_journal=True)
    with pytest.raises(NotSynced, match=f"up to sequence number {found.head.seq}, not {venue.exchange.seq}"):
        publish(replica, venue.writer.last[1], tmp_path / "journal", venue="small", key=key)
    monkeypatch.setattr(module, "HEAD_SECONDS", 0)
    with pytest.raises(NotSynced):
        found.save()
    monkeypatch.setattr(module, "HEAD_SECONDS", 60)
    later = threading.Thread(target=lambda: (time.sleep(0.2), venue.writer.write_head()))
    later.start()
    assert found.save().seq == venue.exchange.seq
    later.join()
    venue.writer.close()


def test_a_snapshot_goes_no_further_than_the_head(tmp_path):
    """Under durability os that is the last start, until the venue stops: what the system has not written may be lost yet."""
    venue = started(tmp_path)
    begun = venue.exchange.seq
    trade(venue, 1, 20)
    venue.writer.abandon()
    venue = started(tmp_path)
    after_crash = venue.exchange.seq
    trade(venue, 2, 20)
    venue.writer.write_head()
    assert begun < save(tmp_path).seq == after_crash < venue.exchange.seq
    venue.writer.close()
    assert save(tmp_path).seq == venue.exchange.seq
