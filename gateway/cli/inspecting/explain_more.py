"""What `sbx explain` prints beside the verdicts: why an investor is of a class, what makes up a sum, what came in and was frozen."""

from __future__ import annotations

from typing import Final

from compliance.explain import why_idle
from compliance.notebook import ArrivalExplanation, ClassStanding
from compliance.purchase_notes import CountedPurchase, Used
from compliance.rulebook.rulebook import RuleData
from compliance.rulebook.wording import status_text
from engine.vocabulary.codes import SIDES
from engine.vocabulary.decimals import decimal
from gateway.cli.terminal import Terminal
from gateway.printable import figures
from gateway.reporting.steps.reference import Reference
from gateway.reporting.stories.explaining import Found
from gateway.reporting.tables.times import moscow_time
from gateway.words.chosen import chosen, tr
from gateway.words.rules import rule_text

MAX_PURCHASES: Final = 5
"""That are shown without `--all`: the latest."""


# ── for machines ───────────────────────────────────────────────────────────────────────────────────────────────────


def standing_report(standing: ClassStanding) -> dict[str, object]:
    """Why an investor is of a class, for machines."""
    return {
        "investor": standing.investor,
        "investor_class": standing.investor_class,
        "by_evidence": standing.derived,
        "set_by_supervisor": standing.is_set,
        "reason": standing.reason or None,
        "by": standing.by or None,
        "evidence": [{"rule": rule, "arithmetic": text, "makes": made} for rule, text, made in standing.evidence],
    }


def used_report(used: Used | None, reference: Reference) -> dict[str, object] | None:
    """What makes up a sum, for machines."""
    if used is None:
        return None
    return {
        "used": decimal(used.used, 2),
        "reserved": decimal(used.reserved, 2),
        "before": decimal(used.before, 2),
        "listed": decimal(used.listed, 2),
        "purchases": [_purchase_report(each, reference) for each in used.purchases],
    }


def _purchase_report(counted: CountedPurchase, reference: Reference) -> dict[str, object]:
    purchase = counted.purchase
    format_ = reference.formats.instruments[purchase.instrument]
    return {
        "seq": purchase.seq,
        "time_ns": purchase.time_ns,
        "trade_id": purchase.trade_id,
        "instrument": purchase.instrument,
        "side": SIDES[purchase.side],
        "quantity": format_.quantity[purchase.quantity_lots],
        "price": format_.price[purchase.price_ticks] if purchase.price_ticks else None,
        "intermediary": purchase.intermediary or None,
        "bought": decimal(purchase.bought, 2),
        "sold": decimal(purchase.sold, 2),
        "counts": decimal(counted.counts, 2),
        "why": counted.why or None,
    }


def arrival_report(explanation: ArrivalExplanation) -> dict[str, object]:
    """What came in, for machines; its verdict stands beside it."""
    return {
        "kind": explanation.kind,
        "account": explanation.account,
        "investor": explanation.investor,
        "amount": explanation.amount,
        "origin": explanation.origin or None,
    }


def asked_by(found: Found) -> dict[str, str | None]:
    """Who asked, and why, as the command says."""
    command = found.command
    return {
        "by": str(getattr(command, "by", "")) or None,
        "reason": str(getattr(command, "reason", "")) or None,
    }


def under_report(data: RuleData | None) -> dict[str, object] | None:
    """The rule under which a command acts, for machines."""
    if data is None:
        return None
    return {
        "rule": data.rule,
        "title": data.title,
        "source": data.source,
        "status": data.status,
        "in_force": data.enabled and not data.waits,
    }


# ── for people ─────────────────────────────────────────────────────────────────────────────────────────────────────


def print_under(console: Terminal, data: RuleData) -> None:
    """The rule under which a command acts."""
    language = chosen()
    idle = "" if data.enabled and not data.waits else f"; {language.explained(why_idle(data))}"
    text = f"{rule_text(data, 'title', language)}. {rule_text(data, 'source', language)}"
    console.tell("under rule ", (data.rule, "bold"), f": {text}; {language.explained(status_text(data))}{idle}")


def print_standings(console: Terminal, found: Found, *, is_whole: bool) -> None:
    """Why the investors concerned are of their classes. An order's own line says it in short."""
    for standing in found.standings.values():
        if found.explanations and not is_whole:
            continue
        console.print()
        console.tell(
            (tr("class of {investor}", investor=standing.investor), "bold"),
            f": {standing.investor_class or tr('none yet')}",
        )
        if standing.is_set:
            by = f" {standing.by}" if standing.by else ""
            console.tell(f"  set by the supervisor{by}, not {standing.derived}: {standing.reason}")
        for rule, arithmetic, made in standing.evidence:
            console.tell("  ", (f"{rule:7}", "bold"), f" {chosen().explained(arithmetic)}: {made}")


def print_used(console: Terminal, used: Used, reference: Reference, *, is_whole: bool) -> None:
    """What makes up what was used of the cap."""
    console.print()
    sums = f"used {_roubles(used.used)} RUB"
    if used.before:
        sums += f", of it {_roubles(used.before)} before this journal's notes begin"
    console.tell("  ", ("RET-1", "bold"), f"   {sums}, made up of these trades:" if used.purchases else f"   {sums}")
    counted = used.purchases if is_whole else [each for each in used.purchases if each.counts]
    shown = counted if is_whole else counted[-MAX_PURCHASES:]
    hidden = len(counted) - len(shown)
    if hidden:
        earlier = sum(each.counts for each in counted[:hidden])
        console.tell(f"         {hidden:,} earlier ones count {_roubles(earlier)}")
    for each in shown:
        console.tell(f"         {_purchase_text(each, reference)}")
    if len(used.purchases) > len(shown):
        idle = len(used.purchases) - len(counted)
        nothing = f"{idle:,} more trades count for nothing; " if idle else ""
        console.tell(f"         {nothing}--all shows every one")


def _purchase_text(counted: CountedPurchase, reference: Reference) -> str:
    purchase = counted.purchase
    format_ = reference.formats.instruments[purchase.instrument]
    verb = "bought" if purchase.side == 0 else "sold"
    what = f"{verb} {format_.quantity[purchase.quantity_lots]} {purchase.instrument}"
    if purchase.price_ticks:
        what += f" at {figures(format_.price[purchase.price_ticks])}"
    through = f" through {purchase.intermediary}" if purchase.intermediary else ""
    says = f"counts {_roubles(counted.counts)}" + (f": {counted.why}" if counted.why else "")
    return f"seq {purchase.seq}, {moscow_time(purchase.time_ns, 0)}, trade {purchase.trade_id}: {what}{through}, {says}"


def print_arrival(console: Terminal, explanation: ArrivalExplanation) -> None:
    """A deposit or issue that was checked."""
    origin = f", stated origin: {explanation.origin}" if explanation.origin else ""
    console.tell(
        (explanation.kind, "bold"),
        f": {explanation.amount} to {explanation.account} (investor {explanation.investor}){origin}",
    )


def print_holdings(console: Terminal, found: Found) -> None:
    """What happened to holdings, with its arithmetic."""
    if found.holdings:
        console.print()
    for line in found.holdings:
        console.tell(line)


def _roubles(kopecks: int) -> str:
    return figures(decimal(kopecks, 2))
