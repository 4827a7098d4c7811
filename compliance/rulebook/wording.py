"""Values of a rulebook as people read them."""

from __future__ import annotations

from typing import Final

from compliance.registry.calendar import iso_date
from compliance.rulebook.declaration import ALWAYS, AT_ONCE, BEFORE, DATE, FLAG, ONE, PERCENT, RUB, TEXT
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


def date_text(day: int) -> str:
    """A `date` as a rulebook writes it."""
    return AT_ONCE if day == ALWAYS else iso_date(day)


def stages_of(data: RuleData, key: str) -> list[RuleData]:
    """A rule as it is on each day on which one of its parameters changes, the earliest first; one alone if none does."""
    staged = [data.on(stage.first_day) for stage in data.stages]
    return [each for place, each in enumerate(staged) if not place or _one(each, key) != _one(staged[place - 1], key)]


def first_day(data: RuleData) -> int:
    """The day from which on the parameters in force of a rule hold, in days since 1970-01-01; ALWAYS: the first ones."""
    return next(stage.first_day for stage in data.stages if stage.parameters is data.parameters)


def value_text(data: RuleData, key: str) -> str:
    """A parameter's value with its unit: `300 000.00 RUB`, `70 %`, `365 days`, `yes`, `aggregate`, `BTC, ETH`.

    One that changes by date: `6 000 000.00 RUB; from 2025-01-01: 12 000 000.00 RUB`.
    """
    stages = stages_of(data, key)
    dated = [f"from {iso_date(first_day(each))}: {_one_text(each, key)}" for each in stages[1:]]
    return "; ".join([_one_text(stages[0], key), *dated])


def _one_text(data: RuleData, key: str) -> str:
    """The value in force, with its unit."""
    parameter = data.declared.parameters[key]
    if parameter.kind == FLAG:
        return "yes" if data.parameters.flag(key) else "no"
    if parameter.kind in (ONE, TEXT):
        return data.parameters.word(key)
    if parameter.kind == DATE:
        return date_text(data.parameters.number(key))
    if parameter.is_list:
        return ", ".join(data.parameters.names(key)) or NOTHING
    return f"{figure(data, key)} {parameter.unit}".rstrip()


Plain = str | int | bool | list[str]


def plain_value(data: RuleData, key: str) -> Plain | dict[str, Plain]:
    """A parameter's value as a rulebook writes it: amounts and percentages as decimal strings, what changes by date as a table."""
    stages = stages_of(data, key)
    if len(stages) == 1:
        return _one(data, key)
    return {BEFORE if first_day(each) == ALWAYS else iso_date(first_day(each)): _one(each, key) for each in stages}


def _one(data: RuleData, key: str) -> Plain:
    """The value in force, as a rulebook writes it."""
    parameter = data.declared.parameters[key]
    if parameter.kind == FLAG:
        return data.parameters.flag(key)
    if parameter.kind in (ONE, TEXT):
        return data.parameters.word(key)
    if parameter.kind == DATE:
        return date_text(data.parameters.number(key))
    if parameter.is_list:
        return list(data.parameters.names(key))
    number = data.parameters.number(key)
    return decimal(number, 2) if parameter.kind in (RUB, PERCENT) else number


def status_text(data: RuleData) -> str:
    """A rule's status in words."""
    return data.status.replace("_", " ")


def setting_text(data: RuleData, key: str) -> str:
    """A parameter of a rule as it is in force, or its `enabled`, as `SetParameter` writes it."""
    value = data.enabled if key == "enabled" else _one(data, key)
    if isinstance(value, bool):
        return "true" if value else "false"
    return ",".join(value) if isinstance(value, list) else str(value)
