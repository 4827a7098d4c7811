"""How a rule is declared: its id, what enforces it, and its parameters with their kinds and meanings.

The declarations themselves stand in `compliance.rules`, one file a rule. Whoever reads a rulebook is handed them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

STATUSES: Final = ("in_force", "recommended", "proposed", "draft", "announced", "statement", "assumed")

# What enforces a rule. A rulebook that says otherwise is refused: nothing may pretend to be checked.
ORDER_ENTRY: Final = "order_entry"
"""A check before matching."""
TRANSFER: Final = "transfer"
"""A check that only transfers between accounts, and withdrawals, meet."""
CLASSIFICATION: Final = "classification"
"""What an investor or asset counts as."""
# Data for these parts, never claimed to be checked at order entry.
CLEARING: Final = "clearing"
LIFECYCLE: Final = "lifecycle"
VENUE: Final = "venue"
APPLIES_TO: Final = (ORDER_ENTRY, TRANSFER, CLASSIFICATION, CLEARING, LIFECYCLE, VENUE)

# Kinds of parameters, and how a rulebook writes and keeps them.
RUB: Final = "rub"
"""A decimal string of roubles, kept in kopecks."""
PERCENT: Final = "percent"
"""A decimal string, kept in hundredths of a percent."""
COUNT: Final = "count"
"""A whole number."""
SCORE: Final = "score"
"""Percent points from 0 to 100."""
FLAG: Final = "flag"
"""True or false."""
NAMES: Final = "names"
"""A list of strings."""
ONE: Final = "one"
"""One of the parameter's words."""
SOME: Final = "some"
"""A list of the parameter's words."""
TEXT: Final = "text"
"""A text, kept as it is."""
DATE: Final = "date"
"""A Moscow date YYYY-MM-DD, kept in days since 1970-01-01, or `at_once`."""

AT_ONCE: Final = "at_once"
ALWAYS: Final = -(10**6)
"""The day of `at_once`: before every date that can be written."""
BEFORE: Final = "before"
"""Of a value that changes by date: the key of what holds before the first one."""
STARTS: Final = "starts"
"""The parameter that says from when on a rule binds."""

FIGURES: Final = (RUB, PERCENT, COUNT, SCORE)


class Parameter:
    """One parameter of a rule: what a rulebook may write, and what it says by it."""

    def __init__(
        self,
        kind: str,
        name: str,
        text: str,
        *,
        unit: str = "",
        words: dict[str, str] | None = None,
        zero: str = "a figure of nothing",
        over_whole: str = "more than the whole: the limit never binds",
        left_out: str | bool | list[str] = "",
        formerly: str = "",
    ) -> None:
        assert (words is not None) == (kind in (ONE, SOME)), "only a choice has words"
        self.kind: Final = kind
        self.name: Final = name
        """What a sentence calls it: `the retail cap`."""
        self.text: Final = text
        """What it sets, in one line."""
        self.unit: Final[str] = "RUB" if kind == RUB else "%" if kind in (PERCENT, SCORE) else unit
        """Empty for one that is no figure, or a mere count."""
        self.words: Final[dict[str, str]] = {} if words is None else words
        """What each word that it may have stands for."""
        self.zero: Final = zero
        """What is odd about a figure of zero; empty: it is as good as any other."""
        self.over_whole: Final = over_whole
        """What is odd about more than 100 percent; empty: nothing."""
        self.left_out: Final = left_out
        """What a rulebook that does not state it means, as a rulebook writes it; empty: it must be stated."""
        self.formerly: Final = formerly
        """Its key in documents that were written when it had another; empty: it always had this one."""

    @property
    def is_figure(self) -> bool:
        """Whether it is a number."""
        return self.kind in FIGURES

    @property
    def is_list(self) -> bool:
        """Whether it is a list of names or words."""
        return self.kind in (NAMES, SOME)


def starts(reported: str = "the draft and a statement of June 2026: 2026-07-01; another: 2027-07-01") -> Parameter:
    """From when on a rule of the bill binds: at once, since the sandbox tries what is not law, or from a date on."""
    return Parameter(
        DATE,
        "the start of the rule",
        f"The Moscow date from which the rule binds, or `at_once`; before it the rule passes everything. Reported: {reported}.",
        left_out=AT_ONCE,
    )


class Declaration:
    """What there is to say of a rule whatever a rulebook states: what enforces it, its parameters, what it does in words."""

    def __init__(
        self,
        rule: str,
        enforced_by: str,
        parameters: dict[str, Parameter],
        *,
        compares: str,
        exempt: str,
        reported: tuple[str, ...],
        on_orders: bool,
        on_transfers: bool,
    ) -> None:
        assert enforced_by in APPLIES_TO
        self.rule: Final = rule
        """Its id."""
        self.enforced_by: Final = enforced_by
        self.parameters: Final = parameters
        """By key, in the order in which they are shown."""
        self.compares: Final = compares
        self.exempt: Final = exempt
        """Whom or what it does not concern."""
        self.reported: Final = reported
        """Other values and readings that were reported."""
        self.on_orders: Final = on_orders
        """Whether it can refuse an order, and so has a place in the order of decision."""
        self.on_transfers: Final = on_transfers
        """Whether it looks at transfers, or at all that leaves an account: one of `transfer`, or a ban that orders meet too."""


Declarations = Mapping[str, Declaration]
"""By rule id, in the order in which they are shown."""
