"""Commands of clearing: index and marks of futures, margin, issuance and freezes. Of the operator and the supervisor.

Values as in `engine.vocabulary.messages.commands`, which exports these too; `by` is who sent it.
"""

from __future__ import annotations

from engine.vocabulary.messages.structs import Command


class SetIndexPrice(Command, tag=35, frozen=True):
    """State the price of an index, in the quote asset of the futures that follow it; `source` says where it is from."""

    index: str
    price_e8: int
    source: str = ""
    by: str = ""


class MarkFuture(Command, tag=36, frozen=True):
    """Mark a future and settle its variation margin now, at a price or (0) at that of the rule."""

    instrument: str
    price_e8: int = 0
    reason: str = ""
    by: str = ""


class SetMarginRules(Command, tag=37, frozen=True):
    """Set how long an account whose cover is missing has to restore it before its positions are closed out."""

    grace_ns: int
    by: str = ""


class CloseOut(Command, tag=38, frozen=True):
    """Close a position of an account at once, inside the static band, whoever asked and whatever its cover."""

    account: str
    instrument: str
    reason: str = ""
    by: str = ""


class IssueAsset(Command, tag=39, frozen=True):
    """Issue a security or domestic stablecoin to an account."""

    asset: str
    account: str
    amount: int
    issuer: str = ""
    """The participant who asks, if it is the issuer itself; empty: the venue on its behalf."""
    reason: str = ""
    by: str = ""


class RedeemAsset(Command, tag=50, frozen=True):
    """Take back what was issued, from what is available on an account."""

    asset: str
    account: str
    amount: int
    issuer: str = ""
    reason: str = ""
    by: str = ""


class ReleaseMovement(Command, tag=62, frozen=True):
    """Give the word for which a withdrawal, transfer or redemption waits (AML-2)."""

    movement: int
    """The sequence number of the command that asked for it."""
    reason: str = ""
    by: str = ""


class RefuseMovement(Command, tag=63, frozen=True):
    """Refuse a withdrawal, transfer or redemption that waits, for whatever it does."""

    movement: int
    reason: str = ""
    by: str = ""


class FreezeAsset(Command, tag=51, frozen=True):
    """Freeze a share of the holdings of an asset, so that it can't be sold or moved (FRZ-1); 0 lets go."""

    asset: str
    share_ppm: int
    """Millionths of what each holder has, in all, when the command is carried out."""
    account: str = ""
    """One holder's account; empty: every holder."""
    issuer: str = ""
    reason: str = ""
    by: str = ""


class Arrest(Command, tag=64, frozen=True):
    """Arrest holdings by a paper of a court or an investigator (ARR-1): nothing of them leaves until it is lifted.

    Of all accounts of an investor, or of one account; of one asset, or of all; a share, or an amount of one asset.
    """

    arrest: str
    """The paper's number; none that is in force has the same."""
    authority: str
    dated: str
    """The paper's date, YYYY-MM-DD."""
    investor: str = ""
    account: str = ""
    """One of the two is named."""
    asset: str = ""
    """Empty: all assets, futures' cover included as it becomes free."""
    share_ppm: int = 0
    """Millionths of what is held when the command is carried out; 1000000: all of it, and all that comes later."""
    amount: int = 0
    """Or so many minor units of the asset, of what an investor has in all accounts together."""
    sales_allowed: bool = False
    """Whether the holder may sell what is arrested; the proceeds are arrested in its place."""
    reason: str = ""
    by: str = ""


class LiftArrest(Command, tag=65, frozen=True):
    """Lift a paper: what it alone has arrested is let go."""

    arrest: str
    reason: str = ""
    by: str = ""
