"""Answers about papers: the text of the risk warning, and contracts of foreign trade. `gateway.protocol.messages` exports these too."""

from __future__ import annotations

import msgspec

from gateway.protocol.private_messages import Message


class RiskWarningReply(Message, tag="risk_warning"):
    """A text of the risk warning and its digest, by which it is acknowledged (RISK-1)."""

    id: int
    account: str
    text: str | None = None
    """The text that was asked for, else the one in force; left out if there is none."""
    digest: str | None = None
    """Its SHA-256 in UTF-8, in hexadecimal."""
    in_force: str | None = None
    """The digest of the text that must be acknowledged before a purchase; left out where no rule asks for one."""
    known: list[str] = []
    """Digests of all texts that can be acknowledged."""
    acknowledged: list[str] = []
    """Digests of those that the account's investor has acknowledged."""


class ContractInfo(msgspec.Struct, kw_only=True, gc=False):
    """One contract of foreign trade. Amounts are in its currency, the asset."""

    contract: str
    payer: str
    payee: str
    asset: str
    amount: str
    paid: str
    """Less what was refunded: no more can be refunded."""
    left: str
    """No more can be paid."""
    concluded: str
    subject: str


class ContractsReply(Message, tag="contracts"):
    """The contracts of an account's investor, in order of registration."""

    id: int
    account: str
    contracts: list[ContractInfo]
    more: bool = False
    """There are more after the last of these."""
