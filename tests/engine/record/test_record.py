"""The record format: what goes in comes out, and nothing else does."""

from __future__ import annotations

import typing
from zlib import crc32

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.record import rows as record
from engine.record.rows import BATCH, HEAD_BYTES, LINK_BYTES, MAGIC, SEAL, Damage, decode_command, decode_events
from engine.record.segments import SegmentReader, Tip
from engine.vocabulary.messages.commands import AnyCommand, NewOrder, Tick
from engine.vocabulary.messages.events import AnyEvent
from tests.support.engine.desks.sessions import SegmentBuilder, example_of, in_batches, session_rows

ROWS = session_rows(9)
BATCHES = in_batches(ROWS, 5)


def small_segment(sealed: bool) -> SegmentBuilder:
    builder = SegmentBuilder()
    for batch in BATCHES:
        builder.add(batch)
    return builder.seal() if sealed else builder


def read(
    data: bytes, is_last: bool = True, tip: Tip | None = None, segment: int = 1
) -> tuple[list[int], SegmentReader]:
    """The sequence numbers of a segment, and the reader at its end."""
    reader = SegmentReader(data, segment, tip or Tip(), is_last)
    seqs: list[int] = []
    while (batch := reader.next_batch()) is not None:
        seqs += [row[0] for row in batch]
    return seqs, reader


def test_every_command_and_event_comes_back_as_it_went_in() -> None:
    events = [example_of(kind) for kind in typing.get_args(AnyEvent)]
    for seq, kind in enumerate(typing.get_args(AnyCommand), start=1):
        command = example_of(kind)
        [(stored_seq, time_ns, stored_command, stored_events)] = record.decode_rows(
            record.encode_batch([(seq, 2**62, command, events)])  # type: ignore[list-item]
        )
        assert (stored_seq, time_ns) == (seq, 2**62)
        assert decode_command(stored_command) == command
        assert decode_events(stored_events) == events
        assert bytes(stored_events) == record.encode_events(events)  # type: ignore[arg-type]


def test_an_unknown_command_and_event_say_so() -> None:
    with pytest.raises(msgspec.DecodeError):
        decode_command(msgspec.Raw(msgspec.msgpack.encode([9999])))
    with pytest.raises(msgspec.DecodeError):
        decode_events(msgspec.msgpack.encode([[9999]]))


def test_an_integer_beyond_64_bits_is_refused_not_cut() -> None:
    with pytest.raises(OverflowError):
        record.encode_batch([(1, 2**64, Tick(), [])])


def test_header_and_seal_come_back() -> None:
    header = record.decode_header(
        record.SegmentHeader(
            "venue", bytes(32), 7, 12, bytes([1]) * 32, rulebook_digest="ab" * 32, core_version=3
        ).encode()
    )
    assert (header.venue, header.public_key, header.segment, header.first_seq) == ("venue", bytes(32), 7, 12)
    assert (header.previous_link, header.rulebook_digest, header.core_version) == (bytes([1]) * 32, "ab" * 32, 3)
    seal = record.decode_seal(record.Seal(7, 12, 40, bytes(32), bytes(64)).encode())
    assert (seal.segment, seal.first_seq, seal.last_seq, seal.link, seal.signature) == (7, 12, 40, bytes(32), bytes(64))


@pytest.mark.parametrize("sealed", [False, True])
def test_a_segment_reads_back_whole(sealed: bool) -> None:
    builder = small_segment(sealed)
    seqs, reader = read(builder.data)
    assert seqs == [row[0] for row in ROWS]
    assert (reader.torn, reader.seal is not None, reader.frames) == (None, sealed, len(builder.frames))
    assert (reader.offset, reader.tip.link, reader.tip.next_seq) == (len(builder.data), builder.link, len(ROWS) + 1)


@pytest.mark.parametrize("sealed", [False, True])
@pytest.mark.parametrize("is_last", [False, True])
@pytest.mark.parametrize("flip", [0x01, 0x80, 0xFF])
def test_any_flipped_byte_is_found_at_its_frame(sealed: bool, is_last: bool, flip: int) -> None:
    builder = small_segment(sealed)
    data, offsets = builder.data, builder.offsets
    for position in range(len(data)):
        begin = max(offset for offset in offsets if offset <= position)
        damaged = data[:position] + bytes([data[position] ^ flip]) + data[position + 1 :]
        if is_last and begin == offsets[-1]:
            seqs, reader = read(damaged)
            assert reader.torn is not None and reader.torn.start == begin == reader.offset, position
            assert reader.torn.end == len(data) and reader.torn.first_seq == len(seqs) + 1
        else:
            with pytest.raises(Damage) as caught:
                read(damaged, is_last)
            assert caught.value.offset == begin, position


@pytest.mark.parametrize("sealed", [False, True])
def test_a_segment_cut_anywhere_in_its_last_frame_is_torn_there(sealed: bool) -> None:
    builder = small_segment(sealed)
    data, begin = builder.data, builder.offsets[-1]
    for end in range(begin + 1, len(data)):
        seqs, reader = read(data[:end])
        torn = reader.torn
        assert torn is not None and (torn.start, torn.end, torn.first_seq) == (begin, end, len(seqs) + 1)
        # A head that is whole still tells what the frame was to hold.
        is_whole = end >= begin + HEAD_BYTES
        assert torn.is_seal == (is_whole and sealed)
        assert torn.last_seq == (len(ROWS) if is_whole and not sealed else 0)
        assert f"offset {begin}" in str(torn)
    assert read(data[:begin])[1].torn is None


def test_a_segment_cut_before_its_last_frame_reads_to_the_cut() -> None:
    builder = small_segment(False)
    seqs, reader = read(builder.data[: builder.offsets[2]])
    assert seqs == [1, 2, 3, 4, 5] and reader.torn is None


def test_an_unsealed_segment_before_another_is_damage() -> None:
    builder = small_segment(False)
    with pytest.raises(Damage, match="ends without a seal") as caught:
        read(builder.data, is_last=False)
    assert caught.value.offset == len(builder.data)


def test_a_longer_length_with_a_good_checksum_is_still_no_torn_tail() -> None:
    builder = small_segment(False)
    data, begin = builder.data, builder.offsets[1]
    head = bytearray(data[begin : begin + HEAD_BYTES - 4])
    head[10:14] = (10**6).to_bytes(4, "big")
    head += crc32(bytes(head), builder.salt).to_bytes(4, "big")
    with pytest.raises(Damage, match="a sound frame follows") as caught:
        read(data[:begin] + bytes(head) + data[begin + HEAD_BYTES :])
    assert caught.value.offset == begin


def test_a_length_above_the_limit_is_not_believed() -> None:
    builder = small_segment(False)
    data, begin = builder.data, builder.offsets[-1]
    head = bytearray(data[begin : begin + HEAD_BYTES - 4])
    head[10:14] = (2**32 - 1).to_bytes(4, "big")
    head += crc32(bytes(head), builder.salt).to_bytes(4, "big")
    with pytest.raises(Damage, match="above the limit"):
        record.read_frame(data[:begin] + bytes(head), begin, b"", builder.salt)


def test_a_hole_where_frames_follow_is_damage_and_at_the_end_it_is_torn() -> None:
    builder = small_segment(False)
    data, offsets = builder.data, builder.offsets
    hole = data[: offsets[-2]] + bytes(offsets[-1] - offsets[-2]) + data[offsets[-1] :]
    with pytest.raises(Damage, match="a sound frame follows") as caught:
        read(hole)
    assert caught.value.offset == offsets[-2]
    reader = read(data[: offsets[-1]] + bytes(len(data) - offsets[-1]))[1]
    assert reader.torn is not None and reader.torn.start == offsets[-1]


def test_bytes_behind_a_bad_frame_of_known_length_are_damage() -> None:
    builder = small_segment(False)
    data = builder.data
    bad = data[:-1] + bytes([data[-1] ^ 1])
    with pytest.raises(Damage, match="other bytes follow") as caught:
        read(bad + b"rest")
    assert caught.value.offset == builder.offsets[-1]


def test_old_frames_in_the_torn_part_are_not_taken_for_later_ones() -> None:
    builder = small_segment(False)
    data, begin = builder.data, builder.offsets[-1]
    # What a disk may leave in a new block: frames of this segment's past, or of another segment's future.
    other = SegmentBuilder(segment=9, first_seq=500, previous_link=bytes([7]) * LINK_BYTES)
    other.add([(500, 1, Tick(), [])]).add([(501, 2, Tick(), [])])
    for old in (b"".join(builder.frames[:-1]), b"".join(builder.frames), other.data):
        reader = read(data[:begin] + bytes(3) + old)[1]
        assert reader.torn is not None and reader.torn.start == begin


integers = st.integers(-(2**63), 2**64 - 1) | st.sampled_from(
    [int.from_bytes(MAGIC[start : start + 8], "big") for start in (0, 1)] + [0xC1, 0xC1C1, 0xC1C1C1C1, 0xC1 << 56]
)
texts = st.text() | st.sampled_from(["SBXFRAM", "\u00c1SBXFRAM\u00c1", "x" * 0xC1, "y" * 0xC1C1])


@given(st.recursive(integers | texts | st.booleans(), lambda inner: st.lists(inner) | st.dictionaries(texts, inner)))
def test_no_payload_contains_the_magic(value: object) -> None:
    assert MAGIC not in msgspec.msgpack.encode(value)


def test_an_order_full_of_the_magic_is_no_later_frame() -> None:
    number = int.from_bytes(MAGIC[:8], "big")
    order = NewOrder("SBXFRAM", "a", "c", "\u00c1SBXFRAM\u00c1", 0, 0, 0, number, number)
    builder = SegmentBuilder().add([(1, 1, Tick(), [])]).add([(2, 2, order, [])])
    reader = read(builder.data[:-1])[1]
    assert reader.torn is not None and reader.torn.last_seq == 2


@pytest.mark.parametrize(
    ("kind", "count", "payload", "first_seq", "reason"),
    [
        (BATCH, 1, b"\xc0", None, "not a batch"),
        (BATCH, 0, record.encode_batch([]), None, "head tells of 0 rows"),
        (BATCH, 2, record.encode_batch([(2, 5, Tick(), [])]), None, "head tells of 2 rows"),
        (BATCH, 1, record.encode_batch([(2, 5, Tick(), [])]), 3, "rows from 3, expected 2"),
        (BATCH, 1, record.encode_batch([(3, 5, Tick(), [])]), None, "sequence number 3 where 2"),
        (BATCH, 2, record.encode_batch([(2, 5, Tick(), []), (4, 5, Tick(), [])]), None, "sequence number 4 where 3"),
        (BATCH, 1, record.encode_batch([(2, 0, Tick(), [])]), None, "time of sequence number 2"),
        (SEAL, 0, b"\xc0", None, "not a seal"),
        (SEAL, 0, record.Seal(2, 1, 1, bytes(32), bytes(64)).encode(), None, "another segment"),
        (SEAL, 0, record.Seal(1, 1, 9, bytes(32), bytes(64)).encode(), None, "another segment"),
        (ord("X"), 0, b"\xc0", None, "unknown kind"),
    ],
)
def test_a_last_frame_that_checks_but_says_nonsense_is_damage_never_torn(
    kind: int, count: int, payload: bytes, first_seq: int | None, reason: str
) -> None:
    builder = SegmentBuilder().add([(1, 1, Tick(), [])]).add_payload(kind, count, payload, first_seq)
    with pytest.raises(Damage, match=reason) as caught:
        read(builder.data)
    assert caught.value.offset == builder.offsets[-1]


def test_bytes_behind_the_seal_are_damage() -> None:
    builder = small_segment(True)
    with pytest.raises(Damage, match="follow the seal") as caught:
        read(builder.data + b"x")
    assert caught.value.offset == len(builder.data)


def test_a_header_of_another_place_is_damage() -> None:
    second = SegmentBuilder(segment=2, first_seq=5, previous_link=bytes([9]) * 32)
    assert read(second.data, tip=Tip(bytes([9]) * 32, 5), segment=2)[0] == []
    for tip, segment in ((Tip(bytes([9]) * 32, 5), 3), (Tip(bytes([9]) * 32, 6), 2), (Tip(bytes(32), 5), 2)):
        with pytest.raises(Damage) as caught:
            read(second.data, tip=tip, segment=segment)
        assert caught.value.offset == 0


@pytest.mark.parametrize("size", [0, 1, HEAD_BYTES, 60])
def test_a_cut_header_is_damage_even_in_the_last_segment(size: int) -> None:
    with pytest.raises(Damage) as caught:
        read(SegmentBuilder().data[:size])
    assert caught.value.offset == 0


def test_time_runs_on_from_the_segment_before() -> None:
    builder = SegmentBuilder().add([(1, 100, Tick(), [])])
    with pytest.raises(Damage, match="time of sequence number 1"):
        read(builder.data, tip=Tip(time_ns=101))


def test_a_frame_that_was_being_written_is_read_when_it_is_whole() -> None:
    data = small_segment(False).data
    reader = SegmentReader(data[:-7], 1, Tip(), True)
    seqs: list[int] = []
    for part in (data[:-7], data[:-1], data):
        reader.resume(part[reader.offset :])
        while (batch := reader.next_batch()) is not None:
            seqs += [row[0] for row in batch]
        assert (reader.torn is None) == (part is data)
    assert seqs == [row[0] for row in ROWS]
