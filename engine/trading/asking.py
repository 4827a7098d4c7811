"""Who asks for something, of which order, and how what is asked for is refused."""

from __future__ import annotations

from engine.book.assets import Asset
from engine.book.entities import Account, Balance, Order
from engine.money.reservations import paying_asset
from engine.state.state import State, next_report
from engine.vocabulary.codes import FUNDS, PERMISSION, UNKNOWN_ORDER
from engine.vocabulary.decimals import decimal
from engine.vocabulary.messages.events import RequestRejected
from engine.vocabulary.problem import Problem
from engine.vocabulary.said import Said, said


def find_open(account: Account, order_id: int, client_order_id: str) -> Order | None:
    """The account's open order of this id, or, if the id is 0, of this client order id."""
    if order_id:
        return account.open_orders.get(order_id)
    return account.order(client_order_id)


def own_account(state: State, participant: str, name: str) -> Account | None:
    """The account, if this participant operates it."""
    account = state.accounts.get(name)
    return account if account is not None and account.participant == participant else None


def unknown_order() -> Problem:
    """The problem of a request for an order that is not open."""
    return Problem(UNKNOWN_ORDER, said("order.unknown"))


def refuse(state: State, account: Account, order_id: int, client_order_id: str, problem: Problem) -> None:
    """Report a request that did nothing."""
    state.emit(
        RequestRejected(
            account.account,
            next_report(account),
            order_id,
            client_order_id,
            problem.code,
            "",
            problem.rule,
            "",
            problem.rules,
            problem.said.template,
            problem.said.values,
        ),
    )


def refuse_stranger(state: State, participant: str, account: str, order_id: int, client_order_id: str) -> None:
    """Refuse a request for an account that is not the sender's: nobody but the sender learns of it."""
    why = said("participant.not_operator", participant, account)
    event = RequestRejected(account, 0, order_id, client_order_id, PERMISSION, template=why.template, values=why.values)
    state.emit(event)


def funds_problem(order: Order, wanted: int) -> Problem:
    """What an order needed more and what there is."""
    return lacks(order.account, paying_asset(order), wanted)


def lacks(account: Account, asset: Asset, wanted: int) -> Problem:
    """The problem of an account that has less of an asset than is wanted, in minor units; what is arrested or frozen of it is named."""
    found = account.balances.get(asset.number)
    needs, there = decimal(wanted, asset.scale), decimal(account.available(asset), asset.scale)
    if found is not None and found.arrested:
        return Problem(FUNDS, said("funds.arrested", needs, asset.asset, there, _arrested(found, asset)))
    if found is not None and found.frozen:
        return Problem(FUNDS, said("funds.frozen", needs, asset.asset, there, decimal(found.frozen, asset.scale)))
    if found is not None and found.held:
        return Problem(FUNDS, said("funds.held", needs, asset.asset, there, decimal(found.held, asset.scale)))
    return Problem(FUNDS, said("funds.needs", needs, asset.asset, there))


def only_available(account: Account, asset: Asset) -> Problem:
    """The problem of an account from which more is to be taken than is available; what is arrested is named."""
    found = account.balances.get(asset.number)
    there = decimal(account.available(asset), asset.scale)
    if found is not None and found.arrested:
        return Problem(FUNDS, said("funds.available_arrested", there, asset.asset, _arrested(found, asset)))
    return Problem(FUNDS, said("funds.available", there, asset.asset))


def _arrested(balance: Balance, asset: Asset) -> Said:
    """How much is arrested by which paper: of several, the first that forbids sales, or the first."""
    claims = balance.claims
    assert claims is not None
    papers = [claim.arrest for claim in claims.claims]
    paper = papers[0]
    for each in papers:
        if not each.sales_allowed:
            paper = each
            break
    sales = said("arrest.sales") if paper.sales_allowed else said("arrest.no_sales")
    amount = decimal(balance.arrested, asset.scale)
    if len(papers) == 1:
        return said("arrest.by", amount, asset.asset, paper.arrest, paper.authority, paper.dated, sales)
    others = len(papers) - 1
    return said("arrest.by_several", amount, asset.asset, paper.arrest, paper.authority, paper.dated, sales, others)
