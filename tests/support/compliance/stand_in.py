"""A hook that passes everything on to another one: what subclasses of it look at is what the core asks."""

from __future__ import annotations

from compliance import ComplianceHook
from engine.book.assets import Asset
from engine.book.entities import Account, Instrument, Order
from engine.state.hook import Outcome, PreTradeHook, Verdict
from engine.vocabulary.messages.commands import AddAsset, Command, ListInstrument, RequestDelivery, Transfer
from engine.vocabulary.messages.events import Event
from engine.vocabulary.problem import Problem


class StandIn(PreTradeHook):
    """Passes everything on to a hook."""

    def __init__(self, hook: ComplianceHook) -> None:
        super().__init__()
        self.hook = hook

    def check(self, order: Order, price_ticks: int, leaves_lots: int, time_ns: int) -> Verdict | None:
        return self.hook.check(order, price_ticks, leaves_lots, time_ns)

    def reserve(self, order: Order, price_ticks: int, leaves_lots: int) -> None:
        self.hook.reserve(order, price_ticks, leaves_lots)

    def recheck(self, order: Order, time_ns: int) -> Verdict | None:
        return self.hook.recheck(order, time_ns)

    def true_up(self, order: Order) -> None:
        self.hook.true_up(order)

    def followed(self) -> tuple[type[Event], ...]:
        return self.hook.followed()

    def observe(self, event: Event, time_ns: int) -> None:
        self.hook.observe(event, time_ns)

    def check_transfer(self, transfer: Transfer, time_ns: int) -> Verdict | None:
        return self.hook.check_transfer(transfer, time_ns)

    def check_delivery(self, request: RequestDelivery, time_ns: int) -> Verdict | None:
        return self.hook.check_delivery(request, time_ns)

    def add_asset(self, asset: Asset, command: AddAsset, time_ns: int) -> Problem | None:
        return self.hook.add_asset(asset, command, time_ns)

    def list_instrument(self, instrument: Instrument, command: ListInstrument, time_ns: int) -> Problem | None:
        return self.hook.list_instrument(instrument, command, time_ns)

    def account_opened(self, account: Account) -> None:
        self.hook.account_opened(account)

    def apply(self, command: Command, time_ns: int) -> Outcome:
        return self.hook.apply(command, time_ns)

    def day_ended(self, time_ns: int) -> Outcome:
        return self.hook.day_ended(time_ns)

    def snapshot(self) -> bytes:
        return self.hook.snapshot()
