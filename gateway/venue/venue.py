"""The venue file: one TOML document that says all there is to say about a venue, and the commands that set it up.

Reading is strict. An unknown key, a wrong type, a name that nothing defines, a decimal finer than its asset: each is a
`VenueError` that names the key and says what to do. What only the core can judge (a rulebook, a tick that yields
fractions of a kopeck) it does judge: `load_venue` sets up an exchange from the file and reports what that refuses.
"""

from __future__ import annotations

import time
from collections.abc import Container, Mapping, Sequence
from pathlib import Path
from typing import Final

import msgspec

from compliance import digest_of, rulebook_digest
from engine.vocabulary.codes import PHASES
from engine.vocabulary.limits import NS_PER_SECOND
from engine.vocabulary.messages.commands import (
    AnyCommand,
    AuthoriseClient,
    ListInstrument,
    LoadRulebook,
    Sequenced,
    SetApproval,
    SetMarginRules,
    SetPhase,
    SetVenueRules,
)
from engine.vocabulary.messages.events import CommandRejected
from engine.vocabulary.said import Said
from gateway.core import new_exchange, outside_limits
from gateway.identity import Identities
from gateway.keys import KeyFileError, parse_public_key
from gateway.venue.error import VenueError
from gateway.venue.file import (
    AccountEntry,
    ApprovalSection,
    AssetEntry,
    ContractEntry,
    FaucetSection,
    IndexEntry,
    InstrumentEntry,
    IntermediaryEntry,
    InvestorEntry,
    LimitsSection,
    ParticipantEntry,
    ServerSection,
    VenueSection,
    WarningEntry,
)
from gateway.venue.papers import publish_warnings, register_contract, texts_of
from gateway.venue.reading import check_all_known, convert, deribit_port, entries, server_section, tables_of
from gateway.venue.rulebooks import built_in_rulebooks, load_rulebook_documents
from gateway.venue.setup import (
    add_asset,
    amount_of,
    check_parties,
    known,
    list_instrument,
    moscow_midnight_ns,
    open_account,
    register_intermediary,
    register_investor,
    set_index_price,
)
from gateway.words.words import words_of

__all__ = [
    "VENUE_FILE",
    "Participant",
    "Venue",
    "VenueError",
    "built_in_rulebooks",
    "check_setup",
    "load_rulebook_documents",
    "load_venue",
    "parse_venue",
    "read_participants",
]

VENUE_FILE: Final = "venue.toml"


class Participant(msgspec.Struct, frozen=True):
    """Who may log in: `role` is `participant`, `supervisor` or `operator`; `public_key` has 32 bytes."""

    participant: str
    role: str
    public_key: bytes


class Venue(msgspec.Struct, frozen=True):
    """A venue as its file describes it."""

    venue_id: str
    title: str
    host: str
    port: int
    durability: str
    """`fsync` or `os`, as in the welcome message."""
    metrics_port: int | None
    """Where scrapers are answered, on loopback; None: nowhere."""
    rulebook: str
    rulebook_documents: dict[str, str]
    participants: dict[str, Participant]
    setup: tuple[tuple[str, AnyCommand], ...]
    """What sets the venue up, each command with the key of the file it comes from."""
    limits: LimitsSection = LimitsSection()
    """Rates of requests at the edge."""
    server: ServerSection = ServerSection()
    test: bool = False
    """A venue for tests: its time can be moved."""
    faucet: dict[str, int] = {}
    """Test money that an account may have a day, by asset, in minor units; empty: it is no venue for tests."""
    identities: Identities | None = None
    """What made the identity keys in it; None: a secret that nobody keeps."""
    deribit_port: int | None = None
    """Where programs are answered that speak Deribit's API; None: nowhere."""

    @property
    def rulebook_digest(self) -> str:
        """Of the rulebook that it names, as the venue tells it once that is in force."""
        return rulebook_digest(self.rulebook, self.rulebook_documents)

    def genesis(self) -> list[AnyCommand]:
        """Return the first commands of the venue's journal, behind its participants: rulebook, assets, instruments, registry, accounts, phases."""
        return [command for _, command in self.setup]


def load_venue(path: Path, rulebook: str = "", *, now_ns: int | None = None) -> Venue:
    """Read a venue file and prove that it works.

    Args:
        path: the file, or a directory with a `venue.toml`.
        rulebook: name or file of another rulebook than the file's own; empty: the file's own.
        now_ns: the time at which it is to work, nanoseconds since the epoch, UTC; None: now.

    Raises:
        VenueError: it does not work; the message says which key is wrong and why.
        KeyFileError: the secret of its identity keys can't be used.
    """
    file = path / VENUE_FILE if path.is_dir() else path
    identities = Identities.read(file.parent) or Identities.new()
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise VenueError(f"{file} does not exist; `sbx init DIR` writes a venue to begin with") from error
    except (OSError, ValueError) as error:
        raise VenueError(f"{file} can't be read: {error}") from error
    try:
        venue = parse_venue(text, rulebook, file.parent, identities)
        check_setup(venue, now_ns)
    except VenueError as error:
        raise VenueError(f"{file}: {error}") from error
    return venue


def read_participants(file: Path) -> dict[str, Participant]:
    """Who may log in by a venue file as it is now; nothing else of it is looked at.

    Raises:
        VenueError: the file or its [[participants]] can't be used.
        OSError: the file can't be read.
    """
    try:
        tables = tables_of(file.read_text(encoding="utf-8"))
    except UnicodeDecodeError as error:
        raise VenueError(f"{file} can't be read: {error}") from error
    return _participants(entries(tables, "participants", ParticipantEntry, "participant"))


def parse_venue(text: str, rulebook: str, directory: Path, identities: Identities | None = None) -> Venue:
    """Read the text of a venue file; a rulebook named by a path is looked for in `directory`. Raises `VenueError`.

    Without `identities` the keys are made under a secret that nobody keeps.
    """
    tables = tables_of(text)
    section = convert(tables.pop("venue", {}), VenueSection, "venue")
    limits = convert(tables.pop("limits", {}), LimitsSection, "limits")
    server = server_section(tables.pop("server", {}))
    faucet = convert({"faucet": tables.pop("faucet", {})}, FaucetSection, "").faucet
    second_port = deribit_port(tables.pop("deribit", None))
    approval = convert(tables.pop("approval", {}), ApprovalSection, "approval")
    assets = entries(tables, "assets", AssetEntry, "asset")
    indices = entries(tables, "indices", IndexEntry, "index")
    instruments = entries(tables, "instruments", InstrumentEntry, "instrument")
    participants = entries(tables, "participants", ParticipantEntry, "participant")
    intermediaries = entries(tables, "intermediaries", IntermediaryEntry, "intermediary")
    investors = entries(tables, "investors", InvestorEntry, "investor")
    accounts = entries(tables, "accounts", AccountEntry, "account")
    warnings = entries(tables, "warnings", WarningEntry, "text")
    contracts = entries(tables, "contracts", ContractEntry, "contract")
    check_all_known(tables)
    name, documents = load_rulebook_documents(rulebook or section.rulebook, directory)
    scales = {entry.asset: entry.scale for _, entry in assets}
    setup: list[tuple[str, AnyCommand]] = [("venue.rulebook", LoadRulebook(name, documents, "", "venue file"))]
    setup += _of_the_whole(section)
    setup += [(where, command) for where, entry in assets for command in add_asset(where, entry)]
    setup += [(where, set_index_price(where, entry)) for where, entry in indices]
    setup += [(where, command) for where, each in instruments for command in list_instrument(where, each, scales)]
    setup += [(where, register_intermediary(where, entry)) for where, entry in intermediaries]
    intermediary_names = {entry.intermediary for _, entry in intermediaries}
    texts = [entry.text for _, entry in warnings] or _implied_texts(name, documents, investors)
    setup += [("warnings", command) for command in publish_warnings(texts, texts_of(name, documents))]
    setup += _registrations(investors, intermediary_names, texts, identities or Identities.new())
    roles = {entry.participant: entry.role for _, entry in participants}
    _check_limited(limits, roles)
    investor_names = {entry.investor for _, entry in investors}
    setup += [(where, register_contract(where, entry, investor_names, scales)) for where, entry in contracts]
    for where, account in accounts:
        check_parties(where, account, roles, investor_names, intermediary_names)
        setup += open_account(where, account, scales)
    setup += [*_opening_phases(instruments), *_second_approval(approval, roles)]
    return Venue(
        section.id,
        section.title,
        section.host,
        section.port,
        section.durability,
        section.metrics_port,
        name,
        documents,
        _participants(participants),
        tuple(setup),
        limits,
        server,
        section.test,
        {asset: amount_of(f"faucet.{asset}", asset, text, scales) for asset, text in faucet.items()},
        identities,
        second_port,
    )


def _of_the_whole(section: VenueSection) -> list[tuple[str, AnyCommand]]:
    """What holds for the whole venue."""
    setup: list[tuple[str, AnyCommand]] = [("venue.test", SetVenueRules(test=True))] if section.test else []
    if section.margin_grace_s is not None:
        setup.append(("venue.margin_grace_s", SetMarginRules(section.margin_grace_s * NS_PER_SECOND)))
    return setup


def _registrations(
    investors: list[tuple[str, InvestorEntry]], intermediaries: Container[str], texts: list[str], identities: Identities
) -> list[tuple[str, AnyCommand]]:
    """All investors, with what is on record of them."""
    found: list[tuple[str, AnyCommand]] = []
    digests = [digest_of(text) for text in texts]
    for where, investor in investors:
        found += register_investor(where, investor, intermediaries, digests, identities)
    return found


def _implied_texts(
    name: str, documents: Mapping[str, str], investors: Sequence[tuple[str, InvestorEntry]]
) -> list[str]:
    """The text of the warning that is acknowledged in a file without [[warnings]]; none if nobody does."""
    if not any(entry.acknowledgements for _, entry in investors):
        return []
    return texts_of(name, documents) or texts_of(*load_rulebook_documents(_WARNS))


def _opening_phases(instruments: Sequence[tuple[str, InstrumentEntry]]) -> list[tuple[str, AnyCommand]]:
    """The phases in which instruments open, but for those that are closed."""
    return [
        (f"{where}.phase", SetPhase(entry.instrument, PHASES.index(entry.phase), "opening"))
        for where, entry in instruments
        if entry.phase != "closed"
    ]


def _second_approval(section: ApprovalSection, roles: Mapping[str, str]) -> list[tuple[str, AnyCommand]]:
    """What a second participant must approve, if anything. It comes last: what sets the venue up needs nobody's approval."""
    if not section.second:
        return []
    if list(roles.values()).count("supervisor") < 2:
        raise VenueError(
            "approval.second: nobody could give a second approval; name two supervisors in [[participants]]"
        )
    return [("approval.second", SetApproval(section.second, "venue file"))]


def _check_limited(limits: LimitsSection, roles: Mapping[str, str]) -> None:
    for limited in limits.participants:
        known(f"limits.participants.{limited}", limited, roles, "participants")


def check_setup(venue: Venue, now_ns: int | None = None) -> list[tuple[str, str, Said]]:
    """Set an exchange up as the first start would; who then has more than a rule allows: the rule's id, who, by how much. Or `VenueError`.

    At a time in nanoseconds since the epoch, UTC; None: now.
    """
    exchange = new_exchange()
    now_ns = time.time_ns() if now_ns is None else now_ns
    # What was true when the venue first started may be over by now, and nothing is wrong with that.
    expired = {
        command.instrument
        for _, command in venue.setup
        if isinstance(command, ListInstrument) and 0 < command.expiry_ns - command.averaging_ns <= now_ns
    }
    timely = [
        (where, command)
        for where, command in venue.setup
        if getattr(command, "instrument", "") not in expired
        and not (isinstance(command, AuthoriseClient) and moscow_midnight_ns(command.year + 1, 1, 1) <= now_ns)
    ]
    for seq, (where, command) in enumerate(timely, 1):
        for event in exchange.apply(Sequenced(seq, now_ns, command)):
            if type(event) is CommandRejected:
                raise VenueError(f"{where}: {words_of(event)}")
    return outside_limits(exchange)


_WARNS = "general-2026"
"""The rulebook whose warning is acknowledged where neither the file nor the venue's own rulebook has one."""


def _participants(entries: Sequence[tuple[str, ParticipantEntry]]) -> dict[str, Participant]:
    found: dict[str, Participant] = {}
    owners: dict[bytes, str] = {}
    for where, entry in entries:
        try:
            public_key = parse_public_key(entry.public_key)
        except KeyFileError as error:
            raise VenueError(f"{where}.public_key: {error}") from error
        owner = owners.setdefault(public_key, where)
        if owner != where:
            raise VenueError(f"{where}.public_key: {owner} has the same key; make one with `sbx keys new`")
        found[entry.participant] = Participant(entry.participant, entry.role, public_key)
    return found
