"""The bytes of a snapshot: whatever is changed in them shows, and nothing that is not the venue's passes."""

from __future__ import annotations

import random

import msgspec
import pytest
import zstandard
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gateway.keys import public_key_bytes
from gateway.snapshots import sealed as module
from gateway.snapshots.sealed import FORMAT, Header, SnapshotUnusable, glance, open_sealed, seal

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
STATE = b"a state " * 40 + bytes(range(256))


def header(**fields: object) -> Header:
    plain = Header(FORMAT, "v", 6, 77, 10**18, b"\x05" * 32, "ab" * 32, public_key_bytes(KEY), len(STATE))
    return msgspec.structs.replace(plain, **fields)


WHOLE = seal(header(), STATE, KEY)


def test_what_was_sealed_is_found_again():
    found = open_sealed(WHOLE)
    assert found.header == header() == glance(WHOLE[:4_096])
    assert found.unpack() == STATE


def test_every_bit_that_changes_is_found():
    for place in range(len(WHOLE)):
        for bit in range(8):
            changed = bytearray(WHOLE)
            changed[place] ^= 1 << bit
            with pytest.raises(SnapshotUnusable):
                open_sealed(bytes(changed))


def test_what_is_cut_off_put_on_or_made_up_is_found():
    chance = random.Random(1)
    for end in range(len(WHOLE)):
        with pytest.raises(SnapshotUnusable):
            open_sealed(WHOLE[:end])
    for more in (b"\x00", WHOLE, WHOLE[-96:]):
        with pytest.raises(SnapshotUnusable):
            open_sealed(WHOLE + more)
    for size in (0, 9, 13, 200, 5_000):
        with pytest.raises(SnapshotUnusable):
            open_sealed(module.MAGIC + chance.randbytes(size))
        with pytest.raises(SnapshotUnusable):
            glance(module.MAGIC + chance.randbytes(size))


def test_another_key_can_t_sign_for_the_venue():
    other = Ed25519PrivateKey.generate()
    forged = seal(header(public_key=public_key_bytes(other)), STATE, other)
    swapped = forged.replace(public_key_bytes(other), public_key_bytes(KEY))
    end = len(swapped) - 96
    digest = module.sha256(swapped[:end]).digest()
    with pytest.raises(SnapshotUnusable, match="signature does not hold"):
        open_sealed(swapped[:end] + digest + other.sign(module._message(digest)))


def forged_state(packed: bytes, **fields: object) -> bytes:
    """A snapshot, signed, with a state that `seal` would not write."""
    said = msgspec.msgpack.encode(header(**fields))
    body = module._HEAD.pack(module.MAGIC, len(said)) + said + packed
    digest = module.sha256(body).digest()
    return body + digest + KEY.sign(module._message(digest))


@pytest.mark.parametrize(
    ("packed", "fields"),
    [
        (b"no frame", {}),
        (zstandard.compress(STATE) + b"more", {}),
        (zstandard.compress(bytes(10**8)), {}),
        (zstandard.compress(STATE), {"state_bytes": len(STATE) - 1}),
        (zstandard.compress(STATE), {"state_bytes": len(STATE) + 1}),
        (zstandard.compress(STATE), {"state_bytes": 0}),
        (zstandard.compress(STATE), {"state_bytes": module.MAX_STATE_BYTES + 1}),
    ],
)
def test_a_state_is_unpacked_within_its_bound(packed, fields):
    with pytest.raises(SnapshotUnusable, match="state"):
        open_sealed(forged_state(packed, **fields)).unpack()


@pytest.mark.parametrize("fields", [{"format": 2}, {"link": b"short"}, {"seq": "seven"}, {"public_key": b""}])
def test_a_header_of_another_format_is_told(fields):
    with pytest.raises(SnapshotUnusable):
        open_sealed(forged_state(zstandard.compress(STATE), **fields))
