"""Parameters of a call, read one by one: from a URL all are texts, from JSON they have types. What nobody reads is refused."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Final

from engine.vocabulary.limits import MAX_NAME_CHARS
from gateway.deribit.dialect.failures import Failure, invalid
from gateway.deribit.dialect.numbers import NotANumber, NumberText, exact

MAX_CHANNELS: Final = 500
"""In one call that subscribes or unsubscribes."""
MAX_CHANNEL_CHARS: Final = 160
MAX_SECRET_CHARS: Final = 128
_TRUE: Final = frozenset({"true", "True", "1"})
_FALSE: Final = frozenset({"false", "False", "0", ""})
_OTHERWISE: Final = {
    "clientOrderId": "this port does not know it: what you call an order is its label",
    "goodTillDate": "this port does not know it: time_in_force good_til_day ends with the day",
    "triggerPrice": "this port does not know it: ccxt says stopLossPrice, Deribit trigger_price",
    "stopPrice": "this port does not know it: ccxt says stopLossPrice, Deribit trigger_price",
}
"""What other exchanges of `ccxt` know, and what to say here."""
_MAX_DIGITS: Final = 15
_MAX_TIME_MS: Final = 2**62 // 1_000_000
"""Milliseconds since the epoch, in the year 2116: what is beyond is as good as that, and all of it is a time of the venue."""


class Params:
    """The parameters of one call."""

    def __init__(self, given: dict[str, Any]) -> None:
        self._given: Final = {key: value for key, value in given.items() if value is not None}
        self._read: Final[set[str]] = set()

    def has(self, key: str) -> bool:
        """Whether it was given."""
        return key in self._given

    def text(self, key: str, default: str = "") -> str:
        """A text, or a number as it was written."""
        self._read.add(key)
        value = self._given.get(key, default)
        if not isinstance(value, str) or len(value) > MAX_NAME_CHARS:
            raise invalid(key, f"a text of at most {MAX_NAME_CHARS} characters")
        if any(ord(letter) < 32 or 0xD800 <= ord(letter) < 0xE000 for letter in value):
            raise invalid(key, "unprintable")
        return value

    def needed(self, key: str) -> str:
        """A text that must be there."""
        if not self.text(key):
            raise Failure(-32602, "Invalid params", reason="missing", param=key)
        return self.text(key)

    def secret(self, key: str) -> str:
        """A secret or signature: longer than a name may be, and never repeated."""
        self._read.add(key)
        value = self._given.get(key, "")
        if not isinstance(value, str) or not 0 < len(value) <= MAX_SECRET_CHARS or not value.isascii():
            raise invalid(key, f"a text of at most {MAX_SECRET_CHARS} characters")
        return value

    def one_of(self, key: str, words: Collection[str], default: str) -> str:
        """One of some words."""
        value = self.text(key, default)
        if value not in words:
            raise invalid(key, f"one of {', '.join(words)}")
        return value

    def flag(self, key: str, default: bool = False) -> bool:
        """Yes or no."""
        self._read.add(key)
        value = self._given.get(key, default)
        if isinstance(value, bool):
            return value
        if isinstance(value, str) and value in _TRUE | _FALSE:
            return value in _TRUE
        raise invalid(key, "true or false")

    def decimal(self, key: str) -> str | None:
        """A number above or equal to zero, as a decimal of the venue; None: it was not given."""
        self._read.add(key)
        value = self._given.get(key)
        if value is None:
            return None
        if not isinstance(value, str):
            raise invalid(key, "not a number")
        try:
            return exact(value)
        except NotANumber as error:
            raise invalid(key, str(error)) from error

    def whole(self, key: str, default: int, most: int) -> int:
        """A whole number; one above `most` counts as that."""
        self._read.add(key)
        value = self._given.get(key)
        if value is None:
            return default
        if not isinstance(value, str) or not (value.isascii() and value.isdigit()):
            raise invalid(key, "a whole number, not below zero")
        return most if len(value) > _MAX_DIGITS else min(int(value), most)

    def time_ns(self, key: str, default: int) -> int:
        """Milliseconds since the epoch, as nanoseconds."""
        return self.whole(key, default // 1_000_000, _MAX_TIME_MS) * 1_000_000 if self.has(key) else default

    def order_id(self) -> int:
        """The order that is named."""
        value = self.needed("order_id")
        if not (value.isascii() and value.isdigit()) or len(value) > 18:
            raise Failure(10004, "order_not_found", reason="no order of this venue has such an id", order_id=value)
        return int(value)

    def channels(self) -> list[str]:
        """The channels that are named; from a URL they come as JSON would write them."""
        self._read.add("channels")
        value = self._given.get("channels")
        if not isinstance(value, list) or len(value) > MAX_CHANNELS:
            raise invalid("channels", f"a list of at most {MAX_CHANNELS} channels")
        for each in value:
            if not isinstance(each, str) or isinstance(each, NumberText) or len(each) > MAX_CHANNEL_CHARS:
                raise invalid("channels", "each is the name of a channel")
        return list(dict.fromkeys(value))

    def ignore(self, *keys: str) -> None:
        """Take note of parameters that change nothing here."""
        self._read.update(keys)

    def end(self) -> None:
        """All that count were read: another one would change what is meant, so nobody passes over it. Raises `Failure`."""
        for key in self._given:
            if key not in self._read:
                raise invalid(key[:MAX_NAME_CHARS], _OTHERWISE.get(key, "this port does not know it"))
