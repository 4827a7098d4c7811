"""Answers about what waits to leave accounts. `gateway.protocol.messages` exports these too."""

from __future__ import annotations

import msgspec

from gateway.protocol.private_messages import Message


class WaitingMovement(msgspec.Struct, kw_only=True, omit_defaults=True, gc=False):
    """One withdrawal, transfer or redemption that waits."""

    movement: int
    account: str
    kind: str
    asset: str
    amount: str
    waits_for_word: bool
    """Whether it waits for a supervisor's word (AML-2)."""
    rules: list[str]
    """By which it waits."""
    until: int | None = None
    """It waits until then; left out if it waits for no time."""
    client_order_id: str | None = None
    to_account: str | None = None
    purpose: str | None = None
    contract_reference: str = ""
    destination: str = ""


class MovementsReply(Message, tag="movements"):
    """What waits to leave an account, or all accounts, by number."""

    id: int
    movements: list[WaitingMovement]
    account: str | None = None
    more: bool = False
    """There are more after the last of these."""
