"""The words of the tables in tests/scenarios/compliance_*.toml: steps as commands, and events as outcomes.

Each scenario names a rulebook, changes to it (`RULE key = value`) and steps: Moscow time | who | what | expected.

* rulebook: one that comes with the venue, or one of the tests' own, in `rulebooks/`.
* who: an account of the cast in `venue.py`, or `supervisor` for a command of compliance or a correction (its name, then
  fields). Trades count from 1.
* what: `buy QUANTITY INSTRUMENT at PRICE`, with `post-only`, `ioc`, `fok`, `stop PRICE` or `reduce-only` behind it; `sell`
  likewise; `cancel N`; `amend N to QUANTITY at PRICE`. N counts the orders of the scenario that passed, from 1. Of a supervisor: `from MOMENT` before
  a command gives it an effective date (`reason` and `by` of the table are its own then, too); `wait` lets time pass; `load
  RULEBOOK` puts another rulebook in force; `open FUTURE at PRICE` marks a future there and lets it trade, 30 % up and down.
  Transfers and holdings have words of their own, in `holding_words.py`: `transfer 5 USDT to firm for cross_border contract 7`,
  `deliver 1 BTC-NOTE`, and of the supervisor `issue 5 METAL to firm by smelter`, `redeem ... from`, `freeze 30 % of METAL`,
  `deposit 2 BTC to bank`, `withdraw ... from`, `mark BTC-FUT at 9000000`,
  `contract 7: importer owes abroad 1000 USDT`, `acknowledge newcomer`, `publish TEXT`.
  Alerts, cases and disclosures have theirs in `case_words.py`.
* `documents=` names the documents of a registration, and `owners=` those of beneficial owners, several of one owner as `a+b`.
* expected: `passes`, `fills` (passes and trades), `moves` (a transfer or withdrawal), `waits by RULES`, `ends OUTCOME` (what had to
  wait), with `by RULE` behind it if one had it fail, `done`, `refused`; the rules that fail, the deciding one
  first; another reject code; or `cancels N ... by RULE, N ... by RULE`: the open orders that a command cancels, in order; `tier
  ASSET: WORDS` before that, for each asset whose tier it says has changed. What the passing of time brings is expected of `wait`
  only.
"""

from __future__ import annotations

import tomllib
from itertools import groupby
from typing import Any, get_args

import msgspec

from compliance import BUILT_IN_RULEBOOKS, load_rulebook
from engine.vocabulary.codes import (
    BY_RULE,
    COMPLIANCE,
    CONTINUOUS,
    FOK,
    GTC,
    IOC,
    LIMIT,
    MOVEMENT_STATUSES,
    REJECT_CODES,
    STOP_LIMIT,
)
from engine.vocabulary.messages import commands
from engine.vocabulary.messages.events import (
    CommandRejected,
    Event,
    FundsMoved,
    MovementEnded,
    MovementHeld,
    OrderAccepted,
    OrderAmended,
    OrderCancelled,
    OrderRejected,
    RegistryChanged,
    RequestRejected,
    Trade,
    Transferred,
)
from tests.support import places
from tests.support.compliance import case_words, holding_words
from tests.support.compliance.identities import key_of
from tests.support.compliance.venue import PARTICIPANT, Venue, documents, e8, moscow_ns, rules_of

TABLES = sorted(places.TABLES.glob("compliance_*.toml"))
RULEBOOKS = [load_rulebook(name, documents(name)) for name in BUILT_IN_RULEBOOKS]
"""The regimes."""
SCENARIOS = [scenario for path in TABLES for scenario in tomllib.loads(path.read_text(encoding="utf-8"))["scenario"]]
COMMANDS = {
    "register_investor": commands.RegisterInvestor,
    "register_intermediary": commands.RegisterIntermediary,
    "record_test": commands.RecordTest,
    "set_blocked": commands.SetBlocked,
    "authorise_client": commands.AuthoriseClient,
    "update_asset": commands.UpdateAsset,
    "set_parameter": commands.SetParameter,
    "bust_trade": commands.BustTrade,
    "reprice_trade": commands.RepriceTrade,
    "close_out": commands.CloseOut,
    "open_account": commands.OpenAccount,
    "set_custody": commands.SetCustody,
}
FIELDS = {
    "documents": "identity_keys",
    "owners": "owner_keys",
    "taken": "taken_ns",
    "price": "price_e8",
    "trade": "trade_id",
}


def split_change(text: str) -> tuple[str, str, str]:
    rule, key, equals, value = text.split(" ", 3)
    assert equals == "="
    return rule, key, value


def identities(text: str) -> tuple[str, ...]:
    """Identity keys by the names of documents; the cast's have their investors' names."""
    return tuple(key_of(name) for name in text.replace("+", ",").split(",") if name)


def value(kind: Any, text: str) -> str | int | bool:
    kind = next(each for each in (*get_args(kind), kind) if each is not type(None))
    if kind is bool:
        assert text in {"true", "false"}
        return text == "true"
    return int(text) if kind is int else text


def supervisory(what: str) -> commands.HookCommand:
    name, *fields = what.split()
    command = COMMANDS[name]
    kinds = {field.name: field.type for field in msgspec.structs.fields(command)}
    # A registration says all of a record, unless `replace=false` stands in it.
    values: dict[str, Any] = {"replace": True} if "replace" in kinds else {}
    for key, text in (field.split("=") for field in fields):
        place = FIELDS.get(key, key)
        if key == "documents":
            values[place] = identities(text)
        elif key == "owners":
            values[place] = tuple(identities(owner) for owner in text.split(",") if owner)
        elif key == "taken":
            values[place] = moscow_ns(text)
        else:
            values[place] = e8(text) if key == "price" else value(kinds[place], text)
    return command(**values)


def supervise(venue: Venue, what: str) -> list[Event]:
    if what.split(maxsplit=1)[0] in holding_words.OF_SUPERVISOR:
        return venue.apply(holding_words.of_supervisor(venue, what))
    if what.split(maxsplit=1)[0] in case_words.WORDS:
        return case_words.happens(venue, what)
    if what == "wait":
        return venue.apply(commands.Tick())
    if what.startswith("load "):
        name = what.split()[1]
        return venue.apply(commands.LoadRulebook(name, documents(name)))
    if what.startswith("open "):
        _, future, _, price = what.split()
        opening = (
            commands.SetTradingRules(future, 300_000),
            commands.MarkFuture(future, e8(price), "open"),
            commands.SetPhase(future, CONTINUOUS),
        )
        return [event for command in opening for event in venue.do(command)]
    if what.startswith("from "):
        _, moment, rest = what.split(" ", 2)
        return venue.apply(commands.EffectiveFrom(moscow_ns(moment), supervisory(rest), "by law", "supervisor"))
    return venue.apply(supervisory(what))


def trade(venue: Venue, orders: list[int], account: str, what: str) -> list[Event]:
    words = what.split()
    if words[0] in holding_words.OF_PARTICIPANT:
        return venue.apply(holding_words.of_participant(venue, PARTICIPANT, account, what))
    if words[0] == "cancel":
        return venue.cancel(account, orders[int(words[1]) - 1])
    if words[0] == "amend":
        return venue.amend(account, orders[int(words[1]) - 1], words[3], words[5])
    flags = words[5:]
    reduces = "reduce-only" in flags
    if reduces:
        flags.remove("reduce-only")
    flag = flags[0] if flags else ""
    stop = e8(flags[1]) if flag == "stop" else 0
    command = commands.NewOrder(
        PARTICIPANT,
        account,
        f"c{venue.exchange.seq + 1}",
        words[2],
        ("buy", "sell").index(words[0]),
        STOP_LIMIT if stop else LIMIT,
        {"": GTC, "post-only": GTC, "stop": GTC, "ioc": IOC, "fok": FOK}[flag],
        e8(words[4]),
        e8(words[1]),
        flag == "post-only",
        stop_price_e8=stop,
        reduce_only=reduces,
    )
    events = venue.apply(command)
    replies = [event for event in events if isinstance(event, OrderAccepted)]
    orders.extend(event.order_id for event in replies)
    return events


def outcome(events: list[Event], orders: list[int]) -> str:
    """What happened, in the words of the tables."""
    reply = next((event for event in events if type(event).__name__ not in {"DayEnded", "ChangeEffective"}), None)
    if isinstance(reply, (OrderRejected, RequestRejected)):
        return " ".join(rules_of(reply)) if reply.code == COMPLIANCE else REJECT_CODES[reply.code]
    if isinstance(reply, CommandRejected):
        assert reply.detail
        return "refused"
    if isinstance(reply, OrderAccepted):
        return "fills" if any(isinstance(event, Trade) for event in events) else "passes"
    if isinstance(reply, Transferred) or (isinstance(reply, FundsMoved) and reply.movement):
        return "moves"
    if isinstance(reply, MovementHeld):
        return f"waits by {' '.join(reply.rules)}"
    if isinstance(reply, MovementEnded):
        return f"ends {MOVEMENT_STATUSES[reply.outcome]}" + (f" by {reply.rule}" if reply.rule else "")
    tiers = [event for event in events if isinstance(event, RegistryChanged) and event.what == "tier"]
    said = [f"tier {event.key}: {event.detail}" for event in tiers]
    by_rule = [event for event in events if isinstance(event, OrderCancelled) and event.reason == BY_RULE]
    runs: list[str] = []
    for rule, cancelled in groupby(by_rule, lambda event: event.rule):
        run = list(cancelled)
        assert all(event.detail for event in run)
        runs.append(f"{' '.join(str(orders.index(event.order_id) + 1) for event in run)} by {rule}")
    if runs:
        said.append(f"cancels {', '.join(runs)}")
    if said:
        return "; ".join(said)
    assert reply is None or isinstance(reply, OrderAmended | OrderCancelled) or "by" not in type(reply).__name__
    return "done"
