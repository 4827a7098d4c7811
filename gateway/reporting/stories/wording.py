"""What a command says beside whom it is about, in words: amounts with their asset, percents as percents, Moscow times."""

from __future__ import annotations

from typing import Final

import msgspec

from compliance.rulebook.declaration import PERCENT, RUB, SCORE
from compliance.rules.catalogue import RULES
from engine.command_table import COMMANDS
from engine.vocabulary.codes import PHASES
from engine.vocabulary.decimals import decimal, decimal_e8
from engine.vocabulary.messages import commands
from engine.vocabulary.messages.commands import Command
from gateway.printable import figures
from gateway.reporting.tables.times import moscow_time

_LEFT_OUT: Final = ("by", "by_role", "by_key", "reason", "note", "documents")
_TIMES: Final = ("taken_ns", "expiry_ns", "expires_ns")
_MONEY: Final = ("amount", "issue_limit", "max_notional")
"""In minor units of an asset that the command names."""
_COUNTED: Final = {"identity_keys": "documents", "owner_keys": "owners"}
_ROUBLES: Final = "_rub"
"""What a field of whole roubles ends with."""


def worded(rule: str, key: str, value: str) -> str:
    """A parameter's value as `SetParameter` writes it, with its unit: `500,000.00 RUB`, `1.00 %`."""
    declared = RULES.get(rule)
    parameter = None if declared is None else declared.parameters.get(key)
    if parameter is None or not parameter.is_figure:
        return value
    if parameter.kind in (RUB, PERCENT, SCORE):
        return f"{figures(value)} {parameter.unit}"
    return f"{value} {parameter.unit}".rstrip()


def _short(text: str) -> str:
    """A decimal without zeros at its end."""
    return text.rstrip("0").rstrip(".") if "." in text else text


def _money(command: Command, value: int, scales: dict[str, int]) -> str:
    """An amount of money that a command names, in whole units of its asset where that is known."""
    if isinstance(command, commands.AddAsset):
        return figures(decimal(value, command.scale))
    asset = getattr(command, "quote", "") or getattr(command, "asset", "")
    scale = scales.get(asset)
    return f"{value} minor units" if scale is None else f"{figures(decimal(value, scale))} {asset}"


def said(command: Command, scales: dict[str, int]) -> str:
    """The fields of a command that are neither subject nor attribution, those at their default left out; `scales` by asset."""
    kind = type(command)
    row = COMMANDS[kind]
    given = msgspec.structs.asdict(command)
    required = len(kind.__struct_fields__) - len(kind.__struct_defaults__)
    defaults = dict(zip(kind.__struct_fields__[required:], kind.__struct_defaults__, strict=True))
    parts = []
    for name, value in given.items():
        field = name
        if (
            name in row.about
            or name in _LEFT_OUT
            or (name == "role" and "by_role" not in given)
            or (name in defaults and defaults[name] == value)
        ):
            continue
        names = row.names.get(field)
        if names is not None and 0 <= value < len(names):
            text = names[value]
        elif field in _TIMES:
            field, text = field.removesuffix("_ns"), f"{moscow_time(value, 0)} (Moscow)"
        elif field in _MONEY:
            text = _money(command, value, scales)
        elif field.endswith(_ROUBLES) and isinstance(value, int):
            field, text = field.removesuffix(_ROUBLES), f"{value:,} RUB"
        elif isinstance(command, commands.SetParameter) and field == "value":
            text = worded(command.rule, command.key, command.value)
        elif field.endswith("_e8"):
            field, text = field.removesuffix("_e8"), decimal_e8(value)
        elif field.endswith("_ppm"):
            field, text = field.removesuffix("_ppm"), f"{_short(decimal(value, 4))} %"
        elif field.endswith("_ns"):
            field, text = field.removesuffix("_ns"), f"{_short(decimal(value, 9))} s"
        elif field == "steps":
            text = (
                " ".join(
                    f"{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02} {PHASES[phase]}"
                    for second, phase in value
                )
                or "none"
            )
        elif field in _COUNTED:
            # How many, never which: a digest is no name to read.
            field, text = _COUNTED[field], str(len(value))
        elif isinstance(value, tuple):
            text = " ".join(map(str, value)) or "none"
        elif isinstance(value, dict):
            text = " ".join(f"{key} {value[key]}" for key in value) or "none"
        else:
            text = str(value).lower() if isinstance(value, bool) else str(value)
        parts.append(f"{field} {text or 'none'}")
    return ", ".join(parts)
