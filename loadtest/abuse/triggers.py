"""The commands that are measured: each is made for a venue that the ingredients have filled, after what prepares it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec

from engine.vocabulary.codes import (
    BUY,
    CANCEL_OLDEST,
    CONTINUOUS,
    CRYPTO,
    FIRM,
    FOK,
    HALTED,
    INDIVIDUAL,
    IOC,
    MARKET,
    OPENING_AUCTION,
    SCOPE_PARTICIPANT,
    SCOPE_VENUE,
    SELL,
    STP_REJECT,
)
from engine.vocabulary.limits import MAX_QUOTES_PER_SIDE, NS_PER_DAY, NS_PER_SECOND
from engine.vocabulary.messages.commands import (
    AddAsset,
    AmendOrder,
    AnyCommand,
    CancelOrder,
    CloseOut,
    FreezeAsset,
    MarkFuture,
    MassCancel,
    MassQuote,
    NewOrder,
    OpenAccount,
    RegisterIntermediary,
    RegisterInvestor,
    Sequenced,
    SetBlocked,
    SetKillSwitch,
    SetMarketHalt,
    SetParameter,
    SetPhase,
    SetTradingRules,
    Tick,
    Withdraw,
)
from loadtest.abuse.desk import (
    ASK,
    BANK,
    BEST_ASK,
    BEST_BID,
    BOOK,
    CALL_BOOK,
    DUE_NS,
    EVERYTHING_LOTS,
    FAR_ASK,
    FAR_BID,
    KEEPER,
    LAST,
    LOT_E8,
    MAKERS,
    OTHER_BOOK,
    SERIES,
    SHARED_BOOK,
    START_NS,
    TAKER,
    TICK_E8,
    Desk,
    load_command,
)

OWNER: Final = MAKERS[0]
# Inside the static band of the future, marked or not, and far enough everywhere else.
HIGHEST, LOWEST = 14_000, 6_000
BATCH_NS: Final = NS_PER_SECOND

Make = Callable[[Desk], Sequenced]


def _sweep(account: str, instrument: str, side: int) -> Make:
    """An order that trades with all that rests; where it meets own orders, they go."""

    def make(desk: Desk) -> Sequenced:
        return desk.sequenced(_sweeping(desk, account, instrument, side))

    return make


def _sweeping(desk: Desk, account: str, instrument: str, side: int) -> NewOrder:
    price = HIGHEST if side == BUY else LOWEST
    return desk.order(account, instrument, side, price, EVERYTHING_LOTS, life=IOC, self_trade=CANCEL_OLDEST)


def _fill_or_kill(desk: Desk) -> Sequenced:
    """An order that would meet all that rests, and finds it can't be filled."""
    return desk.sequenced(desk.order(OWNER, BOOK, BUY, HIGHEST, 5 * EVERYTHING_LOTS, life=FOK))


def _market(desk: Desk) -> Sequenced:
    return desk.sequenced(desk.order(TAKER, BOOK, BUY, 0, EVERYTHING_LOTS, kind=MARKET))


def _budget(desk: Desk) -> Sequenced:
    """A market order by funds."""
    order = desk.order(OWNER, BOOK, BUY, 0, 0, kind=MARKET, self_trade=CANCEL_OLDEST, funds=10**11)
    return desk.sequenced(order)


def _touch(side: int, price: int) -> Make:
    """An order that becomes the touch."""

    def make(desk: Desk) -> Sequenced:
        return desk.sequenced(desk.order(TAKER, BOOK, side, price))

    return make


def _touch_gone(desk: Desk) -> Sequenced:
    order = desk.order(TAKER, BOOK, BUY, BEST_BID)
    desk.send(order)
    return desk.sequenced(CancelOrder(TAKER, TAKER, 0, order.client_order_id))


def _amend(desk: Desk) -> Sequenced:
    """An owner's bid that becomes the touch."""
    order = desk.order(OWNER, BOOK, BUY, FAR_BID)
    desk.send(order)
    return desk.sequenced(AmendOrder(OWNER, OWNER, 0, order.client_order_id, BEST_BID * TICK_E8, 0))


def _at(time_ns: int) -> Make:
    """The time, and all that is due by then."""

    def make(desk: Desk) -> Sequenced:
        return desk.sequenced(Tick(), time_ns)

    return make


def _into_band(desk: Desk) -> Sequenced:
    """An order that trades until the next trade would be outside the dynamic band: a volatility auction begins."""
    desk.send(SetTradingRules(BOOK, dynamic_ppm=60_000))
    # What trades first, and elects what waits there.
    desk.enter(KEEPER, BOOK, SELL, ASK)
    return desk.sequenced(_sweeping(desk, TAKER, BOOK, BUY))


def _into_halt(desk: Desk) -> Sequenced:
    """An order whose first print halts the market."""
    desk.send(SetMarketHalt(1, NS_PER_SECOND, (BOOK,)))
    return desk.sequenced(_sweeping(desk, TAKER, BOOK, BUY))


def _auction_ends(desk: Desk) -> Sequenced:
    """The end of an auction in which both sides crossed."""
    desk.send(SetPhase(BOOK, OPENING_AUCTION))
    desk.enter(TAKER, BOOK, BUY, HIGHEST, EVERYTHING_LOTS)
    return desk.sequenced(SetPhase(BOOK, CONTINUOUS))


def _batch_ends(desk: Desk) -> Sequenced:
    """The end of a batch in which both sides crossed."""
    desk.send(SetTradingRules(BOOK, batch_ns=BATCH_NS))
    desk.enter(TAKER, BOOK, BUY, HIGHEST, EVERYTHING_LOTS)
    return desk.sequenced(Tick(), (desk.time_ns // BATCH_NS + 1) * BATCH_NS)


def _in_call(instrument: str, account: str) -> Make:
    """One more order in a call, far from where it would trade."""

    def make(desk: Desk) -> Sequenced:
        if instrument != CALL_BOOK:
            desk.send(SetPhase(instrument, OPENING_AUCTION))
        return desk.sequenced(desk.order(account, instrument, BUY, FAR_BID))

    return make


def _quote(desk: Desk) -> Sequenced:
    """A full ladder in place of another."""

    def ladder(name: str, away: int) -> MassQuote:
        bids = tuple(((FAR_BID - away - number) * TICK_E8, LOT_E8) for number in range(MAX_QUOTES_PER_SIDE))
        asks = tuple(((FAR_ASK + away + number) * TICK_E8, LOT_E8) for number in range(MAX_QUOTES_PER_SIDE))
        return MassQuote(OWNER, OWNER, name, BOOK, bids, asks)

    desk.send(ladder("old", 100))
    return desk.sequenced(ladder("new", 200))


def _rejecting_quote(desk: Desk) -> Sequenced:
    """A full ladder of which each quote is refused if it would meet an own order."""
    quote = _quote(desk).command
    assert isinstance(quote, MassQuote)
    return desk.sequenced(msgspec.structs.replace(quote, self_trade=STP_REJECT))


def _series_auction_ends(desk: Desk) -> Sequenced:
    """The end of an auction of a future that trades all asks."""
    desk.send(SetPhase(SERIES, OPENING_AUCTION))
    desk.enter(TAKER, SERIES, BUY, HIGHEST, EVERYTHING_LOTS)
    return desk.sequenced(SetPhase(SERIES, CONTINUOUS))


def _close_out(desk: Desk) -> Sequenced:
    desk.take_position(TAKER, EVERYTHING_LOTS // 10)
    return desk.sequenced(CloseOut(TAKER, SERIES, "drawn"))


def _just(command: AnyCommand) -> Make:
    """A command that depends on nothing."""

    def make(desk: Desk) -> Sequenced:
        return desk.sequenced(command)

    return make


class Trigger:
    """A command that is measured, and how to prepare it."""

    def __init__(self, name: str, what: str, make: Make) -> None:
        self.name: Final = name
        self.what: Final = what
        self.make: Final = make


_TRIGGERS: Final[tuple[tuple[str, str, Make], ...]] = (
    ("best bid", "a bid that becomes the touch", _touch(BUY, BEST_BID)),
    ("best ask", "an ask that becomes the touch", _touch(SELL, BEST_ASK)),
    ("touch gone", "the cancel of the best bid", _touch_gone),
    ("amend", "an owner's bid becomes the touch", _amend),
    ("sweep up", "a buy through all asks", _sweep(TAKER, BOOK, BUY)),
    ("sweep down", "a sell through all bids", _sweep(TAKER, BOOK, SELL)),
    ("own sweep up", "a buy through all asks by an owner of some", _sweep(OWNER, BOOK, BUY)),
    ("market", "a market buy through all asks", _market),
    ("budget", "a market buy by funds, by an owner of some asks", _budget),
    ("fok", "a buy that can't be filled, by an owner of some asks", _fill_or_kill),
    ("shares up", "a buy through all asks where shares are allocated", _sweep(TAKER, SHARED_BOOK, BUY)),
    ("one share", "a buy of one lot where shares are allocated", lambda desk: desk.sequenced(desk.order(TAKER, SHARED_BOOK, BUY, HIGHEST, life=IOC))),
    ("own shares up", "the same by an owner of some asks", _sweep(OWNER, SHARED_BOOK, BUY)),
    ("series up", "a buy through all asks of a future", _sweep(TAKER, SERIES, BUY)),
    ("series down", "a sell through all bids of a future", _sweep(TAKER, SERIES, SELL)),
    ("elsewhere", "an order of an owner in a book where it has none", lambda desk: desk.sequenced(desk.order(OWNER, OTHER_BOOK, SELL, FAR_ASK, life=FOK))),
    ("into band", "a buy that starts a volatility auction", _into_band),
    ("into halt", "a buy whose print halts the market", _into_halt),
    ("halt", "a halt of the instrument", _just(SetPhase(BOOK, HALTED))),
    ("auction", "the begin of an auction", _just(SetPhase(BOOK, OPENING_AUCTION))),
    ("auction ends", "the end of an auction that trades all asks", _auction_ends),
    ("batch ends", "the end of a batch that trades all asks", _batch_ends),
    ("series auction ends", "the end of an auction of a future that trades all asks", _series_auction_ends),
    ("call order", "one more order in a call", _in_call(CALL_BOOK, TAKER)),
    ("own call order", "one more order in a call by an owner of others", _in_call(BOOK, OWNER)),
    ("uncross", "the end of the call", _just(SetPhase(CALL_BOOK, CONTINUOUS))),
    ("hour", "an hour that was slept through", _at(DUE_NS)),
    ("day", "a day that was slept through", _at(START_NS + NS_PER_DAY)),
    ("mass cancel", "the cancel of all orders of an account", _just(MassCancel(OWNER, OWNER))),
    ("kill venue", "the kill switch of the venue", _just(SetKillSwitch(SCOPE_VENUE, "", True, "drawn"))),
    ("kill owner", "the kill switch of a participant", _just(SetKillSwitch(SCOPE_PARTICIPANT, OWNER, True, "drawn"))),
    ("block", "an investor without orders is blocked", _just(SetBlocked(TAKER, True, "drawn"))),
    ("block owner", "an investor with orders is blocked", _just(SetBlocked(OWNER, True, "drawn"))),
    ("suspend", "an intermediary is suspended", _just(RegisterIntermediary(BANK, suspended=True))),
    ("register", "the record of an investor is renewed", _just(RegisterInvestor(TAKER, FIRM, assets_rub=6_000_000_000, replace=True))),
    ("demote", "an investor with orders may buy no more", _just(RegisterInvestor(OWNER, INDIVIDUAL, resident=False, replace=True))),
    ("parameter", "a rule has another parameter", _just(SetParameter("RET-1", "retail_cap_rub", "1.00", "drawn"))),
    ("rulebook", "a rulebook is loaded", lambda desk: desk.sequenced(load_command())),
    ("mark", "the mark of a future", _just(MarkFuture(SERIES, (LAST + 100) * TICK_E8))),
    ("mark far", "the mark of a future that leaves orders outside its band", _just(MarkFuture(SERIES, LAST // 4 * TICK_E8))),
    ("close out", "the close-out of a position", _close_out),
    ("freeze", "every holding of an asset is frozen", _just(FreezeAsset("USDT", 1_000_000, reason="drawn"))),
    ("quote", "a full ladder in place of another", _quote),
    ("rejecting quote", "the same, each refused that would meet an own order", _rejecting_quote),
    ("withdraw", "money is taken out", _just(Withdraw(OWNER, "BTC", 1))),
    ("open account", "one more account", _just(OpenAccount("one-more", "one-more", KEEPER))),
    ("add asset", "one more asset", _just(AddAsset("ONE-MORE", CRYPTO, 8))),
    ("rules", "the trading rules are set", _just(SetTradingRules(BOOK, static_ppm=500_000))),
)  # fmt: skip

TRIGGERS: Final[dict[str, Trigger]] = {row[0]: Trigger(*row) for row in _TRIGGERS}
"""By name."""
