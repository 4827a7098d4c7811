"""The channel of changes: what each event says, who may hear it, and that it counts on after a restart."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import msgspec
import pytest

from engine.vocabulary.messages.commands import NewOrder, Tick
from engine.vocabulary.messages.events import (
    AlertDismissed,
    AlertRaised,
    CaseClosed,
    CaseOpened,
    ChangeEffective,
    ChangeScheduled,
    CommandProposed,
    CommandRejected,
    DayEnded,
    EvidenceAdded,
    InvestorRegistered,
    OrderRejected,
    ParameterChanged,
    PhaseChanged,
    ProposalEnded,
    RegistryChanged,
    RulebookLoaded,
    RulesChanged,
)
from gateway.client import connect
from gateway.outbound.channels.changes import Changes
from gateway.outbound.channels.outbox import Outbox
from gateway.outbound.channels.registry import Channels
from gateway.outbound.fanout import Fanout
from gateway.protocol.formats import Formats
from gateway.protocol.wire import JSON
from tests.support.gateway.venues.small_venue import KEYS, client, serving, url_of


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (RulebookLoaded("elr-2025", "ab12"), {"what": "rulebook", "key": "elr-2025", "detail": "ab12"}),
        (InvestorRegistered("anna", "retail"), {"what": "investor", "key": "anna", "detail": "retail"}),
        (RegistryChanged("tier", "BTC", "liquid"), {"what": "tier", "key": "BTC", "detail": "liquid"}),
        (RulesChanged("limits", "anna"), {"what": "limits", "key": "anna"}),
        (
            RulesChanged("kill_switch", "investor:bob", "on", "court", "sue"),
            {"what": "kill_switch", "key": "investor:bob", "detail": "on", "reason": "court", "by": "sue"},
        ),
        (
            ParameterChanged("RET-1", "retail_cap_rub", "300000.00", "500000.00", "why", "sue"),
            {
                "what": "parameter",
                "key": "RET-1 retail_cap_rub",
                "detail": "300000.00 -> 500000.00",
                "reason": "why",
                "by": "sue",
            },
        ),
        (
            ChangeScheduled(7, 99, "set_parameter RET-1"),
            {"what": "scheduled", "key": "7", "detail": "set_parameter RET-1", "effective": 99},
        ),
        (
            PhaseChanged("BTC/RUB", 6, "news", 0, "sue"),
            {"what": "phase", "key": "BTC/RUB", "detail": "halted", "reason": "news", "by": "sue"},
        ),
        (ChangeEffective(7), {"what": "effective", "key": "7"}),
        (
            CommandProposed(8, "bust_trade 1", "sue", "wrong", 99),
            {
                "what": "proposed",
                "key": "8",
                "detail": "bust_trade 1",
                "reason": "wrong",
                "by": "sue",
                "until": 99,
            },
        ),
        (
            CommandProposed(8, "load_rulebook new", "", "venue file", 99, 999),
            {
                "what": "proposed",
                "key": "8",
                "detail": "load_rulebook new",
                "reason": "venue file",
                "effective": 999,
                "until": 99,
            },
        ),
        (
            ProposalEnded(8, 0, "sue", "eve", "seen"),
            {"what": "approved", "key": "8", "detail": "proposed by sue", "reason": "seen", "by": "eve"},
        ),
        (ProposalEnded(8, 3, ""), {"what": "expired", "key": "8", "detail": "proposed by the venue file"}),
        (
            CaseOpened(9, "layering", tuple("abcdefg"), ("BTC/RUB",), (1, 2), 3, "looks so", "sue"),
            {
                "what": "case_opened",
                "key": "9",
                "detail": "layering: a b c d e and 2 more, BTC/RUB, evidence 2",
                "reason": "looks so",
                "by": "sue",
            },
        ),
        (
            EvidenceAdded(9, (4,), (), (), "more", "sam", 3),
            {"what": "evidence", "key": "9", "detail": "evidence 1", "reason": "more", "by": "sam"},
        ),
        (
            CaseClosed(9, 3, 11, "layering", "sue", "sam", "one story", 3),
            {"what": "case_closed", "key": "9", "detail": "merged into 11", "reason": "one story", "by": "sam"},
        ),
        (
            AlertRaised(12, "washes", "v1", "wash_trade", ("a",), (), (), (), 0, 0, {}, "n", "eye"),
            {"what": "alert", "key": "12", "detail": "wash_trade: a, by washes", "reason": "n", "by": "eye"},
        ),
        (
            AlertDismissed(12, "washes", "wash_trade", "eye", "sue", "no"),
            {"what": "alert_dismissed", "key": "12", "detail": "wash_trade, by washes", "reason": "no", "by": "sue"},
        ),
        (CommandRejected(19, "no"), {"what": "refused", "key": "invalid", "detail": "no"}),
    ],
)
def test_events_as_changes(event, expected):
    channels, outbox = Channels(Formats()), Outbox(JSON)
    channels.one(Changes).subscribers[outbox] = None
    ((outboxes, change),) = channels.follow(5, 6, [DayEnded(1), event], precede=True)
    assert list(outboxes) == [outbox]
    plain: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(change))
    assert plain == {"type": "change", "seq": 1, "prev_seq": 0, "command_seq": 5, "time": 6, **expected}


def test_a_phase_that_nobody_asked_for_is_no_change():
    channels, outbox = Channels(Formats()), Outbox(JSON)
    channels.one(Changes).subscribers[outbox] = None
    assert channels.follow(5, 6, [PhaseChanged("BTC/RUB", 3, "schedule")], precede=True) == []
    assert channels.one(Changes).seq == 0


def test_what_was_due_before_an_order_is_told_and_counted():
    fanout, outbox = Fanout(), Outbox(JSON)
    fanout.replay((1, 1, Tick(), [RulebookLoaded("old", "aa")]))
    fanout.channels.one(Changes).subscribers[outbox] = None
    order = NewOrder("ann", "ann", "c", "X", 0, 0, 0, 1, 1)
    due = [ChangeEffective(1), CommandRejected(12, "too late")]
    fanout.publish((2, 2, order, [*due, OrderRejected(2, "ann", 0, "c", "X", 1, "no")]), Outbox(JSON), 1, len(due))
    told = [msgspec.json.decode(frame[2 if frame[1] < 126 else 4 :]) for frame in outbox.frames]
    assert [(each["seq"], each["what"]) for each in told] == [(2, "effective"), (3, "refused")]


async def test_supervisors_alone_follow_changes_over_a_restart(tmp_path):
    async with serving(tmp_path) as server, client(url_of(server), "alice") as alice:
        refused = await alice.ask(type="subscribe", channel="changes")
        assert (refused["type"], refused["code"]) == ("error", "not_allowed")
        async with client(url_of(server), "sue") as sue:
            wrong = await sue.ask(type="subscribe", channel="changes", instrument="BTC/RUB")
            assert wrong["detail"] == "instrument: changes has none"
            first = (await sue.ask(type="subscribe", channel="changes"))["seq"]
            arguments = {"rule": "OPS-1", "key": "enabled", "value": "false"}
            soon = time.time_ns() + 200_000_000
            waits = {"effective_ns": soon, "command": "set_parameter", "arguments": arguments, "reason": "later"}
            done = await sue.ask(type="admin", command="effective_from", arguments=waits)
            number = str(done["seq"])
            change = await sue.until("change")
            assert (change["seq"], change["what"], change["key"]) == (first + 1, "scheduled", number)
            assert (change["command_seq"], change["effective"]) == (done["seq"], soon)
            # Nobody sends anything: the venue's own clock lets it take effect.
            told = [await sue.until("change") for _ in range(2)]
            assert [(each["what"], each["key"]) for each in told] == [
                ("effective", number),
                ("parameter", "OPS-1 enabled"),
            ]
            assert (told[1]["reason"], told[1]["by"]) == ("later", "sue")
    async with serving(tmp_path) as server, connect(url_of(server), "otto", KEYS["otto"]) as otto:
        changes = otto.changes()
        await changes.start()
        await otto.admin("set_limits", participant="alice", orders_per_second=5)
        change = await asyncio.wait_for(anext(changes), 10)
        assert (change.seq, change.what, change.key) == (first + 4, "limits", "alice")
