"""Random commands that touch holdings, and orders in them."""

from __future__ import annotations

import random

import msgspec

from engine.vocabulary.messages.commands import (
    AnyCommand,
    Arrest,
    BustTrade,
    Deposit,
    FreezeAsset,
    IssueAsset,
    LiftArrest,
    RedeemAsset,
    Transfer,
    Withdraw,
)
from tests.support.engine.desks.desk import Desk
from tests.support.engine.desks.holding_desk import order


def drawn(rng: random.Random, desk: Desk, number: int) -> AnyCommand:
    """Any command that touches holdings, with a good part of faulty ones and of ids used before."""
    accounts = ["ann", "bob", "ann.2", "nobody"]
    account = rng.choices(accounts, (6, 6, 3, 1))[0]
    operator = {"ann": "ann", "ann.2": "ann"}.get(account, "bob")
    asset = rng.choice(["BTC", "GOLD", "GOLD", "RUB"])
    cid = f"c{rng.randint(max(0, number - 6), number)}"
    kind = rng.randrange(11)
    if kind == 10:
        papers = list(desk.exchange.arrests)
        if papers and rng.random() < 0.2 * len(papers):
            return LiftArrest(rng.choice(papers))
        whose = rng.choice(({"account": account}, {"investor": operator}))
        part = rng.choice(({"share_ppm": 400_000}, {"share_ppm": 1_000_000}, {"amount": rng.randint(1, 60)}))
        paper = Arrest(f"p{number}", "the court", "2026-01-02", asset=asset, sales_allowed=rng.random() < 0.5, **whose)
        return msgspec.structs.replace(paper, **part)
    if kind == 9:
        return rng.choice([each.command for each in desk.history[-12:]])
    if kind <= 2:
        instrument = "BTC/RUB" if asset == "BTC" else "GOLD/RUB"
        limit = order(cid, rng.randrange(2), rng.randint(1, 60), rng.randint(95, 105), account, instrument=instrument)
        return msgspec.structs.replace(limit, participant=operator)
    if kind <= 4:
        to, purpose = rng.choice(accounts), rng.randrange(3)
        return Transfer(operator, account, cid, to, asset, rng.randint(-1, 90), purpose)
    if kind == 5:
        share = rng.choice([0, 1, 250_000, 333_333, 800_000, 1_000_000])
        return FreezeAsset(asset, share, rng.choice(["", account]), rng.choice(["", "mint"]))
    if kind == 6:
        return IssueAsset("GOLD", account, rng.randint(0, 300_00), rng.choice(["", "mint", "bank"]))
    if kind == 7:
        return RedeemAsset("GOLD", account, rng.randint(0, 60_00))
    return rng.choice([Deposit(account, asset, 50), Withdraw(account, asset, 40), BustTrade(rng.randint(1, 20), "x")])
