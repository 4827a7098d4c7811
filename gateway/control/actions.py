"""What can be done to a venue: each a command with its arguments, what it does in words, and whom it concerns.

Names are looked up in the venue first. A change names what it changes and nothing else: what a record says besides stays.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from compliance import Rulebook
from compliance.rulebook.wording import setting_text
from engine.vocabulary.codes import SCOPES
from engine.vocabulary.days import moscow_day
from engine.vocabulary.limits import MAX_E8
from engine.vocabulary.rounding import PPM
from gateway.client import Client
from gateway.control.names import ControlError, look_up
from gateway.protocol.messages import Argument, RecordInfo, RecordKind
from gateway.session.moments import FORMS, MomentError, parse_moment
from gateway.venue.venue import built_in_rulebooks

VENUE: Final = "venue"
_RECHECKED: Final = "open orders that the rules then forbid are cancelled"


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


def _action(
    command: str, arguments: dict[str, Argument], says: str, about: tuple[RecordKind, str], counted: RecordInfo
) -> Action:
    return Action(
        command=command,
        arguments=arguments,
        says=says,
        kind=about[0],
        name=about[1],
        accounts=counted.accounts,
        open_orders=counted.open_orders,
    )


# ── markets ────────────────────────────────────────────────────────────────────────────────────────────────────────


async def set_phase(client: Client, instrument: str, phase: str) -> Action:
    """Move an instrument to another phase."""
    found = await look_up(client, "instrument", instrument)
    says = f"move {instrument} from {found.phase} to {phase}"
    return _action("set_phase", {"instrument": instrument, "phase": phase}, says, ("instrument", instrument), found)


async def kill(client: Client, scope: str, key: str, *, on: bool) -> Action:
    """Turn a kill switch on or off: of a participant, an investor, an instrument, or (without a key) the venue."""
    if scope not in SCOPES:
        raise ControlError(f"there is no scope {scope}: {', '.join(SCOPES)}")
    if (scope == VENUE) != (not key):
        raise ControlError("the venue's kill switch takes no name" if key else f"name the {scope}")
    kind: Any = scope
    found = await look_up(client, kind, key or VENUE)
    if not on and not found.killed:
        raise ControlError(f"no kill switch is on for {f'{scope} {key}'.strip()}")
    whom = f"{scope} {key}" if key else "the whole venue"
    says = (
        f"turn the kill switch for {whom} on: its open orders are cancelled and none are accepted"
        if on
        else f"turn the kill switch for {whom} off"
    )
    return _action("set_kill_switch", {"scope": scope, "key": key, "on": on}, says, (kind, key or VENUE), found)


async def bust(client: Client, trade: str) -> Action:
    """Undo a trade of the trading day."""
    found = await look_up(client, "trade", trade)
    says = f"undo trade {_trade(found)}; both get back what they gave, fees included"
    return _action("bust_trade", {"trade_id": int(trade)}, says, ("trade", trade), _both_sides(found))


async def reprice(client: Client, trade: str, price: str) -> Action:
    """Give a trade of the trading day another price."""
    found = await look_up(client, "trade", trade)
    says = f"give trade {_trade(found)} the price {price}"
    arguments: dict[str, Argument] = {"trade_id": int(trade), "price": price}
    return _action("reprice_trade", arguments, says, ("trade", trade), _both_sides(found))


def _trade(found: RecordInfo) -> str:
    return (
        f"{found.name} ({found.quantity} {found.instrument} at {found.price}, from {found.seller} to {found.buyer}"
        f"{', undone already' if found.busted else ''})"
    )


def _both_sides(found: RecordInfo) -> RecordInfo:
    return RecordInfo(name=found.name, accounts=1 if found.buyer == found.seller else 2)


# ── who trades ─────────────────────────────────────────────────────────────────────────────────────────────────────


async def suspend(client: Client, intermediary: str, *, suspended: bool) -> Action:
    """Suspend an intermediary, whose clients then can't buy (INT-1), or let it go on."""
    found = await look_up(client, "intermediary", intermediary)
    _check_new(found.suspended, suspended, f"intermediary {intermediary} is {'' if suspended else 'not '}suspended")
    says = (
        f"suspend intermediary {intermediary}: its clients can't buy; {_RECHECKED}"
        if suspended
        else f"let intermediary {intermediary} go on"
    )
    arguments: dict[str, Argument] = {"intermediary": intermediary, "suspended": suspended}
    return _action("register_intermediary", arguments, says, ("intermediary", intermediary), found)


async def block(client: Client, investor: str, *, blocked: bool) -> Action:
    """Put an investor on the list of blocked owners (SAN-1), or take the investor off it."""
    found = await look_up(client, "investor", investor)
    _check_new(found.blocked, blocked, f"investor {investor} is {'' if blocked else 'not '}blocked")
    says = (
        f"put investor {investor} on the list of blocked owners; {_RECHECKED}"
        if blocked
        else f"take investor {investor} off the list of blocked owners"
    )
    return _action("set_blocked", {"investor": investor, "blocked": blocked}, says, ("investor", investor), found)


async def override_class(client: Client, investor: str, investor_class: str) -> Action:
    """Set the class of an investor whatever the evidence says; an empty one: the evidence decides again."""
    found = await look_up(client, "investor", investor)
    _check_new(found.class_override or "", investor_class, f"the class of {investor} is set so already")
    how = f"set to {investor_class}, whatever the evidence says" if investor_class else "made of the evidence again"
    says = f"have the class of investor {investor} ({found.investor_class or 'none yet'}) {how}; {_RECHECKED}"
    assert found.kind is not None
    arguments: dict[str, Argument] = {"investor": investor, "kind": found.kind, "class_override": investor_class}
    return _action("register_investor", arguments, says, ("investor", investor), found)


async def freeze(client: Client, asset: str, share_ppm: int, account: str = "") -> Action:
    """Freeze a share of what each holder, or one account, has of an asset; 0: let it go."""
    if not 0 <= share_ppm <= PPM:
        raise ControlError("a share is 0 to 100 %")
    await look_up(client, "asset", asset)
    found = await look_up(client, "account", account) if account else RecordInfo(name="")
    whose = f"account {account}" if account else "each holder"
    percent = f"{share_ppm * 100 / PPM:g} %"
    says = (
        f"freeze {percent} of the {asset} of {whose}"
        if share_ppm
        else f"let go what is frozen of the {asset} of {whose}"
    )
    arguments: dict[str, Argument] = {"asset": asset, "share_ppm": share_ppm}
    about: tuple[RecordKind, str] = ("asset", asset)
    if account:
        arguments["account"], about = account, ("account", account)
    return _action("freeze_asset", arguments, says, about, found)


def _check_new(before: object, after: object, words: str) -> None:
    if before == after:
        raise ControlError(f"{words}: there is nothing to change")


# ── rules ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def set_parameter(client: Client, parameter: str, value: str) -> Action:
    """Set a parameter `RULE.key` of a rule in force."""
    found = await look_up(client, "parameter", parameter)
    _check_new(found.value, value, f"{parameter} is {value}")
    rule, _, key = parameter.partition(".")
    says = f"set {parameter} from {found.value or 'nothing'} to {value or 'nothing'}; {_RECHECKED}"
    arguments: dict[str, Argument] = {"rule": rule, "key": key, "value": value}
    return _action("set_parameter", arguments, says, ("parameter", parameter), await look_up(client, VENUE, VENUE))


async def load_rulebook(client: Client, rulebook: Rulebook, documents: dict[str, str]) -> Action:
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
        f"{_RECHECKED}"
    )
    arguments: dict[str, Argument] = {"name": rulebook.name}
    if rulebook.name not in built_in_rulebooks():
        arguments["documents"] = dict(documents)
    return _action("load_rulebook", arguments, says, (VENUE, VENUE), await look_up(client, VENUE, VENUE))


def from_date(client: Client, action: Action, moment: str) -> Action:
    """The same action, to take effect at a moment: a date, a time of today, or a length of time from now, by the venue's clock.

    Raises:
        ControlError: it is no such moment, or has passed.
    """
    now_ns = client.hello.time
    try:
        when = parse_moment(moment, now_ns)
    except MomentError as error:
        raise ControlError(str(error)) from error
    if when.seq:
        raise ControlError(f"{moment} is a sequence number; a change takes effect at a time: {FORMS}")
    if when.time_ns <= now_ns:
        raise ControlError(f"{moment} has passed")
    if when.time_ns > MAX_E8:
        raise ControlError(f"{moment} is too far: the last day that can be named is 2262-04-12")
    return msgspec.structs.replace(
        action,
        command="effective_from",
        arguments={
            "effective_ns": when.time_ns,
            "command": action.command,
            "arguments": action.arguments,
        },
        effective_ns=when.time_ns,
    )
