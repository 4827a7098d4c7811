"""Pairs and brackets: their tests, and the legs of a bracket that begin when its entry has ended."""

from __future__ import annotations

from engine.vocabulary import codes
from engine.vocabulary.messages import commands
from tests.reference.entry import Entry
from tests.reference.state import DATED, INCOMING, LEG, STOP, STOPS, RefOrder


class Lists(Entry):
    """Orders that belong together."""

    def enter_list(self, requests: tuple[commands.NewOrder, ...], account: str, participant: str) -> None:
        """Enter a pair (limit, stop) or a bracket (entry, take-profit, stop)."""
        orders = [self.new_order(request, index) for index, request in enumerate(requests)]
        if not self.operates(account, participant):
            self.refuse(account, 0, requests[0].client_order_id, codes.PERMISSION)
            return
        earlier = [self.accounts[account].by_client_id.get(r.client_order_id) for r in requests]
        if all(old is not None and old.request == r for old, r in zip(earlier, requests, strict=True)):
            for old in earlier:
                self.status(old)
            return
        names = [request.client_order_id for request in requests]
        if len(dict.fromkeys(names)) < len(names):
            self.refuse(account, 0, names[0], codes.DUPLICATE_ID)
            return
        for order, old in zip(orders, earlier, strict=True):
            if old is None:
                self.use_id(order)
        problems = self.list_problems(orders, earlier)
        if any(problems):
            for order, code in zip(orders, problems, strict=True):
                self.reject(order, code or codes.INVALID)
            return
        limit, stop = orders[-2:]
        for order in orders:
            if len(orders) == 3 and order is not orders[0]:
                self.add_live(order, LEG)
            self.accept(order)
        if len(orders) == 3:
            orders[0].legs = (limit, stop)
            limit.partner, stop.partner = stop, limit
            self.start(orders[0])
        else:
            limit.partner, stop.partner = stop, limit
            stop.where = STOP
            self.start(limit)
            self.trigger_if_reached(stop)
        self.work_off()

    def list_problems(self, orders: list[RefOrder], earlier: list[RefOrder | None]) -> list[int]:
        """The fault of each order of a list; 0: none of its own. What can be paid is looked at last, one by one."""
        if any(earlier):
            return [codes.DUPLICATE_ID if old is not None else codes.OK for old in earlier]
        fits = self.fit([order.request for order in orders])
        first_tests = (codes.UNKNOWN_INSTRUMENT, codes.KILL_SWITCH, codes.ORDER_LIMITS, codes.PHASE)
        bracket = len(orders) == 3
        problems, ahead = [], 0
        for index, order in enumerate(orders):
            problems.append(self.early_problem(order, leg=bracket and index > 0, ahead=ahead))
            if order.name in self.instruments:
                ahead += self.parts_asked_for(order.request) * self.may_rest(order)
        problems = [code if fits or code in first_tests else codes.INVALID for code in problems]
        if bracket:
            return problems if any(problems) else [self.market_problem(orders[0], self.terms(orders[0])), 0, 0]
        limit, stop = orders
        if not any(problems):
            problems[0] = self.market_problem(limit, self.terms(limit))
        if not any(problems):
            # The stop finds held back what its pair needs.
            limit.partner, stop.partner = stop, limit
            self.add_live(limit, INCOMING)
            problems[1] = self.market_problem(stop, self.terms(stop))
            self.live.remove(limit)
            limit.where = limit.partner = stop.partner = None
        return problems

    @staticmethod
    def fit(requests: list[commands.NewOrder]) -> bool:
        """Whether the orders of a list belong together."""
        limit, stop = requests[-2:]
        entry = requests[0]
        same = all(r.instrument == entry.instrument and r.quantity_e8 == entry.quantity_e8 for r in requests)
        types = limit.order_type == codes.LIMIT and stop.order_type in (codes.STOP, codes.STOP_LIMIT)
        types = types and limit.time_in_force in DATED
        if len(requests) == 3:
            types = types and entry.side != limit.side and not entry.funds and entry.order_type not in STOPS
        mine = all((r.account, r.participant) == (entry.account, entry.participant) for r in requests)
        return same and types and mine and limit.side == stop.side

    def start_legs(self, entry: RefOrder) -> None:
        """The entry of a bracket has ended: its legs become a pair with what it filled."""
        assert entry.legs is not None
        limit, stop = entry.legs
        entry.legs = None
        if not limit.live or not stop.live:
            return
        if not entry.filled:
            limit.partner = stop.partner = None
            for leg in (limit, stop):
                self.end(leg, codes.ENTRY_ENDED)
            return
        for leg in (limit, stop):
            lots = min(entry.filled, self.reduces(leg)) if leg.request.reduce_only else entry.filled
            if not lots:
                self.end(leg, codes.NOTHING_TO_REDUCE)
                return
            if lots != leg.quantity:
                leg.quantity = leg.leaves = lots
                self.amended(leg, kept=False)
        for leg, where in ((limit, INCOMING), (stop, STOP)):
            leg.where = where
            if not self.affordable(leg, self.free_if(leg, LEG, leg.price)):
                self.end(leg, codes.NO_FUNDS)
                return
        self.take_in(limit)
