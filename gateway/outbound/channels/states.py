"""What a snapshot keeps of the channels."""

from __future__ import annotations

import msgspec

from gateway.outbound.channels.channel import State


class ChannelStates(msgspec.Struct):
    """Of all channels."""

    books: dict[str, State]
    """By instrument."""
    channels: dict[str, dict[str, State]]
    """By the name of the channel and its key."""
