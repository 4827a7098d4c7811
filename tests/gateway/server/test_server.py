from __future__ import annotations

import random

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from websockets.exceptions import ConnectionClosed

from engine.record.rows import decode_command
from gateway.journal.reader import JournalReader
from tests.support.gateway.venues.small_venue import KEYS, NaiveBook, client, serving, url_of


@pytest.fixture
async def url(tmp_path):
    async with serving(tmp_path / "venue") as server:
        yield url_of(server)


RESTING = {
    "exec_type": "new",
    "order_status": "new",
    "account": "alice",
    "seq": 3,
    "client_order_id": "a1",
    "instrument": "BTC/RUB",
    "side": "sell",
    "order_type": "limit",
    "time_in_force": "gtc",
    "price": "100.5",
    "quantity": "2.0",
    "filled_quantity": "0.0",
    "leaves_quantity": "2.0",
}
TAKEN = {
    "exec_type": "trade",
    "order_status": "filled",
    "seq": 4,
    "side": "buy",
    "liquidity": "taker",
    "last_price": "100.5",
    "last_quantity": "0.5",
    "filled_quantity": "0.5",
    "leaves_quantity": "0.0",
    "trade_id": 1,
    "fee": "0.06",
}


@pytest.mark.parametrize("binary", [False, True])
async def test_from_login_to_fill(url, binary):
    async with client(url, binary=binary) as alice, client(url, "bob", binary=not binary) as bob:
        assert alice.hello["venue"] == "small"
        assert alice.hello["durability"] == "fsync"
        assert alice.hello["rulebook"] == "elr-2025"
        welcome = await alice.login("alice")
        assert (welcome["role"], welcome["participant"]) == ("participant", "alice")
        assert welcome["accounts"] == {"alice": 2}

        resting = await alice.order("sell", "2", "100.5", "a1", account="alice")
        assert {key: resting[key] for key in RESTING} == RESTING

        taken = await bob.order("buy", "0.5", "101", "b1", account="bob")
        assert (taken["exec_type"], taken["price"], taken["seq"]) == ("new", "101.0", 3)
        fill = await bob.receive()
        assert "id" not in fill
        assert {key: fill[key] for key in TAKEN} == TAKEN
        fill = await alice.receive()
        expected = {"exec_type": "trade", "order_status": "partially_filled", "seq": 4, "liquidity": "maker"}
        assert {key: fill[key] for key in expected} == expected
        assert (fill["order_id"], fill["fee"], fill["leaves_quantity"]) == (resting["order_id"], "0.00", "1.5")

        orders = await alice.ask(type="open_orders", account="alice")
        assert orders["seq"] == 4
        assert [(each["order_id"], each["leaves_quantity"]) for each in orders["orders"]] == [
            (resting["order_id"], "1.5")
        ]
        balances = await bob.ask(type="balances", account="bob")
        assert balances["balances"] == [
            {
                "asset": "RUB",
                "available": "999999949.69",
                "reserved": "0.00",
                "frozen": "0.00",
                "held": "0.00",
                "arrested": "0.00",
                "total": "999999949.69",
            },
            {
                "asset": "BTC",
                "available": "1000000.50000000",
                "reserved": "0.00000000",
                "frozen": "0.00000000",
                "held": "0.00000000",
                "arrested": "0.00000000",
                "total": "1000000.50000000",
            },
        ]


async def test_amend_cancel_mass_cancel_and_their_refusals(url):
    async with client(url, "alice") as alice:
        first = await alice.order("buy", "1", "99", "a1", account="alice")
        amended = await alice.ask(type="amend_order", account="alice", client_order_id="a1", quantity="0.5")
        assert (amended["exec_type"], amended["quantity"], amended["kept_priority"]) == ("amended", "0.5", True)
        amended = await alice.ask(type="amend_order", account="alice", order_id=first["order_id"], price="98.5")
        assert (amended["price"], amended["kept_priority"]) == ("98.5", False)
        cancelled = await alice.ask(type="cancel_order", account="alice", order_id=first["order_id"])
        assert (cancelled["exec_type"], cancelled["reason"], cancelled["order_status"]) == (
            "cancelled",
            "requested",
            "cancelled",
        )
        refused = await alice.ask(type="cancel_order", account="alice", order_id=first["order_id"])
        assert (refused["type"], refused["code"], refused["seq"]) == ("request_rejected", "unknown_order", 7)
        for number in range(3):
            await alice.order("buy", "1", f"9{number}", f"m{number}", account="alice")
        ended = await alice.ask(type="mass_cancel", account="alice", side="buy")
        assert (ended["type"], ended["orders"], ended["seq"]) == ("mass_cancelled", 3, 14)
        assert [(each["client_order_id"], each["reason"]) for each in alice.reports] == [
            ("m2", "mass_cancel"),
            ("m1", "mass_cancel"),
            ("m0", "mass_cancel"),
        ]


async def test_rejects_carry_their_code_and_use_up_the_id(url):
    async with client(url, "alice") as alice:
        for number, (quantity, price, code) in enumerate(
            [("1", "100.3", "tick"), ("0.05", "100", "lot"), ("1001", "100", "size"), ("900", "9999999", "notional")]
        ):
            reject = await alice.order("buy", quantity, price, f"r{number}", account="alice")
            assert (reject["exec_type"], reject["code"], reject["order_status"]) == ("rejected", code, "rejected")
            assert reject["detail"]
        reject = await alice.order("buy", "1", "100", "r9", account="alice", instrument="DOGE/RUB")
        assert reject["code"] == "unknown_instrument"
        reject = await alice.order("buy", "1", "100", "r0", account="alice")
        assert reject["code"] == "duplicate_id"
        foreign = await alice.order("buy", "1", "100", "x", account="bob")
        assert (foreign["code"], "seq" in foreign) == ("permission", False)
        status = await alice.order("buy", "1", "100.3", "r0", account="alice")
        assert (status["exec_type"], status["order_status"], status["code"]) == ("status", "rejected", "tick")


async def test_a_resent_order_is_answered_and_acts_once(url):
    async with client(url, "alice") as alice:
        first = await alice.order("buy", "1", "99", "a1", account="alice")
        again = await alice.order("buy", "1", "99", "a1", account="alice")
        assert again["exec_type"] == "status"
        assert again["order_id"] == first["order_id"]
        assert "seq" not in again
        assert len((await alice.ask(type="open_orders", account="alice"))["orders"]) == 1


async def test_two_connections_of_one_participant_hear_the_same_reports(url):
    async with client(url, "alice") as one, client(url, "alice", binary=True) as two:
        reply = await one.order("buy", "1", "99", "a1", account="alice")
        report = await two.receive()
        assert "id" in reply
        assert "id" not in report
        del reply["id"]
        assert report == reply


async def test_logins_that_fail(url):
    async with client(url) as stranger:
        refused = await stranger.login("alice", Ed25519PrivateKey.generate())
        assert (refused["type"], refused["code"]) == ("error", "login_failed")
        unknown = await stranger.login("mallory", Ed25519PrivateKey.generate())
        assert unknown["detail"] == refused["detail"]
        assert (await stranger.login("alice"))["type"] == "welcome"
        assert (await stranger.login("alice"))["code"] == "not_allowed"
    async with client(url) as stranger:
        for _ in range(3):
            assert (await stranger.login("alice", Ed25519PrivateKey.generate()))["code"] == "login_failed"
        with pytest.raises(ConnectionClosed) as closed:
            await stranger.receive()
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1008
    async with client(url) as one, client(url) as two:
        challenge = f"sbx.v1 login\nsmall\nalice\n{one.hello['nonce']}".encode()
        replayed = await two.ask(type="login", participant="alice", signature=KEYS["alice"].sign(challenge).hex())
        assert replayed["code"] == "login_failed"


async def test_who_may_what(url):
    async with (
        client(url) as public,
        client(url, "alice") as alice,
        client(url, "sue") as sue,
        client(url, "otto") as otto,
    ):
        assert (await public.order("buy", "1", "99", "x", account="alice"))["code"] == "not_logged_in"
        assert (await public.ask(type="admin", command="deposit"))["code"] == "not_logged_in"
        assert (await public.ask(type="balances", account="alice"))["code"] == "not_logged_in"
        assert (await public.ask(type="subscribe", channel="drop_copy"))["code"] == "not_logged_in"
        assert (await public.ask(type="instruments"))["instruments"][0]["tick_size"] == "0.5"
        assert (await alice.ask(type="open_orders", account="bob"))["code"] == "not_allowed"
        assert (await alice.ask(type="open_orders", account="nobody"))["code"] == "not_allowed"
        assert (await alice.ask(type="positions", account="bob"))["code"] == "not_allowed"
        assert (await public.ask(type="positions", account="alice"))["code"] == "not_logged_in"
        assert (await otto.ask(type="positions", account="bob"))["positions"] == []
        transfer = {
            "to_account": "bob",
            "asset": "RUB",
            "amount": "1",
            "purpose": "own_account",
            "client_order_id": "t",
        }
        assert (await otto.ask(type="transfer", account="alice", **transfer))["code"] == "not_allowed"
        assert (await public.ask(type="transfer", account="alice", **transfer))["code"] == "not_logged_in"
        assert (await alice.ask(type="subscribe", channel="drop_copy"))["code"] == "not_allowed"
        assert (await alice.ask(type="admin", command="deposit"))["code"] == "not_allowed"
        assert (await sue.order("buy", "1", "99", "x", account="alice"))["code"] == "not_allowed"
        deposit = {"account": "alice", "asset": "RUB", "amount": "1.50"}
        assert (await sue.ask(type="admin", command="deposit", arguments=deposit))["code"] == "not_allowed"
        assert (await sue.ask(type="balances", account="alice"))["type"] == "balances"
        assert (await otto.ask(type="admin", command="set_blocked", arguments={}))["code"] == "not_allowed"
        done = await otto.ask(type="admin", command="deposit", arguments=deposit)
        assert done["type"] == "done"
        assert (await alice.receive())["amount"] == "1.50"
        rejected = await otto.ask(type="admin", command="withdraw", arguments={**deposit, "amount": "9999999999"})
        assert (rejected["type"], rejected["code"], rejected["seq"]) == ("rejected", "funds", done["seq"] + 1)


async def test_the_supervisor_blocks_and_sees_the_drop_copy(url):
    async with client(url, "alice") as alice, client(url, "sue") as sue:
        subscribed = await sue.ask(type="subscribe", channel="drop_copy")
        assert subscribed["seq"] > 0
        order = await alice.order("buy", "1", "99", "a1", account="alice")
        copy = await sue.receive()
        assert (copy["order_id"], copy["seq"]) == (order["order_id"], order["seq"])
        done = await sue.ask(
            type="admin", command="set_blocked", arguments={"investor": "alice", "blocked": True, "reason": "test"}
        )
        assert done["type"] == "done"
        cancelled = await alice.receive()
        assert (cancelled["exec_type"], cancelled["reason"], cancelled["rule"]) == ("cancelled", "compliance", "SAN-1")
        assert sue.reports[-1]["exec_type"] == "cancelled"
        assert (await sue.ask(type="unsubscribe", channel="drop_copy"))["type"] == "unsubscribed"
        reject = await alice.order("buy", "1", "99", "a2", account="alice")
        assert (reject["code"], reject["rule"], reject["rules"]) == ("compliance", "SAN-1", ["SAN-1"])
        assert (await sue.ask(type="instruments"))["type"] == "instruments"
        assert [each for each in sue.reports if each.get("client_order_id") == "a2"] == []


async def test_the_operator_lists_an_instrument_and_opens_an_account(url):
    async with client(url, "otto") as otto, client(url, "bob") as bob, client(url) as public:
        asset = {"asset": "ETH", "kind": "crypto", "scale": 8}
        assert (await otto.ask(type="admin", command="add_asset", arguments=asset))["type"] == "done"
        listing = {
            "instrument": "ETH/RUB",
            "kind": "spot",
            "base": "ETH",
            "quote": "RUB",
            "tick": "0.05",
            "lot": "0.2",
            "min_quantity": "0.2",
            "max_quantity": "1000",
            "max_notional": "1000000.00",
            "collar_ppm": 50_000,
        }
        assert (await otto.ask(type="admin", command="list_instrument", arguments=listing))["type"] == "done"
        assert (await public.ask(type="subscribe", channel="status", instrument="ETH/RUB"))["seq"] == 0
        assert (await public.receive())["phase"] == "closed"
        opening = {"instrument": "ETH/RUB", "phase": "continuous", "reason": "listed"}
        assert (await otto.ask(type="admin", command="set_phase", arguments=opening))["type"] == "done"
        status = await public.receive()
        assert (status["phase"], status["reason"], status["seq"]) == ("continuous", "listed", 1)
        account = {"account": "bob.2", "participant": "bob", "investor": "bob"}
        assert (await otto.ask(type="admin", command="open_account", arguments=account))["type"] == "done"
        funds = {"account": "bob.2", "asset": "RUB", "amount": "1000"}
        assert (await otto.ask(type="admin", command="deposit", arguments=funds))["type"] == "done"
        # Logged in before the account was opened, and yet told.
        assert (await bob.receive())["available"] == "1000.00"
        order = await bob.order("buy", "0.2", "10.05", "b1", account="bob.2", instrument="ETH/RUB")
        assert (order["exec_type"], order["price"], order["quantity"]) == ("new", "10.05", "0.2")


@pytest.mark.parametrize(
    ("arguments", "detail"),
    [
        ({"asset": "RUB", "amount": "1"}, "arguments.account: missing"),
        ({"account": "alice", "asset": "RUB", "amount": 1}, "arguments.amount: expected a string"),
        ({"account": "alice", "asset": "RUB", "amount": "1.001"}, "arguments.amount: more than 2 decimals"),
        ({"account": "alice", "asset": "RUB", "amount": "-1"}, "arguments.amount: not a decimal"),
        ({"account": "alice", "asset": "XXX", "amount": "1"}, "arguments.amount: unknown asset"),
        ({"account": "alice", "asset": "RUB", "amount": "1", "by": "bob"}, "arguments: unknown name 'by'"),
        ({"account": "a" * 65, "asset": "RUB", "amount": "1"}, "arguments.account: too long"),
        ({"account": True, "asset": "RUB", "amount": "1"}, "arguments.account: expected a string"),
    ],
)
async def test_admin_arguments_are_checked(url, arguments, detail):
    async with client(url, "otto") as otto:
        error = await otto.ask(type="admin", command="deposit", arguments=arguments)
        assert (error["type"], error["code"]) == ("error", "malformed")
        assert error["detail"].startswith(detail)


async def test_a_rulebook_of_the_distribution_is_put_in_force_by_name(tmp_path):
    async with serving(tmp_path / "venue") as server, client(url_of(server), "sue") as sue:
        done = await sue.ask(type="admin", command="load_rulebook", arguments={"name": "general-2026", "reason": "t"})
        assert done["type"] == "done"
        for name in ("../secret.toml", "no-such-book"):
            refused = await sue.ask(type="admin", command="load_rulebook", arguments={"name": name})
            assert refused["code"] == "malformed"
        async with client(url_of(server)) as public:
            assert public.hello["rulebook"] == "general-2026"
    last = [decode_command(row[2]) for row in JournalReader(tmp_path / "venue" / "journal").rows()][-1]
    assert (last.name, last.by, last.reason) == ("general-2026", "sue", "t")


# ── market data ────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_market_data_of_a_public_client(url):
    async with client(url) as public, client(url, "alice") as alice, client(url, "bob", binary=True) as bob:
        await alice.order("sell", "1", "101", "a0", account="alice")
        book = NaiveBook()
        for channel in ("trades", "top", "ticker", "book", "status"):
            reply = await public.ask(type="subscribe", channel=channel, instrument="BTC/RUB")
            assert (reply["type"], reply["channel"]) == ("subscribed", channel)
        snapshot = await public.until("book_snapshot")
        book.apply(snapshot)
        assert book.best(10) == [("101.0", "1.0")]
        top = await public.until("top")
        assert (top["ask_price"], top["ask_quantity"], "bid_price" in top) == ("101.0", "1.0", False)
        assert top["prev_seq"] == top["seq"]
        assert (await public.until("status"))["phase"] == "continuous"

        await alice.order("buy", "3", "99.5", "a1", account="alice")
        await bob.order("sell", "1", "99.5", "b1", account="bob")
        await bob.order("buy", "0.3", None, "b2", account="bob")
        await alice.ask(type="cancel_order", account="alice", client_order_id="a1")
        prints = [await public.until("trade") for _ in range(2)]
        assert [(each["price"], each["quantity"], each["taker_side"], each["seq"]) for each in prints] == [
            ("99.5", "1.0", "sell", 1),
            ("101.0", "0.3", "buy", 2),
        ]
        while book.best(10) != [("101.0", "0.7")]:
            book.apply(await public.until("book_update"))
        seq = top["seq"]
        while "bid_price" in top or top["ask_quantity"] != "0.7":
            top = await public.until("top")
            assert top["prev_seq"] == seq
            seq = top["seq"]
        ticker = await public.until("ticker")
        while ticker.get("last_price") != "101.0":
            ticker = await public.until("ticker")
        assert (ticker["ask_price"], ticker["ask_quantity"]) == ("101.0", "0.7")

        await public.ask(type="unsubscribe", channel="book", instrument="BTC/RUB")
        await alice.order("buy", "3", "98", "a2", account="alice")
        await public.until("top")
        assert [each for each in public.reports if each["type"] == "book_update"] == []
        again = await public.ask(type="subscribe", channel="book", instrument="BTC/RUB")
        snapshot = await public.until("book_snapshot")
        assert snapshot["seq"] == again["seq"] == book.seq + 1
        missing = await public.ask(type="subscribe", channel="book", instrument="NO/PE")
        assert (missing["code"], missing["type"]) == ("unknown", "error")


async def test_a_book_follows_a_random_flow(url):
    chance = random.Random(7)
    async with client(url) as public, client(url, "alice") as alice:
        await public.ask(type="subscribe", channel="book", instrument="BTC/RUB")
        book = NaiveBook()
        sent = 0
        for number in range(400):
            price = 100 + chance.randint(-20, 20) / 2
            side = chance.choice(["buy", "sell"])
            if number % 5 == 4:
                await alice.send(type="cancel_order", account="alice", client_order_id=f"c{chance.randrange(number)}")
            else:
                terms = {"instrument": "BTC/RUB", "client_order_id": f"c{number}", "side": side, "account": "alice"}
                await alice.send(type="new_order", price=f"{price:.1f}", quantity=f"0.{chance.randint(1, 9)}", **terms)
            sent += 1
        await alice.ask(type="balances", account="alice")
        await public.ask(type="unsubscribe", channel="book", instrument="BTC/RUB")
        for message in public.reports:
            book.apply(message)
        assert len(public.reports) > 3, "coalesced, but not into nothing"
        own: dict[tuple[str, str], float] = {}
        for order in (await alice.ask(type="open_orders", account="alice"))["orders"]:
            key = (order["side"], order["price"])
            own[key] = own.get(key, 0) + float(order["leaves_quantity"])
        shown = {("buy", price): float(quantity) for price, quantity in book.sides[0].items()}
        shown |= {("sell", price): float(quantity) for price, quantity in book.sides[1].items()}
        assert shown == {key: pytest.approx(quantity) for key, quantity in own.items()}
        assert sent == 400
