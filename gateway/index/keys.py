"""What a row of a journal can be found by: from the names of the fields of its command and events."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from operator import attrgetter
from typing import Any, Final, get_args

import msgspec

from engine.record.rows import decode_command, decode_events
from engine.vocabulary.codes import SCOPES
from engine.vocabulary.messages import commands, events
from engine.vocabulary.messages.structs import Command, Event
from gateway.index.candles import CandlePostings

ORDER: Final = "order"
CLIENT_ORDER: Final = "client_order"
"""The key is the account and its own id of the order, quote or transfer."""
ACCOUNT: Final = "account"
INVESTOR: Final = "investor"
INTERMEDIARY: Final = "intermediary"
PARTICIPANT: Final = "participant"
TRADE: Final = "trade"
INSTRUMENT: Final = "instrument"
ASSET: Final = "asset"
RULE: Final = "rule"
CONTRACT: Final = "contract"
TRANSFER: Final = "transfer"
CHANGE: Final = "change"
"""A change that waits for its date or for a second approval: the sequence number of its command."""
MESSAGE: Final = "message"
"""The class of a command or event, of those that are not everyday trading."""
CASE: Final = "case"
ALERT: Final = "alert"
REPORT: Final = "report"
"""The key is an account; beside each sequence number stands that of the account's first report in it."""

ARREST: Final = "arrest"
"""A paper that arrests holdings, by its number."""
CANDLES: Final = "candles"
"""Not rows, but what was traded: see `gateway.index.candles`."""

FILL: Final = "fill"
"""The key is an account, as of all that follow: what it is asked for of its past. These are its trades."""
ENTERED: Final = "entered"
"""Where orders of it begin."""
ENDED: Final = "ended"
"""Where they end."""
CORRECTED: Final = "corrected"
"""Corrections of its trades."""
SETTLED: Final = "settled"
"""What its positions in futures brought and cost."""

KINDS: Final = (
    ORDER,
    CLIENT_ORDER,
    ACCOUNT,
    INVESTOR,
    INTERMEDIARY,
    PARTICIPANT,
    TRADE,
    INSTRUMENT,
    ASSET,
    RULE,
    CONTRACT,
    TRANSFER,
    CHANGE,
    MESSAGE,
    REPORT,
    CASE,
    ALERT,
    ARREST,
    FILL,
    ENTERED,
    ENDED,
    CORRECTED,
    SETTLED,
    CANDLES,
)
"""In a file a kind is its place here: new ones go last."""

Key = int | str | tuple[str, str]

FIELDS: Final = {
    "order_id": ORDER,
    "maker_order_id": ORDER,
    "taker_order_id": ORDER,
    "buy_order_id": ORDER,
    "sell_order_id": ORDER,
    "account": ACCOUNT,
    "maker_account": ACCOUNT,
    "taker_account": ACCOUNT,
    "buy_account": ACCOUNT,
    "sell_account": ACCOUNT,
    "from_account": ACCOUNT,
    "to_account": ACCOUNT,
    "accounts": ACCOUNT,
    "investor": INVESTOR,
    "own_investor": INVESTOR,
    "investors": INVESTOR,
    "payer": INVESTOR,
    "payee": INVESTOR,
    "intermediary": INTERMEDIARY,
    "participant": PARTICIPANT,
    "issuer": PARTICIPANT,
    "by": PARTICIPANT,
    "proposed_by": PARTICIPANT,
    "opened_by": PARTICIPANT,
    "raised_by": PARTICIPANT,
    "trade_id": TRADE,
    "instrument": INSTRUMENT,
    "instruments": INSTRUMENT,
    "asset": ASSET,
    "base": ASSET,
    "quote": ASSET,
    "rule": RULE,
    "rules": RULE,
    "contract": CONTRACT,
    "contract_reference": CONTRACT,
    "transfer_id": TRANSFER,
    "movement": TRANSFER,
    "proposal": CHANGE,
    "arrest": ARREST,
    "case": CASE,
    "merged": CASE,
    "alert": ALERT,
}
"""Fields that hold a key."""
SEVERAL: Final = ("accounts", "instruments", "investors", "rules")
"""Those of them that hold several."""
OWN_IDS: Final = {
    "client_order_id": ("account", "from_account"),
    "maker_client_order_id": ("maker_account",),
    "taker_client_order_id": ("taker_account",),
    "quote_id": ("account",),
}
"""Ids that an account gives, and the fields that may hold the account."""
REPORTS: Final = {
    "report_seq": "account",
    "maker_report_seq": "maker_account",
    "taker_report_seq": "taker_account",
    "buy_report_seq": "buy_account",
    "sell_report_seq": "sell_account",
    "from_report_seq": "from_account",
    "to_report_seq": "to_account",
}
"""Numbers of reports, and the fields that hold the account."""
_ACCOUNT: Final = "account"
PAST: Final[dict[type[msgspec.Struct], tuple[tuple[str, str, str], ...]]] = {
    events.OrderAccepted: ((ENTERED, _ACCOUNT, ""),),
    events.OrderRejected: ((ENTERED, _ACCOUNT, ""), (ENDED, _ACCOUNT, "")),
    events.OrderCancelled: ((ENDED, _ACCOUNT, ""),),
    events.Trade: (
        (FILL, "maker_account", ""),
        (FILL, "taker_account", ""),
        (ENDED, "maker_account", "maker_leaves_lots"),
        (ENDED, "taker_account", "taker_leaves_lots"),
    ),
    events.TradeCorrected: ((CORRECTED, "buy_account", ""), (CORRECTED, "sell_account", "")),
    events.VariationMargin: ((SETTLED, _ACCOUNT, ""),),
    events.MarginCalled: ((SETTLED, _ACCOUNT, ""),),
    events.MarginRestored: ((SETTLED, _ACCOUNT, ""),),
    events.CloseOutStarted: ((SETTLED, _ACCOUNT, ""),),
    events.DefaultDeclared: ((SETTLED, _ACCOUNT, ""),),
    events.LossShared: ((SETTLED, _ACCOUNT, ""),),
}
"""What of an account's past an event is, the field with the account, and one that must be 0 if it is given."""
ORDERS_IN: Final = ("limit", "stop", "entry", "take_profit")
"""Orders within a command."""
_RECORDS: Final = {
    "asset": ASSET,
    "tier": ASSET,
    "investor": INVESTOR,
    "identity": INVESTOR,
    "test": INVESTOR,
    "blocked": INVESTOR,
    "authorisation": INVESTOR,
    "acknowledgement": INVESTOR,
    "intermediary": INTERMEDIARY,
    "rule": RULE,
    "contract": CONTRACT,
    "custody": ACCOUNT,
    "disclosure": ASSET,
}
"""The key of a registry's record, by what it is said to be."""

EVERYDAY: Final = (
    *get_args(commands.TradingCommand),
    commands.Tick,
    commands.SetIndexPrice,
    events.OrderAccepted,
    events.OrderRejected,
    events.Trade,
    events.OrderCancelled,
    events.OrderAmended,
    events.RequestRejected,
    events.OrderStatus,
    events.MassCancelled,
    events.BookAdded,
    events.BookChanged,
    events.StopTriggered,
    events.MassQuoted,
    events.Indicative,
    events.IndexPriceSet,
    events.TransferStatus,
    events.VariationMargin,
)
"""What comes so often that nobody looks for all of it."""


class _Shape:
    """Where a class of commands or events holds keys."""

    def __init__(self, kind: type[msgspec.Struct]) -> None:
        names = kind.__struct_fields__
        single = [name for name in names if name in FIELDS and name not in SEVERAL]
        self.kinds: Final = tuple(FIELDS[name] for name in single)
        self.values: Final = _getter(single)
        self.several: Final = tuple((FIELDS[name], name) for name in names if name in SEVERAL)
        self.own_ids: Final = tuple(
            (next(account for account in OWN_IDS[name] if account in names), name) for name in names if name in OWN_IDS
        )
        self.reports: Final = tuple((REPORTS[name], name) for name in names if name in REPORTS)
        self.past: Final = PAST.get(kind, ())
        self.orders: Final = tuple(name for name in names if name in ORDERS_IN)
        self.message: Final = "" if kind in EVERYDAY else kind.__name__
        self.is_plain: Final = not (self.several or self.orders or self.message or kind in _SPECIAL)


def _getter(names: list[str]) -> Callable[[Any], tuple[Any, ...]]:
    """What takes several fields of a Struct at once."""
    if not names:
        return lambda _: ()
    if len(names) == 1:
        (name,) = names
        return lambda struct: (getattr(struct, name),)
    return attrgetter(*names)


_SPECIAL: Final = (
    commands.SetKillSwitch,
    commands.EffectiveFrom,
    events.RegistryChanged,
    events.ChangeScheduled,
    events.ChangeEffective,
)
"""What names something by more than one field."""
_SHAPES: Final = {kind: _Shape(kind) for kind in (*get_args(commands.AnyCommand), *get_args(events.AnyEvent))}


class Postings:
    """Which rows are about what: for each kind, by key, the sequence numbers, ascending; and what was traded in them."""

    def __init__(self) -> None:
        self.tables: Final[dict[str, dict[Key, list[int]]]] = {kind: {} for kind in KINDS if kind != CANDLES}
        """Under `REPORT` each sequence number is followed by that of a report."""
        self.candles: Final = CandlePostings()

    def add(self, seq: int, time_ns: int, command: msgspec.Raw, row_events: msgspec.Raw) -> None:
        """Take in a row, its command and events still encoded.

        Raises:
            msgspec.DecodeError: this version does not know such a command or event.
        """
        self._take(seq, decode_command(command))
        for event in decode_events(row_events):
            self._take(seq, event)
            if type(event) is events.Trade:
                self.candles.add(seq, time_ns, event)

    def find(self, kind: str, key: Key) -> list[int]:
        """What stands under a key."""
        return self.candles.find(key) if kind == CANDLES else self.tables[kind].get(key, [])

    def _take(self, seq: int, struct: Command | Event) -> None:
        shape = _SHAPES[type(struct)]
        tables = self.tables
        # Written out, because it is most of the work: see `_note`.
        for kind, value in zip(shape.kinds, shape.values(struct), strict=True):
            if value:
                table = tables[kind]
                found = table.get(value)
                if found is None:
                    table[value] = [seq]
                elif found[-1] != seq:
                    found.append(seq)
        for account, name in shape.own_ids:
            own_id = getattr(struct, name)
            if own_id:
                _note(tables[CLIENT_ORDER], (getattr(struct, account), own_id), seq)
        for account, name in shape.reports:
            report = getattr(struct, name)
            if report:
                found = tables[REPORT].setdefault(getattr(struct, account), [])
                if not found or found[-2] != seq:
                    found += (seq, report)
        for kind, account, ended in shape.past:
            if not (ended and getattr(struct, ended)):
                _note(tables[kind], getattr(struct, account), seq)
        if not shape.is_plain:
            self._take_more(seq, struct, shape)

    def _take_more(self, seq: int, struct: Command | Event, shape: _Shape) -> None:
        """Take in what only some classes have."""
        tables = self.tables
        if shape.message:
            _note(tables[MESSAGE], shape.message, seq)
        for kind, name in shape.several:
            for each in getattr(struct, name):
                _note(tables[kind], each, seq)
        for name in shape.orders:
            self._take(seq, getattr(struct, name))
        if isinstance(struct, commands.EffectiveFrom):
            self._take(seq, struct.change)
        elif isinstance(struct, events.ChangeScheduled | events.ChangeEffective):
            _note(tables[CHANGE], struct.change, seq)
        elif isinstance(struct, commands.SetKillSwitch):
            scope = SCOPES[struct.scope] if 0 <= struct.scope < len(SCOPES) else ""
            if struct.key and scope in tables:
                _note(tables[scope], struct.key, seq)
        elif isinstance(struct, events.RegistryChanged) and struct.what in _RECORDS:
            _note(tables[_RECORDS[struct.what]], struct.key, seq)


def _note(table: dict[Key, list[int]], key: Key, seq: int) -> None:
    found = table.get(key)
    if found is None:
        table[key] = [seq]
    elif found[-1] != seq:
        found.append(seq)


def key_bytes(kind: str, key: Key) -> bytes:
    """What stands for a key in a file. Raises `ValueError`: no row can have such a key."""
    try:
        return bytes((KINDS.index(kind),)) + msgspec.msgpack.encode(key)
    except (OverflowError, UnicodeError) as error:
        raise ValueError(f"{key!r} is nothing that a journal can name") from error


def sorted_postings(postings: Postings) -> Iterable[tuple[bytes, list[int]]]:
    """All keys as a file has them, ascending, with their sequence numbers."""
    for kind in KINDS:
        items = postings.candles.items() if kind == CANDLES else postings.tables[kind].items()
        yield from sorted((key_bytes(kind, key), found) for key, found in items)
