"""Investor classes: what a rulebook makes of an investor's evidence."""

from __future__ import annotations

from typing import Final

RETAIL: Final = 0
QUALIFIED: Final = 1
SUPER_QUALIFIED: Final = 2
UNQUALIFIED_FIRM: Final = 3
QUALIFIED_FIRM: Final = 4
CLASSES: Final = ("retail", "qualified", "super_qualified", "unqualified_firm", "qualified_firm")
# Before a rulebook is in force nobody has a class.
UNCLASSIFIED: Final = -1

INDIVIDUAL_CLASSES: Final = (RETAIL, QUALIFIED, SUPER_QUALIFIED)
FIRM_CLASSES: Final = (UNQUALIFIED_FIRM, QUALIFIED_FIRM)


def class_name(investor_class: int) -> str:
    """The name of a class; empty for none."""
    return "" if investor_class == UNCLASSIFIED else CLASSES[investor_class]


def is_firm(investor_class: int) -> bool:
    """Whether a class is one of firms."""
    return investor_class in FIRM_CLASSES


def is_retail(investor_class: int) -> bool:
    """Whether the retail rules bind a class: individuals and firms that are not qualified."""
    return investor_class in (RETAIL, UNQUALIFIED_FIRM)
