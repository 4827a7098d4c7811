"""An explained command for people and for machines: what `sbx explain` prints."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from compliance.explain import (
    DECIDED,
    FAILED,
    PASSED,
    UNCONCERNED,
    WAITS,
    Explanation,
    LeavingExplanation,
    OrderExplanation,
    RuleExplanation,
    TransferExplanation,
)
from compliance.rulebook.rulebook import Rulebook
from compliance.rulebook.wording import plain_value, status_text, value_text
from engine.vocabulary.codes import (
    CANCEL_REASONS,
    COMPLIANCE,
    MOVEMENT_STATUSES,
    ORDER_TYPES,
    PURPOSES,
    REJECT_CODES,
    SIDES,
)
from engine.vocabulary.limits import LEG_ID
from engine.vocabulary.messages.events import (
    AssetIssued,
    CommandRejected,
    Event,
    FundsMoved,
    MovementEnded,
    MovementHeld,
    OrderAccepted,
    OrderAmended,
    OrderCancelled,
    OrderRejected,
    OrderStatus,
    RequestRejected,
    StopTriggered,
    Transferred,
    TransferStatus,
)
from engine.vocabulary.said import said
from gateway.cli.inspecting.explain_more import (
    arrival_report,
    asked_by,
    print_arrival,
    print_holdings,
    print_standings,
    print_under,
    print_used,
    standing_report,
    under_report,
    used_report,
)
from gateway.cli.recordings.replay import readable
from gateway.cli.terminal import Terminal
from gateway.reporting.stories.explaining import Found
from gateway.reporting.tables.times import moscow_time
from gateway.words.chosen import chosen, tr
from gateway.words.rules import rule_text
from gateway.words.words import in_words, words_of

_SAYS: Final = (DECIDED, FAILED, WAITS)
_COLOURS: Final = {DECIDED: "red", FAILED: "red", PASSED: "green", WAITS: "yellow", UNCONCERNED: "dim"}


def report(found: Found) -> dict[str, object]:
    """An explained command, for machines."""
    return {
        "status": "different" if found.disagreement else "explained" if found.asks_rules else "no_order",
        "seq": found.seq,
        "time_ns": found.time_ns,
        "moscow_time": moscow_time(found.time_ns),
        "command": readable(found.command),
        "asked": asked_by(found),
        "under": under_report(found.under),
        "checks": [
            {**check_report(explanation), "used": used_report(found.used.get(place), found.reference)}
            for place, explanation in enumerate(found.explanations)
        ],
        "transfers": [transfer_report(explanation) for explanation in found.transfers],
        "leaving": [leaving_report(explanation) for explanation in found.leaving],
        "arrivals": [{**arrival_report(each), **verdict_report(each)} for each in found.arrivals],
        "classes": [standing_report(each) for each in found.standings.values()],
        "holdings": found.holdings,
        "results": [{"order_id": order_id, "text": text} for order_id, text in results(found)],
        "disagreement": found.disagreement or None,
    }


def rulebook_summary(rulebook: Rulebook) -> dict[str, object]:
    """A rulebook in force, with what a supervisor had set on top of it, for machines."""
    overrides = [{"rule": rule, "key": key, "value": value} for (rule, key), value in rulebook.overrides.items()]
    return {"name": rulebook.name, "digest": rulebook.digest, "overrides": overrides}


def verdict_report(explanation: Explanation) -> dict[str, object]:
    """The verdict of a check and every rule, for machines."""
    rulebook, failed = explanation.rulebook, explanation.failed
    return {
        "rulebook": None if rulebook is None else rulebook_summary(rulebook),
        "verdict": "refused" if failed or rulebook is None else "waits" if explanation.waits else "passes",
        "decided_by": failed[0] if failed else None,
        "failed": list(failed),
        **({"waits": list(explanation.waits)} if explanation.waits else {}),
        "rules": [rule_report(rule) for rule in explanation.rules],
    }


def transfer_report(explanation: TransferExplanation) -> dict[str, object]:
    """The check of a transfer, for machines."""
    transfer = explanation.transfer
    return {
        "client_order_id": transfer.client_order_id,
        "account": transfer.account,
        "investor": explanation.sender,
        "to_account": transfer.to_account,
        "to_investor": explanation.receiver,
        "amount": explanation.amount,
        "purpose": PURPOSES[transfer.purpose],
        "contract_reference": transfer.contract_reference or None,
        **verdict_report(explanation),
    }


def leaving_report(explanation: LeavingExplanation) -> dict[str, object]:
    """The check of a withdrawal or redemption, for machines."""
    return {
        "kind": explanation.kind,
        "account": explanation.command.account,
        "investor": explanation.investor,
        "amount": explanation.amount,
        **verdict_report(explanation),
    }


def check_report(explanation: OrderExplanation) -> dict[str, object]:
    """The check of an order, for machines."""
    client, order = explanation.client, explanation.order
    return {
        "order_id": explanation.order_id,
        "client_order_id": order.client_order_id,
        "account": client.account,
        "investor": client.investor.investor,
        "investor_class": explanation.investor_class or None,
        "class_set_because": explanation.class_reason or None,
        "evidence": explanation.evidence or None,
        "intermediary": client.intermediary_name or None,
        "instrument": order.instrument_name,
        "side": SIDES[order.side],
        "order_type": ORDER_TYPES[order.command.order_type],
        "price": explanation.price or None,
        "quantity": explanation.quantity or None,
        "value": explanation.value or None,
        "recheck": explanation.recheck,
        **verdict_report(explanation),
    }


def rule_report(rule: RuleExplanation) -> dict[str, object]:
    """What one rule made of an order, for machines."""
    data = rule.data
    reason = rule.spared if rule.refusal is None else in_words(rule.refusal)
    return {
        "rule": data.rule,
        "title": data.title,
        "source": data.source,
        "status": data.status,
        "effective_from": data.effective_from,
        "note": data.note or None,
        "parameters": {key: plain_value(data, key) for key in data.declared.parameters},
        "outcome": rule.outcome.replace(" ", "_"),
        "reason": reason or None,
        "inputs": dict(rule.inputs),
        "arithmetic": rule.arithmetic or None,
    }


def results(found: Found) -> Iterator[tuple[int, str]]:
    """What became of each order that the command is about, in the order of the events: its id and words."""
    checked = {explanation.order_id for explanation in found.explanations}
    if found.transfers or found.leaving:
        # The refusal of a transfer or withdrawal names no order.
        checked.add(0)
    for event in found.events:
        text = result_text(event, checked)
        if text:
            yield getattr(event, "order_id", 0), text


def result_text(event: Event, checked: set[int]) -> str:
    """What an event says of an order's fate; empty if it is about something else."""
    if isinstance(event, OrderAccepted):
        return tr("accepted")
    if isinstance(event, OrderAmended):
        if event.order_id in checked:
            return tr("amended")
        return tr("amended: no rule was asked, since it can't cost more than before")
    if isinstance(event, StopTriggered):
        return tr("triggered: checked again as the order it is for")
    if isinstance(event, Transferred | FundsMoved | AssetIssued):
        return tr("moved")
    if isinstance(event, MovementHeld):
        return tr("waits by {rules}", rules=", ".join(event.rules))
    if isinstance(event, MovementEnded):
        why = f": {in_words(said(event.template, *event.values), chosen())}" if event.template else ""
        return chosen().story(MOVEMENT_STATUSES[event.outcome].replace("_", " ")) + why
    if isinstance(event, OrderStatus | TransferStatus):
        return tr("was entered before: the request was sent again, and only its status is reported")
    if isinstance(event, OrderCancelled):
        reason = CANCEL_REASONS[event.reason]
        if event.rule:
            return tr("cancelled: {reason} by {rule}", reason=reason, rule=event.rule)
        return tr("cancelled: {reason}", reason=reason)
    if isinstance(event, CommandRejected):
        return tr("refused: {code}: {words}", code=REJECT_CODES[event.code], words=words_of(event, chosen()))
    if isinstance(event, OrderRejected | RequestRejected):
        if event.code == COMPLIANCE:
            return tr("refused by {rule}: {words}", rule=event.rule, words=words_of(event, chosen()))
        refused = tr("refused: {code}: {words}", code=REJECT_CODES[event.code], words=words_of(event, chosen()))
        if event.order_id in checked:
            return refused
        return f"{refused}; {tr('no rule was asked: this check comes before compliance')}"
    return ""


def print_found(console: Terminal, found: Found, *, is_whole: bool) -> None:
    """An explained command, for people; `is_whole`: with every rule."""
    name = type(found.command).__name__
    console.tell(
        tr("sequence number {seq}, {time} Moscow: {name}", seq=found.seq, time=moscow_time(found.time_ns), name=name)
    )
    print_asked(console, found)
    if found.under is not None:
        print_under(console, found.under)
    if not found.asks_rules and not found.arrivals and (found.explanations or found.under is None):
        movement = getattr(found.command, "movement", 0)
        if movement:
            console.tell(
                tr(
                    "It is no order, no transfer and no withdrawal; it is about what was asked for with sequence number {seq}: explain that one.",
                    seq=movement,
                )
            )
        elif found.explanations:
            console.tell(tr("It is no order, no transfer and no withdrawal; it had these orders checked:"))
        else:
            console.tell(tr("It is no order, no transfer and no withdrawal; there is no check by rule to explain."))
    for transfer in found.transfers:
        console.print()
        print_transfer(console, transfer)
        print_verdict(console, transfer, is_whole=is_whole)
    for leaving in found.leaving:
        console.print()
        console.tell(
            (leaving.kind, "bold"), f": {leaving.amount} from {leaving.command.account} (investor {leaving.investor})"
        )
        print_verdict(console, leaving, is_whole=is_whole)
    for arrival in found.arrivals:
        console.print()
        print_arrival(console, arrival)
        print_verdict(console, arrival, is_whole=is_whole)
    for place, explanation in enumerate(found.explanations):
        console.print()
        print_check(console, explanation, found.seq)
        print_verdict(console, explanation, is_whole=is_whole)
        if place in found.used:
            print_used(console, found.used[place], found.reference, is_whole=is_whole)
    print_standings(console, found, is_whole=is_whole)
    print_holdings(console, found)
    lines = list(results(found))
    if lines:
        console.print()
    for order_id, text in lines:
        console.tell(f"{tr('order {id}', id=order_id)}: {text}" if order_id else text)
    if found.disagreement:
        console.tell((tr("different"), "red"), f": {found.disagreement}")


def print_asked(console: Terminal, found: Found) -> None:
    """Who asked for a command, and why."""
    asked = asked_by(found)
    if asked["by"] or asked["reason"]:
        because = f": {asked['reason']}" if asked["reason"] else ""
        console.tell(f"{tr('asked by {name}', name=asked['by'] or tr('the venue file'))}{because}")


def print_transfer(console: Terminal, explanation: TransferExplanation) -> None:
    """A transfer that was checked, for people: who, and what."""
    transfer = explanation.transfer
    reference = transfer.contract_reference
    contract = f", {tr('contract {reference}', reference=reference)}" if reference else ""
    console.tell((tr("transfer"), "bold"), f" ({transfer.client_order_id}):")
    moved = tr(
        "{amount} from {sender} (investor {owner}) to {receiver} (investor {other}), {purpose}",
        amount=explanation.amount,
        sender=transfer.account,
        owner=explanation.sender,
        receiver=transfer.to_account,
        other=explanation.receiver,
        purpose=PURPOSES[transfer.purpose],
    )
    console.tell(f"  {moved}{contract}")


def print_check(console: Terminal, explanation: OrderExplanation, seq: int) -> None:
    """An order that was checked, for people: who, and what."""
    client, order = explanation.client, explanation.order
    named = client.intermediary_name
    through = tr("through {intermediary}", intermediary=named) if named else tr("directly")
    made = ""
    if explanation.evidence:
        made = f" (QUAL-0: {chosen().explained(explanation.evidence)})"
    elif explanation.class_reason:
        made = f" ({tr('set by the supervisor: {reason}', reason=explanation.class_reason)})"
    what = f"{explanation.quantity}" if explanation.price else tr("all it can for")
    at = f" {tr('at {price} or better', price=explanation.price)}" if explanation.price else ""
    why = f"{tr('resting, looked at again')}; " if explanation.recheck else ""
    if not explanation.recheck and explanation.order_id % LEG_ID != seq:
        why = f"{tr('entered before')}; "
    console.tell(
        (tr("order {id}", id=explanation.order_id), "bold"), f" ({order.client_order_id}), {why}{client.account}:"
    )
    investor = tr("investor {name}", name=client.investor.investor)
    console.tell(f"  {investor}, {explanation.investor_class or tr('without a class')}{made}, {through}")
    kind = ORDER_TYPES[order.command.order_type]
    worth = tr("worth {value}", value=explanation.value or tr("unknown"))
    console.tell(f"  {kind} {SIDES[order.side]} {what} {order.instrument_name}{at}, {worth}")


def print_verdict(console: Terminal, explanation: Explanation, *, is_whole: bool) -> None:
    """The verdict of a check, then the rules that say no, and the names of the others; or each rule."""
    rulebook = explanation.rulebook
    if rulebook is None:
        console.tell("  ", (tr("refused"), "red"), f": {tr('no rulebook was in force')}")
        return
    failed = explanation.failed
    overrides = [f"{rule} {key} = {value}" for (rule, key), value in rulebook.overrides.items()]
    on_top = f" {tr('with {settings}', settings=', '.join(overrides))}" if overrides else ""
    book = f"  {tr('rulebook {name}', name=rulebook.name)}{on_top}: "
    if failed:
        others = f"; {tr('it fails {rules} too', rules=', '.join(failed[1:]))}" if failed[1:] else ""
        console.tell(book, (tr("refused"), "red"), f": {tr('{rule} decides', rule=failed[0])}{others}")
    elif explanation.waits:
        waits = tr("by {rules}", rules=", ".join(explanation.waits))
        console.tell(book, (tr("passes, and waits"), "yellow"), f" {waits}")
    else:
        console.tell(book, (tr("passes every rule"), "green"))
    for rule in explanation.rules:
        # One that passes may have something to say, as that it is to be reported.
        if is_whole or rule.outcome in _SAYS or (rule.outcome == PASSED and rule.spared):
            print_rule(console, rule, is_whole=is_whole)
    if not is_whole:
        print_others(console, explanation)


def print_others(console: Terminal, explanation: Explanation) -> None:
    """The rules that don't say no, by what came of them."""
    others: dict[str, list[str]] = {}
    for rule in explanation.rules:
        if rule.outcome not in _SAYS:
            others.setdefault(rule.outcome, []).append(rule.data.rule)
    console.print()
    for outcome, names in others.items():
        console.tell("  ", (chosen().explained(outcome), _COLOURS[outcome]), f": {', '.join(names)}")
    console.tell(f"  {tr('--all shows these too')}")


def print_rule(console: Terminal, rule: RuleExplanation, *, is_whole: bool) -> None:
    """What one rule made of an order, for people."""
    data, language = rule.data, chosen()
    explained = language.explained
    why = f": {explained(rule.spared)}" if rule.spared else ""
    console.print()
    console.tell("  ", (f"{data.rule:7}", "bold"), (explained(rule.outcome), _COLOURS[rule.outcome]), why)
    title, source = rule_text(data, "title", language), rule_text(data, "source", language)
    standing = tr("{status}, from {date}", status=explained(status_text(data)), date=data.effective_from)
    rows = [
        ("", f"{title}. {source}; {standing}"),
        (tr("note"), rule_text(data, "note", language) if is_whole else ""),
        (
            tr("parameters"),
            "; ".join(f"{key} = {explained(value_text(data, key))}" for key in data.declared.parameters),
        ),
        (tr("looked at"), "; ".join(f"{language.label(name)} {explained(value)}" for name, value in rule.inputs)),
        (tr("arithmetic"), explained(rule.arithmetic)),
        (tr("says"), "" if rule.refusal is None else in_words(rule.refusal, language)),
    ]
    for name, text in rows:
        if text:
            console.tell("         ", (f"{name}  " if name else "", "dim"), text)
