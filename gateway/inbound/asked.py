"""What waits of a session: sound commands, questions, and the answer that is begun."""

from __future__ import annotations

from collections.abc import Generator
from typing import Final

from engine.vocabulary.messages.commands import AnyCommand
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

Pending = tuple[int, AnyCommand, int]
"""A sound command that waits for the sequencer: the id of its request, itself, and when it came."""
Asked = tuple[Query, int, int]
"""A question: itself, how many commands of its connection are to be taken before it, and when it came."""
Answer = Generator[int, None, int]
"""An answer in pieces. Each puts some of it into the outbox and yields the steps that it took; the last returns them."""

PARKED: Final = -1
"""What an answer yields that waits for other answers: it is gone on with when its session is submitted again."""
