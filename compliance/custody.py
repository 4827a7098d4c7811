"""How an account is held, and that an intermediary is no client of its own (CUST-1)."""

from __future__ import annotations

from compliance.intake import Intake
from compliance.outcomes import refused
from compliance.registry.records import Intermediary, Investor
from compliance.rules.cust_1 import own_client_problem
from engine.state.hook import Outcome
from engine.vocabulary.codes import CUSTODIES
from engine.vocabulary.messages.commands import SetCustody
from engine.vocabulary.messages.events import RegistryChanged
from engine.vocabulary.said import Said, listed, said


def custody_problem(intake: Intake, investor: Investor, custody: int) -> Said | None:
    """Why an account may not be held in a way; None if it may."""
    if not 0 <= custody < len(CUSTODIES):
        return said("custody.unknown", listed(CUSTODIES))
    rule = None if intake.table is None else intake.table.transfers.segregation
    return None if rule is None else rule.custody_problem(investor, custody)


def account_problem(intake: Intake, investor: Investor, intermediary: Intermediary | None, custody: int) -> Said | None:
    """Why an account may not be opened for an investor, through an intermediary, in a way of holding; None if it may."""
    rule = None if intake.table is None else intake.table.transfers.segregation
    problem = None if rule is None else own_client_problem(intermediary, investor.investor)
    return problem or custody_problem(intake, investor, custody)


def own_investor_problem(intake: Intake, found: Intermediary | None, name: str, own_investor: str) -> Said | None:
    """Why an investor can't be said to be an intermediary itself: another one is, or is its client. None if it can."""
    if not own_investor:
        return None
    for other in intake.registry.intermediaries.values():
        if other.own_investor == own_investor and other.intermediary != name:
            return said("CUST-1.two", own_investor, other.intermediary)
    rule = None if intake.table is None else intake.table.transfers.segregation
    if found is None or rule is None:
        return None
    if any(client.investor.investor == own_investor for client in found.clients):
        return said("CUST-1.own_client", own_investor, name)
    return None


def set_custody(intake: Intake, command: SetCustody, time_ns: int) -> Outcome:
    """Have an account held in another way."""
    client = intake.registry.clients.get(command.account)
    if client is None:
        return refused(said("custody.account", command.account))
    problem = custody_problem(intake, client.investor, command.custody)
    if problem is not None:
        return refused(problem)
    client.custody = command.custody
    how = said("custody.held", CUSTODIES[command.custody])
    return Outcome([RegistryChanged("custody", client.account, "", how.template, how.values)])
