"""How unevenly something is shared among parties."""

from __future__ import annotations

from compliance.worlds.messages.results import Concentration
from engine.vocabulary.decimals import decimal
from engine.vocabulary.rounding import PPM


def concentration(what: str, asset: str, scale: int, amounts: dict[str, int]) -> Concentration:
    """The shares of the largest, and the sum of the squared shares, rounded down.

    Args:
        what: is shared.
        asset: in which it is counted.
        scale: decimals of its minor unit.
        amounts: by party, in minor units; nothing below zero.
    """
    held = {name: amount for name, amount in amounts.items() if amount > 0}
    names = sorted(held, key=lambda name: (-held[name], name))
    total = sum(held.values())
    tops = [sum([held[name] for name in names[:count]]) * PPM // total if total else 0 for count in (1, 5, 10)]
    squares = sum([amount * amount for amount in held.values()])
    return Concentration(
        what,
        asset,
        len(held),
        decimal(total, scale),
        names[0] if names else "",
        tops[0],
        tops[1],
        tops[2],
        squares * PPM // (total * total) if total else 0,
    )
