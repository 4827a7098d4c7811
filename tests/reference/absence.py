"""Who is absent: connections whose end cancels orders, and dead man's timers."""

from __future__ import annotations

from dataclasses import dataclass

from engine.vocabulary import codes
from engine.vocabulary.messages import commands, events
from tests.reference.arrests import Arrests

DAY = 86_400 * 10**9
SHORTEST = 10**8
MOST_ARMED = 128


@dataclass
class RefArmed:
    accounts: tuple[str, ...]
    grace: int
    until: int = 0


class Absence(Arrests):
    """The orders of those who are absent."""

    def __init__(self) -> None:
        super().__init__()
        self.armed: dict[tuple[str, int], RefArmed] = {}
        """By participant and connection."""
        self.first_armed: list[str] = []
        """Participants, as they first armed a connection."""
        self.dead_men: dict[str, int] = {}
        """By account: when its timer ends."""

    def deadlines(self) -> list[int]:
        graces = [each.until for each in self.armed.values() if each.until]
        return [*super().deadlines(), *graces, *self.dead_men.values()]

    def operated(self, participant: str) -> list[str]:
        return [name for name, account in self.accounts.items() if account.participant == participant]

    def arm(self, command: commands.ArmDisconnect) -> None:
        key, own = (command.participant, command.connection), self.operated(command.participant)
        mine = [each for each in self.armed if each[0] == command.participant]
        if (
            not own
            or not set(command.accounts) <= set(own)
            or not 0 <= command.grace_ns <= DAY
            or command.connection <= 0
            or key in self.armed
            or len(mine) >= MOST_ARMED
        ):
            self.refuse_command(codes.INVALID)
            return
        if command.participant not in self.first_armed:
            self.first_armed.append(command.participant)
        self.armed[key] = RefArmed(command.accounts, command.grace_ns)
        self.emit(events.ConnectionArmed(*key, command.accounts, command.grace_ns))

    def disconnect(self, command: commands.Disconnected) -> None:
        key = (command.participant, command.connection)
        armed = self.armed.get(key)
        if armed is None or armed.until:
            return
        armed.until = self.now + armed.grace
        self.emit(events.ConnectionLost(*key, armed.until))
        if not armed.grace:
            self.end_connection(key)

    def disarm(self, command: commands.DisarmDisconnect) -> None:
        if self.armed.pop((command.participant, command.connection), None) is not None:
            self.emit(events.ConnectionEnded(command.participant, command.connection, False))

    def end_connection(self, key: tuple[str, int]) -> None:
        armed = self.armed.pop(key)
        cancelled = self.cancel_all_of(list(armed.accounts) or self.operated(key[0]), codes.DISCONNECTED)
        self.emit(events.ConnectionEnded(*key, True, cancelled))

    def cancel_all_of(self, accounts: list[str], reason: int) -> int:
        """Cancel the open orders of accounts, newest first; how many, without other legs."""
        return self.end_newest_first([order for order in self.live if order.account in accounts], reason)

    def set_dead_man(self, command: commands.CancelAllAfter) -> None:
        own = self.operated(command.participant)
        if not own or (command.account and command.account not in own):
            self.emit(events.RequestRejected(command.account, 0, 0, "", codes.PERMISSION))
            return
        chosen = [command.account] if command.account else own
        if command.timeout_ns and not SHORTEST <= command.timeout_ns <= DAY:
            first = chosen[0]
            self.emit(events.RequestRejected(first, self.report(first), 0, "", codes.INVALID))
            return
        for account in chosen:
            self.dead_men.pop(account, None)
            if command.timeout_ns:
                self.dead_men[account] = self.now + command.timeout_ns
            self.emit(events.DeadManSet(account, self.report(account), self.dead_men.get(account, 0)))

    def run_absence(self) -> None:
        """By participant, as they first armed a connection; then by account."""
        for participant in self.first_armed:
            due = [key for key, each in self.armed.items() if key[0] == participant and 0 < each.until <= self.now]
            for key in due:
                self.end_connection(key)
            if due:
                self.complete()
        for account in self.accounts:
            if 0 < self.dead_men.get(account, 0) <= self.now:
                del self.dead_men[account]
                cancelled = self.cancel_all_of([account], codes.DEAD_MAN)
                self.emit(events.DeadManSet(account, self.report(account), 0, True, cancelled))
                self.complete()
