"""Where things are."""

from __future__ import annotations

from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
"""The checkout, or what of it was copied."""
TABLES: Final = ROOT / "tests" / "scenarios"
"""The tables that the tests run."""
GOLDEN: Final = ROOT / "tests" / "golden"
"""Journals and snapshots of every core version that landed."""
