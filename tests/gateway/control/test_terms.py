"""Terms of an instrument, set on a live venue by its operator, and seen by everybody who asks."""

from __future__ import annotations

import asyncio
import json

from click.testing import CliRunner

from gateway.cli.main import group
from gateway.keys import write_private_key
from tests.support.gateway.small_venue import KEYS, client, served_apart

REASON = ("--reason", "a thin market", "--yes", "--json")


def test_an_operator_sets_terms_and_what_makes_no_sense_is_refused(tmp_path):
    for name in ("otto", "sue"):
        write_private_key(tmp_path / f"{name}.pem", KEYS[name])
    with served_apart(tmp_path / "venue", "--durability", "os") as (url, _):

        def run(key: str, *arguments: str):
            return CliRunner().invoke(
                group, ["control", "--url", url, "--key", str(tmp_path / f"{key}.pem"), "terms", *arguments]
            )

        done = run("otto", "BTC/RUB", "maker_fee_ppm=50", "max_quantity=7", "max_notional=5000.5", *REASON)
        assert done.exit_code == 0, done.output
        assert json.loads(done.stdout)["seq"] > 0
        assert run("sue", "BTC/RUB", "maker_fee_ppm=60", *REASON).exit_code == 1
        for wrong in ("maker_fee_ppm=1.5", "lot=1", "max_quantity=-3", "max_quantity"):
            assert run("otto", "BTC/RUB", wrong, *REASON).exit_code == 2, wrong
        assert run("otto", "BTC/EUR", "max_quantity=3", *REASON).exit_code == 2

        async def seen() -> dict[str, object]:
            async with client(url, "alice") as alice:
                (listed,) = (await alice.ask(type="instruments"))["instruments"]
                refused = await alice.order("buy", "8", "100", "a1", account="alice")
                assert refused["code"] == "size"
                refused = await alice.order("buy", "7", "1000", "a2", account="alice")
                assert refused["code"] == "notional"
            return listed

        listed = asyncio.run(seen())
        assert (listed["maker_fee_ppm"], listed["max_quantity"]) == (50, "7.0")
    shown = CliRunner().invoke(group, ["history", str(tmp_path / "venue")])
    assert "a thin market" in shown.output and "terms of instrument" in shown.output, shown.output
