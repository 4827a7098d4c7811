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
from engine.vocabulary.said import said

MAX_SCALE = 18
ISSUED_KINDS = (SECURITY, DOMESTIC_STABLECOIN)
"""What a participant of this venue can issue: domestic digital financial assets."""


def name_problem(what: str, name: str) -> Problem | None:
    """Why a name can't be used; None: it can."""
    if not 0 < len(name) <= MAX_NAME_CHARS or not is_printable(name):
        return invalid(said("name.form", what, MAX_NAME_CHARS))
    return None


def asset_problem(command: AddAsset, assets: dict[str, Asset]) -> Problem | None:
    """Why an asset can't be added; None: it can."""
    if command.asset in assets:
        return invalid(said("asset.exists", command.asset))
    if len(assets) >= MAX_ASSETS:
        return invalid(said("asset.most", MAX_ASSETS))
    if not 0 <= command.kind < len(ASSET_KINDS):
        return invalid(said("asset.kind"))
    if not 0 <= command.privacy < len(PRIVACY_KINDS):
        return invalid(said("asset.privacy"))
    if not 0 <= command.scale <= MAX_SCALE:
        return invalid(said("asset.scale", MAX_SCALE))
    return name_problem("asset", command.asset) or _issue_problem(command)


def _issue_problem(command: AddAsset) -> Problem | None:
    """Why an asset can't have this issuer, these terms or this limit; None: it can."""
    problem = name_problem("issuer", command.issuer) if command.issuer else None
    if problem is not None:
        return problem
    if len(command.terms) > MAX_TEXT_CHARS:
        return invalid(said("asset.terms", MAX_TEXT_CHARS))
    if command.follows and command.kind != SECURITY:
        return invalid(said("asset.follows"))
    problem = name_problem("follows", command.follows) if command.follows else None
    if problem is not None:
        return problem
    if not 0 <= command.issue_limit <= MAX_SUPPLY:
        return invalid(said("asset.issue_limit"))
    if command.issue_limit and command.kind not in ISSUED_KINDS:
        return invalid(said("asset.not_issued"))
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
        return invalid(said("instrument.exists", command.instrument))
    if len(instruments) >= MAX_INSTRUMENTS:
        return invalid(said("instrument.most", MAX_INSTRUMENTS))
    if not 0 <= command.kind < len(INSTRUMENT_KINDS):
        return invalid(said("instrument.kind"))
    for name in (command.base, command.quote):
        if name not in assets:
            return invalid(said("asset.unknown", name))
    if command.base == command.quote:
        return invalid(said("instrument.base_is_quote"))
    if not 0 < command.tick_e8 <= MAX_E8 or not 0 < command.lot_e8 <= MAX_E8:
        return invalid(said("instrument.grid"))
    if money_unit(command, assets[command.quote].scale) == 0:
        return invalid(said("instrument.unit", command.quote))
    if command.lot_e8 * 10 ** assets[command.base].scale % ONE_E8:
        return invalid(said("instrument.lot_unit", command.base))
    if money_unit(command, assets[command.quote].scale) > MAX_SUPPLY:
        return invalid(said("instrument.large_unit"))
    if command.lot_e8 * 10 ** assets[command.base].scale // ONE_E8 > MAX_SUPPLY:
        return invalid(said("instrument.large_lot"))
    return (
        sizes_problem(command)
        or _reference_problem(command)
        or fees_problem(command)
        or _series_problem(command, time_ns)
        or position_problem(command)
        or name_problem("instrument", command.instrument)
    )


def _reference_problem(command: ListInstrument) -> Problem | None:
    """Why an instrument can't begin with this reference price; None: it can."""
    if not 0 <= command.reference_price_e8 <= MAX_E8 or command.reference_price_e8 % command.tick_e8:
        return invalid(said("instrument.reference"))
    return None


def sizes_problem(command: ListInstrument) -> Problem | None:
    """Why the orders of an instrument can't have these bounds; None: they can."""
    if not command.lot_e8 <= command.min_quantity_e8 <= command.max_quantity_e8 <= MAX_E8:
        return invalid(said("instrument.quantities"))
    if command.min_quantity_e8 % command.lot_e8 or command.max_quantity_e8 % command.lot_e8:
        return invalid(said("instrument.multiples"))
    if not 0 < command.max_notional <= MAX_SUPPLY:
        return invalid(said("instrument.notional"))
    if not 0 < command.collar_ppm < 1_000_000:
        return invalid(said("instrument.collar"))
    return None


def fees_problem(command: ListInstrument) -> Problem | None:
    """Why an instrument can't have these fees; None: it can."""
    for ppm in (command.maker_fee_ppm, command.taker_fee_ppm):
        if not -MAX_REBATE_PPM <= ppm <= MAX_FEE_PPM:
            return invalid(said("instrument.fee", MAX_REBATE_PPM, MAX_FEE_PPM))
    if command.maker_fee_ppm + command.taker_fee_ppm < 0:
        return invalid(said("instrument.rebate"))
    return None


def position_problem(command: ListInstrument) -> Problem | None:
    """Why the positions of an instrument can't have this bound; None: they can."""
    if command.kind != FUTURE:
        return invalid(said("series.not_a_future")) if command.max_position_e8 else None
    if not 0 <= command.max_position_e8 <= MAX_E8 or command.max_position_e8 % command.lot_e8:
        return invalid(said("series.position"))
    return None


def _series_problem(command: ListInstrument, time_ns: int) -> Problem | None:
    """Why an instrument has no terms of a future's series, or has them although it is none; None: it may be listed."""
    if command.kind != FUTURE:
        terms = (command.expiry_ns, command.averaging_ns, command.mark_interval_ns, command.max_position_e8)
        return invalid(said("series.not_a_future")) if any(terms) else None
    if not command.underlying:
        return invalid(said("series.underlying"))
    if not 0 <= command.averaging_ns <= NS_PER_DAY:
        return invalid(said("series.averaging"))
    if not time_ns < command.expiry_ns - command.averaging_ns or command.expiry_ns > MAX_E8:
        return invalid(said("series.past"))
    if command.mark_interval_ns and not MIN_MARK_INTERVAL_NS <= command.mark_interval_ns <= NS_PER_DAY:
        return invalid(said("series.mark_interval"))
    return None


def new_instrument(command: ListInstrument, index: int, assets: dict[str, Asset], covers: list[Margin]) -> Instrument:
    """The instrument of a command that has no problem; `covers` is where a future notes whose cover has changed."""
    future = Future(command, covers) if command.kind == FUTURE else None
    return Instrument(command, index, assets[command.base], assets[command.quote], future)


def account_problem(command: OpenAccount, accounts: dict[str, Account]) -> Problem | None:
    """Why an account can't be opened; None: it can."""
    if command.account in accounts:
        return invalid(said("account.exists", command.account))
    if len(accounts) >= MAX_ACCOUNTS:
        return invalid(said("account.most", MAX_ACCOUNTS))
    return name_problem("account", command.account) or name_problem("participant", command.participant)
