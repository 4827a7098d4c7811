"""What the rules have to say of alerts and cases (ABUSE-1): whether there is such a term, and such investors. The core keeps them."""

from __future__ import annotations

from compliance.intake import Intake
from compliance.outcomes import refused
from compliance.rules.abuse_1 import term_problem
from engine.state.hook import Outcome
from engine.vocabulary.messages.commands import AddEvidence, OpenCase, RaiseAlert
from engine.vocabulary.said import Said, said


def suspect(intake: Intake, command: OpenCase | RaiseAlert, time_ns: int) -> Outcome:
    """Look at what is suspected, and of whom."""
    if intake.table is None:
        return refused(said("case.no_rulebook"))
    problem = term_problem(intake.table.rulebook, command.term) or _unregistered(intake, command.investors)
    return Outcome([]) if problem is None else refused(problem)


def add_evidence(intake: Intake, command: AddEvidence, time_ns: int) -> Outcome:
    """Look at whom else a case is about. One that is open goes on under whatever rulebook."""
    problem = _unregistered(intake, command.investors)
    return Outcome([]) if problem is None else refused(problem)


def _unregistered(intake: Intake, investors: tuple[str, ...]) -> Said | None:
    """That one of some investors is not on record; None: all are."""
    for investor in investors:
        if investor not in intake.registry.investors:
            return said("investor.unregistered", investor)
    return None
