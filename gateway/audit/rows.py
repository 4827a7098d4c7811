"""A row of the audit: one line of JSON that ends with its link, which holds the row before it fast.

`{"n":7,"wall_ns":...,"time_ns":...,"kind":"login",...,"link":"0f..."}`. The link is the first half of the SHA-256 of the
link before and of the line without its own. So a row that was changed, taken out or put in shows, at its place; what is
missing at the end does not, so the venue's key signs the chain now and then (`sealed`).
"""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from gateway.audit.audit import Fact

LINK_BYTES: Final = 16
NO_LINK: Final = bytes(LINK_BYTES)
"""Before the first row of all."""
MAX_LINE_BYTES: Final = 16_384
"""Of a row with its newline: some ten texts of 120 letters, each at most twelve bytes where it is escaped."""
_LINK: Final = b',"link":"'
_END: Final = b'"}\n'

Row = dict[str, Any]


class NotARow(ValueError):
    """A line is no row of the chain; the message says why."""


def encoded(row: dict[str, Fact], before: bytes) -> tuple[bytes, bytes]:
    """A row as its line, and its link; `before` is that of the row before."""
    body = json.dumps(row, separators=(",", ":")).encode()
    link = _link(before, body)
    line = body[:-1] + _LINK + link.hex().encode() + _END
    assert len(line) <= MAX_LINE_BYTES, row
    return line, link


def decoded(line: bytes, before: bytes | None) -> tuple[Row, bytes]:
    """The row of a line with its newline, and its link.

    Args:
        line: of the file.
        before: the link of the row before; None: it is the first of a file, which names that itself (`after`).

    Raises:
        NotARow: the line is torn, or was changed, or does not stand behind that row.
    """
    body, mark, link_hex = line.rpartition(_LINK)
    if not mark or not link_hex.endswith(_END):
        raise NotARow("it is torn, or no row")
    body += b"}"
    try:
        row: Row = json.loads(body)
        link = bytes.fromhex(link_hex.removesuffix(_END).decode("ascii"))
        begun = bytes.fromhex(row["after"]) if before is None else before
    except (ValueError, KeyError, TypeError) as error:
        raise NotARow("it is no row") from error
    if not isinstance(row.get("n"), int) or not isinstance(row.get("kind"), str):
        raise NotARow("it is no row")
    if _link(begun, body) != link:
        raise NotARow("its link does not hold: it, or the row before it, was changed")
    return row, link


def signature(key: Ed25519PrivateKey, venue: str, series: str, n: int, link: bytes) -> str:
    """What a `sealed` row says: the venue's key signed the chain up to the row before it, which has this link."""
    return key.sign(_sealed(venue, series, n, link)).hex()


def is_sealed(public_key: bytes, venue: str, series: str, row: Row, link: bytes) -> bool:
    """Whether the venue whose key this is signed what a `sealed` row says; `link` is that of the row before."""
    try:
        signed = bytes.fromhex(row["signature"])
        Ed25519PublicKey.from_public_bytes(public_key).verify(signed, _sealed(venue, series, row["n"], link))
    except (InvalidSignature, ValueError, KeyError, TypeError):
        return False
    return True


def _link(before: bytes, body: bytes) -> bytes:
    return sha256(before + body).digest()[:LINK_BYTES]


def _sealed(venue: str, series: str, n: int, link: bytes) -> bytes:
    return b"\n".join([b"sbx.v1 audit", venue.encode(), series.encode(), str(n).encode(), link])
