"""Who may do what: the roles of participants, and the scopes of their keys.

A role says what a participant may do at all, a scope what somebody may who has logged in with one of its keys.
"""

from __future__ import annotations

from typing import Final

# Who may send a command, by role.
PARTICIPANT: Final = "participant"
OPERATOR: Final = "operator"
SUPERVISOR: Final = "supervisor"
SURVEILLANCE: Final = "surveillance"
"""A program that looks for abuse, and may raise alerts alone."""
ROLES: Final = (PARTICIPANT, OPERATOR, SUPERVISOR, SURVEILLANCE)

READ: Final = "read"
"""Ask questions, and hear private reports or what supervisors and operators hear."""
TRADE: Final = "trade"
"""Orders, transfers, test money, and what else participants send."""
DROP_COPY: Final = "drop_copy"
"""A copy of reports."""
SUPERVISE: Final = "supervise"
"""The commands of supervisors and surveillance."""
OPERATE: Final = "operate"
"""The commands of operators."""
SCOPES: Final = (READ, TRADE, DROP_COPY, SUPERVISE, OPERATE)

SCOPES_OF: Final[dict[str, tuple[str, ...]]] = {
    PARTICIPANT: (READ, TRADE, DROP_COPY),
    OPERATOR: (READ, DROP_COPY, OPERATE),
    SUPERVISOR: (READ, DROP_COPY, SUPERVISE),
    SURVEILLANCE: (READ, DROP_COPY, SUPERVISE),
}
"""The scopes that fit each role: of a key that is not limited, all of them."""

COMMANDING: Final[dict[str, str]] = {
    PARTICIPANT: TRADE,
    OPERATOR: OPERATE,
    SUPERVISOR: SUPERVISE,
    SURVEILLANCE: SUPERVISE,
}
"""The scope that it takes to send the commands of each role."""

KEEPERS: Final[dict[str, str]] = {
    PARTICIPANT: OPERATOR,
    OPERATOR: OPERATOR,
    SUPERVISOR: SUPERVISOR,
    SURVEILLANCE: SUPERVISOR,
}
"""Who registers participants of each role, and keys for them: nobody gives himself another role by a second name."""
STAFF: Final = (OPERATOR, SUPERVISOR)
"""The roles of which somebody must always be able to log in."""

MAIN_KEY: Final = "main"
"""What the key of a venue file is called."""

# Participants: a snapshot carries them all, with their keys. Some 300 bytes each; load venues have hundreds.
MAX_PARTICIPANTS: Final = 10_000
# Keys of one participant that are in force: for each program one, and some that overlap. A login without a key's name tries them all,
# each 0.1 ms.
MAX_KEYS_PER_PARTICIPANT: Final = 16
# And of the venue: twice as many as participants. 1 KB each with the most addresses, so 20 MB of a snapshot.
MAX_KEYS: Final = 20_000
# Addresses or networks from which one key may be used: a login looks at each.
MAX_ADDRESSES_PER_KEY: Final = 16
# How long a replaced key may go on beside the new one: longer is no replacement.
MAX_OVERLAP_NS: Final = 30 * 86_400 * 1_000_000_000
# Ended keys of a participant that are remembered, so that none of them comes back; the oldest is forgotten first.
MAX_ENDED_KEYS: Final = 16
PUBLIC_KEY_DIGITS: Final = 64
