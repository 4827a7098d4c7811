"""What may be listed: the checks of assets, instruments and accounts. Nothing here changes state."""

from __future__ import annotations

from engine.book.assets import Asset
from engine.book.entities import Account, Future, Instrument, Margin
from engine.vocabulary.codes import (
    ASSET_KINDS,
    DOMESTIC_STABLECOIN,
    FUTURE,
    INSTRUMENT_KINDS,
    PRIVACY_KINDS,
    SECURITY,
)
from engine.vocabulary.limits import (
    MAX_ACCOUNTS,
    MAX_ASSETS,
    MAX_E8,
    MAX_FEE_PPM,
    MAX_INSTRUMENTS,
    MAX_NAME_CHARS,
    MAX_REBATE_PPM,
    MAX_SUPPLY,
    MAX_TEXT_CHARS,
    MIN_MARK_INTERVAL_NS,
    NS_PER_DAY,
    ONE_E8,
)
from engine.vocabulary.messages.commands import AddAsset, ListInstrument, OpenAccount
from engine.vocabulary.names import is_printable
from engine.vocabulary.problem import Problem, invalid

MAX_SCALE = 18
ISSUED_KINDS = (SECURITY, DOMESTIC_STABLECOIN)
"""What a participant of this venue can issue: domestic digital financial assets."""


def name_problem(what: str, name: str) -> Problem | None:
    """Why a name can't be used; None: it can."""
    if not 0 < len(name) <= MAX_NAME_CHARS or not is_printable(name):
        return invalid(f"{what} must be 1 to {MAX_NAME_CHARS} printable characters")
    return None


def asset_problem(command: AddAsset, assets: dict[str, Asset]) -> Problem | None:
    """Why an asset can't be added; None: it can."""
    if command.asset in assets:
        return invalid(f"asset {command.asset} exists")
    if len(assets) >= MAX_ASSETS:
        return invalid(f"no more than {MAX_ASSETS} assets")
    if not 0 <= command.kind < len(ASSET_KINDS):
        return invalid("unknown asset kind")
    if not 0 <= command.privacy < len(PRIVACY_KINDS):
        return invalid("unknown privacy kind")
    if not 0 <= command.scale <= MAX_SCALE:
        return invalid(f"scale must be 0 to {MAX_SCALE}")
    return name_problem("asset", command.asset) or _issue_problem(command)


def _issue_problem(command: AddAsset) -> Problem | None:
    """Why an asset can't have this issuer, these terms or this limit; None: it can."""
    problem = name_problem("issuer", command.issuer) if command.issuer else None
    if problem is not None:
        return problem
    if len(command.terms) > MAX_TEXT_CHARS:
        return invalid(f"terms must be at most {MAX_TEXT_CHARS} characters")
    if command.follows and command.kind != SECURITY:
        return invalid("only a security follows something")
    problem = name_problem("follows", command.follows) if command.follows else None
    if problem is not None:
        return problem
    if not 0 <= command.issue_limit <= MAX_SUPPLY:
        return invalid("the issue limit must not be negative, nor more than a venue can hold")
    if command.issue_limit and command.kind not in ISSUED_KINDS:
        return invalid("only securities and domestic stablecoins are issued here")
    return None


def money_unit(command: ListInstrument, quote_scale: int) -> int:
    """Quote minor units in one tick times one lot, or 0 if that is no whole number."""
    product = command.tick_e8 * command.lot_e8 * 10**quote_scale
    divisor = ONE_E8 * ONE_E8
    return product // divisor if product % divisor == 0 else 0


def instrument_problem(
    command: ListInstrument, assets: dict[str, Asset], instruments: dict[str, Instrument], time_ns: int
) -> Problem | None:
    """Why an instrument can't be listed at a time; None: it can."""
    if command.instrument in instruments:
        return invalid(f"instrument {command.instrument} is listed")
    if len(instruments) >= MAX_INSTRUMENTS:
        return invalid(f"no more than {MAX_INSTRUMENTS} instruments")
    if not 0 <= command.kind < len(INSTRUMENT_KINDS):
        return invalid("unknown instrument kind")
    for name in (command.base, command.quote):
        if name not in assets:
            return invalid(f"unknown asset {name}")
    if command.base == command.quote:
        return invalid("base and quote must differ")
    if not 0 < command.tick_e8 <= MAX_E8 or not 0 < command.lot_e8 <= MAX_E8:
        return invalid("tick and lot must be positive")
    if money_unit(command, assets[command.quote].scale) == 0:
        return invalid(f"tick times lot must be a whole number of minor units of {command.quote}")
    if command.lot_e8 * 10 ** assets[command.base].scale % ONE_E8:
        return invalid(f"the lot must be a whole number of minor units of {command.base}")
    if money_unit(command, assets[command.quote].scale) > MAX_SUPPLY:
        return invalid("tick times lot must be worth less")
    if command.lot_e8 * 10 ** assets[command.base].scale // ONE_E8 > MAX_SUPPLY:
        return invalid("the lot must be smaller")
    if not command.lot_e8 <= command.min_quantity_e8 <= command.max_quantity_e8 <= MAX_E8:
        return invalid("lot, minimum and maximum quantity must not decrease")
    if command.min_quantity_e8 % command.lot_e8 or command.max_quantity_e8 % command.lot_e8:
        return invalid("minimum and maximum quantity must be multiples of the lot")
    if not 0 < command.max_notional <= MAX_SUPPLY:
        return invalid("the largest notional must be positive, and no more than a venue can hold")
    if not 0 < command.collar_ppm < 1_000_000:
        return invalid("the collar must be between 0 and 1000000 millionths")
    if not 0 <= command.reference_price_e8 <= MAX_E8 or command.reference_price_e8 % command.tick_e8:
        return invalid("the reference price must be a multiple of the tick")
    for ppm in (command.maker_fee_ppm, command.taker_fee_ppm):
        if not -MAX_REBATE_PPM <= ppm <= MAX_FEE_PPM:
            return invalid(f"a fee must be from -{MAX_REBATE_PPM} to {MAX_FEE_PPM} millionths")
    if command.maker_fee_ppm + command.taker_fee_ppm < 0:
        return invalid("a rebate must not exceed the other side's fee")
    return _series_problem(command, time_ns) or name_problem("instrument", command.instrument)


def _series_problem(command: ListInstrument, time_ns: int) -> Problem | None:
    """Why an instrument has no terms of a future's series, or has them although it is none; None: it may be listed."""
    if command.kind != FUTURE:
        terms = (command.expiry_ns, command.averaging_ns, command.mark_interval_ns, command.max_position_e8)
        return invalid("expiry, averaging, marks and a largest position are for futures") if any(terms) else None
    if not command.underlying:
        return invalid("a future needs the index it follows as its underlying")
    if not 0 <= command.averaging_ns <= NS_PER_DAY:
        return invalid("averaging must be from 0 to a day")
    if not time_ns < command.expiry_ns - command.averaging_ns or command.expiry_ns > MAX_E8:
        return invalid("a future must expire, and its averaging begin, in the future")
    if command.mark_interval_ns and not MIN_MARK_INTERVAL_NS <= command.mark_interval_ns <= NS_PER_DAY:
        return invalid("a mark interval must be 0, or from 60 seconds to a day")
    if not 0 <= command.max_position_e8 <= MAX_E8 or command.max_position_e8 % command.lot_e8:
        return invalid("the largest position must be a multiple of the lot")
    return None


def new_instrument(command: ListInstrument, index: int, assets: dict[str, Asset], covers: list[Margin]) -> Instrument:
    """The instrument of a command that has no problem; `covers` is where a future notes whose cover has changed."""
    future = Future(command, covers) if command.kind == FUTURE else None
    return Instrument(command, index, assets[command.base], assets[command.quote], future)


def account_problem(command: OpenAccount, accounts: dict[str, Account]) -> Problem | None:
    """Why an account can't be opened; None: it can."""
    if command.account in accounts:
        return invalid(f"account {command.account} exists")
    if len(accounts) >= MAX_ACCOUNTS:
        return invalid(f"no more than {MAX_ACCOUNTS} accounts")
    return name_problem("account", command.account) or name_problem("participant", command.participant)
