"""Answers about who one is, what may still be asked and done, what trades cost, and which assets there are."""

from __future__ import annotations

from collections.abc import Collection, Generator, Mapping
from itertools import islice
from typing import Final, TypeVar

from compliance import CapLeft, ComplianceHook, cap_left, has_tiers, largest_order
from compliance.registry.calendar import iso_date
from compliance.registry.classes import class_name
from compliance.registry.listings import AssetRecord
from compliance.registry.records import Investor
from engine.book.assets import Asset
from engine.book.entities import Account
from engine.exchange import Exchange
from engine.trading.entry import kill_problem
from engine.vocabulary.codes import ASSET_KINDS, CUSTODIES, INVESTOR_KINDS, PRIVACY_KINDS
from engine.vocabulary.decimals import decimal
from engine.vocabulary.limits import (
    COPIED_PER_STEP,
    MAX_CONNECTIONS_PER_PARTICIPANT,
    MAX_OPEN_ORDERS_PER_ACCOUNT,
    MAX_WAITING_MOVEMENTS_PER_ACCOUNT,
    ROW_STEPS,
)
from gateway.inbound.asking import supervises
from gateway.inbound.fees import FeesPaid
from gateway.inbound.session import Session
from gateway.keys import fingerprint
from gateway.outbound.fanout import Fanout
from gateway.protocol import messages as m

T = TypeVar("T")
StandingQuery = m.Assets | m.Fees | m.Limits | m.Me
Pieces = Generator[int, None, tuple[m.Message, int]]
"""Yields the steps of each piece, and returns the answer with those of the last one."""

MAX_LISTED: Final = 200
"""Assets or instruments in one answer: 25 KB of JSON."""
MAX_LISTED_ACCOUNTS: Final = 100
"""Accounts in one answer: 30 KB of JSON, and 70 bytes more for each risk warning that was acknowledged."""
_ACCOUNT_STEPS: Final = 60
"""What is on record of one account: 30 us, most of it for the days of a cap."""
_KOPECKS: Final = 2


class Standing:
    """Answers what is asked about how somebody or something stands now."""

    def __init__(self, exchange: Exchange, fanout: Fanout) -> None:
        self._exchange: Final = exchange
        self._fanout: Final = fanout
        self._paid: Final = FeesPaid(exchange, fanout.reports)

    def answer(self, session: Session, query: StandingQuery) -> Pieces:
        """Answer a question, in pieces."""
        if isinstance(query, m.Assets):
            return self._assets(query)
        if isinstance(query, m.Fees):
            return self._fees(query)
        return self._limits(session, query) if isinstance(query, m.Limits) else self._me(session, query)

    # ── what holds for all ─────────────────────────────────────────────────────────────────────────────────────────

    def _assets(self, query: m.Assets) -> Pieces:
        assets, hook = self._exchange.assets, self._exchange.hook
        page = _page(assets.values(), query.after)
        records: Mapping[str, AssetRecord] = {}
        tiers = False
        if isinstance(hook, ComplianceHook):
            records, tiers = hook.intake.registry.assets, has_tiers(hook)
        listed = [_asset(each, records.get(each.asset), tiers=tiers) for each in page]
        more = len(assets) > query.after + len(page)
        skipped = min(query.after, len(assets)) // COPIED_PER_STEP
        yield skipped
        return m.AssetsReply(id=query.id, assets=listed, more=more), len(listed) * ROW_STEPS

    def _fees(self, query: m.Fees) -> Pieces:
        yield from self._paid.catch_up()
        exchange, account = self._exchange, self._exchange.accounts[query.account]
        page = _page(exchange.instruments.values(), query.after)
        fees = [
            m.InstrumentFees(
                instrument=each.instrument,
                maker_ppm=each.maker_fee_ppm,
                taker_ppm=each.taker_fee_ppm,
                asset=each.quote.asset,
            )
            for each in page
        ]
        paid = self._paid.of(query.account)
        reply = m.FeesReply(
            id=query.id,
            account=query.account,
            seq=account.report_seq,
            fees=fees,
            paid={asset: self._fanout.formats.amount(asset, amount) for asset, amount in paid.items()},
            trading_day=iso_date(exchange.day),
            more=len(exchange.instruments) > query.after + len(page),
        )
        return reply, len(fees) * ROW_STEPS + min(query.after, len(exchange.instruments)) // COPIED_PER_STEP

    # ── somebody ───────────────────────────────────────────────────────────────────────────────────────────────────

    def _limits(self, session: Session, query: m.Limits) -> Pieces:
        name, names, more = self._whose(session, query)
        listed: list[m.AccountLimits] = []
        for account in names:
            listed.append(self._account_limits(self._exchange.accounts[account]))
            yield _ACCOUNT_STEPS
        reply = m.LimitsReply(
            id=query.id,
            participant=name,
            connections=session.connections_of(name),
            max_connections=MAX_CONNECTIONS_PER_PARTICIPANT,
            accounts=listed,
            rates=session.stated_rates(),
            more=more,
        )
        limits = self._exchange.limits.get(name)
        if limits is not None:
            reply.orders_per_second = limits.orders_per_second or None
            reply.max_order_value = limits.max_order_value or None
            reply.max_order_to_trade = limits.max_order_to_trade or None
            reply.orders, reply.trades = limits.orders, limits.trades
        return reply, ROW_STEPS

    def _account_limits(self, account: Account) -> m.AccountLimits:
        exchange, ids, hook = self._exchange, account.used_ids, self._exchange.hook
        largest = largest_order(hook, account.account) if isinstance(hook, ComplianceHook) else None
        return m.AccountLimits(
            account=account.account,
            open_orders=len(account.open_orders),
            max_open_orders=MAX_OPEN_ORDERS_PER_ACCOUNT,
            # An account that has done nothing today keeps the ids of what is open.
            client_order_ids=ids.count if ids.day == exchange.day else len(account.open_orders),
            max_client_order_ids=exchange.room.plain_account_ids,
            waiting_movements=len(account.movements),
            max_waiting_movements=MAX_WAITING_MOVEMENTS_PER_ACCOUNT,
            largest_order=None if largest is None else decimal(largest, _KOPECKS),
        )

    def _me(self, session: Session, query: m.Me) -> Pieces:
        _, names, more = self._whose(session, query)
        listed: list[m.OwnAccount] = []
        for account in names:
            listed.append(self._own_account(self._exchange.accounts[account]))
            yield _ACCOUNT_STEPS
        assert session.participant is not None
        reply = m.MeReply(
            id=query.id,
            participant=session.participant.participant,
            role=session.participant.role,
            accounts=listed,
            key=None if session.key is None else session.key.key,
            scopes=list(session.scopes),
            keys=self._own_keys(session.participant.participant),
            more=more,
        )
        return reply, (1 + len(reply.keys)) * ROW_STEPS

    def _own_keys(self, name: str) -> list[m.OwnKey]:
        """The keys of a participant that are in force: few, whoever it is."""
        registered = self._exchange.access.of.get(name)
        return [
            m.OwnKey(
                key=each.key,
                fingerprint=fingerprint(bytes.fromhex(each.public_key)),
                scopes=list(each.scopes),
                since=each.since_ns,
                addresses=list(each.addresses),
                until=each.expires_ns or None,
            )
            for each in (() if registered is None else registered.keys.values())
        ]

    def _own_account(self, account: Account) -> m.OwnAccount:
        found = m.OwnAccount(account=account.account, seq=account.report_seq, investor=account.investor)
        found.killed = kill_problem(self._exchange, account, "") is not None
        hook = self._exchange.hook
        client = hook.intake.registry.clients.get(account.account) if isinstance(hook, ComplianceHook) else None
        if client is None:
            return found
        investor = client.investor
        found.intermediary = client.intermediary_name or None
        found.custody = CUSTODIES[client.custody] if client.custody else None
        found.kind, found.investor_class = INVESTOR_KINDS[investor.kind], class_name(investor.investor_class) or None
        found.blocked = investor.blocked
        found.tests = _tests(investor)
        found.acknowledged = list(investor.acknowledged)
        assert isinstance(hook, ComplianceHook)
        left = cap_left(hook, account.account, self._exchange.time_ns)
        found.cap = None if left is None else _cap(left)
        return found

    def _whose(self, session: Session, query: m.Limits | m.Me) -> tuple[str, list[str], bool]:
        """Whom a question is about, the accounts that are told of, and whether there are more."""
        owners, accounts = self._fanout.reports.owners, self._fanout.reports.accounts
        participant = session.participant
        assert participant is not None
        if query.account is not None:
            return owners[query.account], [query.account], False
        name = participant.participant
        own = [] if supervises(participant) else accounts.get(name, [])
        page = own[query.after : query.after + MAX_LISTED_ACCOUNTS]
        return name, page, len(own) > query.after + len(page)


def _page(all_of_them: Collection[T], after: int) -> list[T]:
    """Those behind the first `after`, which may be more than there are, and any number that a request can hold."""
    first = min(after, len(all_of_them))
    return list(islice(all_of_them, first, first + MAX_LISTED))


def _asset(asset: Asset, record: AssetRecord | None, *, tiers: bool) -> m.AssetInfo:
    found = m.AssetInfo(
        asset=asset.asset,
        kind=ASSET_KINDS[asset.kind],
        scale=asset.scale,
        issuer=asset.issuer or None,
        terms=asset.terms or None,
        follows=asset.follows or None,
    )
    if asset.outstanding or asset.issuer:
        found.outstanding = decimal(asset.outstanding, asset.scale)
    if asset.issue_limit:
        found.issue_limit = decimal(asset.issue_limit, asset.scale)
    if record is not None:
        if record.crypto:
            found.privacy = PRIVACY_KINDS[record.privacy]
            if tiers:
                found.tier = "highly_liquid" if record.highly_liquid else "lost" if record.lost else "other"
        if record.disclosure is not None:
            found.disclosure = record.disclosure.digest
    return found


def _tests(investor: Investor) -> dict[str, int]:
    sat = [investor.knowledge, investor.risk, *investor.products.values()]
    return {test.name: test.score for test in sat if test.score >= 0}


def _cap(left: CapLeft) -> m.CapInfo:
    return m.CapInfo(
        limit=decimal(left.limit, _KOPECKS),
        used=decimal(left.used, _KOPECKS),
        reserved=decimal(left.reserved, _KOPECKS),
        left=decimal(max(left.limit - left.used - left.reserved, 0), _KOPECKS),
        through=left.through or None,
    )
