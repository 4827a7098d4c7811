"""What is asked about an account's past, over a real socket: the same as its reports told, over restarts, days and archives."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from gateway.cli.recordings.snapshot import command as snapshot_command
from gateway.index.index import index_directory
from gateway.journal.compaction import archive, to_archive
from tests.support.gateway.journal.indexes import caught_up
from tests.support.gateway.venues.small_venue import RawClient, client, serving, url_of

Told = list[dict[str, Any]]

AS_TOLD = (
    "seq",
    "exec_id",
    "trade_id",
    "order_id",
    "client_order_id",
    "instrument",
    "side",
    "last_price",
    "last_quantity",
    "filled_quantity",
    "leaves_quantity",
    "liquidity",
    "fee",
    "transact_time",
)


async def pages(who: RawClient, kind: str, **query: Any) -> Told:
    """All that there is, page by page."""
    field = {"fills": "fills", "order_history": "orders", "settlements": "settlements"}[kind]
    found: Told = []
    cursor: dict[str, str] = {}
    while True:
        reply = await who.ask(type=kind, **query, **cursor)
        assert reply["type"] == kind, reply
        assert "truncated" not in reply
        found += reply[field]
        if not reply.get("more"):
            return found
        cursor = {"cursor": reply["cursor"]}


async def everything(who: RawClient, account: str) -> Told:
    """All reports of an account, as the venue tells them anew."""
    assert not (await who.ask(type="resume", account=account, after_seq=0))["snapshot"]
    # Some of them it had heard before.
    told = {each["seq"]: each for each in who.reports if each.get("account") == account}
    assert [*sorted(told)] == list(range(1, len(told) + 1))
    return [told[seq] for seq in sorted(told)]


def trades_of(reports: Told) -> Told:
    return [{name: each[name] for name in AS_TOLD} for each in reports if each.get("exec_type") == "trade"]


def as_told(fills: Told) -> Told:
    return [{name: each[name] for name in AS_TOLD} for each in fills]


async def trade(alice: RawClient, bob: RawClient, begin: int, end: int) -> None:
    """Orders of both that rest, trade, are amended, refused and cancelled."""
    for number in range(begin, end):
        await alice.order("sell", "1", f"{100 + number % 3}", f"a{number}", account="alice")
        await bob.order("buy", "0.5", f"{100 + number % 2}", f"b{number}", account="bob")
        if number % 4 == 0:
            await bob.order("buy", "0.55", "100", f"odd{number}", account="bob")
        if number % 3 == 0:
            await bob.order("buy", "2", None, f"m{number}", account="bob", time_in_force="ioc")
        if number % 5 == 0:
            await alice.ask(type="amend_order", account="alice", client_order_id=f"a{number}", quantity="1.5")
            await alice.ask(type="mass_cancel", account="alice")


@asynccontextmanager
async def both(url: str) -> AsyncIterator[tuple[RawClient, RawClient]]:
    async with client(url, "alice") as alice, client(url, "bob") as bob:
        yield alice, bob


async def live(directory: Path) -> dict[str, Told]:
    """A venue that runs and is started again; all reports of each account as it told them itself."""
    async with serving(directory) as server, both(url_of(server)) as (alice, bob):
        await trade(alice, bob, 0, 12)
    async with serving(directory) as server, both(url_of(server)) as (alice, bob):
        await trade(alice, bob, 12, 22)
        async with client(url_of(server), "sue") as sue:
            for place, trade_id in enumerate(("2", "9", "14")):
                correction = {"command": "bust_trade", "arguments": {"trade_id": int(trade_id), "reason": "a test"}}
                if place == 1:
                    correction = {
                        "command": "reprice_trade",
                        "arguments": {"trade_id": int(trade_id), "price": "99.5", "reason": "a test"},
                    }
                assert (await sue.ask(type="admin", **correction))["type"] == "done"
        return {"alice": await everything(alice, "alice"), "bob": await everything(bob, "bob")}


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Told]]:
    """It is stopped, and has a snapshot: whoever starts from it keeps no report."""
    directory = tmp_path_factory.mktemp("lived") / "venue"
    told = asyncio.run(live(directory))
    assert CliRunner().invoke(snapshot_command, [str(directory)]).exit_code == 0
    return directory, told


@pytest.fixture
def before(
    lived: tuple[Path, dict[str, Told]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[Path, dict[str, Told]]:
    """A copy of it, with an index of small runs."""
    monkeypatch.setattr("gateway.index.growing.RUN_ROWS", 25)
    directory, told = lived
    shutil.copytree(directory, tmp_path / "venue")
    caught_up(tmp_path / "venue" / "journal").close()
    return tmp_path / "venue", told


async def check_account(who: RawClient, account: str, reports: Told) -> None:
    """All that is asked about an account is what its reports told."""
    for limit in (7, 200):
        found = await pages(who, "fills", account=account, sort="oldest", limit=limit)
        assert as_told(found) == trades_of(reports)
        assert await pages(who, "fills", account=account, limit=limit) == found[::-1]
    corrected = {each["trade_id"]: each for each in reports if each["type"] == "trade_corrected"}
    for fill in found:
        since = corrected.get(fill["trade_id"])
        assert (fill.get("corrected") is None) == (since is None)
        if since is not None:
            names = ("seq", "fee", "reason", "new_price")
            assert {name: fill["corrected"].get(name) for name in names} == {name: since.get(name) for name in names}
    orders = await pages(who, "order_history", account=account, which="all", limit=50)
    last = {each["order_id"]: each for each in reports if each["type"] == "execution_report"}
    assert {each["order_id"] for each in orders} == last.keys()
    for order in orders:
        assert order["seq"] == last[order["order_id"]]["seq"]
        assert order["order_status"] == last[order["order_id"]]["order_status"]
    ended = await pages(who, "order_history", account=account, limit=50)
    assert len(ended) == sum(each["order_status"] in ("filled", "cancelled", "rejected") for each in orders) > 5
    for order in orders[::5]:
        reply = await who.ask(type="order_status", account=account, client_order_id=order["client_order_id"])
        assert (reply["order"], reply["account"]) == (order, account)


async def check_both(directory: Path, told: dict[str, Told]) -> None:
    """Start from the snapshot, ask, trade on, and ask again."""
    async with serving(directory) as server, both(url_of(server)) as (alice, bob):
        assert server.started.snapshot_seq
        await check_account(alice, "alice", told["alice"])
        await check_account(bob, "bob", told["bob"])
        await trade(alice, bob, 22, 25)
        for who, account in ((alice, "alice"), (bob, "bob")):
            reports = await everything(who, account)
            assert len(reports) > len(told[account])
            await check_account(who, account, reports)


async def test_all_is_found_that_was_before_the_start(before: tuple[Path, dict[str, Told]]) -> None:
    await check_both(*before)


async def test_it_is_found_in_archives_without_an_index(before: tuple[Path, dict[str, Told]]) -> None:
    directory, told = before
    journal = directory / "journal"
    for number in to_archive(journal, 1):
        archive(journal, number)
    assert list(journal.glob("*.zst"))
    shutil.rmtree(index_directory(journal))
    await check_both(directory, told)


async def test_what_is_not_kept_any_more_is_in_the_journal_of_a_venue_that_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.index.growing.RUN_ROWS", 25)
    monkeypatch.setattr("gateway.inbound.history.past.RUN_ROWS", 30)
    monkeypatch.setattr("gateway.outbound.private_reports.recent.MAX_RECENT_REPORTS", 12)
    async with (
        serving(tmp_path) as server,
        both(url_of(server)) as (alice, bob),
        both(url_of(server)) as (also_alice, also_bob),
    ):
        listening = {"alice": also_alice, "bob": also_bob}
        for begin in (0, 10, 20):
            await trade(alice, bob, begin, begin + 10)
            for who, account in ((alice, "alice"), (bob, "bob")):
                # Another connection hears every report, none as a reply.
                other = listening[account]
                last = (await other.ask(type="balances", account=account))["seq"]
                told = [{key: value for key, value in each.items() if key != "id"} for each in other.reports]
                assert [each["seq"] for each in told] == list(range(told[0]["seq"], last + 1))
                assert len(told) > 2 * 12
                await check_account(who, account, told)
            # As a follower would.
            caught_up(tmp_path / "journal").close()


async def test_pages_neither_skip_nor_repeat_what_comes_meanwhile(before: tuple[Path, dict[str, Told]]) -> None:
    directory, _ = before
    async with serving(directory) as server, both(url_of(server)) as (alice, bob):
        for sort in ("newest", "oldest"):
            known = len(trades_of(await everything(bob, "bob")))
            found: Told = []
            cursor: dict[str, str] = {}
            number = 100 if sort == "newest" else 200
            while True:
                reply = await bob.ask(type="fills", account="bob", sort=sort, limit=4, **cursor)
                found += reply["fills"]
                if not reply.get("more"):
                    break
                cursor = {"cursor": reply["cursor"]}
                if number % 100 < 8:
                    await trade(alice, bob, number, number + 1)
                    number += 1
            every = trades_of(await everything(bob, "bob"))
            assert len(every) > known
            assert as_told(found) == (every[:known][::-1] if sort == "newest" else every)


async def test_who_may_ask_and_what(before: tuple[Path, dict[str, Told]]) -> None:
    directory, _ = before
    questions: list[dict[str, Any]] = [
        {"type": "fills"},
        {"type": "order_history"},
        {"type": "settlements"},
        {"type": "order_status", "client_order_id": "a1"},
    ]
    async with serving(directory) as server, client(url_of(server), "bob") as bob:
        async with client(url_of(server), "sue") as sue, client(url_of(server)) as nobody:
            for question in questions:
                assert (await bob.ask(**question, account="alice"))["code"] == "not_allowed"
                assert (await bob.ask(**question, account="none"))["code"] == "not_allowed"
                assert (await nobody.ask(**question, account="alice"))["code"] == "not_logged_in"
                assert (await sue.ask(**question, account="alice"))["type"] == question["type"]
            assert await pages(sue, "fills", account="bob") == await pages(bob, "fills", account="bob")
        assert (await bob.ask(type="order_status", account="bob", client_order_id="none"))["code"] == "unknown"
        for wrong in (
            {},
            {"order_id": 3, "client_order_id": "b1"},
            {"order_id": 3, "trading_day": "2026-01-01"},
            {"client_order_id": "b1", "trading_day": "2026-02-30"},
        ):
            assert (await bob.ask(type="order_status", account="bob", **wrong))["code"] == "malformed"


@pytest.mark.parametrize("binary", [False, True])
async def test_an_instrument_that_is_not_listed_is_refused_and_orders_for_it_are_found(
    tmp_path: Path, binary: bool
) -> None:
    async with serving(tmp_path) as server, client(url_of(server), "bob", binary=binary) as bob:
        for kind in ("fills", "settlements"):
            reply = await bob.ask(type=kind, account="bob", instrument="NO/SUCH")
            assert (reply["type"], reply["code"], reply["detail"]) == (
                "error",
                "unknown",
                "no instrument NO/SUCH is listed",
            )
            # As another question says it.
            candles = await bob.ask(type="candle_history", instrument="NO/SUCH", interval="1m")
            assert (candles["code"], candles["detail"]) == (reply["code"], reply["detail"])
            assert (await bob.ask(type=kind, account="bob", instrument="BTC/RUB"))[kind] == []
        refused = await bob.order("buy", "1", "100", "typo", account="bob", instrument="NO/SUCH")
        assert refused["code"] == "unknown_instrument"
        (order,) = (await bob.ask(type="order_history", account="bob", instrument="NO/SUCH"))["orders"]
        assert order["client_order_id"] == "typo"
        assert (await bob.ask(type="order_history", account="bob", instrument="NOR/THIS"))["orders"] == []


async def test_without_the_index_the_answer_says_that_something_is_missing(
    before: tuple[Path, dict[str, Told]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.inbound.history.past.MAX_UNINDEXED_ROWS", 30)
    directory, _ = before
    journal = directory / "journal"
    shutil.rmtree(index_directory(journal))
    async with serving(directory) as server, both(url_of(server)) as (alice, bob):
        reply = await bob.ask(type="fills", account="bob")
        assert (reply["fills"], reply["truncated"], reply.get("more", False)) == ([], True, False)
        lost = await bob.ask(type="order_status", account="bob", client_order_id="b1")
        assert lost["code"] == "unknown"
        assert "not kept" in lost["detail"]
        await trade(alice, bob, 30, 32)
        reply = await bob.ask(type="fills", account="bob")
        assert len(reply["fills"]) > 1
        assert reply["truncated"]
        # A follower has built it again.
        caught_up(journal).close()
        await check_account(bob, "bob", await everything(bob, "bob"))


async def test_an_answer_ends_when_it_has_read_enough(
    before: tuple[Path, dict[str, Told]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.inbound.history.looking.MAX_PAST_ROWS", 12)
    directory, told = before
    async with serving(directory) as server, both(url_of(server)) as (alice, bob):
        reply = await bob.ask(type="fills", account="bob", instrument="BTC/RUB", limit=200)
        assert len(reply["fills"]) < len(trades_of(told["bob"]))
        assert reply["more"]
        for who, account in ((alice, "alice"), (bob, "bob")):
            found = await pages(who, "fills", account=account, sort="oldest", limit=200)
            assert as_told(found) == trades_of(told[account])
            assert await pages(who, "fills", account=account, limit=200) == found[::-1]
            orders = await pages(who, "order_history", account=account, which="all")
            assert len(orders) == len({each["order_id"] for each in told[account] if "order_id" in each})
