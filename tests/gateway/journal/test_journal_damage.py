"""Damage, torn tails and forgery: nothing passes for what the venue wrote."""

from __future__ import annotations

import errno
import random
import shutil
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from engine.record.rows import (
    BATCH,
    FIRST_LINK,
    HEADER,
    SEAL,
    Row,
    Seal,
    SegmentHeader,
    decode_seal,
    encode_batch,
    encode_frame,
    read_frame,
    salt_of,
)
from gateway.disk import Disk
from gateway.journal.head import HEAD_FILE
from gateway.journal.key import sign_segment
from gateway.journal.reader import JournalDamage, JournalReader
from gateway.journal.recovery import recover
from gateway.keys import public_key_bytes
from tests.support.engine.desks.sessions import in_batches, session_rows
from tests.support.gateway.journal.journals import (
    KEY,
    VENUE,
    frame_offsets,
    open_writer,
    plain,
    read_rows,
    recovered_rows,
    write_journal,
)

ROWS = session_rows(7)
SOUND = 14
"""Rows before the last frame of the fixture's journal."""
FIRST = "journal-00000001.sbxj"
SECOND = "journal-00000002.sbxj"
FORGER = Ed25519PrivateKey.from_private_bytes(bytes([66]) * 32)


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    """A signed segment and an open one."""
    write_journal(tmp_path, ROWS[:9], batch=5)
    write_journal(tmp_path, ROWS[9:], batch=5, close=False)
    assert SOUND < len(ROWS) <= SOUND + 5
    return tmp_path


def test_every_flipped_byte_of_every_segment_is_found_at_its_frame(journal: Path) -> None:
    for name in (FIRST, SECOND):
        path = journal / name
        sound = path.read_bytes()
        offsets = frame_offsets(sound)
        for position in range(len(sound)):
            begin = max(offset for offset in offsets if offset <= position)
            path.write_bytes(sound[:position] + bytes([sound[position] ^ 0x04]) + sound[position + 1 :])
            reader = JournalReader(journal, settle_seconds=0)
            if name == SECOND and begin == offsets[-1]:
                list(reader.rows())
                assert reader.torn is not None and reader.torn.start == begin, position
            else:
                with pytest.raises(JournalDamage) as caught:
                    list(reader.rows())
                assert (caught.value.segment, caught.value.offset) == (name, begin), position
        path.write_bytes(sound)
    assert read_rows(journal) == plain(ROWS)


def check_set_aside(journal: Path, torn: bytes, offset: int, sound_rows: list[Row]) -> None:
    """A start finds the sound rows, keeps the torn bytes beside, and can go on."""
    recovery = recover(journal, VENUE, KEY)
    rows = [(seq, time_ns, bytes(command), bytes(events)) for seq, time_ns, command, events in recovery.rows()]
    assert rows == plain(sound_rows)
    tail = recovery.torn
    assert tail is not None
    assert (tail.segment, tail.torn.start, tail.torn.end) == (SECOND, offset, offset + len(torn))
    assert tail.torn.first_seq == len(sound_rows) + 1
    assert tail.saved.name == f"torn-2-{offset}.bin" and tail.saved.read_bytes() == torn
    assert SECOND in str(tail) and tail.saved.name in str(tail)
    writer = recovery.writer()
    writer.append(ROWS[len(sound_rows) :])
    writer.close()
    assert read_rows(journal) == plain(ROWS)


def test_a_tail_cut_anywhere_in_the_last_frame_is_set_aside(
    journal: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    data = (journal / SECOND).read_bytes()
    offset = frame_offsets(data)[-1]
    copies = tmp_path_factory.mktemp("cut")
    for end in range(offset + 1, len(data)):
        copy = copies / str(end)
        shutil.copytree(journal, copy)
        (copy / SECOND).write_bytes(data[:end])
        check_set_aside(copy, data[offset:end], offset, ROWS[:SOUND])


def kept(random_bits: random.Random, frame: bytes) -> bytes:
    """What a disk may hold of a frame that was not yet synced: any of it, zeros or old blocks for the rest."""
    unit = random_bits.choice([1, 7, 64, 512])
    parts = []
    for start in range(0, len(frame), unit):
        part = frame[start : start + unit]
        parts.append(random_bits.choice([part, part, bytes(len(part)), random_bits.randbytes(len(part))]))
    return b"".join(parts)[: random_bits.choice([len(frame), random_bits.randrange(1, len(frame) + 1)])]


@pytest.mark.parametrize("seed", range(40))
def test_a_disk_that_keeps_any_part_of_the_unsynced_frame_loses_nothing_else(journal: Path, seed: int) -> None:
    data = (journal / SECOND).read_bytes()
    offset = frame_offsets(data)[-1]
    tail = kept(random.Random(seed), data[offset:])
    (journal / SECOND).write_bytes(data[:offset] + tail)
    if tail == data[offset:]:
        assert recovered_rows(journal) == plain(ROWS)
    else:
        check_set_aside(journal, tail, offset, ROWS[:SOUND])


def test_a_second_torn_frame_at_the_same_place_does_not_overwrite_the_first(journal: Path) -> None:
    data = (journal / SECOND).read_bytes()
    offset = frame_offsets(data)[-1]
    for end in (offset + 3, offset + 5):
        (journal / SECOND).write_bytes(data[:end])
        assert recovered_rows(journal) == plain(ROWS[:SOUND])
    assert (journal / f"torn-2-{offset}.bin").read_bytes() == data[offset : offset + 3]
    assert (journal / f"torn-2-{offset}-2.bin").read_bytes() == data[offset : offset + 5]


def test_what_a_start_cut_off_in_vain_is_cut_off_by_the_next(journal: Path) -> None:
    """A sync that failed leaves the file as long as it was on the disk, though the system says that it is shorter."""
    data = (journal / SECOND).read_bytes()
    (journal / SECOND).write_bytes(data[: frame_offsets(data)[-1] + 3])

    class Cutting(Disk):
        """Notes what it cuts and syncs of the segment; the first sync after a cut fails, if that is asked for."""

        def __init__(self, is_failing: bool) -> None:
            self.is_failing = is_failing
            self.done: list[str] = []

        def truncate(self, descriptor: int, size: int) -> None:
            self.done.append("cut")
            super().truncate(descriptor, size)

        def sync(self, descriptor: int) -> None:
            if self.is_failing and self.done == ["cut"]:
                raise OSError(errno.EIO, "injected")
            if self.done:
                self.done.append("sync")
            super().sync(descriptor)

    recovery = recover(journal, VENUE, KEY, Cutting(is_failing=True))
    with pytest.raises(OSError, match="injected"):
        list(recovery.rows())
    recovery.close()
    sound = Cutting(is_failing=False)
    recovery = recover(journal, VENUE, KEY, sound)
    assert len(list(recovery.rows())) == SOUND
    recovery.close()
    assert sound.done[:2] == ["cut", "sync"]


def test_a_torn_signature_costs_no_row(tmp_path: Path) -> None:
    write_journal(tmp_path, ROWS)
    data = (tmp_path / FIRST).read_bytes()
    (tmp_path / FIRST).write_bytes(data[:-1])
    recovery = recover(tmp_path, VENUE, KEY)
    assert len(list(recovery.rows())) == len(ROWS)
    assert recovery.torn is not None and recovery.torn.torn.is_seal
    assert "no command is missing" in str(recovery.torn)
    recovery.writer().close()
    assert (tmp_path / FIRST).read_bytes() == data


def test_damage_stops_the_start_and_changes_nothing(journal: Path) -> None:
    path = journal / SECOND
    data = bytearray(path.read_bytes())
    data[frame_offsets(bytes(data))[-1] - 40] ^= 1
    write_more = bytes(data)
    (journal / FIRST).write_bytes(b"x" + (journal / FIRST).read_bytes()[1:])
    path.write_bytes(write_more)
    before = {entry.name: entry.read_bytes() for entry in journal.iterdir()}
    with pytest.raises(JournalDamage):
        recovered_rows(journal)
    assert {entry.name: entry.read_bytes() for entry in journal.iterdir()} == before


# ── rewriting history ──────────────────────────────────────────────────────────────────────────────────────────────


def rewritten(rows: list[Row]) -> list[Row]:
    """The session with a bigger deposit, as if it had always been so."""
    out = []
    for seq, time_ns, command, events in rows:
        changed = command
        if type(command).__name__ == "Deposit":
            changed = msgspec.structs.replace(command, amount=command.amount * 10)  # type: ignore[attr-defined]
        out.append((seq, time_ns, changed, events))
    assert encode_batch(out) != encode_batch(rows)
    return out


def forge(directory: Path, segments: list[list[Row]], key: Ed25519PrivateKey, seals: list[Seal | None]) -> None:
    """Write a journal by hand whose every checksum and link is right; a seal of None is signed with `key`."""
    link = FIRST_LINK
    next_seq = 1
    for number, (rows, old_seal) in enumerate(zip(segments, seals, strict=True), start=1):
        header = SegmentHeader(VENUE, public_key_bytes(key), number, next_seq, link)
        first_seq = next_seq
        frame, link = encode_frame(HEADER, next_seq, 0, header.encode(), previous_link=link, salt=0)
        salt = salt_of(link)
        frames = [frame]
        for batch in in_batches(rows, 5):
            frame, link = encode_frame(BATCH, next_seq, len(batch), encode_batch(batch), previous_link=link, salt=salt)
            next_seq += len(batch)
            frames.append(frame)
        seal = sign_segment(key, VENUE, segment=number, first_seq=first_seq, last_seq=next_seq - 1, link=link)
        if old_seal is not None:
            seal = Seal(number, first_seq, next_seq - 1, link, old_seal.signature)
        frame, link = encode_frame(SEAL, next_seq, 0, seal.encode(), previous_link=link, salt=salt)
        (directory / f"journal-{number:08d}.sbxj").write_bytes(b"".join([*frames, frame]))


def last_seal(path: Path) -> Seal:
    """The seal of a signed segment."""
    data = path.read_bytes()
    offset = frame_offsets(data)[-1]
    salt = salt_of(data[frame_offsets(data)[1] - 32 : frame_offsets(data)[1]])
    return decode_seal(read_frame(data, offset, data[offset - 32 : offset], salt).payload)


@pytest.fixture
def honest(tmp_path: Path) -> list[Seal]:
    """The seals of a journal of two signed segments in `tmp_path`."""
    write_journal(tmp_path, ROWS[:9], batch=5)
    write_journal(tmp_path, ROWS[9:], batch=5)
    return [last_seal(tmp_path / FIRST), last_seal(tmp_path / SECOND)]


def test_the_forge_makes_what_the_venue_makes(tmp_path: Path, honest: list[Seal]) -> None:
    before = [(tmp_path / name).read_bytes() for name in (FIRST, SECOND)]
    forge(tmp_path, [ROWS[:9], ROWS[9:]], KEY, [None, None])
    assert [(tmp_path / name).read_bytes() for name in (FIRST, SECOND)] == before


def test_rewritten_history_under_the_old_signatures_shows(tmp_path: Path, honest: list[Seal]) -> None:
    class Impostor:
        """Names the venue's key, but cannot sign with it."""

        def public_key(self) -> object:
            return KEY.public_key()

        def sign(self, message: bytes) -> bytes:
            return FORGER.sign(message)

    for seals in (list(honest), [None, None]):
        forge(tmp_path, [rewritten(ROWS[:9]), ROWS[9:]], Impostor(), seals)  # type: ignore[arg-type]
        with pytest.raises(JournalDamage, match="did not sign") as caught:
            read_rows(tmp_path)
        assert caught.value.segment == FIRST
        assert caught.value.offset == frame_offsets((tmp_path / FIRST).read_bytes())[-1]


def test_rewritten_history_under_another_key_shows(tmp_path: Path, honest: list[Seal]) -> None:
    second = (tmp_path / SECOND).read_bytes()
    forge(tmp_path, [rewritten(ROWS[:9]), ROWS[9:]], FORGER, [None, None])
    # Whoever knows the venue's key sees it at once, and so does the venue.
    with pytest.raises(JournalDamage, match="its key is") as caught:
        list(JournalReader(tmp_path, public_key_bytes(KEY)).rows())
    assert (caught.value.segment, caught.value.offset) == (FIRST, 0)
    with pytest.raises(JournalDamage, match="its key is"):
        recovered_rows(tmp_path)
    # Without it, the head tells: no other key signed that.
    with pytest.raises(JournalDamage, match="did not sign") as caught:
        read_rows(tmp_path)
    assert caught.value.segment == HEAD_FILE
    # Forging the first segment alone breaks the chain into the next.
    (tmp_path / HEAD_FILE).unlink()
    (tmp_path / SECOND).write_bytes(second)
    with pytest.raises(JournalDamage) as caught:
        read_rows(tmp_path)
    assert (caught.value.segment, caught.value.offset) == (SECOND, 0)


def test_segments_of_two_keys_in_one_chain_show(tmp_path: Path) -> None:
    forge(tmp_path, [ROWS[:9]], KEY, [None])
    end = JournalReader(tmp_path)
    list(end.rows())
    header = SegmentHeader(VENUE, public_key_bytes(FORGER), 2, 10, end.tip.link)
    frame, _ = encode_frame(HEADER, 10, 0, header.encode(), previous_link=end.tip.link, salt=0)
    (tmp_path / SECOND).write_bytes(frame)
    with pytest.raises(JournalDamage, match="its key is") as caught:
        read_rows(tmp_path)
    assert (caught.value.segment, caught.value.offset) == (SECOND, 0)


def test_the_writer_continues_only_behind_what_it_has_verified(journal: Path) -> None:
    writer = open_writer(journal)
    assert writer.next_seq == len(ROWS) + 1
    writer.close()
    assert read_rows(journal) == plain(ROWS)
