"""Answers about records: which names of a kind there are, and what stands behind one, counted in pieces."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping
from itertools import islice
from typing import Any, Final

from compliance import ComplianceHook, RuleData, rulebook_digest
from compliance.registry.classes import class_name
from compliance.registry.records import Client, Registry
from compliance.rulebook.wording import setting_text
from engine.book.assets import Asset
from engine.book.claims import Arrest
from engine.book.entities import Account, Owner
from engine.book.records import TradeRecord
from engine.command_table import COMMANDS
from engine.exchange import Exchange
from engine.state.access import Access, Key
from engine.state.proposal import Proposal
from engine.vocabulary.codes import BUY, CUSTODIES, INVESTOR_KINDS, PHASES, SELL
from engine.vocabulary.decimals import decimal
from engine.vocabulary.limits import (
    ANSWER_PIECE_STEPS,
    COPIED_PER_STEP,
    COUNTED_PER_STEP,
    MAX_LISTED_RECORDS,
    ROW_STEPS,
)
from engine.vocabulary.messages import commands
from engine.vocabulary.messages.commands import (
    Command,
    EffectiveFrom,
    LoadRulebook,
    OpenCase,
    RaiseAlert,
    RegisterContract,
)
from gateway.filed.settings import standing_settings
from gateway.inbound.admin import arguments_of, change_arguments
from gateway.outbound.fanout import Fanout
from gateway.protocol.messages import RecordInfo, RecordKind, Records

VENUE: Final = "venue"
"""The name of the one record of its kind."""
_HAVE_SETTINGS: Final = ("account", "asset", "instrument", "intermediary", "investor", "participant", "venue")
LETTERS_PER_STEP: Final = 16
"""Of settings, as they are written."""
_PIECE: Final = ANSWER_PIECE_STEPS * COUNTED_PER_STEP
"""Accounts or owners that are counted before the next connection has its turn."""


class _Keys(Mapping[str, Key]):
    """The keys in force, by their participant, a space, and their name, which has none. Nothing is copied: there may be 20 000."""

    def __init__(self, access: Access) -> None:
        self._access: Final = access

    def __getitem__(self, name: str) -> Key:
        participant, _, key = name.rpartition(" ")
        return self._access.of[participant].keys[key]

    def __iter__(self) -> Iterator[str]:
        return (f"{key.participant.participant} {key.key}" for key in self._access.by_public.values())

    def __len__(self) -> int:
        return len(self._access.by_public)


class RecordBook:
    """What can be looked up by name in a venue."""

    def __init__(self, exchange: Exchange, fanout: Fanout) -> None:
        self._exchange: Final = exchange
        self._fanout: Final = fanout
        self.connections_of: Callable[[str, str], int] = lambda participant, key: 0
        """How many are logged in with a participant's key."""

    def answer(self, query: Records) -> Generator[int, None, tuple[list[RecordInfo], bool, int]]:
        """Make an answer in pieces, each of which yields its steps; returns the records, whether there are more, and the last steps."""
        if query.name is None:
            known = self._known(query.kind)
            first = min(query.after, len(known))
            page = list(islice(known, first, first + MAX_LISTED_RECORDS))
            found = [self._record(query.kind, name, known[name]) for name in page]
            return found, len(known) > first + len(page), len(found) * ROW_STEPS + first // COPIED_PER_STEP
        record = self._trade(query.name) if query.kind == "trade" else self._known(query.kind).get(query.name)
        if record is None:
            return [], False, 0
        found = [self._record(query.kind, query.name, record)]
        steps = ROW_STEPS
        if query.kind in _HAVE_SETTINGS:
            found[0].settings = settings = standing_settings(self._exchange, query.kind, query.name)
            # A schedule may have a thousand steps.
            steps += len(settings) * ROW_STEPS // 2 + sum(map(len, settings.values())) // LETTERS_PER_STEP
        yield from self._count(found[0], query.kind, record)
        return found, False, steps

    # ── what there is ──────────────────────────────────────────────────────────────────────────────────────────────

    def _known(self, kind: RecordKind) -> Mapping[str, Any]:
        """The records of a kind by name, in the order in which they came."""
        exchange = self._exchange
        if kind == "account":
            return exchange.accounts
        if kind == "asset":
            return exchange.assets
        if kind == "instrument":
            return exchange.books
        if kind == "participant":
            # Whoever is registered, and whoever operates an account, as those of a journal of before did.
            return {**dict.fromkeys(exchange.access.of, ()), **self._fanout.reports.accounts}
        if kind == "key":
            return _Keys(exchange.access)
        if kind == "venue":
            return {VENUE: exchange}
        if kind == "parameter":
            return self._parameters()
        if kind == "arrest":
            return exchange.arrests
        if kind == "change":
            return {str(number): change for number, change in exchange.changes.items()}
        if kind == "proposal":
            return {str(number): proposal for number, proposal in exchange.proposals.items()}
        if kind == "case":
            return {str(number): case for number, case in exchange.docket.cases.items()}
        if kind == "alert":
            return {str(number): alert for number, alert in exchange.docket.alerts.items()}
        registry = self._registry
        return registry.investors if kind == "investor" else registry.intermediaries

    @property
    def _registry(self) -> Registry:
        hook = self._exchange.hook
        return hook.intake.registry if isinstance(hook, ComplianceHook) else Registry()

    def _trade(self, name: str) -> TradeRecord | None:
        """A trade of the trading day by its number."""
        trades = self._exchange.day_trades
        place = int(name) - self._exchange.first_trade if name.isascii() and name.isdigit() else -1
        return trades[place] if 0 <= place < len(trades) else None

    def _parameters(self) -> dict[str, tuple[RuleData, str]]:
        """Each parameter of each rule in force, and its rule."""
        hook = self._exchange.hook
        table = hook.intake.table if isinstance(hook, ComplianceHook) else None
        return {
            f"{rule}.{key}": (data, key)
            for rule, data in ({} if table is None else table.rulebook.rules).items()
            for key in ("enabled", *data.declared.parameters)
        }

    def _record(self, kind: RecordKind, name: str, record: Any) -> RecordInfo:
        """What is known of a name without counting."""
        killed = f"{kind}:{'' if kind == 'venue' else name}" in self._exchange.killed
        found = RecordInfo(name=name, killed=killed)
        if kind == "account":
            found.participant, found.investor = record.participant, record.owner.investor
            client = self._registry.clients.get(name)
            if client is not None:
                found.intermediary = client.intermediary_name or None
                found.custody = CUSTODIES[client.custody] if client.custody else None
            found.arrests = [paper.arrest for paper in record.owner.arrests if paper.account in ("", name)]
        elif kind == "investor":
            found.kind = INVESTOR_KINDS[record.kind]
            found.investor_class = class_name(record.investor_class) or None
            found.risk_level = record.risk_level or None
            found.class_override, found.blocked = record.class_override or None, record.blocked
            owner = self._exchange.owners.get(name)
            found.arrests = [] if owner is None else [paper.arrest for paper in owner.arrests]
        elif kind == "intermediary":
            found.suspended, found.own_investor = record.suspended, record.own_investor or None
        elif kind == "instrument":
            found.phase = PHASES[record.phase]
        elif kind == "participant":
            registered = self._exchange.access.of.get(name)
            if registered is not None:
                found.role, found.keys = registered.role, list(registered.keys)
        elif kind == "key":
            _say_key(found, record)
            found.connections = self.connections_of(record.participant.participant, record.key)
        elif kind == "parameter":
            found.value = setting_text(*record)
        elif kind == "proposal":
            _propose(found, record)
        elif kind == "arrest":
            self._arrest(found, record)
        elif kind == "change":
            self._wait(found, record)
        elif kind == "alert":
            _say(found, record.command, record.by, record.raised_ns)
        elif kind == "case":
            _say(found, record.as_opened(), record.by, record.opened_ns)
        elif kind == "venue":
            found.second = list(record.second)
        elif kind == "trade":
            format_ = self._fanout.formats.instruments[record.instrument.instrument]
            found.instrument = record.instrument.instrument
            found.price, found.quantity = format_.price[record.price_ticks], format_.quantity[record.lots]
            found.buyer, found.seller = record.buyer.account, record.seller.account
            found.busted = record.busted
        return found

    # ── how much of it ─────────────────────────────────────────────────────────────────────────────────────────────

    def _count(self, found: RecordInfo, kind: RecordKind, record: Any) -> Iterator[int]:
        """Fill in how many accounts and open orders a record has; yields the steps of each piece."""
        if kind == "instrument":
            found.open_orders = 0
            # Those who come meanwhile are not counted.
            owners = iter(list(self._exchange.owners.values()))
            while some := list(islice(owners, _PIECE)):
                found.open_orders += sum(_open_in(owner, record.instrument) for owner in some)
                yield len(some) // COUNTED_PER_STEP
            return
        if kind == "asset":
            yield from self._count_holders(found, record)
            return
        if kind not in {"account", "participant", "investor", "intermediary", "venue"}:
            return
        if kind == "account":
            found.frozen, found.arrested = self._set_aside_in(record)
        found.accounts = found.open_orders = 0
        accounts = self._accounts(kind, record)
        while counted := list(islice(accounts, _PIECE)):
            found.accounts += len(counted)
            found.open_orders += sum(len(account.open_orders) for account in counted)
            yield len(counted) // COUNTED_PER_STEP

    def _count_holders(self, found: RecordInfo, asset: Asset) -> Iterator[int]:
        """Fill in how many accounts hold an asset, and what of it is frozen in how many; yields the steps of each piece."""
        found.accounts = found.frozen_accounts = found.arrested_accounts = total = arrested = 0
        accounts = iter(self._exchange.account_list)
        while some := list(islice(accounts, _PIECE)):
            held = [account.balances[asset.number] for account in some if asset.number in account.balances]
            found.accounts += sum(bool(each.owned) for each in held)
            found.frozen_accounts += sum(each.frozen > 0 for each in held)
            found.arrested_accounts += sum(each.arrested > 0 for each in held)
            total += sum(each.frozen for each in held)
            arrested += sum(each.arrested for each in held)
            yield len(some) // COUNTED_PER_STEP
        if total:
            found.frozen = {asset.asset: decimal(total, asset.scale)}
        if arrested:
            found.arrested = {asset.asset: decimal(arrested, asset.scale)}

    def _set_aside_in(self, account: Account) -> tuple[dict[str, str], dict[str, str]]:
        """What is frozen in an account, and what is arrested, by asset."""
        assets = list(self._exchange.assets.values())
        held = [(assets[number], balance) for number, balance in account.balances.items()]
        frozen = {asset.asset: decimal(balance.frozen, asset.scale) for asset, balance in held if balance.frozen}
        arrested = {asset.asset: decimal(balance.arrested, asset.scale) for asset, balance in held if balance.arrested}
        return frozen, arrested

    def _arrest(self, found: RecordInfo, paper: Arrest) -> None:
        """Say of a paper in force what it arrests and why, who asked for it, and since when."""
        found.command, found.by, found.since = COMMANDS[commands.Arrest].name, paper.by, paper.since_ns
        told: dict[str, str | int | bool] = {"authority": paper.authority, "dated": paper.dated}
        told |= {"account": paper.account} if paper.account else {"investor": paper.investor}
        told |= {"asset": paper.asset} if paper.asset else {}
        if paper.amount:
            told["amount"] = decimal(paper.amount, self._exchange.assets[paper.asset].scale)
        else:
            told["share_ppm"] = paper.share_ppm
        told["sales_allowed"] = paper.sales_allowed
        found.arguments = {**told, **({"reason": paper.reason} if paper.reason else {})}

    def _wait(self, found: RecordInfo, command: EffectiveFrom) -> None:
        """Say of a change that waits for its date what it is and why, who asked for it, and when it takes effect."""
        change = command.change
        found.command, found.arguments = COMMANDS[type(change)].name, change_arguments(change)
        if command.reason:
            found.arguments.setdefault("reason", command.reason)
        if isinstance(change, RegisterContract) and change.asset in self._exchange.assets:
            found.arguments["amount"] = decimal(change.amount, self._exchange.assets[change.asset].scale)
        found.by, found.effective = change.by or command.by, command.effective_ns
        found.digest = _digest(change)

    def _accounts(self, kind: RecordKind, record: Any) -> Iterator[Account]:
        """The accounts of a record, in order of opening. The lists they are taken from only grow."""
        if kind == "account":
            return iter((record,))
        if kind == "participant":
            return (self._exchange.accounts[name] for name in record)
        if kind == "venue":
            return iter(self._exchange.account_list)
        clients: list[Client] = record.clients
        return (client.core for client in clients if client.core is not None)


def _say_key(found: RecordInfo, key: Key) -> None:
    """Say of a key whose it is, what may be done with it, and for how long."""
    found.participant, found.public_key, found.scopes = key.participant.participant, key.public_key, list(key.scopes)
    found.addresses, found.by, found.since = list(key.addresses), key.by, key.since_ns
    found.until = key.expires_ns or None


def _propose(found: RecordInfo, proposal: Proposal) -> None:
    """Say of a proposal what would be done and why, who asks for it, and until when."""
    command = proposal.command
    found.command, found.arguments = COMMANDS[type(command)].name, arguments_of(command)
    found.by, found.until = proposal.by, proposal.until_ns
    found.digest = _digest(command.change if isinstance(command, EffectiveFrom) else command)


def _say(found: RecordInfo, command: OpenCase | RaiseAlert, by: str, since_ns: int) -> None:
    """Say of an alert or a case what is suspected, of whom, by whom, and since when."""
    found.command = COMMANDS[type(command)].name
    found.arguments = {name: value for name, value in arguments_of(command).items() if value and name != "seqs"}
    found.evidence = list(command.seqs)
    found.by, found.since = by, since_ns


def _digest(command: Command) -> str | None:
    """The digest of the rulebook that a command brings; None: it brings none."""
    return rulebook_digest(command.name, command.documents) if isinstance(command, LoadRulebook) else None


def _open_in(owner: Owner, instrument: Any) -> int:
    """How many open orders an owner has in an instrument."""
    return len(owner.orders_on(instrument, BUY)) + len(owner.orders_on(instrument, SELL))
