"""The schemas of what `admin` carries: what they refuse the gateway refuses, and what they take it never refuses for its form."""

from __future__ import annotations

import re
from typing import Any

import jsonschema_rs
import pytest

from engine.book.assets import Asset
from engine.vocabulary import codes
from gateway.identity import Identities
from gateway.inbound.admin import ALLOWED, Sender, admin_command
from gateway.outbound.given import FAUCET
from gateway.protocol.messages import Admin
from gateway.protocol.wire import Malformed
from gateway.published.commands import commands_of
from tests.support.gateway.protocol.protocol_page import PAGE

ALL = commands_of()
COMMANDS = {name: row for name, row in ALL.items() if name != FAUCET}
"""Those that the core knows. What the faucet is asked for, tests of its own hold to its form."""
IDENTITIES = Identities.seeded(1)
ASSETS = {"RUB": Asset("RUB", 0, codes.FIAT, 2)}
OF_FORM = re.compile(
    "expected (an integer|true or false|a string|a table|a list|one of|the SHA-256)|too long|outside 64 bits|missing|unknown name"
)
SOUND: dict[str, Any] = {
    "asset": "RUB",
    "quote": "RUB",
    "steps": {"10:00": "continuous"},
    "digest": "a" * 64,
    "documents": {},
    "owners": [],
    "command": "set_parameter",
    "arguments": {"rule": "RET-1", "key": "cap", "value": "1", "reason": "a test"},
    "scale": 2,
    "public_key": "ab" * 32,
    "addresses": ["10.1.0.0/16", "::1"],
}
"""What a sample of its form would not do for."""
VALUES: tuple[Any, ...] = (
    None, True, 1, 2**63, -(2**63), "", "x", "1.5", "-1", "1e5", "buy", "x" * 65, "x" * 513, [], ["a"], [1], ["x" * 65], {}, {"a": "b"},
    {"a": 1}, {"10:00": "continuous"}, [{"tax_number": "1"}], [{"tax_number": 1}],
)  # fmt: skip


def sample(name: str, schema: dict[str, Any]) -> Any:
    """A sound value of an argument."""
    if name in SOUND and not (name == "documents" and schema["type"] != "object"):
        return SOUND[name]
    if "enum" in schema:
        return schema["enum"][0]
    if schema.get("items", {}).get("type") == "integer":
        return [7]
    kinds: dict[str, Any] = {"integer": 7, "boolean": True, "array": ["x"], "object": {"a": "b"}}
    return kinds.get(schema["type"], "1" if schema.get("format") == "decimal" else "x")


def taken(name: str, arguments: dict[str, Any]) -> str:
    """What the gateway says against arguments; empty: nothing."""
    role = COMMANDS[name]["roles"][0]
    try:
        admin_command(Admin(id=1, command=name, arguments=arguments), Sender("otto", role), ASSETS, IDENTITIES)
    except Malformed as error:
        return str(error)
    return ""


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_is_taken_and_refused_as_its_schema_says(name):
    schema = COMMANDS[name]["arguments"]
    validator = jsonschema_rs.Draft7Validator(schema)
    properties, required = schema["properties"], schema.get("required", [])
    least = {each: sample(each, properties[each]) for each in required}
    if name == "load_rulebook":
        # Without its documents it is one of those that come with the venue.
        least["documents"] = {}
    assert validator.is_valid(least)
    assert taken(name, least) == ""
    refused = 0
    for each in properties:
        for value in VALUES:
            arguments = {**least, each: value}
            said = taken(name, arguments)
            if not validator.is_valid(arguments):
                assert said, arguments
                refused += 1
            elif said and not said.startswith("arguments.arguments."):
                # A command within a command has a schema of its own.
                assert not OF_FORM.search(said), (said, arguments)
    assert refused > 5 * len(properties)
    for each in required:
        without = {key: value for key, value in least.items() if key != each}
        if not (name == "load_rulebook" and each == "documents"):
            assert not validator.is_valid(without)
            assert taken(name, without)
    surprised = {**least, "surprise": 1}
    assert not validator.is_valid(surprised)
    assert "unknown name" in taken(name, surprised)


def test_every_command_is_there_with_who_sends_it():
    assert {name: set(row["roles"]) for name, row in COMMANDS.items()} == {
        name: {role for role, rows in ALLOWED.items() if name in rows} for rows in ALLOWED.values() for name in rows
    }
    assert [name for name in ALL if f"`{name}`" not in PAGE] == []
