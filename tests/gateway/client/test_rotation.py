"""A client that changes its key while it trades."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from gateway.client import Client, ClientError, RequestFailed, connect
from gateway.keys import read_private_key
from tests.support.gateway.venues.small_venue import KEYS, serving, url_of


async def test_a_client_goes_on_by_its_new_key(tmp_path: Path) -> None:
    async with serving(tmp_path / "venue") as server:
        url, file = url_of(server), tmp_path / "alice-2.pem"
        async with connect(url, "alice", KEYS["alice"], account="alice") as client:
            kept = await client.buy("BTC/RUB", quantity="1", price="90")
            await client.rotate_key(file, "second", overlap=0.5)
            assert file.stat().st_mode & 0o777 == 0o600
            # The old one is good until the overlap is over.
            for _ in range(20):
                await client.buy("BTC/RUB", quantity="1", price="90")
            await client.lost()
            await client.resumed()
            assert client.welcome is not None and client.welcome.key == "second" and client.reconnects == 1
            assert len(await client.open_orders()) == 21
            await kept.cancel()
            with pytest.raises(ClientError, match="can't be written"):
                await client.rotate_key(file, "third")
            with pytest.raises(RequestFailed, match="has a key second already"):
                await client.rotate_key(tmp_path / "alice-3.pem", "second")
            assert client.welcome.key == "second"
        with pytest.raises(RequestFailed, match="login_failed"):
            async with connect(url, "alice", KEYS["alice"], reconnect=False):
                pass
        async with connect(url, "alice", read_private_key(file), key_name="second", reconnect=False) as client:
            assert len(await client.open_orders("alice")) == 20


async def test_a_client_whose_key_is_revoked_has_ended(tmp_path: Path) -> None:
    async with (
        serving(tmp_path) as server,
        connect(url_of(server), "otto", KEYS["otto"]) as otto,
        connect(url_of(server), "alice", KEYS["alice"], account="alice") as alice,
    ):
        await otto.admin("revoke_key", participant="alice", reason="stolen")
        with pytest.raises(ClientError):
            await asyncio.wait_for(over(alice), 20)


async def over(client: Client) -> None:
    """Wait until a client that is shut out has found out."""
    await client.lost()
    await client.resumed()
