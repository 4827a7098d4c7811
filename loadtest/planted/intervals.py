"""How sure a share or a rate is: 95 % intervals that hold for any number of trials (Wilson; Garwood)."""

from __future__ import annotations

import math
from typing import Final

Z: Final = 1.959963984540054
"""Of the normal distribution, between the outer 2.5 % on either side."""
OUTSIDE: Final = 0.025


def share(hits: int, trials: int) -> tuple[float, float]:
    """Where a share lies of which so many trials were hits: Wilson's interval; (0, 1) without trials."""
    if not trials:
        return 0.0, 1.0
    part, weight = hits / trials, Z * Z / trials
    middle = part + weight / 2
    spread = Z * math.sqrt(part * (1 - part) / trials + weight / (4 * trials))
    # At either end the interval is exact, and rounding must not cross it.
    low = 0.0 if not hits else max((middle - spread) / (1 + weight), 0.0)
    high = 1.0 if hits == trials else min((middle + spread) / (1 + weight), 1.0)
    return low, high


def rate(count: int, hours: float) -> tuple[float, float]:
    """Where a rate an hour lies of which so many were counted: the exact interval of a Poisson distribution."""
    low = 0.0 if not count else _where(count - 1, 1 - OUTSIDE)
    return low / hours, _where(count, OUTSIDE) / hours


def _where(count: int, probability: float) -> float:
    """The mean of a Poisson distribution that gives no more than `count` with a probability, to a millionth."""
    low, high = 0.0, 10.0 + 4.0 * count
    while high - low > 1e-6:
        middle = (low + high) / 2
        term = total = math.exp(-middle)
        for number in range(1, count + 1):
            term *= middle / number
            total += term
        if total > probability:
            low = middle
        else:
            high = middle
    return (low + high) / 2
