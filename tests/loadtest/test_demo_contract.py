"""All that goes over the wire in a demonstration is published: the requests, the replies, the reports and the market data."""

from __future__ import annotations

import pytest

from loadtest.demo.run import EXPECTED, Options, run
from loadtest.demo.show import nothing
from tests.support.gateway.feeds.handed_out import handed_out, rows_of
from tests.support.gateway.protocol.contract import check_library, check_received, traffic


@pytest.mark.parametrize("rulebook", EXPECTED)
async def test_what_a_demonstration_sends_and_gets_is_published(tmp_path, monkeypatch, rulebook):
    check_library(monkeypatch, received=True)
    with traffic() as kept:
        result = await run(Options(tmp_path / "venue", rulebook, seconds=1.5, seed=5), nothing)
    types = {message["type"] for message in kept}
    assert {"welcome", "instruments", "subscribed", "execution_report", "trade", "done"} <= types
    assert result["orders"]["entered"] > 50
    assert len(kept) > 300
    # Everybody's reports and every channel, beyond what its participants asked for.
    handed = 0
    for message in handed_out(rows_of(tmp_path / "venue" / "journal")):
        check_received(message)
        handed += 1
    assert handed > 300
