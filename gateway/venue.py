"""The venue file: one TOML document that says all there is to say about a venue, and the commands that set it up.

Reading is strict. An unknown key, a wrong type, a name that nothing defines, a decimal finer than its asset: each is a
`VenueError` that names the key and says what to do. What only the core can judge (a rulebook, a tick that yields
fractions of a kopeck) it does judge: `load_venue` sets up an exchange from the file and reports what that refuses.
"""

from __future__ import annotations

import time
import tomllib
from collections.abc import Iterable, Sequence
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from engine.codes import ALLOCATIONS, ASSET_KINDS, INSTRUMENT_KINDS, INVESTOR_KINDS, PHASES, PRIVACY_KINDS
from engine.commands import (
    AddAsset,
    AnyCommand,
    Deposit,
    ListInstrument,
    LoadRulebook,
    OpenAccount,
    RecordAcknowledgement,
    RecordTest,
    RegisterIntermediary,
    RegisterInvestor,
    Sequenced,
    SetPhase,
    SetSchedule,
    SetTradingRules,
)
from engine.events import CommandRejected
from engine.limits import DECIMALS, MAX_E8, MAX_SUPPLY, MOSCOW_OFFSET_NS, NS_PER_DAY, NS_PER_SECOND
from gateway.core import new_exchange
from gateway.keys import KeyFileError, parse_public_key
from gateway.schedule import parse_schedule
from gateway.venue_file import (
    AccountEntry,
    AssetEntry,
    InstrumentEntry,
    IntermediaryEntry,
    InvestorEntry,
    ParticipantEntry,
    VenueSection,
)
from gateway.wire import Malformed, parse_amount

_EPOCH_ORDINAL = 719_163
"""The proleptic ordinal of 1970-01-01, as `datetime.date.toordinal` counts."""
_Entry = TypeVar("_Entry", bound=msgspec.Struct)


class VenueError(ValueError):
    """The venue file or the rulebook it names can't be used; the message names the key and says what to do."""


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
    rulebook: str
    rulebook_documents: dict[str, str]
    participants: dict[str, Participant]
    setup: tuple[tuple[str, AnyCommand], ...]
    """What sets the venue up, each command with the key of the file it comes from."""

    def genesis(self) -> list[AnyCommand]:
        """Return the first commands of the venue's journal: rulebook, assets, instruments, registry, accounts, phases."""
        return [command for _, command in self.setup]


def load_venue(path: Path, rulebook: str = "") -> Venue:
    """Read a venue file and prove that it works.

    Args:
        path: the file, or a directory with a `venue.toml`.
        rulebook: name or file of another rulebook than the file's own; empty: the file's own.

    Raises:
        VenueError: it does not work; the message says which key is wrong and why.
    """
    file = path / "venue.toml" if path.is_dir() else path
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise VenueError(f"{file} does not exist; `sbx init DIR` writes a venue to begin with") from error
    except (OSError, UnicodeDecodeError) as error:
        raise VenueError(f"{file} can't be read: {error}") from error
    try:
        venue = parse_venue(text, rulebook, file.parent)
        check_setup(venue)
    except VenueError as error:
        raise VenueError(f"{file}: {error}") from error
    return venue


def parse_venue(text: str, rulebook: str, directory: Path) -> Venue:
    """Read the text of a venue file; a rulebook named by a path is looked for in `directory`. Raises `VenueError`."""
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise VenueError(f"not valid TOML: {error}") from error
    section = _convert(tables.pop("venue", {}), VenueSection, "venue")
    assets = _entries(tables, "assets", AssetEntry, "asset")
    instruments = _entries(tables, "instruments", InstrumentEntry, "instrument")
    participants = _entries(tables, "participants", ParticipantEntry, "participant")
    intermediaries = _entries(tables, "intermediaries", IntermediaryEntry, "intermediary")
    investors = _entries(tables, "investors", InvestorEntry, "investor")
    accounts = _entries(tables, "accounts", AccountEntry, "account")
    if tables:
        raise VenueError(f"unknown section {min(tables)!r}; known: {', '.join(('venue', *_SECTIONS))}")

    name, documents = load_rulebook_documents(rulebook or section.rulebook, directory)
    scales = {entry.asset: entry.scale for _, entry in assets}
    setup: list[tuple[str, AnyCommand]] = [("venue.rulebook", LoadRulebook(name, documents, "", "venue file"))]
    setup += [(where, _add_asset(entry)) for where, entry in assets]
    for where, instrument in instruments:
        setup.append((where, _list_instrument(where, instrument, scales)))
        setup += [(where, command) for command in _market_design(where, instrument)]
    setup += [(where, _register_intermediary(entry)) for where, entry in intermediaries]
    for where, investor in investors:
        setup += [(where, command) for command in _register_investor(investor)]
    roles = {entry.participant: entry.role for _, entry in participants}
    investor_names = {entry.investor for _, entry in investors}
    intermediary_names = {entry.intermediary for _, entry in intermediaries}
    for where, account in accounts:
        _known(f"{where}.participant", account.participant, roles, "participants")
        if roles[account.participant] != "participant":
            raise VenueError(
                f"{where}.participant: {account.participant!r} is {roles[account.participant]}, and can't trade"
            )
        _known(f"{where}.investor", account.investor, investor_names, "investors")
        if account.intermediary:
            _known(f"{where}.intermediary", account.intermediary, intermediary_names, "intermediaries")
        opened = OpenAccount(account.account, account.participant, account.investor, account.intermediary)
        setup.append((where, opened))
        for asset, amount in account.deposits.items():
            key = f"{where}.deposits.{asset}"
            _known(key, asset, scales, "assets")
            setup.append(
                (key, Deposit(account.account, asset, _scaled(key, amount, scales[asset], MAX_SUPPLY), "opening"))
            )
    setup += [
        (f"{where}.phase", SetPhase(entry.instrument, PHASES.index(entry.phase), "opening"))
        for where, entry in instruments
        if entry.phase != "closed"
    ]
    return Venue(
        section.id,
        section.title,
        section.host,
        section.port,
        section.durability,
        name,
        documents,
        _participants(participants),
        tuple(setup),
    )


def check_setup(venue: Venue) -> None:
    """Set an exchange up from the venue; raise `VenueError` with the key of the first command that is refused."""
    exchange = new_exchange()
    now_ns = time.time_ns()
    for seq, (where, command) in enumerate(venue.setup, 1):
        for event in exchange.apply(Sequenced(seq, now_ns, command)):
            if type(event) is CommandRejected:
                raise VenueError(f"{where}: {event.detail}")


def built_in_rulebooks() -> dict[str, Traversable]:
    """Return the files of the rulebooks of this distribution by name, in order of name."""
    files = sorted(resources.files("compliance").joinpath("rulebooks").iterdir(), key=lambda item: item.name)
    return {item.name.removesuffix(".toml"): item for item in files if item.name.endswith(".toml")}


def load_rulebook_documents(
    name_or_path: str, directory: Path | None = None, *, partial: bool = False
) -> tuple[str, dict[str, str]]:
    """Read a rulebook and those it includes.

    Args:
        name_or_path: a rulebook of this distribution (`elr-2025`), or the path of a TOML file, relative to `directory`.
        partial: return what can be found, though included rulebooks are missing or a document is no TOML: for a check
            that names everything that is wrong.

    Returns:
        The rulebook's name, and the text of each document by name, as `LoadRulebook` carries them.

    Raises:
        VenueError: there is no such rulebook, or its TOML can't be read.
    """
    built_in = built_in_rulebooks()
    name, beside = name_or_path, Path()
    documents: dict[str, str] = {}
    if name_or_path.endswith(".toml"):
        path = (directory or Path()) / name_or_path
        name, beside = path.stem, path.parent
        documents[name] = _read_rulebook(path)
    wanted = _includes(name, documents[name], partial) if documents else [name]
    while wanted:
        each = wanted.pop()
        if each in documents:
            continue
        if each in built_in:
            documents[each] = built_in[each].read_text(encoding="utf-8")
        elif beside != Path() and (beside / f"{each}.toml").exists():
            documents[each] = _read_rulebook(beside / f"{each}.toml")
        elif partial and documents:
            continue
        else:
            raise VenueError(
                f"unknown rulebook {each!r}; there are {', '.join(built_in)}, or name a file that ends in .toml"
            )
        wanted += _includes(each, documents[each], partial)
    return name, dict(sorted(documents.items()))


def _includes(name: str, text: str, partial: bool) -> list[str]:
    """Name the rulebooks that one includes; whatever else is wrong with it, the core says when it loads."""
    try:
        include = tomllib.loads(text).get("include", [])
    except (ValueError, RecursionError) as error:
        if partial:
            return []
        raise VenueError(f"rulebook {name} is not valid TOML: {error}") from error
    if not isinstance(include, list) or not all(isinstance(each, str) for each in include):
        if partial:
            return []
        raise VenueError(f"rulebook {name}: `include` is a list of rulebook names")
    return include


def _read_rulebook(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise VenueError(f"rulebook {path} can't be read: {error}") from error


_SECTIONS = ("assets", "instruments", "participants", "intermediaries", "investors", "accounts")


def _entries(tables: dict[str, Any], section: str, kind: type[_Entry], key: str) -> list[tuple[str, _Entry]]:
    """Take a section out of the file: its entries, each with its place, unique by `key`."""
    rows = tables.pop(section, [])
    if not isinstance(rows, list):
        raise VenueError(f"{section}: write [[{section}]] above each entry")
    found: list[tuple[str, _Entry]] = []
    names: dict[str, str] = {}
    for index, row in enumerate(rows):
        name = row.get(key) if isinstance(row, dict) else None
        where = f"{section}[{index}]" if name is None else f"{section}[{index}] ({name})"
        entry = _convert(row, kind, where)
        earlier = names.setdefault(getattr(entry, key), where)
        if earlier != where:
            raise VenueError(f"{where}.{key}: defined before, in {earlier}; give it another name")
        found.append((where, entry))
    return found


def _convert(row: object, kind: type[_Entry], where: str) -> _Entry:
    """Turn a TOML table into its Struct, or say what is wrong with which key."""
    try:
        return msgspec.convert(row, kind)
    except msgspec.ValidationError as error:
        message, _, path = str(error).partition(" - at `$")
        key = path.rstrip("`")
        hint = ""
        if message.startswith("Object contains unknown field"):
            hint = f"; known keys: {', '.join(kind.__struct_fields__)}" if not key else ""
        elif message.startswith(("Expected `str`, got `int`", "Expected `str`, got `float`")):
            hint = '; write decimals and names in quotes, as in "0.01"'
        raise VenueError(f"{where}{key}: {message}{hint}") from error


def _known(where: str, name: str, names: Iterable[str], section: str) -> None:
    if name not in names:
        raise VenueError(f"{where}: no {name!r} in [[{section}]]; define it there, or correct the name")


def _scaled(where: str, text: str, scale: int, most: int) -> int:
    """Read a decimal as an integer of 10**-scale."""
    try:
        return parse_amount(text, scale, most)
    except Malformed as error:
        raise VenueError(f"{where}: {text!r}: {error}") from error


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


def _add_asset(entry: AssetEntry) -> AddAsset:
    return AddAsset(
        entry.asset,
        ASSET_KINDS.index(entry.kind),
        entry.scale,
        PRIVACY_KINDS.index(entry.privacy),
        entry.market_cap_rub,
        entry.turnover_rub,
        entry.history_years,
        entry.issuer,
    )


def _list_instrument(where: str, entry: InstrumentEntry, scales: dict[str, int]) -> ListInstrument:
    _known(f"{where}.base", entry.base, scales, "assets")
    _known(f"{where}.quote", entry.quote, scales, "assets")
    if entry.underlying:
        _known(f"{where}.underlying", entry.underlying, scales, "assets")

    def e8(key: str, text: str) -> int:
        return _scaled(f"{where}.{key}", text, DECIMALS, MAX_E8)

    return ListInstrument(
        entry.instrument,
        INSTRUMENT_KINDS.index(entry.kind),
        entry.base,
        entry.quote,
        e8("tick", entry.tick),
        e8("lot", entry.lot),
        e8("min_quantity", entry.min_quantity),
        e8("max_quantity", entry.max_quantity),
        _scaled(f"{where}.max_notional", entry.max_notional, scales[entry.quote], MAX_SUPPLY),
        entry.collar_ppm,
        e8("reference_price", entry.reference_price),
        entry.maker_fee_ppm,
        entry.taker_fee_ppm,
        entry.underlying,
    )


def _market_design(where: str, entry: InstrumentEntry) -> list[AnyCommand]:
    """Bands, auctions, allocation and schedule, as far as an entry says more than the core's defaults."""
    commands: list[AnyCommand] = []
    rules = SetTradingRules(
        entry.instrument,
        entry.static_band_ppm,
        entry.dynamic_band_ppm,
        entry.volatility_auction_s * NS_PER_SECOND,
        entry.auction_random_s * NS_PER_SECOND,
        ALLOCATIONS.index(entry.allocation),
        entry.batch_ms * (NS_PER_SECOND // 1_000),
    )
    if rules != SetTradingRules(entry.instrument):
        commands.append(rules)
    if entry.schedule:
        try:
            commands.append(SetSchedule(entry.instrument, parse_schedule(entry.schedule)))
        except ValueError as error:
            raise VenueError(f"{where}.schedule: {error}") from error
    return commands


def _register_intermediary(entry: IntermediaryEntry) -> RegisterIntermediary:
    return RegisterIntermediary(entry.intermediary, entry.licensed, entry.capital_rub, entry.suspended, "venue file")


def _register_investor(entry: InvestorEntry) -> list[AnyCommand]:
    commands: list[AnyCommand] = [
        RegisterInvestor(
            entry.investor,
            INVESTOR_KINDS.index(entry.kind),
            entry.resident,
            entry.assets_rub,
            entry.income_rub,
            entry.financial,
            entry.capital_rub,
            entry.blocked,
            "",
            "venue file",
        )
    ]
    for test in entry.tests:
        midnight_ns = (test.taken.toordinal() - _EPOCH_ORDINAL) * NS_PER_DAY - MOSCOW_OFFSET_NS
        commands.append(RecordTest(entry.investor, test.test, test.score, midnight_ns))
    commands += [RecordAcknowledgement(entry.investor, version) for version in entry.acknowledgements]
    return commands
