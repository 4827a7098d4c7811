"""What is asked about who one is, what may be asked, and what holds. `gateway.protocol.messages` exports these requests with all others."""

from __future__ import annotations

from gateway.protocol.request import Name, Request, Seq


class Time(Request, tag="time", frozen=True):
    """Say what time it is at the venue. Needs no login."""


class Assets(Request, tag="assets", frozen=True):
    """List the assets in the order in which they came, up to 200 of them, leaving out the first `after`. Needs no login."""

    after: Seq = 0


class Fees(Request, tag="fees", frozen=True):
    """Say what an account pays for a trade in each instrument, up to 200 of them, leaving out the first `after`, and what it paid today."""

    account: Name
    after: Seq = 0


class Limits(Request, tag="limits", frozen=True):
    """Say what one may still ask and do: rates, connections, limits of the participant, and of its accounts, up to 100, leaving out the first `after`.

    Supervisors and operators name an `account`: then it is about that and its participant.
    """

    account: Name | None = None
    after: Seq = 0


class Me(Request, tag="me", frozen=True):
    """Say who is logged in, and what is on record of its accounts: up to 100, leaving out the first `after`.

    With `account` it is that one alone. Supervisors and operators may name any.
    """

    account: Name | None = None
    after: Seq = 0
