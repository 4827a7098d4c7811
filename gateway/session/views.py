"""What the state of a venue looks like to a supervisor: plain data, decimals as the wire writes them."""

from __future__ import annotations

from typing import Final

from compliance.hook import ComplianceHook
from compliance.registry.classes import class_name
from engine.book.entities import Account, Balance, Level, Order, Position
from engine.book.movement import Movement
from engine.book.order_book import LimitOrderBook
from engine.exchange import Exchange
from engine.vocabulary.codes import BUY, MOVEMENT_KINDS, ORDER_TYPES, PHASES, SELL, SIDES
from gateway.protocol.formats import InstrumentFormat
from gateway.reporting.steps.reference import Reference
from gateway.reporting.steps.standing import read_standing
from gateway.reporting.tables.times import utc
from gateway.snapshots.standing import standing

View = dict[str, object]


class Views:
    """Views of one state."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange: Final = exchange
        self.reference: Final = Reference()
        for event in standing(exchange):
            self.reference.learn(event)

    def session(self) -> View:
        """When it is, and under which rules."""
        exchange = self._exchange
        hook = exchange.hook
        assert isinstance(hook, ComplianceHook)
        table = hook.intake.table
        return {
            "seq": exchange.seq,
            "time_utc": utc(exchange.time_ns),
            "rulebook": None if table is None else table.rulebook.name,
            "accounts": len(exchange.accounts),
            "open_orders": sum(len(account.open_orders) for account in exchange.account_list),
            "trades": exchange.trades,
        }

    def market(self) -> list[View]:
        """Each instrument: phase, last and best prices, reference, and how many orders are open."""
        return [self.instrument(name) for name in self._exchange.books]

    def book(self, instrument: str, depth: int) -> View:
        """An order book: its best levels with what they show and hide, and the orders in their queues.

        Raises:
            KeyError: no such instrument is listed.
        """
        book = self._exchange.books[instrument]
        format_ = self.reference.formats.instruments[instrument]
        found = self.instrument(instrument)
        for side, name in ((BUY, "bids"), (SELL, "asks")):
            prices = [price for price, _ in book.levels(side, depth)]
            levels = book.side(side).levels
            found[name] = [_level(levels[price], format_) for price in prices]
        return found

    def investor(self, name: str) -> View:
        """An investor: class, cap, accounts with balances, positions and open orders.

        Raises:
            KeyError: no such investor is registered.
        """
        exchange = self._exchange
        hook = exchange.hook
        assert isinstance(hook, ComplianceHook)
        record = hook.intake.registry.investors[name]
        owner = exchange.owners.get(name)
        caps = read_standing(exchange)
        usage = None if caps is None else next((each for each in caps.usages if each.investor == name), None)
        return {
            "investor": name,
            "class": class_name(record.investor_class) or None,
            "class_set_because": record.reason if record.class_override else None,
            "blocked": record.blocked,
            "cap": None
            if usage is None or caps is None or caps.cap_kopecks is None
            else {
                "limit": self.reference.formats.amount("RUB", caps.cap_kopecks),
                "used": self.reference.formats.amount("RUB", usage.used),
                "reserved": self.reference.formats.amount("RUB", usage.reserved),
            },
            "accounts": [] if owner is None else [self._account(account) for account in owner.accounts],
        }

    def instrument(self, name: str) -> View:
        """An instrument: phase, last and best prices, reference, and how many orders are open.

        Raises:
            KeyError: no such instrument is listed.
        """
        book = self._exchange.books[name]
        format_ = self.reference.formats.instruments[name]
        bid, ask = book.best(BUY), book.best(SELL)
        return {
            "instrument": name,
            "phase": PHASES[book.phase],
            "last": _price(format_, book.last_trade_ticks),
            "bid": _price(format_, bid.price_ticks if bid else 0),
            "bid_quantity": format_.quantity[bid.quantity_lots] if bid else None,
            "ask": _price(format_, ask.price_ticks if ask else 0),
            "ask_quantity": format_.quantity[ask.quantity_lots] if ask else None,
            "reference": _price(format_, book.reference_ticks),
            "resting": book.bids.orders + book.asks.orders,
            "waiting_stops": book.stops.count,
        }

    def _account(self, account: Account) -> View:
        instruments = list(self._exchange.instruments)
        assets = list(self._exchange.assets)
        return {
            "account": account.account,
            "participant": account.participant,
            "intermediary": account.intermediary or None,
            "balances": [
                self._balance(assets[number], balance) for number, balance in sorted(account.balances.items())
            ],
            "positions": [
                self._position(instruments[number], position)
                for number, position in sorted(account.positions.items())
                if position.lots
            ],
            "orders": [self.order(order) for order in account.open_orders.values()],
            "movements": [self._movement(movement) for movement in account.movements.values()],
        }

    def _balance(self, asset: str, balance: Balance) -> View:
        amount = self.reference.formats.amount
        return {
            "asset": asset,
            "available": amount(asset, balance.available),
            "reserved": amount(asset, balance.reserved),
            "frozen": amount(asset, balance.frozen),
            "held": amount(asset, balance.held),
            "arrested": amount(asset, balance.arrested),
        }

    def _movement(self, movement: Movement) -> View:
        """What waits to leave the account."""
        asset = movement.asset.asset
        return {
            "movement": movement.movement,
            "kind": MOVEMENT_KINDS[movement.kind],
            "asset": asset,
            "amount": self.reference.formats.amount(asset, movement.amount),
            "to": movement.to_account or movement.destination or None,
            "until_ns": movement.until_ns or None,
            "waits_for_word": movement.waits_for_word,
            "rules": list(movement.rules),
        }

    def _position(self, instrument: str, position: Position) -> View:
        quantity = self.reference.formats.instruments[instrument].quantity
        lots = position.lots
        return {"instrument": instrument, "quantity": f"-{quantity[-lots]}" if lots < 0 else quantity[lots]}

    def order(self, order: Order) -> View:
        """An open order, and its place in the queue."""
        format_ = self.reference.formats.instruments[order.instrument_name]
        return {
            "order_id": order.order_id,
            "instrument": order.instrument_name,
            "side": SIDES[order.side],
            "order_type": ORDER_TYPES[order.order_type],
            "price": _price(format_, order.price_ticks),
            "stop_price": _price(format_, order.stop_ticks),
            "leaves": format_.quantity[order.leaves_lots],
            "filled": format_.quantity[order.filled_lots],
            "queue": self.queue(order),
        }

    def queue(self, order: Order) -> View | None:
        """Where a resting order stands in its queue, and what would trade before it; None: it does not rest. O(orders at its price)."""
        level = order.level
        if level is None:
            return None
        book: LimitOrderBook = order.book
        quantity = self.reference.formats.instruments[order.instrument_name].quantity
        side = book.side(order.side)
        here = side.key(level.price_ticks)
        better = [each for price, each in side.levels.items() if side.key(price) > here]
        place, ahead = 1, 0
        before = order.previous
        while before is not None:
            place, ahead, before = place + 1, ahead + before.shown_lots, before.previous
        return {
            "place": place,
            "orders_at_price": level.count,
            "ahead_at_price": quantity[ahead],
            "ahead_at_better_prices": quantity[sum(each.quantity_lots for each in better)],
        }


def _price(format_: InstrumentFormat, ticks: int) -> str | None:
    return format_.price[ticks] if ticks else None


def _level(level: Level, format_: InstrumentFormat) -> View:
    return {
        "price": format_.price[level.price_ticks],
        "quantity": format_.quantity[level.quantity_lots],
        "hidden": format_.quantity[level.hidden_lots],
        "orders": level.count,
    }
