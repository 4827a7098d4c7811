"""What waits to leave accounts, on a live venue: asked for by its clients, listed, released and refused by `sbx control`."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import pytest
from click.testing import CliRunner

from gateway.cli.main import group
from gateway.client import Client, OrderRejected, RequestFailed, connect
from tests.support.gateway.processes.controlled import Controlled, controlled


@pytest.fixture(scope="module")
def venue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Controlled]:
    with controlled(tmp_path_factory.mktemp("movements")) as found:
        yield found


def ask(venue: Controlled, participant: str, what: Callable[[Client], Coroutine[Any, Any, Any]]) -> Any:
    """What a participant asks of the venue."""

    async def logged_in() -> Any:
        async with connect(venue.venue.url, participant, venue.venue.key(participant), account=None) as client:
            return await what(client)

    return asyncio.run(asyncio.wait_for(logged_in(), 30))


def listed(venue: Controlled, *arguments: str) -> list[dict[str, Any]]:
    found = venue.control("movements", *arguments, "--json")
    assert found.exit_code == 0, found.output
    return list(json.loads(found.stdout))


def test_what_a_client_of_high_risk_sends_out_waits_for_a_word(venue: Controlled) -> None:
    account = "boris.main"
    assert venue.show("investor", "boris")["risk_level"] == "high"
    assert "nothing waits to leave an account" in venue.control("movements").stdout

    async def send_out(client: Client) -> tuple[int, int, Any]:
        before = (await client.balances(account))["RUB"]
        first = await client.request_withdrawal("RUB", 100, "a bank", account=account, client_order_id="w-1")
        second = await client.transfer("mm-alpha.main", "RUB", 50, "domestic_payment", account=account)
        # Sent again it does nothing more.
        again = await client.request_withdrawal("RUB", 100, "a bank", account=account, client_order_id="w-1")
        assert again == first
        after = (await client.balances(account))["RUB"]
        assert (after.held, before.available - after.available, after.total) == (150, 150, before.total)
        assert [each.movement for each in await client.movements(account)] == [first, second]
        with pytest.raises(RequestFailed) as refused:
            await client.movements(of_all=True)
        assert refused.value.code == "not_allowed"
        return first, second, before.available

    first, second, available = ask(venue, "boris", send_out)
    waiting = listed(venue)
    assert [(each["movement"], each["kind"], each["rules"], each["waits_for_word"]) for each in waiting] == [
        (first, "withdrawal", ["AML-2"], True),
        (second, "transfer", ["AML-2"], True),
    ]
    assert listed(venue, "--account", "mm-alpha.main") == []
    text = venue.control("movements", "--account", account).stdout
    assert f"withdrawal {first} of 100.00 RUB from {account} to a bank: waits for a supervisor's word by AML-2" in text
    released = venue.does("release-movement", first, reason="papers seen")
    assert released["says"].startswith(f"release withdrawal {first} of 100.00 RUB from {account} to a bank: ")
    refused = venue.does("refuse-movement", second, reason="no papers")
    assert refused["says"].endswith(": it is available again")
    venue.refuses("release-movement", first, said=f"no withdrawal or transfer {first} waits; those that do: none does")

    async def look(client: Client) -> None:
        with pytest.raises(RequestFailed) as failed:
            await client.request_withdrawal("RUB", 100, "another bank", account=account, client_order_id="w-1")
        assert isinstance(failed.value, OrderRejected) and failed.value.code == "duplicate_id"
        assert await client.request_withdrawal("RUB", 100, "a bank", account=account, client_order_id="w-1") == first
        after = (await client.balances(account))["RUB"]
        assert (after.held, after.available) == (0, available - 100)

    ask(venue, "boris", look)


def test_a_level_is_set_and_what_cools_off_is_cancelled(venue: Controlled) -> None:
    account = "kira.north"
    venue.does("set", "COOL-1.enabled=true")
    venue.does("risk", "kira", "high")
    venue.refuses("risk", "kira", "high", said="the risk level of kira is high: there is nothing to change")

    async def send_out(client: Client) -> int:
        number = await client.request_withdrawal("BTC", "0.0001", "an address", account=account)
        (waiting,) = await client.movements(account)
        assert (waiting.movement, waiting.rules, waiting.waits_for_word) == (number, ["AML-2", "COOL-1"], True)
        assert waiting.until is not None
        return number

    number = ask(venue, "broker-north", send_out)
    released = venue.does("release-movement", number)
    assert released["says"].endswith(": it is carried out when its time has come")
    assert [each["rules"] for each in listed(venue)] == [["COOL-1"]]

    async def give_up(client: Client) -> None:
        await client.cancel_withdrawal(number, account=account)
        assert await client.movements(account) == []
        with pytest.raises(OrderRejected) as refused:
            await client.cancel_withdrawal(number, account=account)
        assert (refused.value.code, refused.value.detail) == ("invalid", f"no withdrawal or transfer {number} waits")

    ask(venue, "broker-north", give_up)
    venue.does("risk", "kira", "none")
    assert "risk_level" not in venue.show("investor", "kira")


def test_all_of_it_is_on_record(venue: Controlled) -> None:
    directory = str(venue.venue.directory)
    runner = CliRunner()
    investor = runner.invoke(group, ["investor", directory, "boris"], catch_exceptions=False)
    assert investor.exit_code == 0, investor.output
    assert "by AML-2" in investor.output and "carried out" in investor.output and "refused" in investor.output
    history = runner.invoke(group, ["history", directory], catch_exceptions=False)
    assert "release of movement" in history.output and "refusal of movement" in history.output
