"""Commands of operator and supervisor: what is set up, and what is set while the venue runs.

Values as in `engine.vocabulary.messages.commands`, which exports these too; `by` is who sent it, empty for the venue file.
"""

from __future__ import annotations

from engine.vocabulary.messages.structs import Command


class AddAsset(Command, tag=20, frozen=True):
    """Make an asset known. Its figures are data for the liquidity tiers (LIQ-1); 0 where unknown."""

    asset: str
    kind: int
    scale: int
    """Decimals of its minor unit, 0 to 18."""
    privacy: int = 0
    market_cap_rub: int = 0
    """Two-year average market capitalisation, whole roubles."""
    turnover_rub: int = 0
    """Two-year average daily turnover, whole roubles."""
    history_years: int = 0
    issuer: str = ""
    """Who may issue, redeem and freeze it, by the name of a participant; empty: nobody but the venue."""
    terms: str = ""
    """Of a digital financial asset: what it promises, for people."""
    issue_limit: int = 0
    """The largest amount outstanding, in minor units; 0: none."""
    by: str = ""
    follows: str = ""
    """Of a security: what its price follows, an asset of this venue by name, or by its word something that is no crypto, as
    palladium. Empty: it does not say, and is taken for one on a crypto price."""


class ListInstrument(Command, tag=21, frozen=True):
    """List an instrument; it starts in phase `closed`."""

    instrument: str
    kind: int
    base: str
    quote: str
    tick_e8: int
    lot_e8: int
    min_quantity_e8: int
    max_quantity_e8: int
    max_notional: int
    """Largest value of one order, in quote minor units."""
    collar_ppm: int
    """How far from the last trade (else the reference) a market order may go, in millionths of it."""
    reference_price_e8: int = 0
    """0: none."""
    maker_fee_ppm: int = 0
    """Fee of the resting side in millionths of the notional; negative is a rebate."""
    taker_fee_ppm: int = 0
    underlying: str = ""
    """The asset whose price a note or future follows, and the name of the index that marks a future; empty for spot."""
    expiry_ns: int = 0
    """Futures: when the series is settled, nanoseconds since the epoch, UTC."""
    averaging_ns: int = 0
    """Futures: the final price is the time-weighted mean of the index over so long before expiry; 0: its last price."""
    mark_interval_ns: int = 0
    """Futures: variation margin is settled so often, at whole multiples of it since Moscow midnight; 0: by command only."""
    max_position_e8: int = 0
    """Futures: the largest position of one account, long or short; 0: none."""
    by: str = ""


class UpdateInstrument(Command, tag=85, frozen=True):
    """Change terms of an instrument from now on; None: as it is. What rests stays as it was entered.

    Values as in `ListInstrument`. Fees are those of the time of a fill. The larger of both changes only while no order is open.
    """

    instrument: str
    maker_fee_ppm: int | None = None
    taker_fee_ppm: int | None = None
    min_quantity_e8: int | None = None
    max_quantity_e8: int | None = None
    max_notional: int | None = None
    collar_ppm: int | None = None
    max_position_e8: int | None = None
    """Futures."""
    quote: str = ""
    """The asset that `max_notional` is in, which must be the instrument's; empty: it is not said."""
    reason: str = ""
    by: str = ""


class SetPhase(Command, tag=22, frozen=True):
    """Move an instrument to another phase."""

    instrument: str
    phase: int
    reason: str = ""
    by: str = ""


class OpenAccount(Command, tag=23, frozen=True):
    """Open an account of an investor, operated by a participant, held through an intermediary or (empty) directly."""

    account: str
    participant: str
    investor: str
    intermediary: str = ""
    by: str = ""
    custody: int = 0
    """How it is held: a code of `CUSTODIES` (CUST-1)."""


class Deposit(Command, tag=24, frozen=True):
    """Credit an account from outside the venue."""

    account: str
    asset: str
    amount: int
    reason: str = ""
    by: str = ""
    origin: str = ""
    """Where it comes from, for people. Needed for what the owner could not come to hold here."""


class Withdraw(Command, tag=25, frozen=True):
    """Debit what is available on an account, to outside the venue."""

    account: str
    asset: str
    amount: int
    reason: str = ""
    by: str = ""


class Tick(Command, tag=26, frozen=True):
    """Nothing but the time: runs what has become due."""


class SetTradingRules(Command, tag=27, frozen=True):
    """Set an instrument's bands, auctions and allocation. Widths are millionths of a price; 0: none; None: as it is."""

    instrument: str
    static_ppm: int | None = None
    """Around the reference price; an order outside is refused."""
    dynamic_ppm: int | None = None
    """Around the last trade; a trade outside starts a volatility auction."""
    volatility_ns: int | None = None
    """Length of a volatility auction; at first two minutes."""
    auction_random_ns: int | None = None
    """An auction that ends by the clock ends up to so much later."""
    allocation: int | None = None
    batch_ns: int | None = None
    """Above 0: continuous trading uncrosses in batches, so often."""
    by: str = ""
    replace: bool = False
    """What is None is set to what it was at first."""


class SetSchedule(Command, tag=28, frozen=True):
    """Set an instrument's trading day: `(second of the Moscow day, phase)` in increasing order; empty: none."""

    instrument: str
    steps: tuple[tuple[int, int], ...]
    by: str = ""


class SetKillSwitch(Command, tag=29, frozen=True):
    """Stop (or let go on) a participant, an investor, an instrument or the venue; `key` names which, empty for the venue."""

    scope: int
    key: str
    on: bool
    reason: str = ""
    by: str = ""


class SetLimits(Command, tag=30, frozen=True):
    """Set a participant's limits; 0: none; None: as it is."""

    participant: str
    orders_per_second: int | None = None
    max_order_value: int | None = None
    """In quote minor units, whatever the quote."""
    max_order_to_trade: int | None = None
    """Orders per trade in a trading day, tested once more than 100 orders were sent."""
    by: str = ""
    replace: bool = False
    """What is None is lifted."""


class SetRates(Command, tag=86, frozen=True):
    """Set how much may be asked of the venue, in units of about one order; both None: as its file says, which it reads at each start."""

    scope: int
    """A code of `RATE_SCOPES`: over all connections of a participant, or from an address before a login."""
    name: str = ""
    """Of a participant; empty: each that has none of its own, and of an address always."""
    units_per_second: int | None = None
    burst: int | None = None
    """So many at once."""
    reason: str = ""
    by: str = ""


class SetMarketHalt(Command, tag=31, frozen=True):
    """Halt the market when the mean move of some instruments against their references passes a threshold; 0: never."""

    threshold_ppm: int
    halt_ns: int
    instruments: tuple[str, ...]
    by: str = ""


class SetVenueRules(Command, tag=32, frozen=True):
    """Set what holds for the whole venue: the default self-trade mode, and the seed of random auction ends; None: as it is."""

    self_trade: int | None = None
    seed: str | None = None
    by: str = ""
    replace: bool = False
    """What is None is set to what it was at first."""
    test: bool | None = None
    """True marks a venue for tests, before its first account, for good: its time can be moved."""


class AdvanceTime(Command, tag=90, frozen=True):
    """Move the time of a venue for tests forward: the commands after it are not before `until_ns`."""

    until_ns: int
    """Nanoseconds since the epoch, UTC."""
    reason: str
    by: str = ""


class BustTrade(Command, tag=33, frozen=True):
    """Undo a trade of the current trading day."""

    trade_id: int
    reason: str
    by: str = ""


class RepriceTrade(Command, tag=34, frozen=True):
    """Change the price of a trade of the current trading day."""

    trade_id: int
    price_e8: int
    reason: str
    by: str = ""
