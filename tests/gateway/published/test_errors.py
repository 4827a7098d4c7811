"""The catalogue of errors: every code that the program can send stands in it, and none that it can't."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from engine.vocabulary import codes
from gateway.protocol.messages import ExecutionReport, RequestRejected
from gateway.published.errors import CANCEL, CLOSE, ERROR, HTTP, KINDS, REJECT, found_codes, listed_codes
from gateway.published.errors_document import errors_document
from gateway.published.operations import wire_name
from gateway.server.peers.ends import REASONS
from tests.support.gateway.feeds.handed_out import handed_out, rows_of
from tests.support.places import GOLDEN, ROOT

# The client library closes, too, and is no venue.
GATEWAY = sorted(path for path in (ROOT / "gateway").rglob("*.py") if "client" not in path.relative_to(ROOT).parts)
CORE = sorted(path for package in ("engine", "compliance") for path in (ROOT / package).rglob("*.py"))
NOT_SENT = {"1006"}
"""What libraries call an end without a close frame."""


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def calls(paths: list[Path]) -> Iterator[tuple[Path, ast.Call, str]]:
    """Every call, with the last name of what is called."""
    for path in paths:
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.Call):
                yield path, node, ast.unparse(node.func).rpartition(".")[2]


def test_every_code_of_an_error_stands_there_and_is_sent_somewhere():
    sent, elsewhere = set(), []
    for path, call, name in calls(GATEWAY):
        given = [call.args[0]] if name == "_error" else [each.value for each in call.keywords if each.arg == "code"]
        if name not in ("_error", "Error"):
            continue
        for value in given:
            if isinstance(value, ast.Constant):
                sent.add(value.value)
            else:
                elsewhere.append(f"{path.name}: {ast.unparse(value)}")
    # In `Session._error`, which was looked at, and in `_rate_limited`, which sends one code.
    assert elsewhere == ["session.py: code"] * 2
    assert sent | {"rate_limited"} == set(listed_codes(ERROR))
    assert 'code, detail = "rate_limited"' in (ROOT / "gateway/inbound/session.py").read_text(encoding="utf-8")


def used(names: tuple[str, ...]) -> set[str]:
    """The constants of the core that are given to something, or come back from it: not those that are only compared."""
    found = set()
    for path in CORE:
        if path.name == "codes.py":
            continue
        for node in ast.walk(parsed(path)):
            given: list[ast.expr | None] = []
            if isinstance(node, ast.Call):
                given = [*node.args, *(each.value for each in node.keywords)]
            elif isinstance(node, ast.Return | ast.Assign):
                given = [node.value]
            for value in given:
                # One of two, as the case may be.
                for each in (value.body, value.orelse) if isinstance(value, ast.IfExp) else (value,):
                    if isinstance(each, ast.Name | ast.Attribute):
                        found.add(ast.unparse(each).rpartition(".")[2])
    return {name for name in names if name in found}


def constants(table: tuple[str, ...], first: str) -> dict[str, str]:
    """The constants of `codes` that count through a table, from one on, by their words."""
    names = [name for name, value in vars(codes).items() if isinstance(value, int) and name.isupper()]
    start = names.index(first)
    found = dict(zip(table, names[start : start + len(table)], strict=True))
    assert [getattr(codes, name) for name in found.values()] == list(range(len(table)))
    return found


def test_every_reject_code_stands_there_and_is_given_somewhere():
    names = constants(codes.REJECT_CODES, "OK")
    assert used(tuple(names.values())) >= set(names.values()) - {"OK"}
    assert sorted(listed_codes(REJECT)) == sorted(codes.REJECT_CODES[1:])


def test_every_reason_of_a_cancel_stands_there_but_the_reserved_one():
    names = constants(codes.CANCEL_REASONS, "BY_REQUEST")
    given = used(tuple(names.values()))
    assert sorted(listed_codes(CANCEL)) == sorted(word for word, name in names.items() if name in given)
    assert set(codes.CANCEL_REASONS) - set(listed_codes(CANCEL)) == {"phase"}


def test_what_recorded_sessions_refused_and_cancelled_stands_there():
    seen: dict[str, set[str]] = {REJECT: set(), CANCEL: set()}
    for journal in sorted(GOLDEN.glob(f"v{codes.CORE_VERSION}*")):
        for message in handed_out(rows_of(journal)):
            if message["type"] in (wire_name(ExecutionReport), wire_name(RequestRejected)):
                seen[REJECT].add(message.get("code", ""))
            if message.get("exec_type") == "cancelled":
                seen[CANCEL].add(message["reason"])
    assert seen[REJECT] - {""} <= set(listed_codes(REJECT))
    assert seen[CANCEL] <= set(listed_codes(CANCEL))
    assert len(seen[REJECT]) > 12
    assert len(seen[CANCEL]) > 12


def test_every_close_code_stands_there():
    assert set(listed_codes(CLOSE)) == {str(code) for code in REASONS} | NOT_SENT
    # What is closed with is a constant of `frames`, and each has its word for metrics.
    frames = parsed(ROOT / "gateway/inbound/frames.py")
    named = {
        ast.unparse(node.target): node.value.value
        for node in frames.body
        if isinstance(node, ast.AnnAssign) and isinstance(node.value, ast.Constant) and node.value.value >= 1_000
    }
    given = {ast.unparse(call.args[0]) for _, call, name in calls(GATEWAY) if name == "close" and len(call.args) >= 2}
    assert given == named.keys()
    assert {named[name] for name in given} == set(REASONS)


def test_every_answer_to_a_handshake_stands_there():
    given = {str(ast.literal_eval(call.args[0])) for _, call, name in calls(GATEWAY) if name == "refusal" and call.args}
    # What is nowhere is answered by the server's library.
    assert set(listed_codes(HTTP)) == given | {"404"}


def test_the_page_in_docs_is_the_one_that_is_made():
    written = (ROOT / "docs" / "ERRORS.md").read_text(encoding="utf-8")
    assert written == errors_document(), "run `sbx errors --markdown > docs/ERRORS.md`"


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_each_says_what_it_means_and_what_to_do(kind):
    assert len({entry.code for entry in kind.entries}) == len(kind.entries)
    for entry in kind.entries:
        for text in (entry.means, entry.to_do, kind.where):
            assert text.endswith("."), entry.code
            assert "|" not in text, entry.code


def test_a_code_may_stand_in_several_places():
    assert [kind.name for kind, _ in found_codes("self_trade")] == [REJECT, CANCEL]
    assert found_codes("phase")[0][1].to_do.startswith("Follow channel `status`")
    assert found_codes("strange") == []
