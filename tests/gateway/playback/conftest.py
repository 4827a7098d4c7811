"""A recording begins when a test says so."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def begins_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine may take more than a second to subscribe to all that is wanted."""
    monkeypatch.setattr("gateway.playback.server.BEGIN_SECONDS", 3_600)
