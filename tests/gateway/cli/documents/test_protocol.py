"""`sbx protocol` and `sbx errors`, as people and scripts run them."""

from __future__ import annotations

import copy
import json
from functools import cache

import pytest
from click.testing import CliRunner, Result

from gateway.cli.main import group
from gateway.protocol import messages as m
from gateway.published.asyncapi import VERSION, asyncapi, asyncapi_text
from gateway.published.errors import KINDS
from gateway.published.errors_document import errors_document

MADE = cache(asyncapi)
"""To make the document takes most of the time of a command, and nobody changes it."""


@pytest.fixture(autouse=True)
def made_once(monkeypatch):
    monkeypatch.setattr("gateway.cli.documents.protocol.asyncapi", MADE)


def run(*arguments: object) -> Result:
    return CliRunner().invoke(group, [str(each) for each in arguments], env={"COLUMNS": "100"})


def test_the_list_names_every_request_and_channel():
    found = run("protocol")
    assert found.exit_code == 0
    for kind in m.AnyRequest.__args__:
        assert f" {kind.__struct_config__.tag} " in found.output
    assert "drop_copy  all reports" in found.output
    listed = json.loads(run("protocol", "--json").stdout)
    assert listed["version"] == VERSION
    assert len(listed["requests"]) == len(m.AnyRequest.__args__)
    assert {
        "type": "cancel_order",
        "replies": ["execution_report", "request_rejected", "error"],
        "roles": ["participant"],
    } in (listed["requests"])
    assert {"channel": "book", "messages": ["book_snapshot", "book_update"], "instrument": True, "roles": []} in (
        listed["channels"]
    )


def test_a_request_and_its_reply_of_one_name_are_both_shown():
    found = run("protocol", "positions").output
    assert "positions, sent by a client" in found and "positions, sent by the venue" in found
    assert "positions.carried" in found and "cover.call_until" in found
    assert "decimal" in found
    schemas = [json.loads(line) for line in run("protocol", "positions", "--json").stdout.splitlines()]
    assert [schema["title"] for schema in schemas] == ["Positions", "PositionsReply"]


@pytest.mark.parametrize("kind", [*m.AnyRequest.__args__, *m.AnyMessage.__args__])
def test_every_message_has_its_fields(kind):
    found = run("protocol", kind.__struct_config__.tag)
    assert found.exit_code == 0
    for field in kind.__struct_fields__:
        assert f" {field} " in found.output, field


def test_a_command_of_admin_has_its_arguments():
    found = run("protocol", "set_phase")
    assert "set_phase, a command of `admin` (operator, supervisor)" in found.output
    assert "volatility_auction" in found.output
    schema = json.loads(run("protocol", "set_phase", "--json").stdout)
    assert schema["required"] == ["instrument", "phase"]


def test_a_mistyped_name_is_answered_by_one_that_is_near():
    found = run("protocol", "new_ordr")
    assert found.exit_code == 2
    assert "did you mean new_order" in found.output


def test_the_document_is_printed_or_written(tmp_path):
    assert run("protocol", "--asyncapi").stdout == asyncapi_text()
    path = tmp_path / "asyncapi.json"
    found = run("protocol", "--asyncapi", "--out", path)
    assert (found.exit_code, found.output) == (0, "")
    assert path.read_text(encoding="utf-8") == asyncapi_text()
    found = run("protocol", "--asyncapi", "--out", tmp_path / "gone" / "asyncapi.json")
    assert found.exit_code == 1 and "No such file" in found.output


@pytest.mark.parametrize(
    "arguments", [("new_order", "--asyncapi"), ("--out", "x.json"), ("new_order", "--against", __file__)]
)
def test_what_does_not_go_together_is_said(arguments):
    assert run("protocol", *arguments).exit_code == 2


def test_another_release_is_compared(tmp_path):
    path = tmp_path / "before.json"
    before = copy.deepcopy(asyncapi())
    path.write_text(json.dumps(before), encoding="utf-8")
    found = run("protocol", "--against", path)
    assert (found.exit_code, found.output) == (0, "0 breaking, 0 added\n")
    del before["components"]["schemas"]["TradePrint"]["properties"]["time"]
    before["components"]["schemas"]["TradePrint"]["required"].remove("time")
    before["components"]["schemas"]["Done"]["properties"]["cost"] = {"type": "string"}
    path.write_text(json.dumps(before), encoding="utf-8")
    found = run("protocol", "--against", path)
    assert found.exit_code == 1
    assert "breaking: message done.cost: removed" in found.output
    assert "added: message trade.time: new" in found.output
    told = json.loads(run("protocol", "--against", path, "--json").stdout)
    assert told == {"breaking": ["message done.cost: removed"], "added": ["message trade.time: new"]}


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"[]", b"\xff\xfe", b'{"info":{"version":1}}', b"[" * 100_000, b"1e999"]
)
def test_a_file_that_is_no_document_is_said(tmp_path, content):
    path = tmp_path / "strange.json"
    path.write_bytes(content)
    found = run("protocol", "--against", path)
    assert found.exit_code == 1
    assert "no AsyncAPI document" in found.output


# ── errors ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("entry", [entry for kind in KINDS for entry in kind.entries], ids=lambda entry: entry.code)
def test_every_code_says_what_to_do(entry):
    found = run("errors", entry.code)
    assert found.exit_code == 0
    assert entry.means in found.output and entry.to_do in found.output


def test_the_list_of_codes():
    found = run("errors")
    assert found.exit_code == 0
    lines = [json.loads(line) for line in run("errors", "--json").stdout.splitlines()]
    assert len(lines) == sum(len(kind.entries) for kind in KINDS)
    assert all(line["code"] in found.output for line in lines)
    assert lines[0].keys() == {"kind", "code", "means", "to_do"}
    assert [json.loads(line)["kind"] for line in run("errors", "funds", "--json").stdout.splitlines()] == [
        "reject",
        "cancel",
    ]


def test_the_page_is_printed():
    assert run("errors", "--markdown").stdout == errors_document()
    assert run("errors", "funds", "--markdown").exit_code == 2


def test_a_mistyped_code_is_answered_by_one_that_is_near():
    found = run("errors", "malformd")
    assert found.exit_code == 2
    assert "did you mean malformed" in found.output
