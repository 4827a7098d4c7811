"""What accounts have, what their open orders hold back, and what covers their positions: counted afresh, every time."""

from __future__ import annotations

from typing import Any

from engine.vocabulary import codes
from engine.vocabulary.limits import MAX_SUPPLY
from engine.vocabulary.messages import commands
from tests.reference.state import LEG, PPM, STOP, RefInstrument, RefOrder, State, round_up


class Money(State):
    """An account's total of an asset is available, reserved by spot orders, held to cover positions, set aside, or arrested."""

    def __init__(self) -> None:
        super().__init__()
        self.movements: dict[int, Any] = {}
        """What waits to leave an account, by the sequence number of the command that asked for it."""
        self.papers: dict[str, commands.Arrest] = {}
        """In force, by number."""
        self.claims: dict[tuple[str, str, str], int] = {}
        """By account, asset and paper."""
        self.arrested: dict[tuple[str, str], int] = {}
        """By account and asset."""

    def set_aside(self, account: str, asset: str) -> int:
        """What waits to leave the account."""
        asked = [each.request for each in self.movements.values()]
        return sum(each.amount for each in asked if (each.account, each.asset) == (account, asset))

    # ── arrests ────────────────────────────────────────────────────────────────────────────────────────────────────

    def claimed(self, account: str, asset: str) -> int:
        """What papers claim of a holding: what each came to, or all that there ever is."""
        found = sum(claim for (who, what, _), claim in self.claims.items() if (who, what) == (account, asset))
        for paper in self.papers.values():
            owner = self.accounts[account].investor
            if paper.share_ppm == PPM and paper.asset in ("", asset) and (paper.account or account) == account:
                found += MAX_SUPPLY * (not paper.investor or paper.investor == owner)
        return found

    def take_up(self) -> None:
        """Arrest what has become free, as far as papers claim it."""
        for account in self.accounts if self.papers else ():
            for asset in self.assets:
                held = self.arrested.get((account, asset), 0)
                more = min(self.claimed(account, asset) - held, max(self.free(account, asset), 0))
                if more > 0:
                    self.arrested[(account, asset)] = held + more

    # ── spot: what an order holds back ─────────────────────────────────────────────────────────────────────────────

    def price_reserved_at(self, order: RefOrder) -> int:
        waits_for_market = order.where == STOP and order.type != codes.STOP_LIMIT
        if order.type == codes.PEGGED:
            return order.limit
        return order.worst if waits_for_market else order.price

    def asset_of(self, order: RefOrder) -> str:
        """The asset in which an order costs something before it trades."""
        terms = self.terms(order)
        return terms.quote if order.buys or terms.future else terms.base

    def needed(self, order: RefOrder) -> int:
        """What an open spot order holds back, taken alone."""
        terms = self.terms(order)
        if order.where == LEG or terms.future:
            return 0
        if order.type == codes.MARKET and order.request.funds:
            if order.buys:
                return order.request.funds
            return order.request.funds // (order.price * terms.unit) * terms.lot_base
        if not order.buys:
            return order.leaves * terms.lot_base
        value = self.price_reserved_at(order) * order.leaves * terms.unit
        return value + self.largest_fee(order, value)

    def largest_fee(self, order: RefOrder, value: int) -> int:
        """What an order may still be charged when it trades a value."""
        terms = self.terms(order)
        return round_up(order.exact_fee + value * max(terms.maker_ppm, terms.taker_ppm, 0)) - order.paid

    def holds(self, order: RefOrder) -> int:
        """What an open spot order holds back: the second of a pair only what it needs more than the first."""
        if order.partner is not None and order.partner.entered < order.entered:
            return max(self.needed(order) - self.needed(order.partner), 0)
        return self.needed(order)

    def held_by_orders(self, account: str, asset: str) -> int:
        mine = [order for order in self.live if order.account == account and self.asset_of(order) == asset]
        return sum(self.holds(order) for order in mine)

    # ── futures: what covers a position and what could become one ──────────────────────────────────────────────────

    def counts(self, account: str, instrument: str) -> list[RefOrder]:
        """The open orders that could change a position."""
        mine = [order for order in self.live if order.account == account and order.name == instrument]
        return [order for order in mine if order.where != LEG and not order.closes_out]

    def cover_if_filled(self, account: str, terms: RefInstrument, orders: list[RefOrder]) -> int:
        """What must cover a position once some orders have filled. Those that only reduce it fill together as far as it goes."""
        position = self.position(account, terms.name)
        plain = [order for order in orders if not order.request.reduce_only]
        lots = position.lots + sum(order.signed for order in plain)
        values = [order.signed * self.price_reserved_at(order) * terms.unit for order in plain]
        bought = min(sum(o.leaves for o in orders if o.request.reduce_only and o.buys), max(-position.lots, 0))
        sold = min(sum(o.leaves for o in orders if o.request.reduce_only and not o.buys), max(position.lots, 0))
        # Bought at the upper band, sold for nothing: worse than any price that they may get.
        lots += bought - sold
        values.append(bought * terms.upper * terms.unit)
        return max(position.carried + sum(values), 0) + max(-lots, 0) * terms.upper * terms.unit

    def fee_in_future(self, order: RefOrder) -> int:
        """The largest fee of a future's order, which a sell may also trade at a higher price."""
        terms, price = self.terms(order), self.price_reserved_at(order)
        if order.request.reduce_only:
            return 0
        return self.largest_fee(order, (price if order.buys else max(price, terms.upper)) * order.leaves * terms.unit)

    def cover_in(self, account: str, terms: RefInstrument, without: RefOrder | None = None) -> int:
        """The most of what is needed if nothing fills, all open buys, all open sells, or all; with the fees of these."""
        orders = [order for order in self.counts(account, terms.name) if order is not without]
        buys = [order for order in orders if order.buys]
        sells = [order for order in orders if not order.buys]
        # Where nothing is open on a side, these are the same: once each.
        ways = [[], buys, sells, orders] if buys and sells else [[], orders] if orders else [[]]
        return max(
            self.cover_if_filled(account, terms, filled) + sum(self.fee_in_future(order) for order in filled)
            for filled in ways
        )

    def cover(self, account: str, asset: str) -> int:
        futures = [
            terms for terms in self.instruments.values() if terms.quote == asset and terms.future and not terms.expired
        ]
        return sum(self.cover_in(account, terms) for terms in futures)

    # ── what is left ───────────────────────────────────────────────────────────────────────────────────────────────

    def owned(self, account: str, asset: str) -> int:
        """What an account has that spot orders do not hold back, that does not wait to leave it, and no paper arrests."""
        held = self.held_by_orders(account, asset) + self.set_aside(account, asset)
        return self.accounts[account].totals.get(asset, 0) - held - self.arrested.get((account, asset), 0)

    def free(self, account: str, asset: str) -> int:
        """What is left beside orders and cover; below zero: so much cover is missing."""
        return self.owned(account, asset) - self.cover(account, asset)

    def available(self, account: str, asset: str) -> int:
        return max(self.free(account, asset), 0)

    def reserved(self, account: str, asset: str) -> int:
        """What is not available: held back by spot orders, or held as cover as far as there is any."""
        total = self.accounts[account].totals.get(asset, 0)
        aside = self.set_aside(account, asset) + self.arrested.get((account, asset), 0)
        return total - self.available(account, asset) - aside

    def free_for(self, order: RefOrder) -> int:
        self.take_up()
        return self.free(order.account, self.asset_of(order))

    def free_if(self, order: RefOrder, where: str | None, price: int) -> int:
        """What would be free if an order were elsewhere and had another price."""
        self.take_up()
        now = order.where, order.price
        order.where, order.price = where, price
        free = self.free(order.account, self.asset_of(order))
        order.where, order.price = now
        return free

    def affordable(self, order: RefOrder, free_before: int) -> bool:
        """Whether nothing is missing now, or no more than before the order became what it is."""
        return self.free_for(order) >= min(free_before, 0)

    def credit(self, account: str, asset: str, amount: int) -> None:
        totals = self.accounts[account].totals
        totals[asset] = totals.get(asset, 0) + amount
