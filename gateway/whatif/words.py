"""What is said of every what-if: what it can't show, and what it compares."""

from __future__ import annotations

from typing import Final

from compliance.worlds.messages.change import Change

LIMITS: Final = (
    (
        "What this cannot show: nobody reacts. Everybody sends what they sent, when they sent it: nobody trades more because more is "
        "allowed, stays away because less is, quotes otherwise, or answers a fill that came or did not come."
    ),
    (
        "So it shows the first effect of the rules on the recorded requests, and what follows from that within the matching; not what would "
        "have happened. The more of the flow is affected, the less the recorded requests behind it are worth."
    ),
)
DIRECTLY: Final = (
    "Changed by the rule itself: refused, cancelled or not changed by a rule that is set otherwise (or asks for a class that is "
    "another one) in one world and not in the other. All else followed: other orders to trade with, other funds, other sums."
)
NOTHING_DIFFERS: Final = "no difference: every command has the same effect under both"


def change_words(change: Change) -> str:
    """What is otherwise, in a line."""
    said = [f"{each.subject}.{each.key} = {each.value}" for each in change.settings]
    if change.rulebook:
        said.insert(0, f"rulebook {change.rulebook}")
    return "; ".join(said) or "nothing"
