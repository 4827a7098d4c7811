"""How much of a slow random test each build runs.

`make test` runs the core's tests in both builds, whose events are compared elsewhere, byte for byte. So what is slow runs in
full where it is fast: compiled. Interpreted it runs as far as shows that it runs, and as a whole with the soak.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from engine.build import is_compiled


def each_of(full: Sequence[Any], few: Sequence[Any]) -> list[Any]:
    """A parameter for each session; interpreted, those that are not among the few are the soak's."""
    return [row if is_compiled() or row in few else pytest.param(row, marks=pytest.mark.soak) for row in full]


def blocks_of(full: Sequence[range], few: range) -> list[Any]:
    """A parameter for each block of seeds, of which is seen together that all happens; interpreted, the few, and the soak's."""
    ids = [f"{seeds.start}-{seeds.stop - 1}" for seeds in full]
    if is_compiled():
        return [pytest.param(seeds, id=name) for seeds, name in zip(full, ids, strict=True)]
    soak = [pytest.param(seeds, id=name, marks=pytest.mark.soak) for seeds, name in zip(full, ids, strict=True)]
    return [pytest.param(few, id="few"), *soak]
