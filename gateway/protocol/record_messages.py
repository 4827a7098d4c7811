"""The answer about records: what a venue knows by which name. `gateway.protocol.messages` exports it with all others."""

from __future__ import annotations

from typing import Literal

import msgspec

from gateway.protocol.private_messages import Message

_List = list[str | int | dict[str, str]]
Argument = str | int | bool | _List | dict[str, str | int | bool | _List | dict[str, str]]
"""Of an admin command. Tables hold texts; only the arguments of a command within a command hold more."""
_Texts = list[str | dict[str, str]]
ToldArgument = str | int | bool | _Texts | dict[str, str | int | bool | _Texts | dict[str, str]]
"""The same, as records say it: no list of theirs holds numbers."""

RecordKind = Literal[
    "account",
    "alert",
    "arrest",
    "asset",
    "case",
    "change",
    "instrument",
    "intermediary",
    "investor",
    "key",
    "parameter",
    "participant",
    "proposal",
    "trade",
    "venue",
]


class RecordInfo(msgspec.Struct, kw_only=True, omit_defaults=True, gc=False):
    """One name, and what stands behind it as of now. What does not apply, or was not counted, is left out."""

    name: str
    """Of a parameter `RULE.key`, of a key its participant, a space and its name, of a trade, proposal, change, alert or case its number, of the venue `venue`."""
    accounts: int | None = None
    """How many it has, of an asset how many hold it. Counted, as are open orders and what is frozen, where one name was asked for."""
    open_orders: int | None = None
    frozen: dict[str, str] = {}
    """Of an account, and of an asset in all accounts: what is frozen, by asset."""
    frozen_accounts: int | None = None
    """Of an asset: in how many accounts some of it is."""
    arrested: dict[str, str] = {}
    """Of an account, and of an asset in all accounts: what is arrested, by asset."""
    arrested_accounts: int | None = None
    """Of an asset: in how many accounts some of it is."""
    arrests: list[str] = []
    """Of an account or an investor: the papers in force on what it holds."""
    killed: bool = False
    """Whether a kill switch for it is on."""
    participant: str | None = None
    """Of an account."""
    investor: str | None = None
    intermediary: str | None = None
    custody: str | None = None
    """How it is held; left out: in a depositary."""
    own_investor: str | None = None
    """Of an intermediary: the investor who it itself is."""
    kind: str | None = None
    """Of an investor: `individual` or `firm`."""
    investor_class: str | None = None
    class_override: str | None = None
    """The class that a supervisor set."""
    risk_level: str | None = None
    """Of an investor: `low`, `medium` or `high` (AML-2); left out of one who was not assessed."""
    blocked: bool = False
    suspended: bool = False
    phase: str | None = None
    """Of an instrument."""
    value: str | None = None
    """Of a parameter, as `set_parameter` takes it."""
    instrument: str | None = None
    """Of a trade, as is what follows."""
    price: str | None = None
    quantity: str | None = None
    buyer: str | None = None
    """The account."""
    seller: str | None = None
    busted: bool = False
    second: list[str] = []
    """Of the venue: what needs a second approval."""
    command: str | None = None
    """Of a proposal, an alert, an arrest, or a change that waits for its date: the command, as are its `arguments`, as it was asked for. Of a case
    the command that would open it as it stands now, with all evidence so far."""
    arguments: dict[str, ToldArgument] = {}
    """Without the documents of a rulebook; of a change without those of people and the text of a warning, too."""
    digest: str | None = None
    """Of a rulebook that waits: the SHA-256 that it will be in force with."""
    by: str | None = None
    """Who proposed it, asked for the change or the arrest, raised the alert, opened the case or registered the key; empty: the venue file did."""
    effective: int | None = None
    """Of a change: when it takes effect."""
    until: int | None = None
    """Of a proposal or a key: when it expires."""
    since: int | None = None
    """Of an alert, a case, an arrest or a key: when it was raised, opened, carried out or registered."""
    role: str | None = None
    """Of a participant, if it is registered."""
    keys: list[str] = []
    """Of a participant: those in force."""
    settings: dict[str, str] = {}
    """Of one account, asset, instrument, intermediary, investor or participant, or of the venue: what is set of it, by the names that a venue
    file has. Lengths of time and instants are seconds. What is nothing is left out."""
    public_key: str | None = None
    """Of a key, as is what follows."""
    scopes: list[str] = []
    addresses: list[str] = []
    """From where it may be used; left out: from everywhere."""
    connections: int | None = None
    """How many are logged in with it."""
    evidence: list[int] = []
    """Of an alert or a case: the sequence numbers that are its evidence, which its `arguments` leave out."""


class RecordsReply(Message, tag="records"):
    """Records of one kind, in the order in which they came; of the name that was asked for none, or the one."""

    id: int
    records: list[RecordInfo]
    more: bool = False
    """There are more after the last of these."""
