"""Who may ask what: the questions there are, and what is said against one that is sound but not this connection's to ask."""

from __future__ import annotations

from typing import NamedTuple

from engine.command_row import OPERATOR, SUPERVISOR
from gateway.inbound.subscribing import problem
from gateway.outbound.channels.registry import CHANNELS
from gateway.outbound.private_reports.reports import PrivateReports
from gateway.protocol.messages import (
    Balances,
    Contracts,
    Instruments,
    Logout,
    Movements,
    OpenOrders,
    Positions,
    Records,
    Resume,
    RiskWarning,
    Subscribe,
    Unsubscribe,
)
from gateway.venue.venue import Participant

Query = (
    Subscribe
    | Unsubscribe
    | Instruments
    | Resume
    | OpenOrders
    | Balances
    | Positions
    | Movements
    | RiskWarning
    | Contracts
    | Records
    | Logout
)
"""What is answered beside the commands: it changes nothing."""


class Objection(NamedTuple):
    """Why a question is not answered."""

    detail: str
    is_malformed: bool = False
    """Whether it says what can't be meant; else it is not this connection's to ask."""


def objection(query: Query, participant: Participant | None, reports: PrivateReports) -> Objection | None:
    """What is said against a question of a participant, or of nobody; None: it is answered. Whoever logs out is asked elsewhere."""
    if isinstance(query, Subscribe | Unsubscribe):
        if wrong := problem(query):
            return Objection(wrong, is_malformed=True)
        if not (CHANNELS[query.channel].is_public or supervises(participant)):
            return Objection(f"{query.channel} is for supervisors and operators")
        return None
    if isinstance(query, Records):
        if not supervises(participant):
            return Objection("records are for supervisors and operators")
        if query.kind == "trade" and query.name is None:
            return Objection("name: a trade is looked up by its number", is_malformed=True)
        return None
    if isinstance(query, Instruments | Logout) or _may_read(query.account, participant, reports):
        return None
    return Objection("not an account of yours")


def supervises(participant: Participant | None) -> bool:
    """Whether a participant, if anybody is logged in, may ask about everybody."""
    return participant is not None and participant.role in {SUPERVISOR, OPERATOR}


def _may_read(account: str | None, participant: Participant | None, reports: PrivateReports) -> bool:
    """Whether a participant may ask about an account, or, without one, about all."""
    if account is None:
        return supervises(participant)
    owner = reports.owners.get(account)
    if owner is None or participant is None:
        return False
    return supervises(participant) or owner == participant.participant
