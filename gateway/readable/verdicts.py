"""Refusals, and verdicts with every rule and its arithmetic, as values."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from compliance.explain import DECIDED, FAILED, UNCONCERNED, Explanation, OrderExplanation
from engine.vocabulary.codes import SIDES
from gateway.readable.tables import Cell, Readable, Rows, html_table
from gateway.reporting.stories.explaining import Found
from gateway.words.words import in_words


@dataclass(frozen=True, repr=False)
class Refusal(Readable):
    """Why the venue did not do what was asked."""

    code: str
    """The first check that failed: `compliance`, `funds`, `tick` and the like."""
    detail: str
    """In words, with the figures."""
    rule: str = ""
    """The rule that decided, of code `compliance`; else empty."""
    title: str = ""
    """Of the rule."""
    rules: tuple[str, ...] = ()
    """Every rule that failed, the deciding one first."""

    headings = ("code", "rule", "title", "detail", "all rules that failed")

    def cells(self) -> tuple[Cell, ...]:
        """Its row."""
        return (self.code, self.rule, self.title, self.detail, ", ".join(self.rules))

    def line(self) -> str:
        """`refused by ANON-1, Anonymous (privacy) coins are refused: ...`; without a rule `refused, funds: ...`."""
        if self.rule:
            return f"refused by {self.rule}, {self.title}: {self.detail}"
        return f"refused, {self.code}: {self.detail}"


@dataclass(frozen=True, repr=False)
class RuleVerdict(Readable):
    """What one rule made of an order, a transfer or a withdrawal."""

    rule: str
    title: str
    outcome: str
    """`passes`, `has it wait`, `fails`, `decides` (fails, and is the first that does) or `does not concern`."""
    detail: str
    """What it says of it; empty: nothing."""
    inputs: tuple[tuple[str, str], ...]
    """What it looked at: name and value."""
    arithmetic: str
    source: str
    """Where the rule comes from."""

    headings = ("rule", "outcome", "title", "says", "arithmetic")

    @property
    def fails(self) -> bool:
        """Whether it says no."""
        return self.outcome in (DECIDED, FAILED)

    def cells(self) -> tuple[Cell, ...]:
        """Its row."""
        return (self.rule, self.outcome, self.title, self.detail, self.arithmetic)

    def line(self) -> str:
        """`RET-1 decides: cap 300000.00 RUB a year, ...`."""
        said = self.arithmetic or self.detail
        return f"{self.rule} {self.outcome}" + (f": {said}" if said else "")


@dataclass(frozen=True, repr=False)
class Verdict(Readable):
    """What every rule made of one order, transfer or withdrawal, as the rules and records were then."""

    order_id: int
    """0: it was a transfer, a withdrawal or a redemption."""
    about: str
    """What was checked."""
    rulebook: str
    """In force then; empty: none was, so that the venue itself refused."""
    overrides: dict[str, str]
    """What a supervisor had set on top of it: `RET-1 retail_cap_rub` and the like, with the value."""
    rules: Rows[RuleVerdict]
    """In the order in which they decide."""

    @property
    def passed(self) -> bool:
        """Whether no rule says no."""
        return bool(self.rulebook) and not self.failed

    @property
    def failed(self) -> Rows[RuleVerdict]:
        """The rules that say no, the deciding one first."""
        return Rows(each for each in self.rules if each.fails)

    def rule(self, name: str) -> RuleVerdict:
        """One rule. Raises `KeyError`: it was not asked."""
        for each in self.rules:
            if each.rule == name:
                return each
        raise KeyError(f"{name} was not asked; there are {', '.join(each.rule for each in self.rules)}")

    def line(self) -> str:
        """`buy 0.0100 BTC/RUB by lev.north under general-2026: RET-1 decides: ...`."""
        on_top = "".join(f", {name} = {value}" for name, value in self.overrides.items())
        outcome = "no rulebook was in force" if not self.rulebook else "passes every rule"
        return (
            f"{self.about} under {self.rulebook or 'none'}{on_top}: {self.failed[0].line() if self.failed else outcome}"
        )

    def _repr_html_(self) -> str:
        concerned = [each for each in self.rules if each.outcome != UNCONCERNED]
        return html_table(self.line(), RuleVerdict.headings, [each.cells() for each in concerned])


def verdicts_of(found: Found) -> Rows[Verdict]:
    """The checks of one command, in order: of an order one, of a pair or ladder one each, of a cancel none."""
    orders = [_verdict(each, each.order_id, _order_text(each)) for each in found.explanations]
    transfers = [
        _verdict(each, 0, f"transfer of {each.amount} from {each.transfer.account} to {each.transfer.to_account}")
        for each in found.transfers
    ]
    leaving = [_verdict(each, 0, f"{each.kind} of {each.amount} from {each.command.account}") for each in found.leaving]
    return Rows([*orders, *transfers, *leaving])


def _order_text(each: OrderExplanation) -> str:
    what = each.quantity or "all it can"
    at = f" at {each.price} or better" if each.price else ""
    return f"{SIDES[each.order.side]} {what} {each.order.instrument_name}{at} by {each.client.account}"


def _verdict(explanation: Explanation, order_id: int, about: str) -> Verdict:
    book = explanation.rulebook
    overrides = {} if book is None else {f"{rule} {key}": value for (rule, key), value in book.overrides.items()}
    return Verdict(order_id, about, "" if book is None else book.name, overrides, Rows(_rules(explanation)))


def _rules(explanation: Explanation) -> Iterator[RuleVerdict]:
    for each in explanation.rules:
        says = each.spared if each.refusal is None else in_words(each.refusal)
        inputs: Sequence[tuple[str, str]] = each.inputs
        yield RuleVerdict(
            each.data.rule, each.data.title, each.outcome, says, tuple(inputs), each.arithmetic, each.data.source
        )
