"""Sections of a venue file out of its text: each as its Struct, or a `VenueError` that names the key."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from typing import Any, Final, TypeVar

import msgspec

from gateway.documents import holds_a_number, without_numbers
from gateway.venue.error import VenueError
from gateway.venue.file import DeribitSection, ServerSection

_Entry = TypeVar("_Entry", bound=msgspec.Struct)
_SECTIONS: Final = (
    "assets",
    "indices",
    "instruments",
    "participants",
    "intermediaries",
    "investors",
    "accounts",
    "warnings",
    "contracts",
)


def tables_of(text: str) -> dict[str, Any]:
    """The sections of a file."""
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise VenueError(without_numbers(f"not valid TOML: {error}")) from error


def entries(tables: dict[str, Any], section: str, kind: type[_Entry], key: str) -> list[tuple[str, _Entry]]:
    """Take a section out of the file: its entries, each with its place, unique by `key`."""
    rows = tables.pop(section, [])
    if not isinstance(rows, list):
        raise VenueError(f"{section}: write [[{section}]] above each entry")
    found: list[tuple[str, _Entry]] = []
    names: dict[str, str] = {}
    for place, row in enumerate(rows):
        name = row.get(key) if isinstance(row, dict) else None
        where = f"{section}[{place}]" if name is None or holds_a_number(str(name)) else f"{section}[{place}] ({name})"
        entry = convert(row, kind, where)
        earlier = names.setdefault(getattr(entry, key), where)
        if earlier != where:
            raise VenueError(f"{where}.{key}: defined before, in {earlier}; give it another name")
        found.append((where, entry))
    return found


def convert(row: object, kind: type[_Entry], where: str) -> _Entry:
    """Turn a TOML table into its Struct, or say what is wrong with which key."""
    try:
        return msgspec.convert(row, kind)
    except msgspec.ValidationError as error:
        message, _, path = str(error).partition(" - at `$")
        key = path.rstrip("`")
        hint = ""
        if message.startswith("Object contains unknown field"):
            hint = f"; known keys: {', '.join(kind.__struct_fields__)}" if not key else ""
        elif message.startswith(("Expected `str`, got `int`", "Expected `str`, got `float`")):
            hint = '; write decimals and names in quotes, as in "0.01"'
        raise VenueError(f"{where}{key}".lstrip(".") + f": {without_numbers(message)}{hint}") from error


def check_all_known(left: Mapping[str, object]) -> None:
    """Check that no section is left that the file may not have."""
    if left:
        known_sections = ", ".join(("venue", "limits", "server", "approval", "faucet", "deribit", *_SECTIONS))
        raise VenueError(f"unknown section {min(left)!r}; known: {known_sections}")


def server_section(table: object) -> ServerSection:
    """The section [server]."""
    server = convert(table, ServerSection, "server")
    if bool(server.tls_cert) != bool(server.tls_key):
        raise VenueError("server: tls_cert and tls_key belong together")
    return server


def deribit_port(table: object) -> int | None:
    """The section [deribit]; None: there is none."""
    return None if table is None else convert(table, DeribitSection, "deribit").port
