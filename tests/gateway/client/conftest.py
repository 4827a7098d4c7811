"""All that the client library asks in these tests is held to the published schemas."""

from __future__ import annotations

import pytest

from tests.support.gateway.protocol.contract import check_library


@pytest.fixture(autouse=True)
def held_to_the_schemas(monkeypatch: pytest.MonkeyPatch) -> None:
    # The venues of some tests misbehave on purpose.
    check_library(monkeypatch, received=False)
