"""Participants of a venue file at a start: the new ones come, what has ended stays so, and what differs is said."""

from __future__ import annotations

from pathlib import Path

import msgspec

from engine.vocabulary.messages.commands import RegisterKey, RevokeKey
from engine.vocabulary.messages.events import CommandRejected
from gateway.core import new_exchange
from gateway.server.sequencing.startup import Started, start_venue
from gateway.venue.venue import Participant, Venue
from tests.support.gateway.inprocess.saved_venue import save
from tests.support.gateway.venues.small_venue import small_venue

ANOTHER = bytes([9]) * 32


def started(directory: Path, venue: Venue) -> Started:
    return start_venue(venue, directory, "os", new_exchange)


def having(**people: Participant) -> Venue:
    """The small venue with other participants, or others beside its own."""
    venue = small_venue()
    return msgspec.structs.replace(venue, participants={**venue.participants, **people})


def keys_of(venue: Started, name: str) -> list[str]:
    return list(venue.exchange.access.of[name].keys)


def test_the_first_start_registers_all_of_them(tmp_path: Path) -> None:
    venue = started(tmp_path, small_venue())
    known = venue.exchange.access.of
    assert {name: each.role for name, each in known.items()} == {
        "alice": "participant",
        "bob": "participant",
        "sue": "supervisor",
        "otto": "operator",
    }
    assert all(list(each.keys) == ["main"] and each.filed for each in known.values())
    assert venue.registered == venue.notes == []
    venue.writer.close()


def test_a_later_start_registers_who_is_new_and_says_so(tmp_path: Path) -> None:
    started(tmp_path, small_venue()).writer.close()
    zoe = Participant("zoe", "participant", ANOTHER)
    for again in range(3):
        if again == 2:
            save(tmp_path)
        venue = started(tmp_path, having(zoe=zoe))
        assert venue.registered == (
            [] if again else ["participant zoe: registered as participant, from the venue file"]
        )
        assert keys_of(venue, "zoe") == ["main"] and not venue.notes
        venue.writer.close()


def test_a_journal_that_knew_nobody_gets_them_at_its_next_start(tmp_path: Path) -> None:
    """As one of before core version 9."""
    started(tmp_path, msgspec.structs.replace(small_venue(), participants={})).writer.close()
    venue = started(tmp_path, small_venue())
    assert list(venue.exchange.access.of) == ["alice", "bob", "sue", "otto"] and len(venue.registered) == 4
    venue.writer.close()


def test_a_new_key_of_the_file_is_taken_once(tmp_path: Path) -> None:
    started(tmp_path, small_venue()).writer.close()
    other = having(alice=Participant("alice", "participant", ANOTHER))
    venue = started(tmp_path, other)
    assert keys_of(venue, "alice") == ["main", "file"]
    assert venue.registered == [
        (
            "participant alice: key file registered, from the venue file; main in force as before: "
            "`sbx control revoke-key alice main` ends one"
        )
    ]
    venue.sequencer.sequence([RevokeKey("alice", "file")])
    venue.writer.close()
    for again in range(2):
        if again:
            save(tmp_path)
        venue = started(tmp_path, other)
        assert keys_of(venue, "alice") == ["main"] and not venue.registered
        assert [note.partition(":")[0] for note in venue.notes] == ["participant alice"]
        venue.writer.close()


def test_of_many_that_are_new_some_are_named(tmp_path: Path) -> None:
    started(tmp_path, small_venue()).writer.close()
    many = {f"p{number}": Participant(f"p{number}", "participant", bytes([number]) * 32) for number in range(100, 125)}
    venue = started(tmp_path, having(**many))
    assert len(venue.exchange.access.of) == 4 + 25
    assert len(venue.registered) == 21 and venue.registered[-1] == "and 5 more participants: `sbx keys list DIRECTORY`"
    venue.writer.close()


def test_a_key_that_stands_under_another_name_goes_to_nobody_else_and_that_is_said(tmp_path: Path) -> None:
    started(tmp_path, small_venue()).writer.close()
    alices, bobs = (small_venue().participants[name].public_key for name in ("alice", "bob"))
    swapped = having(
        alice=Participant("alice", "participant", bobs),
        bob=Participant("bob", "participant", alices),
        carol=Participant("carol", "participant", small_venue().participants["sue"].public_key),
    )
    last_seq = 0
    for _ in range(2):
        venue = started(tmp_path, swapped)
        assert not venue.registered and "carol" not in venue.exchange.access.of
        assert [note.partition(" is ")[0] for note in venue.notes] == [
            f"participant {name}: key" for name in ("alice", "bob", "carol")
        ]
        assert f"{bobs.hex()[:16]}... (in force of bob) in the file, main here" in venue.notes[0]
        assert "sbx control revoke-key bob main, or another key in the file" in venue.notes[0]
        # Nor does each start leave a refused command behind.
        assert last_seq in (0, venue.exchange.seq)
        last_seq = venue.exchange.seq
        venue.writer.close()


def test_what_was_revoked_or_replaced_stays_so_whatever_the_file_says(tmp_path: Path) -> None:
    venue = started(tmp_path, small_venue())
    venue.sequencer.sequence([RevokeKey("alice"), RegisterKey("bob", "next", ANOTHER.hex(), replaces="main")])
    venue.writer.close()
    venue = started(tmp_path, small_venue())
    assert (keys_of(venue, "alice"), keys_of(venue, "bob")) == ([], ["next"])
    assert ["none here" in note for note in venue.notes] == [True, False] and "next here" in venue.notes[1]
    venue.writer.close()


def test_another_role_is_said_and_not_applied(tmp_path: Path) -> None:
    started(tmp_path, small_venue()).writer.close()
    alice = small_venue().participants["alice"]
    venue = started(tmp_path, having(alice=msgspec.structs.replace(alice, role="operator")))
    assert venue.exchange.access.of["alice"].role == "participant"
    (note,) = venue.notes
    assert note.startswith("participant alice: role is operator in the file, participant here")
    venue.writer.close()


def test_who_is_gone_from_the_file_is_still_there(tmp_path: Path) -> None:
    started(tmp_path, small_venue()).writer.close()
    less = small_venue()
    venue = started(tmp_path, msgspec.structs.replace(less, participants={"otto": less.participants["otto"]}))
    assert len(venue.exchange.access.of) == 4 and not venue.notes
    venue.writer.close()


def test_a_key_that_somebody_has_already_registers_nobody_and_is_said(tmp_path: Path) -> None:
    started(tmp_path, small_venue()).writer.close()
    twice = Participant("zoe", "participant", small_venue().participants["bob"].public_key)
    venue = started(tmp_path, having(zoe=twice))
    assert "zoe" not in venue.exchange.access.of
    (note,) = venue.notes
    assert note.startswith("participant zoe: key is ") and "(in force of bob)" in note and not venue.registered
    (row,) = venue.sequencer.sequence([RegisterKey("bob", "x", ANOTHER.hex())])
    assert not any(isinstance(event, CommandRejected) for event in row[3])
    venue.writer.close()
