"""Which build of the core runs: the files as they are, or compiled by mypyc. Both do the same (the determinism contract)."""

from __future__ import annotations

import engine.exchange


def core_file() -> str:
    """Return the file that `engine.exchange` was loaded from."""
    found = engine.exchange.__file__
    assert found is not None
    return found


def is_compiled() -> bool:
    """Return whether that file is a compiled module."""
    return not core_file().endswith(".py")
