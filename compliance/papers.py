"""Papers into records: contracts of foreign trade (SET-1), texts of the risk warning and their acknowledgements (RISK-1)."""

from __future__ import annotations

from compliance.intake import Intake
from compliance.outcomes import changed, refused
from compliance.registry.calendar import iso_date, parse_iso_date
from compliance.registry.records import Contract, Investor
from compliance.rulebook.rulebook import Rulebook
from compliance.rules.risk_1 import digest_of, warning_texts
from engine.state.hook import Outcome
from engine.state.listing import name_problem
from engine.vocabulary.days import moscow_day
from engine.vocabulary.decimals import decimal
from engine.vocabulary.limits import (
    MAX_CONTRACTS,
    MAX_CONTRACTS_PER_INVESTOR,
    MAX_KNOWN_TEXTS,
    MAX_RULE_TEXT_CHARS,
    MAX_SUPPLY,
    MAX_TEXT_CHARS,
)
from engine.vocabulary.messages.commands import PublishWarning, RecordAcknowledgement, RegisterContract


def register_contract(intake: Intake, command: RegisterContract, time_ns: int) -> Outcome:
    """Take note of a contract, or of what an amendment makes of it."""
    problem = _wording_problem(command, time_ns)
    if problem:
        return refused(problem)
    registry = intake.registry
    payer, payee = registry.investors.get(command.payer), registry.investors.get(command.payee)
    asset = registry.assets.get(command.asset)
    for name, party in ((command.payer, payer), (command.payee, payee)):
        if party is None:
            return refused(f"investor {name} is not registered")
    if asset is None:
        return refused(f"unknown asset {command.asset}")
    assert payer is not None and payee is not None
    contract = registry.contracts.get(command.contract)
    if contract is None:
        contract = Contract(command.contract, payer, payee, asset)
        problem = _room_problem(intake, contract)
    elif (contract.payer, contract.payee, contract.asset) != (payer, payee, asset):
        owed = f"{contract.payer.investor} owes {contract.payee.investor} {contract.asset.asset} under it"
        problem = (
            f"contract {command.contract} is registered: {owed}; an amendment changes neither parties nor currency"
        )
    elif command.amount < contract.paid:
        paid = f"{decimal(contract.paid, asset.scale)} {asset.asset}"
        problem = f"{paid} were paid under contract {command.contract}: its amount can't be less"
    problem = problem or _party_problem(intake, payer, payee)
    if problem:
        return refused(problem)
    if contract.contract not in registry.contracts:
        registry.add_contract(contract)
    contract.amount = command.amount
    contract.concluded = command.concluded
    contract.subject = command.subject
    contract.reason = command.reason
    contract.by = command.by
    amount = f"{decimal(command.amount, asset.scale)} {asset.asset}"
    detail = f"{payer.investor} owes {payee.investor} {amount}, of {command.concluded}: {command.subject}"
    return changed("contract", contract.contract, detail, None)


def _wording_problem(command: RegisterContract, time_ns: int) -> str:
    """What is wrong with a contract whoever its parties are; empty: nothing."""
    unnamed = name_problem("contract", command.contract)
    if unnamed is not None:
        return unnamed.detail
    # A transfer's reference is read without the spaces around it.
    if command.contract != command.contract.strip():
        return "contract must have no spaces around it"
    if command.payer == command.payee:
        return "a contract has two parties"
    if not 0 < command.amount <= MAX_SUPPLY:
        return f"amount must be positive, and not above {MAX_SUPPLY} minor units"
    day, today = parse_iso_date(command.concluded), moscow_day(time_ns)
    if day is None or day > today:
        return f"concluded must be a date YYYY-MM-DD, {iso_date(today)} at the latest"
    if not command.subject.strip() or len(command.subject) > MAX_TEXT_CHARS:
        return f"subject must be a text of at most {MAX_TEXT_CHARS} characters"
    return ""


def _room_problem(intake: Intake, contract: Contract) -> str:
    """Why no further contract can be registered; empty: it can."""
    if len(intake.registry.contracts) >= MAX_CONTRACTS:
        return f"no more than {MAX_CONTRACTS} contracts"
    for party in (contract.payer, contract.payee):
        if len(party.contracts) >= MAX_CONTRACTS_PER_INVESTOR:
            return f"{party.investor} has {MAX_CONTRACTS_PER_INVESTOR} contracts, and may have no more"
    return ""


def _party_problem(intake: Intake, payer: Investor, payee: Investor) -> str:
    """Why the rule in force lets these two settle no contract; empty: it does, or there is none."""
    rule = None if intake.table is None else intake.table.transfers.foreign_trade
    problems = [] if rule is None else rule.party_problems(payer, payee)
    return "; ".join(["SET-1: " + problem for problem in problems])


def publish_warning(intake: Intake, command: PublishWarning, time_ns: int) -> Outcome:
    """Make a text of the warning known."""
    text = command.text
    if not text.strip() or len(text) > MAX_RULE_TEXT_CHARS:
        return refused(f"text must be one of at most {MAX_RULE_TEXT_CHARS} characters")
    digest, known = digest_of(text), intake.registry.texts
    if digest in known:
        return refused(f"the text {digest} is known already")
    if len(known) >= MAX_KNOWN_TEXTS:
        return refused(f"no more than {MAX_KNOWN_TEXTS} texts of the warning")
    known[digest] = text
    return changed("warning", digest, "", None)


def texts_problem(intake: Intake, rulebook: Rulebook) -> str:
    """Why the texts of a rulebook can't all be kept; empty: they can."""
    known = dict(intake.registry.texts)
    for text in warning_texts(rulebook):
        known[digest_of(text)] = text
    return f"no more than {MAX_KNOWN_TEXTS} texts of the warning" if len(known) > MAX_KNOWN_TEXTS else ""


def record_acknowledgement(intake: Intake, command: RecordAcknowledgement, time_ns: int) -> Outcome:
    """Take note that an investor acknowledged a text that the venue knows."""
    investor = intake.registry.investors.get(command.investor)
    if investor is None:
        return refused(f"investor {command.investor} is not registered")
    if not command.digest:
        return refused("an acknowledgement names the digest of the text: a version says nothing of it")
    if command.digest not in intake.registry.texts:
        return refused("no text of the risk warning has this digest")
    # An acknowledgement can't be taken back, so nothing that rests can become forbidden by one.
    investor.acknowledged[command.digest] = True
    intake.refresh(investor.clients)
    return changed("acknowledgement", investor.investor, command.digest, None)
