"""A venue that explains its verdicts, and what must hold of every explanation."""

from __future__ import annotations

from compliance.explain import (
    DECIDED,
    FAILED,
    UNCONCERNED,
    ExplainingHook,
    Explanation,
    LeavingExplanation,
    OrderExplanation,
    RuleExplanation,
)
from tests.support.compliance.venue import Venue


class WatchedVenue(Venue):
    """A venue whose hook takes notes, from the end of the setup on."""

    hook_type = ExplainingHook

    def __init__(self, rulebook: str = "general-2026", changes: tuple[tuple[str, str, str], ...] = ()) -> None:
        super().__init__(rulebook, changes)
        self.notebook.watching = True

    @property
    def notebook(self) -> ExplainingHook:
        assert isinstance(self.hook, ExplainingHook)
        return self.hook

    def last(self) -> OrderExplanation:
        return self.notebook.explanations[-1]


def by_rule(explanation: Explanation) -> dict[str, RuleExplanation]:
    return {each.data.rule: each for each in explanation.rules}


def check_sound(explanation: Explanation) -> None:
    """What must hold of every explanation."""
    book = explanation.rulebook
    assert book is not None
    told = [each.data.rule for each in explanation.rules]
    if isinstance(explanation, OrderExplanation):
        assert told == list(book.order)
    elif isinstance(explanation, LeavingExplanation):
        assert told == [rule for rule in book.transfer_order if rule in told]
        assert {"SAN-1", "CUST-1", "AML-2", "COOL-1"} & {*book.transfer_order} == {*told}
    else:
        # Every rule on transfers, then those that are asked what the receiver would come to hold.
        count = len(book.transfer_order)
        assert told[:count] == list(book.transfer_order)
        assert told[count:] == [rule for rule in book.order if rule in told[count:]]
    failing = [each.outcome for each in explanation.rules if each.outcome in (DECIDED, FAILED)]
    assert failing == [DECIDED, *[FAILED] * (len(failing) - 1)][: len(failing)]
    for each in explanation.rules:
        assert each.data is book.rules[each.data.rule]
        assert bool(each.spared) == (each.outcome == UNCONCERNED), each.data.rule
        assert (each.refusal is not None) == (each.outcome in (DECIDED, FAILED)), each.data.rule
        concerned = each.outcome != UNCONCERNED
        assert bool(each.arithmetic) == concerned and bool(each.inputs) == concerned, each.data.rule
        assert all(name and value for name, value in each.inputs), each.data.rule
