"""Events of the venue: assets, instruments, phases, accounts, settings.

Values as in `engine.vocabulary.messages.events`, which exports these too.
"""

from __future__ import annotations

from engine.vocabulary.messages.said import Values
from engine.vocabulary.messages.structs import Event


class AssetAdded(Event, tag=20):
    """An asset became known."""

    asset: str
    kind: int
    scale: int


class InstrumentListed(Event, tag=21):
    """An instrument was listed. A notional is `price_ticks * quantity_lots * unit` quote minor units."""

    instrument: str
    kind: int
    base: str
    quote: str
    tick_e8: int
    lot_e8: int
    unit: int


class PhaseChanged(Event, tag=22):
    """An instrument moved to a phase."""

    instrument: str
    phase: int
    reason: str
    until_ns: int = 0
    """When it ends by itself; 0: not by itself, or not known."""
    by: str = ""
    """Who moved it there; empty: the clock, a rule or the venue file."""


class AccountOpened(Event, tag=23):
    """An account exists now."""

    account: str
    participant: str
    investor: str
    intermediary: str


class FundsMoved(Event, tag=24):
    """A deposit (positive) or withdrawal (negative) was booked. A private report."""

    account: str
    report_seq: int
    asset: str
    amount: int
    available: int
    reserved: int
    reason: str
    movement: int = 0
    """Of a withdrawal that its account asked for, or that had to wait: the sequence number of the command that did; 0 of all else."""
    client_order_id: str = ""
    destination: str = ""


class DayEnded(Event, tag=25):
    """Moscow midnight: client order ids of the day that ended may be used again."""

    day: int
    """The day that begins, in days since 1970-01-01."""


class CommandRejected(Event, tag=26):
    """A configuration or compliance command did nothing."""

    code: int
    detail: str = ""
    """Of journals before core version 6: the words that are made at the edge now."""
    template: str = ""
    values: Values = ()


class RulesChanged(Event, tag=27):
    """A setting of the market changed: `what` names the command, `key` what it is about; a kill switch has a reason."""

    what: str
    key: str
    detail: str = ""
    """Of journals before core version 6: the words that are made at the edge now."""
    reason: str = ""
    by: str = ""
    template: str = ""
    values: Values = ()


class TimeAdvanced(Event, tag=90):
    """The time of a venue for tests goes on from `until_ns`. What falls due until then happens with the commands behind this one."""

    until_ns: int
    """Nanoseconds since the epoch, UTC."""
    reason: str = ""
    by: str = ""


class MarketHalted(Event, tag=28):
    """The index moved too far: the market is halted until then. `index_ppm` is 1000000 at the references."""

    index_ppm: int
    until_ns: int
