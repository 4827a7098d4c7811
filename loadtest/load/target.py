"""The venue that is loaded: who may trade on it, on what, and where its own figures are."""

from __future__ import annotations

import itertools
import re
from collections import defaultdict
from collections.abc import Awaitable, Callable
from decimal import Decimal
from pathlib import Path
from typing import Final, NamedTuple

from engine.vocabulary.codes import INSTRUMENT_KINDS
from engine.vocabulary.limits import (
    DECIMALS,
    MAX_CONNECTIONS,
    MAX_CONNECTIONS_PER_ADDRESS,
    MAX_CONNECTIONS_PER_PARTICIPANT,
)
from engine.vocabulary.messages.commands import ListInstrument, OpenAccount
from gateway.keys import read_private_key
from gateway.venue.venue import Venue, parse_venue
from loadtest.load.drive.pipe import SeatPlan
from loadtest.load.plan.seats import Listed
from loadtest.load.results.result import VenueFacts

KEYS: Final = "keys"
OPERATOR: Final = "operator"
_LOAD_PARTICIPANT: Final = re.compile(r"p\d{4,}")
LOOPBACK: Final = re.compile(r"ws://(127\.\d+\.\d+\.\d+|localhost)(:|/|$)")
PER_ADDRESS: Final = MAX_CONNECTIONS_PER_ADDRESS - 124
"""Some are left for those who look on, and for logins that compare."""


class LoadError(Exception):
    """The load can't run, or broke off; the message says what to do."""


class Member(NamedTuple):
    """One who trades."""

    participant: str
    key: bytes
    accounts: tuple[str, ...]


class Target:
    """A venue, as its directory describes it and as it runs."""

    def __init__(
        self,
        directory: Path,
        venue: Venue,
        facts: VenueFacts,
        *,
        pid: int | None,
        metrics_url: str | None,
        stop: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self.directory: Final = directory
        self.facts: Final = facts
        self.pid: Final = pid
        """Of its process, if this command started it."""
        self.metrics_url: Final = metrics_url
        self.members: Final = members(directory, venue)
        self.instruments: Final = instruments(venue)
        self.expected_sequenced = 0
        """Trading commands that the venue has acknowledged so far."""
        self._runs: Final = itertools.count(1)
        self._stop: Final = stop

    async def stop(self) -> None:
        """Stop it in order, if it is ours. Raises `LoadError` if it ended otherwise."""
        if self._stop is not None:
            await self._stop()

    def next_run(self) -> int:
        """The number of a run on it, from 1."""
        return next(self._runs)

    def seats(self, connections: int, first: int) -> list[SeatPlan]:
        """Who sits where: participants in turn, each run beginning with others, as client order ids are bounded a day.

        Raises:
            LoadError: it does not let in so many.
        """
        most = min(len(self.members) * (MAX_CONNECTIONS_PER_PARTICIPANT - 1), MAX_CONNECTIONS - 48)
        if connections > most:
            raise LoadError(
                f"{connections} connections are too many: {len(self.members)} participants with "
                f"{MAX_CONNECTIONS_PER_PARTICIPANT} each and {MAX_CONNECTIONS} in all leave {most}; "
                "`sbx init DIR --participants N` writes a venue with more participants"
            )
        found: list[SeatPlan] = []
        for number in range(connections):
            member = self.members[(first + number) % len(self.members)]
            found.append(SeatPlan(number, member.participant, member.key, member.accounts, self.address(number)))
        return found

    def address(self, number: int) -> str:
        """The local address of a connection: a venue on this machine sees them come from several."""
        if LOOPBACK.match(self.facts.url) is None:
            return ""
        return f"127.0.0.{2 + number // PER_ADDRESS}"


def read_venue(directory: Path) -> Venue:
    """Read the venue file of a directory. Raises `VenueError` or `OSError`."""
    file = directory / "venue.toml"
    return parse_venue(file.read_text(encoding="utf-8"), "", directory)


def members(directory: Path, venue: Venue) -> list[Member]:
    """Those of a venue who trade and whose keys are at hand: the load participants, or if there are none, all.

    Raises:
        LoadError: there are none.
    """
    accounts: defaultdict[str, list[str]] = defaultdict(list)
    for command in venue.genesis():
        if isinstance(command, OpenAccount):
            accounts[command.participant].append(command.account)
    names = [name for name in sorted(accounts) if (directory / KEYS / f"{name}.pem").exists()]
    names = [name for name in names if _LOAD_PARTICIPANT.fullmatch(name)] or names
    if not names:
        raise LoadError(
            f"{directory} has no participant with an account and a key in {KEYS}/; "
            "`sbx init DIR --participants 500` writes a venue to load"
        )
    return [
        Member(
            name,
            read_private_key(directory / KEYS / f"{name}.pem").private_bytes_raw(),
            tuple(sorted(accounts[name], key=lambda account: (not account.endswith(".main"), account))),
        )
        for name in names
    ]


def instruments(venue: Venue) -> list[Listed]:
    """All instruments of a venue file, in its order."""
    return [
        Listed(
            each.instrument,
            INSTRUMENT_KINDS[each.kind],
            each.base,
            each.quote,
            _decimal(each.tick_e8),
            _decimal(each.lot_e8),
            _decimal(each.min_quantity_e8),
            _decimal(each.max_quantity_e8),
            _decimal(each.reference_price_e8),
        )
        for each in venue.genesis()
        if isinstance(each, ListInstrument)
    ]


def _decimal(e8: int) -> Decimal:
    return Decimal(e8).scaleb(-DECIMALS).normalize()
