"""One venue speaks two languages at once: each connection is told words in its own, and everything else is the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gateway.client import connect
from gateway.client.values.errors import OrderRejected, RequestFailed
from tests.support.gateway.venues.small_venue import KEYS, RawClient, client, serving, url_of

ORDER = {"type": "new_order", "account": "alice", "client_order_id": "a", "instrument": "BTC/RUB", "side": "buy"}


async def log_in(raw: RawClient, name: str, lang: str) -> dict[str, Any]:
    challenge = f"sbx.v1 login\n{raw.hello['venue']}\n{name}\n{raw.hello['nonce']}"
    signature = KEYS[name].sign(challenge.encode()).hex()
    return await raw.ask(type="login", participant=name, signature=signature, lang=lang)


def but_words(message: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in message.items() if key not in ("detail", "title", "id")}


@pytest.mark.parametrize("binary", [False, True])
async def test_two_connections_of_one_participant_hear_each_in_its_language(tmp_path: Path, binary: bool) -> None:
    async with serving(tmp_path) as server:
        url = url_of(server)
        async with client(url, binary=binary) as russian, client(url, "alice") as english, client(url, "sue") as copy:
            assert (await log_in(russian, "alice", "ru"))["lang"] == "ru"
            await copy.ask(type="subscribe", channel="drop_copy")
            told = await russian.ask(**ORDER, quantity="1000000", price="100")
            other = await english.until("execution_report")
            copied = await copy.until("execution_report")
            assert told["detail"] == "количество должно быть от 0.1 до 1000"
            assert other["detail"] == "the quantity must be from 0.1 to 1000"
            assert other["template"] == told["template"] == "size.range"
            assert but_words(told) == but_words(other)
            assert copied["detail"] == other["detail"]
            # The other way round: shared frames are made for each language.
            told = await english.ask(**{**ORDER, "client_order_id": "b"}, quantity="0.05", price="100")
            other = await russian.until("execution_report")
            assert (told["detail"][:8], other["detail"][:5]) == ("the quan", "колич")
            # What was missed is told in the language of who asks.
            missed = await russian.ask(type="resume", account="alice", after_seq=0)
            assert missed["type"] == "resumed"
            assert all("а" < each["detail"][0] < "я" for each in russian.reports if each.get("detail"))


async def test_errors_are_in_the_language_of_the_connection(tmp_path: Path) -> None:
    async with serving(tmp_path) as server:
        async with client(url_of(server)) as raw:
            refused = await raw.ask(type="login", participant="alice", signature="0" * 128, lang="ru")
            assert refused["detail"] == "неизвестный участник, или подпись неверна"
            await log_in(raw, "alice", "ru")
            wrong = await raw.ask(**ORDER, quantity="1e5", price="100")
            assert wrong["detail"] == 'quantity: не десятичное число: пишите цифры и не более одной точки, как "250.50"'
            assert (await raw.ask(type="records", kind="investor"))["detail"] == "записи доступны надзору и операторам"
        async with client(url_of(server)) as raw:
            # Nobody is told words of a language that there is not.
            unknown = await log_in(raw, "alice", "tlh")
            assert (unknown["code"], unknown["type"]) == ("malformed", "error")
            welcome = await raw.login("alice")
            assert "lang" not in welcome


async def test_a_supervisor_hears_of_refused_commands_in_russian(tmp_path: Path) -> None:
    async with serving(tmp_path) as server:
        url = url_of(server)
        async with client(url) as sue, client(url, "sue") as other:
            await log_in(sue, "sue", "ru")
            for each in (sue, other):
                await each.ask(type="subscribe", channel="changes")
            arguments = {"instrument": "NO/SUCH", "phase": "halted", "reason": "x"}
            reply = await sue.ask(type="admin", command="set_phase", arguments=arguments)
            assert (reply["type"], reply["detail"]) == ("rejected", "инструмент NO/SUCH не допущен")
            mine, theirs = await sue.until("change"), await other.until("change")
            assert (mine["detail"], theirs["detail"]) == (reply["detail"], "no instrument NO/SUCH is listed")
            assert (mine["template"], mine["values"]) == (theirs["template"], theirs["values"])


async def test_the_client_library_asks_for_a_language(tmp_path: Path) -> None:
    async with serving(tmp_path) as server, connect(url_of(server), "alice", KEYS["alice"], lang="ru") as bot:
        with pytest.raises(OrderRejected, match="количество должно быть от"):
            await bot.buy("BTC/RUB", quantity="1000000", price="100", account="alice")
        with pytest.raises(RequestFailed, match="записи доступны"):
            await bot.records("investor")
