"""All bad connections of a siege: a process for each kind of attack, started before the honest come, ended after they have gone."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Final

import msgspec

from loadtest.abuse.connections.attacker import Assault, Orders
from loadtest.abuse.connections.attacks import ATTACKS
from loadtest.abuse.connections.foe import Ground, Identity
from loadtest.load.target import LoadError, Member, Target

ATTACKER: Final = (sys.executable, "-P", "-m", "loadtest.abuse.connections.attacker")
UNDER_WAY_S: Final = 1.0
"""Until all connections have begun."""
RETREAT_S: Final = 30.0
MANY, ONE, SHARED = "many", "one", "shared"
"""Where they come from: each from an address of its own, as far as there are 250; all from one; all from that of the honest."""
ADDRESSES: Final = (MANY, ONE, SHARED)
MOST_ADDRESSES: Final = 250


class Army:
    """The attackers of one run."""

    def __init__(
        self, target: Target, strength: Mapping[str, int], cores: Sequence[int], *, addresses: str, nice: int
    ) -> None:
        """Prepare.

        Args:
            target: the venue.
            strength: connections of each attack.
            cores: those of the attackers; none: all.
            addresses: one of `ADDRESSES`.
            nice: how much less of the processor they get than the honest.
        """
        self._processes: Final[list[asyncio.subprocess.Process]] = []
        names = tuple(each.instrument for each in target.instruments)
        bad = firms(target, len(strength))
        self._orders: Final = [
            Orders(
                attack=name,
                connections=connections,
                ground=Ground(target.facts.url, _addresses(place, addresses, target), (_identity(bad[place]),), names),
                nice=nice,
                cores=tuple(cores),
            )
            for place, (name, connections) in enumerate(strength.items())
        ]

    async def begin(self) -> None:
        """Attack from now on."""
        for orders in self._orders:
            process = await asyncio.create_subprocess_exec(
                *ATTACKER, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
            )
            self._processes.append(process)
            assert process.stdin is not None
            process.stdin.write(msgspec.json.encode(orders) + b"\n")
        await asyncio.sleep(UNDER_WAY_S)

    async def retreat(self) -> list[Assault]:
        """Stop, and tell what came of it. Raises `LoadError` if an attacker failed."""
        found: list[Assault] = []
        for orders, process in zip(self._orders, self._processes, strict=True):
            try:
                out, errors = await asyncio.wait_for(process.communicate(b""), RETREAT_S)
                found.append(msgspec.json.decode(out, type=Assault))
            except TimeoutError as error:
                raise LoadError(f"the attackers of {orders.attack} don't end") from error
            except msgspec.DecodeError as error:
                words = errors.decode(errors="replace").strip()[-300:]
                raise LoadError(f"the attackers of {orders.attack} failed: {words}") from error
        return found

    def end(self) -> None:
        """See that none is left."""
        for process in self._processes:
            if process.returncode is None:
                with suppress(ProcessLookupError):
                    process.kill()


@asynccontextmanager
async def besieging(army: Army | None) -> AsyncIterator[None]:
    """With an army around the venue; none: in peace."""
    try:
        if army is not None:
            await army.begin()
        yield
    finally:
        if army is not None:
            army.end()


def firms(target: Target, count: int) -> list[Member]:
    """The participants that attackers log in as: the last ones, one for each attack."""
    return target.members[-count:]


def strength(chosen: Sequence[str], most: int | None) -> dict[str, int]:
    """How many connections of each attack: of those chosen, or all; at most so many of each."""
    return {
        name: attack.connections if most is None else min(attack.connections, most)
        for name, attack in ATTACKS.items()
        if name in chosen or not chosen
    }


def _identity(member: Member) -> Identity:
    return Identity(member.participant, member.key, member.accounts[0])


def _addresses(place: int, addresses: str, target: Target) -> tuple[str, ...]:
    """Local addresses of an attack."""
    if addresses == SHARED:
        return (target.address(0),)
    if addresses == ONE:
        return ("127.0.1.1",)
    return tuple(f"127.0.{place + 1}.{number}" for number in range(1, MOST_ADDRESSES + 1))
