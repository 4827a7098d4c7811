"""Answers about papers: the text of the risk warning, and contracts of foreign trade."""

from __future__ import annotations

from typing import Final

from compliance import ComplianceHook, Contract
from engine.exchange import Exchange
from engine.vocabulary.decimals import decimal
from engine.vocabulary.limits import BYTES_PER_STEP, MAX_LISTED_CONTRACTS, ROW_STEPS
from gateway.protocol.messages import ContractInfo, Contracts, ContractsReply, Message, RiskWarning, RiskWarningReply

Papers = RiskWarning | Contracts

_DIGEST_BYTES: Final = 67
"""Of one in a list, with its quotes and comma."""


def papers(exchange: Exchange, query: Papers) -> tuple[Message, int]:
    """Answer a question about papers of the investor of an account; and the steps that it took."""
    hook = exchange.hook
    if isinstance(query, RiskWarning):
        reply = RiskWarningReply(id=query.id, account=query.account)
        return reply, _warning(hook, query, reply) if isinstance(hook, ComplianceHook) else 0
    if not isinstance(hook, ComplianceHook):
        return ContractsReply(id=query.id, account=query.account, contracts=[]), 0
    contracts = hook.intake.registry.clients[query.account].investor.contracts
    listed = [_info(each) for each in contracts[query.after : query.after + MAX_LISTED_CONTRACTS]]
    more = len(contracts) > query.after + MAX_LISTED_CONTRACTS
    return ContractsReply(id=query.id, account=query.account, contracts=listed, more=more), len(listed) * ROW_STEPS


def _warning(hook: ComplianceHook, query: RiskWarning, reply: RiskWarningReply) -> int:
    """Fill in what is known of the warning; the steps."""
    intake = hook.intake
    registry, rule = intake.registry, None if intake.table is None else intake.table.warning
    if rule is not None:
        reply.in_force = rule.digest
    asked = query.digest or reply.in_force
    if asked is not None and asked in registry.texts:
        reply.digest, reply.text = asked, registry.texts[asked]
    reply.known = list(registry.texts)
    reply.acknowledged = list(registry.clients[query.account].investor.acknowledged)
    text_bytes = 4 * len(reply.text or "")
    return (text_bytes + (len(reply.known) + len(reply.acknowledged)) * _DIGEST_BYTES) // BYTES_PER_STEP


def _info(contract: Contract) -> ContractInfo:
    scale = contract.asset.scale
    return ContractInfo(
        contract=contract.contract,
        payer=contract.payer.investor,
        payee=contract.payee.investor,
        asset=contract.asset.asset,
        amount=decimal(contract.amount, scale),
        paid=decimal(contract.paid, scale),
        left=decimal(contract.left, scale),
        concluded=contract.concluded,
        subject=contract.subject,
    )
