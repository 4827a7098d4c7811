"""What waits to leave an account: a withdrawal, a transfer, a redemption."""

from __future__ import annotations

from typing import Any, Final

from mypy_extensions import mypyc_attr

from engine.book.assets import Asset
from engine.book.used_id import UsedId
from engine.vocabulary.codes import MOVEMENT_WAITS, REDEMPTION, TRANSFER, WITHDRAWAL
from engine.vocabulary.messages.commands import RedeemAsset, RequestWithdrawal, Transfer, Withdraw
from engine.vocabulary.said import Said, said


@mypyc_attr(acyclic=True)
class Movement(UsedId):
    """One of them, from when it was asked for until it is carried out or given up. Its amount is part of what the account holds.

    Its client order id stays used up for as long, as that of an open order does: sent again it is answered, on whatever day.
    """

    def __init__(
        self, movement: int, command: Transfer | RequestWithdrawal | Withdraw | RedeemAsset, asset: Asset
    ) -> None:
        self.movement: Final = movement
        """The sequence number of the command that asked."""
        asked: Any = command
        self.command: Final[Any] = asked
        """As it was sent."""
        self.account: Final[str] = asked.account
        """The account that it leaves, by name: they name each other, and what is compiled is freed by counting."""
        self.asset: Final = asset
        self.amount: Final[int] = asked.amount
        self.kind: int = WITHDRAWAL
        self.client_order_id: str = ""
        self.is_named: bool = False
        """Whether a client order id is used up for it."""
        self.to_account: str = ""
        self.purpose: int = -1
        self.contract_reference: str = ""
        self.destination: str = ""
        self.reason: str = ""
        """Of a withdrawal by the operator."""
        if isinstance(asked, Transfer):
            self.kind = TRANSFER
            self.client_order_id, self.is_named = asked.client_order_id, True
            self.to_account, self.purpose = asked.to_account, asked.purpose
            self.contract_reference = asked.contract_reference
        elif isinstance(asked, RequestWithdrawal):
            self.client_order_id, self.is_named = asked.client_order_id, True
            self.destination = asked.destination
        elif isinstance(asked, RedeemAsset):
            self.kind = REDEMPTION
        else:
            self.reason = asked.reason
        self.until_ns: int = 0
        """When it has waited long enough, nanoseconds since the epoch, UTC; 0: it has, or need not."""
        self.clock_rule: str = ""
        """By which it waits until then."""
        self.word_rule: str = ""
        """By which it waits for a supervisor's word; empty: by none."""
        self.has_word: bool = False
        """Whether a supervisor has given it."""
        self.status: int = MOVEMENT_WAITS

    @property
    def has_ended(self) -> bool:
        """Whether it waits no longer."""
        return self.status != MOVEMENT_WAITS

    @property
    def waits_for_word(self) -> bool:
        """Whether it waits for a supervisor's word."""
        return bool(self.word_rule) and not self.has_word

    @property
    def rules(self) -> tuple[str, ...]:
        """By which it waits now."""
        found: list[str] = []
        if self.waits_for_word:
            found.append(self.word_rule)
        if self.until_ns:
            found.append(self.clock_rule)
        return tuple(found)

    @property
    def used_for(self) -> Said:
        """Which one."""
        return said("used.transfer", self.movement) if self.kind == TRANSFER else said("used.withdrawal", self.movement)
