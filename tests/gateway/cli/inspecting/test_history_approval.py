"""`sbx history` of what two people decided, on events made by hand."""

from __future__ import annotations

from engine.vocabulary import codes
from engine.vocabulary.messages.commands import AnyCommand, Approve, Decline, EffectiveFrom, SetParameter, Tick
from engine.vocabulary.messages.events import (
    AnyEvent,
    ChangeEffective,
    ChangeScheduled,
    CommandProposed,
    CommandRejected,
    ParameterChanged,
    ProposalEnded,
)
from gateway.reporting.steps.source import Step
from gateway.reporting.stories.history import History
from gateway.reporting.stories.history_tables import history_table
from tests.gateway.cli.inspecting.test_history import DAY_NS, in_words
from tests.support.gateway.reporting.report_sessions import NOON_NS


def decided(found: History, seq: int, command: AnyCommand, *events: AnyEvent, due: int = 0) -> None:
    found.take(Step(seq, NOON_NS + seq, command, list(events), due_events=due, day=20_605))


def test_what_waits_for_a_second_approval_has_both_names_however_it_ends() -> None:
    found = History()
    change = SetParameter("RET-1", "enabled", "false", "bill", "sue")
    for seq in (1, 2, 3, 4):
        decided(found, seq, change, CommandProposed(seq, "set_parameter RET-1", "sue", "bill", 99))
    ended = ProposalEnded(1, codes.APPROVED, "sue", "eve", "seen")
    moved = ParameterChanged("RET-1", "enabled", "true", "false", "bill", "sue")
    decided(found, 5, Approve(1, "seen", "eve", "supervisor"), ended, moved)
    refused = CommandRejected(codes.COMPLIANCE, "no such rule")
    ended = ProposalEnded(2, codes.APPROVED, "sue", "eve", "seen")
    decided(found, 6, Approve(2, "seen", "eve", "supervisor"), ended, refused)
    decided(found, 7, Decline(3, "no", "eve", "supervisor"), ProposalEnded(3, codes.DECLINED, "sue", "eve", "no"))
    # Expired before a command that has its own entry, and whoever comes too late has one.
    own = CommandRejected(codes.PERMISSION, "own")
    decided(found, 8, Approve(4, "me", "sue", "supervisor"), ProposalEnded(4, codes.LAPSED, "sue"), own, due=1)
    rows = history_table(found.entries).objects()
    one = "parameter | RET-1 | sue | bill"
    says = "key enabled, value false"
    assert in_words(rows) == [
        *(f"{one} | proposed | {says}" for _ in range(4)),
        f"{one} | carried out | {says} | RET-1: enabled: true became false",
        f"{one} | refused | compliance: no such rule | {says}",
        f"{one} | declined | {says}",
        f"{one} | expired | {says}",
        "proposal | 4 | sue | me | refused | permission: own",
    ]
    assert [(row["second"], row["second_reason"], row["change"]) for row in rows[4:]] == [
        ("eve", "seen", 1),
        ("eve", "seen", 2),
        ("eve", "no", 3),
        ("clock", "", 4),
        ("", "", None),
    ]


def test_a_change_that_was_approved_with_its_date_comes_then() -> None:
    found = History()
    later_ns = NOON_NS + DAY_NS
    asked = EffectiveFrom(later_ns, SetParameter("RET-1", "enabled", "false"), "bill", "sue")
    decided(found, 1, asked, CommandProposed(1, "set_parameter RET-1", "sue", "bill", 99, later_ns))
    ended = ProposalEnded(1, codes.APPROVED, "sue", "eve", "seen")
    decided(found, 2, Approve(1, "seen", "eve"), ended, ChangeScheduled(2, later_ns, "set_parameter RET-1"))
    moved = ParameterChanged("RET-1", "enabled", "true", "false", "bill", "sue")
    decided(found, 3, Tick(), ChangeEffective(2), moved, due=2)
    rows = history_table(found.entries).objects()
    assert [row["outcome"] for row in rows] == ["proposed", "scheduled", "carried out"]
    assert [row["by"] for row in rows] == ["sue"] * 3 and rows[1]["second"] == "eve"
    assert rows[2]["effects"] == "RET-1: enabled: true became false"
