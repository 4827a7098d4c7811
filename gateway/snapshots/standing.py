"""What there is in a core, as the events that would bring it: so mirrors take it in by the one path they have."""

from __future__ import annotations

from engine.exchange import Exchange
from engine.vocabulary.messages.events import AccountOpened, AssetAdded, BookAdded, Event, InstrumentListed


def standing(exchange: Exchange) -> list[Event]:
    """Assets, instruments, accounts and the orders that rest, each in the order in which they came. O(all of them)."""
    return [
        *[AssetAdded(asset.asset, asset.kind, asset.scale) for asset in exchange.assets.values()],
        *[
            InstrumentListed(
                each.instrument, each.kind, each.base.asset, each.quote.asset, each.tick_e8, each.lot_e8, each.unit
            )
            for each in exchange.instruments.values()
        ],
        *[
            AccountOpened(each.account, each.participant, each.investor, each.intermediary)
            for each in exchange.account_list
        ],
        *[
            BookAdded(order.instrument_name, order.order_id, order.side, order.price_ticks, order.shown_lots)
            for book in exchange.book_list
            for side in (book.bids, book.asks)
            for order in side
        ],
    ]
