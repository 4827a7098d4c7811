"""The pre-trade hook: every order before the rules in force, and what it takes up in the ledger."""

from __future__ import annotations

from typing import Final

from compliance.hook_snapshot import restore, take_snapshot
from compliance.intake import Intake
from compliance.ledger.closers import Closers
from compliance.ledger.contracts import follow_transfer
from compliance.ledger.fill import Fill
from compliance.ledger.ledger import Ledger
from compliance.ledger.open_orders import BY_FUNDS, ONLY_REDUCES
from compliance.putting_in_force import doubt
from compliance.registration import add_asset, carry_out, list_instrument
from compliance.registry.listings import Decision, Listing
from compliance.registry.records import Client
from compliance.rules.case import Case, LeavingCase, TransferCase
from compliance.rules.cust_1 import CUSTODY
from compliance.rules.table import RuleTable
from engine.book.assets import Asset
from engine.book.entities import Account, Instrument, Order
from engine.book.order_book import static_band
from engine.money.margin import worst_ticks
from engine.state.hook import Failure, Leaving, Outcome, PreTradeHook, Recheck, Verdict, Wait
from engine.vocabulary import kinds
from engine.vocabulary.codes import BUY, FIAT, SELL
from engine.vocabulary.messages.commands import (
    AddAsset,
    Command,
    ListInstrument,
    RequestDelivery,
    RequestWithdrawal,
    Transfer,
)
from engine.vocabulary.messages.events import (
    AssetIssued,
    DefaultDeclared,
    Event,
    FundsMoved,
    FutureMarked,
    LossShared,
    OrderCancelled,
    OrderRejected,
    Trade,
    TradeCorrected,
    Transferred,
    VariationMargin,
)
from engine.vocabulary.problem import Problem
from engine.vocabulary.said import Said, said

VENUE: Final = "VENUE"
"""The venue's own refusal, which belongs to no rulebook."""
FOLLOWED: Final[tuple[type[Event], ...]] = (
    Trade,
    OrderCancelled,
    OrderRejected,
    TradeCorrected,
    FutureMarked,
    Transferred,
    AssetIssued,
    FundsMoved,
    VariationMargin,
    LossShared,
    DefaultDeclared,
)


class ComplianceHook(PreTradeHook):
    """A rulebook in force over a venue: decides on orders, follows what happens to them, keeps the records."""

    def __init__(self) -> None:
        super().__init__()
        self._intake: Final = Intake()
        self._clients: Final[dict[str, Client]] = self._intake.registry.clients
        self._by_number: Final[list[Client]] = []
        """The same by the account's number."""
        self._listings: Final[dict[str, Listing]] = self._intake.registry.listings
        self._ledger: Final[Ledger] = self._intake.ledger
        self._closers: Final[Closers] = self._intake.closers

    @property
    def intake(self) -> Intake:
        """The records, the ledger and the rules in force, to read."""
        return self._intake

    def check(self, order: Order, price_ticks: int, leaves_lots: int, time_ns: int) -> Verdict | None:
        """Decide on an order about to trade or rest with `leaves_lots` open at `price_ticks` or better.

        Returns all failures in the rulebook's order; None lets the order pass. What depends only on class, instrument and
        side is in a table; the other rules are asked one by one. The venue's own order that closes a position passes.
        """
        client = self._by_number[order.account.number]
        decision = client.decisions.get(order.instrument.number * 2 + order.side)
        further = order.further
        if further is not None and further.budget >= 0:
            # An order by funds is worth its budget, whatever it pays per lot.
            price_ticks, leaves_lots = BY_FUNDS, further.budget
        if decision is not None and price_ticks >= 0 and price_ticks * leaves_lots <= decision.free_tick_lots:
            return None
        if order.close_out:
            return None
        return self._judge(client, order, most_ticks(order, price_ticks), leaves_lots, time_ns)

    def reserve(self, order: Order, price_ticks: int, leaves_lots: int) -> None:
        """Take up what an order can cost in the sums of the ledger: purchases, and what can be sold short."""
        instrument, side = order.instrument, order.side
        if side != BUY and instrument.future is None and instrument.quote.kind == FIAT:
            return
        further = order.further
        if further is not None and further.budget >= 0:
            price_ticks, leaves_lots = BY_FUNDS, further.budget
        elif side != BUY or instrument.future is not None:
            price_ticks = _counted_ticks(order, price_ticks)
            if price_ticks == ONLY_REDUCES:
                # It is let in always, and takes from those beside it what they had to close.
                investor = self._by_number[order.account.number].investor
                self._ledger.doubtful[investor.investor] = investor
        client, listing = self._by_number[order.account.number], self._listings[instrument.instrument]
        entry = (client, listing, price_ticks, leaves_lots)
        self._ledger.reserve(order.order_id, side, entry)
        other = None if further is None else order.other_leg
        if other is not None:
            self._ledger.pair(order.order_id, other.order_id, side)

    def recheck(self, order: Order, time_ns: int) -> Verdict | None:
        """Decide whether a resting order may stay as it is, its own reservation left out of the sums."""
        if order.close_out:
            return None
        client = self._by_number[order.account.number]
        if self._table_passes(client, order):
            return None
        return self._judge(
            client, order, most_ticks(order, order.reserve_ticks), order.leaves_lots, time_ns, rests=True
        )

    def true_up(self, order: Order) -> None:
        """Reserve exactly what a resting order can still cost as it stands."""
        if order.budget >= 0:
            self._ledger.amend(order.order_id, order.side, BY_FUNDS, order.budget)
        else:
            self._ledger.amend(
                order.order_id, order.side, _counted_ticks(order, order.reserve_ticks), order.leaves_lots
            )
        if order.side != BUY:
            # A buy's terms only change unasked to what costs less. A sale may be worth more: it counts at the band of now.
            client = self._by_number[order.account.number]
            if not self._table_passes(client, order):
                self._ledger.doubtful[client.investor.investor] = client.investor

    def followed(self) -> tuple[type[Event], ...]:
        """All that `observe` has a use for."""
        return FOLLOWED

    def observe(self, event: Event, time_ns: int) -> None:
        """Follow fills, corrections, ends of orders, final marks and holdings that leave an account in the ledger."""
        if type(event) is kinds.TRADE:
            self._follow_trade(event, time_ns)
        elif type(event) is kinds.ORDER_CANCELLED or type(event) is kinds.ORDER_REJECTED:
            self._ledger.release(event.order_id)
            if self._closers.accounts:
                self._closers.forget(event.order_id)
        elif type(event) is TradeCorrected:
            buyer, seller = self._clients[event.buy_account], self._clients[event.sell_account]
            self._ledger.correct(event, buyer, seller, self._listings[event.instrument], time_ns)
            self._closers.moved(buyer)
            self._closers.moved(seller)
        elif type(event) is FutureMarked:
            self._listings[event.instrument].last_ticks = event.price_ticks
            if event.final:
                self._ledger.exposures.settle(event.instrument)
        elif type(event) is Transferred:
            sender, receiver = self._clients[event.from_account], self._clients[event.to_account]
            self._ledger.hand_over(event.asset, sender, receiver, event.amount)
            follow_transfer(self._intake.registry, event)
            self._ledger.portfolios.touch(sender)
            self._ledger.portfolios.touch(receiver)
        elif type(event) is AssetIssued or type(event) is FundsMoved:
            client = self._clients[event.account]
            self._ledger.portfolios.touch(client)
            # What comes in was not bought here, and is no exposure.
            if event.amount < 0:
                self._ledger.hand_over(event.asset, client, None, -event.amount)
        else:
            assert type(event) is VariationMargin or type(event) is LossShared or type(event) is DefaultDeclared
            self._ledger.portfolios.touch(self._clients[event.account])

    def check_transfer(self, transfer: Transfer, time_ns: int) -> Verdict | None:
        """Decide on a transfer: all failures in the rulebook's order for transfers; None lets it pass."""
        table = self._intake.table
        if table is None:
            return _no_rulebook(said("rulebook.no_transfer"))
        return table.judge_transfer(TransferCase(transfer, time_ns, self._intake.registry, self._ledger))

    def check_withdrawal(self, withdrawal: Leaving, time_ns: int) -> Verdict | None:
        """Decide on what takes an asset out of the venue: to or from no blocked owner (SAN-1), clients' assets to no own account (CUST-1)."""
        table = self._intake.table
        if table is None:
            return None
        client, failures = self._clients[withdrawal.account], []
        problem = table.transfers.owner_problem(client.investor)
        if type(withdrawal) is RequestWithdrawal:
            for named in self._intake.registry.named(withdrawal.destination):
                problem = problem or table.transfers.owner_problem(named)
        if problem is not None:
            failures.append(Failure("SAN-1", problem))
        segregation = table.transfers.segregation
        if segregation is not None and type(withdrawal) is RequestWithdrawal:
            finding = segregation.outside(self._intake.registry, client.account, withdrawal.destination)
            if not finding.passed:
                failures.append(Failure(CUSTODY, finding.refusal()))
        return Verdict(failures) if failures else None

    def wait(self, command: Transfer | Leaving, time_ns: int) -> Wait | None:
        """Say for what has to wait that has passed all checks, by the rules in force (AML-2, COOL-1)."""
        table = self._intake.table
        if table is None or not table.transfers.waits:
            return None
        return table.transfers.wait(LeavingCase(command, time_ns, self._intake.registry))

    def check_delivery(self, request: RequestDelivery, time_ns: int) -> Verdict | None:
        """Refuse the delivery of what a derivative or security follows, by DER-1; None if no rule has to do with it."""
        table = self._intake.table
        if table is None or not self._intake.registry.listings[request.instrument].derivative:
            return None
        return table.transfers.delivery(request.instrument)

    def add_asset(self, asset: Asset, command: AddAsset, time_ns: int) -> Problem | None:
        """Take note of an asset and its figures, or say why it may not be added."""
        return add_asset(self._intake, asset, command, time_ns)

    def list_instrument(self, instrument: Instrument, command: ListInstrument, time_ns: int) -> Problem | None:
        """Take note of an instrument, or say why it may not be listed."""
        return list_instrument(self._intake, instrument, command, time_ns)

    def account_opened(self, account: Account) -> None:
        """Know where what an account holds is read."""
        client = self._clients[account.account]
        client.opened(account)
        self._take_number(account)
        self._ledger.portfolios.touch(client)

    def apply(self, command: Command, time_ns: int) -> Outcome:
        """Take note of a configuration command, or carry out a compliance command, or refuse it."""
        return carry_out(self._intake, command, time_ns)

    def doubt(self, command: Command, time_ns: int) -> Problem | None:
        """Say why a rulebook or a parameter can't be put in force now."""
        return doubt(self._intake, command, time_ns)

    def day_ended(self, time_ns: int) -> Outcome:
        """Let what depends on the Moscow date take effect: a test expired, a grace period or a year of authorisations ended."""
        return self._intake.day_ended(time_ns)

    def unsettled(self) -> Recheck | None:
        """Who has orders that were let in because they closed, and would open by now."""
        if not self._closers.changed:
            return None
        accounts = self._closers.due()
        return Recheck(accounts) if accounts else None

    def snapshot(self) -> bytes:
        """Records, open orders, turnovers and the rulebook's documents. O(state)."""
        return take_snapshot(self._intake)

    def restore(
        self,
        snapshot: bytes,
        assets: dict[str, Asset],
        instruments: dict[str, Instrument],
        accounts: dict[str, Account],
    ) -> None:
        """Become what `snapshot` returned. Only for a hook that is new."""
        restore(self._intake, snapshot, assets, instruments, accounts)
        for account in accounts.values():
            self._take_number(account)

    def _take_number(self, account: Account) -> None:
        assert account.number == len(self._by_number), "the core counts its accounts otherwise"
        self._by_number.append(self._clients[account.account])

    def _follow_trade(self, trade: Trade, time_ns: int) -> None:
        """Book a fill of the buyer, and of a seller whose sales count."""
        fill = Fill(trade, time_ns)
        ledger = self._ledger
        listing = self._listings[fill.instrument]
        ledger.fill(fill, BUY)
        if fill.sell_order_id in ledger.open_sells:
            ledger.fill(fill, SELL)
        else:
            client = self._clients[fill.seller]
            if client.investor.retail or listing.exposed:
                ledger.sold(fill, client, listing)
            if client.investor.financial:
                ledger.portfolios.touch(client)
        if not listing.shortable:
            listing.last_ticks = fill.price_ticks
            return
        for order_id, leaves_lots, account in (
            (fill.buy_order_id, fill.buy_leaves, fill.buyer),
            (fill.sell_order_id, fill.sell_leaves, fill.seller),
        ):
            self._closers.moved(self._clients[account])
            if not leaves_lots:
                self._closers.forget(order_id)

    def _judge(
        self, client: Client, order: Order, price_ticks: int, leaves_lots: int, time_ns: int, *, rests: bool = False
    ) -> Verdict | None:
        """Ask the rules, the order's own earlier reservation left out of the sums.

        `rests`: it is the order as it stands, which keeps the rate of its reservation.
        """
        table = self._intake.table
        if table is None:
            return _no_rulebook(said("rulebook.no_order"))
        decision = self._decision(table, client, order)
        ledger = self._ledger
        order_id, side, listing, other = order.order_id, order.side, decision.listing, order.other_leg
        own, beside = ledger.uncount(order_id, side), None
        if other is not None and order_id not in ledger.pairs:
            # The second leg of a pair, about to join the first.
            beside = ledger.uncount(other.order_id, side)
        terms = (client, listing, price_ticks, leaves_lots)
        closes = listing.shortable and self._closes(client, listing, order, leaves_lots)
        if listing.shortable and side != BUY:
            listing.note_asked()
        case = Case(terms, side, time_ns, self._intake.registry, ledger, closes=closes)
        if not listing.in_roubles:
            case.unbounded = side != BUY and listing.swaps and order.budget < 0 and static_band(order.book) == (0, 0)
            case.kopecks = -1 if case.unbounded else ledger.kopecks(order_id, listing, case.value, rests)
        verdict = self.decide(table, decision, case)
        if listing.shortable:
            # Of one that is refused after all, or amended to something else, it is looked at once too often.
            if case.is_spared and verdict is None and not order.reduce_only:
                self._closers.note(order_id, client.account)
            else:
                self._closers.forget(order_id)
        ledger.recount(order_id, side, own)
        if other is not None:
            ledger.recount(other.order_id, side, beside)
        return verdict

    def _closes(self, client: Client, listing: Listing, order: Order, leaves_lots: int) -> bool:
        """Whether an order of a future can only make a position smaller, its own reservation left out of the sums.

        It is reduce-only or, with all that is open on its side, no larger than the position. Of a pair one order can fill.
        """
        if order.reduce_only:
            return True
        return self._ledger.exposures.position(client, listing).opens(order.side) + leaves_lots <= 0

    def decide(self, table: RuleTable, decision: Decision, case: Case) -> Verdict | None:
        """Ask the rules about an order, with sums in which nothing is reserved for it. Subclasses may look on."""
        return table.judge(decision, case)

    def _table_passes(self, client: Client, order: Order) -> bool:
        """Whether the table alone says that no rule refuses an order as it stands."""
        decision = client.decisions.get(order.instrument.number * 2 + order.side)
        if decision is None or order.budget >= 0:
            return False
        return worst_ticks(order, order.reserve_ticks) * order.leaves_lots <= decision.free_tick_lots

    def _decision(self, table: RuleTable, client: Client, order: Order) -> Decision:
        """The table's decision on such orders, made when first asked for."""
        instrument = order.instrument
        key = instrument.number * 2 + order.side
        decision = client.decisions.get(key)
        if decision is None:
            listing = self._listings[instrument.instrument]
            assert listing.unit == instrument.unit
            decision = table.decide(table.profile(client), listing, order.side)
            client.decisions[key] = decision
        return decision


def most_ticks(order: Order, price_ticks: int) -> int:
    """The most at which an order that reserves at a price can be filled: of a sale that acquires, its limit is only the least."""
    if order.side == BUY or order.budget >= 0:
        # A sale by funds takes in no more than its budget.
        return price_ticks
    instrument = order.instrument
    if instrument.future is not None or instrument.quote.kind == FIAT:
        return worst_ticks(order, price_ticks)
    high_ticks = static_band(order.book)[1]
    return price_ticks if high_ticks < price_ticks else high_ticks


def _counted_ticks(order: Order, price_ticks: int) -> int:
    """The price at which an order that reserves at `price_ticks` counts in the ledger."""
    return ONLY_REDUCES if order.reduce_only else most_ticks(order, price_ticks)


def _no_rulebook(what: Said) -> Verdict:
    return Verdict([Failure(VENUE, what)])
