"""What `admin` may carry: each command of those who may send some, with the JSON Schema of its arguments."""

from __future__ import annotations

from typing import Any, Final

from engine.command_row import PARTICIPANT, ROLES, CommandRow
from engine.vocabulary.limits import MAX_NAME_CHARS
from engine.vocabulary.messages import commands
from gateway.inbound import faucet
from gateway.inbound.admin import ALLOWED, CHANGES, NAMES, TEXTS, argument_names, called
from gateway.outbound.given import FAUCET
from gateway.published.schemas import Schema

_MAX_INT: Final = 2**63 - 1
_DECIMAL: Final = {"type": "string", "format": "decimal", "pattern": r"^[0-9]+(\.[0-9]{1,8})?$"}
_TABLE: Final = {"type": "object", "additionalProperties": {"type": "string"}}
_AMOUNTS: Final = ("amount", "max_notional", "issue_limit")


def commands_of() -> dict[str, Any]:
    """The roles that may send each command, and the schema of its arguments, by the names of commands."""
    made: dict[str, Any] = {}
    for role in ROLES:
        for name, row in ALLOWED[role].items():
            made.setdefault(name, {"roles": [], "arguments": _arguments(row)})["roles"].append(role)
    # Of the edge alone: in the core it is a deposit.
    made[FAUCET] = {"roles": [PARTICIPANT], "arguments": _faucet()}
    return dict(sorted(made.items()))


def _faucet() -> Schema:
    """What asking for test money looks like."""
    texts: dict[str, Schema] = {name: {"type": "string", "maxLength": MAX_NAME_CHARS} for name in faucet.ARGUMENTS}
    return {
        "type": "object",
        "properties": texts | {"amount": dict(_DECIMAL)},
        "additionalProperties": False,
        "required": list(faucet.ARGUMENTS),
    }


def _arguments(row: CommandRow) -> Schema:
    """What a command's arguments look like; what they mean together it does not say."""
    required, optional = argument_names(row)
    fields = {called(field): field for field in row.kind.__struct_fields__}
    properties = {name: _argument(row, name, fields.get(name, name)) for name in (*required, *optional)}
    made: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
    return made | ({"required": required} if required else {})


def _argument(row: CommandRow, name: str, field: str) -> Schema:
    """One argument, as it is read by `gateway.inbound.admin`."""
    if row.kind is commands.EffectiveFrom and name in ("command", "arguments"):
        return {"type": "string", "enum": sorted(CHANGES)} if name == "command" else {"type": "object"}
    if field == "digest":
        return {"type": "string", "pattern": "^[0-9a-f]{64}$", "maxLength": 64}
    if field == "public_key":
        return {"type": "string", "pattern": "^[0-9a-fA-F]{64}$", "maxLength": 64}
    if field == "addresses":
        address = {
            "type": "string",
            "pattern": r"^(?=.*[.:])[0-9a-fA-F.:]+(/[0-9]{1,3})?$",
            "maxLength": MAX_NAME_CHARS,
        }
        return {"type": "array", "items": address}
    if field == "owner_keys":
        return {"type": "array", "items": _TABLE}
    if field.endswith("_e8") or field in _AMOUNTS:
        return dict(_DECIMAL)
    if field in NAMES:
        return {"type": "array", "items": {"type": "string", "maxLength": MAX_NAME_CHARS}}
    if field == "seqs":
        return {"type": "array", "items": {"type": "integer", "minimum": 0, "maximum": _MAX_INT}}
    if field in row.names:
        return {"type": "string", "enum": list(row.names[field])}
    return _plain(field, row.kind.__annotations__.get(field, ""))


def _plain(field: str, annotation: str) -> Schema:
    annotation = annotation.removesuffix(" | None")
    if annotation == "bool":
        return {"type": "boolean"}
    if annotation == "int":
        return {"type": "integer", "minimum": -_MAX_INT, "maximum": _MAX_INT}
    if annotation == "str":
        return {"type": "string", "maxLength": TEXTS.get(field, MAX_NAME_CHARS)}
    return dict(_TABLE)
