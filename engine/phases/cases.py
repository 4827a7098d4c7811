"""Cases of market abuse and the alerts that lead to them (ABUSE-1): opened, given evidence and closed by supervisors.

What is abuse, the rulebook says: the hook refuses a word that it lacks, and investors that nobody registered. A case that is closed and
an alert that has ended leave the state; the journal has them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from engine.state.case import Alert, Case
from engine.state.listing import name_problem
from engine.state.state import State
from engine.trading.consulting import consult
from engine.vocabulary.codes import CASE_OUTCOMES, MERGED
from engine.vocabulary.limits import MAX_NAME_CHARS, MAX_TEXT_CHARS
from engine.vocabulary.messages.commands import AddEvidence, CloseCase, DismissAlert, OpenCase, RaiseAlert
from engine.vocabulary.messages.events import AlertDismissed, AlertRaised, CaseClosed, CaseOpened, EvidenceAdded
from engine.vocabulary.names import is_printable
from engine.vocabulary.problem import Problem, invalid, unknown_account, unknown_instrument
from engine.vocabulary.said import listed, said

# Open cases: more than supervisors can keep in mind. A snapshot carries them all: 60 MB with the longest names, 10 MB with short ones.
MAX_OPEN_CASES: Final = 1_000
# Evidence of one case, in sequence numbers; a list of it is 10 KB of JSON.
MAX_CASE_SEQS: Final = 1_000
# Investors of one case, and as many instruments.
MAX_CASE_NAMES: Final = 100
# Alerts that wait. Whoever looks at them decides about a few hundred a day. A snapshot carries them all: 54 MB with the longest names.
MAX_ALERTS: Final = 2_000
# And of one detector: one that runs wild leaves room for the others.
MAX_ALERTS_PER_DETECTOR: Final = 400
# Sequence numbers that one command names: 2 KB of JSON.
MAX_NAMED_SEQS: Final = 200
# Investors, accounts, instruments that an alert names, of each.
MAX_ALERT_NAMES: Final = 20
# Figures of an alert: name and value, each no longer than a name.
MAX_FIGURES: Final = 16


def open_case(state: State, command: OpenCase) -> Problem | None:
    """Carry out `OpenCase`. Emits CaseOpened."""
    if len(state.docket.cases) >= MAX_OPEN_CASES:
        return invalid(said("case.most", MAX_OPEN_CASES))
    alert = state.docket.alerts.get(command.alert) if command.alert else None
    if command.alert and alert is None:
        return invalid(said("alert.unknown", command.alert))
    case = Case(command.term, state.time_ns, command.alert, command.reason, command.by)
    problem = (
        _text_problem("reason", command.reason)
        or name_problem("term", command.term)
        or _seqs_problem(state, command.seqs)
        or _names_problem(state, command.investors, command.instruments)
        or consult(state, command)
    )
    if problem is not None:
        return problem
    if alert is not None:
        told = alert.command
        _add(case, told.seqs, told.investors, told.instruments)
    _add(case, command.seqs, command.investors, command.instruments)
    if not case.seqs and not case.investors and not case.instruments:
        return invalid(said("case.about_nothing"))
    problem = _room_problem(case)
    if problem is not None:
        return problem
    state.docket.cases[state.seq] = case
    if alert is not None:
        state.docket.end_alert(command.alert)
    state.emit(
        CaseOpened(
            state.seq,
            case.term,
            tuple(case.investors),
            tuple(case.instruments),
            tuple(case.seqs),
            case.alert,
            case.reason,
            case.by,
        )
    )
    return None


def add_evidence(state: State, command: AddEvidence) -> Problem | None:
    """Carry out `AddEvidence` of what the case does not have yet. Emits EvidenceAdded."""
    case = state.docket.cases.get(command.case)
    if case is None:
        return invalid(said("case.unknown", command.case))
    problem = (
        _text_problem("note", command.note)
        or _seqs_problem(state, command.seqs)
        or _names_problem(state, command.investors, command.instruments)
        or consult(state, command)
    )
    if problem is not None:
        return problem
    more = Case(case.term, case.opened_ns, 0, "", command.by)
    _add(
        more,
        [seq for seq in command.seqs if seq not in case.seqs],
        [name for name in command.investors if name not in case.investors],
        [name for name in command.instruments if name not in case.instruments],
    )
    if not more.seqs and not more.investors and not more.instruments:
        return invalid(said("case.nothing_new", command.case))
    problem = _room_problem(case, more)
    if problem is not None:
        return problem
    _join(case, more)
    state.emit(
        EvidenceAdded(
            command.case,
            tuple(more.seqs),
            tuple(more.investors),
            tuple(more.instruments),
            command.note,
            command.by,
            len(case.seqs),
        )
    )
    return None


def close_case(state: State, command: CloseCase) -> Problem | None:
    """Carry out `CloseCase`. Emits CaseClosed; one that is merged gives another case what it has."""
    case = state.docket.cases.get(command.case)
    if case is None:
        return invalid(said("case.unknown", command.case))
    problem = _reason_problem(command.reason)
    if problem is not None:
        return problem
    if not 0 <= command.outcome < len(CASE_OUTCOMES):
        return invalid(said("case.outcome", listed(CASE_OUTCOMES)))
    if (command.outcome == MERGED) != (command.merged != 0):
        return invalid(said("case.merged"))
    if command.merged:
        other = state.docket.cases.get(command.merged)
        if other is None or other is case:
            return invalid(said("case.other", command.merged))
        problem = _room_problem(other, case)
        if problem is not None:
            return problem
        _join(other, case)
    del state.docket.cases[command.case]
    state.emit(
        CaseClosed(
            command.case,
            command.outcome,
            command.merged,
            case.term,
            case.by,
            command.by,
            command.reason,
            len(case.seqs),
        )
    )
    return None


def raise_alert(state: State, command: RaiseAlert) -> Problem | None:
    """Carry out `RaiseAlert`. Emits AlertRaised."""
    detector = command.detector
    if len(state.docket.alerts) >= MAX_ALERTS:
        return invalid(said("alert.most", MAX_ALERTS))
    if state.docket.alerts_of(detector) >= MAX_ALERTS_PER_DETECTOR:
        return invalid(said("alert.most_of", detector, MAX_ALERTS_PER_DETECTOR))
    problem = (
        name_problem("detector", detector)
        or name_problem("version", command.version)
        or name_problem("term", command.term)
        or _text_problem("note", command.note)
        or _seqs_problem(state, command.seqs)
        or _stretch_problem(state, command)
        or _alert_names_problem(state, command)
        or _figures_problem(command.figures)
        or consult(state, command)
    )
    if problem is not None:
        return problem
    state.docket.keep_alert(state.seq, Alert(command, state.time_ns))
    state.emit(
        AlertRaised(
            state.seq,
            detector,
            command.version,
            command.term,
            command.investors,
            command.accounts,
            command.instruments,
            command.seqs,
            command.first_seq,
            command.last_seq,
            command.figures,
            command.note,
            command.by,
        )
    )
    return None


def dismiss_alert(state: State, command: DismissAlert) -> Problem | None:
    """Carry out `DismissAlert`. Emits AlertDismissed."""
    alert = state.docket.alerts.get(command.alert)
    if alert is None:
        return invalid(said("alert.unknown", command.alert))
    problem = _reason_problem(command.reason)
    if problem is not None:
        return problem
    state.docket.end_alert(command.alert)
    told = alert.command
    state.emit(AlertDismissed(command.alert, told.detector, told.term, told.by, command.by, command.reason))
    return None


# ── what a case has ────────────────────────────────────────────────────────────────────────────────────────────────


def _add(case: Case, seqs: Sequence[int], investors: Sequence[str], instruments: Sequence[str]) -> None:
    """Put into a case what it does not have."""
    for seq in seqs:
        case.seqs[seq] = True
    for investor in investors:
        case.investors[investor] = True
    for instrument in instruments:
        case.instruments[instrument] = True


def _join(case: Case, more: Case) -> None:
    """Put into a case what another has."""
    _add(case, list(more.seqs), list(more.investors), list(more.instruments))


def _room_problem(case: Case, more: Case | None = None) -> Problem | None:
    """Why a case has no room for what it is to have, with what another has; None: it has."""
    seqs, investors, instruments = dict(case.seqs), dict(case.investors), dict(case.instruments)
    if more is not None:
        seqs.update(more.seqs)
        investors.update(more.investors)
        instruments.update(more.instruments)
    if len(seqs) > MAX_CASE_SEQS:
        return invalid(said("case.evidence", MAX_CASE_SEQS))
    if max(len(investors), len(instruments)) > MAX_CASE_NAMES:
        return invalid(said("case.names", MAX_CASE_NAMES))
    return None


# ── what is wrong with a command ───────────────────────────────────────────────────────────────────────────────────


def _text_problem(what: str, text: str) -> Problem | None:
    return invalid(said("text.long", what, MAX_TEXT_CHARS)) if len(text) > MAX_TEXT_CHARS else None


def _reason_problem(reason: str) -> Problem | None:
    """Whoever ends something says why."""
    return _text_problem("reason", reason) if reason.strip() else invalid(said("case.reason"))


def _seqs_problem(state: State, seqs: tuple[int, ...]) -> Problem | None:
    """See that evidence is in the journal by now, before the command that names it."""
    if len(seqs) > MAX_NAMED_SEQS:
        return invalid(said("case.seqs", MAX_NAMED_SEQS))
    for seq in seqs:
        if not 0 < seq < state.seq:
            return invalid(said("case.seq", seq, state.seq - 1))
    return None


def _stretch_problem(state: State, command: RaiseAlert) -> Problem | None:
    """See that the stretch of an alert, if one is said, lies in the journal."""
    first, last = command.first_seq, command.last_seq
    if first == 0 and last == 0:
        return None
    return None if 0 < first <= last < state.seq else invalid(said("alert.stretch", first, last, state.seq - 1))


def _alert_names_problem(state: State, command: RaiseAlert) -> Problem | None:
    """See that an alert names few, and accounts and instruments that exist."""
    if max(len(command.investors), len(command.accounts), len(command.instruments)) > MAX_ALERT_NAMES:
        return invalid(said("alert.names", MAX_ALERT_NAMES))
    for account in command.accounts:
        if account not in state.accounts:
            return unknown_account(account)
    return _names_problem(state, command.investors, command.instruments)


def _names_problem(state: State, investors: tuple[str, ...], instruments: tuple[str, ...]) -> Problem | None:
    """See that there are no more names than a case may have, and that instruments are listed; the hook knows the investors."""
    if max(len(investors), len(instruments)) > MAX_CASE_NAMES:
        return invalid(said("case.names", MAX_CASE_NAMES))
    for instrument in instruments:
        if instrument not in state.instruments:
            return unknown_instrument(instrument)
    return None


def _figures_problem(figures: dict[str, str]) -> Problem | None:
    """See that figures are few, and short enough for a line each."""
    if len(figures) > MAX_FIGURES:
        return invalid(said("alert.figures", MAX_FIGURES))
    for name, value in figures.items():
        problem = name_problem("figure", name)
        if problem is not None:
            return problem
        if len(value) > MAX_NAME_CHARS or not is_printable(value):
            return invalid(said("alert.figure", name, MAX_NAME_CHARS))
    return None
