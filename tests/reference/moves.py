"""Transfers and withdrawals: asked for, carried out at once or when they have waited, given up."""

from __future__ import annotations

from engine.vocabulary import codes
from engine.vocabulary.limits import MAX_TEXT_CHARS
from engine.vocabulary.messages import commands, events
from tests.reference.rules import Rules
from tests.reference.waiting import RefMovement

Request = commands.Transfer | commands.RequestWithdrawal


class Moves(Rules):
    """What leaves an account otherwise than by trading."""

    def ask_to_move(self, command: Request) -> None:
        if not self.operates(command.account, command.participant):
            self.refuse(command.account, 0, command.client_order_id, codes.PERMISSION)
            return
        account = self.accounts[command.account]
        earlier = account.by_client_id.get(command.client_order_id)
        if earlier is not None and earlier.request == command:
            assert isinstance(earlier, RefMovement)
            status = events.TransferStatus(
                command.account, command.client_order_id, earlier.id, earlier.code, earlier.status
            )
            self.emit(status)
            return
        if earlier is not None:
            self.refuse(command.account, 0, command.client_order_id, codes.DUPLICATE_ID)
            return
        code, wait = self.move_problem(command), (0, False)
        if not code:
            wait = self.waits(command, self.now)
            if any(wait) and not self.may_wait(command.account):
                code = codes.ORDER_LIMITS
        if not code and any(wait):
            self.begin_wait(command, wait)
            if isinstance(command, commands.Transfer):
                status = events.TransferStatus(
                    command.account, command.client_order_id, self.seq, codes.OK, codes.MOVEMENT_WAITS
                )
                self.emit(status)
            return
        movement = RefMovement(self.seq, command, code)
        if self.day_has_room(account, reduces=False):
            account.by_client_id[command.client_order_id] = movement
        if code:
            self.refuse(command.account, 0, command.client_order_id, code)
            return
        self.credit(command.account, command.asset, -command.amount)
        self.move(movement)

    def move_problem(self, command: Request) -> int:
        """The first test that fails."""
        if command.asset not in self.assets:
            return codes.INVALID
        if isinstance(command, commands.Transfer):
            code = self.receiver_problem(command)
            if code:
                return code
        elif not 0 < len(command.destination.strip()) <= MAX_TEXT_CHARS:
            return codes.INVALID
        if self.party_stopped(command):
            return codes.KILL_SWITCH
        if not self.day_has_room(self.accounts[command.account], reduces=False):
            return codes.ORDER_LIMITS
        if command.amount <= 0:
            return codes.SIZE
        return codes.FUNDS if self.available(command.account, command.asset) < command.amount else codes.OK

    def receiver_problem(self, command: commands.Transfer) -> int:
        if command.to_account not in self.accounts:
            return codes.UNKNOWN_ACCOUNT
        mine, theirs = (self.accounts[name].investor for name in (command.account, command.to_account))
        is_known = 0 <= command.purpose < len(codes.PURPOSES)
        is_own = command.purpose != codes.OWN_ACCOUNT or mine == theirs
        return codes.OK if command.to_account != command.account and is_known and is_own else codes.INVALID

    def party_stopped(self, command: Request) -> bool:
        """Whether a kill switch stops the sender, or the investor who is to receive."""
        if self.killed(command.account, ""):
            return True
        if isinstance(command, commands.RequestWithdrawal):
            return False
        return (codes.SCOPE_INVESTOR, self.accounts[command.to_account].investor) in self.kills

    def move(self, movement: RefMovement) -> None:
        """Give what has been taken from an account to where it goes."""
        asked = movement.request
        if isinstance(asked, commands.Transfer):
            self.credit(asked.to_account, asked.asset, asked.amount)
            self.take_up()
            self.emit(
                events.Transferred(
                    movement.id,
                    asked.account,
                    self.report(asked.account),
                    asked.to_account,
                    self.report(asked.to_account),
                    asked.client_order_id,
                    asked.asset,
                    asked.amount,
                    asked.purpose,
                    asked.contract_reference,
                    self.available(asked.account, asked.asset),
                    self.available(asked.to_account, asked.asset),
                )
            )
            return
        self.supply[asked.asset] -= asked.amount
        self.emit(
            events.FundsMoved(
                asked.account,
                self.report(asked.account),
                asked.asset,
                -asked.amount,
                self.available(asked.account, asked.asset),
                self.reserved(asked.account, asked.asset),
                getattr(asked, "reason", ""),
                movement.id,
                movement.name,
                getattr(asked, "destination", ""),
            )
        )

    # ── what has waited ────────────────────────────────────────────────────────────────────────────────────────────

    def run_movements(self) -> None:
        """Those that have waited long enough."""
        for movement in [each for each in self.movements.values() if 0 < each.until <= self.now]:
            movement.until = 0
            if movement.word and not movement.worded:
                continue
            if not movement.worded and self.waits(movement.request, self.now)[1]:
                movement.word = True
                self.tell_wait(movement)
            else:
                self.carry_out_movement(movement)
                self.complete()

    def carry_out_movement(self, movement: RefMovement, by: str = "", reason: str = "") -> None:
        asked = movement.request
        if isinstance(asked, commands.Transfer | commands.RequestWithdrawal) and self.party_stopped(asked):
            self.end_wait(movement, codes.MOVEMENT_FAILED, by, reason)
            return
        self.end_wait(movement, codes.CARRIED_OUT, by, reason)
        self.move(movement)

    def release_movement(self, command: commands.ReleaseMovement) -> None:
        movement = self.movements.get(command.movement)
        if movement is None or movement.worded:
            self.refuse_command(codes.INVALID)
            return
        if not (movement.word or self.waits(movement.request, self.now)[1]):
            self.refuse_command(codes.INVALID)
            return
        movement.word = movement.worded = True
        if movement.until:
            self.tell_wait(movement)
        else:
            self.carry_out_movement(movement, command.by, command.reason)

    def refuse_movement(self, command: commands.RefuseMovement) -> None:
        movement = self.movements.get(command.movement)
        if movement is None:
            self.refuse_command(codes.INVALID)
        else:
            self.end_wait(movement, codes.MOVEMENT_REFUSED, command.by, command.reason)

    def cancel_withdrawal(self, command: commands.CancelWithdrawal) -> None:
        if not self.operates(command.account, command.participant):
            self.refuse(command.account, 0, "", codes.PERMISSION)
            return
        movement = self.movements.get(command.movement)
        if movement is None or movement.request.account != command.account:
            self.refuse(command.account, 0, "", codes.INVALID)
        else:
            self.end_wait(movement, codes.MOVEMENT_CANCELLED)
