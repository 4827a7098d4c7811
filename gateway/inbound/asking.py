"""Who may ask what: the questions there are, and what is said against one that is sound but not this connection's to ask."""

from __future__ import annotations

from collections.abc import Generator
from typing import Final, NamedTuple

from engine.command_row import OPERATOR, SUPERVISOR
from engine.vocabulary.access import COMMANDING, DROP_COPY, READ
from engine.vocabulary.messages.commands import RegisterKey, RevokeKey
from engine.vocabulary.names import command_name
from gateway.inbound.history.orders import day_bounds
from gateway.inbound.subscribing import problem
from gateway.outbound.channels.drop_copy import DropCopy
from gateway.outbound.channels.registry import CHANNELS
from gateway.outbound.private_reports.reports import PrivateReports
from gateway.protocol.messages import (
    Admin,
    Assets,
    Balances,
    CandleHistory,
    Contracts,
    Fees,
    Fills,
    Instruments,
    Limits,
    Logout,
    Me,
    Movements,
    OpenOrders,
    OrderHistory,
    OrderStatus,
    Positions,
    Records,
    Resume,
    RiskWarning,
    Settlements,
    Subscribe,
    Unsubscribe,
)
from gateway.venue.venue import Participant

Query = (
    Subscribe
    | Unsubscribe
    | Instruments
    | CandleHistory
    | Resume
    | OpenOrders
    | Balances
    | Positions
    | Movements
    | RiskWarning
    | Contracts
    | Fills
    | OrderHistory
    | OrderStatus
    | Settlements
    | Fees
    | Limits
    | Me
    | Assets
    | Records
    | Logout
)
"""What is answered beside the commands: it changes nothing."""


Answer = Generator[int, None, int]
"""An answer in pieces. Each puts some of it into the outbox and yields the steps that it took; the last returns them."""
FIRST_MOMENT_NS: Final = 10**17
"""In 1973. Whatever is before and not 0 was counted in another unit, and would silently mean all there is, or nothing."""
_OF_KEYS: Final = (command_name(RegisterKey), command_name(RevokeKey))


class Objection(NamedTuple):
    """Why a question is not answered."""

    detail: str
    is_malformed: bool = False
    """Whether it says what can't be meant; else it is not this connection's to ask."""


def objection(
    query: Query, participant: Participant | None, scopes: tuple[str, ...], reports: PrivateReports
) -> Objection | None:
    """What is said against a question of a participant whose key has some scopes, or of nobody; None: it is answered.

    Whoever logs out is asked elsewhere.
    """
    if isinstance(query, Subscribe | Unsubscribe):
        if wrong := problem(query):
            return Objection(wrong, is_malformed=True)
        if not (CHANNELS[query.channel].is_public or supervises(participant)):
            return Objection(f"{query.channel} is for supervisors and operators")
        channel = CHANNELS[query.channel]
        return None if channel.is_public else lack(DROP_COPY if channel is DropCopy else READ, scopes)
    if isinstance(query, Records):
        if not supervises(participant):
            return Objection("records are for supervisors and operators")
        if query.kind == "trade" and query.name is None:
            return Objection("name: a trade is looked up by its number", is_malformed=True)
        return lack(READ, scopes)
    if isinstance(query, CandleHistory | Fills | OrderHistory | Settlements) and (wrong := _in_another_unit(query)):
        return Objection(wrong, is_malformed=True)
    if isinstance(query, Instruments | Assets | CandleHistory | Logout):
        return None
    if isinstance(query, Limits | Me) and query.account is None:
        return lack(READ, scopes) if participant is not None else Objection("")
    if not _may_read(query.account, participant, reports):
        return Objection("not an account of yours")
    if isinstance(query, OrderStatus) and (unnamed := _of_one_order(query)) is not None:
        return unnamed
    return lack(READ, scopes)


def _in_another_unit(query: CandleHistory | Fills | OrderHistory | Settlements) -> str:
    """What is wrong with a time that is not in nanoseconds; empty: nothing."""
    for field, moment in (("from_time", query.from_time), ("to_time", query.to_time)):
        if moment and moment < FIRST_MOMENT_NS:
            unit = "s" if moment < 10**11 else "ms" if moment < 10**14 else "us"
            return f"{field} looks like {unit}: times are nanoseconds since 1970"
    return ""


def _of_one_order(query: OrderStatus) -> Objection | None:
    """What is wrong with how an order is named."""
    if (query.order_id is None) == (query.client_order_id is None):
        return Objection("name the order by order_id or by client_order_id: one of the two", is_malformed=True)
    if query.trading_day is not None and query.client_order_id is None:
        return Objection("trading_day: it goes with client_order_id", is_malformed=True)
    try:
        day_bounds(query.trading_day)
    except ValueError:
        return Objection("trading_day: there is no such day", is_malformed=True)
    return None


def admin_objection(request: Admin, participant: Participant, scopes: tuple[str, ...]) -> Objection | None:
    """What is said against a command for want of the scope of its role. About keys of one's own the core decides, by the key itself."""
    is_own = request.command in _OF_KEYS and request.arguments.get("participant") == participant.participant
    return None if is_own else lack(COMMANDING[participant.role], scopes)


def lack(scope: str, scopes: tuple[str, ...]) -> Objection | None:
    """What is said where a key has not the scope that something takes."""
    if scope in scopes:
        return None
    return Objection(f"it takes the scope {scope}; the key of this connection has {', '.join(scopes)}")


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
