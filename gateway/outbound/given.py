"""What the faucet has given today, to whom: built from commands and their events alone, so that a replay knows it too."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from engine.vocabulary.days import moscow_day
from engine.vocabulary.messages.commands import Command, Deposit
from engine.vocabulary.messages.events import Event, FundsMoved

FAUCET: Final = "faucet"
"""The reason of its deposits, and what asks for one."""
Gift = tuple[int, str, str, int]
"""The Moscow day, an account, an asset, and how much in its minor units."""


class Given:
    """By account and asset, of one Moscow day."""

    def __init__(self) -> None:
        self._day = 0
        self._given: Final[dict[tuple[str, str], int]] = {}
        self._asked: Final[dict[tuple[str, str], int]] = {}
        """What waits to be given, or refused."""

    def state(self) -> list[Gift]:
        """What a snapshot keeps."""
        return [(self._day, account, asset, amount) for (account, asset), amount in sorted(self._given.items())]

    def restore(self, state: Iterable[Gift]) -> None:
        """Know, being empty, what was known."""
        for day, account, asset, amount in state:
            self._day = day
            self._given[account, asset] = amount

    def taken(self, account: str, asset: str, time_ns: int) -> int:
        """What an account has had of an asset on the Moscow day of a time, and what it has asked for; in minor units."""
        key = (account, asset)
        given = self._given.get(key, 0) if moscow_day(time_ns) <= self._day else 0
        return given + self._asked.get(key, 0)

    def ask(self, account: str, asset: str, amount: int) -> None:
        """Note what is asked for, until `follow` is told what came of it."""
        key = (account, asset)
        self._asked[key] = self._asked.get(key, 0) + amount

    def follow(self, time_ns: int, command: Command, events: Iterable[Event]) -> None:
        """Take in a command, and what it did."""
        if type(command) is not Deposit or command.reason != FAUCET:
            return
        key = (command.account, command.asset)
        waiting = self._asked.pop(key, 0) - command.amount
        if waiting > 0:
            self._asked[key] = waiting
        for event in events:
            if type(event) is FundsMoved and event.account == command.account and event.reason == FAUCET:
                day = moscow_day(time_ns)
                if day > self._day:
                    self._day = day
                    self._given.clear()
                self._given[key] = self._given.get(key, 0) + event.amount
