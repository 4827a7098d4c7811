"""The living state of the core: instruments, balances, accounts, orders. Native classes with typed fields."""

from __future__ import annotations

from typing import Final

from engine.codes import BUY, NEW


class Asset:
    """Something that can be held. Amounts of it are integers in minor units of 10**-scale."""

    def __init__(self, asset: str, index: int, kind: int, scale: int) -> None:
        self.asset: Final = asset
        self.index: Final = index
        self.kind: Final = kind
        self.scale: Final = scale
        self.supply: int = 0
        """Sum over all accounts and the fee account."""
        self.fees: int = 0
        """Fees collected, less rebates paid: the venue's own balance."""


class Instrument:
    """What can be traded, and the integers that turn ticks and lots into money.

    A notional is `price_ticks * quantity_lots * unit` quote minor units, exactly; a quantity is
    `quantity_lots * lot_base` base minor units.
    """

    def __init__(
        self,
        instrument: str,
        index: int,
        kind: int,
        base: Asset,
        quote: Asset,
        tick_e8: int,
        lot_e8: int,
        unit: int,
        lot_base: int,
        underlying: str,
    ) -> None:
        self.instrument: Final = instrument
        self.index: Final = index
        self.kind: Final = kind
        self.base: Final = base
        self.quote: Final = quote
        self.tick_e8: Final = tick_e8
        self.lot_e8: Final = lot_e8
        self.unit: Final = unit
        self.lot_base: Final = lot_base
        self.underlying: Final = underlying
        self.min_lots: int = 1
        self.max_lots: int = 0
        self.max_notional: int = 0
        self.collar_ppm: int = 0
        self.maker_fee_ppm: int = 0
        self.taker_fee_ppm: int = 0


class Balance:
    """What one account holds of one asset, in minor units. Neither part is ever negative."""

    def __init__(self) -> None:
        self.available: int = 0
        self.reserved: int = 0


class Account:
    """An investor's account, operated by one participant."""

    def __init__(self, account: str, index: int, participant: str, investor: str, intermediary: str) -> None:
        self.account: Final = account
        self.index: Final = index
        self.participant: Final = participant
        self.investor: Final = investor
        self.intermediary: Final = intermediary
        self.report_seq: int = 0
        self.balances: dict[int, Balance] = {}
        """By asset index; an asset never held is absent."""
        self.open_orders: dict[int, Order] = {}
        """Resting orders by order id, in order of entry."""
        self.client_ids: dict[str, Order] = {}
        """Every order of the trading day by client order id, rejected ones too (P5)."""

    def balance(self, asset: Asset) -> Balance:
        """The balance of an asset, created empty when first asked for."""
        found = self.balances.get(asset.index)
        if found is None:
            found = Balance()
            self.balances[asset.index] = found
        return found


class Order:
    """One order, from entry to the end of its trading day.

    `instrument` is None only in an order that was rejected before its instrument was found.
    """

    def __init__(
        self,
        order_id: int,
        account: Account,
        client_order_id: str,
        instrument: Instrument | None,
        instrument_name: str,
        side: int,
        order_type: int,
        time_in_force: int,
        post_only: bool,
        price_e8: int,
        quantity_e8: int,
    ) -> None:
        self.order_id: Final = order_id
        self.account: Final = account
        self.client_order_id: Final = client_order_id
        self.instrument: Final = instrument
        # The content it came with: a resent request is compared with these (P5).
        self.instrument_name: Final = instrument_name
        self.side: Final = side
        self.order_type: Final = order_type
        self.time_in_force: Final = time_in_force
        self.post_only: Final = post_only
        self.price_e8: Final = price_e8
        self.quantity_e8: Final = quantity_e8
        # What it is now.
        self.status: int = NEW
        self.price_ticks: int = 0
        """The limit; for a market order its collar."""
        self.quantity_lots: int = 0
        self.filled_lots: int = 0
        self.leaves_lots: int = 0
        self.reject_code: int = 0
        self.reject_rule: str = ""
        # Clearing: what is reserved for it, and its fee so far, exact in millionths (`fee_numerator`) and as charged.
        self.reserved: int = 0
        self.fee_numerator: int = 0
        self.fee_charged: int = 0
        # Its place in the book; None while it does not rest.
        self.level: Level | None = None
        self.previous: Order | None = None
        self.next: Order | None = None

    @property
    def is_buy(self) -> bool:
        """Whether it buys the base asset."""
        return self.side == BUY


class Level:
    """All orders resting at one price, first in first out: a doubly linked list and its sums."""

    def __init__(self, price_ticks: int) -> None:
        self.price_ticks: Final = price_ticks
        self.quantity_lots: int = 0
        self.count: int = 0
        self.head: Order | None = None
        self.tail: Order | None = None
