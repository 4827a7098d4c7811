"""The entries of a venue file as the commands that they are."""

from __future__ import annotations

import datetime
from collections.abc import Container, Mapping, Sequence
from typing import Final

from compliance import digest_of
from engine.vocabulary.codes import (
    ALLOCATIONS,
    ASSET_KINDS,
    CUSTODIES,
    INSTRUMENT_KINDS,
    INVESTOR_KINDS,
    PRICE_TIME,
    PRIVACY_KINDS,
)
from engine.vocabulary.days import midnight_ns
from engine.vocabulary.limits import DECIMALS, DEFAULT_VOLATILITY_NS, MAX_E8, MAX_SUPPLY, NS_PER_SECOND
from engine.vocabulary.messages.commands import (
    AddAsset,
    AnyCommand,
    AuthoriseClient,
    Deposit,
    IssueAsset,
    ListInstrument,
    OpenAccount,
    PublishDisclosure,
    RecordAcknowledgement,
    RecordTest,
    RegisterIntermediary,
    RegisterInvestor,
    SetIndexPrice,
    SetSchedule,
    SetTradingRules,
)
from gateway.documents import DocumentError, is_like_a_number, spills, without_numbers
from gateway.identity import Identities, check_owners
from gateway.protocol.wire import Malformed, parse_amount
from gateway.venue.error import VenueError
from gateway.venue.file import AccountEntry, AssetEntry, IndexEntry, InstrumentEntry, IntermediaryEntry, InvestorEntry
from gateway.venue.schedule import parse_schedule, parse_time_of_day

_PERCENT_DECIMALS: Final = 4
"""Of a percentage in millionths."""
_EPOCH_ORDINAL = 719_163
"""The proleptic ordinal of 1970-01-01, as `datetime.date.toordinal` counts."""


def known(where: str, name: str, names: Container[str], section: str) -> None:
    """Check that a section defines a name."""
    if name not in names:
        raise VenueError(
            without_numbers(f"{where}: no {name!r}") + f" in [[{section}]]; define it there, or correct the name"
        )


def check_parties(
    where: str,
    account: AccountEntry,
    roles: Mapping[str, str],
    investors: Container[str],
    intermediaries: Container[str],
) -> None:
    """Check that the parties of an account are defined, and that its participant can trade."""
    known(f"{where}.participant", account.participant, roles, "participants")
    role = roles[account.participant]
    if role != "participant":
        raise VenueError(f"{where}.participant: {account.participant!r} is {role}, and can't trade")
    known(f"{where}.investor", account.investor, investors, "investors")
    if account.intermediary:
        known(f"{where}.intermediary", account.intermediary, intermediaries, "intermediaries")


def scaled(where: str, text: str, scale: int, most: int) -> int:
    """Read a decimal as an integer of 10**-scale."""
    try:
        return parse_amount(text, scale, most)
    except Malformed as error:
        raise VenueError(f"{where}: {text!r}: {error}") from error


def moscow_midnight_ns(year: int, month: int, day: int) -> int:
    """When a day begins in Moscow, nanoseconds since the epoch, UTC."""
    return midnight_ns(datetime.date(year, month, day).toordinal() - _EPOCH_ORDINAL)


def add_asset(where: str, entry: AssetEntry) -> list[AnyCommand]:
    """An asset, with its issue limit at its own scale, and what its issuer discloses of it."""
    added = AddAsset(
        entry.asset,
        ASSET_KINDS.index(entry.kind),
        entry.scale,
        PRIVACY_KINDS.index(entry.privacy),
        entry.market_cap_rub,
        entry.turnover_rub,
        entry.history_years,
        entry.issuer,
        entry.terms,
        scaled(f"{where}.issue_limit", entry.issue_limit, entry.scale, MAX_SUPPLY),
        follows=entry.follows,
    )
    told = entry.disclosure
    if told is None:
        return [added]
    if bool(told.digest) == bool(told.text):
        raise VenueError(f"{where}.disclosure: needs the digest of the document, or its text, and not both")
    cover_ppm = scaled(f"{where}.disclosure.cover", told.cover, _PERCENT_DECIMALS, MAX_E8)
    until = "" if told.until is None else told.until.isoformat()
    digest = told.digest or digest_of(told.text)
    return [added, PublishDisclosure(entry.asset, digest, told.title, cover_ppm, until, reason="venue file")]


def set_index_price(where: str, entry: IndexEntry) -> SetIndexPrice:
    """The first price of an index."""
    return SetIndexPrice(entry.index, scaled(f"{where}.price", entry.price, DECIMALS, MAX_E8), entry.source)


def list_instrument(where: str, entry: InstrumentEntry, scales: dict[str, int]) -> list[AnyCommand]:
    """An instrument, and its market design."""
    return [_listed(where, entry, scales), *_market_design(where, entry)]


def _listed(where: str, entry: InstrumentEntry, scales: dict[str, int]) -> ListInstrument:
    """An instrument; of a future with its times in nanoseconds."""
    known(f"{where}.base", entry.base, scales, "assets")
    known(f"{where}.quote", entry.quote, scales, "assets")
    if entry.underlying:
        known(f"{where}.underlying", entry.underlying, scales, "assets")

    def e8(key: str, text: str) -> int:
        return scaled(f"{where}.{key}", text, DECIMALS, MAX_E8)

    return ListInstrument(
        entry.instrument,
        INSTRUMENT_KINDS.index(entry.kind),
        entry.base,
        entry.quote,
        e8("tick", entry.tick),
        e8("lot", entry.lot),
        e8("min_quantity", entry.min_quantity),
        e8("max_quantity", entry.max_quantity),
        scaled(f"{where}.max_notional", entry.max_notional, scales[entry.quote], MAX_SUPPLY),
        entry.collar_ppm,
        e8("reference_price", entry.reference_price),
        entry.maker_fee_ppm,
        entry.taker_fee_ppm,
        entry.underlying,
        _expiry_ns(where, entry),
        entry.averaging_s * NS_PER_SECOND,
        entry.mark_interval_s * NS_PER_SECOND,
        e8("max_position", entry.max_position),
    )


def _expiry_ns(where: str, entry: InstrumentEntry) -> int:
    """When a future is settled; 0: never."""
    if entry.expires is None:
        if entry.kind == "future":
            raise VenueError(f'{where}.expires: a future needs the day on which it is settled, as in "2026-12-25"')
        return 0
    try:
        second = parse_time_of_day(entry.expires_at)
    except ValueError as error:
        raise VenueError(f"{where}.expires_at: {error}") from error
    day = entry.expires
    return moscow_midnight_ns(day.year, day.month, day.day) + second * NS_PER_SECOND


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
    if rules != SetTradingRules(entry.instrument, 0, 0, DEFAULT_VOLATILITY_NS, 0, PRICE_TIME, 0):
        commands.append(rules)
    if entry.schedule:
        try:
            commands.append(SetSchedule(entry.instrument, parse_schedule(entry.schedule)))
        except ValueError as error:
            raise VenueError(f"{where}.schedule: {error}") from error
    return commands


def register_intermediary(where: str, entry: IntermediaryEntry) -> RegisterIntermediary:
    """An intermediary."""
    _check_name(where, "intermediary", entry.intermediary)
    return RegisterIntermediary(
        entry.intermediary,
        entry.licensed,
        entry.capital_rub,
        entry.suspended,
        "venue file",
        entry.licence,
        entry.bank,
        own_investor=entry.own_investor or None,
    )


def register_investor(
    where: str, entry: InvestorEntry, intermediaries: Container[str], digests: Sequence[str], identities: Identities
) -> list[tuple[str, AnyCommand]]:
    """An investor with tests, acknowledgements (`digests` of the texts) and authorisations, each command with its key."""
    identity_keys, owner_keys = _identity(where, entry, identities)
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
            entry.bank,
            earlier_income_rub=entry.earlier_income_rub,
            certified=entry.certified,
            foreign_trade=entry.foreign_trade,
            identity_keys=identity_keys,
            owner_keys=owner_keys,
            risk_level=entry.risk_level or None,
        )
    ]
    for test in entry.tests:
        taken_ns = moscow_midnight_ns(test.taken.year, test.taken.month, test.taken.day)
        commands.append(RecordTest(entry.investor, test.test, test.score, taken_ns))
    found = [(where, command) for command in commands]
    for place, number in enumerate(entry.acknowledgements):
        key = f"{where}.acknowledgements[{place}]"
        if number > len(digests):
            raise VenueError(f"{key}: there is no text {number} of the risk warning: [[warnings]] has {len(digests)}")
        found.append((key, RecordAcknowledgement(entry.investor, digest=digests[number - 1])))
    for number, each in enumerate(entry.authorised):
        key = f"{where}.authorised[{number}]"
        known(f"{key}.intermediary", each.intermediary, intermediaries, "intermediaries")
        found.append((key, AuthoriseClient(each.intermediary, entry.investor, each.year, True, "venue file")))
    return found


def _check_name(where: str, key: str, name: str) -> None:
    """See that a name does not look as a document's number does. The error does not say the name."""
    if is_like_a_number(name):
        place = where.partition(" ")[0]
        raise VenueError(f"{place}.{key}: a name must not look as the number of a document does; give it another one")


def _identity(
    where: str, entry: InvestorEntry, identities: Identities
) -> tuple[tuple[str, ...] | None, tuple[tuple[str, ...], ...] | None]:
    """The identity keys of an investor, and of its beneficial owners; None: the file names none."""
    _check_name(where, "investor", entry.investor)
    # Here and in the errors below the entry is not called by its name: the name may be what is wrong.
    place = where.partition(" ")[0]
    if spills({"investor": entry.investor, "documents": entry.documents, "owners": entry.owners}):
        raise VenueError(f"{place}.investor: the number of a document stands in the name; give it another one")
    own: tuple[str, ...] | None = None
    owners: tuple[tuple[str, ...], ...] | None = None
    try:
        if entry.documents:
            own = identities.keys(entry.documents, firm=entry.kind == "firm")
    except DocumentError as error:
        raise VenueError(f"{place}.documents: {error}") from error
    try:
        check_owners(entry.owners)
    except DocumentError as error:
        raise VenueError(f"{place}.owners: {error}") from error
    try:
        if entry.owners:
            owners = identities.keys_of_all(entry.owners)
    except DocumentError as error:
        raise VenueError(f"{place}.owners{error}") from error
    return own, owners


OPENING_BALANCE: Final = "opening balance of the venue file"
"""The origin that is on record of what accounts open with."""


def open_account(where: str, entry: AccountEntry, scales: dict[str, int]) -> list[tuple[str, AnyCommand]]:
    """An account with what it opens with, each command with its key."""
    account = entry.account
    _check_name(where, "account", account)
    custody = CUSTODIES.index(entry.custody)
    found: list[tuple[str, AnyCommand]] = [
        (where, OpenAccount(account, entry.participant, entry.investor, entry.intermediary, custody=custody))
    ]
    for asset, amount in entry.deposits.items():
        key = f"{where}.deposits.{asset}"
        opening = Deposit(account, asset, amount_of(key, asset, amount, scales), "opening", origin=OPENING_BALANCE)
        found.append((key, opening))
    for asset, amount in entry.issued.items():
        key = f"{where}.issued.{asset}"
        found.append((key, IssueAsset(asset, account, amount_of(key, asset, amount, scales), "", "opening")))
    return found


def amount_of(where: str, asset: str, text: str, scales: dict[str, int]) -> int:
    """An amount of an asset that the file defines, in its minor units."""
    known(where, asset, scales, "assets")
    return scaled(where, text, scales[asset], MAX_SUPPLY)
