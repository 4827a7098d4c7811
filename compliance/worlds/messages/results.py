"""What came of the same commands under the rules of the recording and under others.

Amounts, prices and quantities are exact decimals as text; shares and rates are millionths (`_ppm`). Sums over both worlds are made
alike, each from its own events. What has a pair has the recording's first.
"""

from __future__ import annotations

import msgspec

from compliance.worlds.messages.change import Change


class Verdicts(msgspec.Struct):
    """How often something was decided so."""

    request: str
    """`order`; `cancel` where a resting order was cancelled; `held` where a movement has to wait; else the command that was refused."""
    source: str
    """The rule that decided; else the reject code, or why the order was cancelled. Empty: let pass."""
    investor_class: str
    count: int


class Point(msgspec.Struct):
    """A market at the end of a slice of time. Empty texts: there was none."""

    price: str
    """Of the last trade."""
    bid: str
    ask: str
    volume: str
    """Traded so far, in base."""
    bid_depth: str
    """Shown on the best ten levels, in base."""
    ask_depth: str


class Market(msgspec.Struct):
    """One instrument. Time counts while it trades continuously, and as seen after each command."""

    instrument: str
    quote: str
    trades: int
    volume: str
    """In base."""
    value: str
    """In quote."""
    mean_price: str
    """Value by volume, rounded down to eight decimals; empty: nothing traded. As is:"""
    first_price: str
    last_price: str
    high_price: str
    low_price: str
    open_ns: int
    """How long it traded continuously."""
    quoted_ns: int
    """Of this, how long with both sides."""
    mean_spread_ppm: int
    """Time-weighted mean of (ask - bid) / mid; -1: never both sides."""
    mean_bid_depth: str
    """Time-weighted mean of what was shown at the best price, in base, over `open_ns`."""
    mean_ask_depth: str
    path: list[Point]


class Welfare(msgspec.Struct):
    """What the trades of a class came to, priced in one asset: both sides of each trade count, each for its own class.

    `against_mid`: what its buys cost less, and its sales brought more, than at the mid before the command that traded, in quote. Where
    there was no bid or no ask then, the trade is in `without_mid`.
    """

    investor_class: str
    quote: str
    trades: int
    bought: str
    """Value, in quote."""
    sold: str
    against_mid: str
    against_mid_ppm: int
    """Of the value that had a mid, rounded down."""
    without_mid: str
    """Value, in quote."""
    fees: str


class Concentration(msgspec.Struct):
    """How unevenly something is shared."""

    what: str
    """`traded by investor`, `traded by intermediary` or `held by investor`."""
    asset: str
    """The quote asset of what was traded, or what is held."""
    parties: int
    total: str
    largest: str
    """The name of the largest; empty: an account held directly."""
    top_1_ppm: int
    top_5_ppm: int
    top_10_ppm: int
    herfindahl_ppm: int
    """The sum of the squared shares."""


class Caps(msgspec.Struct):
    """How much of the annual cap (RET-1) retail has used at the end."""

    cap_rub: str
    """Empty: no cap is in force."""
    investors: int
    used_rub: str
    reserved_rub: str
    used_tenths: list[int]
    """How many investors have used nothing, up to 10 %, ... up to 100 %, and more."""


class Exposures(msgspec.Struct):
    """Exposures in derivatives and securities on crypto prices at the end, of one kind of party."""

    kind: str
    parties: int
    held_rub: str
    reserved_rub: str
    largest_rub: str


class World(msgspec.Struct):
    """One of the two worlds."""

    orders: int
    """That were asked for, each leg of a list and each quote as one, close-outs too."""
    events: dict[str, int]
    """How many there were, by kind."""
    verdicts: list[Verdicts]
    markets: list[Market]
    welfare: list[Welfare]
    concentration: list[Concentration]
    caps: Caps | None
    """None: no rulebook is in force."""
    exposures: list[Exposures]


class Fate(msgspec.Struct):
    """What became of an order in one world."""

    outcome: str
    """`refused`, `open`, `filled`, `cancelled`, or `not entered`."""
    rule: str = ""
    """That refused or cancelled it."""
    why: str = ""
    """The reject code, or the reason of the cancel."""
    filled: str = "0"
    """In base."""
    value: str = "0"
    """Of what was filled, in quote."""
    template: str = ""
    """What is said of it, and with which values."""
    values: tuple[object, ...] = ()


class ChangedOrder(msgspec.Struct):
    """An order with another fate."""

    order_id: int
    seq: int
    time_ns: int
    """When it came; 0: before what is compared."""
    account: str
    investor: str
    investor_class: str
    """Under the rules of the recording, when it came."""
    instrument: str
    side: str
    recorded: Fate
    other: Fate
    change: str
    """`let in`, `kept out`, `refused otherwise`, `filled more`, `filled less`, `other price`, `ended otherwise`, or in which world alone it is."""
    directly: bool
    """By a rule that is set otherwise; else by what followed."""
    by: str
    """The rule or code that did it directly, or what followed: `funds`, `other trades`, ..."""


class ChangedCount(msgspec.Struct):
    """How many orders have another fate."""

    change: str
    directly: bool
    by: str
    investor_class: str
    instrument: str
    orders: int


class Access(msgspec.Struct):
    """Whom the change lets in, and whom it keeps out: investors of one class."""

    investor_class: str
    gained: int
    """Investors of whom at least one order was refused by a rule and now is not, and none the other way round."""
    lost: int
    both: int
    orders_let_in: int
    orders_kept_out: int


class PartyAccess(msgspec.Struct):
    """The same of one investor."""

    investor: str
    investor_class: str
    orders_let_in: int
    orders_kept_out: int


class Skipped(msgspec.Struct):
    """Recorded commands that were not carried out in the other world."""

    command: str
    why: str
    count: int
    first_seq: int


class Slice(msgspec.Struct):
    """A slice of time: of the orders that came in it, how many have another fate."""

    until_ns: int
    orders: int
    directly: int
    followed: int


class Recording(msgspec.Struct):
    """What was compared."""

    venue: str
    first_seq: int
    last_seq: int
    first_ns: int
    last_ns: int
    events_digest: str
    """SHA-256 over the recorded events of each of these commands; of a whole session as `sbx replay` says it."""


class Result(msgspec.Struct):
    """What came of a change."""

    change: Change
    recording: Recording
    rules_changed: list[str]
    """Rules that were set otherwise at some time."""
    recorded: World
    other: World
    commands: int
    commands_affected: int
    """Of which the events were others, but for the numbers of trades and reports."""
    orders: int
    """In either world."""
    orders_directly: int
    orders_followed: int
    changed: list[ChangedCount]
    first_changed: list[ChangedOrder]
    """The first hundred, in the order in which they came."""
    access: list[Access]
    parties: list[PartyAccess]
    """Those with the most orders let in or kept out, a hundred at most."""
    skipped: list[Skipped]
    slices: list[Slice]
    put_in: dict[str, int]
    """Events of putting the settings in, which belong to no command, by kind."""
