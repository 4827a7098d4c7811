"""Limits in kopecks: one for each class of investor, and the words that compare a value with what is left of one."""

from __future__ import annotations

from compliance.registry.classes import CLASSES
from compliance.rulebook.declaration import RUB, Parameter
from compliance.rulebook.rulebook import RuleData
from engine.vocabulary.decimals import decimal

_CALLED = (
    "retail individuals",
    "ordinary qualified individuals",
    "super-qualified individuals",
    "firms without qualified status",
    "qualified firms",
)


def limits_by_class(what: str, text: str, zero: str, *, may_be_zero: tuple[str, ...] = ()) -> dict[str, Parameter]:
    """The parameters of a rule that has a limit for each class; of the classes `may_be_zero` a limit of nothing is usual."""
    return {
        f"{name}_rub": Parameter(
            RUB, f"{what} for {called}", f"{text} {called}.", zero="" if name in may_be_zero else zero
        )
        for name, called in zip(CLASSES, _CALLED, strict=True)
    }


def by_class(data: RuleData) -> list[int]:
    """The figures of a rule that has one for each class, in kopecks, in the order of the class codes."""
    return [data.parameters.number(f"{name}_rub") for name in CLASSES]


def compared(value: int, limit: int, fits: bool) -> str:
    """A value that fits a limit or does not, both in kopecks."""
    return f"{decimal(value, 2)} {'<=' if fits else '>'} {decimal(limit, 2)}"


def left_over(limit: int, taken: list[tuple[str, int]], value: int, fits: bool) -> str:
    """What a limit leaves after what was taken of it, against a value that fits or does not. All in kopecks."""
    remaining = limit - sum([amount for _, amount in taken])
    terms = "".join([f" - {decimal(amount, 2)} {name}" for name, amount in taken])
    return f"{decimal(limit, 2)}{terms} = {decimal(remaining, 2)} remaining {'>=' if fits else '<'} {decimal(value, 2)}"
