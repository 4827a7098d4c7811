"""Every channel of a real venue, kept by an outsider's program: what it has at the end is what the venue has."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from engine.book.entities import Account
from engine.exchange import Exchange
from engine.record.rows import Row
from engine.vocabulary.codes import BUY, PHASES, SELL
from engine.vocabulary.decimals import decimal
from engine.vocabulary.limits import NS_PER_SECOND
from engine.vocabulary.messages.events import FutureMarked, IndexPriceSet, Trade
from gateway.venue.template import write_default_venue
from tests.support.gateway.feeds.handed_out import rows_of
from tests.support.gateway.journal.replayed import replayed
from tests.support.gateway.outside.outsider import Outsider, connect, hello_of, key_in
from tests.support.gateway.processes.live_venue import LiveVenue, live_venue

TRADES = 30
CONFLATED_SECONDS = 0.3
"""Longer than an interval of the conflated books."""
FUTURE = "BTC-FUT-2026-12"
Print = tuple[int, int, Decimal, Decimal]
"""Number, time, price and quantity of a trade."""
SIDES = (("bids", "buy", BUY), ("asks", "sell", SELL))


@asynccontextmanager
async def joined(venue: LiveVenue, participant: str) -> AsyncIterator[Outsider]:
    """An outsider's program that has logged in, and reads until the venue has gone."""
    async with connect(venue.url, subprotocols=["sbx.v1.json"], max_size=None) as socket:
        outsider = Outsider(socket)
        hello = await hello_of(socket)
        outsider.reading = asyncio.create_task(outsider.read())
        await outsider.log_in(participant, key_in(venue.key(participant)), hello)
        try:
            yield outsider
        finally:
            outsider.reading.cancel()


async def carry_out(outsider: Outsider, command: str, **arguments: Any) -> None:
    """Send an admin command, which is carried out."""
    await outsider.ask(type="admin", command=command, arguments=arguments)


async def act(supervisor: Outsider, operator: Outsider, step: int) -> None:
    """What those who run a venue do while it trades."""
    value = f"{300_001 + step}.00"
    await carry_out(supervisor, "set_parameter", rule="RET-1", key="retail_cap_rub", value=value, reason="a trial")
    await carry_out(supervisor, "set_blocked", investor="daria", blocked=step % 2 == 0, reason="a trial")
    await carry_out(
        supervisor, "set_kill_switch", scope="instrument", key="TON/RUB", on=step % 2 == 0, reason="a trial"
    )
    await carry_out(operator, "deposit", account="anna.main", asset="RUB", amount="1000.50", reason="a trial")
    await carry_out(operator, "set_index_price", index="BTC", price=str(8_000_000 + step), source="a trial")
    await carry_out(operator, "mark_future", instrument=FUTURE)
    await carry_out(operator, "set_phase", instrument="ETH/RUB", phase="volatility_auction", reason="a trial")
    await asyncio.sleep(0.3)
    await carry_out(operator, "set_phase", instrument="ETH/RUB", phase="continuous", reason="a trial")
    # Of two trades of bitcoin, one is undone and one gets another price.
    trades = [each for each in supervisor.told["trade"] if each["instrument"] == "BTC/RUB"]
    for trade, command in zip(trades[2 * step :], ("bust_trade", "reprice_trade"), strict=False):
        arguments = {"trade_id": trade["trade_id"], "reason": "a trial"}
        if command == "reprice_trade":
            arguments["price"] = str(int(trade["price"]) - 100)
        await carry_out(supervisor, command, **arguments)


async def session(directory: Path, seconds: float) -> Outsider:
    """Participants trade, supervisors act, an outsider listens; everything ends, and is quiet before."""
    write_default_venue(directory, datetime.now(UTC).date(), "general-2026")
    file = directory / "venue.toml"
    file.write_text(file.read_text().replace("heartbeat_s = 5", "heartbeat_s = 1"))
    async with AsyncExitStack() as connections:
        with live_venue(directory) as venue:
            supervisor, operator = [
                await connections.enter_async_context(joined(venue, name)) for name in ("supervisor", "operator")
            ]
            await supervisor.follow_all(await all_accounts(supervisor))
            steps = await traded(directory, supervisor, operator, seconds)
            await asyncio.sleep(CONFLATED_SECONDS)
            async with asyncio.timeout(20):
                await supervisor.hear_candles_close()
            await check_changes(supervisor, steps)
        # It has said goodbye, and closed.
        assert supervisor.reading is not None
        await asyncio.wait_for(supervisor.reading, 20)
    return supervisor


async def traded(directory: Path, supervisor: Outsider, operator: Outsider, seconds: float) -> int:
    """Let participants trade, and act meanwhile; returns how many times."""
    arguments = ("-m", "gateway.cli", "participants", str(directory), "--pace", "1", "--seed", "11")
    company = await asyncio.create_subprocess_exec(sys.executable, *arguments, stderr=asyncio.subprocess.DEVNULL)
    steps, loop = 0, asyncio.get_running_loop()
    try:
        async with asyncio.timeout(60 + seconds):
            await supervisor.hear("trade")
            end = loop.time() + seconds
            # However slow the machine is, all of it is there to be compared.
            while loop.time() < end or not has_all(supervisor):
                await act(supervisor, operator, steps)
                steps += 1
    finally:
        # Not asked to end: what rests is to stay.
        company.kill()
        await company.wait()
    return steps


def has_all(heard: Outsider) -> bool:
    """Whether there was some of all that is compared."""
    said = {"trade", "new", "cancelled", "amended", "rejected", "funds", "variation_margin", "trade_corrected"}
    told = {"heartbeat", "change", "auction", "mark", "index_price"}
    has_call = any(Decimal(final["volume"]) for final, _ in heard.calls)
    is_told = said <= heard.accounts.types.keys() and told <= heard.heard.keys()
    return is_told and has_call and len(heard.told["trade"]) >= TRADES


async def check_changes(heard: Outsider, steps: int) -> None:
    """What changed last is what stands."""
    last = {(each["what"], each["key"]): each["detail"] for each in heard.told["change"]}
    parameter = await heard.records("parameter", "RET-1.retail_cap_rub")
    assert last["parameter", "RET-1 retail_cap_rub"].partition(" -> ")[2] == parameter["value"]
    is_on = steps % 2 == 1
    assert last["blocked", "daria"] == ("blocked" if is_on else "not blocked")
    assert (await heard.records("investor", "daria")).get("blocked", False) == is_on
    assert last["kill_switch", "instrument:TON/RUB"] == ("on" if is_on else "off")
    assert (await heard.records("instrument", "TON/RUB")).get("killed", False) == is_on
    assert last["phase", "ETH/RUB"] == (await heard.records("instrument", "ETH/RUB"))["phase"]


async def all_accounts(outsider: Outsider) -> list[str]:
    """Names of all accounts."""
    found: list[str] = []
    while True:
        page = await outsider.ask(type="records", kind="account", after=len(found))
        found += [each["name"] for each in page["records"]]
        if not page.get("more"):
            return found


def check_books(heard: Outsider, exchange: Exchange) -> int:
    """Books of every depth and pace, the best prices and each order's place are the engine's; returns how many orders show."""
    shown = 0
    for name, book in exchange.books.items():
        top, ticker = heard.last["top", name], heard.last["ticker", name]
        for side, word, code in SIDES:
            levels = [written(heard, name, *level) for level in book.levels(code)]
            for options, count in (("/", None), ("5/", 5), ("/100ms", None)):
                assert decimals(heard.books[name, options].best(side)) == levels[:count], (name, side, options)
            # What shows, and nothing of what hides.
            queue = decimals(heard.queues[name].side(word))
            assert queue == [written(heard, name, order.price_ticks, order.shown_lots) for order in book.orders(code)]
            best = top.get(f"{side[:-1]}_price"), top.get(f"{side[:-1]}_quantity")
            assert best == (ticker.get(f"{side[:-1]}_price"), ticker.get(f"{side[:-1]}_quantity"))
            assert decimals([best] if levels else []) == levels[:1]
            shown += len(queue)
        assert heard.last["status", name]["phase"] == PHASES[book.phase]
    return shown


def written(heard: Outsider, name: str, ticks: int, lots: int) -> tuple[Decimal, Decimal]:
    """A price and a quantity of the engine's."""
    instrument = heard.instruments[name]
    return ticks * Decimal(instrument["tick_size"]), lots * Decimal(instrument["lot_size"])


def decimals(pairs: list[tuple[Any, Any]]) -> list[tuple[Decimal, Decimal]]:
    """Prices and quantities as numbers."""
    return [(Decimal(price), Decimal(quantity)) for price, quantity in pairs]


def check_prints(heard: Outsider, rows: list[Row]) -> int:
    """Every trade was told once, in order; candles and the figures of 24 hours follow from them. Returns how many there were."""
    printed: dict[str, list[Print]] = {name: [] for name in heard.instruments}
    for _, time_ns, _, events in rows:
        for event in events:
            if isinstance(event, Trade):
                terms = written(heard, event.instrument, event.price_ticks, event.quantity_lots)
                printed[event.instrument].append((event.trade_id, time_ns, *terms))
    for name, trades in printed.items():
        own = [each for each in heard.told["trade"] if each["instrument"] == name]
        found = [(each["trade_id"], each["time"], Decimal(each["price"]), Decimal(each["quantity"])) for each in own]
        assert found == trades, name
        ticker = heard.last["ticker", name]
        assert ticker["trades_24h"] == len(trades)
        assert Decimal(ticker["volume_24h"]) == sum(quantity for *_, quantity in trades)
        assert Decimal(ticker["turnover_24h"]) == sum(price * quantity for _, _, price, quantity in trades)
        if trades:
            assert shape(ticker, "open_24h", "high_24h", "low_24h", "last_price") == shape_of(trades)
        check_candles({start: each for (of, start), each in heard.candles.items() if of == name}, trades)
    return sum(map(len, printed.values()))


def check_candles(told: dict[int, dict[str, Any]], trades: list[Print]) -> None:
    """Each second with trades has a candle of just those."""
    seconds: dict[int, list[Print]] = {}
    for trade in trades:
        seconds.setdefault(trade[1] // NS_PER_SECOND * NS_PER_SECOND, []).append(trade)
    assert told.keys() == seconds.keys()
    for start, inside in seconds.items():
        candle = told[start]
        assert candle["closed"] and candle["trades"] == len(inside)
        assert shape(candle, "open", "high", "low", "close") == shape_of(inside)
        assert Decimal(candle["volume"]) == sum(quantity for *_, quantity in inside)
        assert Decimal(candle["turnover"]) == sum(price * quantity for _, _, price, quantity in inside)


def shape(message: dict[str, Any], *keys: str) -> list[Decimal]:
    """Figures of a message."""
    return [Decimal(message[key]) for key in keys]


def shape_of(trades: list[Print]) -> list[Decimal]:
    """First, highest, lowest and last price."""
    prices = [price for _, _, price, _ in trades]
    return [prices[0], max(prices), min(prices), prices[-1]]


def check_calls(heard: Outsider) -> None:
    """What a call ended with is what it trades next."""
    for final, before in heard.calls:
        left = Decimal(final["volume"])
        trades = (each for each in heard.told["trade"][before:] if each["instrument"] == final["instrument"])
        while left > 0:
            trade = next(trades)
            assert (trade["price"], trade["time"]) == (final["price"], final["time"])
            left -= Decimal(trade["quantity"])
        assert left == 0


def check_stated(heard: Outsider, rows: list[Row]) -> None:
    """The last mark of a future, and the last price of its index."""
    events = [event for *_, row_events in rows for event in row_events]
    marked = [each for each in events if isinstance(each, FutureMarked) and each.instrument == FUTURE]
    assert Decimal(heard.last["mark", FUTURE]["price"]) == written(heard, FUTURE, marked[-1].price_ticks, 0)[0]
    stated = [each for each in events if isinstance(each, IndexPriceSet) and each.index == "BTC"]
    assert Decimal(heard.last["index_price", "BTC"]["price"]) == Decimal(stated[-1].price_e8) / 10**8


def check_accounts(heard: Outsider, exchange: Exchange) -> None:
    """By the drop copy alone, every account has the orders and the holdings that it has."""
    assets = list(exchange.assets.values())
    assert heard.accounts.seqs.keys() == exchange.accounts.keys()
    for name, account in exchange.accounts.items():
        assert heard.accounts.seqs[name] == account.report_seq, name
        assert heard.accounts.orders[name].keys() == account.open_orders.keys(), name
        for number, order in account.open_orders.items():
            lot = Decimal(heard.instruments[order.instrument_name]["lot_size"])
            assert Decimal(heard.accounts.orders[name][number]) == order.leaves_lots * lot
        owned = {asset: amount for asset, amount in heard.accounts.owned[name].items() if amount}
        assert owned == holdings(account, assets), name


def holdings(account: Account, assets: list[Any]) -> dict[str, Decimal]:
    """All it owns, by asset."""
    found = {assets[place]: balance.owned for place, balance in account.balances.items()}
    return {asset.asset: Decimal(decimal(owned, asset.scale)) for asset, owned in found.items() if owned}


@pytest.mark.parametrize("seconds", [3, pytest.param(60, marks=pytest.mark.soak)])
async def test_what_an_outsider_keeps_is_what_the_venue_has(tmp_path: Path, seconds: float) -> None:
    directory = tmp_path / "venue"
    heard = await session(directory, seconds)
    exchange, rows = list(replayed(directory))[-1], rows_of(directory / "journal")
    assert heard.goodbye is not None
    assert check_books(heard, exchange) > 20
    assert check_prints(heard, rows) >= TRADES
    check_accounts(heard, exchange)
    check_calls(heard)
    check_stated(heard, rows)
