"""Parameters of detectors: declared with words, read from TOML, and named by a digest that each alert carries."""

from __future__ import annotations

import hashlib
import tomllib
from typing import Final

SECONDS: Final = "s"
PPM: Final = "ppm"
RUB: Final = "RUB"
COUNT: Final = ""
UNITS: Final = {SECONDS: "seconds", PPM: "millionths", RUB: "whole roubles", COUNT: ""}
ENABLED: Final = "enabled"
VERSION: Final = "version"
MAX_VALUE: Final = 10**15
MAX_DOCUMENT_CHARS: Final = 100_000
VERSION_CHARS: Final = 16
"""Of a digest, in hexadecimal: 64 bits tell the settings of one venue apart."""


class ParametersError(ValueError):
    """The document can't be used; the message says where and why."""


class Parameter:
    """One figure of a detector."""

    def __init__(self, name: str, value: int, words: str, unit: str = COUNT, *, least: int = 1) -> None:
        self.name: Final = name
        self.value: Final = value
        """Unless a document says otherwise."""
        self.words: Final = words
        self.unit: Final = unit
        self.least: Final = least


QUIET: Final = Parameter("quiet_s", 600, "An episode is over when its pattern was not seen for so long.", SECONDS)
AGAIN: Final = Parameter("again_s", 3600, "An episode that goes on is reported again after so long.", SECONDS)
EPISODE: Final = (QUIET, AGAIN)
"""What every detector has."""


class Settings:
    """The values of one detector."""

    def __init__(self, detector: str, values: dict[str, int], is_enabled: bool, revision: int) -> None:
        self.detector: Final = detector
        self.revision: Final = revision
        self.values: Final = values
        self.is_enabled: Final = is_enabled

    def __getitem__(self, name: str) -> int:
        return self.values[name]

    def ns(self, name: str) -> int:
        """A length of time, in nanoseconds."""
        return self.values[name] * 1_000_000_000

    @property
    def version(self) -> str:
        """The digest of name, revision and values: what decides alike has equal versions, whatever the document looks like."""
        text = "\n".join(
            [f"{self.detector} {self.revision}", *(f"{name}={self.values[name]}" for name in sorted(self.values))]
        )
        return hashlib.sha256(text.encode()).hexdigest()[:VERSION_CHARS]


def read_parameters(
    text: str, declared: dict[str, tuple[Parameter, ...]], revisions: dict[str, int]
) -> dict[str, Settings]:
    """The settings of all detectors: those of a TOML document, and where it says nothing, their own.

    Args:
        text: a table for each detector that is to differ, as `[wash_trade]`; empty: none.
        declared: the parameters of each detector, by its name.
        revisions: of what each of them does.

    Raises:
        ParametersError: it is no TOML, or names what there is not, or a value is none.
    """
    if len(text) > MAX_DOCUMENT_CHARS:
        raise ParametersError(f"the document is longer than {MAX_DOCUMENT_CHARS:,} characters")
    try:
        tables: dict[str, object] = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ParametersError(f"not TOML: {error}") from error
    for name in tables:
        if name not in declared:
            raise ParametersError(f"{name}: there is no such detector; there are {', '.join(declared)}")
    return {
        name: _settings(name, tables.get(name, {}), parameters, revisions[name])
        for name, parameters in declared.items()
    }


def _settings(detector: str, table: object, parameters: tuple[Parameter, ...], revision: int) -> Settings:
    if not isinstance(table, dict):
        raise ParametersError(f"{detector}: write it as a table, [{detector}]")
    values = {each.name: each.value for each in parameters}
    least = {each.name: each.least for each in parameters}
    is_enabled = True
    for key, value in table.items():
        where = f"{detector}.{key}"
        if key == ENABLED:
            if not isinstance(value, bool):
                raise ParametersError(f"{where}: true or false")
            is_enabled = value
        elif key not in values:
            raise ParametersError(f"{where}: there is no such parameter; there are {', '.join((ENABLED, *values))}")
        elif isinstance(value, bool) or not isinstance(value, int):
            raise ParametersError(f"{where}: a whole number")
        elif not least[key] <= value <= MAX_VALUE:
            raise ParametersError(f"{where}: from {least[key]:,} to {MAX_VALUE:,}")
        else:
            values[key] = value
    return Settings(detector, values, is_enabled, revision)
