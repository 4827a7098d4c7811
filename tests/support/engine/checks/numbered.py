"""Events in a form in which it does not matter how work was cut: the venue's own close-outs are numbered by the command that they came with."""

from __future__ import annotations

from typing import Any

import msgspec

from engine.vocabulary.messages.events import Event


def numbered(events: list[Event]) -> list[Any]:
    """Events as plain data, with order ids in the order in which they first come."""
    numbers: dict[int, int] = {}
    found: list[Any] = []
    for event in events:
        fields = msgspec.structs.asdict(event)
        for name, value in fields.items():
            if name.endswith("order_id"):
                fields[name] = numbers.setdefault(value, len(numbers))
        found.append((type(event).__name__, fields))
    return found
