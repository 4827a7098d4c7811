"""What can be held."""

from __future__ import annotations

from typing import Final


class Asset:
    """Something that can be held. Amounts of it are integers in minor units of 10**-scale."""

    def __init__(self, asset: str, number: int, kind: int, scale: int) -> None:
        self.asset: Final = asset
        self.number: Final = number
        self.kind: Final = kind
        self.scale: Final = scale
        self.supply: int = 0
        """Sum over all accounts and the fee account."""
        self.fees: int = 0
        """Fees collected, less rebates paid: the venue's own balance."""
        self.issuer: str = ""
        """Who may issue, redeem and freeze it, beside the venue."""
        self.terms: str = ""
        """What it promises, for people."""
        self.follows: str = ""
        """Of a security: what its price follows, by the name of an asset here or of something else; empty: it does not say."""
        self.issue_limit: int = 0
        """The most that may be outstanding; 0: no limit."""
        self.outstanding: int = 0
        """Issued here and not redeemed."""
