"""What every command and every event is: a value that travels as an array. Not compiled: a compiled msgspec.Struct loses its tag."""

from __future__ import annotations

import msgspec


class Command(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """What all commands are: an immutable value, equal by content."""


class Event(msgspec.Struct, array_like=True, gc=False):
    """What all events are."""
