"""The demonstration: a venue as a process of its own, simulated participants over sockets, and the proof afterwards."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from compliance import Rulebook, load_rulebook
from engine.replay import EventsDigest
from engine.vocabulary.codes import CONTINUOUS, FUTURE
from engine.vocabulary.limits import NS_PER_SECOND, ONE_E8
from engine.vocabulary.messages.commands import ListInstrument, OpenAccount, SetPhase
from gateway.cli import replay as replay_command
from gateway.cli.verify import summary as verify_summary
from gateway.client import Client, connect
from gateway.journal.files import find_journal
from gateway.journal.reader import JournalDamage, JournalReader
from gateway.session.replaying import Outcome
from gateway.venue.template import write_default_venue
from gateway.venue.venue import Venue, load_venue
from loadtest.demo.market import Market, watch
from loadtest.demo.participants import (
    ATTEMPTS,
    DERIVATIVES,
    ELR,
    GENERAL,
    STYLES,
    Investor,
    MarketMaker,
    Participant,
    Trespasser,
)
from loadtest.demo.tally import Tally
from loadtest.demo.treasury import MOVES, Move, Operator, Treasurer
from loadtest.flow.fitted import FlowSampler
from loadtest.serving import serving

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

EXPECTED: Final = {ELR: 7, DERIVATIVES: 3, GENERAL: 7}
"""By rulebook: instruments that trade, at the least."""


class DemoError(Exception):
    """The demonstration broke off; the message says why."""


@dataclass(frozen=True)
class Options:
    """What to demonstrate."""

    directory: Path
    rulebook: str
    seconds: float
    seed: int


Progress = Callable[[float, Tally], None]
"""Called a few times a second with the seconds gone and what has happened."""


async def run(options: Options, progress: Progress) -> dict[str, Any]:
    """Run a venue with participants, stop it, verify and replay its journal.

    Returns everything that happened as plain data.

    Raises:
        ServingError: the venue does not start, or goes away.
        DemoError: its market data broke off.
    """
    directory = options.directory
    write_default_venue(directory, datetime.now(UTC).date(), options.rulebook, port=0)
    venue = load_venue(directory)
    tally = Tally()
    async with serving(directory) as served:
        await _trade(options, venue, served.url, tally, progress)
    return {
        "rulebook": options.rulebook,
        "seed": options.seed,
        "seconds": options.seconds,
        "directory": str(directory),
        **tally.as_dict(),
        "rules": tally.rules(order_entry_rules(venue)),
        "silent_transfer_rules": [rule for rule in _rulebook(venue).transfer_order if not tally.moves_named[rule]],
        **prove(directory),
    }


async def _trade(options: Options, venue: Venue, url: str, tally: Tally, progress: Progress) -> None:
    """Connect everybody and let them act until the time is up."""
    names = sorted({account.participant for account in _accounts(venue).values()} | {OPERATOR})
    async with (
        connect(url, encoding="msgpack", reconnect=False) as observer,
        _logged_in(options, names, url) as clients,
    ):
        source = random.Random(options.seed)
        markets = await _markets(venue, observer, source)
        watching = await watch(observer, markets, tally)
        cast: list[Participant | Operator] = [*_cast(venue, clients, markets, tally, source)]
        underlyings = {
            each.instrument: each.underlying
            for each in venue.genesis()
            if isinstance(each, ListInstrument) and each.kind == FUTURE and each.instrument in markets
        }
        cast.append(Operator(clients[OPERATOR], tally, markets, underlyings))
        until_ns = time.perf_counter_ns() + int(options.seconds * NS_PER_SECOND)
        showing = asyncio.create_task(_show(progress, tally))
        try:
            await asyncio.gather(*(each.run(until_ns) for each in cast))
            # The last trades may still be on their way to the observer: this reply comes behind them.
            await observer.instruments()
            await asyncio.sleep(0)
        finally:
            showing.cancel()
            for task in watching:
                task.cancel()
        for outcome in await asyncio.gather(*watching, return_exceptions=True):
            if isinstance(outcome, Exception):
                raise DemoError("the public market data broke off") from outcome


@asynccontextmanager
async def _logged_in(options: Options, participants: list[str], url: str) -> AsyncIterator[dict[str, Client]]:
    """A connection for each participant, all opened and closed side by side."""
    clients: dict[str, Client] = {}
    try:
        for participant in participants:
            key = options.directory / "keys" / f"{participant}.pem"
            client = Client(url, participant, key, account=None, encoding="msgpack", reconnect=False)
            await client.open()
            clients[participant] = client
        yield clients
    finally:
        await asyncio.gather(*(client.close() for client in clients.values()))


async def _show(progress: Progress, tally: Tally) -> None:
    started = time.perf_counter()
    while True:
        progress(time.perf_counter() - started, tally)
        await asyncio.sleep(0.25)


def _accounts(venue: Venue) -> dict[str, OpenAccount]:
    return {command.account: command for command in venue.genesis() if isinstance(command, OpenAccount)}


async def _markets(venue: Venue, observer: Client, source: random.Random) -> dict[str, Market]:
    """The instruments that trade continuously, with the venue file's reference prices as first fair prices."""
    genesis = venue.genesis()
    trading = {each.instrument for each in genesis if isinstance(each, SetPhase) and each.phase == CONTINUOUS}
    listed = await observer.instruments()
    return {
        each.instrument: Market(listed[each.instrument], each.reference_price_e8 / ONE_E8, source)
        for each in genesis
        if isinstance(each, ListInstrument) and each.instrument in trading
    }


def _cast(
    venue: Venue, clients: dict[str, Client], markets: dict[str, Market], tally: Tally, source: random.Random
) -> list[Participant]:
    """Everybody who acts. Each draws from a source of its own, seeded in order, so that a seed fixes what they want."""
    accounts = _accounts(venue)

    def sampler() -> FlowSampler:
        return FlowSampler(random.Random(source.getrandbits(64)))

    def client(account: str) -> Client:
        return clients[accounts[account].participant]

    quoted = [market for market in markets.values() if market.base not in ("XMR", "ZEC", "DASH")]
    cast: list[Participant] = [
        MarketMaker(client(account), account, MARKET_MAKER_RATE, tally, sampler(), markets=quoted)
        for account in MARKET_MAKERS
    ]
    for account, (style, names) in INVESTORS.items():
        traded = [markets[name] for name in names]
        if style != "retail":
            traded += [market for market in markets.values() if market.kind == "future"]
        investor = Investor(
            client(account), account, INVESTOR_RATE, tally, sampler(), markets=traded, style=STYLES[style]
        )
        cast.append(investor)
    by_participant: dict[str, list[Any]] = {}
    for attempt in ATTEMPTS:
        if attempt.rulebooks and venue.rulebook not in attempt.rulebooks:
            continue
        participant = accounts[attempt.account].participant
        by_participant.setdefault(participant, []).append((attempt, markets[attempt.instrument]))
    for participant, attempts in by_participant.items():
        cast.append(Trespasser(clients[participant], TRESPASSER_RATE, tally, sampler(), attempts))
    moves: dict[str, list[Move]] = {}
    for move in MOVES:
        moves.setdefault(accounts[move.account].participant, []).append(move)
    for participant, tried in moves.items():
        cast.append(Treasurer(clients[participant], TREASURER_RATE, tally, sampler(), tried))
    return cast


def _rulebook(venue: Venue) -> Rulebook:
    return load_rulebook(venue.rulebook, venue.rulebook_documents)


def order_entry_rules(venue: Venue) -> dict[str, str]:
    """The titles of the rules that are checked when an order enters, in their order of decision; those that exempt last."""
    rulebook = _rulebook(venue)
    exempting = [
        rule for rule, data in rulebook.rules.items() if data.applies_to == "order_entry" and rule not in rulebook.order
    ]
    return {rule: rulebook.rules[rule].title for rule in (*rulebook.order, *exempting)}


def prove(directory: Path) -> dict[str, Any]:
    """Verify and replay the journal of a stopped venue; what `sbx verify` and `sbx replay` report."""
    journal = find_journal(directory)
    reader = JournalReader(journal)
    digest = EventsDigest()
    damage: JournalDamage | None = None
    try:
        for row in reader.rows():
            digest.update(row[3])
    except JournalDamage as found:
        damage = found
    replayed = Outcome(JournalReader(journal))
    replay_command.run(replayed)
    return {"verify": verify_summary(reader, digest, damage, []), "replay": replay_command.summary(replayed)}


def shortfalls(result: dict[str, Any]) -> list[str]:
    """Why a demonstration did not show what it should; empty if it did."""
    found: list[str] = []
    if result["verify"]["status"] != "sound":
        found.append(f"the journal is {result['verify']['status']}")
    if result["replay"]["status"] != "equal":
        found.append(f"the replay is {result['replay']['status']}")
    instruments = len(result["trades"]["instruments"])
    wanted = EXPECTED[result["rulebook"]]
    if instruments < wanted:
        found.append(f"trades in {instruments} instruments, not {wanted}")
    silent = [each["rule"] for each in result["rules"] if not each["named"] and not each["permitted"]]
    if silent:
        found.append(f"rules that did nothing: {', '.join(silent)}")
    if result["silent_transfer_rules"]:
        found.append(f"rules that refused no transfer: {', '.join(result['silent_transfer_rules'])}")
    if not result["transfers"]["done"] or not result["marks"]:
        found.append("no transfer was done, or no future was marked")
    if result["orders"]["not_sequenced"]:
        found.append(f"requests that were not sequenced: {result['orders']['not_sequenced']}")
    return found
