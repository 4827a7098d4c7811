"""What all parts of a snapshot of the hook are."""

from __future__ import annotations

import msgspec


class Part(msgspec.Struct, array_like=True, gc=False):
    """A value that travels as an array. Fields are added at the end alone, each with a default that stands for how it was before."""
