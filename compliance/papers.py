"""Papers into records: contracts of foreign trade (SET-1), texts of the risk warning and their acknowledgements (RISK-1)."""

from __future__ import annotations

from compliance.intake import Intake, forget_texts, forgettable_texts
from compliance.outcomes import changed, refused
from compliance.registry.calendar import iso_date, parse_iso_date
from compliance.registry.records import Contract, Investor
from compliance.rulebook.rulebook import Rulebook
from compliance.rules.risk_1 import digest_of, warning_texts
from engine.state.hook import Outcome
from engine.state.listing import name_problem
from engine.vocabulary.codes import SECURITY
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
from engine.vocabulary.said import NOTHING_SAID, Said, said


def register_contract(intake: Intake, command: RegisterContract, time_ns: int) -> Outcome:
    """Take note of a contract, or of what an amendment makes of it."""
    problem = _wording_problem(command, time_ns)
    if problem is not None:
        return refused(problem)
    registry = intake.registry
    payer, payee = registry.investors.get(command.payer), registry.investors.get(command.payee)
    asset = registry.assets.get(command.asset)
    for name, party in ((command.payer, payer), (command.payee, payee)):
        if party is None:
            return refused(said("investor.unregistered", name))
    if asset is None:
        return refused(said("asset.unknown", command.asset))
    if asset.kind == SECURITY:
        return refused(said("contract.currency", command.asset))
    assert payer is not None and payee is not None
    contract = registry.contracts.get(command.contract)
    if contract is None:
        contract = Contract(command.contract, payer, payee, asset)
        problem = _room_problem(intake, contract)
    else:
        problem = _amendment_problem(contract, command)
    problem = problem or _party_problem(intake, payer, payee)
    if problem is not None:
        return refused(problem)
    if contract.contract not in registry.contracts:
        registry.add_contract(contract)
    contract.amount = command.amount
    contract.concluded = command.concluded
    contract.subject = command.subject
    contract.reason = command.reason
    contract.by = command.by
    amount = decimal(command.amount, asset.scale)
    day, subject = command.concluded, command.subject
    how = said("contract.terms", payer.investor, payee.investor, amount, asset.asset, day, subject)
    return changed("contract", contract.contract, how, None)


def _wording_problem(command: RegisterContract, time_ns: int) -> Said | None:
    """What is wrong with a contract whoever its parties are; None: nothing."""
    unnamed = name_problem("contract", command.contract)
    if unnamed is not None:
        return unnamed.said
    # A transfer's reference is read without the spaces around it.
    if command.contract != command.contract.strip():
        return said("contract.spaces")
    if command.payer == command.payee:
        return said("contract.parties")
    if not 0 < command.amount <= MAX_SUPPLY:
        return said("contract.amount", MAX_SUPPLY)
    day, today = parse_iso_date(command.concluded), moscow_day(time_ns)
    if day is None or day > today:
        return said("contract.concluded", iso_date(today))
    if not command.subject.strip() or len(command.subject) > MAX_TEXT_CHARS:
        return said("contract.subject", MAX_TEXT_CHARS)
    return None


def _amendment_problem(contract: Contract, command: RegisterContract) -> Said | None:
    """Why a contract can't be amended so; None: it can."""
    payer, payee, asset = contract.payer.investor, contract.payee.investor, contract.asset
    if (payer, payee, asset.asset) != (command.payer, command.payee, command.asset):
        return said("contract.stays", contract.contract, payer, payee, asset.asset)
    if command.amount < contract.paid:
        return said("contract.paid", decimal(contract.paid, asset.scale), asset.asset, contract.contract)
    return None


def _room_problem(intake: Intake, contract: Contract) -> Said | None:
    """Why no further contract can be registered; None: it can."""
    if len(intake.registry.contracts) >= MAX_CONTRACTS:
        return said("contract.most", MAX_CONTRACTS)
    for party in (contract.payer, contract.payee):
        if len(party.contracts) >= MAX_CONTRACTS_PER_INVESTOR:
            return said("contract.most_of", party.investor, MAX_CONTRACTS_PER_INVESTOR)
    return None


def _party_problem(intake: Intake, payer: Investor, payee: Investor) -> Said | None:
    """Why the rule in force lets these two settle no contract; None: it does, or there is none."""
    rule = None if intake.table is None else intake.table.transfers.foreign_trade
    problems = [] if rule is None else rule.party_problems(payer, payee)
    return said("SET-1.record", said("list.reasons", *problems)) if problems else None


def publish_warning(intake: Intake, command: PublishWarning, time_ns: int) -> Outcome:
    """Make a text of the warning known; if there is no room, the oldest that nobody needs is forgotten."""
    text = command.text
    if not text.strip() or len(text) > MAX_RULE_TEXT_CHARS:
        return refused(said("warning.text", MAX_RULE_TEXT_CHARS))
    digest, known = digest_of(text), intake.registry.texts
    if digest in known:
        return refused(said("warning.known", digest))
    rulebook = None if intake.table is None else intake.table.rulebook
    forget_texts(intake.registry, rulebook, len(known) + 1 - MAX_KNOWN_TEXTS)
    if len(known) >= MAX_KNOWN_TEXTS:
        return refused(said("warning.most", MAX_KNOWN_TEXTS))
    known[digest] = text
    return changed("warning", digest, NOTHING_SAID, None)


def texts_problem(intake: Intake, rulebook: Rulebook) -> Said | None:
    """Why the texts of a rulebook can't all be kept beside those that somebody acknowledged; None: they can."""
    known = dict(intake.registry.texts)
    for text in warning_texts(rulebook):
        known[digest_of(text)] = text
    excess = len(known) - MAX_KNOWN_TEXTS
    if excess <= 0 or excess <= len(forgettable_texts(intake.registry, rulebook)):
        return None
    return said("warning.most", MAX_KNOWN_TEXTS)


def record_acknowledgement(intake: Intake, command: RecordAcknowledgement, time_ns: int) -> Outcome:
    """Take note that an investor acknowledged a text that the venue knows."""
    investor = intake.registry.investors.get(command.investor)
    if investor is None:
        return refused(said("investor.unregistered", command.investor))
    if not command.digest:
        return refused(said("acknowledgement.no_digest"))
    if command.digest not in intake.registry.texts:
        return refused(said("acknowledgement.no_text"))
    # An acknowledgement can't be taken back, so nothing that rests can become forbidden by one.
    investor.acknowledged[command.digest] = True
    intake.refresh(investor.clients)
    return changed("acknowledgement", investor.investor, said("acknowledgement.of", command.digest), None)
