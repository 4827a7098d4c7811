"""Amends, cancels, mass cancels and mass quotes."""

from __future__ import annotations

from engine.vocabulary import codes
from engine.vocabulary.limits import MAX_QUOTES_PER_SIDE
from engine.vocabulary.messages import commands, events
from tests.reference.calls import QUIET
from tests.reference.lists import Lists
from tests.reference.state import BOOK, COLLECTED, INCOMING, PARKED, PEG_OFF, STOP, RefInstrument, RefOrder

Named = commands.CancelOrder | commands.AmendOrder


class Changes(Lists):
    """What participants do to orders that are open."""

    def refuse(self, account: str, order_id: int, client_order_id: str, code: int) -> None:
        number = 0 if code == codes.PERMISSION else self.report(account)
        self.emit(events.RequestRejected(account, number, order_id, client_order_id, code, ""))

    def find(self, request: Named) -> RefOrder | None:
        """The open order that a request names, or a refusal."""
        if not self.operates(request.account, request.participant):
            self.refuse(request.account, request.order_id, request.client_order_id, codes.PERMISSION)
            return None
        for order in self.live:
            if order.account == request.account and (
                order.id == request.order_id
                if request.order_id
                else order.request.client_order_id == request.client_order_id
            ):
                return order
        self.refuse(request.account, request.order_id, request.client_order_id, codes.UNKNOWN_ORDER)
        return None

    def cancel(self, request: commands.CancelOrder) -> None:
        order = self.find(request)
        if order is not None:
            self.end(order, codes.BY_REQUEST)
            self.work_off()

    def mass_cancel(self, request: commands.MassCancel) -> None:
        if not self.operates(request.account, request.participant):
            self.refuse(request.account, 0, "", codes.PERMISSION)
            return
        if request.instrument and request.instrument not in self.instruments:
            self.refuse(request.account, 0, "", codes.UNKNOWN_INSTRUMENT)
            return
        chosen = [
            order
            for order in self.live
            if order.account == request.account
            and request.instrument in ("", order.name)
            and request.side in (-1, order.side)
        ]
        cancelled = self.end_newest_first(chosen, codes.MASS_CANCEL)
        self.emit(events.MassCancelled(request.account, self.report(request.account), cancelled))
        self.work_off()

    def end_newest_first(self, chosen: list[RefOrder], reason: int) -> int:
        """Cancel orders; how many. Some may end because another of them did."""
        cancelled = 0
        for order in sorted(chosen, key=lambda order: order.entered, reverse=True):
            if order.live:
                self.end(order, reason)
                cancelled += 1
        return cancelled

    # ── amends ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def amend(self, request: commands.AmendOrder) -> None:
        order = self.find(request)
        if order is None:
            return
        terms = self.terms(order)
        code = self.amend_problem(order, terms, request)
        if code == codes.OK and request.quantity_e8 and request.quantity_e8 // terms.lot_e8 <= order.filled:
            self.end(order, codes.AMENDED_AWAY)
            self.work_off()
            return
        if code == codes.OK:
            code = self.try_amend(order, terms, request)
        if code != codes.OK:
            self.refuse(order.account, order.id, order.request.client_order_id, code)
        self.work_off()

    def amend_problem(self, order: RefOrder, terms: RefInstrument, request: commands.AmendOrder) -> int:
        """The tests that do not depend on what the order would become."""
        if self.killed(order.account, order.name):
            return codes.KILL_SWITCH
        if self.counted(request.participant, order.request.reduce_only):
            return codes.ORDER_LIMITS
        if terms.phase in QUIET:
            return codes.PHASE
        price, stop = request.price_e8, request.stop_price_e8
        waits = order.where == STOP and order.type in (codes.STOP, codes.STOP_LIMIT)
        if (
            not (price or request.quantity_e8 or stop or request.display_e8)
            or (price and order.market)
            or (stop and not waits)
            or (request.display_e8 and order.type != codes.ICEBERG)
            or request.display_e8 > (request.quantity_e8 or order.quantity * terms.lot_e8)
            or order.partner is not None
            or order.legs is not None
        ):
            return codes.INVALID
        if price < 0 or stop < 0 or price % terms.tick_e8 or stop % terms.tick_e8:
            return codes.TICK
        for lots in (request.quantity_e8, request.display_e8):
            if lots < 0 or lots % terms.lot_e8:
                return codes.LOT
        return codes.OK

    def try_amend(self, order: RefOrder, terms: RefInstrument, request: commands.AmendOrder) -> int:
        """Make the order what it would become; put all back and name the problem if it may not be that."""
        before = {
            name: getattr(order, name) for name in ("price", "limit", "given", "stop", "worst", "quantity", "leaves")
        }
        before["display"] = order.display
        free_before = self.free_for(order)
        if order.where != STOP:
            order.worst = self.worst_of(order, terms)
        old_value = self.value(order, terms)
        if order.type == codes.PEGGED:
            order.given = request.price_e8 // terms.tick_e8 or order.given
            order.limit = order.given or order.limit
        else:
            order.price = request.price_e8 // terms.tick_e8 or order.price
        order.stop = request.stop_price_e8 // terms.tick_e8 or order.stop
        order.display = request.display_e8 // terms.lot_e8 or order.display
        order.quantity = request.quantity_e8 // terms.lot_e8 or order.quantity
        order.leaves = order.quantity - order.filled
        order.worst = self.worst_of(order, terms)
        larger = order.quantity > before["quantity"] or self.value(order, terms) > old_value
        parts = self.parts_of_amended(order, before)
        code = codes.OK
        if not self.has_room(order, parts - order.parts):
            code = codes.ORDER_LIMITS
        elif larger and order.quantity > terms.max_lots:
            code = codes.SIZE
        elif larger and self.value(order, terms) > self.most_value(order, terms):
            code = codes.NOTIONAL
        elif self.price_moves(order, before) and self.outside_static(terms, request.price_e8 // terms.tick_e8):
            code = codes.BAND
        elif order.leaves > before["leaves"] and not order.request.reduce_only and self.over_limit(order, terms):
            code = codes.POSITION_LIMIT
        elif order.request.reduce_only and order.leaves > self.reduces(order):
            code = codes.REDUCE_ONLY
        elif not self.affordable(order, free_before):
            code = codes.FUNDS
        elif order.request.post_only and order.price != before["price"]:
            code = codes.PHASE if terms.call else codes.POST_ONLY if self.crosses_touch(order) else codes.OK
        if code != codes.OK:
            for name, value in before.items():
                setattr(order, name, value)
            return code
        order.parts = parts
        self.carry_out(order, before)
        return codes.OK

    @staticmethod
    def price_moves(order: RefOrder, before: dict[str, int]) -> bool:
        return (order.price, order.given) != (before["price"], before["given"])

    @staticmethod
    def keeps(order: RefOrder, before: dict[str, int]) -> bool:
        """Whether an amended order keeps its place."""
        shows_more = order.display > before["display"] and min(order.display, order.leaves) > order.shown
        same = not Changes.price_moves(order, before) and order.stop == before["stop"]
        return same and order.quantity <= before["quantity"] and not shows_more

    def parts_of_amended(self, order: RefOrder, before: dict[str, int]) -> int:
        """What an amended iceberg shows, and the parts behind it."""
        if not order.display:
            return 1
        shown = min(order.shown if self.keeps(order, before) else order.leaves, order.display, order.leaves)
        return 1 + -(-(order.leaves - shown) // order.display)

    def carry_out(self, order: RefOrder, before: dict[str, int]) -> None:
        """The order is amended: it keeps its place, or comes in anew."""
        was, shown = order.where, order.shown
        keeps = self.keeps(order, before)
        if not keeps:
            order.turn = (self.seq, 0)
        if order.type == codes.PEGGED and not keeps:
            order.price = self.peg_price(order)
        if was in (STOP, PARKED) or (was == PEG_OFF and not order.price):
            self.amended(order, kept=keeps)
            if was == STOP:
                self.trigger_if_reached(order)
            return
        if keeps:
            order.shown = min(order.shown, order.leaves, order.display or order.leaves)
            self.amended(order, kept=True)
            if was == BOOK and order.shown != shown:
                self.emit(events.BookChanged(order.name, order.id, order.side, order.price, order.shown))
            return
        order.where = INCOMING
        self.amended(order, kept=False)
        if was == BOOK:
            self.emit(events.BookChanged(order.name, order.id, order.side, before["price"], 0))
        assert was in (BOOK, COLLECTED, PEG_OFF)
        self.take_in(order)

    # ── mass quotes ────────────────────────────────────────────────────────────────────────────────────────────────

    def mass_quote(self, request: commands.MassQuote) -> None:
        code = self.quote_problem(request)
        if code != codes.OK:
            self.refuse(request.account, 0, request.quote_id, code)
            return
        terms = self.instruments[request.instrument]
        old = [o for o in self.live if o.quote and o.account == request.account and o.name == request.instrument]
        kept: list[RefOrder] = []
        new: list[commands.NewOrder] = []
        for side, letter, ladder in ((codes.BUY, "b", request.bids), (codes.SELL, "a", request.asks)):
            for index, (price_e8, quantity_e8) in enumerate(ladder):
                wanted = (side, price_e8 // terms.tick_e8, quantity_e8 // terms.lot_e8)
                repeated = [o for o in old if o not in kept and (o.side, o.price, o.leaves) == wanted]
                if repeated:
                    kept.append(repeated[0])
                    continue
                new.append(
                    commands.NewOrder(
                        request.participant,
                        request.account,
                        f"{request.quote_id}:{letter}{index}",
                        request.instrument,
                        side,
                        codes.LIMIT,
                        codes.GTC,
                        price_e8,
                        quantity_e8,
                        request.post_only,
                        request.self_trade,
                    )
                )
        replaced = [order for order in old if order not in kept]
        code = self.ladder_problem(request.account, terms, new, replaced)
        if code != codes.OK:
            self.refuse(request.account, 0, request.quote_id, code)
            return
        self.end_newest_first(replaced, codes.REPLACED)
        entered = [self.enter(quote, index, quote=True, settle=False) for index, quote in enumerate(new)]
        accepted = sum(order is not None for order in entered)
        number = self.report(request.account)
        self.emit(events.MassQuoted(request.account, number, request.quote_id, len(kept), len(replaced), accepted))

    def ladder_problem(
        self, account: str, terms: RefInstrument, new: list[commands.NewOrder], replaced: list[RefOrder]
    ) -> int:
        """Why new quotes may not stand in place of old ones, whoever trades with them."""
        orders = [self.new_order(quote, index) for index, quote in enumerate(new)]
        for order in orders:
            code = self.grid_problem(terms, order.request) or self.price_problem(order, terms)
            if code != codes.OK:
                return code
        more = len(orders) - sum(order.parts for order in replaced)
        if orders and not self.has_room(orders[0], more):
            return codes.ORDER_LIMITS
        before = list(self.live)
        free_before = [self.free(account, asset) for asset in (terms.quote, terms.base)]
        self.live = [order for order in before if order not in replaced]
        for order in orders:
            self.add_live(order, INCOMING)
        after = [self.free(account, asset) for asset in (terms.quote, terms.base)]
        self.live = before
        enough = all(
            now >= 0 or (terms.future and now >= then) or not self.asks_for(orders, terms, asset)
            for now, then, asset in zip(after, free_before, (terms.quote, terms.base), strict=True)
        )
        return codes.OK if enough else codes.FUNDS

    def asks_for(self, orders: list[RefOrder], terms: RefInstrument, asset: str) -> bool:
        """Whether any of some orders costs something of an asset before it trades."""
        return any(self.asset_of(order) == asset and (terms.future or self.needed(order)) for order in orders)

    def quote_problem(self, request: commands.MassQuote) -> int:
        """Why a ladder is refused as a whole."""
        if not self.operates(request.account, request.participant):
            return codes.PERMISSION
        terms = self.instruments.get(request.instrument)
        if terms is None:
            return codes.UNKNOWN_INSTRUMENT
        if max(len(request.bids), len(request.asks)) > MAX_QUOTES_PER_SIDE:
            return codes.SIZE
        taken = self.accounts[request.account].by_client_id
        if any(name.startswith(f"{request.quote_id}:") for name in taken):
            return codes.DUPLICATE_ID
        if self.killed(request.account, request.instrument):
            return codes.KILL_SWITCH
        if terms.phase in QUIET or (request.post_only and terms.call):
            return codes.PHASE
        bids, asks = ([price for price, _ in ladder] for ladder in (request.bids, request.asks))
        if bids and asks and max(bids) >= min(asks):
            return codes.INVALID
        if any(price <= 0 or price % terms.tick_e8 for price in bids + asks):
            return codes.TICK
        lots = [quantity for _, quantity in (*request.bids, *request.asks)]
        return codes.LOT if any(quantity <= 0 or quantity % terms.lot_e8 for quantity in lots) else codes.OK
