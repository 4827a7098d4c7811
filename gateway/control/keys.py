"""Who may log in: participants and keys, registered, replaced and revoked on a running venue."""

from __future__ import annotations

from typing import Any

import msgspec

from gateway.client import Client
from gateway.control.actions import Action, time_of
from gateway.control.names import ControlError, look_up


class Limits(msgspec.Struct, frozen=True):
    """What a new key is limited to."""

    scopes: tuple[str, ...] = ()
    """Empty: all that fits the role."""
    addresses: tuple[str, ...] = ()
    """Empty: from everywhere."""
    until: str = ""
    """A moment as people write it; empty: until somebody ends it."""

    def arguments(self, client: Client) -> dict[str, Any]:
        """As a command has them. Raises `ControlError` if the moment is none."""
        found: dict[str, Any] = {"scopes": list(self.scopes)} if self.scopes else {}
        found |= {"addresses": list(self.addresses)} if self.addresses else {}
        return found | ({"expires_ns": time_of(client, self.until)} if self.until else {})

    def said(self) -> str:
        """In words."""
        parts = [
            f"for {' '.join(self.scopes)}" if self.scopes else "for all that fits the role",
            f"from {' '.join(self.addresses)}" if self.addresses else "from everywhere",
            f"until {self.until}" if self.until else "without an end",
        ]
        return ", ".join(parts)


async def register_participant(client: Client, name: str, role: str, public_key: str, limits: Limits) -> Action:
    """Let somebody new log in."""
    if name in await client.records("participant", name):
        raise ControlError(
            f"the venue has the participant {name} already: `sbx control register-key` gives one more key"
        )
    return Action(
        command="register_participant",
        arguments={"participant": name, "role": role, "public_key": public_key, **limits.arguments(client)},
        says=f"register {name} as {role}, with the key {public_key[:16]}..., {limits.said()}",
        kind="participant",
        name=name,
    )


async def register_key(
    client: Client, of: tuple[str, str], public_key: str, limits: Limits, replaces: tuple[str, int]
) -> Action:
    """Give a participant one more key, or another one in place of a key; `of`: participant and key; `replaces`: which one, and after how many ns."""
    participant, key = of
    found = await look_up(client, "participant", participant)
    old, overlap_ns = replaces
    if old and old not in found.keys:
        raise ControlError(f"{participant} has no key {old} in force: {', '.join(found.keys) or 'none is'}")
    arguments = {"participant": participant, "key": key, "public_key": public_key, **limits.arguments(client)}
    instead = ""
    if old:
        arguments |= {"replaces": old, "overlap_ns": overlap_ns}
        instead = f", in place of {old}" + (f", which ends {overlap_ns // 10**9} s later" if overlap_ns else "")
    return Action(
        command="register_key",
        arguments=arguments,
        says=f"give {participant} the key {key}, {public_key[:16]}..., {limits.said()}{instead}",
        kind="participant",
        name=participant,
    )


async def revoke_key(client: Client, participant: str, key: str) -> Action:
    """End a key of a participant, or (empty) all; with it the connections that use it."""
    found = await look_up(client, "participant", participant)
    if key and key not in found.keys:
        raise ControlError(f"{participant} has no key {key} in force: {', '.join(found.keys) or 'none is'}")
    if not found.keys:
        raise ControlError(f"{participant} has no key in force: there is nothing to revoke")
    which = f"the key {key}" if key else f"all keys ({', '.join(found.keys)})"
    return Action(
        command="revoke_key",
        arguments={"participant": participant, "key": key},
        says=f"revoke {which} of {participant}: connections that use it end, and what waits of theirs is not carried out",
        kind="participant",
        name=participant,
    )
