"""Events of clearing: index and marks of futures, margin and defaults, transfers, freezes, issuance.

Values as in `engine.vocabulary.messages.events`, which exports these too. Amounts are in minor units of their asset.
"""

from __future__ import annotations

from engine.vocabulary.messages.said import Values
from engine.vocabulary.messages.structs import Event


class IndexPriceSet(Event, tag=50):
    """The price of an index, from a stated source."""

    index: str
    price_e8: int
    source: str


class FutureMarked(Event, tag=51):
    """A future was marked; the variation margin of each holder follows. `final`: it was settled and trades no more."""

    instrument: str
    price_ticks: int
    open_interest_lots: int
    final: bool


class VariationMargin(Event, tag=52):
    """What an account gains (positive) or loses by a mark. A private report."""

    account: str
    report_seq: int
    instrument: str
    position_lots: int
    """Above 0: long; at a final mark what it was."""
    price_ticks: int
    amount: int
    """As booked: after what a loser could not pay and what a winner bore of it."""
    available: int
    reserved: int


class MarginCalled(Event, tag=53):
    """Cover of the account's positions is missing; if it still is then, they are closed out. A private report."""

    account: str
    report_seq: int
    asset: str
    missing: int
    until_ns: int


class MarginRestored(Event, tag=54):
    """A margin call is over: nothing is missing. A private report."""

    account: str
    report_seq: int
    asset: str


class CloseOutStarted(Event, tag=55):
    """A position is closed out: an order of the venue on the account follows. A private report."""

    account: str
    report_seq: int
    instrument: str
    position_lots: int
    reason: str


class DefaultDeclared(Event, tag=56):
    """An account could not pay what it lost by a mark: the shortfall is shared among those who gained. A private report."""

    account: str
    report_seq: int
    instrument: str
    asset: str
    shortfall: int


class LossShared(Event, tag=57):
    """What an account that gained by a mark bore of a shortfall. A private report."""

    account: str
    report_seq: int
    instrument: str
    asset: str
    amount: int


class Transferred(Event, tag=58):
    """An asset moved from one account to another. A private report to both."""

    transfer_id: int
    """The sequence number of its command."""
    from_account: str
    from_report_seq: int
    to_account: str
    to_report_seq: int
    client_order_id: str
    asset: str
    amount: int
    purpose: int
    contract_reference: str
    from_available: int
    to_available: int


class TransferStatus(Event, tag=59):
    """Answer to a resent transfer or withdrawal (P5): how it stands, or `code` says why it was rejected.

    Not a report: it has no sequence number.
    """

    account: str
    client_order_id: str
    transfer_id: int
    code: int
    status: int = 0
    """How it ended, or that it waits; means nothing of one that was rejected."""


class MovementHeld(Event, tag=62):
    """A withdrawal, transfer or redemption waits, and its amount is set aside. A private report of the account that it leaves.

    Told again when what it waits for has changed.
    """

    movement: int
    """The sequence number of the command that asked for it."""
    account: str
    report_seq: int
    client_order_id: str
    """Empty: it was asked for by the operator or an issuer."""
    kind: int
    asset: str
    amount: int
    to_account: str
    """Of a transfer."""
    purpose: int
    """Of a transfer; -1 of all others."""
    contract_reference: str
    destination: str
    """Of a withdrawal that was asked for by a participant."""
    until_ns: int
    """It waits until then; 0: for no time."""
    waits_for_word: bool
    """Whether it waits for a supervisor's word."""
    rule: str
    rules: tuple[str, ...]
    """By which it waits."""
    available: int
    held: int
    """All that is set aside of the asset on the account."""


class MovementEnded(Event, tag=63):
    """A withdrawal, transfer or redemption waits no longer. A private report of the account that it was to leave.

    Carried out: FundsMoved, Transferred or AssetIssued follows. Else its amount is available again.
    """

    movement: int
    account: str
    report_seq: int
    outcome: int
    asset: str
    amount: int
    by: str
    """Who released or refused it; empty: the clock, its own account, or a rule."""
    reason: str
    template: str
    """Why it failed, with `values`; empty: it did not."""
    values: Values
    rule: str
    """The rule that decided so."""
    available: int
    held: int
    client_order_id: str = ""


class HoldingFrozen(Event, tag=60):
    """So much of what an account holds can't be sold or moved. A private report."""

    account: str
    report_seq: int
    asset: str
    frozen: int
    available: int
    reserved: int
    reason: str
    by: str = ""


class AssetIssued(Event, tag=61):
    """An asset was issued to an account, or (negative) redeemed from it. A private report."""

    account: str
    report_seq: int
    asset: str
    issuer: str
    amount: int
    outstanding: int
    """Issued and not redeemed, over all accounts."""
    available: int
    reserved: int


class HoldingArrested(Event, tag=64):
    """A paper arrests a part of a holding, or (`claimed` 0) does so no longer. A private report."""

    account: str
    report_seq: int
    asset: str
    arrest: str
    """The paper's number."""
    authority: str
    dated: str
    claimed: int
    """What this paper claims of the holding; -1: all of it, and all that comes."""
    sales_allowed: bool
    arrested: int
    """What all papers together have arrested of it."""
    available: int
    reserved: int
    frozen: int
    reason: str
    by: str = ""
