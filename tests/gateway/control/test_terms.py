"""Terms of an instrument, set on a live venue by its operator, and seen by everybody who asks."""

from __future__ import annotations

import asyncio
import json

from click.testing import CliRunner

from gateway.cli.main import group
from gateway.keys import write_private_key
from tests.support.gateway.venues.small_venue import KEYS, client, served_apart

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
        twice = run("otto", "BTC/RUB", "maker_fee_ppm=50", "maker_fee_ppm=60", *REASON)
        assert (twice.exit_code, "maker_fee_ppm is given twice: give it once" in twice.stderr) == (2, True)
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


def test_rates_set_by_command_hold_for_connections_that_are_there_and_after_a_restart(tmp_path):
    for name in ("otto", "sue"):
        write_private_key(tmp_path / f"{name}.pem", KEYS[name])

    def run(url: str, *arguments: str):
        key = str(tmp_path / "sue.pem")
        return CliRunner().invoke(group, ["control", "--url", url, "--key", key, "rates", *arguments, *REASON])

    async def stated(asks) -> list[dict[str, object]]:
        for _ in range(100):
            found = (await asks.ask(type="rates"))["rates"]
            if found[1]["units_per_second"] == 700:
                return found
            await asyncio.sleep(0.05)
        raise AssertionError(found)

    async def changed(url: str) -> None:
        async with client(url, "alice") as alice, client(url) as stranger:
            for arguments in (("alice", "700", "800"), ("every", "300", "400"), ("address", "700", "900")):
                result = await asyncio.to_thread(run, url, *arguments)
                assert result.exit_code == 0, result.output
            own, shared = await stated(alice)
            assert (own["scope"], own["units_per_second"], shared["burst"]) == ("connection", 350, 800)
            assert (await stated(stranger))[1]["burst"] == 900
            async with client(url, "bob") as bob:
                assert (await bob.ask(type="rates"))["rates"][1]["units_per_second"] == 300

    with served_apart(tmp_path / "venue", "--durability", "os") as (url, _):
        asyncio.run(changed(url))
        assert run(url, "nobody", "700", "800").exit_code == 2
        assert run(url, "alice", "700").exit_code == 2
        assert run(url, "alice", "700", "800", "--as-filed").exit_code == 2
        assert run(url, "every", "--as-filed").exit_code == 0

    async def still(url: str) -> None:
        async with client(url, "alice") as alice, client(url, "bob") as bob:
            assert (await stated(alice))[1]["burst"] == 800
            assert (await bob.ask(type="rates"))["rates"][1]["units_per_second"] == 2_000

    with served_apart(tmp_path / "venue", "--durability", "os") as (url, _):
        asyncio.run(still(url))
