"""The venue that is simulated: one instrument, two participants, a supervisor and an operator, a rulebook of two rules."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gateway.keys import public_key_hex
from gateway.venue.venue import Venue, parse_venue
from tests.support.small_market import SMALL_MARKET

ROLES: Final = {"alice": "participant", "bob": "participant", "sue": "supervisor", "otto": "operator"}
TRADERS: Final = ("alice", "bob")
INSTRUMENT: Final = "BTC/RUB"
KEYS: Final = {
    name: Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32) for number, name in enumerate(ROLES, start=1)
}

_HEAD: Final = """
[venue]
id = "simulated"
port = 0
rulebook = "rulebook.toml"

[limits]
participant = { rate = 400, burst = 800 }
"""

_ACCOUNT: Final = """
[[investors]]
investor = "{name}"
kind = "firm"
assets_rub = 5_000_000_000
income_rub = 9_000_000_000

[[accounts]]
account = "{name}"
participant = "{name}"
investor = "{name}"
deposits = {{ RUB = "1000000000", BTC = "1000000" }}
"""


@cache
def simulated_venue() -> Venue:
    """The venue as its file describes it; the file never changes."""
    text = _HEAD + SMALL_MARKET
    for name, role in ROLES.items():
        key = public_key_hex(KEYS[name])
        text += f'\n[[participants]]\nparticipant = "{name}"\nrole = "{role}"\npublic_key = "{key}"\n'
        if role == "participant":
            text += _ACCOUNT.format(name=name)
    return parse_venue(text, "", Path(__file__).parent)
