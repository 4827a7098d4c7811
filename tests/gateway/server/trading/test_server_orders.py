"""Order types, lists, auctions and controls over real sockets: what a participant's bot and a supervisor see of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from engine.vocabulary.limits import MAX_LISTED_ORDERS
from tests.support.gateway.venues.small_venue import NaiveBook, RawClient, client, serving, url_of


@asynccontextmanager
async def trading(directory: Path) -> AsyncIterator[tuple[RawClient, RawClient, RawClient, str]]:
    """Alice, Bob and the operator at a venue."""
    async with serving(directory) as server:
        url = url_of(server)
        async with client(url, "alice") as alice, client(url, "bob", binary=True) as bob, client(url, "otto") as otto:
            yield alice, bob, otto, url


async def admin(otto: RawClient, command: str, **arguments: Any) -> dict[str, Any]:
    return await otto.ask(type="admin", command=command, arguments=arguments)


async def test_a_stop_triggers_and_reports(tmp_path):
    async with trading(tmp_path) as (alice, bob, _, _):
        for number, price in enumerate(("100", "99")):
            await bob.order("buy", "1", price, f"b{number}", account="bob")
        stop = await alice.order("sell", "1", None, "s", account="alice", order_type="stop", stop_price="100")
        assert (stop["exec_type"], stop["stop_price"]) == ("new", "100.0")
        assert "price" not in stop
        waiting = (await alice.ask(type="open_orders", account="alice"))["orders"]
        assert [(order["order_type"], order["stop_price"]) for order in waiting] == [("stop", "100.0")]
        assert "displayed_quantity" not in waiting[0]
        await alice.order("sell", "1", "100", "a", account="alice")
        kinds = []
        while "triggered" not in kinds or kinds[-1] != "trade":
            kinds.append((await alice.until("execution_report"))["exec_type"])
        assert kinds == ["trade", "triggered", "trade"]


async def test_an_iceberg_shows_its_display_quantity_only(tmp_path):
    async with trading(tmp_path) as (alice, bob, _, url), client(url) as public:
        await public.ask(type="subscribe", channel="book", instrument="BTC/RUB")
        book = NaiveBook()
        book.apply(await public.until("book_snapshot"))
        await alice.order("sell", "5", "101", "i", account="alice", order_type="iceberg", display_quantity="2")
        book.apply(await public.until("book_update"))
        assert book.best(5) == [("101.0", "2.0")]
        await bob.order("buy", "3", "101", "b", account="bob")
        book.apply(await public.until("book_update"))
        assert book.best(5) == [("101.0", "1.0")]
        mine = (await alice.ask(type="open_orders", account="alice"))["orders"][0]
        assert (mine["leaves_quantity"], mine["displayed_quantity"]) == ("2.0", "1.0")


async def test_open_orders_say_what_was_asked_for(tmp_path):
    async with trading(tmp_path) as (alice, _, otto, _):
        assert (await admin(otto, "set_trading_rules", instrument="BTC/RUB", static_ppm=500_000))["type"] == "done"
        until = (await alice.ask(type="time"))["time"] + 3_600_000_000_000
        terms = {"account": "alice", "instrument": "BTC/RUB", "side": "sell", "quantity": "1"}
        await alice.order("buy", "1", "95", "plain", account="alice")
        for name, asked in {
            "iceberg": {"order_type": "iceberg", "price": "120", "quantity": "3", "display_quantity": "1"},
            "gtd": {"price": "120", "time_in_force": "gtd", "expire_time": until},
            "post": {"price": "120", "post_only": True},
            "slide": {"price": "120", "post_only": "reprice"},
            "trail": {"order_type": "trailing_stop", "trail": "5"},
            "points": {"order_type": "trailing_stop", "trail_bps": 700},
            "peg": {"order_type": "pegged", "peg": "own", "peg_offset": "-1.5", "price": "101", "side": "buy"},
            "middle": {"order_type": "pegged", "peg": "mid", "side": "buy"},
        }.items():
            report = await alice.ask(type="new_order", client_order_id=name, **{**terms, **asked})
            assert report["exec_type"] == "new", report
        leg = {"instrument": "BTC/RUB", "side": "sell", "quantity": "1"}
        limit = {**leg, "client_order_id": "limit", "price": "125"}
        stop = {**leg, "client_order_id": "stop", "order_type": "stop", "stop_price": "80"}
        assert (await alice.ask(type="new_order_pair", account="alice", limit=limit, stop=stop))["exec_type"] == "new"
        await alice.ask(type="amend_order", account="alice", client_order_id="iceberg", display_quantity="2")
        listed = {
            order["client_order_id"]: order
            for order in (await alice.ask(type="open_orders", account="alice"))["orders"]
        }
        known = "display_quantity expire_time post_only reduce_only trail trail_bps peg peg_offset limit_price other_order_id"
        stated = {name: {key: order[key] for key in known.split() if key in order} for name, order in listed.items()}
        assert stated == {
            "plain": {},
            "iceberg": {"display_quantity": "2.0"},
            "gtd": {"expire_time": until},
            "post": {"post_only": "reject"},
            "slide": {"post_only": "reprice"},
            "trail": {"trail": "5.0"},
            "points": {"trail_bps": 700},
            "peg": {"peg": "own", "peg_offset": "-1.5", "limit_price": "101.0"},
            # The edge of the band.
            "middle": {"peg": "mid", "limit_price": "150.0"},
            "limit": {"other_order_id": listed["stop"]["order_id"]},
            "stop": {"other_order_id": listed["limit"]["order_id"]},
        }


async def test_an_auction_is_announced_and_uncrossed(tmp_path):
    async with trading(tmp_path) as (alice, bob, otto, url), client(url) as public:
        assert (await admin(otto, "set_phase", instrument="BTC/RUB", phase="opening_auction"))["type"] == "done"
        await public.ask(type="subscribe", channel="auction", instrument="BTC/RUB")
        await public.ask(type="subscribe", channel="book", instrument="BTC/RUB")
        book = NaiveBook()
        book.apply(await public.until("book_snapshot"))
        first = await public.until("auction")
        assert (first["seq"], first["volume"]) == (0, "0.0")
        await alice.order("sell", "2", "99", "a", account="alice")
        book.apply(await public.until("book_update"))
        await bob.order("buy", "3", "101", "b", account="bob")
        call = await public.until("auction")
        assert (call["seq"], call["price"], call["volume"], call["imbalance"]) == (1, "101.0", "2.0", "1.0")
        book.apply(await public.until("book_update"))
        refused = await bob.order("buy", "1", "101", "b2", account="bob", time_in_force="ioc")
        assert refused["code"] == "phase"
        await admin(otto, "set_phase", instrument="BTC/RUB", phase="continuous")
        done = await public.until("auction")
        assert (done["price"], done["volume"], done.get("final")) == ("101.0", "2.0", True)
        book.apply(await public.until("book_update"))
        assert book.best(5) == [("101.0", "1.0")]


async def test_lists_are_answered_by_their_first_order(tmp_path):
    async with trading(tmp_path) as (alice, bob, _, _):
        terms = {"instrument": "BTC/RUB", "side": "sell", "quantity": "1"}
        limit = {"client_order_id": "l", "price": "110", **terms}
        stop = {"client_order_id": "s", "order_type": "stop", "stop_price": "90", **terms}
        pair = await alice.ask(type="new_order_pair", account="alice", limit=limit, stop=stop)
        assert (pair["exec_type"], pair["client_order_id"]) == ("new", "l")
        assert (await alice.until("execution_report"))["client_order_id"] == "s"
        gone = await alice.ask(type="cancel_order", account="alice", client_order_id="l")
        assert gone["reason"] == "requested"
        assert (await alice.until("execution_report"))["reason"] == "one_cancels_other"

        entry = {"client_order_id": "e", "price": "100", **terms, "side": "buy"}
        legs = {"take_profit": {**limit, "client_order_id": "t"}, "stop": {**stop, "client_order_id": "x"}}
        bracket = await alice.ask(type="new_bracket", account="alice", entry=entry, **legs)
        assert (bracket["exec_type"], bracket["client_order_id"]) == ("new", "e")
        await bob.order("sell", "1", "100", "hit", account="bob")
        while (await alice.until("execution_report"))["exec_type"] != "trade":
            pass
        orders = (await alice.ask(type="open_orders", account="alice"))["orders"]
        assert sorted((order["client_order_id"], order.get("displayed_quantity")) for order in orders) == [
            ("t", "1.0"),
            ("x", None),
        ]


async def test_a_mass_quote_replaces_the_ladder(tmp_path):
    async with trading(tmp_path) as (alice, _, _, _):
        ladder = {"instrument": "BTC/RUB", "bids": [["99", "1"], ["98", "2"]], "asks": [["101", "1"]]}
        first = await alice.ask(type="mass_quote", account="alice", quote_id="q1", **ladder)
        assert (first["kept"], first["cancelled"], first["entered"]) == (0, 0, 3)
        ladder["bids"] = [["99", "1"], ["97.5", "2"]]
        second = await alice.ask(type="mass_quote", account="alice", quote_id="q2", **ladder)
        assert (second["kept"], second["cancelled"], second["entered"]) == (2, 1, 1)
        again = await alice.ask(type="mass_quote", account="alice", quote_id="q2", **ladder)
        assert (again["type"], again["code"]) == ("request_rejected", "duplicate_id")


async def test_a_market_order_by_funds_spends_its_budget(tmp_path):
    async with trading(tmp_path) as (alice, bob, _, _):
        await alice.order("sell", "5", "100", "a", account="alice")
        request = {"instrument": "BTC/RUB", "client_order_id": "f", "side": "buy", "order_type": "market"}
        report = await bob.ask(type="new_order", account="bob", funds="250.25", **request)
        assert (report["exec_type"], report.get("quantity")) == ("new", None)
        fill = await bob.until("execution_report")
        # 2.5 at 100 cost 250, and 0.1 % of that are 0.25.
        assert (fill["last_quantity"], fill["fee"], fill["order_status"]) == ("2.5", "0.25", "filled")
        wrong = await bob.ask(type="new_order", account="bob", funds="1.001", **{**request, "client_order_id": "g"})
        assert (wrong["type"], wrong["detail"]) == ("error", "funds: more than 2 decimals")


async def test_a_supervisor_busts_a_trade_and_turns_a_kill_switch(tmp_path):
    async with trading(tmp_path) as (alice, bob, _, url), client(url, "sue") as sue:
        await alice.order("sell", "1", "100", "a", account="alice")
        await bob.order("buy", "1", "100", "b", account="bob")
        trade_id = (await bob.until("execution_report"))["trade_id"]
        done = await admin(sue, "bust_trade", trade_id=trade_id, reason="fat finger")
        assert done["type"] == "done"
        for who, side in ((alice, "sell"), (bob, "buy")):
            told = await who.until("trade_corrected")
            assert (told["side"], told["fee"], told["reason"]) == (side, "0.00", "fat finger")
            assert "new_price" not in told
        again = await admin(sue, "bust_trade", trade_id=trade_id, reason="again")
        assert (again["type"], again["code"]) == ("rejected", "invalid")

        await alice.order("buy", "1", "95", "rests", account="alice")
        await admin(sue, "set_kill_switch", scope="participant", key="alice", on=True, reason="test")
        while (cancelled := await alice.until("execution_report"))["exec_type"] != "cancelled":
            pass
        assert cancelled["reason"] == "kill_switch"
        assert (await alice.order("buy", "1", "95", "late", account="alice"))["code"] == "kill_switch"
        await admin(sue, "set_kill_switch", scope="participant", key="alice", on=False)
        assert (await alice.order("buy", "1", "95", "again", account="alice"))["exec_type"] == "new"


async def test_what_was_due_is_not_taken_for_a_reply(tmp_path):
    """An order that expires before a cancel of another is sequenced: the cancel's reply is its own."""
    async with trading(tmp_path) as (alice, _, otto, _):
        await alice.order("buy", "1", "90", "keep", account="alice")
        soon = alice.hello["time"] + 400_000_000
        await alice.order("buy", "1", "91", "dies", account="alice", time_in_force="gtd", expire_time=soon)
        reply = await alice.ask(type="cancel_order", account="alice", client_order_id="keep")
        assert (reply["exec_type"], reply["client_order_id"]) == ("cancelled", "keep")
        expired = await alice.until("execution_report")
        assert (expired["client_order_id"], expired["reason"]) == ("dies", "expired")
        # The venue woke for it by itself.
        assert expired["transact_time"] - soon < 300_000_000
        await asyncio.sleep(0)
        assert (await admin(otto, "set_schedule", instrument="BTC/RUB", steps={"09:50": "opening_auction"}))[
            "type"
        ] == "done"
        bad = await admin(otto, "set_schedule", instrument="BTC/RUB", steps={"9:50": "opening_auction"})
        assert bad["code"] == "malformed"


async def test_open_orders_come_in_pages(tmp_path):
    async with trading(tmp_path) as (alice, _, _, _):
        for number in range(1_050):
            await alice.send(
                type="new_order",
                account="alice",
                client_order_id=f"o{number}",
                instrument="BTC/RUB",
                side="buy",
                quantity="0.1",
                price="50",
            )
        first = await alice.ask(type="open_orders", account="alice")
        assert (len(first["orders"]), first["more"]) == (MAX_LISTED_ORDERS, True)
        orders = await alice.open_orders("alice")
        assert [order["client_order_id"] for order in orders] == [f"o{number}" for number in range(1_050)]


async def test_every_list_may_be_sent_again(tmp_path):
    async with trading(tmp_path) as (alice, _, _, _):
        terms = {"instrument": "BTC/RUB", "side": "sell", "quantity": "1"}
        limit = {"client_order_id": "l", "price": "110", **terms}
        stop = {"client_order_id": "s", "order_type": "stop", "stop_price": "90", **terms}
        entry = {"client_order_id": "e", "price": "80", **terms, "side": "buy"}
        pair = {"type": "new_order_pair", "account": "alice", "limit": limit, "stop": stop}
        legs = {"take_profit": {**limit, "client_order_id": "t"}, "stop": {**stop, "client_order_id": "x"}}
        bracket = {"type": "new_bracket", "account": "alice", "entry": entry, **legs}
        for request in (pair, bracket):
            assert (await alice.ask(**request))["exec_type"] == "new"
            again = await alice.ask(**request)
            assert (again["exec_type"], again["order_status"]) == ("status", "new")
        assert len(await alice.open_orders("alice")) == 5
