"""Who has logged in with which key: whether a login holds, what it lets a connection do, and what becomes of that when the key ends."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Final, NamedTuple, Protocol

from engine.state.access import Access, Key
from engine.vocabulary.access import COMMANDING, SCOPES_OF
from engine.vocabulary.codes import KEY_EXPIRED, KEY_REPLACED, KEY_REVOKED
from engine.vocabulary.limits import KEPT_CONNECTIONS
from engine.vocabulary.messages.commands import AnyCommand, RegisterKey, RevokeKey
from engine.vocabulary.messages.events import KeyEnded
from gateway.addresses import parsed_address
from gateway.keys import has_signed
from gateway.protocol.messages import Login, login_challenge
from gateway.venue.venue import Participant

UNKNOWN: Final = "unknown participant, or the signature does not hold"

_HOW: Final = {KEY_REVOKED: "was revoked", KEY_REPLACED: "was replaced", KEY_EXPIRED: "has expired"}
_Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_MAPPED: Final = ipaddress.IPv6Network("::ffff:0:0/96")


class Proven(NamedTuple):
    """Who has proved to be whom."""

    participant: Participant
    key: Key | None
    """With which key; None: one that only the file of a recording names, which nobody ends."""
    scopes: tuple[str, ...]

    @property
    def acts(self) -> bool:
        """Whether it may send the commands of its role, and does not only look on."""
        return COMMANDING[self.participant.role] in self.scopes

    def most(self, connections: int) -> int:
        """Beside how many connections of its participant, which has so many at most, it is let in: some are kept for keys that act."""
        return connections - (0 if self.acts else KEPT_CONNECTIONS)


class Unproven(NamedTuple):
    """Why a login fails."""

    reason: str
    """For the audit."""
    detail: str


class Holder(Protocol):
    """What is known here of a session."""

    @property
    def is_cut_off(self) -> bool:
        """Whether what waits of it is carried out no more."""

    def key_has_ended(self, how: str) -> None:
        """Its key is in force no longer: it was revoked or replaced, or has expired."""


class Keyholders:
    """The keys of a venue, as its gateway sees them.

    Args:
        access: of the core; it is looked at and never changed.
        filed: who may log in beside, by name: of a recording, those of its file.
    """

    def __init__(self, access: Access, filed: Mapping[str, Participant]) -> None:
        self._access: Final = access
        self._filed: Final = filed
        self._holders: Final[dict[tuple[str, str], dict[Holder, Key | None]]] = {}
        """Who has logged in, by participant and key, in order; without a name those who have proved otherwise that they may act for one."""

    def roles(self) -> Iterator[str]:
        """The roles of all who may log in."""
        yield from (each.role for each in self._access.of.values() if each.keys)
        yield from (each.role for name, each in self._filed.items() if name not in self._access.of)

    def prove(self, login: Login, venue_id: str, nonce: str, peer: str) -> tuple[Proven | Unproven, int]:
        """Find the key that has signed a login. Cost: 0.1 ms for each key that is tried, of which a participant has few.

        Args:
            login: the request.
            venue_id, nonce: of the venue's greeting.
            peer: the IP address that it comes from; empty: none.

        Returns:
            Who it is, or why it fails; and how many keys were tried.
        """
        name, tried = login.participant, 0
        challenge, signature = login_challenge(venue_id, name, nonce), bytes.fromhex(login.signature)
        for key in self._keys(name, login.key):
            tried += 1
            if has_signed(bytes.fromhex(key.public_key), challenge, signature):
                if key.addresses and not is_from(peer, key.addresses):
                    return Unproven("address", f"key {key.key} may not be used from {peer or 'here'}"), tried
                who = Participant(name, key.participant.role, bytes.fromhex(key.public_key))
                return Proven(who, key, key.scopes), tried
        filed = None if login.key else self._filed.get(name)
        if filed is not None:
            tried += 1
            if has_signed(filed.public_key, challenge, signature):
                return Proven(filed, None, SCOPES_OF[filed.role]), tried
        reason = "signature" if tried or name in self._access.of else "unknown_participant"
        return Unproven(reason, f"{UNKNOWN}{', or no such key is in force' if login.key else ''}"), tried

    def _keys(self, name: str, key: str) -> list[Key]:
        participant = self._access.of.get(name)
        if participant is None:
            return []
        if key:
            return [participant.keys[key]] if key in participant.keys else []
        return list(participant.keys.values())

    def find(self, name: str) -> Participant | None:
        """A participant whom the venue lets in, for those who have proved otherwise that they may act for it."""
        known = self._access.of.get(name)
        if known is None:
            return self._filed.get(name)
        keys = list(known.keys.values())
        return Participant(name, known.role, bytes.fromhex(keys[0].public_key)) if keys else None

    def keys_of(self, name: str) -> dict[str, Key] | None:
        """The keys of a participant that are in force, now and later; None: it stands in a recording's file alone, and has one for good."""
        return self._access.of[name].keys if name in self._access.of else None

    def came(self, holder: Holder, participant: str, key: Key | None) -> None:
        """Somebody acts for a participant, logged in with a key or (None) let in otherwise."""
        self._holders.setdefault((participant, "" if key is None else key.key), {})[holder] = key

    def gone(self, holder: Holder, participant: str, key: Key | None) -> None:
        """They have gone."""
        place = (participant, "" if key is None else key.key)
        holders = self._holders.get(place, {})
        holders.pop(holder, None)
        if not holders:
            self._holders.pop(place, None)

    def ended(self, event: KeyEnded) -> None:
        """A key has ended, and it is written: so do the connections that were logged in with it."""
        for holder, key in list(self._holders.get((event.participant, event.key), {}).items()):
            # Another one may have its name by now.
            if key is not None and key.has_ended:
                holder.key_has_ended(_HOW[event.outcome])
        for holder in list(self._holders.get((event.participant, ""), {})):
            # Without a key nobody is let in, by whatever door.
            if holder.is_cut_off:
                holder.key_has_ended(_HOW[event.outcome])

    def ends_more(self, command: AnyCommand, key: Key | None) -> str | None:
        """Why somebody who is logged in with a key may not end or replace others of his own: they are limited less; None: he may.

        Which scopes they have the core compares, and all else that it holds against a command about keys.
        """
        if key is None or not isinstance(command, RegisterKey | RevokeKey):
            return None
        mine, name = key.participant, command.replaces if isinstance(command, RegisterKey) else command.key
        if command.participant != mine.participant or (isinstance(command, RegisterKey) and not name):
            return None
        for each in [mine.keys[name]] if name in mine.keys else () if name else mine.keys.values():
            if each is not key and (limit := _narrower(key, each)):
                return f"key {key.key} can't end key {each.key}, which is not limited so: {limit}"
        return None

    def connections_of(self, participant: str, key: str) -> int:
        """How many are logged in with a key."""
        return len(self._holders.get((participant, key), ()))


def _narrower(key: Key, other: Key) -> str:
    """By what a key is limited more than another one; empty: by nothing."""
    if key.addresses and not (other.addresses and set(other.addresses) <= set(key.addresses)):
        return "addresses"
    if key.expires_ns and not 0 < other.expires_ns <= key.expires_ns:
        return "expires_ns"
    return ""


def is_from(peer: str, addresses: tuple[str, ...]) -> bool:
    """Whether an IP address is one of some, or in one of some networks. One of IPv4 in the clothes of IPv6 is of IPv4."""
    try:
        found = parsed_address(peer)
    except ValueError:
        return False
    return any(found in _network(each) for each in addresses)


def parse_address(text: str) -> str:
    """An IP address or a network as a key holds it: one of IPv4 in the clothes of IPv6 is of IPv4. Raises `ValueError` if it is none."""
    network: _Network = ipaddress.ip_network(text)
    if isinstance(network, ipaddress.IPv6Network) and network.subnet_of(_MAPPED):
        network = ipaddress.IPv4Network((int(network.network_address) & 0xFFFF_FFFF, network.prefixlen - 96))
    return str(network.network_address if network.num_addresses == 1 else network)


@lru_cache(1_024)
def _network(text: str) -> _Network:
    return ipaddress.ip_network(text)
