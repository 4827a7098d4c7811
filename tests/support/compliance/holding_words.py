"""The words of scenario tables for what happens to holdings beside the market: amounts are decimals of the asset.

* `transfer 5 USDT to firm for cross_border contract 7`: the purposes of `engine.vocabulary.codes`; the reference may be left out.
* `deliver 1 BTC-NOTE`: ask for the underlying.
* `issue 5 METAL to firm`, `redeem 5 METAL from firm`, both with `by ISSUER` behind it if the issuer asks.
* `contract 7: importer owes abroad 1000 USDT`: register or amend a contract of 2026-05-01 over machines.
* `acknowledge newcomer`: the text in force; `acknowledge newcomer: TEXT`; `publish TEXT`.
* `deposit 5 SOL to firm`, with `from ORIGIN` behind it if the origin is stated; `withdraw 5 XMR from firm`.
* `withdraw 5 XMR to address`: the account itself asks; `cancel-withdrawal N`, and of the supervisor `release N` and `refuse N`: N counts
  what had to wait in the scenario, from 1.
* `freeze 30 % of METAL`, with `on ACCOUNT` and `by ISSUER` behind it; 0 % lets go.
* `arrest 30 % of METAL`, `arrest 5 METAL`, `arrest all`, each with `on ACCOUNT` or `of-investor NAME`, `sales allowed` and
  `paper NUMBER` behind it; `lift NUMBER`.
* `mark BTC-FUT at 9000000`.
"""

from __future__ import annotations

from decimal import Decimal

from compliance.rules.risk_1 import digest_of
from engine.vocabulary.codes import PURPOSES
from engine.vocabulary.messages.commands import (
    AnyCommand,
    Arrest,
    CancelWithdrawal,
    Deposit,
    FreezeAsset,
    IssueAsset,
    LiftArrest,
    MarkFuture,
    PublishWarning,
    RecordAcknowledgement,
    RedeemAsset,
    RefuseMovement,
    RegisterContract,
    ReleaseMovement,
    RequestDelivery,
    RequestWithdrawal,
    Transfer,
    Withdraw,
)
from tests.support.compliance.venue import Venue, e8

OF_PARTICIPANT = ("transfer", "deliver", "withdraw", "cancel-withdrawal")
OF_SUPERVISOR = (
    "arrest",
    "lift",
    "issue",
    "redeem",
    "freeze",
    "deposit",
    "withdraw",
    "mark",
    "contract",
    "acknowledge",
    "publish",
    "release",
    "refuse",
)


def units(venue: Venue, amount: str, asset: str) -> int:
    """A decimal amount in minor units of an asset."""
    known = venue.exchange.assets.get(asset)
    return int(Decimal(amount) * 10 ** (2 if known is None else known.scale))


def of_participant(venue: Venue, participant: str, account: str, what: str) -> AnyCommand:
    """The command of a participant's words."""
    words = what.split()
    if words[0] == "deliver":
        return RequestDelivery(participant, account, words[2], e8(words[1]))
    if words[0] == "cancel-withdrawal":
        return CancelWithdrawal(participant, account, venue.waited[int(words[1]) - 1])
    if words[0] == "withdraw":
        _, amount, asset, to, destination = words
        assert to == "to", what
        number = f"w{venue.exchange.seq + 1}"
        return RequestWithdrawal(participant, account, number, asset, units(venue, amount, asset), destination)
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


def of_papers(venue: Venue, what: str) -> AnyCommand:
    """The command of words about contracts and warnings."""
    head, _, rest = what.partition(": ")
    verb, name = head.split(" ", 1)
    if verb == "publish":
        return PublishWarning(name, "scenario", "supervisor")
    if verb == "acknowledge":
        table = venue.hook.intake.table
        assert rest or (table is not None and table.warning is not None)
        digest = digest_of(rest) if rest else table.warning.digest  # type: ignore[union-attr]
        return RecordAcknowledgement(name, by="supervisor", digest=digest)
    payer, owes, payee, amount, asset = rest.split()
    assert owes == "owes", what
    return RegisterContract(
        name, payer, payee, asset, units(venue, amount, asset), "2026-05-01", "machines", "scenario", "supervisor"
    )


def of_court(venue: Venue, words: list[str]) -> AnyCommand:
    """An arrest, of words behind `arrest`."""
    asset, share, amount = "", 0, 0
    if words[0] == "all":
        share, rest = 1_000_000, words[1:]
    elif words[1] == "%":
        share, asset, rest = int(Decimal(words[0]) * 10_000), words[3], words[4:]
    else:
        amount, asset, rest = units(venue, words[0], words[1]), words[1], words[2:]
    named = dict(zip(rest[::2], rest[1::2], strict=True))
    return Arrest(
        named.get("paper", "1-7/2026"), "Tverskoy court", "2026-05-30", named.get("of-investor", ""), named.get("on", ""),
        asset, share, amount, "sales" in named, "scenario", "supervisor",
    )  # fmt: skip


def of_supervisor(venue: Venue, what: str) -> AnyCommand:
    """The command of a supervisor's or operator's words, or of an issuer's."""
    words = what.split()
    if words[0] == "mark":
        assert words[2] == "at", what
        return MarkFuture(words[1], e8(words[3]), "scenario")
    if words[0] in ("release", "refuse"):
        number = venue.waited[int(words[1]) - 1]
        kind = ReleaseMovement if words[0] == "release" else RefuseMovement
        return kind(number, "scenario", "supervisor")
    if words[0] in ("contract", "acknowledge", "publish"):
        return of_papers(venue, what)
    if words[0] == "lift":
        return LiftArrest(words[1], "scenario", "supervisor")
    if words[0] == "arrest":
        return of_court(venue, words[1:])
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
