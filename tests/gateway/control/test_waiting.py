"""What waits for its date or a second approval: what it is about, in words, and what will hold by a time."""

from __future__ import annotations

import pytest

from gateway.cli.controls.running import standing
from gateway.control.approval import in_words
from gateway.control.waiting import Unknown, in_order, is_about, value_at
from gateway.protocol.messages import Argument, RecordInfo

NS_2099 = 4_070_898_000 * 10**9
"""The beginning of 2099 in Moscow."""


def change(command: str, effective: int, **arguments: Argument) -> RecordInfo:
    return RecordInfo(name=str(effective), command=command, arguments=arguments, by="sue", effective=effective)


def blocks(effective: int, *, blocked: bool) -> RecordInfo:
    return change("set_blocked", effective, investor="alice", blocked=blocked)


def test_the_last_change_by_then_holds() -> None:
    waits = in_order(
        [blocks(9, blocked=False), blocks(5, blocked=True), blocks(5, blocked=False), blocks(7, blocked=True)]
    )
    assert [each.effective for each in waits] == [5, 5, 7, 9]
    assert [value_at(waits, "blocked", True, time) for time in (4, 5, 6, 7, 8, 9, 99)] == [
        True, False, False, True, True, False, False,
    ]  # fmt: skip
    assert value_at([], "blocked", True, 9) is True
    # A change that leaves it out leaves it as it is; one of a whole record does not.
    others = [change("register_investor", 5, investor="alice", kind="firm")]
    assert value_at(others, "blocked", True, 9) is True
    others[0].arguments["replace"] = True
    with pytest.raises(Unknown):
        value_at(others, "blocked", True, 9)
    assert value_at([*others, blocks(10, blocked=False)], "blocked", True, 4) is True
    rulebook = change("load_rulebook", 5, name="x")
    for waits, now in (([rulebook], "1"), ([], None)):
        with pytest.raises(Unknown):
            value_at(waits, "value", now, 5)
    again = change("set_parameter", 6, rule="RET-1", key="enabled", value="2")
    assert value_at([rulebook, again], "value", "1", 6) == "2"


def test_a_change_is_about_what_it_names() -> None:
    contract = change("register_contract", 5, contract="7", payer="alice", payee="bob")
    assert [is_about(contract, "investor", name) for name in ("alice", "bob", "7")] == [True, True, False]
    assert not is_about(contract, "account", "alice")
    parameter = change("set_parameter", 5, rule="RET-1", key="enabled", value="false")
    assert is_about(parameter, "parameter", "RET-1.enabled")
    assert not is_about(parameter, "parameter", "RET-1.retail_cap_rub")
    rulebook = change("load_rulebook", 5, name="x")
    assert is_about(rulebook, "parameter", "RET-1.enabled") and is_about(rulebook, "venue", "venue")
    assert not is_about(rulebook, "investor", "alice")


def test_all_arguments_are_said() -> None:
    less = RecordInfo(
        name="7", by="sue", command="set_approval", arguments={"second": [], "reason": "enough"}, until=NS_2099
    )
    assert in_words(less) == "proposal 7 by sue, set approval (second nothing), because: enough"
    assert standing("proposal", less).endswith("because: enough; until 2099-01-01T00:00:00 (Moscow)")
    less.arguments["second"] = ["rulebooks", "trade_corrections"]
    assert "set approval (second rulebooks, trade_corrections)" in in_words(less)
    dated: dict[str, Argument] = {"effective_ns": NS_2099, "command": "set_blocked"}
    dated["arguments"] = {"investor": "alice", "blocked": False, "reason": "why"}
    proposal = RecordInfo(name="8", by="sue", command="effective_from", arguments=dated, until=NS_2099)
    assert standing("proposal", proposal) == (
        "proposal 8 by sue, set blocked (investor alice, blocked false), because: why; "
        "would take effect 2099-01-01T00:00:00 (Moscow); until 2099-01-01T00:00:00 (Moscow)"
    )
    assert standing("change", blocks(NS_2099, blocked=True)).startswith(
        "from 2099-01-01T00:00:00 (Moscow): command 4070898000000000000 by sue, set blocked (investor alice, blocked true)"
    )
