"""Why a request can't be done."""

from __future__ import annotations

from engine.state.hook import Verdict


class Problem:
    """A reject code, words for people, and the rules if compliance said no."""

    def __init__(self, code: int, detail: str, verdict: Verdict | None = None) -> None:
        self.code = code
        self.detail = detail
        self.rule = ""
        self.title = ""
        self.rules: tuple[str, ...] = ()
        if verdict is not None:
            first = verdict.first
            self.detail = first.detail
            self.rule = first.rule
            self.title = first.title
            self.rules = verdict.rules


def decimal(amount: int, scale: int) -> str:
    """An amount in minor units as a decimal string, all its decimals shown."""
    sign = "-" if amount < 0 else ""
    digits = str(abs(amount)).rjust(scale + 1, "0")
    return f"{sign}{digits[:-scale]}.{digits[-scale:]}" if scale else sign + digits


def decimal_e8(value: int) -> str:
    """A value scaled by 10**8 as a decimal string without trailing zeros."""
    text = decimal(value, 8).rstrip("0")
    return text.rstrip(".")
