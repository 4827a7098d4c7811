"""Commands about keys, as a client sends them."""

from __future__ import annotations

from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gateway.keys import public_key_hex
from tests.support.gateway.venues.small_venue import RawClient

NEW: Final = Ed25519PrivateKey.from_private_bytes(bytes([77]) * 32)
"""A key that nobody has yet."""


async def does(raw: RawClient, command: str, **arguments: Any) -> dict[str, Any]:
    """An admin command that must be carried out."""
    reply = await raw.ask(type="admin", command=command, arguments=arguments)
    assert reply["type"] == "done", reply
    return reply


async def registers(raw: RawClient, participant: str, key: str, private: Ed25519PrivateKey, **more: Any) -> None:
    await does(raw, "register_key", participant=participant, key=key, public_key=public_key_hex(private), **more)
