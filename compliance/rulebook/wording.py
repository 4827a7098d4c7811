"""Values of a rulebook as people read them."""

from __future__ import annotations

from typing import Final

from compliance.rulebook.declaration import FLAG, ONE, PERCENT, RUB
from compliance.rulebook.rulebook import RuleData
from engine.vocabulary.decimals import decimal

NOTHING: Final = "none"


def grouped(hundredths: int) -> str:
    """An amount in hundredths as a decimal with two places, thousands set apart: `300 000.00`."""
    whole, _, fraction = decimal(hundredths, 2).partition(".")
    groups: list[str] = []
    while len(whole.lstrip("-")) > 3:
        groups.insert(0, whole[-3:])
        whole = whole[:-3]
    return f"{' '.join([whole, *groups])}.{fraction}"


def figure(data: RuleData, key: str) -> str:
    """The figure of a parameter that has one, without its unit."""
    number = data.parameters.number(key)
    kind = data.declared.parameters[key].kind
    if kind == PERCENT:
        return grouped(number).removesuffix(".00")
    return grouped(number) if kind == RUB else str(number)


def value_text(data: RuleData, key: str) -> str:
    """A parameter's value with its unit: `300 000.00 RUB`, `70 %`, `365 days`, `yes`, `aggregate`, `BTC, ETH`."""
    parameter = data.declared.parameters[key]
    if parameter.kind == FLAG:
        return "yes" if data.parameters.flag(key) else "no"
    if parameter.kind == ONE:
        return data.parameters.word(key)
    if parameter.is_list:
        return ", ".join(data.parameters.names(key)) or NOTHING
    return f"{figure(data, key)} {parameter.unit}".rstrip()


def plain_value(data: RuleData, key: str) -> str | int | bool | list[str]:
    """A parameter's value as a rulebook writes it: amounts and percentages as decimal strings."""
    parameter = data.declared.parameters[key]
    if parameter.kind == FLAG:
        return data.parameters.flag(key)
    if parameter.kind == ONE:
        return data.parameters.word(key)
    if parameter.is_list:
        return list(data.parameters.names(key))
    number = data.parameters.number(key)
    return decimal(number, 2) if parameter.kind in (RUB, PERCENT) else number


def status_text(data: RuleData) -> str:
    """A rule's status in words."""
    return data.status.replace("_", " ")


def setting_text(data: RuleData, key: str) -> str:
    """A parameter of a rule, or its `enabled`, as `SetParameter` writes it."""
    value = data.enabled if key == "enabled" else plain_value(data, key)
    if isinstance(value, bool):
        return "true" if value else "false"
    return ",".join(value) if isinstance(value, list) else str(value)
