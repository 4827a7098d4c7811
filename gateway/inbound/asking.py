"""Questions: which there are, and whether a connection may ask one; that is found out at once, and answered later."""

from __future__ import annotations

from collections.abc import Generator
from typing import Final

from engine.command_row import OPERATOR, SUPERVISOR
from engine.vocabulary.access import COMMANDING, DROP_COPY, READ
from engine.vocabulary.messages.commands import RegisterKey, RevokeKey
from engine.vocabulary.names import command_name
from gateway.outbound.channels.drop_copy import DropCopy
from gateway.outbound.channels.registry import CHANNELS
from gateway.outbound.private_reports.reports import PrivateReports
from gateway.protocol.messages import (
    Admin,
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
from gateway.protocol.wire import Malformed
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

Answer = Generator[int, None, int]
"""An answer in pieces. Each puts some of it into the outbox and yields the steps that it took; the last returns them."""
PARKED: Final = -1
"""What an answer yields that waits for other answers: it is gone on with when its session is submitted again."""

SUPERVISING: Final = (SUPERVISOR, OPERATOR)
"""Roles that may ask about everybody."""


_OF_KEYS: Final = (command_name(RegisterKey), command_name(RevokeKey))


class Refused(Exception):
    """It may not be asked, or not by who asks; the message says why, and is empty if nobody has logged in."""


def check_question(
    request: Query, participant: Participant | None, scopes: tuple[str, ...], reports: PrivateReports
) -> None:
    """See that a question may be asked.

    Args:
        request: a sound one.
        participant: who asks; None: nobody has logged in.
        scopes: of the key that they have logged in with.
        reports: of the venue, which know whose accounts there are.

    Raises:
        Malformed: it makes no sense.
        Refused: it is not theirs to ask.
    """
    supervises = participant is not None and participant.role in SUPERVISING
    if isinstance(request, Instruments | Logout):
        return
    if isinstance(request, Subscribe | Unsubscribe):
        _check_channel(request, supervises, scopes)
        return
    if isinstance(request, Records):
        if not supervises:
            raise Refused("records are for supervisors and operators")
        if request.kind == "trade" and request.name is None:
            raise Malformed("name: a trade is looked up by its number")
    elif not (supervises if request.account is None else _may_read(request.account, participant, supervises, reports)):
        raise Refused("not an account of yours")
    check_scope(READ, scopes)


def check_admin(request: Admin, participant: Participant, scopes: tuple[str, ...]) -> None:
    """Raise `Refused` where a key has not the scope of its role's commands. About keys of one's own the core decides, by the key itself."""
    is_own = request.command in _OF_KEYS and request.arguments.get("participant") == participant.participant
    if not is_own:
        check_scope(COMMANDING[participant.role], scopes)


def check_scope(scope: str, scopes: tuple[str, ...]) -> None:
    """Raise `Refused` where a key has not the scope that something takes."""
    if scope not in scopes:
        raise Refused(f"it takes the scope {scope}; the key of this connection has {', '.join(scopes) or 'none'}")


def _check_channel(request: Subscribe | Unsubscribe, supervises: bool, scopes: tuple[str, ...]) -> None:
    channel = CHANNELS[request.channel]
    if channel.kind.has_key != (request.instrument is not None):
        raise Malformed(
            f"instrument: {channel.kind.missing if channel.kind.has_key else f'{request.channel} has none'}"
        )
    if channel.is_public:
        return
    if not supervises:
        raise Refused(f"{request.channel} is for supervisors and operators")
    check_scope(DROP_COPY if channel is DropCopy else READ, scopes)


def _may_read(account: str, participant: Participant | None, supervises: bool, reports: PrivateReports) -> bool:
    """Whether an account that there is may be read."""
    owner = reports.owners.get(account)
    return owner is not None and participant is not None and (supervises or owner == participant.participant)
