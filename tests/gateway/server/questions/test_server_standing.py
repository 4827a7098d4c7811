"""What is asked of oneself: fees, assets, limits, who one is, the time; over a real socket."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from gateway.venue.template import write_default_venue
from gateway.venue.venue import load_venue
from tests.support.gateway.venues.small_venue import RawClient, client, serving, small_venue, url_of


async def paid(who: RawClient, account: str) -> dict[str, Decimal]:
    """What the fills of an account say that it paid, as corrected."""
    fills = (await who.ask(type="fills", account=account, limit=200))["fills"]
    found: Counter[str] = Counter()
    for fill in fills:
        found[fill["fee_asset"]] += Decimal(fill.get("corrected", fill)["fee"])  # type: ignore[assignment]
    return dict(found)  # type: ignore[arg-type]


async def test_fees_are_those_of_the_fills_of_the_day(tmp_path: Path) -> None:
    async with serving(tmp_path) as server, client(url_of(server), "alice") as alice:
        url = url_of(server)
        async with client(url, "bob") as bob, client(url, "sue") as sue:
            await alice.order("sell", "9", "100", "a", account="alice")
            for number in range(4):
                await bob.order("buy", "2", "100", f"b{number}", account="bob")
                reply = await bob.ask(type="fees", account="bob")
                assert reply["fees"] == [
                    {"instrument": "BTC/RUB", "maker_ppm": 0, "taker_ppm": 1_000, "asset": "RUB"},
                ]
                assert reply["seq"] == (await bob.ask(type="balances", account="bob"))["seq"]
                assert {asset: Decimal(each) for asset, each in reply["paid"].items()} == await paid(bob, "bob")
            assert Decimal(reply["paid"]["RUB"]) == Decimal("0.8")
            for command, more in (("reprice_trade", {"price": "99.5"}), ("bust_trade", {})):
                trade = {"trade_id": 3 if more else 2, "reason": "a test", **more}
                assert (await sue.ask(type="admin", command=command, arguments=trade))["type"] == "done"
                reply = await bob.ask(type="fees", account="bob")
                assert {asset: Decimal(each) for asset, each in reply["paid"].items()} == await paid(bob, "bob")
            # What is left is one of 99.5 roubles a coin, and fees are rounded up to kopecks, order by order.
            assert Decimal(reply["paid"]["RUB"]) == Decimal("0.6")
            assert (await alice.ask(type="fees", account="alice"))["paid"] == {"RUB": "0.00"}
            assert (await alice.ask(type="fees", account="bob"))["code"] == "not_allowed"
    async with serving(tmp_path) as server, client(url_of(server), "bob") as bob:
        again = await bob.ask(type="fees", account="bob")
        assert (again["paid"], again["trading_day"]) == (reply["paid"], reply["trading_day"])
        assert (await bob.ask(type="fees", account="bob", after=1))["fees"] == []


async def test_no_page_is_too_far_behind(tmp_path: Path) -> None:
    last = 2**63 - 1
    async with serving(tmp_path) as server, client(url_of(server), "sue") as sue, client(url_of(server)) as stranger:
        url = url_of(server)
        reply = await stranger.ask(type="assets", after=last)
        assert (reply["assets"], reply.get("more", False)) == ([], False)
        async with client(url, "alice") as alice:
            for request, listed in (
                ("assets", "assets"),
                ("fees", "fees"),
                ("me", "accounts"),
                ("contracts", "contracts"),
            ):
                of = {} if request in ("assets", "me") else {"account": "alice"}
                reply = await alice.ask(type=request, after=last, **of)
                assert (reply.get(listed), reply.get("more", False)) == ([], False), reply
        for kind in ("key", "participant", "asset", "parameter"):
            assert (await sue.ask(type="records", kind=kind, after=last))["records"] == []


async def test_limits_say_what_is_left(tmp_path: Path) -> None:
    async with serving(tmp_path, small_venue()) as server, client(url_of(server), "alice") as alice:
        url = url_of(server)
        async with client(url, "otto") as otto, client(url, "alice"):
            first = await alice.ask(type="limits")
            assert (first["participant"], first["connections"], first["max_connections"]) == ("alice", 2, 64)
            await alice.order("buy", "1", "1", "before", account="alice")
            await alice.ask(type="cancel_order", account="alice", client_order_id="before")
            # Nobody counts orders of those whom nobody limits.
            first = await alice.ask(type="limits")
            assert "orders" not in first and "trades" not in first
            limits = {"participant": "alice", "orders_per_second": 50, "max_order_to_trade": 9}
            assert (await otto.ask(type="admin", command="set_limits", arguments=limits))["type"] == "done"
            for number in range(3):
                await alice.order("sell", "1", "100", f"a{number}", account="alice")
            await alice.ask(type="cancel_order", account="alice", client_order_id="a1")
            reply = await alice.ask(type="limits")
            assert (reply["orders_per_second"], reply["max_order_to_trade"], reply["orders"]) == (50, 9, 3)
            assert "max_order_value" not in reply and reply["trades"] == 0
            (account,) = reply["accounts"]
            assert (account["account"], account["open_orders"], account["max_open_orders"]) == ("alice", 2, 10_000)
            assert (account["client_order_ids"], account["waiting_movements"]) == (4, 0)
            rates = (await alice.ask(type="rates"))["rates"]
            assert [each["scope"] for each in reply["rates"]] == [each["scope"] for each in rates]
            assert all(before["left"] > 0 for before in reply["rates"])
            seen = await otto.ask(type="limits", account="alice")
            assert (seen["participant"], seen["orders"], seen["accounts"]) == ("alice", 3, reply["accounts"])
            assert (await alice.ask(type="limits", account="bob"))["code"] == "not_allowed"
            assert (await otto.ask(type="limits"))["accounts"] == []


async def test_anybody_is_told_the_time_and_the_assets(tmp_path: Path) -> None:
    async with serving(tmp_path) as server, client(url_of(server)) as stranger:
        before = stranger.hello["time"]
        assert before <= (await stranger.ask(type="time"))["time"] <= before + 60 * 10**9
        reply = await stranger.ask(type="assets")
        assert [(each["asset"], each["kind"], each["scale"]) for each in reply["assets"]] == [
            ("RUB", "fiat", 2),
            ("BTC", "crypto", 8),
        ]
        assert (await stranger.ask(type="assets", after=1))["assets"] == reply["assets"][1:]
        for kind in ("me", "limits"):
            assert (await stranger.ask(type=kind))["code"] == "not_logged_in"


@asynccontextmanager
async def default_venue(directory: Path) -> AsyncIterator[Any]:
    """The default venue under the rules on retail; makes connections of its people."""
    write_default_venue(directory, datetime.datetime.now(tz=datetime.UTC).date(), "general-2026", port=0)
    async with serving(directory, load_venue(directory)) as server:

        @asynccontextmanager
        async def connected(name: str) -> AsyncIterator[RawClient]:
            key: Any = load_pem_private_key((directory / "keys" / f"{name}.pem").read_bytes(), password=None)
            async with client(url_of(server)) as found:
                assert (await found.login(name, key))["type"] == "welcome"
                yield found

        yield connected


async def test_who_one_is_and_what_a_cap_leaves(tmp_path: Path) -> None:
    async with default_venue(tmp_path) as connected, connected("broker-north") as north:
        assets = {each["asset"]: each for each in (await north.ask(type="assets"))["assets"]}
        assert assets["BTC"]["tier"] == "highly_liquid"
        assert "tier" not in assets["RUB"]
        me = await north.ask(type="me")
        assert (me["participant"], me["role"], me["key"]) == ("broker-north", "participant", "main")
        assert me["scopes"] == ["read", "trade", "drop_copy"]
        mine = {each["account"]: each for each in me["accounts"]}
        daria = mine["daria.north"]
        assert (daria["investor"], daria["investor_class"], daria["intermediary"]) == ("daria", "retail", "north")
        assert daria["tests"]
        assert daria["acknowledged"]
        cap = daria["cap"]
        assert Decimal(cap["limit"]) == 300_000
        assert Decimal(cap["left"]) == 300_000 - Decimal(cap["used"]) - Decimal(cap["reserved"])
        async with connected("mm-alpha") as maker, connected("supervisor") as supervisor:
            phase = {"instrument": "BTC/RUB", "phase": "continuous", "reason": "a test"}
            assert (await supervisor.ask(type="admin", command="set_phase", arguments=phase))["type"] == "done"
            offer = {"account": "mm-alpha.main", "instrument": "BTC/RUB", "quantity": "0.01", "price": "8000000"}
            told = await maker.ask(type="new_order", client_order_id="m", side="sell", **offer)
            assert told["exec_type"] == "new", told
            terms = {"account": "daria.north", "instrument": "BTC/RUB", "side": "buy"}
            for name, quantity, price in (("d1", "0.01", "8000000"), ("d2", "0.01", "7900000")):
                told = await north.ask(type="new_order", client_order_id=name, quantity=quantity, price=price, **terms)
                assert told["exec_type"] == "new", told
            after = (await north.ask(type="me", account="daria.north"))["accounts"][0]["cap"]
            assert Decimal(after["used"]) - Decimal(cap["used"]) == 80_000
            assert Decimal(after["reserved"]) == 79_000
            assert Decimal(after["left"]) == Decimal(cap["left"]) - 159_000
            seen = await supervisor.ask(type="me", account="daria.north")
            assert (seen["participant"], seen["accounts"][0]["cap"]) == ("supervisor", after)
            limits = await supervisor.ask(type="limits", account="daria.north")
            assert (limits["participant"], limits["accounts"][0]["open_orders"]) == ("broker-north", 1)
            assert Decimal(limits["accounts"][0]["largest_order"]) > 0
            assert "cap" not in (await maker.ask(type="me"))["accounts"][0]


@pytest.mark.parametrize("kind", ["me", "limits"])
async def test_many_accounts_come_in_pages(tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.inbound.standing.MAX_LISTED_ACCOUNTS", 2)
    async with default_venue(tmp_path) as connected, connected("broker-north") as north:
        found: list[str] = []
        more = True
        while more:
            reply = await north.ask(type=kind, after=len(found))
            assert len(reply["accounts"]) <= 2
            found += [each["account"] for each in reply["accounts"]]
            more = reply.get("more", False)
        assert len(found) == len(set(found)) > 2
