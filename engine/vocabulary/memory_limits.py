"""The bounds of the venue, continued: what connections take of its memory. The others are in `limits.py`."""

from __future__ import annotations

from typing import Final

from engine.vocabulary.limits import (
    MAX_INBOX_COMMANDS,
    MAX_MESSAGE_BYTES,
    MAX_READ_BYTES,
    MAX_SUBSCRIPTIONS,
    SOCKET_BUFFER_BYTES,
    SUBSCRIPTION_BYTES,
)

# ── what peers leave unread ────────────────────────────────────────────────────────────────────────────────────
# A burst that the venue made is not its reader's fault, however large. So what counts is how far a peer is behind one that
# reads the same stream at the rate below: 8 MiB are 20 000 reports, which is 32 s of not reading at all.
MAX_LAG_BYTES: Final = 8 * 1024 * 1024
# 2 Mbit/s: what a send buffer of 64 KiB gives a reader who is a quarter of a second away.
MIN_READ_BYTES_PER_SECOND: Final = 262_144
# Nor may a peer with more than that unread take nothing for so long. A full receive window opens again when a sixteenth of
# its buffer is free: 2 MiB of the largest that Linux has (32 MiB), 8 s at the rate above.
STALLED_SECONDS: Final = 10
# However little it is, it is not left unread for ever.
UNREAD_TIMEOUT_SECONDS: Final = 30
# The kernel sees to those who leave less unread than the venue notices, and to those who have vanished: later, so that the
# venue says its own reason first.
GONE_TIMEOUT_SECONDS: Final = UNREAD_TIMEOUT_SECONDS + 5
# All connections together, in memory: 600 000 reports of 400 bytes, as of a kill switch over the whole venue, or those of
# 300 000 to two peers each (what many are sent alike is there once). Where it is reached, those furthest behind go.
MAX_UNREAD_BYTES: Final = 256 * 1024 * 1024
# What is new for a peer that has not read what came before is put together for so long: it reads no sooner, and a hundred that don't read
# would each cost every turn 10 us. Ten thousand events at the most that a venue carries, of some 100 bytes each.
LATE_NS: Final = 50_000_000
# What one write hands to a transport: as much as the kernel takes at once. A peer that is not behind has at most
# SOCKET_BUFFER_BYTES in its transport, all of them 128 MiB; one that is, this and a frame more, counted above.
SEND_PIECE_BYTES: Final = 2 * SOCKET_BUFFER_BYTES

# ── what a connection takes ────────────────────────────────────────────────────────────────────────────────────
# What a connection takes at most, beside what is unread and what its participant's rate lets wait: what it is read into, which doubles until the
# largest message fits; fragments, or a message on its way to the decoder; what its transport has to send; questions that wait, of half a KiB
# each with the longest names, and those of one read more (the shortest takes 40 bytes); its objects; its subscriptions.
CONNECTION_BYTES: Final = (
    2 * MAX_MESSAGE_BYTES
    + MAX_MESSAGE_BYTES
    + SOCKET_BUFFER_BYTES
    + 512 * (MAX_INBOX_COMMANDS + MAX_READ_BYTES // 40)
    + 16_384
    + MAX_SUBSCRIPTIONS * SUBSCRIPTION_BYTES
)
# And with TLS: 2.1 MB, and 4.3 GB for MAX_CONNECTIONS, which is the bound. Nobody is refused for memory: whoever comes beyond it is closed at once,
# before a byte of his is read. TLS adds a buffer for what comes in, as large as it is read at once; what is not decrypted yet, of which uvloop stops
# reading at as much, so that it is one read more at most; what was encrypted of a piece and has not left, and what the socket holds of it; OpenSSL's
# own state with the two buffers of what it has to read and to send, 66 KiB as measured after records of 16 KB both ways.
TLS_READ_BYTES: Final = 256 * 1024
TLS_STATE_BYTES: Final = 98_304
TLS_CONNECTION_BYTES: Final = (
    CONNECTION_BYTES + 3 * TLS_READ_BYTES + SEND_PIECE_BYTES + SOCKET_BUFFER_BYTES + TLS_STATE_BYTES
)
