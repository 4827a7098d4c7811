"""A venue that stops in order says goodbye to whoever is logged in or listens, with the number of its last command."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.client import Client, ClientError, connect
from tests.support.gateway.venues.small_venue import KEYS, client, serving, url_of


async def test_everybody_known_is_told_the_last_command_before_the_close(tmp_path: Path) -> None:
    async with serving(tmp_path) as server:
        url = url_of(server)
        async with client(url, "alice") as alice, client(url) as listener, client(url, binary=True) as stranger:
            await listener.ask(type="subscribe", channel="trades", instrument="BTC/RUB")
            placed = await alice.order("buy", "1", "100", "last", account="alice")
            assert placed["type"] == "execution_report"
            # Its answer is not waited for: it is carried out, and counted in the goodbye.
            await alice.send(type="cancel_order", account="alice", order_id=placed["order_id"])
            await alice.ask(type="rates")
            await server.stop()
            seq = server.started.exchange.seq
            told, code = await alice.until_closed()
            assert code == 1001
            assert [each["type"] for each in told][-1] == "goodbye"
            assert told[-1]["seq"] == seq and told[-1]["link"] == server.started.sequencer.tip[1].hex()
            heard, code = await listener.until_closed()
            assert (heard[-1]["type"], heard[-1]["seq"], code) == ("goodbye", seq, 1001)
            # Who has said nothing is told nothing.
            assert await stranger.until_closed() == ([], 1001)


async def test_a_client_knows_that_its_venue_stopped_in_order(tmp_path: Path) -> None:
    async with serving(tmp_path) as server, connect(url_of(server), "alice", KEYS["alice"], reconnect=False) as alice:
        await server.stop()
        seq = server.started.exchange.seq
        with pytest.raises(ClientError, match=f"stopped, in order, after command {seq}"):
            await asked_until_it_is_over(alice)


async def asked_until_it_is_over(alice: Client) -> None:
    while True:
        await alice.rates()
