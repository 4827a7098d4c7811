"""What waits to leave an account, and what becomes of it when the money is needed otherwise."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from engine.vocabulary import codes
from engine.vocabulary.limits import MAX_WAITING_MOVEMENTS, MAX_WAITING_MOVEMENTS_PER_ACCOUNT
from engine.vocabulary.messages import commands, events
from tests.reference.money import Money

Asked = commands.Transfer | commands.RequestWithdrawal | commands.Withdraw | commands.RedeemAsset
Wait = tuple[int, bool]
"""Until when, 0 for no time; and whether for a word."""


@dataclass(eq=False)
class RefMovement:
    """One of them, waiting or not: it is kept for its client order id."""

    id: int
    request: Asked
    """Its command, by the name that an order's has: a resent order is compared with it too."""
    code: int = codes.OK
    status: int = codes.CARRIED_OUT
    until: int = 0
    clock: bool = False
    word: bool = False
    worded: bool = False
    """Whether a supervisor has given the word."""

    @property
    def live(self) -> bool:
        return self.status == codes.MOVEMENT_WAITS

    @property
    def name(self) -> str:
        return getattr(self.request, "client_order_id", "")

    @property
    def kind(self) -> int:
        kinds = {commands.Transfer: codes.TRANSFER, commands.RedeemAsset: codes.REDEMPTION}
        return kinds.get(type(self.request), codes.WITHDRAWAL)

    @property
    def rules(self) -> tuple[str, ...]:
        return ("WORD",) * (self.word and not self.worded) + ("CLOCK",) * (self.until > 0)


class Waiting(Money):
    """Movements that are set aside."""

    max_waiting_per_account = MAX_WAITING_MOVEMENTS_PER_ACCOUNT
    max_waiting = MAX_WAITING_MOVEMENTS

    def __init__(self) -> None:
        super().__init__()
        self.waits: Callable[[Asked, int], Wait] = lambda command, time_ns: (0, False)
        """What the rules say of a command at a time: until when it waits, and whether for a word."""

    def may_wait(self, account: str) -> bool:
        mine = [each for each in self.movements.values() if each.request.account == account]
        return len(mine) < self.max_waiting_per_account and len(self.movements) < self.max_waiting

    def begin_wait(self, command: Asked, wait: Wait) -> None:
        until, word = wait
        movement = RefMovement(self.seq, command, codes.OK, codes.MOVEMENT_WAITS, until, until > 0, word)
        self.movements[self.seq] = movement
        if movement.name:
            self.accounts[command.account].by_client_id[movement.name] = movement
        self.tell_wait(movement)

    def tell_wait(self, movement: RefMovement) -> None:
        asked, rules = movement.request, movement.rules
        self.emit(
            events.MovementHeld(
                movement.id,
                asked.account,
                self.report(asked.account),
                movement.name,
                movement.kind,
                asked.asset,
                asked.amount,
                getattr(asked, "to_account", ""),
                getattr(asked, "purpose", -1),
                getattr(asked, "contract_reference", ""),
                getattr(asked, "destination", ""),
                movement.until,
                movement.word and not movement.worded,
                rules[0],
                rules,
                self.available(asked.account, asked.asset),
                self.set_aside(asked.account, asked.asset),
            )
        )

    def end_wait(self, movement: RefMovement, outcome: int, by: str = "", reason: str = "") -> None:
        """It waits no longer; of one that is carried out the amount is taken from the account."""
        asked = movement.request
        movement.status = outcome
        del self.movements[movement.id]
        if outcome == codes.CARRIED_OUT:
            self.credit(asked.account, asked.asset, -asked.amount)
        self.take_up()
        self.emit(
            events.MovementEnded(
                movement.id,
                asked.account,
                self.report(asked.account),
                outcome,
                asked.asset,
                asked.amount,
                by,
                reason,
                "",
                (),
                "",
                self.available(asked.account, asked.asset),
                self.set_aside(asked.account, asked.asset),
                movement.name,
            )
        )

    def newest_waiting(self, account: str, asset: str) -> list[RefMovement]:
        found = self.movements.values()
        mine = [each for each in found if (each.request.account, each.request.asset) == (account, asset)]
        return sorted(mine, key=lambda each: -each.id)
