"""Rows of a small real trading session, and segments made of them without a disk."""

from __future__ import annotations

import msgspec

from engine.record.rows import (
    BATCH,
    FIRST_LINK,
    HEADER,
    SEAL,
    Row,
    Seal,
    SegmentHeader,
    StoredRow,
    decode_rows,
    encode_batch,
    encode_frame,
    salt_of,
)
from engine.vocabulary import codes
from engine.vocabulary.messages.commands import CancelOrder, EffectiveFrom, NewOrder, SetBlocked
from engine.vocabulary.said import Said
from tests.support.engine.desks.desk import E8, Desk, list_spot, open_account

PUBLIC_KEY = bytes(range(32))


def session_rows(orders: int) -> list[Row]:
    """Listing, funding and then `orders` commands that rest, trade and cancel."""
    desk = Desk()
    list_spot(desk, reference=100)
    open_account(desk, "maker", BTC=10**6, RUB=10**12)
    open_account(desk, "taker", BTC=10**6, RUB=10**12)
    for n in range(orders):
        name = "taker" if n % 3 == 1 else "maker"
        side = codes.BUY if n % 3 == 1 else codes.SELL
        if n % 3 == 2:
            desk.send(CancelOrder(name, name, 0, f"c{n - 2}"))
        else:
            order = NewOrder(
                name, name, f"c{n}", "BTC/RUB", side, codes.LIMIT, codes.GTC, (100 + n % 5) * E8, (1 + n % 4) * E8
            )
            desk.send(order)
    return [
        (sequenced.seq, sequenced.time_ns, sequenced.command, events)
        for sequenced, events in zip(desk.history, desk.results, strict=True)
    ]


def in_batches(rows: list[Row], size: int) -> list[list[Row]]:
    """The rows, `size` at a time."""
    return [rows[start : start + size] for start in range(0, len(rows), size)]


def stored(rows: list[Row]) -> list[StoredRow]:
    """The rows as a journal gives them back."""
    return decode_rows(encode_batch(rows))


class SegmentBuilder:
    """Frames of one segment, in memory, with a seal that nobody signed."""

    def __init__(self, segment: int = 1, first_seq: int = 1, previous_link: bytes = FIRST_LINK) -> None:
        self.header = SegmentHeader("venue", PUBLIC_KEY, segment, first_seq, previous_link)
        self.next_seq = first_seq
        frame, self.link = encode_frame(HEADER, first_seq, 0, self.header.encode(), previous_link=previous_link, salt=0)
        self.salt = salt_of(self.link)
        self.frames = [frame]

    def add(self, rows: list[Row]) -> SegmentBuilder:
        """Append a batch."""
        return self.add_payload(BATCH, len(rows), encode_batch(rows))

    def add_payload(self, kind: int, count: int, payload: bytes, first_seq: int | None = None) -> SegmentBuilder:
        """Append a frame, sound in all but, perhaps, what it says."""
        first = self.next_seq if first_seq is None else first_seq
        frame, self.link = encode_frame(kind, first, count, payload, previous_link=self.link, salt=self.salt)
        self.next_seq += count
        self.frames.append(frame)
        return self

    def seal(self) -> SegmentBuilder:
        """Append the seal."""
        seal = Seal(self.header.segment, self.header.first_seq, self.next_seq - 1, self.link, bytes(64))
        return self.add_payload(SEAL, 0, seal.encode())

    @property
    def data(self) -> bytes:
        """The segment so far."""
        return b"".join(self.frames)

    @property
    def offsets(self) -> list[int]:
        """Where each frame begins."""
        starts = [0]
        for frame in self.frames:
            starts.append(starts[-1] + len(frame))
        return starts[:-1]


def example_of(kind: type) -> object:
    """A value of a command or event with something other than a default in every field."""
    values: dict[str, object] = {
        "str": "текст \U0001f600",
        "int": -(2**63),
        "bool": True,
        "tuple[str, ...]": ("a", "b"),
        "tuple[int, ...]": (1, 2**62),
        "dict[str, str]": {"a": "b"},
        "Values": ("a", 2**63 - 1, Said("b", (Said("c"), "d"))),
        "tuple[tuple[int, int], ...]": ((1, 2), (3, 4)),
        "tuple[tuple[str, ...], ...]": (("a", "b"), ("c",)),
    }
    if kind is not NewOrder:
        values["NewOrder"] = example_of(NewOrder)
    if kind is EffectiveFrom:
        values["HookCommand"] = example_of(SetBlocked)
    annotations = [str(kind.__annotations__[name]).removesuffix(" | None") for name in kind.__struct_fields__]  # type: ignore[attr-defined]
    return kind(*[values[annotation] for annotation in annotations])


def raw(value: object) -> msgspec.Raw:
    """A value as it stands encoded in a row."""
    return msgspec.Raw(msgspec.msgpack.encode(value))
