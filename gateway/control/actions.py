"""What can be done to a venue: each a command with its arguments, what it does in words, and whom it concerns.

Names are looked up in the venue first. A change names what it changes and nothing else: what a record says besides stays.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from compliance import Rulebook
from compliance.rulebook.wording import setting_text
from engine.vocabulary.codes import CUSTODIES, SCOPES
from engine.vocabulary.days import moscow_day
from engine.vocabulary.limits import MAX_E8
from engine.vocabulary.rounding import PPM
from gateway.client import Client
from gateway.control.key_values import Given, Key, Keys, whole
from gateway.control.names import ControlError, look_up
from gateway.control.waiting import Unknown, value_at, waiting_for
from gateway.protocol.messages import Argument, RecordInfo, RecordKind
from gateway.session.moments import MomentError, parse_moment
from gateway.venue.settable import FIGURES
from gateway.venue.venue import built_in_rulebooks

VENUE: Final = "venue"
ASSET_FIGURES: Final[Keys] = {name: Key(whole) for name in FIGURES}
DATES: Final = "2027-01-01, 18:00 or 2027-01-01T18:00 (Moscow; or with Z or +03:00 behind it), or 90m or 2d from now"
RECHECKED: Final = "open orders that the rules then forbid are cancelled"


class Action(msgspec.Struct, kw_only=True):
    """One command that is ready to be sent, but for its reason."""

    command: str
    arguments: dict[str, Argument]
    says: str
    """What it does, in words."""
    kind: RecordKind
    """What is looked at again when it is done, as is `name`."""
    name: str
    accounts: int | None = None
    """How many it concerns; None: it can't be asked."""
    open_orders: int | None = None
    effective_ns: int | None = None
    """When it takes effect, nanoseconds since the epoch, UTC; None: at once."""
    reason_is: str = "reason"
    """What the command calls the reason for it; empty: it takes none."""
    private: tuple[str, ...] = ()
    """Arguments that are about people: they are sent, and not shown."""

    def shown(self) -> dict[str, Argument]:
        """Its arguments, but for those about people; of a change with a date the change's, too."""
        shown = {name: value for name, value in self.arguments.items() if name not in self.private}
        inner = shown.get("arguments")
        if isinstance(inner, dict):
            shown["arguments"] = {name: value for name, value in inner.items() if name not in self.private}
        return shown


def make_action(
    command: str,
    arguments: dict[str, Argument],
    says: str,
    about: tuple[RecordKind, str],
    counted: RecordInfo,
    *,
    at_ns: int | None = None,
    reason_is: str = "reason",
) -> Action:
    """An action at once, or to take effect at a time; what it says it concerns is counted in `counted`."""
    if at_ns is not None:
        change: Any = arguments
        arguments = {"effective_ns": at_ns, "command": command, "arguments": change}
        command = "effective_from"
    return Action(
        command=command,
        arguments=arguments,
        says=says,
        kind=about[0],
        name=about[1],
        accounts=counted.accounts,
        open_orders=counted.open_orders,
        effective_ns=at_ns,
        reason_is=reason_is,
    )


async def _check_new(
    client: Client, about: tuple[RecordKind, str], states: tuple[str, Argument, Argument], words: str, at_ns: int | None
) -> Argument:
    """See that something is changed, by what holds when it takes effect; returns what it changes.

    Args:
        client: of the venue.
        about: kind and name of what is changed.
        states: the argument, what it is now, and what it shall be.
        words: what would hold already.
        at_ns: when it takes effect; None: at once.

    Raises:
        ControlError: there is nothing to change.
    """
    argument, before, after = states
    if at_ns is None and before != after:
        return before
    changes = await waiting_for(client, *about)
    # A rulebook may give a parameter another value on a day of its own.
    lasts = None if about[0] == "parameter" else before
    try:
        held = before if at_ns is None else value_at(changes, argument, lasts, at_ns)
    except Unknown:
        return before
    if held != after:
        assert held is not None
        return held
    told = "; `sbx control show change` lists what waits for its date" if changes else ""
    raise ControlError(f"{words}{'' if at_ns is None else ' by then'}: there is nothing to change{told}")


# ── markets ────────────────────────────────────────────────────────────────────────────────────────────────────────


async def set_phase(client: Client, instrument: str, phase: str) -> Action:
    """Move an instrument to another phase."""
    found = await look_up(client, "instrument", instrument)
    _check_not(found.phase == phase, f"{instrument} is in phase {phase}")
    says = f"move {instrument} from {found.phase} to {phase}"
    return make_action("set_phase", {"instrument": instrument, "phase": phase}, says, ("instrument", instrument), found)


async def kill(client: Client, scope: str, key: str, *, on: bool) -> Action:
    """Turn a kill switch on or off: of a participant, an investor, an instrument, or (without a key) the venue."""
    if scope not in SCOPES:
        raise ControlError(f"there is no scope {scope}: {', '.join(SCOPES)}")
    if (scope == VENUE) != (not key):
        raise ControlError("the venue's kill switch takes no name" if key else f"name the {scope}")
    kind: Any = scope
    found = await look_up(client, kind, key or VENUE)
    whom = f"{scope} {key}" if key else "the whole venue"
    if not on and not found.killed:
        raise ControlError(f"no kill switch is on for {whom}")
    _check_not(on and found.killed, f"the kill switch for {whom} is on")
    says = (
        f"turn the kill switch for {whom} on: its open orders are cancelled and none are accepted"
        if on
        else f"turn the kill switch for {whom} off"
    )
    return make_action("set_kill_switch", {"scope": scope, "key": key, "on": on}, says, (kind, key or VENUE), found)


async def bust(client: Client, trade: str) -> Action:
    """Undo a trade of the trading day."""
    found = await _standing_trade(client, trade)
    says = f"undo trade {_trade(found)}; both get back what they gave, fees included"
    return make_action("bust_trade", {"trade_id": int(trade)}, says, ("trade", trade), _both_sides(found))


async def reprice(client: Client, trade: str, price: str) -> Action:
    """Give a trade of the trading day another price."""
    found = await _standing_trade(client, trade)
    _check_not(found.price == price, f"the price of trade {trade} is {price}")
    says = f"give trade {_trade(found)} the price {price}"
    arguments: dict[str, Argument] = {"trade_id": int(trade), "price": price}
    return make_action("reprice_trade", arguments, says, ("trade", trade), _both_sides(found))


async def _standing_trade(client: Client, trade: str) -> RecordInfo:
    found = await look_up(client, "trade", trade)
    _check_not(found.busted, f"trade {trade} is undone")
    return found


def _trade(found: RecordInfo) -> str:
    return f"{found.name} ({found.quantity} {found.instrument} at {found.price}, from {found.seller} to {found.buyer})"


def _check_not(holds: bool, words: str) -> None:
    """Raise ControlError if something holds already, in words."""
    if holds:
        raise ControlError(f"{words} already: there is nothing to change")


def _both_sides(found: RecordInfo) -> RecordInfo:
    return RecordInfo(name=found.name, accounts=1 if found.buyer == found.seller else 2)


# ── who trades ─────────────────────────────────────────────────────────────────────────────────────────────────────


async def suspend(client: Client, intermediary: str, *, suspended: bool, at_ns: int | None = None) -> Action:
    """Suspend an intermediary, whose clients then can't buy (INT-1), or let it go on."""
    found = await look_up(client, "intermediary", intermediary)
    about: tuple[RecordKind, str] = ("intermediary", intermediary)
    words = f"intermediary {intermediary} is {'' if suspended else 'not '}suspended"
    await _check_new(client, about, ("suspended", found.suspended, suspended), words, at_ns)
    says = (
        f"suspend intermediary {intermediary}: its clients can't buy; {RECHECKED}"
        if suspended
        else f"let intermediary {intermediary} go on"
    )
    arguments: dict[str, Argument] = {"intermediary": intermediary, "suspended": suspended}
    return make_action("register_intermediary", arguments, says, about, found, at_ns=at_ns)


async def block(client: Client, investor: str, *, blocked: bool, at_ns: int | None = None) -> Action:
    """Put an investor on the list of blocked owners (SAN-1), or take the investor off it."""
    found = await look_up(client, "investor", investor)
    about: tuple[RecordKind, str] = ("investor", investor)
    words = f"investor {investor} is {'' if blocked else 'not '}blocked"
    await _check_new(client, about, ("blocked", found.blocked, blocked), words, at_ns)
    says = (
        f"put investor {investor} on the list of blocked owners; {RECHECKED}"
        if blocked
        else f"take investor {investor} off the list of blocked owners"
    )
    arguments: dict[str, Argument] = {"investor": investor, "blocked": blocked}
    return make_action("set_blocked", arguments, says, about, found, at_ns=at_ns)


async def override_class(client: Client, investor: str, investor_class: str, *, at_ns: int | None = None) -> Action:
    """Set the class of an investor whatever the evidence says; an empty one: the evidence decides again."""
    found = await look_up(client, "investor", investor)
    about: tuple[RecordKind, str] = ("investor", investor)
    words = f"the class of {investor} is {f'set to {investor_class}' if investor_class else 'as the evidence says'}"
    states = ("class_override", found.class_override or "", investor_class)
    await _check_new(client, about, states, words, at_ns)
    how = f"set to {investor_class}, whatever the evidence says" if investor_class else "made of the evidence again"
    says = f"have the class of investor {investor} ({found.investor_class or 'none yet'}) {how}; {RECHECKED}"
    assert found.kind is not None
    arguments: dict[str, Argument] = {"investor": investor, "kind": found.kind, "class_override": investor_class}
    return make_action("register_investor", arguments, says, about, found, at_ns=at_ns)


async def risk_level_action(client: Client, investor: str, level: str, at_ns: int | None) -> Action:
    """Set the risk level of an investor (AML-2); empty: not assessed."""
    found = await look_up(client, "investor", investor)
    about: tuple[RecordKind, str] = ("investor", investor)
    words = f"the risk level of {investor} is {level or 'not assessed'}"
    await _check_new(client, about, ("risk_level", found.risk_level or "", level), words, at_ns)
    says = f"set the risk level of investor {investor} from {found.risk_level or 'not assessed'} to {level or 'not assessed'}"
    assert found.kind is not None
    arguments: dict[str, Argument] = {"investor": investor, "kind": found.kind, "risk_level": level}
    return make_action("register_investor", arguments, says, about, found, at_ns=at_ns)


async def set_custody(client: Client, account: str, custody: str, *, at_ns: int | None = None) -> Action:
    """Have an account held in another way (CUST-1)."""
    found = await look_up(client, "account", account)
    about: tuple[RecordKind, str] = ("account", account)
    before = found.custody or CUSTODIES[0]
    await _check_new(client, about, ("custody", before, custody), f"account {account} is held by {custody}", at_ns)
    arguments: dict[str, Argument] = {"account": account, "custody": custody}
    says = f"have account {account} held by {custody} instead of {before}"
    return make_action("set_custody", arguments, says, about, found, at_ns=at_ns)


async def set_figures(client: Client, asset: str, figures: Given, *, at_ns: int | None = None) -> Action:
    """Set the figures of an asset that its liquidity tier follows from (LIQ-1); `figures`: all of `ASSET_FIGURES`."""
    found = await look_up(client, "asset", asset)
    says = f"set {figures.said} of {asset}, which decide its liquidity tier; {RECHECKED}"
    arguments: dict[str, Argument] = {"asset": asset, **figures.arguments}
    return make_action("update_asset", arguments, says, ("asset", asset), found, at_ns=at_ns)


async def freeze(client: Client, asset: str, share_ppm: int, account: str = "") -> Action:
    """Freeze a share of what each holder, or one account, has of an asset; 0: let it go."""
    if not 0 <= share_ppm <= PPM:
        raise ControlError("a share is 0 to 100 %")
    found = await look_up(client, "asset", asset)
    if account:
        found = await look_up(client, "account", account)
    whose = f"account {account}" if account else "each holder"
    amount = found.frozen.get(asset)
    if not share_ppm:
        _check_not(amount is None, f"nothing is frozen of the {asset} of {whose}")
        says = f"let go what is frozen of the {asset} of {whose}"
    else:
        says = f"freeze {share_ppm * 100 / PPM:g} % of the {asset} of {whose}"
    if amount is not None:
        says += "; this replaces what is frozen so far" if share_ppm else ""
        says += f": {amount} {asset}"
        if not account:
            says += f" in {found.frozen_accounts:,} account{'' if found.frozen_accounts == 1 else 's'}, those frozen one by one too"
    arguments: dict[str, Argument] = {"asset": asset, "share_ppm": share_ppm}
    about: tuple[RecordKind, str] = ("asset", asset)
    if account:
        arguments["account"], about = account, ("account", account)
    return make_action("freeze_asset", arguments, says, about, found)


# ── rules ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def set_parameter(client: Client, parameter: str, value: str, *, at_ns: int | None = None) -> Action:
    """Set a parameter `RULE.key` of a rule in force."""
    found = await look_up(client, "parameter", parameter)
    about: tuple[RecordKind, str] = ("parameter", parameter)
    words = f"{parameter} is {value or 'nothing'}"
    before = await _check_new(client, about, ("value", found.value or "", value), words, at_ns)
    rule, _, key = parameter.partition(".")
    says = f"set {parameter} from {before or 'nothing'} to {value or 'nothing'}; {RECHECKED}"
    arguments: dict[str, Argument] = {"rule": rule, "key": key, "value": value}
    return make_action("set_parameter", arguments, says, about, await look_up(client, VENUE, VENUE), at_ns=at_ns)


async def load_rulebook(
    client: Client, rulebook: Rulebook, documents: dict[str, str], *, at_ns: int | None = None
) -> Action:
    """Put a rulebook in force: one that comes with the venue by its name, another one whole."""
    in_force = {name: each.value for name, each in (await client.records("parameter")).items()}
    wanted = {
        f"{rule}.{key}": setting_text(data, key)
        for rule, data in rulebook.on(moscow_day(client.hello.time)).rules.items()
        for key in ("enabled", *data.declared.parameters)
    }
    differing = sum(in_force.get(name) != wanted.get(name) for name in {**in_force, **wanted})
    says = (
        f"put rulebook {rulebook.name} in force instead of {client.hello.rulebook}: parameters that differ: {differing}; "
        f"{RECHECKED}"
    )
    arguments: dict[str, Argument] = {"name": rulebook.name}
    if rulebook.name not in built_in_rulebooks():
        arguments["documents"] = dict(documents)
    counted = await look_up(client, VENUE, VENUE)
    return make_action("load_rulebook", arguments, says, (VENUE, VENUE), counted, at_ns=at_ns)


def time_of(client: Client, moment: str) -> int:
    """When a change shall take effect, nanoseconds since the epoch, UTC: at a date, a time of today, or a length of time from now, by the venue's clock.

    Raises:
        ControlError: it is no such moment, or has passed.
    """
    now_ns = client.hello.time
    try:
        when = parse_moment(moment, now_ns)
    except MomentError as error:
        raise ControlError(f"{moment!r} is no date: write {DATES}") from error
    if when.seq:
        raise ControlError(f"{moment} is a number, and a change takes effect at a date: write {DATES}")
    if when.time_ns <= now_ns:
        raise ControlError(f"{moment} has passed")
    if when.time_ns > MAX_E8:
        raise ControlError(f"{moment} is too far: the last day that can be named is 2262-04-12")
    return when.time_ns
