"""Who takes part, of those that a venue file has: with which key, in which markets, how often."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

from engine.vocabulary.codes import CONTINUOUS, FUTURE
from engine.vocabulary.limits import ONE_E8
from engine.vocabulary.messages.commands import ListInstrument, OpenAccount, SetPhase
from gateway.client import Client, Instrument
from gateway.keys import KeyFileError, public_key_hex, read_private_key
from gateway.venue.venue import Venue
from loadtest.demo.market import Beliefs, Market
from loadtest.demo.participants import STYLES, Investor, MarketMaker, Participant
from loadtest.demo.tally import Tally
from loadtest.demo.treasury import INDEX_EVERY_S, MOVES, Move, Operator, Treasurer
from loadtest.demo.trespassers import ATTEMPTS, Trespasser
from loadtest.flow.fitted import FlowSampler

# Requests a second of all participants together; a small part of what a venue can take, so that latency means something.
MARKET_MAKER_RATE: Final = 60.0
INVESTOR_RATE: Final = 6.0
TRESPASSER_RATE: Final = 3.0
TREASURER_RATE: Final = 6.0

OPERATOR: Final = "operator"
MARKET_MAKERS: Final = ("mm-alpha.main", "mm-beta.main")
# What each investor trades; each holds some of it. Who is no retail investor trades the futures too.
MAIN: Final = ("BTC/RUB", "ETH/RUB", "USDT/RUB")
WIDE: Final = (*MAIN, "SOL/RUB", "XRP/RUB", "BNB/RUB", "TRX/RUB", "TON/RUB", "BTC-NOTE")
INVESTORS: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
    "delta-fund.main": ("institution", (*WIDE, "BTC/USDT", "A7A5/RUB")),
    "kappa-bank.main": ("institution", (*WIDE, "BTC/USDT", "A7A5/RUB")),
    "anna.main": ("super_qualified", (*WIDE, "BTC/USDT")),
    "boris.main": ("super_qualified", (*WIDE, "BTC/USDT")),
    "vera.north": ("qualified", WIDE),
    "daria.north": ("retail", ("BTC/RUB", "ETH/RUB")),
    "olga.south": ("retail", ("BTC/RUB", "ETH/RUB")),
    "lev.north": ("retail", ("BTC/RUB", "ETH/RUB")),
}
PRIVACY_COINS: Final = ("XMR", "ZEC", "DASH")
"""Nobody may quote them."""
NEEDED: Final = tuple(
    dict.fromkeys(
        (
            *MARKET_MAKERS,
            *INVESTORS,
            *(attempt.account for attempt in ATTEMPTS),
            *(account for move in MOVES for account in (move.account, move.to_account)),
        )
    )
)
"""The accounts of all."""


class Cast:
    """Everybody who acts."""

    def __init__(self, people: list[Participant], operator: Operator | None) -> None:
        self.people: Final = people
        self.operator: Final = operator
        """None: nobody states an index."""

    @property
    def everybody(self) -> list[Participant | Operator]:
        """All of them."""
        return [*self.people, *([] if self.operator is None else [self.operator])]


def accounts_of(venue: Venue) -> dict[str, OpenAccount]:
    """The accounts that a venue file opens, by name."""
    return {command.account: command for command in venue.genesis() if isinstance(command, OpenAccount)}


def own_accounts(venue: Venue, participant: str) -> list[str]:
    """The accounts of the cast that a participant operates."""
    accounts = accounts_of(venue)
    return [name for name in NEEDED if name in accounts and accounts[name].participant == participant]


def logins(venue: Venue, keys: Path) -> tuple[list[str], list[str]]:
    """Those of the cast who can log in, and what is missing of the others, a line each.

    Args:
        venue: as its file says.
        keys: the folder of private keys, as `sbx init` writes it.
    """
    accounts = accounts_of(venue)
    missing = [f"{name}: the venue file has no such account" for name in NEEDED if name not in accounts]
    names = sorted({accounts[name].participant for name in NEEDED if name in accounts})
    if venue.participants.get(OPERATOR) is None:
        missing.append(f"{OPERATOR}: the venue file has no such participant, so that nobody states an index")
    else:
        names.append(OPERATOR)
    found = []
    for name in names:
        file = keys / f"{name}.pem"
        try:
            own = public_key_hex(read_private_key(file))
        except KeyFileError as error:
            missing.append(f"{name}: {error}")
            continue
        if own != venue.participants[name].public_key.hex():
            missing.append(f"{name}: {file} is not the key of which the venue file has the public half")
        else:
            found.append(name)
    return found, missing


@asynccontextmanager
async def logged_in(
    keys: Path, participants: Iterable[str], url: str, **options: Any
) -> AsyncIterator[dict[str, Client]]:
    """A connection for each participant, opened one after another and closed side by side."""
    clients: dict[str, Client] = {}
    try:
        for participant in participants:
            key = keys / f"{participant}.pem"
            client = Client(url, participant, key, account=None, encoding="msgpack", reconnect=False, **options)
            await client.open()
            clients[participant] = client
        yield clients
    finally:
        await asyncio.gather(*(client.close() for client in clients.values()))


def markets_of(venue: Venue, listed: dict[str, Instrument], source: random.Random) -> dict[str, Market]:
    """The instruments that trade continuously, with the venue file's reference prices as first fair prices."""
    genesis, beliefs = venue.genesis(), Beliefs(source)
    trading = {each.instrument for each in genesis if isinstance(each, SetPhase) and each.phase == CONTINUOUS}
    return {
        each.instrument: Market(listed[each.instrument], each.reference_price_e8 / ONE_E8, beliefs)
        for each in genesis
        if isinstance(each, ListInstrument)
        and each.instrument in trading
        and each.instrument in listed
        and each.reference_price_e8
    }


def cast_of(
    venue: Venue,
    clients: dict[str, Client],
    markets: dict[str, Market],
    tally: Tally,
    source: random.Random,
    *,
    pace: float = 1.0,
) -> Cast:
    """Everybody who can act. Each draws from a source of its own, seeded in order, so that a seed fixes what they want.

    Args:
        venue: says whose the accounts are.
        clients: of those who are logged in; the others stay at home.
        markets: by instrument; what is not among them is not traded.
        tally: counts what becomes of it.
        source: of chance.
        pace: 1: some 230 requests a second of all together.
    """
    accounts = {name: command for name, command in accounts_of(venue).items() if command.participant in clients}

    def sampler() -> FlowSampler:
        return FlowSampler(random.Random(source.getrandbits(64)))

    def client(account: str) -> Client:
        return clients[accounts[account].participant]

    quoted = [market for market in markets.values() if market.base not in PRIVACY_COINS]
    people: list[Participant] = [
        MarketMaker(client(account), account, MARKET_MAKER_RATE * pace, tally, sampler(), markets=quoted)
        for account in MARKET_MAKERS
        if account in accounts
    ]
    futures = [market for market in markets.values() if market.kind == "future"]
    for account, (style, names) in INVESTORS.items():
        traded = [markets[name] for name in names if name in markets] + (futures if style != "retail" else [])
        if account in accounts and traded:
            rate = INVESTOR_RATE * pace
            people.append(
                Investor(client(account), account, rate, tally, sampler(), markets=traded, style=STYLES[style])
            )
    tried: dict[str, list[Any]] = {}
    for attempt in ATTEMPTS:
        is_tried = not attempt.rulebooks or venue.rulebook in attempt.rulebooks
        if is_tried and attempt.account in accounts and attempt.instrument in markets:
            participant = accounts[attempt.account].participant
            tried.setdefault(participant, []).append((attempt, markets[attempt.instrument]))
    for participant, attempts in tried.items():
        people.append(Trespasser(clients[participant], TRESPASSER_RATE * pace, tally, sampler(), attempts))
    moves: dict[str, list[Move]] = {}
    for move in MOVES:
        if move.account in accounts:
            moves.setdefault(accounts[move.account].participant, []).append(move)
    for participant, own in moves.items():
        people.append(Treasurer(clients[participant], TREASURER_RATE * pace, tally, sampler(), own))
    for each in people:
        each.pace = pace
    return Cast(people, _operator(venue, clients, markets, tally, pace))


def _operator(
    venue: Venue, clients: dict[str, Client], markets: dict[str, Market], tally: Tally, pace: float
) -> Operator | None:
    """Who states the indices, if the operator is logged in and there is a spot market to take each from."""
    if OPERATOR not in clients:
        return None
    underlyings = {
        each.instrument: each.underlying
        for each in venue.genesis()
        if isinstance(each, ListInstrument)
        and each.kind == FUTURE
        and each.instrument in markets
        and f"{each.underlying}/RUB" in markets
    }
    operator = Operator(clients[OPERATOR], tally, markets, underlyings)
    operator.index_every_s = INDEX_EVERY_S / pace
    return operator
