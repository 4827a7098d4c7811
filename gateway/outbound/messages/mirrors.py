"""What a snapshot keeps of the mirrors: all that does not follow from the core."""

from __future__ import annotations

from typing import Any

import msgspec

State = tuple[Any, ...]
"""Of a channel or of its subject: numbers and texts, in an order that stays."""


class ChannelStates(msgspec.Struct):
    """Of all channels."""

    books: dict[str, State]
    """By instrument."""
    channels: dict[str, dict[str, State]]
    """By the name of the channel and its key."""
    time_ns: int = 0
    """The venue's; 0: it was taken before there were candles."""
    traded_from_ns: int = 0
    """From when on candles are known that `ticker` sums up; 0: from the first day."""


class Mirrors(msgspec.Struct):
    """Of all of them."""

    rulebooks: list[tuple[int, str, str]]
    """Each that came in force: the command after which it was, its name, its digest."""
    titles: dict[str, dict[str, str]]
    """Of rules, by the digest of each rulebook that was brought."""
    channels: ChannelStates
    given: list[tuple[int, str, str, int]] = []
    """Of test money on a Moscow day: the day, an account, an asset, how much in minor units."""
    titles_ru: dict[str, dict[str, str]] = {}
    """As `titles`, in Russian, of the rules whose documents say it."""
