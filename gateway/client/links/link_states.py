"""How a client's connection stands, and what it was told on it."""

from __future__ import annotations

from typing import Literal, NamedTuple

import msgspec

LinkState = Literal["connecting", "connected", "resumed", "lost", "closed"]
"""connected: logged in. resumed: subscriptions are on again, and every report that was missed is here."""


class ConnectionEvent(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What became of the connection."""

    kind: Literal["connected", "resumed", "lost"]
    reason: str = ""
    """Of a loss."""


class Tip(NamedTuple):
    """A batch of the venue's journal: the number of its last command, and its link, 64 hexadecimal digits."""

    seq: int
    link: str
