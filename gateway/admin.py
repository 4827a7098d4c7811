"""Admin requests as commands of the core: who may send which, and what their arguments look like.

Arguments carry the names of the command's fields. A field that ends in `_e8` is given without that ending, as a decimal
string; amounts of money are decimal strings in whole units of their asset; kinds, phases, scopes, modes are names; a
schedule is a table of Moscow times and phases. `by` is not given: it is who is logged in.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from engine import codes, commands
from engine.commands import AnyCommand
from engine.limits import MAX_NAME_CHARS, MAX_SUPPLY, MAX_TEXT_CHARS
from engine.orders import Asset
from gateway.messages import Admin
from gateway.schedule import parse_schedule
from gateway.venue import built_in_rulebooks, load_rulebook_documents
from gateway.wire import Malformed, parse_amount, parse_e8

SUPERVISOR: Final = "supervisor"
OPERATOR: Final = "operator"

_CONFIGURATION: Final[dict[str, type[AnyCommand]]] = {
    "add_asset": commands.AddAsset,
    "list_instrument": commands.ListInstrument,
    "open_account": commands.OpenAccount,
    "deposit": commands.Deposit,
    "withdraw": commands.Withdraw,
    "set_phase": commands.SetPhase,
    "set_trading_rules": commands.SetTradingRules,
    "set_schedule": commands.SetSchedule,
    "set_kill_switch": commands.SetKillSwitch,
    "set_limits": commands.SetLimits,
    "set_market_halt": commands.SetMarketHalt,
    "set_venue_rules": commands.SetVenueRules,
}
_COMPLIANCE: Final[dict[str, type[AnyCommand]]] = {
    "load_rulebook": commands.LoadRulebook,
    "register_investor": commands.RegisterInvestor,
    "register_intermediary": commands.RegisterIntermediary,
    "record_test": commands.RecordTest,
    "record_acknowledgement": commands.RecordAcknowledgement,
    "set_blocked": commands.SetBlocked,
    "set_phase": commands.SetPhase,
    "set_kill_switch": commands.SetKillSwitch,
    "set_limits": commands.SetLimits,
    "set_market_halt": commands.SetMarketHalt,
    "bust_trade": commands.BustTrade,
    "reprice_trade": commands.RepriceTrade,
}
ALLOWED: Final = {OPERATOR: _CONFIGURATION, SUPERVISOR: _COMPLIANCE}
"""The commands of each role by their names in requests."""

_KINDS: Final[dict[type[AnyCommand], tuple[str, ...]]] = {
    commands.AddAsset: codes.ASSET_KINDS,
    commands.ListInstrument: codes.INSTRUMENT_KINDS,
    commands.RegisterInvestor: codes.INVESTOR_KINDS,
}
_NAMES: Final[dict[str, tuple[str, ...]]] = {
    "privacy": codes.PRIVACY_KINDS,
    "allocation": codes.ALLOCATIONS,
    "scope": codes.SCOPES,
    "self_trade": codes.SELF_TRADE_MODES,
}
# Texts for people; all other strings are names.
_TEXTS: Final = ("reason", "issuer")
# Integers on the wire stay within the journal's 64 bits.
_MAX_INT: Final = 2**63 - 1


class NotAllowed(Exception):
    """The role may not send this command."""


def admin_command(request: Admin, role: str, participant: str, assets: Mapping[str, Asset]) -> AnyCommand:
    """The command that an admin request asks for.

    Args:
        request: as decoded.
        role: of who sent it.
        participant: who sent it.
        assets: those that are known, by name: their scales are needed for amounts.

    Raises:
        NotAllowed: another role may, or there is no such command.
        Malformed: an argument is missing, unknown, or not what its field holds.
    """
    kind = ALLOWED.get(role, {}).get(request.command)
    if kind is None:
        known = ", ".join(sorted(ALLOWED.get(role, {}))) or "none"
        raise NotAllowed(f"a {role} may send: {known}")
    arguments: dict[str, Any] = dict(request.arguments)
    if kind is commands.LoadRulebook and "documents" not in arguments:
        arguments["documents"] = _documents(arguments.get("name"))
    required = len(kind.__struct_fields__) - len(kind.__struct_defaults__)
    values: dict[str, Any] = {}
    for number, field in enumerate(kind.__struct_fields__):
        name = field.removesuffix("_e8")
        if field == "by":
            values[field] = participant
        elif name in arguments:
            values[field] = _value(kind, field, arguments.pop(name), request.arguments, assets)
        elif number < required:
            raise Malformed(f"arguments.{name}: missing")
    if arguments:
        names = [field.removesuffix("_e8") for field in kind.__struct_fields__ if field != "by"]
        raise Malformed(f"arguments: unknown name {min(arguments)[:MAX_NAME_CHARS]!r}; known: {', '.join(names)}")
    return kind(**values)


def _value(
    kind: type[AnyCommand], field: str, given: object, arguments: Mapping[str, object], assets: Mapping[str, Asset]
) -> object:
    """One argument as its field holds it."""
    name = field.removesuffix("_e8")
    try:
        if field.endswith("_e8"):
            return parse_e8(_text(given))
        if field == "amount":
            return _money(given, arguments.get("asset"), assets)
        if field == "max_notional":
            return _money(given, arguments.get("quote"), assets)
        if field == "phase":
            return _code(given, codes.PHASES)
        if field in _NAMES:
            return _code(given, _NAMES[field])
        if field == "steps":
            return _steps(given)
        if field == "instruments":
            return _names(given)
        if field == "kind":
            return _code(given, _KINDS[kind])
        return _plain(field, given, kind.__annotations__[field])
    except Malformed as error:
        raise Malformed(f"arguments.{name}: {error}") from error


def _plain(field: str, given: object, annotation: str) -> object:
    """A string, integer, boolean or table of texts, as the field's annotation says."""
    if annotation == "bool":
        if type(given) is not bool:
            raise Malformed("expected true or false")
        return given
    if annotation == "int":
        if type(given) is not int:
            raise Malformed("expected an integer")
        if not -_MAX_INT <= given <= _MAX_INT:
            raise Malformed("outside 64 bits")
        return given
    if annotation == "str":
        text = _text(given)
        if len(text) > (MAX_TEXT_CHARS if field in _TEXTS else MAX_NAME_CHARS):
            raise Malformed("too long")
        return text
    if not isinstance(given, dict):
        raise Malformed("expected a table of texts by name")
    return given


def _text(given: object) -> str:
    if not isinstance(given, str):
        raise Malformed("expected a string")
    return given


def _steps(given: object) -> tuple[tuple[int, int], ...]:
    """A daily schedule, given as a table `{"09:50": "opening_auction", ...}` of Moscow times and phases."""
    if not isinstance(given, dict):
        raise Malformed('expected a table such as {"09:50": "opening_auction", "10:00:00": "continuous"}')
    try:
        return parse_schedule(given)
    except ValueError as error:
        raise Malformed(str(error)) from error


def _names(given: object) -> tuple[str, ...]:
    if not isinstance(given, list) or not all(isinstance(name, str) and len(name) <= MAX_NAME_CHARS for name in given):
        raise Malformed("expected a list of names")
    return tuple(given)


def _code(given: object, names: tuple[str, ...]) -> int:
    if given not in names:
        raise Malformed(f"expected one of {', '.join(names)}")
    return names.index(given)


def _money(given: object, asset_name: object, assets: Mapping[str, Asset]) -> int:
    """An amount in minor units of an asset that another argument names."""
    asset = assets.get(asset_name) if isinstance(asset_name, str) else None
    if asset is None:
        raise Malformed("unknown asset")
    return parse_amount(_text(given), asset.scale, MAX_SUPPLY)


def _documents(name: object) -> dict[str, str]:
    """The documents of a rulebook of this distribution; never a file that the request names."""
    if not isinstance(name, str) or name not in built_in_rulebooks():
        raise Malformed(f"arguments.name: without documents, one of {', '.join(built_in_rulebooks())}")
    return load_rulebook_documents(name)[1]
