"""What a registration makes of an investor's record, and why it may not."""

from __future__ import annotations

from compliance.registry.records import RISK_LEVELS, Investor
from compliance.rules.classification import override_problem
from engine.state.listing import name_problem
from engine.vocabulary.codes import FIRM, INVESTOR_KINDS
from engine.vocabulary.limits import MAX_SUPPLY
from engine.vocabulary.messages.commands import RegisterInvestor
from engine.vocabulary.said import Said, listed, said
from engine.vocabulary.stated import stated, stated_flag, stated_text


def changed_investor(command: RegisterInvestor, known: Investor) -> Investor:
    """The record as a command wants it: what it says, and of what it leaves out what is known, or nothing if all is replaced."""
    before = Investor(command.investor) if command.replace else known
    after = Investor(command.investor)
    after.kind = command.kind
    after.resident = stated_flag(command.resident, before.resident)
    after.assets_rub = stated(command.assets_rub, before.assets_rub)
    after.income_rub = stated(command.income_rub, before.income_rub)
    after.earlier_income_rub = stated(command.earlier_income_rub, before.earlier_income_rub)
    after.certified = stated_flag(command.certified, before.certified)
    after.foreign_trade = stated_flag(command.foreign_trade, before.foreign_trade)
    after.bank = stated_flag(command.bank, before.bank)
    # A bank is a financial firm, whether the record says so twice or not.
    after.financial = stated_flag(command.financial, before.financial) or after.bank
    after.capital_rub = stated(command.capital_rub, before.capital_rub)
    # Only SetBlocked takes an owner off the list, whatever is replaced.
    after.blocked = known.blocked or stated_flag(command.blocked, False)
    after.risk_level = stated_text(command.risk_level, before.risk_level)
    after.class_override = stated_text(command.class_override, before.class_override)
    # An override that stands keeps its reason, unless another is given.
    stands = command.class_override is None and after.class_override
    after.reason = command.reason or (before.reason if stands else "")
    after.by = command.by
    return after


def take_over(investor: Investor, record: Investor) -> None:
    """Set what a registration says of an investor."""
    investor.kind = record.kind
    investor.resident = record.resident
    investor.assets_rub = record.assets_rub
    investor.income_rub = record.income_rub
    investor.earlier_income_rub = record.earlier_income_rub
    investor.certified = record.certified
    investor.foreign_trade = record.foreign_trade
    investor.financial = record.financial
    investor.bank = record.bank
    investor.capital_rub = record.capital_rub
    investor.blocked = record.blocked
    investor.risk_level = record.risk_level
    investor.class_override = record.class_override
    investor.reason = record.reason
    investor.by = record.by


def investor_problem(record: Investor) -> Said | None:
    """Why an investor can't be registered so; None if it can."""
    unnamed = name_problem("investor", record.investor)
    if unnamed is not None:
        return unnamed.said
    if not 0 <= record.kind < len(INVESTOR_KINDS):
        return said("investor.kind")
    for name, figure in (
        ("assets_rub", record.assets_rub),
        ("income_rub", record.income_rub),
        ("earlier_income_rub", record.earlier_income_rub),
        ("capital_rub", record.capital_rub),
    ):
        problem = figure_problem(name, figure)
        if problem is not None:
            return problem
    if record.risk_level and record.risk_level not in RISK_LEVELS:
        return said("investor.risk_level", listed(RISK_LEVELS))
    if record.bank and record.kind != FIRM:
        return said("investor.bank")
    if record.kind == FIRM and (record.certified or record.earlier_income_rub):
        return said("investor.individuals")
    return override_problem(record.kind, record.class_override, record.reason) if record.class_override else None


def figure_problem(name: str, figure: int) -> Said | None:
    """Why a figure can't be kept; None if it can. What a record holds stays within 64 bits, as money does."""
    return None if 0 <= figure <= MAX_SUPPLY else said("figure.range", name, MAX_SUPPLY)
