"""ABUSE-1: market abuse is banned, and what it is called.

It refuses no order: whether something was abuse, a supervisor finds out afterwards. Alerts and cases name it by a term of the list.
"""

from __future__ import annotations

from typing import Final

from compliance.rulebook.declaration import SOME, VENUE, Parameter
from compliance.rulebook.rulebook import Rulebook
from compliance.rules.rule import Rule
from engine.vocabulary.said import Said, listed, said

ABUSE: Final = "ABUSE-1"
TERMS: Final = {
    "wash_trade": "one owner on both sides of a trade",
    "circular_trading": "an asset goes round among some, and comes back",
    "layering": "orders on one side, never meant to trade, so that the other side moves",
    "spoofing": "a large order that is cancelled before it can trade",
    "quote_stuffing": "so many orders and cancels that others lose sight",
    "momentum_ignition": "trades that start a move, to profit from those who follow it",
    "marking_the_close": "trades at the end of a session or auction, to set its price",
    "cap_splitting": "purchases spread over names, to stay below a cap",
    "payment_in_disguise": "trades at prices off the market, to pay somebody",
    "pass_through": "an account that only hands on what comes in",
    "use_of_frozen": "use of what is frozen or blocked through others",
    "front_running": "trades ahead of a client's order that is known",
}
"""What may be called abuse."""


def term_problem(rulebook: Rulebook, term: str) -> Said | None:
    """Why nobody can be suspected of something under a rulebook in force; None: they can."""
    data = rulebook.active(ABUSE)
    if data is None:
        return said("ABUSE-1.not_in_force", rulebook.name)
    terms = data.parameters.names("terms")
    return None if term in terms else said("ABUSE-1.term", term, listed(terms))


RULE: Final[Rule] = Rule(
    ABUSE,
    VENUE,
    {
        "terms": Parameter(
            SOME, "what abuse is called", "What is banned; alerts and cases name one of these.", words=TERMS
        ),
    },
    compares="Nothing before a trade. Alerts and cases name what is suspected by one of the terms; a supervisor decides.",
    exempt="Nobody.",
    reported=("for crypto no act was found; of the regulated market: 224-FZ",),
)
