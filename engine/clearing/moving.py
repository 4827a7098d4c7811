"""What moves an asset to another account or out of the venue, once it has been checked and taken from its account."""

from __future__ import annotations

from engine.book.assets import Asset
from engine.book.entities import Account
from engine.book.movement import Movement
from engine.money import reservations
from engine.state.state import State, next_report
from engine.trading.entry import kill_problem
from engine.vocabulary.codes import KILL_SWITCH, SCOPE_INVESTOR, SCOPES
from engine.vocabulary.messages.events import AssetIssued, FundsMoved, Transferred
from engine.vocabulary.problem import Problem
from engine.vocabulary.said import said


def party_problem(state: State, account: Account, to_account: str) -> Problem | None:
    """Whether a kill switch stops the sender, or the investor who is to receive (empty: nobody here)."""
    problem = kill_problem(state, account, "")
    if problem is not None or not to_account:
        return problem
    # Its participant does nothing here, and may be stopped.
    investor = state.accounts[to_account].investor
    if f"{SCOPES[SCOPE_INVESTOR]}:{investor}" in state.killed:
        return Problem(KILL_SWITCH, said("kill_switch.on", SCOPES[SCOPE_INVESTOR], investor))
    return None


def transfer_over(state: State, account: Account, movement: Movement) -> None:
    """Give to the receiver what a transfer has taken from its account. Emits Transferred."""
    receiver, asset = state.accounts[movement.to_account], movement.asset
    received = receiver.balance(asset)
    reservations.credit(received, movement.amount)
    state.emit(
        Transferred(
            movement.movement,
            account.account,
            next_report(account),
            receiver.account,
            next_report(receiver),
            movement.client_order_id,
            asset.asset,
            movement.amount,
            movement.purpose,
            movement.contract_reference,
            account.available(asset),
            received.available,
        ),
    )


def pay_out(state: State, account: Account, movement: Movement) -> None:
    """Let leave the venue what a withdrawal has taken from its account. Emits FundsMoved.

    One by the operator that did not have to wait is no movement to anybody: its event names none.
    """
    asset = movement.asset
    balance = account.balance(asset)
    asset.supply -= movement.amount
    is_known = movement.is_named or movement.has_ended
    state.emit(
        FundsMoved(
            account.account,
            next_report(account),
            asset.asset,
            -movement.amount,
            balance.available,
            balance.reserved,
            movement.reason,
            movement.movement if is_known else 0,
            movement.client_order_id,
            movement.destination,
        )
    )


def take_back(state: State, account: Account, asset: Asset, amount: int) -> None:
    """Book units that were issued here and have been taken from an account. Emits AssetIssued."""
    asset.supply -= amount
    book_issued(state, account, asset, -amount)


def book_issued(state: State, account: Account, asset: Asset, amount: int) -> None:
    """Note what is issued (positive) or redeemed, its balance booked before. Emits AssetIssued."""
    asset.outstanding += amount
    balance = account.balance(asset)
    state.emit(
        AssetIssued(
            account.account,
            next_report(account),
            asset.asset,
            asset.issuer,
            amount,
            asset.outstanding,
            balance.available,
            balance.reserved,
        ),
    )
