"""A recording that is served tells of the past what it has shown so far, and nothing of what is to come."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.gateway.inprocess.played_again import playing, record
from tests.support.gateway.inprocess.saved_venue import save
from tests.support.gateway.venues.small_venue import RawClient, client

COMMANDS = 120


async def told_at(url: str) -> dict[str, Any]:
    """What is told of alice at a moment: her fills and orders, and the reports that say the same."""
    async with client(url, "alice") as alice:
        fills = await _pages(alice, "fills", "fills", sort="oldest", limit=5)
        orders = await _pages(alice, "order_history", "orders", which="all", sort="oldest", limit=5)
        last = await alice.ask(type="balances", account="alice")
        now = (await alice.ask(type="time"))["time"]
        assert all(fill["transact_time"] <= now for fill in fills)
        return {"fills": fills, "orders": orders, "seq": last["seq"]}


async def _pages(who: RawClient, kind: str, field: str, **query: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        reply = await who.ask(type=kind, account="alice", **query, **cursor)
        assert "truncated" not in reply
        found += reply[field]
        if not reply.get("more"):
            return found
        cursor = {"cursor": reply["cursor"]}


@pytest.mark.parametrize("is_from_snapshot", [False, True])
async def test_it_tells_what_was_up_to_the_moment_that_is_shown(tmp_path: Path, is_from_snapshot: bool) -> None:
    directory = tmp_path / "venue"
    record(directory, 1, COMMANDS)
    if is_from_snapshot:
        save(directory)
        record(directory, 2, 40)
    async with playing(directory, since=f"{15 + COMMANDS}", speed="step") as server:
        half = await told_at(f"ws://127.0.0.1:{server.port}")
    last = 15 + COMMANDS + (40 if is_from_snapshot else 0)
    async with playing(directory, since=f"{15 + COMMANDS // 2}", speed="step") as server:
        early = await told_at(f"ws://127.0.0.1:{server.port}")
    async with playing(directory, since=f"{last}", speed="step") as server:
        whole = await told_at(f"ws://127.0.0.1:{server.port}")
    assert 3 < len(early["fills"]) < len(half["fills"]) <= len(whole["fills"])
    assert whole["fills"][: len(half["fills"])] == half["fills"]
    assert half["fills"][: len(early["fills"])] == early["fills"]
    assert all(fill["seq"] <= early["seq"] for fill in early["fills"])
    ids = [order["order_id"] for order in whole["orders"]]
    assert [order["order_id"] for order in early["orders"]] == ids[: len(early["orders"])]
    assert len(early["orders"]) < len(half["orders"])
