"""A change of the rules, as data."""

from __future__ import annotations

import msgspec


class Setting(msgspec.Struct, frozen=True):
    """One setting of the other world."""

    subject: str
    """A rule, as `RET-1`; an instrument; or `*`, every instrument."""
    key: str
    """A parameter of the rule or its `enabled`; a trading rule or a term of the instrument."""
    value: str
    """As `SetParameter` has it: `500000.00`, `70`, `true`, `aggregate`; lists separated by commas. Of an instrument an integer, or the
    name of an allocation."""


class Change(msgspec.Struct, frozen=True):
    """What is otherwise in the other world: all of it together."""

    settings: tuple[Setting, ...] = ()
    rulebook: str = ""
    """The name of the rulebook that stands for each one loaded; empty: those of the recording."""
    documents: dict[str, str] = {}
    """Its TOML texts, by name."""
    from_seq: int = 0
    """The first command under the change; 0: see `from_ns`."""
    from_ns: int = 0
    """The change holds from the first command at this time on, nanoseconds since the epoch, UTC; 0: from the beginning."""
