"""What a snapshot keeps of the mirrors."""

from __future__ import annotations

import msgspec

from gateway.outbound.channels.states import ChannelStates


class Mirrors(msgspec.Struct):
    """All that does not follow from the core."""

    rulebooks: list[tuple[int, str, str]]
    """Each that came in force: the command after which it was, its name, its digest."""
    titles: dict[str, dict[str, str]]
    """Of rules, by the digest of each rulebook that was brought."""
    channels: ChannelStates
