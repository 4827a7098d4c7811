"""Commands of participants. `participant` is who is logged in; it must own or operate the account.

Values as in `engine.vocabulary.messages.commands`, which exports these too.
"""

from __future__ import annotations

from engine.vocabulary.messages.structs import Command


class NewOrder(Command, tag=1, frozen=True):
    """Enter an order. The order's id will be the sequence number of this command."""

    participant: str
    account: str
    client_order_id: str
    instrument: str
    side: int
    order_type: int
    time_in_force: int
    price_e8: int
    """Limit price; 0 for a market order."""
    quantity_e8: int
    post_only: int = 0
    self_trade: int = -1
    """Mode of self-trade prevention; -1: the venue's."""
    display_e8: int = 0
    """Iceberg: the largest quantity shown at once."""
    min_quantity_e8: int = 0
    """Immediate or cancel: fill at least so much, or nothing."""
    stop_price_e8: int = 0
    trail_e8: int = 0
    """Trailing stop: distance in price, or 0 if `trail_bps` gives it."""
    trail_bps: int = 0
    """Trailing stop: distance in basis points of the best price since entry."""
    peg: int = -1
    """Pegged: to what; -1 for all other types."""
    peg_offset_e8: int = 0
    """Pegged: added to the price it follows; signed."""
    expire_ns: int = 0
    """Good till date: nanoseconds since the epoch, UTC."""
    reduce_only: bool = False
    """Futures: may only make a position smaller."""
    funds: int = 0
    """Market order: a budget in quote minor units instead of a quantity."""


class AmendOrder(Command, tag=2, frozen=True):
    """Change price and total quantity of a resting order, named by `order_id` or, if 0, by `client_order_id`."""

    participant: str
    account: str
    order_id: int
    client_order_id: str
    price_e8: int
    """The new limit price; 0 leaves it."""
    quantity_e8: int
    """The new total quantity, filled part included; 0 leaves it."""
    stop_price_e8: int = 0
    """The new stop price of a stop that waits; 0 leaves it."""
    display_e8: int = 0
    """The new display quantity of an iceberg; 0 leaves it."""


class CancelOrder(Command, tag=3, frozen=True):
    """Cancel one resting order, named as in `AmendOrder`."""

    participant: str
    account: str
    order_id: int
    client_order_id: str


class MassCancel(Command, tag=4, frozen=True):
    """Cancel all resting orders of an account, newest first, or those of one instrument or side."""

    participant: str
    account: str
    instrument: str = ""
    """Empty: every instrument."""
    side: int = -1
    """-1: both sides."""


class NewOrderPair(Command, tag=5, frozen=True):
    """Enter two orders of which one cancels the other: a limit order and a stop, of one side, instrument and quantity."""

    participant: str
    account: str
    limit: NewOrder
    stop: NewOrder


class NewBracket(Command, tag=6, frozen=True):
    """Enter an order with a take-profit (limit) and a stop on the other side, which wait until it has ended."""

    participant: str
    account: str
    entry: NewOrder
    take_profit: NewOrder
    stop: NewOrder


class MassQuote(Command, tag=7, frozen=True):
    """Replace all quotes of an account in an instrument by a ladder of `(price_e8, quantity_e8)`, best first."""

    participant: str
    account: str
    quote_id: str
    """The quotes' client order ids are `quote_id:b0`, `:b1`, ... and `:a0`, `:a1`, ..."""
    instrument: str
    bids: tuple[tuple[int, int], ...]
    asks: tuple[tuple[int, int], ...]
    post_only: int = 0
    self_trade: int = -1


class Transfer(Command, tag=8, frozen=True):
    """Move an asset from an account of the sender's to another; what it is for decides which rules look at it."""

    participant: str
    account: str
    client_order_id: str
    """The sender's own id of the transfer, from the same names as those of orders (P5)."""
    to_account: str
    asset: str
    amount: int
    purpose: int
    contract_reference: str = ""
    """Of a cross-border settlement (SET-1)."""


class RequestWithdrawal(Command, tag=10, frozen=True):
    """Take an asset out of the venue. It may have to wait (AML-2, COOL-1)."""

    participant: str
    account: str
    client_order_id: str
    """The sender's own id of it, from the same names as those of orders (P5)."""
    asset: str
    amount: int
    destination: str
    """Where it is to go, for the operator: an account of a bank, an address."""


class CancelWithdrawal(Command, tag=11, frozen=True):
    """Give up a withdrawal or a transfer of an account that waits."""

    participant: str
    account: str
    movement: int
    """The sequence number of the command that asked for it."""


class RequestDelivery(Command, tag=9, frozen=True):
    """Ask for the underlying of a derivative instead of money. Nothing here is ever delivered (DER-1)."""

    participant: str
    account: str
    instrument: str
    quantity_e8: int
