"""What a follower tells its venue: one line of JSON each on its standard output."""

from __future__ import annotations

import msgspec

MAX_LINE_BYTES = 4_096
"""A venue reads no longer ones."""


class Followed(msgspec.Struct, tag="followed", frozen=True):
    """How far it is, now and then."""

    seq: int
    """The last command that its replica carried out; 0 if it has none."""
    indexed_seq: int


class Saved(msgspec.Struct, tag="saved", frozen=True):
    """A snapshot was saved."""

    seq: int
    size: int
    """Bytes of its file."""
    seconds: float
    """That making it took."""


class Noted(msgspec.Struct, tag="noted", frozen=True):
    """Something was put right, or is tried again later."""

    text: str


class Alarmed(msgspec.Struct, tag="alarmed", frozen=True):
    """Something is wrong with the journal, a snapshot or the program: somebody must see to it."""

    text: str


Told = Followed | Saved | Noted | Alarmed
_LONGEST_TEXT = MAX_LINE_BYTES // 8
"""Six bytes a letter at most, where JSON escapes it."""


def encode(told: Told) -> bytes:
    """The line."""
    if isinstance(told, Noted | Alarmed) and len(told.text) > _LONGEST_TEXT:
        told = msgspec.structs.replace(told, text=told.text[:_LONGEST_TEXT])
    return msgspec.json.encode(told) + b"\n"


def decode(line: bytes) -> Told | None:
    """What a line tells; None: it is something else, such as a traceback."""
    try:
        told: Told = msgspec.json.decode(line, type=Told)
    except msgspec.DecodeError:
        return None
    return told
