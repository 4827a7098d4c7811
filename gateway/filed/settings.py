"""What is set of a venue, by what it is about: the same view of a venue that runs, and of one that its file would begin."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from compliance import ComplianceHook, rulebook_digest
from compliance.messages.hook_state import AssetState, ContractState, IntermediaryState, InvestorState
from compliance.registry.records import Registry
from engine.book.assets import Asset
from engine.book.entities import Account
from engine.book.order_book import LimitOrderBook
from engine.exchange import Exchange
from engine.state.state import State
from engine.vocabulary.codes import (
    ALLOCATIONS,
    ASSET_KINDS,
    CUSTODIES,
    INSTRUMENT_KINDS,
    INVESTOR_KINDS,
    PHASES,
    PRIVACY_KINDS,
    RATE_OF_PARTICIPANT,
    RATE_SCOPES,
    SELF_TRADE_MODES,
)
from engine.vocabulary.decimals import decimal, decimal_e8
from engine.vocabulary.limits import NS_PER_SECOND
from engine.vocabulary.messages.commands import ListInstrument
from gateway.venue.settable import LIMITS

Subject = tuple[str, str]
"""Kind, and name; of what a venue has one of, no name."""
Settings = dict[str, str]
"""Values by the names of fields, as people read them. What is nothing is an empty text."""

NONE: Final = ""
# Who said so, and what a record counts by itself, is nothing that a file sets.
_NOT_SET: Final = ("reason", "by", "investor", "intermediary", "contract", "asset_", "class_override", "highly_liquid", "lost_ns",
                   "followed", "paid", "refundable")  # fmt: skip
_OF_FUTURES: Final = ("expiry", "averaging", "mark_interval", "max_position")
"""0: it has none."""
_RULES: Final = ("static_ppm", "dynamic_ppm", "volatility_ns", "auction_random_ns", "allocation", "batch_ns")


def settings_of(exchange: Exchange, kind: str, name: str) -> Settings | None:
    """What is set of something; None: the venue has no such thing, or of the kind nothing is compared."""
    hook = exchange.hook
    registry = hook.intake.registry if isinstance(hook, ComplianceHook) else Registry()
    if kind == "instrument":
        book = exchange.books.get(name)
        return None if book is None else _instrument(exchange, book)
    if kind == "asset":
        asset = exchange.assets.get(name)
        return None if asset is None else _asset(asset, registry)
    if kind == "account":
        account = exchange.accounts.get(name)
        return None if account is None else _account(account, registry)
    records: Mapping[str, tuple[Mapping[str, Any], Any]] = {
        "investor": (registry.investors, InvestorState),
        "intermediary": (registry.intermediaries, IntermediaryState),
        "contract": (registry.contracts, ContractState),
    }
    if kind in records:
        known, state = records[kind]
        found = known.get(name)
        return None if found is None else _record(found, state)
    return _of_the_whole(exchange, kind)


def standing_settings(exchange: Exchange, kind: str, name: str) -> Settings:
    """What is set of a name that stands, for whoever looks it up: also what no start compares. What is nothing is left out."""
    if kind == "participant":
        found = _participant(exchange, name)
    elif kind == "venue":
        found = _venue(exchange)
    else:
        found = settings_of(exchange, kind, name) or {}
    return {
        field: value for field, value in found.items() if value != NONE and (value != "0" or field not in _OF_FUTURES)
    }


def _participant(state: State, name: str) -> Settings:
    """What a participant may send, as far as that was set."""
    limits, rates = state.limits.get(name), state.rates.get(f"{RATE_SCOPES[RATE_OF_PARTICIPANT]}:{name}")
    found = {} if limits is None else {field: str(getattr(limits, field)) for field in LIMITS}
    return found if rates is None else {**found, "units_per_second": str(rates[0]), "burst": str(rates[1])}


def _venue(state: State) -> Settings:
    """What holds for the whole venue."""
    found = {
        "self_trade": SELF_TRADE_MODES[state.self_trade],
        "margin_grace": _seconds(state.grace_ns),
        "test": _any(state.is_test),
        "seed": state.seed,
    }
    if not state.halt_threshold_ppm:
        return found
    halt = {"halt_threshold_ppm": str(state.halt_threshold_ppm), "halt": _seconds(state.halt_ns)}
    return {**found, **halt, "halt_instruments": " ".join(book.instrument.instrument for book in state.market_index)}


def _of_the_whole(exchange: State, kind: str) -> Settings | None:
    """What a venue has one of."""
    if kind == "rulebook":
        hook = exchange.hook
        table = hook.intake.table if isinstance(hook, ComplianceHook) else None
        if table is None:
            return {}
        loaded = table.rulebook
        return {"name": loaded.name, "digest": rulebook_digest(loaded.name, loaded.documents)}
    if kind == "approval":
        return {"second": " ".join(exchange.second)}
    if kind == "margin rules":
        return {"margin_grace": _seconds(exchange.grace_ns)}
    return {"test": str(exchange.is_test).lower()} if kind == "venue rules" else None


def _instrument(state: State, book: LimitOrderBook) -> Settings:
    """The terms of an instrument, then its market design."""
    instrument, found = book.instrument, {}
    for field in ListInstrument.__struct_fields__:
        if field not in ("instrument", "by"):
            value = getattr(instrument.listing, field)
            scale = instrument.quote.scale if field == "max_notional" else 0
            found[_called(field)] = (
                decimal(value, scale) if field == "max_notional" else _text(field, value, "instrument")
            )
    for field in _RULES:
        found[_called(field)] = _text(field, getattr(instrument, field), "instrument")
    steps = state.schedules.get(instrument.number, ())
    found["schedule"] = " ".join(
        f"{second // 3_600:02}:{second // 60 % 60:02}:{second % 60:02} {PHASES[phase]}" for second, phase in steps
    )
    return found


def _asset(asset: Asset, registry: Registry) -> Settings:
    """An asset, and its figures."""
    found = {
        "kind": ASSET_KINDS[asset.kind],
        "scale": str(asset.scale),
        "issuer": asset.issuer,
        "terms": asset.terms,
        "follows": asset.follows,
        "issue_limit": decimal(asset.issue_limit, asset.scale) if asset.issue_limit else NONE,
    }
    record = registry.assets.get(asset.asset)
    return found if record is None else {**found, **_record(record, AssetState)}


def _account(account: Account, registry: Registry) -> Settings:
    client = registry.clients.get(account.account)
    return {
        "participant": account.participant,
        "investor": account.investor,
        "intermediary": account.intermediary,
        "custody": NONE if client is None else CUSTODIES[client.custody],
    }


def _record(record: Any, state: Any) -> Settings:
    """A record of the registry: all that a snapshot keeps of it and a file may set."""
    kind = "investor" if state is InvestorState else "asset"
    names = [field for field in state.__struct_fields__ if field not in _NOT_SET]
    return {_called(field): _text(field, getattr(record, field), kind) for field in names}


def _text(field: str, value: Any, kind: str) -> str:
    """A value as people read it."""
    if field == "kind":
        return (INSTRUMENT_KINDS if kind == "instrument" else INVESTOR_KINDS)[value]
    if field == "privacy":
        return PRIVACY_KINDS[value]
    if field == "allocation":
        return ALLOCATIONS[value]
    if field.endswith("_e8"):
        return decimal_e8(value)
    if field.endswith("_ns"):
        return _seconds(value)
    return _any(value)


def _any(value: Any) -> str:
    """A value of whatever sort: a flag, a text, a figure, or records by name."""
    if value is None:
        return NONE
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (str, int)):
        return str(value)
    if isinstance(value, dict):
        # A flag that is set says no more than its name.
        pairs = {str(key): _any(each) for key, each in value.items()}
        return " ".join(sorted(key if each == "true" else f"{key}:{each}" for key, each in pairs.items() if each))
    if hasattr(value, "score"):
        return str(value.score) if value.taken_ns else NONE
    if hasattr(value, "stands"):
        return value.intermediary if value.stands else NONE
    if hasattr(value, "digest"):
        return f"{value.digest[:16]} {value.title}, cover {value.cover_ppm} ppm, until {value.until_day}"
    return str(getattr(value, "investor", "") or getattr(value, "asset", ""))


def _seconds(value_ns: int) -> str:
    """A length or an instant, in seconds, whole ones without a point."""
    whole, rest = divmod(value_ns, NS_PER_SECOND)
    return str(whole) if not rest else decimal(value_ns, 9)


def _called(field: str) -> str:
    """What a venue file calls a field, as far as it does."""
    return field.removesuffix("_e8").removesuffix("_ns")
