"""Programs that nobody here wrote read the AsyncAPI document: its project's schema and parser, Ajv, and a generator of TypeScript.

The official schema is in no Python package, and is not copied here: it comes with the others, from the npm registry.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from engine.vocabulary.codes import CORE_VERSION
from gateway.published.asyncapi import asyncapi_text
from gateway.published.operations import REQUESTS, UNASKED, channels, wire_name
from tests.support.gateway.feeds.handed_out import handed_out, rows_of
from tests.support.gateway.outside.asyncapi_tools import NODE, NPM, installed, run, type_check
from tests.support.gateway.protocol.contract import MESSAGES, document
from tests.support.gateway.protocol.contract import REQUESTS as REQUEST_KINDS
from tests.support.gateway.protocol.sound_requests import FULL
from tests.support.places import GOLDEN

pytestmark = [
    pytest.mark.interop,
    pytest.mark.skipif(NPM is None or NODE is None, reason="no node with npm found"),
]

ERROR, WARNING = 0, 1
"""Severities of the parser; beyond them it advises."""


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("asyncapi") / "asyncapi.json"
    path.write_text(asyncapi_text(), encoding="utf-8")
    return path


# ── the official schema ────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def official() -> jsonschema_rs.Draft7Validator:
    path = installed() / "node_modules" / "@asyncapi" / "specs" / "schemas" / "3.0.0-without-$id.json"
    return jsonschema_rs.Draft7Validator(json.loads(path.read_text(encoding="utf-8")))


def test_it_is_an_asyncapi_3_document_by_the_official_schema(official):
    assert [error.message for error in official.iter_errors(document())] == []


@pytest.mark.parametrize("spoil", [
    lambda d: d["info"].pop("version"),
    lambda d: d["operations"]["login"].update(action="recieve"),
    lambda d: d["operations"]["login"].pop("channel"),
    lambda d: d["servers"]["venue"].pop("protocol"),
    lambda d: d["components"]["securitySchemes"]["ed25519"].update(type="ed25519"),
    lambda d: d["components"]["schemas"]["Hello"].update(type="map"),
    lambda d: d.update(asyncapi="4.0.0"),
    lambda d: d.update(routes={}),
])  # fmt: skip
def test_the_official_schema_refuses_what_is_none(official, spoil: Callable[[dict[str, Any]], object]):
    spoiled = copy.deepcopy(document())
    spoil(spoiled)
    assert not official.is_valid(spoiled)


# ── the official parser ────────────────────────────────────────────────────────────────────────────────────────────


def test_the_projects_own_parser_reads_every_operation(written):
    found = run("read.mjs", written)
    assert [each for each in found["complaints"] if each["severity"] in (ERROR, WARNING)] == []
    operations = found["operations"]
    for asked in REQUESTS:
        name = wire_name(asked.request)
        assert operations.pop(name) == {
            "action": "receive",
            "messages": [name],
            "reply": sorted([*map(wire_name, asked.replies), "error"]),
            "secured": bool(asked.roles),
        }
    for told in (*UNASKED, *channels()):
        read = operations.pop(f"send_{told.name}")
        assert (read["action"], read["messages"]) == ("send", sorted(map(wire_name, told.messages)))
    assert operations == {}
    assert set(found["channels"]) >= {channel.name for channel in channels()}


def test_the_parser_finds_a_message_of_another_channel(written, tmp_path):
    spoiled = copy.deepcopy(document())
    spoiled["operations"]["new_order"]["messages"] = [{"$ref": "#/components/messages/NewOrder"}]
    path = tmp_path / "spoiled.json"
    path.write_text(json.dumps(spoiled), encoding="utf-8")
    complaints = run("read.mjs", path)["complaints"]
    assert any(each["severity"] == ERROR and "new_order" in each["path"] for each in complaints), complaints


# ── another validator ──────────────────────────────────────────────────────────────────────────────────────────────


def recorded(most: int) -> list[dict[str, Any]]:
    """Messages of the recorded sessions, so many of each type at most."""
    kept: dict[str, list[dict[str, Any]]] = {}
    for journal in sorted(GOLDEN.glob(f"v{CORE_VERSION}*")):
        for message in handed_out(rows_of(journal)):
            if len(kept.setdefault(message["type"], [])) < most:
                kept[message["type"]].append(message)
    return [message for messages in kept.values() for message in messages]


def test_ajv_takes_what_was_sent_and_refuses_it_with_a_field_less(written, tmp_path):
    lines = [(MESSAGES[each["type"]].__name__, each) for each in recorded(50)]
    lines += [(REQUEST_KINDS[each["type"]].__name__, each) for each in FULL]
    assert len(lines) > 700
    path = tmp_path / "lines.json"
    path.write_text("\n".join(json.dumps({"of": of, "message": each}) for of, each in lines), encoding="utf-8")
    assert run("validate.mjs", written, path) == {"sound": len(lines), "faults": []}
    required = document()["components"]["schemas"]
    less = [(of, {k: v for k, v in each.items() if k != required[of]["required"][-1]}) for of, each in lines]
    path.write_text("\n".join(json.dumps({"of": of, "message": each}) for of, each in less), encoding="utf-8")
    found = run("validate.mjs", written, path)
    assert (found["sound"], len(found["faults"])) == (0, len(lines))


# ── a generator ────────────────────────────────────────────────────────────────────────────────────────────────────


def program(types: Path, samples: list[tuple[str, dict[str, Any]]]) -> str:
    """TypeScript that gives each sample its generated type."""
    names = sorted({name for name, _ in samples})
    lines = [f"import {{{name}}} from '{types.as_posix()}/{name}';" for name in names]
    lines += [f"export const m{place}: {name} = {json.dumps(each)};" for place, (name, each) in enumerate(samples)]
    return "\n".join(lines) + "\n"


def test_types_are_generated_and_what_was_sent_has_them(written, tmp_path):
    types = tmp_path / "types"
    made = run("generate.mjs", written, types)
    assert {"NewOrder", "ExecutionReport", "BookUpdate", "Welcome", "MassQuote"} <= set(made)
    samples = [(MESSAGES[each["type"]].__name__, each) for each in recorded(3)]
    samples += [(REQUEST_KINDS[each["type"]].__name__, each) for each in FULL]
    samples = [(name, each) for name, each in samples if name in made]
    assert len({name for name, _ in samples}) > 40
    sound = tmp_path / "sound.ts"
    sound.write_text(program(types, samples), encoding="utf-8")
    assert type_check(sound, *types.glob("*.ts")) == ""
    order = next(each for each in FULL if each["type"] == "new_order")
    for wrong in (
        {**order, "side": "long"},
        {**order, "price": 100},
        {k: v for k, v in order.items() if k != "account"},
    ):
        spoiled = tmp_path / "spoiled.ts"
        spoiled.write_text(program(types, [("NewOrder", wrong)]), encoding="utf-8")
        assert "error TS" in type_check(spoiled)
