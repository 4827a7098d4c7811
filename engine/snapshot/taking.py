"""A core becomes a document."""

from __future__ import annotations

from engine.book.assets import Asset
from engine.book.claims import EVERYTHING, Arrest, Claims
from engine.book.entities import Account, Balance, Order, OrderRecord, Position
from engine.book.kept import keep_order
from engine.book.movement import Movement
from engine.book.order_book import LimitOrderBook
from engine.book.records import TradeRecord
from engine.book.used_id import UsedId
from engine.snapshot.access import take_participant
from engine.snapshot.messages.document import (
    FORMAT,
    AccountState,
    AlertState,
    ArmedState,
    ArrestState,
    AssetState,
    BalanceState,
    BookState,
    CaseState,
    ClaimsState,
    FutureState,
    IndexState,
    IndicativeState,
    LimitsState,
    MarginState,
    MovementState,
    OrderState,
    PositionState,
    PresenceState,
    ProposalState,
    Snapshot,
    TimerState,
    TradeState,
)
from engine.state.absence import Presence
from engine.state.case import Case
from engine.state.protection import Limits
from engine.state.state import IndexPrice, State
from engine.vocabulary.wide import wide


def take_snapshot(state: State) -> Snapshot:
    """All on which later events depend. O(state). Not while the last command has left some of its work."""
    assert not state.works, "a command that is unfinished can't be kept"
    return Snapshot(
        format=FORMAT,
        seq=state.seq,
        time_ns=state.time_ns,
        day=state.day,
        trades=state.trades,
        entered=state.entered,
        queued=state.queued,
        first_trade=state.first_trade,
        self_trade=state.self_trade,
        seed=state.seed,
        halt_threshold_ppm=state.halt_threshold_ppm,
        halt_ns=state.halt_ns,
        grace_ns=state.grace_ns,
        assets=[_asset(asset) for asset in state.assets.values()],
        books=[_book(state, book) for book in state.book_list],
        accounts=[_account(state, account) for account in state.account_list],
        links=sorted([(owner.investor, list(owner.linked)) for owner in state.owners.values() if owner.linked]),
        day_trades=[_trade(trade) for trade in state.day_trades],
        limits=[_limits(participant, limits) for participant, limits in state.limits.items()],
        killed=list(state.killed),
        rates=[(key, *rate) for key, rate in state.rates.items()],
        market_index=[book.instrument.instrument for book in state.market_index],
        index_prices=[_index(name, index) for name, index in state.index_prices.items()],
        due=sorted(state.due),
        changes=list(state.changes.items()),
        hook=state.hook.snapshot(),
        second=state.second,
        proposals=[
            ProposalState(proposal=number, command=each.command, until_ns=each.until_ns)
            for number, each in state.proposals.items()
        ],
        arrests=[_arrest(each) for each in state.arrests.values()],
        movements=[_movement(movement) for movement in state.movements.values()],
        cases=[_case(number, case) for number, case in state.docket.cases.items()],
        alerts=[AlertState(number, each.command, each.raised_ns) for number, each in state.docket.alerts.items()],
        presences=[_presence(each) for each in state.absence.presences],
        timers=[
            TimerState(number, alarm.until_ns, list(alarm.entries)) for number, alarm in state.absence.timers.items()
        ],
        last_connection=state.absence.last_connection,
        is_test=state.is_test,
        advanced_ns=state.advanced_ns,
        participants=[take_participant(each) for each in state.access.of.values()],
        last_key=state.access.last_number,
        key_entries=list(state.access.alarm.entries),
    )


def _presence(presence: Presence) -> PresenceState:
    return PresenceState(
        participant=presence.participant,
        connections=[
            ArmedState(each.connection, each.accounts, each.grace_ns, each.until_ns)
            for each in presence.connections.values()
        ],
        until_ns=presence.alarm.until_ns,
        entries=list(presence.alarm.entries),
    )


def _case(number: int, case: Case) -> CaseState:
    return CaseState(
        case=number,
        term=case.term,
        opened_ns=case.opened_ns,
        alert=case.alert,
        reason=case.reason,
        by=case.by,
        investors=list(case.investors),
        instruments=list(case.instruments),
        seqs=list(case.seqs),
    )


def _asset(asset: Asset) -> AssetState:
    return AssetState(
        asset=asset.asset,
        kind=asset.kind,
        scale=asset.scale,
        supply=asset.supply,
        fees=asset.fees,
        issuer=asset.issuer,
        terms=asset.terms,
        follows=asset.follows,
        issue_limit=asset.issue_limit,
        outstanding=asset.outstanding,
    )


def _book(state: State, book: LimitOrderBook) -> BookState:
    instrument, indicative = book.instrument, book.indicative
    future = instrument.future
    return BookState(
        listing=instrument.listing,
        static_ppm=instrument.static_ppm,
        dynamic_ppm=instrument.dynamic_ppm,
        volatility_ns=instrument.volatility_ns,
        auction_random_ns=instrument.auction_random_ns,
        allocation=instrument.allocation,
        batch_ns=instrument.batch_ns,
        phase=book.phase,
        until_ns=book.until_ns,
        batch_due_ns=book.batch_due_ns,
        last_trade_ticks=book.last_trade_ticks,
        reference_ticks=book.reference_ticks,
        auctions=book.auctions,
        indicative=IndicativeState(
            published=indicative.published,
            changed=indicative.changed or book.bids.changed or book.asks.changed,
            anchor_ticks=indicative.anchor_ticks,
            due_ns=indicative.due_ns,
            not_before_ns=indicative.not_before_ns,
        ),
        future=None
        if future is None
        else FutureState(
            averages_from_ns=future.averages_from_ns, averaged=wide(future.averaged), expired=future.expired
        ),
        schedule=state.schedules.get(instrument.number, ()),
        step_ns=state.schedule_steps.get(instrument.number, 0),
        bids=[order.order_id for order in book.bids],
        asks=[order.order_id for order in book.asks],
        pegs=list(book.pegs),
        market_orders=list(book.market_orders),
        for_auction=list(book.for_auction),
        for_entry=list(book.for_entry),
        # What has ended stays among them until the auction does, and means nothing.
        auction_limits=[order_id for order_id, order in book.auction_limits.items() if order.leaves_lots],
    )


def _account(state: State, account: Account) -> AccountState:
    return AccountState(
        account=account.account,
        participant=account.participant,
        investor=account.investor,
        intermediary=account.intermediary,
        report_seq=account.report_seq,
        balances=[_balance(number, balance) for number, balance in account.balances.items()],
        positions=[_position(number, position) for number, position in account.positions.items()],
        orders=[_order(order) for order in account.open_orders.values()],
        ended_ids=_ended_ids(account, state.day),
    )


def _balance(number: int, balance: Balance) -> BalanceState:
    margin = balance.margin
    return BalanceState(
        asset=number,
        available=balance.available,
        reserved=balance.reserved,
        frozen=balance.frozen,
        held=balance.held,
        margin=None
        if margin is None
        else MarginState(needed=wide(margin.needed), held=margin.held, called=margin.called, until_ns=margin.until_ns),
        arrested=balance.arrested,
        claims=None if balance.claims is None else _claims(balance.claims),
    )


def _claims(claims: Claims) -> ClaimsState:
    return ClaimsState(
        claims=[(claim.arrest.arrest, -1 if claim.amount == EVERYTHING else claim.amount) for claim in claims.claims],
        frozen=claims.frozen,
        lent=claims.lent,
    )


def _arrest(arrest: Arrest) -> ArrestState:
    return ArrestState(
        arrest=arrest.arrest,
        authority=arrest.authority,
        dated=arrest.dated,
        investor=arrest.investor,
        account=arrest.account,
        asset=arrest.asset,
        share_ppm=arrest.share_ppm,
        amount=arrest.amount,
        sales_allowed=arrest.sales_allowed,
        since_ns=arrest.since_ns,
        reason=arrest.reason,
        by=arrest.by,
    )


def _movement(movement: Movement) -> MovementState:
    return MovementState(
        movement=movement.movement,
        command=movement.command,
        until_ns=movement.until_ns,
        clock_rule=movement.clock_rule,
        word_rule=movement.word_rule,
        has_word=movement.has_word,
    )


def _position(number: int, position: Position) -> PositionState:
    reducing = position.reducing_lots
    return PositionState(
        instrument=number,
        lots=wide(position.lots),
        carried=wide(position.carried),
        buy_lots=wide(position.buy_lots),
        buy_value=wide(position.buy_value),
        buy_fees=wide(position.buy_fees),
        sell_lots=wide(position.sell_lots),
        sell_value=wide(position.sell_value),
        sell_fees=wide(position.sell_fees),
        needed=wide(position.needed),
        reducing_lots=(wide(reducing[0]), wide(reducing[1])),
    )


def _order(order: Order) -> OrderState:
    other = order.other_leg
    return OrderState(
        order_id=order.order_id,
        command=order.command,
        order_type=order.order_type,
        status=order.status,
        where=order.where,
        price_ticks=order.price_ticks,
        quantity_lots=order.quantity_lots,
        filled_lots=order.filled_lots,
        leaves_lots=order.leaves_lots,
        shown_lots=order.shown_lots,
        display_lots=order.display_lots,
        parts=order.parts,
        entered=order.entered,
        renewed=order.renewed,
        queued=order.queued,
        place_beside=order.place_beside,
        stop_ticks=order.stop_ticks,
        trail_best_ticks=order.trail_best_ticks,
        peg_limit_ticks=order.peg_limit_ticks,
        other_leg=0 if other is None else other.order_id,
        children=[child.order_id for child in order.children],
        is_quote=order.is_quote,
        reserve_ticks=order.reserve_ticks,
        reserved=wide(order.reserved),
        covered_lots=order.covered_lots,
        covered_value=wide(order.covered_value),
        budget=order.budget,
        fee_numerator=wide(order.fee_numerator),
        fee_charged=order.fee_charged,
        deadline_ns=order.deadline_ns,
    )


def _ended_ids(account: Account, day: int) -> dict[str, bytes]:
    """What is kept of what has ended, by id.

    Sorted: in which order ids stand depends on how much of a day's leftovers has been swept.
    """
    found = [
        (name, _kept(used))
        for name, used in account.used_ids.entries(day)
        if not isinstance(used, UsedId) or used.has_ended
    ]
    found.sort()
    return dict(found)


def _kept(used: UsedId | bytes) -> bytes:
    if isinstance(used, bytes):
        return used
    assert isinstance(used, OrderRecord), "of a transfer bytes are kept at once"
    return keep_order(used)


def _trade(trade: TradeRecord) -> TradeState:
    return TradeState(
        instrument=trade.instrument.number,
        buyer=trade.buyer.number,
        buy_order_id=trade.buy_order_id,
        buy_client_order_id=trade.buy_client_order_id,
        seller=trade.seller.number,
        sell_order_id=trade.sell_order_id,
        sell_client_order_id=trade.sell_client_order_id,
        price_ticks=trade.price_ticks,
        lots=trade.lots,
        time_ns=trade.time_ns,
        buy_fee=trade.buy_fee,
        sell_fee=trade.sell_fee,
        buy_ppm=trade.buy_ppm,
        sell_ppm=trade.sell_ppm,
        busted=trade.busted,
    )


def _limits(participant: str, limits: Limits) -> LimitsState:
    return LimitsState(
        participant=participant,
        orders_per_second=limits.orders_per_second,
        max_order_value=limits.max_order_value,
        max_order_to_trade=limits.max_order_to_trade,
        second=limits.second,
        in_second=limits.in_second,
        orders=limits.orders,
        trades=limits.trades,
    )


def _index(name: str, index: IndexPrice) -> IndexState:
    return IndexState(
        index=name,
        known_ns=index.known_ns,
        price_e8=index.price_e8,
        since_ns=index.since_ns,
        summed=wide(index.summed),
    )
