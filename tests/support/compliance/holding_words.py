"""The words of scenario tables for what happens to holdings beside the market: amounts are decimals of the asset.

* `transfer 5 USDT to firm for cross_border contract 7`: the purposes of `engine.vocabulary.codes`; the reference may be left out.
* `deliver 1 BTC-NOTE`: ask for the underlying.
* `issue 5 METAL to firm`, `redeem 5 METAL from firm`, both with `by ISSUER` behind it if the issuer asks.
* `deposit 5 SOL to firm`, with `from ORIGIN` behind it if the origin is stated; `withdraw 5 XMR from firm`.
* `freeze 30 % of METAL`, with `on ACCOUNT` and `by ISSUER` behind it; 0 % lets go.
"""

from __future__ import annotations

from decimal import Decimal

from engine.vocabulary.codes import PURPOSES
from engine.vocabulary.messages.commands import (
    AnyCommand,
    Deposit,
    FreezeAsset,
    IssueAsset,
    RedeemAsset,
    RequestDelivery,
    Transfer,
    Withdraw,
)
from tests.support.compliance.venue import Venue, e8

OF_PARTICIPANT = ("transfer", "deliver")
OF_SUPERVISOR = ("issue", "redeem", "freeze", "deposit", "withdraw")


def units(venue: Venue, amount: str, asset: str) -> int:
    """A decimal amount in minor units of an asset."""
    known = venue.exchange.assets.get(asset)
    return int(Decimal(amount) * 10 ** (2 if known is None else known.scale))


def of_participant(venue: Venue, participant: str, account: str, what: str) -> AnyCommand:
    """The command of a participant's words."""
    words = what.split()
    if words[0] == "deliver":
        return RequestDelivery(participant, account, words[2], e8(words[1]))
    _, amount, asset, to, receiver, for_, purpose, *rest = words
    assert (to, for_) == ("to", "for") and (not rest or (rest[0] == "contract" and len(rest) == 2)), what
    return Transfer(
        participant,
        account,
        f"t{venue.exchange.seq + 1}",
        receiver,
        asset,
        units(venue, amount, asset),
        PURPOSES.index(purpose),
        rest[1] if rest else "",
    )


def of_supervisor(venue: Venue, what: str) -> AnyCommand:
    """The command of a supervisor's or operator's words, or of an issuer's."""
    words = what.split()
    options = words[3:]
    named = dict(zip(options[::2], options[1::2], strict=True))
    issuer = named.pop("by", "")
    if words[0] == "freeze":
        assert words[2] == "%" and named.keys() <= {"of", "on"}, what
        share = int(Decimal(words[1]) * 10_000)
        return FreezeAsset(named["of"], share, named.get("on", ""), issuer, "scenario")
    if words[0] == "deposit":
        return Deposit(named["to"], words[2], units(venue, words[1], words[2]), origin=named.get("from", ""))
    if words[0] == "withdraw":
        return Withdraw(named["from"], words[2], units(venue, words[1], words[2]))
    kind = IssueAsset if words[0] == "issue" else RedeemAsset
    (account,) = named.values()
    return kind(words[2], account, units(venue, words[1], words[2]), issuer)
