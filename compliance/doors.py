"""What comes in or goes out beside the market: issues, deposits, redemptions, withdrawals; and what is frozen or arrested."""

from __future__ import annotations

from compliance.intake import Intake
from compliance.outcomes import refused
from compliance.registry.calendar import iso_date, parse_iso_date
from compliance.rules.arr_1 import ARREST
from compliance.rules.case import DEPOSIT, ISSUE, Arrival
from compliance.rules.cust_1 import CUSTODY
from compliance.rules.frz_1 import FREEZE
from engine.state.hook import Outcome
from engine.vocabulary.days import moscow_day
from engine.vocabulary.messages.commands import (
    Arrest,
    Deposit,
    FreezeAsset,
    IssueAsset,
    LiftArrest,
    RedeemAsset,
    Withdraw,
)
from engine.vocabulary.said import said


def take_out(intake: Intake, command: RedeemAsset | Withdraw, time_ns: int) -> Outcome:
    """Look at the owner of an account from which something is redeemed or withdrawn."""
    investor = intake.registry.clients[command.account].investor
    problem = None if intake.table is None else intake.table.transfers.owner_problem(investor)
    return Outcome([]) if problem is None else refused(problem)


def issue(intake: Intake, command: IssueAsset, time_ns: int) -> Outcome:
    """Look at the owner of an account to which something is issued, whether that may be held, and at the issuer's share."""
    registry, table = intake.registry, intake.table
    if table is None:
        return Outcome([])
    client, asset = registry.clients[command.account], registry.assets[command.asset]
    problem = table.transfers.owner_problem(client.investor)
    if problem is None:
        problem = table.arrival_problem(Arrival(client, asset, ISSUE, time_ns), "")
    if problem is None and table.bank_exposure is not None:
        problem = table.bank_exposure.issue_problem(registry, intake.ledger, asset, command.amount)
    return Outcome([]) if problem is None else refused(problem)


def deposit(intake: Intake, command: Deposit, time_ns: int) -> Outcome:
    """Look at what is brought in: what could not be bought here needs its origin, a banned coin stays outside."""
    client, asset = intake.registry.clients[command.account], intake.registry.assets[command.asset]
    arrival = Arrival(client, asset, DEPOSIT, time_ns)
    problem = None
    if intake.table is not None:
        problem = intake.table.arrival_problem(arrival, command.origin)
        segregation = intake.table.transfers.segregation
        if problem is None and segregation is not None:
            finding = segregation.outside(intake.registry, command.account, command.origin)
            problem = None if finding.passed else said("holding.refused", CUSTODY, finding.refusal())
    return Outcome([]) if problem is None else refused(problem)


def freeze(intake: Intake, command: FreezeAsset, time_ns: int) -> Outcome:
    """Freeze a share of what is held of an asset, or let go of it."""
    if not command.share_ppm:
        # Whatever the book says now, what was frozen under another can be let go.
        return Outcome([])
    if intake.table is None:
        return refused(said("freeze.no_rulebook"))
    problem = intake.table.transfers.freeze_problem(intake.registry.assets[command.asset])
    return Outcome([], None, None, FREEZE) if problem is None else refused(problem)


def arrest(intake: Intake, command: Arrest, time_ns: int) -> Outcome:
    """Look at the date of a paper that arrests holdings, and whether the rulebook knows such papers."""
    today = moscow_day(time_ns)
    dated = parse_iso_date(command.dated)
    if dated is None or dated > today:
        return refused(said("arrest.dated", iso_date(today)))
    if intake.table is None:
        return refused(said("arrest.no_rulebook"))
    problem = intake.table.transfers.arrest_problem()
    return Outcome([], None, None, ARREST) if problem is None else refused(problem)


def lift_arrest(intake: Intake, command: LiftArrest, time_ns: int) -> Outcome:
    """Let go of what a paper has arrested, whatever the rulebook says now."""
    return Outcome([])
