"""The rows of the commands: each command has one, and what is said in it holds."""

from __future__ import annotations

from typing import get_args

import pytest

from engine.command_row import PARTICIPANT, ROLES, CommandRow
from engine.command_table import COMMANDS, HANDLERS
from engine.trading_rows import TRADING
from engine.vocabulary.messages import commands
from engine.vocabulary.names import command_name

ROWS = list(COMMANDS.values())


def test_every_command_has_one_row() -> None:
    assert set(COMMANDS) == set(get_args(commands.AnyCommand))
    assert len({row.name for row in ROWS}) == len(ROWS)
    assert list(HANDLERS) == list(COMMANDS)


def test_what_participants_trade_with_is_what_the_union_says() -> None:
    assert {row.kind for row in TRADING} == set(get_args(commands.TradingCommand))
    assert all(row.senders == (PARTICIPANT,) and row.answers for row in TRADING)
    assert not any(row.answers for row in ROWS if row not in TRADING)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_row_speaks_of_fields_that_its_command_has(row: CommandRow) -> None:
    fields = row.kind.__struct_fields__
    assert set(row.about) <= set(fields)
    assert set(row.names) <= {field for field in fields if row.kind.__annotations__[field].startswith("int")}
    assert set(row.senders) <= set(ROLES)
    # A thing that a venue file defines has a name, unless there is only one.
    assert not row.sets_up or row.is_single or row.about
    # Who sent it is on record.
    assert row in TRADING or not row.senders or "by" in fields


# What moves money or prices, waits for its date, or lets another command be carried out, is itself no change of records, rules or
# settings.
NO_CHANGE = {
    *("tick", "deposit", "withdraw", "set_index_price", "mark_future", "issue_asset", "redeem_asset"),
    *("effective_from", "approve", "decline"),
    *("arm_disconnect", "disconnected", "disarm_disconnect"),
}


def test_every_change_has_a_word_for_histories() -> None:
    assert {row.name for row in ROWS if row not in TRADING and not row.word} == NO_CHANGE


def test_a_change_that_waits_is_named_by_its_first_field() -> None:
    for kind in get_args(commands.HookCommand):
        assert kind.__struct_fields__[0] in COMMANDS[kind].about


def test_names_follow_from_classes() -> None:
    assert command_name(commands.SetPhase) == "set_phase"
    assert command_name(commands.NewOrderPair) == "new_order_pair"
    assert command_name(commands.Tick) == "tick"
