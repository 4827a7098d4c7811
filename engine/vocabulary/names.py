"""Names that follow from classes."""

from __future__ import annotations

import re
from typing import Final

from engine.vocabulary.messages.structs import Command

_CAPITAL: Final = re.compile("(?<=[a-z])(?=[A-Z])")


def command_name(kind: type[Command]) -> str:
    """What requests, histories and documents call a command: `set_phase` for `SetPhase`."""
    return _CAPITAL.sub("_", kind.__name__).lower()
