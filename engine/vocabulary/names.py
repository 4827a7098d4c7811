"""Names that follow from classes."""

from __future__ import annotations

import re
from typing import Final

_CAPITAL: Final = re.compile("(?<=[a-z])(?=[A-Z])")


def command_name(kind: type[object]) -> str:
    """What requests, histories and documents call a command: `set_phase` for `SetPhase`."""
    return _CAPITAL.sub("_", kind.__name__).lower()
