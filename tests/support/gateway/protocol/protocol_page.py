"""The messages that stand in docs/PROTOCOL.md, in order, and whether a real one is like one of them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, Final

from tests.support.places import ROOT

PAGE: Final = (ROOT / "docs" / "PROTOCOL.md").read_text(encoding="utf-8")
ANY_LIST: Final = "[...]"
"""Where the page leaves out the elements of a list."""

_FENCE: Final = re.compile(r"^ *```json\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
_QUOTED: Final = re.compile(r"`(\{\"type\".*?\})`", re.DOTALL)
_DECIMAL: Final = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_FREE_KEYS: Final = ("arguments", "accounts")
"""Maps whose keys are names."""


def messages(page: str = PAGE) -> list[dict[str, Any]]:
    """All that has a `type`, fenced or in a line, in the order of the page."""
    found: list[tuple[int, str]] = [(match.start(1), match[1]) for match in _FENCE.finditer(page)]
    # Fences apart: what stands in them is not in a line.
    rest = _FENCE.sub(lambda match: " " * len(match[0]), page)
    found += [(match.start(1), match[1]) for match in _QUOTED.finditer(rest)]
    return [message for _, text in sorted(found) for message in _read(text) if "type" in message]


def fragments(page: str = PAGE) -> list[dict[str, Any]]:
    """What stands in fences and is part of a message: a field with its value."""
    return [part for text in _FENCE.findall(page) for part in _read(text) if "type" not in part]


def _read(text: str) -> Iterator[dict[str, Any]]:
    """The JSON objects in a text, one after the other; a lone field counts as one."""
    text = text.replace(ANY_LIST, json.dumps(ANY_LIST)).strip()
    if text.startswith('"'):
        text = f"{{{text}}}"
    decoder, at = json.JSONDecoder(), 0
    while at < len(text):
        value, at = decoder.raw_decode(text, at)
        yield value
        while at < len(text) and text[at].isspace():
            at += 1


def is_like(shown: Any, real: Any, field: str = "") -> bool:
    """Whether a real value has the form of one on the page: the same fields, and in each the same kind of value."""
    if shown == ANY_LIST:
        return isinstance(real, list)
    if isinstance(shown, dict):
        if not isinstance(real, dict):
            return False
        if field in _FREE_KEYS:
            return all(any(is_like(each, other) for other in real.values()) for each in shown.values())
        return shown.keys() == real.keys() and all(is_like(shown[name], real[name], name) for name in shown)
    if isinstance(shown, list):
        return isinstance(real, list) and all(any(is_like(each, other) for other in real) for each in shown)
    if isinstance(shown, str) and isinstance(real, str):
        return field == "type" or _DECIMAL.fullmatch(shown) is None or _DECIMAL.fullmatch(real) is not None
    return type(shown) is type(real)


def is_example(shown: Any, whole: Any) -> bool:
    """Whether a whole value is what the page shows, where that leaves things out."""
    if shown == ANY_LIST:
        return isinstance(whole, list)
    if isinstance(shown, dict):
        return (
            isinstance(whole, dict)
            and shown.keys() == whole.keys()
            and all(is_example(shown[k], whole[k]) for k in shown)
        )
    if isinstance(shown, list):
        return isinstance(whole, list) and len(shown) == len(whole) and all(map(is_example, shown, whole))
    if isinstance(shown, str) and isinstance(whole, str):
        beginning, dots, _ = shown.partition("...")
        return whole.startswith(beginning) if dots else shown.startswith("<") or shown == whole
    return bool(shown == whole and type(shown) is type(whole))
