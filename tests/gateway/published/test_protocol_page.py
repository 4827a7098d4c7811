"""Each message on the page is one that goes over the wire: requests are sent to a real venue, the venue's own are met there."""

from __future__ import annotations

import datetime
import json
import re
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from gateway.published.examples import EXAMPLES
from gateway.published.operations import REQUESTS, wire_name
from gateway.venue.template import write_default_venue
from gateway.venue.venue import load_venue
from tests.support.gateway.inprocess.played_again import playing, record
from tests.support.gateway.protocol.contract import MESSAGES, faults, traffic
from tests.support.gateway.protocol.contract import REQUESTS as REQUEST_KINDS
from tests.support.gateway.protocol.protocol_page import PAGE, fragments, is_example, is_like, messages
from tests.support.gateway.venues.clearing_desk import at_desk
from tests.support.gateway.venues.four_eyes import SECOND, entry
from tests.support.gateway.venues.small_venue import RawClient, client, serving, url_of

YEAR_NS = 366 * 86_400 * 10**9
SUPERVISING = ("records", "admin")
REPLIES = {wire_name(asked.request): {wire_name(reply) for reply in asked.replies} for asked in REQUESTS}
BOTH = REQUEST_KINDS.keys() & MESSAGES.keys()
"""Names that a request and its answer share: an answer has more than its question."""


def is_request(message: dict[str, Any]) -> bool:
    name = message["type"]
    if name not in BOTH:
        return name in REQUEST_KINDS
    return message.keys() <= set(REQUEST_KINDS[name].__struct_fields__) | {"type"}


SHOWN = messages()
ASKED = [message for message in SHOWN if is_request(message)]
TOLD = [message for message in SHOWN if not is_request(message)]


def test_the_page_shows_what_it_did():
    assert len(ASKED) >= 15
    assert len(TOLD) >= 13
    assert {"hello", "welcome", "error", "execution_report", "book_update"} <= {message["type"] for message in TOLD}


# ── requests ───────────────────────────────────────────────────────────────────────────────────────────────────────


class DefaultVenue:
    """The default venue with its own participants, and a second supervisor."""

    def __init__(self, directory: Path) -> None:
        write_default_venue(directory, datetime.datetime.now(tz=datetime.UTC).date(), "general-2026", port=0)
        with (directory / "venue.toml").open("a", encoding="utf-8") as file:
            file.write(entry("eve"))
        self.directory = directory
        self.venue = load_venue(directory)

    def key(self, name: str) -> Ed25519PrivateKey:
        key = load_pem_private_key((self.directory / "keys" / f"{name}.pem").read_bytes(), password=None)
        assert isinstance(key, Ed25519PrivateKey)
        return key


class Senders:
    """Who sends the requests of the page: each once, as it stands there but for what no page can know."""

    def __init__(self, venue: DefaultVenue, url: str, anna: RawClient, supervisor: RawClient, eve: RawClient) -> None:
        self.venue = venue
        self.url = url
        self.anna = anna
        self.supervisor = supervisor
        self.eve = eve

    async def send(self, shown: dict[str, Any]) -> dict[str, Any]:
        """Send a request of the page; its reply."""
        request = {key: value for key, value in shown.items() if key != "id"}
        if request["type"] == "login":
            name = request["participant"]
            if "cancel_on_disconnect" not in request:
                return await self.anna.login(name, self.venue.key(name))
            async with client(self.url) as other:
                return await other.login(
                    name, self.venue.key(name), cancel_on_disconnect=request["cancel_on_disconnect"]
                )
        if request["type"] == "logout":
            async with client(self.url) as other:
                await other.login("anna", self.venue.key("anna"))
                return await other.ask(**request)
        if request["type"] == "admin":
            return await self._admin(request)
        is_theirs = request["type"] in SUPERVISING or request.get("channel") in ("drop_copy", "changes")
        return await (self.supervisor if is_theirs else self.anna).ask(**request)

    async def _admin(self, request: dict[str, Any]) -> dict[str, Any]:
        command, arguments = request["command"], dict(request["arguments"])
        if command == "record_acknowledgement":
            known = (await self.anna.ask(type="risk_warning", account="anna.main"))["known"]
            return await self.anna.ask(**{**request, "arguments": {**arguments, "digest": known[0]}})
        if command == "faucet":
            return await self.anna.ask(**request)
        if command == "effective_from":
            # A date to come, whenever the test runs.
            arguments["effective_ns"] = max(arguments["effective_ns"], time.time_ns() + YEAR_NS)
        if command == "approve":
            arguments["proposal"] = await self._proposal()
            return await self.eve.ask(**{**request, "arguments": arguments})
        return await self.supervisor.ask(**{**request, "arguments": arguments})

    async def _proposal(self) -> int:
        """Something that waits for a second approval."""
        for command, arguments in (
            ("set_approval", {"second": ["rulebooks"]}),
            ("set_parameter", {"rule": "RET-1", "key": "retail_cap_rub", "value": "400000.00", "reason": "a test"}),
        ):
            reply = await self.supervisor.ask(type="admin", command=command, arguments=arguments)
            assert reply["type"] == "done", reply
        assert reply["waits_until"] > 0
        return int(reply["seq"])


@asynccontextmanager
async def senders(directory: Path) -> AsyncIterator[Senders]:
    venue = DefaultVenue(directory)
    async with serving(directory, venue.venue) as server, AsyncExitStack() as stack:
        anna, supervisor, eve = [await stack.enter_async_context(client(url_of(server))) for _ in range(3)]
        assert (await supervisor.login("supervisor", venue.key("supervisor")))["type"] == "welcome"
        assert (await eve.login("eve", SECOND))["type"] == "welcome"
        yield Senders(venue, url_of(server), anna, supervisor, eve)


async def test_every_request_on_the_page_is_one_that_a_venue_takes(tmp_path):
    answered = []
    async with senders(tmp_path) as people:
        for shown in ASKED:
            reply = await people.send(shown)
            assert reply["type"] in REPLIES[shown["type"]], (shown, reply)
            answered.append((shown["type"], reply["type"]))
            if shown["type"] == "admin":
                assert reply["type"] == "done", (shown, reply)
    assert len(answered) == len(ASKED)
    assert {"welcome", "rates", "records", "positions", "subscribed", "done"} <= {reply for _, reply in answered}


# ── what the venue says ────────────────────────────────────────────────────────────────────────────────────────────


async def met_at_a_default_venue(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The requests of the page, an order, a mistake, a return, and the tip of the journal."""
    monkeypatch.setattr("gateway.server.upkeep.upkeep.TIP_EVERY_NS", 1)
    async with senders(directory) as people:
        for shown in ASKED:
            await people.send(shown)
        terms = {"account": "anna.main", "instrument": "ETH/RUB", "side": "buy", "price": "249000", "quantity": "0.010"}
        await people.anna.ask(type="new_order", client_order_id="a-1", **terms)
        await people.anna.ask(type="new_order", client_order_id="a-2", **{**terms, "price": "1.123456789"})
        await people.anna.ask(type="resume", account="anna.main", after_seq=0)
        await people.anna.until("journal_tip")


async def met_by_who_asks_too_much(directory: Path) -> None:
    venue = DefaultVenue(directory)
    file = directory / "venue.toml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("address = { rate = 1_000, burst = 10_000 }", "address = { rate = 100, burst = 100 }"))
    async with serving(directory, load_venue(directory)) as server, client(url_of(server)) as stranger:
        for number in range(1_000):
            await stranger.socket.send(json.dumps({"type": "rates", "id": 10_000 + number}))
        await stranger.until("error")
    assert venue.venue.venue_id == "sandbox"


async def met_in_clearing(directory: Path) -> None:
    """Bob is short and called, and asks for his positions."""
    async with at_desk(directory) as desk:
        await desk.leave_bob("1200")
        await desk.bob_sells_ten()
        await desk.done(desk.otto, "set_index_price", index="BTC", price="150.2", source="by hand")
        await desk.done(desk.sue, "mark_future", instrument="BTC-FUT")
        await desk.bob.until("margin_call")
        await desk.bob.ask(type="positions", account="bob")


async def met_in_a_book(directory: Path) -> None:
    async with serving(directory) as server, client(url_of(server), "alice") as alice:
        for number, (side, price) in enumerate((("buy", "99"), ("buy", "98"), ("sell", "101"))):
            await alice.order(side, "1", price, f"a{number}", account="alice")
        for channel in ("book", "orders"):
            await alice.ask(type="subscribe", channel=channel, instrument="BTC/RUB")
        await alice.ask(type="cancel_order", account="alice", client_order_id="a0")
        await alice.until("book_update")
        await alice.until("orders_update")


async def met_in_candles(directory: Path) -> None:
    """A second with a trade is over, and another one runs."""
    candles = {"channel": "candles", "instrument": "BTC/RUB", "interval": "1s"}
    async with (
        serving(directory) as server,
        client(url_of(server), "alice") as alice,
        client(url_of(server), "bob") as bob,
    ):
        await alice.ask(type="subscribe", **candles)
        for number in range(2):
            await alice.order("buy", "1", "99", f"a{number}", account="alice")
            await bob.order("sell", "1", "99", f"b{number}", account="bob")
            while number == 0 and "closed" not in await alice.until("candle"):
                pass
        await bob.ask(type="subscribe", **candles)
        await bob.until("candle_snapshot")


async def met_at_a_recording(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.playback.server.BEGIN_SECONDS", 3_600)
    record(directory, 1, 40)
    async with playing(directory, speed="10x") as server, client(f"ws://127.0.0.1:{server.port}") as watcher:
        await watcher.login("alice")
        await watcher.ask(type="subscribe", channel="trades", instrument="BTC/RUB")
        server._begin()
        await watcher.until("recording_ended")


@pytest.fixture
async def met(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What real venues sent to clients of these stories."""
    with traffic() as kept:
        await met_at_a_default_venue(tmp_path / "default", monkeypatch)
        await met_by_who_asks_too_much(tmp_path / "many")
        await met_in_clearing(tmp_path / "clearing")
        await met_in_a_book(tmp_path / "book")
        await met_in_candles(tmp_path / "candles")
        await met_at_a_recording(tmp_path / "recording", monkeypatch)
    return kept


async def test_every_message_on_the_page_is_like_one_that_a_venue_sent(met):
    strange = [shown for shown in TOLD if not any(is_like(shown, real) for real in met)]
    assert strange == []
    for part in fragments():
        ((field, value),) = part.items()
        assert any(is_like(value, real[field]) for real in met if field in real), part


# ── the examples of the document ───────────────────────────────────────────────────────────────────────────────────

WRITTEN = [{"type": wire_name(kind), **example} for kind, examples in EXAMPLES.items() for example in examples]


def test_the_examples_of_the_document_are_those_of_the_page():
    missing = [shown for shown in SHOWN if not any(is_example(shown, example) for example in WRITTEN)]
    assert missing == []
    # The program at the top of the page makes these two; another test runs it.
    program = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)[0]
    elsewhere = [example for example in WRITTEN if not any(is_example(shown, example) for shown in SHOWN)]
    assert [example["type"] for example in elsewhere] == ["new_order", "cancel_order"]
    for example in elsewhere:
        for field, value in example.items():
            if field not in ("type", "id", "account"):
                assert f'"{field}": "{value}"' in program, field


def test_every_example_is_sound():
    for example in WRITTEN:
        assert faults(example, of_client=is_request(example)) == [], example


def test_what_is_not_like_it_is_seen():
    shown = {"type": "top", "price": "1.5", "seq": 4, "levels": [["1", "2"]], "link": "9f..."}
    real = {"type": "top", "price": "2", "seq": 9, "levels": [["3", "4"], ["5", "6"]], "link": "ab"}
    assert is_like(shown, real)
    for change in ({"price": "x"}, {"seq": "9"}, {"levels": [["a", "b"]]}, {"more": 1}, {"link": 1}):
        assert not is_like(shown, {**real, **change}), change
    assert not is_like(shown, {key: value for key, value in real.items() if key != "seq"})
    assert is_example({"a": "9f...", "b": "<128>", "c": "[...]"}, {"a": "9fab", "b": "00", "c": []})
    assert not is_example({"a": "9f..."}, {"a": "8fab"})
