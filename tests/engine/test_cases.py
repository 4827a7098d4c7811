"""Alerts and cases in the core: what comes of each command, what is refused and in which order, bounds, and a restart."""

from __future__ import annotations

import msgspec
import pytest

from engine.exchange import restore_exchange
from engine.phases import cases
from engine.snapshot.encoding import decode_snapshot, encode_snapshot, state_digest
from engine.state.hook import Outcome, PreTradeHook
from engine.vocabulary import codes
from engine.vocabulary.limits import MAX_TEXT_CHARS
from engine.vocabulary.messages.commands import (
    AddEvidence,
    AnyCommand,
    CloseCase,
    Command,
    DismissAlert,
    OpenCase,
    RaiseAlert,
)
from engine.vocabulary.messages.events import (
    AlertDismissed,
    AlertRaised,
    CaseClosed,
    CaseOpened,
    CommandRejected,
    Event,
    EvidenceAdded,
)
from engine.vocabulary.problem import Problem
from engine.vocabulary.said import said
from tests.support.engine.desks.desk import Desk, list_spot, open_account

ALERT = RaiseAlert(
    "washes", "v1", "wash_trade", ("ann",), ("ann",), ("BTC/RUB",), (1, 2), 1, 3, {"share": "70 %"}, "n", "eye"
)
CASE = OpenCase("layering", ("bob",), (), (3,), 0, "looks so", "sue")


def opened(hook: PreTradeHook | None = None) -> Desk:
    """A venue with some commands in its journal."""
    desk = Desk(hook)
    list_spot(desk)
    for name in ("ann", "bob"):
        open_account(desk, name, RUB=100)
    return desk


@pytest.fixture
def desk() -> Desk:
    return opened()


def kinds(events: list[Event]) -> list[type[Event]]:
    return [type(event) for event in events]


def number_of(events: list[Event]) -> int:
    """Of the case or alert that a command has brought."""
    (event,) = events
    assert isinstance(event, CaseOpened | AlertRaised), event
    return event.case if isinstance(event, CaseOpened) else event.alert


def refusal(desk: Desk, command: AnyCommand) -> int:
    """The code with which a command is refused, which leaves all as it was."""
    docket = desk.exchange.docket
    before = dict(docket.cases), dict(docket.alerts)
    (event,) = desk.send(command)
    assert isinstance(event, CommandRejected), event
    assert (docket.cases, docket.alerts) == before
    return event.code


def test_an_alert_waits_until_it_is_dismissed(desk: Desk) -> None:
    (raised,) = desk.send(ALERT)
    number = desk.exchange.seq
    fields = msgspec.structs.astuple(ALERT)
    assert raised == AlertRaised(number, *fields)
    assert list(desk.exchange.docket.alerts) == [number]
    events = desk.send(DismissAlert(number, "a market maker", "sue"))
    assert events == [AlertDismissed(number, "washes", "wash_trade", "eye", "sue", "a market maker")]
    assert desk.exchange.docket.alerts_of("washes") == 0
    assert kinds(desk.send(DismissAlert(number, "again", "sue"))) == [CommandRejected]


def test_what_an_alert_names_comes_into_the_case_that_is_made_of_it(desk: Desk) -> None:
    alert = number_of(desk.send(ALERT))
    (event,) = desk.send(msgspec.structs.replace(CASE, alert=alert, seqs=(2, 4)))
    number = desk.exchange.seq
    assert event == CaseOpened(number, "layering", ("ann", "bob"), ("BTC/RUB",), (1, 2, 4), alert, "looks so", "sue")
    assert desk.exchange.docket.alerts == {}
    assert desk.exchange.docket.alerts_of("washes") == 0


def test_evidence_is_added_once(desk: Desk) -> None:
    case = number_of(desk.send(CASE))
    events = desk.send(AddEvidence(case, (3, 1, 2), ("ann", "bob"), ("BTC/RUB",), "more", "sam"))
    assert events == [EvidenceAdded(case, (1, 2), ("ann",), ("BTC/RUB",), "more", "sam", 3)]
    assert kinds(desk.send(AddEvidence(case, (1,), ("ann",)))) == [CommandRejected]
    assert kinds(desk.send(AddEvidence(case, ()))) == [CommandRejected]
    assert list(desk.exchange.docket.cases[case].seqs) == [3, 1, 2]


def test_what_is_over_leaves_the_state(desk: Desk) -> None:
    first = number_of(desk.send(CASE))
    second = number_of(desk.send(OpenCase("wash_trade", ("ann",), (), (1,), 0, "", "sam")))
    events = desk.send(CloseCase(first, codes.MERGED, second, "the same", "sue"))
    assert events == [CaseClosed(first, codes.MERGED, second, "layering", "sue", "sue", "the same", 1)]
    case = desk.exchange.docket.cases[second]
    assert (list(case.investors), list(case.seqs)) == (["ann", "bob"], [1, 3])
    events = desk.send(CloseCase(second, codes.ABUSE_FOUND, 0, "seen", "sue"))
    assert events == [CaseClosed(second, codes.ABUSE_FOUND, 0, "wash_trade", "sam", "sue", "seen", 2)]
    assert desk.exchange.docket.cases == {}
    assert kinds(desk.send(CloseCase(second, codes.NO_ABUSE, 0, "again", "sue"))) == [CommandRejected]


def test_a_restart_forgets_nothing(desk: Desk) -> None:
    number_of(desk.send(ALERT))
    alert = number_of(desk.send(msgspec.structs.replace(ALERT, detector="others")))
    case = number_of(desk.send(CASE))
    again = Desk()
    again.exchange = restore_exchange(decode_snapshot(encode_snapshot(desk.exchange.snapshot())), PreTradeHook())
    again.time_ns = desk.time_ns
    assert state_digest(again.exchange) == state_digest(desk.exchange)
    commands = (
        AddEvidence(case, (1,), (), (), "", "sue"),
        msgspec.structs.replace(CASE, alert=alert),
        CloseCase(case, codes.REFERRED, 0, "letter 4", "sue"),
    )
    for command in commands:
        assert desk.send(command) == again.send(command)
    assert again.exchange.docket.alerts_of("others") == 0
    assert again.exchange.docket.alerts_of("washes") == 1


def test_evidence_came_before(desk: Desk) -> None:
    case = number_of(desk.send(CASE))
    for wrong in (0, -1, 10**6):
        assert refusal(desk, msgspec.structs.replace(CASE, seqs=(1, wrong))) == codes.INVALID
        assert refusal(desk, AddEvidence(case, (wrong,))) == codes.INVALID
        assert refusal(desk, msgspec.structs.replace(ALERT, seqs=(wrong,))) == codes.INVALID
    # The command itself is none of it, the one before is.
    own = desk.exchange.seq + 1
    assert refusal(desk, AddEvidence(case, (own,))) == codes.INVALID
    assert kinds(desk.send(AddEvidence(case, (own,)))) == [EvidenceAdded]


def test_what_ends_something_says_why(desk: Desk) -> None:
    case, alert = number_of(desk.send(CASE)), number_of(desk.send(ALERT))
    for reason in ("", " ", "x" * (MAX_TEXT_CHARS + 1)):
        assert refusal(desk, CloseCase(case, codes.NO_ABUSE, 0, reason, "sue")) == codes.INVALID
        assert refusal(desk, DismissAlert(alert, reason, "sue")) == codes.INVALID


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"detector": ""}, codes.INVALID),
        ({"version": "x" * 65}, codes.INVALID),
        ({"term": "\x00"}, codes.INVALID),
        ({"note": "x" * 513}, codes.INVALID),
        ({"first_seq": 0}, codes.INVALID),
        ({"first_seq": 4}, codes.INVALID),
        ({"last_seq": 10**6}, codes.INVALID),
        ({"accounts": ("nobody",)}, codes.UNKNOWN_ACCOUNT),
        ({"instruments": ("GOLD/RUB",)}, codes.UNKNOWN_INSTRUMENT),
        ({"figures": {"": "1"}}, codes.INVALID),
        ({"figures": {"a": "x" * 65}}, codes.INVALID),
        ({"figures": {"a": "\x1b"}}, codes.INVALID),
    ],
)
def test_what_an_alert_is_refused_for(desk: Desk, changes: dict[str, object], code: int) -> None:
    assert refusal(desk, msgspec.structs.replace(ALERT, **changes)) == code
    number_of(desk.send(ALERT))


def test_what_closing_is_refused_for(desk: Desk) -> None:
    case = number_of(desk.send(CASE))
    for outcome, merged in (
        (4, 0),
        (-1, 0),
        (codes.MERGED, 0),
        (codes.MERGED, case),
        (codes.MERGED, 1),
        (codes.NO_ABUSE, case),
    ):
        assert refusal(desk, CloseCase(case, outcome, merged, "seen", "sue")) == codes.INVALID
    assert refusal(desk, CloseCase(1, codes.NO_ABUSE, 0, "seen", "sue")) == codes.INVALID


class Doubter(PreTradeHook):
    """A hook that knows no term."""

    def apply(self, command: Command, time_ns: int) -> Outcome:
        """Refuse what names one."""
        names = isinstance(command, OpenCase | RaiseAlert)
        return Outcome([], Problem(codes.COMPLIANCE, said("case.no_rulebook")) if names else None)


def test_checks_stand_in_their_order() -> None:
    desk = opened(Doubter())
    # Each of these mends the first thing that is wrong with the one before.
    wrong = {
        "alert": (1, 0),
        "reason": ("x" * 513, "r"),
        "seqs": ((0,), (1,)),
        "instruments": (("GOLD/RUB",), ()),
    }
    command = msgspec.structs.replace(CASE, **{name: bad for name, (bad, _) in wrong.items()})
    codes_found = [refusal(desk, command)]
    for name, (_, good) in wrong.items():
        command = msgspec.structs.replace(command, **{name: good})
        codes_found.append(refusal(desk, command))
    assert codes_found == [
        codes.INVALID, codes.INVALID, codes.INVALID, codes.UNKNOWN_INSTRUMENT, codes.COMPLIANCE,
    ]  # fmt: skip


def test_the_bounds_of_cases_and_alerts(desk: Desk) -> None:
    assert (cases.MAX_OPEN_CASES, cases.MAX_CASE_SEQS, cases.MAX_CASE_NAMES) == (1_000, 1_000, 100)
    assert (cases.MAX_ALERTS, cases.MAX_ALERTS_PER_DETECTOR, cases.MAX_NAMED_SEQS) == (2_000, 400, 200)
    assert (cases.MAX_ALERT_NAMES, cases.MAX_FIGURES) == (20, 16)
    # One detector takes no more than its part, all of them no more than there is.
    raised = [number_of(desk.send(ALERT)) for _ in range(cases.MAX_ALERTS_PER_DETECTOR)]
    assert refusal(desk, ALERT) == codes.INVALID
    others = cases.MAX_ALERTS // cases.MAX_ALERTS_PER_DETECTOR
    for other in range(1, others):
        for _ in range(cases.MAX_ALERTS_PER_DETECTOR):
            number_of(desk.send(msgspec.structs.replace(ALERT, detector=f"other {other}")))
    late = msgspec.structs.replace(ALERT, detector="late")
    assert refusal(desk, late) == codes.INVALID
    desk.send(DismissAlert(raised[0], "none", "sue"))
    number_of(desk.send(late))
    # What one names, and what a case has.
    many = tuple(range(1, cases.MAX_NAMED_SEQS + 1))
    assert refusal(desk, msgspec.structs.replace(CASE, seqs=(*many, 201))) == codes.INVALID
    case = number_of(desk.send(msgspec.structs.replace(CASE, seqs=many)))
    for part in range(1, 5):
        assert kinds(desk.send(AddEvidence(case, tuple(200 * part + seq for seq in many)))) == [EvidenceAdded]
    assert refusal(desk, AddEvidence(case, (1_001,))) == codes.INVALID
    names = tuple(f"i{number}" for number in range(cases.MAX_CASE_NAMES))
    assert kinds(desk.send(AddEvidence(case, (), names[:-1]))) == [EvidenceAdded]
    assert refusal(desk, AddEvidence(case, (), ("one more",))) == codes.INVALID
    few = names[: cases.MAX_ALERT_NAMES + 1]
    assert refusal(desk, msgspec.structs.replace(ALERT, detector="late", investors=few)) == codes.INVALID
    figures = {str(number): "1" for number in range(cases.MAX_FIGURES + 1)}
    assert refusal(desk, msgspec.structs.replace(ALERT, detector="late", figures=figures)) == codes.INVALID
    while len(desk.exchange.docket.cases) < cases.MAX_OPEN_CASES:
        number_of(desk.send(CASE))
    assert refusal(desk, CASE) == codes.INVALID
