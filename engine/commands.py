"""Commands: all that may change the state of a venue. Plain data; the journal stores them as they are.

Arrays on the wire of the journal (`array_like`), tagged by a small integer that is never reused. New fields go last
and have a default, so that an old journal still decodes. `price_e8` and `quantity_e8` are decimals scaled by 10**8;
`amount` is in minor units of its asset. Sides, types and the like are the integers of `engine.codes`.
"""

from __future__ import annotations

import msgspec


class Command(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """What all commands are: an immutable value, equal by content."""


# ── trading: issued by participants. `participant` is who is logged in; it must own or operate the account. ────────


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
    post_only: bool = False


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


# ── configuration: issued by the operator. ─────────────────────────────────────────────────────────────────────────


class AddAsset(Command, tag=20, frozen=True):
    """Make an asset known. Its figures are data for the liquidity tiers (LIQ-1); 0 where unknown."""

    asset: str
    kind: int
    scale: int
    """Decimals of its minor unit, 0 to 8."""
    privacy: int = 0
    market_cap_rub: int = 0
    """Two-year average market capitalisation, whole roubles."""
    turnover_rub: int = 0
    """Two-year average daily turnover, whole roubles."""
    history_years: int = 0
    issuer: str = ""


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
    """The asset whose price a note or future follows; empty for spot."""


class SetPhase(Command, tag=22, frozen=True):
    """Move an instrument to another phase."""

    instrument: str
    phase: int
    reason: str = ""


class OpenAccount(Command, tag=23, frozen=True):
    """Open an account of an investor, operated by a participant, held through an intermediary or (empty) directly."""

    account: str
    participant: str
    investor: str
    intermediary: str = ""


class Deposit(Command, tag=24, frozen=True):
    """Credit an account from outside the venue."""

    account: str
    asset: str
    amount: int
    reason: str = ""


class Withdraw(Command, tag=25, frozen=True):
    """Debit what is available on an account, to outside the venue."""

    account: str
    asset: str
    amount: int
    reason: str = ""


class Tick(Command, tag=26, frozen=True):
    """Nothing but the time: runs what has become due."""


# ── compliance: forwarded to the hook, which alone knows what they mean. ───────────────────────────────────────────


class LoadRulebook(Command, tag=40, frozen=True):
    """Put a rulebook in force. It travels whole: the TOML of the book and of those it includes, by name."""

    name: str
    documents: dict[str, str]
    by: str = ""
    reason: str = ""


class RegisterInvestor(Command, tag=41, frozen=True):
    """Register an investor, or replace the record. Evidence in whole roubles; the rulebook makes the class of it."""

    investor: str
    kind: int
    resident: bool = True
    assets_rub: int = 0
    """Individuals: securities and deposits. Firms: net assets."""
    income_rub: int = 0
    """Individuals: last year's income. Firms: last year's revenue."""
    financial: bool = False
    """A bank or another financial firm."""
    capital_rub: int = 0
    blocked: bool = False
    class_override: str = ""
    """A class set by the supervisor instead of the derived one; the reason is then required."""
    reason: str = ""


class RegisterIntermediary(Command, tag=42, frozen=True):
    """Register an intermediary, or replace the record; `suspended` stops its clients from buying (INT-1)."""

    intermediary: str
    licensed: bool = True
    capital_rub: int = 0
    suspended: bool = False
    reason: str = ""


class RecordTest(Command, tag=43, frozen=True):
    """Record the result of an investor's test: `knowledge` (RET-3) or `risk` (QUAL-1)."""

    investor: str
    test: str
    score: int
    """Percent, 0 to 100."""
    taken_ns: int
    """When it was taken, nanoseconds since the epoch, UTC."""


class RecordAcknowledgement(Command, tag=44, frozen=True):
    """Record that an investor acknowledged a version of the risk warning (RISK-1)."""

    investor: str
    version: int


class SetBlocked(Command, tag=45, frozen=True):
    """Put an investor on the list of blocked owners, or take it off (SAN-1)."""

    investor: str
    blocked: bool
    reason: str = ""


TradingCommand = NewOrder | AmendOrder | CancelOrder | MassCancel
HookCommand = LoadRulebook | RegisterInvestor | RegisterIntermediary | RecordTest | RecordAcknowledgement | SetBlocked
AnyCommand = (
    NewOrder
    | AmendOrder
    | CancelOrder
    | MassCancel
    | AddAsset
    | ListInstrument
    | SetPhase
    | OpenAccount
    | Deposit
    | Withdraw
    | Tick
    | LoadRulebook
    | RegisterInvestor
    | RegisterIntermediary
    | RecordTest
    | RecordAcknowledgement
    | SetBlocked
)


class Sequenced(msgspec.Struct, array_like=True, gc=False, frozen=True):
    """A command with its place and time: `seq` is dense from 1, `time_ns` (since the epoch, UTC) never decreases."""

    seq: int
    time_ns: int
    command: AnyCommand
