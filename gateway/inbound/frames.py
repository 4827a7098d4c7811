"""The frames of one connection (RFC 6455), without I/O: joined to messages; pings answered; what is forbidden ends in a close."""

from __future__ import annotations

from typing import Final

from engine.vocabulary.limits import MAX_FRAGMENTS, MAX_MESSAGE_BYTES, MAX_PONGS_PER_SECOND, NS_PER_SECOND
from gateway.inbound.rates import FRAME_COST, Meter
from gateway.outbound.channels.outbox import Outbox
from gateway.protocol.wire import BINARY, TEXT, Codec, frame_header

# Opcodes, RFC 6455 section 5.2.
CONTINUATION: Final = 0
CLOSE: Final = 8
PING: Final = 9
PONG: Final = 10

# Close codes, RFC 6455 section 7.4.1.
NORMAL: Final = 1000
GOING_AWAY: Final = 1001
PROTOCOL_ERROR: Final = 1002
UNSUPPORTED_DATA: Final = 1003
POLICY_VIOLATION: Final = 1008
MESSAGE_TOO_BIG: Final = 1009
TRY_AGAIN_LATER: Final = 1013


class FrameReader(Outbox):
    """What of a connection has to do with frames. `receive` takes the messages."""

    __slots__ = (
        "_fragments",
        "_fragments_bytes",
        "_pongs",
        "_pongs_since_ns",
        "closing",
        "meter",
        "takes_whole_messages",
    )

    def __init__(self, codec: Codec) -> None:
        super().__init__(codec)
        self.closing: tuple[int, str] | None = None
        """Once decided: the close code and reason. Nothing is read from then on."""
        self.meter: Meter | None = None
        """Of what it sends. Set by who passes its frames on; None: nothing is limited."""
        self.takes_whole_messages = True
        """Whether a final data frame of its own opcode is a whole message, to be given to `receive` at once."""
        self._fragments: Final[list[bytes]] = []
        self._fragments_bytes = 0
        self._pongs = 0
        self._pongs_since_ns = 0

    def close(self, code: int, reason: str) -> None:
        """Decide to close; the first decision stands."""
        if self.closing is None:
            self.closing = code, reason
            self.takes_whole_messages = False

    def receive(self, payload: bytes) -> None:
        """Take a whole message."""
        raise NotImplementedError

    def receive_frame(self, opcode: int, is_final: bool, has_reserved_bits: bool, payload: bytes, now_ns: int) -> None:
        """Take a frame, of whatever kind; messages may come in fragments, with control frames between them.

        Args:
            opcode: RFC 6455 section 5.2, already checked to be one that exists.
            is_final: the FIN bit.
            has_reserved_bits: whether any of RSV1 to RSV3 is set; no extension is negotiated.
            payload: unmasked.
            now_ns: nanoseconds of any steady clock.
        """
        if self.closing is not None:
            return
        if has_reserved_bits:
            self.close(PROTOCOL_ERROR, "reserved bits are set, but no extension was agreed")
        elif opcode == PING:
            self._charge_frame()
            self._ping(payload, now_ns)
        elif opcode == PONG:
            self._charge_frame()
        elif opcode == CLOSE:
            self.close(NORMAL, "")
        elif opcode == CONTINUATION:
            if not self._fragments:
                self.close(PROTOCOL_ERROR, "a continuation of nothing")
            else:
                self._fragment(payload, is_final)
        elif opcode in {TEXT, BINARY}:
            if self._fragments:
                self.close(PROTOCOL_ERROR, "a new message before the last one was complete")
            elif opcode != self.codec.opcode:
                expected = "text" if self.codec.opcode == TEXT else "binary"
                self.close(UNSUPPORTED_DATA, f"{self.codec.name} travels in {expected} frames")
            elif is_final:
                self.receive(payload)
            else:
                self._fragment(payload, False)

    def _charge_frame(self) -> None:
        """A frame that is no message. Of those who owe too much it is free: they are hardly read."""
        if self.meter is not None and self.meter.admit():
            self.meter.charge(FRAME_COST)

    def _fragment(self, payload: bytes, is_final: bool) -> None:
        self._charge_frame()
        self._fragments.append(payload)
        self.takes_whole_messages = False
        self._fragments_bytes += len(payload)
        if self._fragments_bytes > MAX_MESSAGE_BYTES:
            self._drop_fragments()
            self.close(MESSAGE_TOO_BIG, f"a message has at most {MAX_MESSAGE_BYTES} bytes")
        elif is_final:
            message = b"".join(self._fragments)
            self._drop_fragments()
            self.receive(message)
        elif len(self._fragments) >= MAX_FRAGMENTS:
            self._drop_fragments()
            self.close(POLICY_VIOLATION, f"a message has at most {MAX_FRAGMENTS} fragments")

    def _drop_fragments(self) -> None:
        self._fragments.clear()
        self.takes_whole_messages = self.closing is None
        self._fragments_bytes = 0

    def _ping(self, payload: bytes, now_ns: int) -> None:
        """Answer, but not every ping of a flood."""
        if now_ns - self._pongs_since_ns >= NS_PER_SECOND:
            self._pongs_since_ns = now_ns
            self._pongs = 0
        if self._pongs < MAX_PONGS_PER_SECOND:
            self._pongs += 1
            self.frames.append(frame_header(PONG, len(payload)) + payload)
