"""Arrests of holdings by a court's or an investigator's paper (ARR-1), and how they are lifted. Specified in docs/CLEARING.md.

What papers claim of a balance, and what follows from it, stands in `engine/money/arrests.py`. Checked in this order: the paper,
whose holdings, what of them, how many papers there are, compliance.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from engine.book.assets import Asset
from engine.book.claims import EVERYTHING
from engine.book.claims import Arrest as Paper
from engine.book.entities import Account, Balance, Order
from engine.clearing.movements import ending_newest
from engine.money import reservations
from engine.money.arrests import claim, share_out, unclaim
from engine.money.reservations import paying_asset
from engine.state.saying import setting_changed
from engine.state.state import State, next_report
from engine.trading.consulting import ask
from engine.trading.ending import by_entry, cancel
from engine.vocabulary.codes import BUY, BY_RULE
from engine.vocabulary.decimals import decimal
from engine.vocabulary.limits import MAX_ARRESTS, MAX_ARRESTS_PER_INVESTOR, MAX_NAME_CHARS, MAX_SUPPLY
from engine.vocabulary.messages.commands import Arrest, LiftArrest
from engine.vocabulary.messages.events import HoldingArrested
from engine.vocabulary.names import is_printable
from engine.vocabulary.problem import Problem, invalid, unknown_account
from engine.vocabulary.rounding import PPM, round_up
from engine.vocabulary.said import Said, said

_PERCENT_SCALE: Final = 4
"""Decimals of a percent in which millionths are said."""


def arrest(state: State, command: Arrest) -> Problem | None:
    """Carry out `Arrest`. Emits RulesChanged; then, for each account in order of opening and asset as added, cancels and HoldingArrested."""
    problem = _paper_problem(state, command) or _whose_problem(state, command) or _part_problem(state, command)
    if problem is not None:
        return problem
    account = state.accounts.get(command.account)
    owner = state.owners[command.investor] if account is None else account.owner
    if len(state.arrests) >= MAX_ARRESTS or len(owner.arrests) >= MAX_ARRESTS_PER_INVESTOR:
        return invalid(said("arrest.most", MAX_ARRESTS_PER_INVESTOR, MAX_ARRESTS))
    outcome = ask(state, command)
    if outcome.problem is not None:
        return outcome.problem
    paper = Paper(command.arrest, command.authority, command.dated, investor=owner.investor, account=command.account)
    paper.asset = command.asset
    paper.share_ppm = command.share_ppm
    paper.amount = command.amount
    paper.sales_allowed = command.sales_allowed
    paper.since_ns = state.time_ns
    paper.reason = command.reason
    paper.by = command.by
    state.arrests[paper.arrest] = paper
    owner.arrests.append(paper)
    state.emit(setting_changed("arrest", paper.arrest, _in_words(state, paper), paper.by, paper.reason))
    state.begin(_arresting(state, paper, list(owner.accounts) if account is None else [account], outcome.rule))
    return None


def lift(state: State, command: LiftArrest) -> Problem | None:
    """Carry out `LiftArrest`. Emits RulesChanged, then HoldingArrested for each holding of which the paper claimed something."""
    paper = state.arrests.get(command.arrest)
    if paper is None:
        return invalid(said("arrest.unknown", command.arrest))
    outcome = ask(state, command)
    if outcome.problem is not None:
        return outcome.problem
    owner = state.owners[paper.investor]
    del state.arrests[paper.arrest]
    owner.arrests.remove(paper)
    state.emit(setting_changed("arrest", paper.arrest, said("arrest.lifted"), command.by, command.reason))
    accounts = [state.accounts[paper.account]] if paper.account else list(owner.accounts)
    state.begin(_lifting(state, paper, accounts, command))
    return None


def _in_words(state: State, paper: Paper) -> Said:
    """What a paper arrests."""
    if paper.amount:
        part = said("arrest.amount", decimal(paper.amount, state.assets[paper.asset].scale))
    elif paper.share_ppm == PPM:
        part = said("arrest.whole")
    else:
        part = said("arrest.share", decimal(paper.share_ppm, _PERCENT_SCALE))
    return said(
        "arrest.set",
        part,
        paper.asset or said("arrest.all_assets"),
        said("arrest.account", paper.account) if paper.account else said("arrest.investor", paper.investor),
        paper.authority,
        paper.dated,
        said("arrest.sales") if paper.sales_allowed else said("arrest.no_sales"),
    )


def _paper_problem(state: State, command: Arrest) -> Problem | None:
    """Check what names the paper."""
    for name in (command.arrest, command.authority, command.dated):
        if not name.strip() or len(name) > MAX_NAME_CHARS or not is_printable(name):
            return invalid(said("arrest.paper", MAX_NAME_CHARS))
    return invalid(said("arrest.in_force", command.arrest)) if command.arrest in state.arrests else None


def _whose_problem(state: State, command: Arrest) -> Problem | None:
    """Check whose holdings are meant."""
    if (command.account == "") == (command.investor == ""):
        return invalid(said("arrest.whose"))
    if command.account and command.account not in state.accounts:
        return unknown_account(command.account)
    owner = state.owners.get(command.investor)
    if command.investor and (owner is None or not owner.accounts):
        return invalid(said("arrest.no_accounts", command.investor))
    return None


def _part_problem(state: State, command: Arrest) -> Problem | None:
    """Check how much of what is arrested."""
    if command.asset and command.asset not in state.assets:
        return invalid(said("asset.unknown", command.asset))
    if (
        not 0 <= command.share_ppm <= PPM
        or not 0 <= command.amount <= MAX_SUPPLY
        or (command.share_ppm == 0) == (command.amount == 0)
    ):
        return invalid(said("arrest.part", PPM))
    return invalid(said("arrest.amount_of")) if command.amount and not command.asset else None


def _arresting(state: State, paper: Paper, accounts: list[Account], rule: str) -> Iterator[None]:
    """Claim what a paper arrests: a work of a step for each account, each of its balances, and each order that is cancelled."""
    left = paper.amount
    assets = list(state.assets.values())
    named = [state.assets[paper.asset]] if paper.asset else []
    for account in accounts:
        orders = _OpenOrders(account)
        for asset in named or [assets[number] for number in sorted(account.balances)]:
            is_last = account is accounts[-1] and left > 0
            if asset.number not in account.balances and not is_last:
                # What comes to one that has none yet is claimed then, by a paper on everything.
                continue
            balance = account.balance(asset)
            if paper.amount:
                # What nobody has is claimed of what the last one gets.
                wanted = left if is_last else min(balance.owned, left)
                left -= wanted
            elif paper.share_ppm == PPM:
                wanted = EVERYTHING
            else:
                wanted = round_up(balance.owned * paper.share_ppm)
            for _ in _claiming(state, _Holding(account, asset, orders), paper, wanted, rule):
                yield
        yield


class _OpenOrders:
    """The open orders of an account by the asset that they reserve: looked at once, however many assets a paper concerns."""

    def __init__(self, account: Account) -> None:
        self._account: Final = account
        self._by_asset: dict[int, list[Order]] | None = None

    def of(self, asset: Asset) -> list[Order]:
        """Those that reserve an asset, newest first; some may have ended since. O(n log n) in those of the account, the first time."""
        found = self._by_asset
        if found is None:
            found = self._by_asset = {}
            for order in sorted(self._account.open_orders.values(), key=by_entry, reverse=True):
                found.setdefault(paying_asset(order).number, []).append(order)
        return found.get(asset.number, [])


class _Holding:
    """What an account has of an asset."""

    def __init__(self, account: Account, asset: Asset, open_orders: _OpenOrders) -> None:
        self.account: Final = account
        self.asset: Final = asset
        self.open_orders: Final = open_orders
        self.balance: Final = account.balance(asset)


def _claiming(state: State, holding: _Holding, paper: Paper, wanted: int, rule: str) -> Iterator[None]:
    """Claim so much of a holding, and end what waits to leave, then the newest orders that hold back what is claimed."""
    balance, asset = holding.balance, holding.asset
    if not wanted:
        return
    if balance.claims is None or balance.claims.of(paper) is None:
        claim(balance, paper, wanted)
    orders = holding.open_orders.of(asset)
    for_sale = sum([order.reserved for order in orders if _is_sale(order)])
    _lend(balance, for_sale)
    why = said(
        "arrest.cancelled",
        decimal(min(wanted, balance.owned), asset.scale),
        asset.asset,
        paper.arrest,
        paper.authority,
        paper.dated,
    )
    if _lacks(balance):
        for _ in ending_newest(state, holding.account, asset.number, why, rule):
            yield
            if not _lacks(balance):
                break
    for order in orders:
        if not _lacks(balance):
            break
        # Some have ended with another leg, which is of the same side.
        if order.leaves_lots and _would_help(balance, order, for_sale):
            before = _for_orders(balance)
            cancel(state, order, BY_RULE, rule, why)
            if _is_sale(order):
                for_sale -= before - _for_orders(balance)
                _lend(balance, for_sale)
        yield
    if balance.owned or wanted < EVERYTHING:
        _report(state, holding, paper, (paper.reason, paper.by))
    yield


def _for_orders(balance: Balance) -> int:
    """What orders outside of futures have reserved."""
    return balance.reserved - (0 if balance.margin is None else balance.margin.held)


def _is_sale(order: Order) -> bool:
    return order.side != BUY and order.instrument.future is None


def _lend(balance: Balance, for_sale: int) -> None:
    """Let open sales go on with what is arrested, where papers allow it and the rest does not do; then share out what there is."""
    claims = balance.claims
    assert claims is not None
    short = claims.wanted - claims.lent - (balance.available + balance.frozen + balance.arrested)
    more = min(short, claims.for_sale - claims.lent, for_sale - claims.lent)
    if more > 0:
        claims.lent += more
    share_out(balance)


def _lacks(balance: Balance) -> bool:
    """Whether papers claim more than is arrested."""
    claims = balance.claims
    assert claims is not None
    return claims.wanted - claims.lent > balance.arrested


def _would_help(balance: Balance, order: Order, for_sale: int) -> bool:
    """Whether an order's end leaves more to arrest. A sale that a paper allows only stands in the way of papers that don't."""
    claims = balance.claims
    assert claims is not None
    if not reservations.holds_back(order):
        return False
    if not _is_sale(order) or for_sale > claims.lent:
        return True
    return balance.arrested < claims.wanted - claims.for_sale


def _lifting(state: State, paper: Paper, accounts: list[Account], command: LiftArrest) -> Iterator[None]:
    """Let go of what a paper claims: a work of a step for each account, and each of its balances."""
    assets = list(state.assets.values())
    for account in accounts:
        orders = _OpenOrders(account)
        for number in sorted(account.balances):
            balance = account.balances[number]
            claims = balance.claims
            found = None if claims is None else claims.of(paper)
            if found is not None:
                unclaim(balance, found)
                reservations.credit(balance, 0)
                if balance.owned or found.amount < EVERYTHING:
                    _report(state, _Holding(account, assets[number], orders), paper, (command.reason, command.by))
            yield
        yield


def _report(state: State, holding: _Holding, paper: Paper, said_by: tuple[str, str]) -> None:
    """Tell an account what a paper claims of one of its holdings now; why, and by whom."""
    account, balance = holding.account, holding.balance
    found = None if balance.claims is None else balance.claims.of(paper)
    claimed = 0 if found is None else found.amount
    state.emit(
        HoldingArrested(
            account.account,
            next_report(account),
            holding.asset.asset,
            paper.arrest,
            paper.authority,
            paper.dated,
            -1 if claimed == EVERYTHING else claimed,
            paper.sales_allowed,
            balance.arrested,
            balance.available,
            balance.reserved,
            balance.frozen,
            *said_by,
        ),
    )
