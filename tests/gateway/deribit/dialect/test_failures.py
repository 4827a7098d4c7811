"""What the venue says no with is said here, too, by a code that `ccxt` has an exception for."""

from __future__ import annotations

from engine.vocabulary.codes import REJECT_CODES
from gateway.deribit.dialect.failures import ERRORS, REJECTS, of_error, of_reject
from gateway.protocol.messages import Error, ExecutionReport
from gateway.published.errors import ERROR, KINDS


def test_every_code_of_the_venue_has_one():
    assert set(REJECTS) == set(REJECT_CODES) - {"ok"}
    (kind,) = [kind for kind in KINDS if kind.name == ERROR]
    assert set(ERRORS) == {entry.code for entry in kind.entries}


def test_a_rule_is_told_with_its_title():
    report = ExecutionReport("rejected", "anna", 7, "x", "BTC/RUB", "rejected", "7-0", 1)
    report.code, report.rule, report.title, report.detail = "compliance", "RET-1", "Yearly cap", "too much"
    report.rules = ("RET-1", "OPS-1")
    error = of_reject(report).as_error()
    assert error["message"] == "permission_denied: RET-1 Yearly cap"
    assert error["data"] == {
        "reason": "too much", "code": "compliance", "rule": "RET-1", "title": "Yearly cap", "rules": ["RET-1", "OPS-1"], "order_id": "7",
    }  # fmt: skip


def test_who_asks_too_much_is_told_how_long_to_wait():
    error = of_error(Error(code="rate_limited", detail="too much", retry_after=1_500_000_001)).as_error()
    assert (error["code"], error["data"]["wait"]) == (10028, 2)
