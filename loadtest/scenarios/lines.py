"""Lines that do something: each is sent to the venue as one command."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import msgspec

from engine.vocabulary import codes
from engine.vocabulary.messages import commands
from engine.vocabulary.messages.commands import AnyCommand, NewOrder
from engine.vocabulary.messages.events import AccountOpened, Event, FundsMoved
from loadtest.scenarios import absence, futures
from loadtest.scenarios.format import ScenarioError
from loadtest.scenarios.numbers import decimal_of, e8, is_clock, length_ns, next_clock_ns, ppm, second_of_day
from loadtest.scenarios.orders import Words, amend, code, mass_quote, new_order
from loadtest.scenarios.venue import BOUNDS, Venue
from loadtest.scenarios.words import Speaker

_LABELLED = re.compile(r"([\w, .]+):\s+(.+)")
_WAIT = re.compile(r"(?:wait|after) (\S+) (ms|seconds?|minutes?|hours?|days?)\b\s*(.*)")


class Outcome(msgspec.Struct):
    """What a line caused, and the label of the order that it is about."""

    events: list[Event]
    subject: str = ""


def carry_out(venue: Venue, text: str) -> Outcome:
    """Do what a line says.

    Raises:
        ScenarioError: it means nothing.
    """
    outcome = _carry_out(venue, text)
    due = [event for event in venue.before if not isinstance(event, AccountOpened | FundsMoved)]
    venue.before.clear()
    return Outcome(due + outcome.events, outcome.subject)


def _carry_out(venue: Venue, text: str) -> Outcome:
    first, _, rest = text.partition(" ")
    if first == "rulebook":
        return Outcome(venue.load_rulebook(rest.split()[-1]))
    if first == "instrument":
        return Outcome(venue.list_instrument(Words(rest)))
    if first == "future":
        return Outcome(futures.list_future(venue, rest))
    venue.ready()
    text = _pass_time(venue, text)
    if not text:
        return Outcome(venue.send(commands.Tick()))
    first, _, rest = text.partition(" ")
    if first == "account":
        return _account(venue, Words(rest))
    if first == "repeat":
        return _repeat(venue, rest)
    if first == "bounds":
        return _bounds(venue, rest)
    if first in _SETTINGS:
        return Outcome(venue.send(_SETTINGS[first](venue, rest)))
    labelled = _LABELLED.fullmatch(text)
    if labelled is not None:
        return _enter(venue, labelled.group(1), labelled.group(2))
    return _request(venue, Words(text))


def _pass_time(venue: Venue, text: str) -> str:
    """Move the clock as `wait 2 minutes`, `at 18:40` or `after 1 second` say; what is left of the line."""
    found = _WAIT.fullmatch(text)
    if found is not None:
        venue.time_ns += length_ns(found.group(1), found.group(2))
        return found.group(3)
    first, _, rest = text.partition(" ")
    if first == "wait":
        raise ScenarioError("write `wait 2 minutes`")
    if first != "at":
        return text
    clock, _, rest = rest.partition(" ")
    venue.time_ns = next_clock_ns(clock, venue.time_ns)
    return rest


def _account(venue: Venue, words: Words) -> Outcome:
    """`account NAME investor NAME participant NAME via NAME with 5 BTC, 10 RUB`."""
    name = words.take("account")
    given = {"investor": name, "participant": name, "via": ""}
    amounts: dict[str, Decimal] = {}
    for word in words:
        if word == "with":
            while words:
                amount = decimal_of(words.take("amount"))
                amounts[words.take("asset").rstrip(",")] = amount
        elif word in given:
            given[word] = words.take(word)
        else:
            raise ScenarioError(f"an account has no {word}")
    return Outcome(venue.open_account(name, given["investor"], given["participant"], given["via"], amounts))


def _order(venue: Venue, label: str, account: str, text: str) -> NewOrder:
    words = Words(text)
    side = words.take("side")
    order = new_order(
        label,
        account,
        side,
        words,
        participant=venue.participant_of(account),
        instrument=venue.instrument,
        now_ns=venue.time_ns,
    )
    before = venue.orders.get(label)
    if before is not None and before.account != account:
        raise ScenarioError(f"{label} is an order of {before.account}")
    venue.orders[label] = order
    return order


def _enter(venue: Venue, label: str, text: str) -> Outcome:
    """An order, a pair, a bracket or a ladder of quotes."""
    account, _, what = text.partition(" ")
    if what.startswith("quotes "):
        return _quote(venue, label, account, what.removeprefix("quotes "))
    labels = [each.strip() for each in label.split(",")]
    parts = re.split(r" (?:then|or) ", what)
    if len(labels) != len(parts):
        raise ScenarioError("as many labels as orders")
    orders = [_order(venue, each, account, part) for each, part in zip(labels, parts, strict=True)]
    participant = orders[0].participant
    if len(orders) == 1:
        return Outcome(venue.send(orders[0]), label)
    if len(orders) == 2:
        return Outcome(venue.send(commands.NewOrderPair(participant, account, orders[0], orders[1])))
    return Outcome(venue.send(commands.NewBracket(participant, account, orders[0], orders[1], orders[2])))


def _quote(venue: Venue, label: str, account: str, text: str) -> Outcome:
    command = mass_quote(label, account, venue.participant_of(account), text, venue.instrument)
    for letter, side, ladder in (("b", codes.BUY, command.bids), ("a", codes.SELL, command.asks)):
        for number, (price_e8, quantity_e8) in enumerate(ladder):
            name = f"{label}:{letter}{number}"
            venue.orders[name] = NewOrder(
                command.participant,
                account,
                name,
                command.instrument,
                side,
                codes.LIMIT,
                codes.GTC,
                price_e8,
                quantity_e8,
            )
    return Outcome(venue.send(command), label)


def _repeat(venue: Venue, text: str) -> Outcome:
    """`repeat 100 x: ann sells 1 @ 101`: orders x1 to x100, all with the events of the first."""
    count, _, rest = text.partition(" ")
    prefix, _, order = rest.partition(":")
    every: list[list[str]] = []
    events: list[Event] = []
    for number in range(1, int(count) + 1):
        outcome = _enter(venue, f"{prefix}{number}", order.strip())
        every.append([Speaker(venue, outcome.subject).say(event) for event in outcome.events])
        if every[-1] != every[0]:
            raise ScenarioError(f"{prefix}{number} does something else than {prefix}1: {every[-1]}")
        events = outcome.events
    return Outcome(events, f"{prefix}{count}")


def _bounds(venue: Venue, text: str) -> Outcome:
    """`bounds account 4, book 6, venue 8, shares 2`: smaller ones than the venue's own. No command: nothing happens."""
    for name, number in _parts(text):
        if name not in BOUNDS:
            raise ScenarioError(f"`{name}` is no bound; known: {', '.join(BOUNDS)}")
        venue.set_bound(name, int(number))
    return Outcome([])


def _request(venue: Venue, words: Words) -> Outcome:
    """`ann amends a1 to 3`, `ann cancels a1`, `ann cancels all sells`, `ann deposits 5 BTC`."""
    account, verb = words.take("account"), words.take("verb")
    participant = venue.participant_of(account)
    if verb == "amends":
        label = words.take("order")
        return Outcome(venue.send(amend(account, participant, label, words)), label)
    if verb in {"deposits", "withdraws"}:
        amount, asset = decimal_of(words.take("amount")), words.take("asset")
        minor = int(amount.scaleb(venue.exchange.assets[asset].scale))
        kind = commands.Deposit if verb == "deposits" else commands.Withdraw
        return Outcome(venue.send(kind(account, asset, minor)))
    if verb != "cancels":
        raise ScenarioError(f"`{verb}`: an account buys, sells, quotes, amends, cancels, deposits or withdraws")
    label = words.take("order")
    if label != "all":
        if words.peek() == "as":
            words.take("as")
            participant = words.take("participant")
        return Outcome(venue.send(commands.CancelOrder(participant, account, 0, label)), label)
    instrument, side = "", -1
    for word in words:
        if word == "as":
            participant = words.take("participant")
        elif word in {"buys", "sells"}:
            side = ("buys", "sells").index(word)
        else:
            instrument = word
    return Outcome(venue.send(commands.MassCancel(participant, account, instrument, side)))


# ── settings of the venue ──────────────────────────────────────────────────────────────────────────────────────────


def _phase(venue: Venue, text: str) -> AnyCommand:
    words = text.split()
    return commands.SetPhase(words[1] if len(words) > 1 else venue.instrument, code(codes.PHASES, words[0]))


def _parts(text: str) -> list[list[str]]:
    """`static 10%, batch 1 second` as lists of words."""
    return [part.split() for part in text.split(",") if part.strip()]


def _rules(venue: Venue, text: str) -> AnyCommand:
    """`rules static 10%, dynamic 5%, volatility 2 minutes, random 30 seconds, batch 1 second, allocation pro_rata`."""
    fields: dict[str, Any] = {}
    instrument = venue.instrument
    for name, *rest in _parts(text):
        if name in {"static", "dynamic"}:
            fields[f"{name}_ppm"] = ppm(rest[0])
        elif name in {"volatility", "batch", "random"}:
            fields[f"{'auction_random' if name == 'random' else name}_ns"] = length_ns(*rest)
        elif name == "allocation":
            fields[name] = code(codes.ALLOCATIONS, rest[0])
        elif name == "for":
            instrument = rest[0]
        elif name == "none":
            fields["replace"] = True
        else:
            raise ScenarioError(f"`{name}` is no trading rule")
    return msgspec.structs.replace(commands.SetTradingRules(instrument), **fields)


def _schedule(venue: Venue, text: str) -> AnyCommand:
    """`schedule 10:00 opening_auction, 10:10 continuous`; `schedule none`."""
    steps = [(second_of_day(words[0]), code(codes.PHASES, words[1])) for words in _parts(text) if is_clock(words[0])]
    return commands.SetSchedule(venue.instrument, tuple(steps))


def _limits(venue: Venue, text: str) -> AnyCommand:
    """`limits ann 2 a second, value 500, ratio 4`."""
    participant, _space, rest = text.partition(" ")
    fields: dict[str, int] = {}
    for words in _parts(rest):
        if words[1:] == ["a", "second"]:
            fields["orders_per_second"] = int(words[0])
        elif words[0] == "value":
            fields["max_order_value"] = int(decimal_of(words[1]) * 100)
        elif words[0] == "ratio":
            fields["max_order_to_trade"] = int(words[1])
        else:
            raise ScenarioError(f"`{' '.join(words)}` is no limit")
    venue.know_participant(participant)
    return msgspec.structs.replace(commands.SetLimits(participant), **fields)


def _venue_rules(_: Venue, text: str) -> AnyCommand:
    """`venue self_trade cancel_oldest, seed abc`."""
    given = {words[0]: words[1] for words in _parts(text)}
    mode = code(codes.SELF_TRADE_MODES, given.get("self_trade", codes.SELF_TRADE_MODES[0]))
    return commands.SetVenueRules(mode, given.get("seed", ""))


def _index(venue: Venue, text: str) -> AnyCommand:
    """`index 10% for 5 minutes over BTC/RUB, ETH/RUB`: of the market; `index BTC at 105`: of futures."""
    if " at " in text:
        return futures.index_price(venue, text)
    words = text.replace(",", " ").split()
    return commands.SetMarketHalt(ppm(words[0]), length_ns(words[2], words[3]), tuple(words[5:]))


def _kill(on: bool) -> Callable[[Venue, str], AnyCommand]:
    """`kill participant ann`, `lift venue`."""

    def switch(venue: Venue, text: str) -> AnyCommand:
        scope, _space, key = text.partition(" ")
        if scope == "participant":
            venue.know_participant(key)
        return commands.SetKillSwitch(code(codes.SCOPES, scope), key, on)

    return switch


def _bust(_: Venue, text: str) -> AnyCommand:
    """`bust trade 1`."""
    return commands.BustTrade(int(text.split()[1]), "scenario")


def _reprice(_: Venue, text: str) -> AnyCommand:
    """`reprice trade 1 to 101`."""
    words = text.split()
    return commands.RepriceTrade(int(words[1]), e8(words[3]), "scenario")


def _block(blocked: bool) -> Callable[[Venue, str], AnyCommand]:
    """`block ann`, `unblock ann`: with a rulebook."""
    return lambda _, text: commands.SetBlocked(text, blocked)


_SETTINGS: dict[str, Callable[[Venue, str], AnyCommand]] = {
    "phase": _phase,
    "rules": _rules,
    "schedule": _schedule,
    "limits": _limits,
    "venue": _venue_rules,
    "index": _index,
    "mark": futures.mark,
    "margin": futures.margin_rules,
    "close": futures.close_out,
    "kill": _kill(True),
    "lift": _kill(False),
    "bust": _bust,
    "reprice": _reprice,
    "block": _block(True),
    "unblock": _block(False),
    **absence.SETTINGS,
}
