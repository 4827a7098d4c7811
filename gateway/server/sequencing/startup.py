"""Starting a venue: what the journal holds is applied again and compared, then what the venue file has beyond it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from engine.command_table import COMMANDS
from engine.exchange import Exchange
from engine.record.rows import Row
from engine.vocabulary.messages.commands import AnyCommand, Decline
from engine.vocabulary.messages.events import CommandProposed, CommandRejected, ProposalEnded
from gateway.disk import DISK, Disk, make_directories
from gateway.filed.differences import MAX_NOTED, approval_left_out, approval_taken, differences, noted
from gateway.filed.people import participant_differences
from gateway.identity import IDENTITY_FILE, Identities, secrets_of
from gateway.inbound.attendance import disconnections
from gateway.journal.files import Lock, measure_sync
from gateway.journal.first import check_key
from gateway.journal.head import is_begun
from gateway.journal.key import KEY_FILE, keep_venue_key, venue_key
from gateway.journal.recovery import Recovery, TornTail, recover
from gateway.journal.writer import Durability, JournalWriter
from gateway.server.sequencing.clock import Clock, MovedClock, VenueClock, jump_problem, steady_ns
from gateway.server.sequencing.registering import registrations, said
from gateway.server.sequencing.sequencer import Sequencer
from gateway.snapshots.folder import check_none_beyond, folder_beside
from gateway.snapshots.making import Begun, begin_replica
from gateway.snapshots.past import Past, Subject
from gateway.snapshots.replica import NotReplayed, Replica
from gateway.venue.venue import Participant, Venue
from gateway.words.words import words_of

JOURNAL_FOLDER: Final = "journal"
NO_LONGER: Final = "whoever proposed it may propose it no longer"


_NOT_FOR_TESTS: Final = (
    "--time-scale is for venues for tests alone, and this one is none: its first start would have said so, by test = true under [venue]. "
    "No command was sequenced"
)


class StartError(Exception):
    """The venue can't start; the message says why and what to do."""


class Started:
    """A venue that is ready to take requests."""

    def __init__(
        self,
        *,
        begun: Begun,
        writer: JournalWriter,
        sequencer: Sequencer,
        recovered: int,
        torn: TornTail | None,
        said: tuple[list[str], list[str]],
        sync_ns: int,
        identities: Identities,
    ) -> None:
        self.exchange: Final = begun.replica.exchange
        self.fanout: Final = begun.replica.fanout
        self.writer: Final = writer
        self.sequencer: Final = sequencer
        self.recovered: Final = recovered
        """Commands that were in the journal."""
        self.torn: Final = torn
        """What a crash left unfinished, set aside."""
        self.notes: Final = said[0]
        """What of the venue file did not come in force, and why; a line each."""
        self.registered: Final = said[1]
        """Who of the venue file is new to a venue that had a journal, and what needs a second approval by it from now on, a line each."""
        self.sync_ns: Final = sync_ns
        """What writing and syncing a small batch takes here."""
        self.identities: Final = identities
        """Makes the keys of documents."""
        self.snapshot_seq: Final = begun.seq
        """Where the snapshot was taken from which it began; 0: all of the journal was replayed."""
        self.unusable: Final = begun.unusable
        """Newer snapshots that could not be used, and why; a line each."""


def start_venue(
    venue: Venue,
    directory: Path,
    durability: Durability,
    new_exchange: Callable[[], Exchange],
    force_rulebook: bool = False,
    *,
    accept_jump: bool = False,
    use_snapshot: bool = True,
    time_scale: int | None = None,
    wall: Clock = time.time_ns,
    steady: Clock = steady_ns,
    disk: Disk = DISK,
) -> Started:
    """Recover a venue from its journal, or begin one.

    Args:
        venue: as its file describes it. Things the journal does not know are set up; those it knows stay as they are.
        directory: of the venue; its journal is in the folder `journal`.
        durability: `fsync` or `os`.
        new_exchange: makes the empty exchange.
        force_rulebook: put the venue's rulebook in force even if the journal knows another one.
        accept_jump: start although the machine's clock is far from the journal's last time.
        use_snapshot: begin with the newest good snapshot, if there is one; else with the journal's first command.
        time_scale: how many times as fast a venue for tests goes; None: as fast as the clock. Its time goes on from its journal's.
        wall, steady: the machine's clock, and one that nobody sets.
        disk: what the directory is on.

    Raises:
        StartError: the replay differs, a definition is refused, the venue's key or its secret is missing, the clock is far off, or may not go faster.
        JournalError: the journal is damaged, in use, or of another core version; or a snapshot is not of it.
        OSError: the disk failed.
    """
    recovery = _recovery(venue, directory, disk)
    try:
        begun = _replayed(recovery, new_exchange, use_snapshot)
        replica = begun.replica
        exchange, fanout, recovered = replica.exchange, replica.fanout, replica.exchange.seq
        is_test = exchange.is_test if recovered else venue.test
        clock = (_moved if is_test else _steady)(exchange, wall, steady, accept_jump, time_scale)
        identities = _keep(_identities(venue, directory, replica.past, disk), directory, disk)
        force_rulebook &= venue.rulebook_digest != fanout.rulebook_digest
        split = replica.past.split(venue.genesis(), force_rulebook)
        sync_ns = measure_sync(directory / JOURNAL_FOLDER, disk)
        writer = recovery.writer(durability, fanout.rulebook_digest)
        keep_venue_key(directory, disk)
    except BaseException:
        recovery.close()
        raise
    sequencer = Sequencer(exchange, writer, fanout, directory, clock, past_seq=begun.seq, disk=disk)
    return Started(
        begun=begun,
        writer=writer,
        sequencer=sequencer,
        recovered=recovered,
        torn=recovery.torn,
        said=_set_up(venue, exchange, sequencer, writer, split),
        sync_ns=sync_ns,
        identities=identities,
    )


def _set_up(
    venue: Venue,
    exchange: Exchange,
    sequencer: Sequencer,
    writer: JournalWriter,
    split: tuple[list[AnyCommand], list[Subject]],
) -> tuple[list[str], list[str]]:
    """Carry out what the venue file has beyond the journal, its participants first; `split` says what it has beside them, and what differs.

    Returns:
        What of the file did not come in force; and who of its participants is new to a venue that had a journal, and what from now on
        needs a second approval by it. A line each.
    """
    to_do, changed = split
    differing = [each.said() for each in participant_differences(venue.participants, exchange.access)]
    people = registrations(venue.participants, exchange.access)
    registered = said(people, exchange.access) if exchange.seq else []
    taken = approval_taken(to_do, exchange)
    changed = [*changed, *approval_left_out(venue, exchange)]
    all_of_it = [*_taken_back(exchange, venue.participants), *people, *to_do]
    try:
        # One batch: a crash leaves all of it or nothing, and the next start need not guess what is missing.
        rows = sequencer.sequence(all_of_it) if all_of_it else []
    except BaseException:
        writer.abandon()
        raise
    return _some(differing) + _notes(venue, changed, exchange, rows), taken + _some(registered)


def _some(lines: list[str]) -> list[str]:
    """The first of some lines, and how many more there are: a venue may have thousands of participants."""
    more = len(lines) - MAX_NOTED
    return lines if more <= 0 else [*lines[:MAX_NOTED], f"and {more} more participants: `sbx keys list DIRECTORY`"]


def _taken_back(exchange: Exchange, participants: Mapping[str, Participant]) -> list[AnyCommand]:
    """What says that armed connections are gone, and takes back proposals of those who may no longer make them.

    Whose last key ends, loses them at once; but a journal of before core version 9 knows no keys, and there the venue file decides.
    """
    found = disconnections(exchange.absence)
    for number, proposal in exchange.proposals.items():
        name = proposal.by
        proposer = exchange.access.of.get(name) or participants.get(name)
        # What the venue file itself proposed is nobody's.
        if name and (proposer is None or proposer.role not in COMMANDS[type(proposal.command)].senders):
            found.append(Decline(number, NO_LONGER))
    return found


def _identities(venue: Venue, directory: Path, past: Past, disk: Disk) -> Identities:
    """What makes a venue's identity keys: as the venue was read, else as its directory has it, else new; nothing is written yet.

    Raises:
        StartError: those in the journal were made otherwise, so that everybody in it would be somebody new.
    """
    found = venue.identities or Identities.read(directory, disk) or Identities.new()
    assert all(secret == found.name for command in venue.genesis() for secret in secrets_of(command)), "another venue's"
    if all(secret == found.name for secret in past.secrets):
        return found
    what = f"no {IDENTITY_FILE}" if found.is_new else f"an {IDENTITY_FILE} by which they were not made"
    raise StartError(
        f"{directory} has a journal with identity keys, but {what}: nobody would be known again. Put the file back from where you keep "
        "it; to begin anew, move the journal away. Nothing was changed"
    )


def _keep(identities: Identities, directory: Path, disk: Disk) -> Identities:
    """Write a new secret down, before the journal has anything that was made by it. Returns what it was given."""
    if identities.is_new:
        try:
            identities.keep(directory, disk)
        except FileExistsError as error:
            raise StartError(f"{directory} has an {IDENTITY_FILE} that was not read before; start again") from error
    return identities


def _moved(exchange: Exchange, wall: Clock, steady: Clock, _: bool, scale: int | None) -> Clock:
    """The clock of a venue for tests: from where its journal ended, or was moved to; at first from the machine's."""
    if steady is wall:
        # The program that holds the venue moves that one.
        return VenueClock(max(exchange.time_ns, exchange.advanced_ns), steady, wall)
    return MovedClock(max(exchange.time_ns, exchange.advanced_ns) or wall(), scale or 1, steady)


def _steady(exchange: Exchange, wall: Clock, steady: Clock, accept_jump: bool, time_scale: int | None) -> Clock:
    """The clock of any other venue. Refuses a start, unless asked for, at a time far from the journal's last one."""
    if time_scale is not None:
        raise StartError(_NOT_FOR_TESTS)
    problem = "" if accept_jump else jump_problem(exchange.time_ns, wall())
    if problem:
        raise StartError(problem)
    return VenueClock(exchange.time_ns, steady, wall)


def _notes(venue: Venue, changed: list[Subject], exchange: Exchange, rows: list[Row]) -> list[str]:
    """What of a venue file did not come in force: what is otherwise, of what it has changed; what was refused, what waits, and what no longer does."""
    notes = noted(differences(venue, exchange, changed), changed) if changed else []
    for event in [event for row in rows for event in row[3]]:
        if type(event) is CommandRejected:
            notes.append(f"refused: {words_of(event)}")
        elif type(event) is CommandProposed:
            notes.append(f"{event.what}: waits for a second approval: proposal {event.proposal}")
        elif type(event) is ProposalEnded:
            notes.append(
                f"proposal {event.proposal} of {event.proposed_by} is over: {event.reason or 'it has expired'}"
            )
    return notes


def _recovery(venue: Venue, directory: Path, disk: Disk) -> Recovery:
    """Lock a venue, its key and its journal; nothing is read yet.

    All three: a journal that was renamed leaves a directory behind in which another one could be begun beside it.
    """
    journal = directory / JOURNAL_FOLDER
    if not is_begun(journal, disk):
        make_directories(directory, disk)
    lock = Lock(disk)
    try:
        lock.take(directory)
        # What else a first start may leave in its folder is none: a power cut may keep that, and not the key.
        key, file = venue_key(directory, has_journal=is_begun(journal, disk), disk=disk)
        check_key(journal, key, file, disk)
        lock.take(file)
        if file.name == KEY_FILE and not is_begun(journal, disk):
            raise StartError(
                f"{directory} has a {KEY_FILE}, but its journal is not in {journal}. Put the journal back; to begin anew, "
                f"move {file} away, too. Nothing was changed"
            )
        return recover(journal, venue.venue_id, key, disk, lock=lock)
    except BaseException:
        lock.release()
        raise


def _replayed(recovery: Recovery, new_exchange: Callable[[], Exchange], use_snapshot: bool) -> Begun:
    """A replica from a snapshot or from nothing, brought to where the journal ends. Raises `StartError` where it does not replay."""
    begun = Begun(Replica(new_exchange()), None, [])
    if use_snapshot:
        begun = begin_replica(
            recovery.directory, recovery.venue, recovery.public_key, new_exchange, recovery.disk, keeps_reports=True
        )
    replica, point = begun.replica, begun.point
    folder = folder_beside(recovery.directory)
    try:
        for batch in recovery.batches(
            point, lambda seq: check_none_beyond(folder, seq, recovery.venue, recovery.public_key, recovery.disk)
        ):
            replica.feed(batch)
    except NotReplayed as error:
        since = "" if point is None else f" from {point.said_by} on"
        more = "" if point is None else "; `sbx serve --no-snapshot` begins with the journal's first command"
        raise StartError(
            f"the journal does not replay{since}: {error}. `sbx replay` shows more{more}. Nothing was changed"
        ) from error
    replica.end_batch()
    return begun
