"""What is done to holdings from outside the market: issuance and redemption of domestic assets, freezes.

Specified in docs/CLEARING.md. Issuer and venue act by commands of the operator or supervisor; an issuer who is named in
one must be the asset's own. Checked in this order: the asset, the issuer, the account, what the command is about, compliance.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.book.assets import Asset
from engine.book.entities import Account, Balance
from engine.book.movement import Movement
from engine.clearing.movements import ending_newest, hold, room_problem
from engine.clearing.moving import book_issued, take_back
from engine.money import reservations
from engine.money.arrests import share_out
from engine.money.reservations import paying_asset
from engine.state.listing import ISSUED_KINDS
from engine.state.state import State, next_report
from engine.trading.asking import only_available
from engine.trading.consulting import ask
from engine.trading.ending import by_entry, cancel
from engine.vocabulary.codes import BY_RULE, FIAT, FUNDS, PERMISSION
from engine.vocabulary.decimals import decimal
from engine.vocabulary.limits import MAX_SUPPLY
from engine.vocabulary.messages.commands import FreezeAsset, IssueAsset, RedeemAsset
from engine.vocabulary.messages.events import HoldingFrozen
from engine.vocabulary.problem import Problem, invalid, unknown_account
from engine.vocabulary.rounding import PPM, round_up
from engine.vocabulary.said import said


def issue(state: State, command: IssueAsset) -> Problem | None:
    """Create units of an asset on an account. Emits AssetIssued."""
    asset, account = state.assets.get(command.asset), state.accounts.get(command.account)
    problem = _parties_problem(asset, command.asset, command.issuer, account, command.account)
    if problem is not None:
        return problem
    assert asset is not None and account is not None
    problem = _amount_problem(asset, command.amount)
    if problem is not None:
        return problem
    if asset.issue_limit and asset.outstanding + command.amount > asset.issue_limit:
        limit, outstanding = decimal(asset.issue_limit, asset.scale), decimal(asset.outstanding, asset.scale)
        return Problem(FUNDS, said("issue.limit", limit, asset.asset, outstanding))
    if asset.supply + command.amount > MAX_SUPPLY:
        return Problem(FUNDS, said("supply.most", decimal(MAX_SUPPLY, asset.scale), asset.asset))
    outcome = ask(state, command)
    if outcome.problem is not None:
        return outcome.problem
    reservations.move(account, asset, command.amount)
    book_issued(state, account, asset, command.amount)
    return None


def redeem(state: State, command: RedeemAsset) -> Problem | None:
    """Take issued units back, out of what is available. Emits AssetIssued with a negative amount, or MovementHeld."""
    asset, account = state.assets.get(command.asset), state.accounts.get(command.account)
    problem = _parties_problem(asset, command.asset, command.issuer, account, command.account)
    if problem is not None:
        return problem
    assert asset is not None and account is not None
    problem = _amount_problem(asset, command.amount)
    if problem is not None:
        return problem
    if command.amount > asset.outstanding:
        return Problem(FUNDS, said("redeem.outstanding", decimal(asset.outstanding, asset.scale), asset.asset))
    if command.amount > account.available(asset):
        return only_available(account, asset)
    outcome = ask(state, command)
    if outcome.problem is not None:
        return outcome.problem
    wait = state.hook.wait(command, state.time_ns)
    if wait is None:
        account.balance(asset).available -= command.amount
        take_back(state, account, asset, command.amount)
        return None
    problem = room_problem(state, account)
    if problem is None:
        hold(state, account, Movement(state.seq, command, asset), wait)
    return problem


def _parties_problem(
    asset: Asset | None, asset_name: str, issuer: str, account: Account | None, account_name: str
) -> Problem | None:
    """Check that asset and account exist, and that an issuer who asks is the asset's."""
    if asset is None:
        return invalid(said("asset.unknown", asset_name))
    if issuer and issuer != asset.issuer:
        return Problem(PERMISSION, said("issuer.other", issuer, asset_name))
    if account is None:
        return unknown_account(account_name)
    return None


def _amount_problem(asset: Asset, amount: int) -> Problem | None:
    if asset.kind not in ISSUED_KINDS:
        return invalid(said("issue.kind", asset.asset))
    return invalid(said("amount.positive")) if amount <= 0 else None


def freeze(state: State, command: FreezeAsset) -> Problem | None:
    """Set the frozen share of an asset's holdings. Emits, for each account in order of opening, cancels and HoldingFrozen."""
    asset = state.assets.get(command.asset)
    if asset is None:
        return invalid(said("asset.unknown", command.asset))
    if command.issuer and command.issuer != asset.issuer:
        return Problem(PERMISSION, said("issuer.other", command.issuer, command.asset))
    if command.account and command.account not in state.accounts:
        return unknown_account(command.account)
    if asset.kind == FIAT:
        return invalid(said("freeze.nobody", command.asset))
    if not 0 <= command.share_ppm <= PPM:
        return invalid(said("freeze.share", PPM))
    outcome = ask(state, command)
    if outcome.problem is not None:
        return outcome.problem
    holders = [state.accounts[command.account]] if command.account else state.account_list
    state.begin(_freezing(state, asset, holders, command, outcome.rule))
    return None


def _freezing(state: State, asset: Asset, holders: list[Account], command: FreezeAsset, rule: str) -> Iterator[None]:
    """Freeze a share of what each holder has: a work of a step for each account, and each order that is cancelled for it."""
    for account in holders:
        if asset.number in account.balances:
            for _ in _making_available(state, account, asset, command, rule):
                yield
            _freeze_holding(state, account, asset, command)
        yield


def _wanted(balance: Balance, share_ppm: int) -> int:
    """How much of what is held a share is, rounded up."""
    return round_up(balance.owned * share_ppm)


def _freezable(balance: Balance) -> int:
    """How much of what is held can be frozen: what is arrested as well, and is frozen once no paper claims it."""
    return balance.available + balance.frozen + balance.arrested


def _making_available(state: State, account: Account, asset: Asset, command: FreezeAsset, rule: str) -> Iterator[None]:
    """End what waits to leave an account, then its orders, newest first, where too little is available to be frozen."""
    balance = account.balance(asset)
    wanted = _wanted(balance, command.share_ppm)
    if wanted <= _freezable(balance):
        return
    why = said("freeze.cancelled", decimal(wanted, asset.scale), decimal(balance.owned, asset.scale), asset.asset)
    for _ in ending_newest(state, account, asset.number, why, rule):
        yield
        if wanted <= _freezable(balance):
            return
    orders = [order for order in account.open_orders.values() if paying_asset(order) is asset]
    orders.sort(key=by_entry, reverse=True)
    for order in orders:
        if wanted <= _freezable(balance):
            return
        # Orders that reserve nothing would bring nothing; some have ended with another leg.
        if order.leaves_lots and reservations.holds_back(order):
            cancel(state, order, BY_RULE, rule, why)
        yield


def _freeze_holding(state: State, account: Account, asset: Asset, command: FreezeAsset) -> None:
    """Freeze a share of what one account holds, as far as it is available: what is reserved still covers positions."""
    balance = account.balance(asset)
    frozen, claims = min(_wanted(balance, command.share_ppm), _freezable(balance)), balance.claims
    if frozen == (balance.frozen if claims is None else claims.frozen):
        return
    if claims is None:
        reservations.credit(balance, balance.frozen - frozen)
        balance.frozen = frozen
    else:
        claims.frozen = frozen
        share_out(balance)
        reservations.credit(balance, 0)
    state.emit(
        HoldingFrozen(
            account.account,
            next_report(account),
            asset.asset,
            balance.frozen,
            balance.available,
            balance.reserved,
            command.reason,
            command.by,
        ),
    )
