"""Small runs, so that a small journal has many."""

from __future__ import annotations

import pytest


@pytest.fixture
def small_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.index.growing.RUN_ROWS", 150)
    monkeypatch.setattr("gateway.index.growing.SPOT_BYTES", 1_500)
