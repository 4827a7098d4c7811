"""Values of a rulebook as people read them."""

from __future__ import annotations

from typing import Final

from compliance.rulebook.format import RuleData
from compliance.rulebook.meanings import PARAMETER_MEANINGS
from compliance.rulebook.parameters import Parameters
from compliance.rulebook.schema import PARAMETERS
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


def figure(rule: str, key: str, parameters: Parameters) -> str:
    """The figure of a parameter that has one, without its unit."""
    number = parameters.number(key)
    kind = PARAMETERS[rule][key]
    if kind == "percent":
        return grouped(number).removesuffix(".00")
    return grouped(number) if kind == "rub" else str(number)


def unit(rule: str, key: str) -> str:
    """The unit of a parameter; empty for one that is no figure, or a mere count."""
    kind = PARAMETERS[rule][key]
    if kind in ("percent", "score"):
        return "%"
    return "RUB" if kind == "rub" else PARAMETER_MEANINGS[rule][key].unit


def is_figure(rule: str, key: str) -> bool:
    """Whether a parameter is a number."""
    return PARAMETERS[rule][key] in ("rub", "percent", "count", "score")


def value_text(rule: str, key: str, parameters: Parameters) -> str:
    """A parameter's value with its unit: `300 000.00 RUB`, `70 %`, `365 days`, `yes`, `aggregate`, `BTC, ETH`."""
    kind = PARAMETERS[rule][key]
    if kind == "flag":
        return "yes" if parameters.flag(key) else "no"
    if kind.startswith("one:"):
        return parameters.word(key)
    if kind == "names" or kind.startswith("some:"):
        return ", ".join(parameters.names(key)) or NOTHING
    return f"{figure(rule, key, parameters)} {unit(rule, key)}".rstrip()


def plain_value(rule: str, key: str, parameters: Parameters) -> str | int | bool | list[str]:
    """A parameter's value as a rulebook writes it: amounts and percentages as decimal strings."""
    kind = PARAMETERS[rule][key]
    if kind == "flag":
        return parameters.flag(key)
    if kind.startswith("one:"):
        return parameters.word(key)
    if kind == "names" or kind.startswith("some:"):
        return list(parameters.names(key))
    number = parameters.number(key)
    return decimal(number, 2) if kind in ("rub", "percent") else number


def status_text(data: RuleData) -> str:
    """A rule's status in words."""
    return data.status.replace("_", " ")


def choices(rule: str, key: str) -> list[str]:
    """The words that a parameter may have; empty where it is no choice among words."""
    kind = PARAMETERS[rule][key]
    prefix, colon, words = kind.partition(":")
    return words.split("|") if colon and prefix in ("one", "some") else []


def setting_text(data: RuleData, key: str) -> str:
    """A parameter of a rule, or its `enabled`, as `SetParameter` writes it."""
    value = data.enabled if key == "enabled" else plain_value(data.rule, key, data.parameters)
    if isinstance(value, bool):
        return "true" if value else "false"
    return ",".join(value) if isinstance(value, list) else str(value)
