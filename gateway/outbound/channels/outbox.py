"""What waits to go out to one connection."""

from __future__ import annotations

from typing import Final

from mypy_extensions import mypyc_attr

from gateway.protocol.wire import Codec


@mypyc_attr(allow_interpreted_subclasses=True)
class Outbox:
    """Where frames for one connection wait until the end of the turn, when all of them leave in one write."""

    def __init__(self, codec: Codec) -> None:
        self.codec: Final = codec
        self.frames: Final[list[bytes]] = []
        self.answered_ns: Final[list[int]] = []
        """When the requests came in whose replies are in the outbox, or will be when the turn is over."""


Outboxes = dict[Outbox, None]
"""Several, in order, each once."""
