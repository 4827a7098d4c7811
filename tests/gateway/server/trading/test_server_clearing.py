"""Futures, transfers, freezes, issuance and rules that change, over real sockets: what each party is told of them."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from tests.support.gateway.venues.clearing_desk import Desk, at_desk, clearing_venue, parts
from tests.support.gateway.venues.small_venue import client, serving, url_of

# ── futures ────────────────────────────────────────────────────────────────────────────────────────────────────────


async def margins_of(desk: Desk) -> dict[str, Any]:
    """What the mark brought Alice and took from Bob; Bob's message."""
    gained = await desk.alice.until("variation_margin")
    assert parts(gained, "position", "price", "amount", "asset") == {
        "position": "10.0",
        "price": "150.0",
        "amount": "500.00",
        "asset": "RUB",
    }
    lost = await desk.bob.until("variation_margin")
    assert parts(lost, "position", "amount", "available", "reserved") == {
        "position": "-10.0",
        "amount": "-500.00",
        "available": "0.00",
        "reserved": "700.00",
    }
    return lost


async def test_a_future_is_traded_marked_and_called(tmp_path):
    async with at_desk(tmp_path) as desk, client(desk.url) as public:
        assert (await public.ask(type="subscribe", channel="marks", instrument="BTC-FUT"))["seq"] == 0
        assert (await public.ask(type="subscribe", channel="index", instrument="BTC"))["seq"] == 1
        assert (await public.until("index_price"))["price"] == "100"
        # 10 short at the upper band of 110 need 1100.
        await desk.leave_bob("1200")
        await desk.bob_sells_ten()
        reply = await desk.bob.ask(type="positions", account="bob")
        assert reply["positions"] == [
            {
                "instrument": "BTC-FUT",
                "quantity": "-10.0",
                "carried": "-1000.00",
                "mark": "100.0",
                "unsettled": "0.00",
            }
        ]
        assert reply["cover"] == [{"asset": "RUB", "needed": "1100.00", "held": "1100.00", "missing": "0.00"}]

        await desk.done(desk.otto, "set_index_price", index="BTC", price="150.2", source="by hand")
        index = await public.until("index_price")
        assert parts(index, "index", "seq", "price", "source") == {
            "index": "BTC",
            "seq": 2,
            "price": "150.2",
            "source": "by hand",
        }
        reply = await desk.alice.ask(type="positions", account="alice")
        assert parts(reply["positions"][0], "quantity", "mark", "unsettled") == {
            "quantity": "10.0",
            "mark": "150.0",
            "unsettled": "500.00",
        }

        called_ns = time.time_ns()
        await desk.done(desk.sue, "mark_future", instrument="BTC-FUT")
        mark = await public.until("mark")
        assert parts(mark, "seq", "price", "open_interest", "final") == {
            "seq": 1,
            "price": "150.0",
            "open_interest": "10.0",
            "final": None,
        }
        lost = await margins_of(desk)
        # 10 short at the new upper band of 165 need 1650, and 700 are left.
        call = await desk.bob.until("margin_call")
        assert parts(call, "asset", "missing", "seq") == {
            "asset": "RUB",
            "missing": "950.00",
            "seq": lost["seq"] + 1,
        }
        assert call["until"] - called_ns >= 3_600 * 10**9
        reply = await desk.sue.ask(type="positions", account="bob")
        assert reply["cover"] == [
            {"asset": "RUB", "needed": "1650.00", "held": "700.00", "missing": "950.00", "call_until": call["until"]}
        ]
        await desk.done(desk.otto, "deposit", account="bob", asset="RUB", amount="950")
        assert (await desk.bob.until("margin_restored"))["asset"] == "RUB"


async def test_a_supervisor_closes_a_position_out(tmp_path):
    async with at_desk(tmp_path) as desk:
        await desk.bob_sells_ten()
        terms = {"instrument": "BTC-FUT", "account": "alice"}
        assert (await desk.alice.order("sell", "10", "102", "a2", **terms))["exec_type"] == "new"
        assert await desk.refused(desk.sue, "close_out", account="bob", instrument="BTC/RUB") == "invalid"
        seq = await desk.done(desk.sue, "close_out", account="bob", instrument="BTC-FUT", reason="a test")
        closing = await desk.bob.until("close_out")
        assert parts(closing, "instrument", "position", "reason") == {
            "instrument": "BTC-FUT",
            "position": "-10.0",
            "reason": "a test",
        }
        reports = [await desk.bob.until("execution_report") for _ in range(2)]
        assert [(each["exec_type"], each["client_order_id"]) for each in reports] == [("new", ""), ("trade", "")]
        assert {each["order_id"] for each in reports} == {seq + 4096 * 2**40}
        assert parts(reports[1], "last_price", "last_quantity", "fee") == {
            "last_price": "102.0",
            "last_quantity": "10.0",
            "fee": "0.00",
        }


async def test_a_loss_that_can_not_be_paid_is_shared_and_told_to_both(tmp_path):
    async with at_desk(tmp_path) as desk:
        await desk.sue.ask(type="subscribe", channel="drop_copy")
        await desk.leave_bob("1200")
        await desk.bob_sells_ten()
        await desk.done(desk.sue, "mark_future", instrument="BTC-FUT", price="250", reason="a jump")
        default = await desk.bob.until("default")
        assert parts(default, "instrument", "asset", "shortfall") == {
            "instrument": "BTC-FUT",
            "asset": "RUB",
            "shortfall": "300.00",
        }
        assert (await desk.bob.until("variation_margin"))["amount"] == "-1200.00"
        shared = await desk.alice.until("loss_shared")
        assert parts(shared, "instrument", "asset", "amount") == {
            "instrument": "BTC-FUT",
            "asset": "RUB",
            "amount": "300.00",
        }
        assert (await desk.alice.until("variation_margin"))["amount"] == "1200.00"
        copied = [(await desk.sue.until(kind))["account"] for kind in ("default", "loss_shared", "margin_call")]
        assert copied == ["bob", "alice", "bob"]


async def test_instruments_say_what_a_future_is_and_limits_hold(tmp_path):
    async with at_desk(tmp_path) as desk, client(desk.url) as public:
        listed = {each["instrument"]: each for each in (await public.ask(type="instruments"))["instruments"]}
        future = listed["BTC-FUT"]
        names = ("kind", "underlying", "averaging", "mark_interval", "max_position", "static_band_ppm", "phase")
        assert parts(future, *names) == {
            "kind": "future",
            "underlying": "BTC",
            "averaging": 60 * 10**9,
            "mark_interval": 86_400 * 10**9,
            "max_position": "20.0",
            "static_band_ppm": 100_000,
            "phase": "continuous",
        }
        assert future["expiry"] > time.time_ns()
        assert not {"expiry", "mark_interval", "max_position", "underlying"} & listed["BTC/RUB"].keys()
        order = await desk.alice.order("buy", "20.1", "100", "a", account="alice", instrument="BTC-FUT")
        assert (order["exec_type"], order["code"]) == ("rejected", "position_limit")
        order = await desk.alice.order("sell", "1", "100", "b", account="alice", instrument="BTC-FUT", reduce_only=True)
        assert (order["exec_type"], order["code"]) == ("rejected", "reduce_only")
        delivery = await desk.alice.ask(type="request_delivery", account="alice", instrument="BTC-FUT", quantity="1")
        assert delivery["type"] == "request_rejected"
        assert delivery["code"] in ("compliance", "unsupported")
        for channel, about in (("marks", "ETH-FUT"), ("index", "ETH")):
            unknown = await public.ask(type="subscribe", channel=channel, instrument=about)
            assert (unknown["type"], unknown["code"]) == ("error", "unknown")


# ── transfers, freezes, issuance ───────────────────────────────────────────────────────────────────────────────────


def moves(amount: str, asset: str, purpose: str, name: str, **more: str) -> dict[str, Any]:
    return {
        "type": "transfer",
        "account": "alice",
        "client_order_id": name,
        "to_account": "bob",
        "asset": asset,
        "amount": amount,
        "purpose": purpose,
        **more,
    }


async def test_crypto_is_no_means_of_payment_and_roubles_are(tmp_path):
    async with at_desk(tmp_path) as desk:
        alice, bob = desk.alice, desk.bob
        refused = await alice.ask(**moves("1", "BTC", "domestic_payment", "t1"))
        assert parts(refused, "type", "code", "rule", "client_order_id") == {
            "type": "request_rejected",
            "code": "compliance",
            "rule": "PAY-1",
            "client_order_id": "t1",
        }
        assert refused["title"]
        assert "CUR-1" in refused["rules"]
        assert (await alice.ask(**moves("1", "BTC", "domestic_payment", "t1")))["code"] == "compliance"

        request = moves("250.50", "RUB", "domestic_payment", "t2")
        sent = await alice.ask(**request)
        assert parts(sent, "type", "account", "amount", "available", "client_order_id") == {
            "type": "transferred",
            "account": "alice",
            "amount": "250.50",
            "available": "999999749.50",
            "client_order_id": "t2",
        }
        assert sent["seq"] == refused["seq"] + 1
        received = await bob.until("transferred")
        assert parts(received, "account", "from_account", "amount", "available", "client_order_id") == {
            "account": "bob",
            "from_account": "alice",
            "amount": "250.50",
            "available": "1000000250.50",
            "client_order_id": None,
        }
        # Sent again: answered, never done twice; with other content it is refused.
        again = await alice.ask(**request)
        assert parts(again, "type", "transfer_id", "code", "seq") == {
            "type": "transfer_status",
            "transfer_id": sent["transfer_id"],
            "code": None,
            "seq": None,
        }
        other = await alice.ask(**{**request, "amount": "250.51"})
        assert (other["type"], other["code"]) == ("request_rejected", "duplicate_id")
        order = await alice.order("buy", "1", "90", "t2", account="alice")
        assert (order["exec_type"], order["code"]) == ("rejected", "duplicate_id")
        stolen = await bob.ask(**moves("1", "RUB", "domestic_payment", "t3"))
        assert (stolen["type"], stolen["code"]) == ("request_rejected", "permission")
        assert "seq" not in stolen
        roubles = {each["asset"]: each for each in (await bob.ask(type="balances", account="bob"))["balances"]}["RUB"]
        assert roubles["total"] == "1000000250.50"


async def test_an_issuer_issues_freezes_and_redeems_its_own_asset_only(tmp_path):
    async with at_desk(tmp_path) as desk:
        alice, bob = desk.alice, desk.bob
        await desk.done(alice, "issue_asset", asset="DFA", account="bob", amount="100.00", reason="first")
        issued = await bob.until("asset_issued")
        assert parts(issued, "asset", "issuer", "amount", "outstanding", "available") == {
            "asset": "DFA",
            "issuer": "alice",
            "amount": "100.00",
            "outstanding": "100.00",
            "available": "100.00",
        }
        assert await desk.refused(bob, "issue_asset", asset="DFA", account="bob", amount="1") == "permission"
        assert await desk.refused(alice, "issue_asset", asset="DFA", account="bob", amount="900.01") == "funds"
        assert await desk.refused(alice, "freeze_asset", asset="BTC", share_ppm=1) == "permission"

        await desk.done(alice, "freeze_asset", asset="DFA", share_ppm=600_000, reason="06.03.2025")
        frozen = await bob.until("holding_frozen")
        assert parts(frozen, "asset", "frozen", "available", "reserved", "reason") == {
            "asset": "DFA",
            "frozen": "60.00",
            "available": "40.00",
            "reserved": "0.00",
            "reason": "06.03.2025",
        }
        balances = {each["asset"]: each for each in (await bob.ask(type="balances", account="bob"))["balances"]}
        assert balances["DFA"] == {
            "asset": "DFA",
            "available": "40.00",
            "reserved": "0.00",
            "frozen": "60.00",
            "held": "0.00",
            "arrested": "0.00",
            "total": "100.00",
        }
        assert await desk.refused(alice, "redeem_asset", asset="DFA", account="bob", amount="40.01") == "funds"
        await desk.done(alice, "redeem_asset", asset="DFA", account="bob", amount="40")
        assert (await bob.until("asset_issued"))["amount"] == "-40.00"
        await desk.done(desk.sue, "freeze_asset", asset="DFA", share_ppm=0)
        assert (await bob.until("holding_frozen"))["frozen"] == "0.00"


# ── rules that change ──────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_parameter_that_the_supervisor_changes_binds_the_next_order(tmp_path):
    async with at_desk(tmp_path) as desk:
        terms = {"account": "alice"}
        person = {"investor": "alice", "kind": "individual", "assets_rub": 200_000_000}
        await desk.done(desk.sue, "register_investor", **person)
        assert (await desk.alice.order("buy", "10", "100", "a1", **terms))["exec_type"] == "new"
        change = {"rule": "OPS-1", "key": "super_qualified_rub", "value": "999.99"}
        await desk.done(desk.sue, "set_parameter", **change, reason="a test")
        refused = await desk.alice.order("buy", "10", "100", "a2", **terms)
        assert parts(refused, "exec_type", "code", "rule") == {
            "exec_type": "rejected",
            "code": "compliance",
            "rule": "OPS-1",
        }
        assert "999.99" in refused["detail"]
        assert await desk.refused(desk.sue, "set_parameter", rule="OPS-1", key="none", value="1") == "compliance"
        # From a time on: the rule is off for the first order after it.
        soon = time.time_ns() + 300_000_000
        change = {"rule": "OPS-1", "key": "enabled", "value": "false"}
        arguments = {"effective_ns": soon, "command": "set_parameter", "arguments": change, "reason": "later"}
        await desk.done(desk.sue, "effective_from", **arguments)
        refused = await desk.alice.order("buy", "10", "100", "a3", **terms)
        assert refused["exec_type"] == "rejected" or time.time_ns() >= soon
        await asyncio.sleep(max(soon - time.time_ns(), 0) / 10**9 + 0.01)
        assert (await desk.alice.order("buy", "10", "100", "a4", **terms))["exec_type"] == "new"


# ── coming back ────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_every_report_comes_again_after_a_restart(tmp_path):
    heard: list[dict[str, Any]] = []
    async with at_desk(tmp_path) as desk:
        await desk.leave_bob("1200")
        await desk.bob_sells_ten()
        await desk.done(desk.sue, "mark_future", instrument="BTC-FUT", price="150")
        await desk.done(desk.otto, "deposit", account="bob", asset="RUB", amount="1000")
        await desk.done(desk.alice, "issue_asset", asset="DFA", account="bob", amount="100")
        await desk.done(desk.alice, "freeze_asset", asset="DFA", share_ppm=500_000)
        await desk.alice.ask(**moves("1", "RUB", "domestic_payment", "t"))
        await desk.done(desk.sue, "mark_future", instrument="BTC-FUT", price="400")
        await desk.bob.ask(type="resume", account="bob", after_seq=0)
        heard = [each for each in desk.bob.reports if "seq" in each]
        first = [each["seq"] for each in heard].index(1)
        heard = heard[first:]
    kinds = {each["type"] for each in heard}
    assert kinds >= {
        "funds",
        "execution_report",
        "variation_margin",
        "margin_call",
        "margin_restored",
        "asset_issued",
        "holding_frozen",
        "transferred",
        "default",
    }
    last = heard[-1]["seq"]
    assert [each["seq"] for each in heard] == list(range(1, last + 1))
    async with serving(tmp_path, clearing_venue()) as server, client(url_of(server), "bob", binary=True) as bob:
        resumed = await bob.ask(type="resume", account="bob", after_seq=0)
        assert parts(resumed, "seq", "snapshot") == {"seq": last, "snapshot": False}
        assert bob.reports == heard
        subscribed = await bob.ask(type="subscribe", channel="marks", instrument="BTC-FUT")
        assert subscribed["seq"] == 2
        assert (await bob.until("mark"))["price"] == "400.0"
        # The venue file's first price and rules are not stated again, nor said to have changed.
        assert (await bob.ask(type="subscribe", channel="index", instrument="BTC"))["seq"] == 1
        assert server.started.notes == []
