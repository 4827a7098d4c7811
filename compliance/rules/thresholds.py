"""Evidence in whole roubles against thresholds in kopecks, and how two of them combine."""

from __future__ import annotations

from typing import Final

from engine.vocabulary.decimals import decimal

OR_AND: Final = {"or": "one of the figures is enough", "and": "all of them are needed"}


def exceeds(figure_rub: int, threshold_kopecks: int) -> bool:
    """Whether a figure is above a threshold."""
    return figure_rub * 100 > threshold_kopecks


def exceeds_words(figure_rub: int, threshold_kopecks: int) -> str:
    """The same comparison, as people read it."""
    sign = ">" if exceeds(figure_rub, threshold_kopecks) else "<="
    return f"{figure_rub}.00 {sign} {decimal(threshold_kopecks, 2)}"


def reaches(figure_rub: int, threshold_kopecks: int) -> bool:
    """Whether a figure is at a threshold or above."""
    return figure_rub * 100 >= threshold_kopecks


def reaches_words(figure_rub: int, threshold_kopecks: int) -> str:
    """The same comparison, as people read it."""
    sign = ">=" if reaches(figure_rub, threshold_kopecks) else "<"
    return f"{figure_rub}.00 {sign} {decimal(threshold_kopecks, 2)}"


def combined(first: bool, second: bool, combine: str) -> bool:
    """Whether two comparisons prove something together, by a word of `OR_AND`."""
    return (first or second) if combine == "or" else (first and second)
