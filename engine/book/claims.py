"""Papers by which a court or an investigator arrests holdings (ARR-1), and what they claim of one balance."""

from __future__ import annotations

from typing import Final

from engine.vocabulary.rounding import PPM

EVERYTHING: Final = 2**64
"""What a paper claims that arrests all there is, and all that comes: more than there can be of an asset."""


class Arrest:
    """A paper in force: what of whose holdings it arrests, and whether they may be sold."""

    def __init__(self, arrest: str, authority: str, dated: str, *, investor: str, account: str) -> None:
        self.arrest: Final = arrest
        """The paper's number."""
        self.authority: Final = authority
        self.dated: Final = dated
        self.investor: Final = investor
        """Whose holdings; also of a paper on one account."""
        self.account: Final = account
        """Empty: all accounts of the investor."""
        self.asset: str = ""
        """Empty: all assets."""
        self.share_ppm: int = 0
        self.amount: int = 0
        """Minor units of the asset; 0: it is a share."""
        self.sales_allowed: bool = False
        self.since_ns: int = 0
        self.reason: str = ""
        self.by: str = ""

    def is_whole(self, account: str, asset: str) -> bool:
        """Whether it arrests all that an account of the investor has and gets of an asset."""
        return self.share_ppm == PPM and self.account in ("", account) and self.asset in ("", asset)


class Claim:
    """What a paper claims of one balance, in minor units."""

    def __init__(self, arrest: Arrest, amount: int) -> None:
        self.arrest: Final = arrest
        self.amount: int = amount
        """`EVERYTHING`, or what it came to when the paper was carried out, less what was sold of it since."""


class Claims:
    """What papers claim of one balance, and what of the balance a freeze (FRZ-1) covers, arrested or not."""

    def __init__(self, frozen: int) -> None:
        self.claims: list[Claim] = []
        """One of a paper, in the order in which they came."""
        self.frozen: int = frozen
        """Of the last freeze: as much is frozen as is not arrested."""
        self.lent: int = 0
        """How much of what is claimed is reserved for open sales that a paper allows."""

    @property
    def wanted(self) -> int:
        """What all papers claim together."""
        return sum([claim.amount for claim in self.claims])

    @property
    def for_sale(self) -> int:
        """What of it may be sold."""
        return sum([claim.amount for claim in self.claims if claim.arrest.sales_allowed])

    def of(self, arrest: Arrest) -> Claim | None:
        """What a paper claims."""
        for claim in self.claims:
            if claim.arrest is arrest:
                return claim
        return None


def whole_claims(arrests: list[Arrest], account: str, asset: str) -> Claims | None:
    """What is claimed of a balance that begins, by papers that arrest all that comes; None: nothing is."""
    found = Claims(0)
    found.claims = [Claim(arrest, EVERYTHING) for arrest in arrests if arrest.is_whole(account, asset)]
    return found if found.claims else None
