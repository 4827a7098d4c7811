"""All detectors."""

from __future__ import annotations

from typing import Final

from compliance.surveillance.base.detector import DetectorRow
from compliance.surveillance.base.parameters import Parameter, Settings, read_parameters
from compliance.surveillance.detectors import (
    cap_splitting,
    circular_trading,
    front_running,
    layering,
    marking_the_close,
    momentum_ignition,
    pass_through,
    payment_in_disguise,
    quote_stuffing,
    spoofing,
    use_of_frozen,
    wash_trade,
)

_ROWS: Final = (
    wash_trade.ROW,
    circular_trading.ROW,
    layering.ROW,
    spoofing.ROW,
    quote_stuffing.ROW,
    momentum_ignition.ROW,
    marking_the_close.ROW,
    cap_splitting.ROW,
    payment_in_disguise.ROW,
    pass_through.ROW,
    use_of_frozen.ROW,
    front_running.ROW,
)
DETECTORS: Final[dict[str, DetectorRow]] = {row.name: row for row in _ROWS}
"""By name, in the order of all lists."""
DECLARED: Final[dict[str, tuple[Parameter, ...]]] = {row.name: row.parameters for row in _ROWS}
_REVISIONS: Final = {row.name: row.revision for row in _ROWS}


def settings_of(text: str = "") -> dict[str, Settings]:
    """The settings of all detectors, by a TOML document; empty: as they are declared. Raises `ParametersError`."""
    return read_parameters(text, DECLARED, _REVISIONS)


def document(settings: dict[str, Settings]) -> str:
    """Settings as a TOML document with the words of each parameter, from which the same settings are read."""
    lines: list[str] = []
    for name, row in DETECTORS.items():
        found = settings[name]
        lines += [f"# {row.title}. Version {found.version}", f"[{name}]", f"enabled = {str(found.is_enabled).lower()}"]
        lines += [f"{each.name} = {found[each.name]}  # {each.words}" for each in row.parameters]
        lines.append("")
    return "\n".join(lines)
