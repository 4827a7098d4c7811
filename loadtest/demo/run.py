"""The demonstration: a venue as a process of its own, simulated participants over sockets, and the proof afterwards."""

from __future__ import annotations

import asyncio
import random
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from compliance import Rulebook, load_rulebook
from compliance.surveillance.catalogue import settings_of
from engine.replay import EventsDigest
from engine.vocabulary.limits import NS_PER_SECOND
from gateway.alerting.recorded import Watched
from gateway.alerting.reports import record
from gateway.cli.recordings import replay as replay_command
from gateway.cli.recordings.verify import summary as verify_summary
from gateway.client import connect
from gateway.journal.files import find_journal
from gateway.journal.reader import JournalDamage, JournalReader
from gateway.keys import new_private_key, public_key_hex, write_private_key
from gateway.session.replaying import Outcome
from gateway.venue.invite import all_lines, append, invitation
from gateway.venue.template import write_default_venue
from gateway.venue.venue import VENUE_FILE, Venue, load_venue
from loadtest.demo.cast import TREASURER_RATE, accounts_of, cast_of, logged_in, logins, markets_of
from loadtest.demo.colluders import FOUND, TAKES_S, Colluders
from loadtest.demo.court import Court
from loadtest.demo.market import watch
from loadtest.demo.outgoing import WITHDRAWALS, Supervisor, Withdrawer
from loadtest.demo.participants import Ends
from loadtest.demo.show import Show, Stage
from loadtest.demo.tally import Tally
from loadtest.demo.trespassers import DERIVATIVES, ELR, GENERAL
from loadtest.demo.watchers import SUPERVISOR, WATCHERS, Watchers
from loadtest.flow.fitted import FlowSampler
from loadtest.serving import serving

EXPECTED: Final = {ELR: 7, DERIVATIVES: 3, GENERAL: 7}
"""By rulebook: instruments that trade, at the least."""


NEWCOMER: Final = "newcomer"
"""Who joins trades as this participant, on an account of their own."""


class DemoError(Exception):
    """The demonstration broke off; the message says why."""


@dataclass(frozen=True)
class Options:
    """What to demonstrate."""

    directory: Path
    rulebook: str
    seconds: float
    seed: int
    port: int | None = None
    """For others to join; None: any free one, and nobody is expected."""


async def run(options: Options, show: Show) -> dict[str, Any]:
    """Run a venue with participants, stop it, verify and replay its journal.

    Returns everything that happened as plain data.

    Raises:
        ServingError: the venue does not start, or goes away.
        DemoError: its market data broke off.
    """
    directory, today = options.directory, datetime.now(UTC).date()
    write_default_venue(directory, today, options.rulebook, port=options.port or 0)
    if options.port is not None:
        key = new_private_key()
        invited = invitation(load_venue(directory), NEWCOMER, today=today)
        append(directory / VENUE_FILE, all_lines(invited, public_key_hex(key)))
        write_private_key(directory / "keys" / f"{NEWCOMER}.pem", key)
    venue = load_venue(directory)
    tally = Tally()
    async with serving(directory) as served:
        seconds = await _trade(options, venue, served.url, tally, show)
    return {
        "rulebook": options.rulebook,
        "seed": options.seed,
        "seconds": seconds,
        "directory": str(directory),
        **tally.as_dict(),
        "rules": tally.rules(order_entry_rules(venue)),
        "silent_transfer_rules": [
            rule for rule in _rulebook(venue).transfer_order if not tally.moves_named[rule] and rule not in tally.waited
        ],
        **prove(directory),
    }


async def _trade(options: Options, venue: Venue, url: str, tally: Tally, show: Show) -> float:
    """Connect everybody and let them act until the time is up, or somebody has seen enough. Returns the seconds that it took."""
    keys = options.directory / "keys"
    names, missing = logins(venue, keys)
    assert not missing, missing
    async with (
        connect(url, encoding="msgpack", reconnect=False) as observer,
        logged_in(keys, [*names, *WATCHERS], url) as clients,
    ):
        source = random.Random(options.seed)
        markets = markets_of(venue, await observer.instruments(), source)
        watching = await watch(observer, markets, tally)
        cast = cast_of(venue, clients, markets, tally, source)
        accounts = accounts_of(venue)
        for wanted in WITHDRAWALS:
            client = clients[accounts[wanted.account].participant]
            sampler = FlowSampler(random.Random(source.getrandbits(64)))
            cast.people.append(Withdrawer(client, TREASURER_RATE, tally, sampler, wanted))
        court = Court(clients[SUPERVISOR], tally)
        began_ns, ends = time.perf_counter_ns(), Ends(options.seconds)
        title = f"{options.rulebook}, seed {options.seed},"
        invited = None if options.port is None else keys / f"{NEWCOMER}.pem"
        stage = Stage(url, keys / f"{SUPERVISOR}.pem", title, options.seconds, tally, ends, invited)
        shown = asyncio.create_task(_shown(show, stage))
        try:
            watchers = Watchers(clients, venue, tuple(_rulebook(venue).rules), tally)
            supervisor = Supervisor(clients[SUPERVISOR], tally)
            colluders = Colluders(clients, markets, tally)
            acting = [watchers, court, supervisor, colluders, *cast.everybody]
            await asyncio.gather(*(each.run(ends) for each in acting))
            # The last trades may still be on their way to the observer: this reply comes behind them.
            await observer.instruments()
            await asyncio.sleep(0)
        finally:
            is_cut = ends.event.is_set()
            ends.now()
            for task in watching:
                task.cancel()
            # What is shown ends by itself: the terminal is to be as it was.
            outcomes = await asyncio.gather(shown, *watching, return_exceptions=True)
        for outcome in outcomes[1:]:
            if isinstance(outcome, Exception):
                raise DemoError("the public market data broke off") from outcome
        shown.result()
        return round((ends.at_ns - began_ns) / NS_PER_SECOND, 1) if is_cut else options.seconds


async def _shown(show: Show, stage: Stage) -> None:
    """Show it. Where that can't go on, nobody waits for the end."""
    try:
        await show(stage)
    except BaseException:
        stage.ends.now()
        raise


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
    """Verify, replay and look through the journal of a stopped venue; what `sbx verify`, `replay` and `surveil` report."""
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
    watched = Watched(journal, settings_of())
    for _ in watched.rows():
        pass
    return {
        "verify": verify_summary(reader, digest, damage, []),
        "replay": replay_command.summary(replayed),
        "surveillance": {"seconds": watched.seconds, "reports": [record(each) for each in watched.episodes]},
    }


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
        found.append(
            f"rules that refused no transfer, and had nothing wait: {', '.join(result['silent_transfer_rules'])}"
        )
    if not result["transfers"]["done"] or not result["marks"]:
        found.append("no transfer was done, or no future was marked")
    if not result["supervised"].get("close_case") or not result["supervised"].get("dismiss_alert"):
        found.append("no case was closed, or no alert was dismissed")
    if not result["arrests"]["holdings"] or not result["arrests"]["lifted"]:
        found.append("nothing was arrested, or it was not let go")
    reported = {each["detector"] for each in result["surveillance"]["reports"]}
    missed = [name for name in FOUND[result["rulebook"]] if name not in reported]
    if missed and result["seconds"] >= TAKES_S:
        found.append(f"abuse that surveillance did not report: {', '.join(missed)}")
    if result["orders"]["not_sequenced"]:
        found.append(f"requests that were not sequenced: {result['orders']['not_sequenced']}")
    return found
