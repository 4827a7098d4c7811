"""Papers that arrest holdings, sent to a desk, and what they leave of a holding."""

from __future__ import annotations

from typing import Any

from engine.vocabulary.messages.commands import AnyCommand, Arrest
from engine.vocabulary.messages.events import Event
from tests.support.engine.desks.desk import Desk

ALL = 1_000_000


def paper(number: str = "1-7/2026", share_ppm: int = ALL, **fields: Any) -> Arrest:
    whose = {} if "investor" in fields else {"account": "ann"}
    share = 0 if "amount" in fields else share_ppm
    return Arrest(number, "the court", "2026-01-02", share_ppm=share, **{**whose, **fields})


def parts(desk: Desk, account: str = "ann", asset: str = "BTC") -> tuple[int, int, int, int]:
    """Available, reserved, frozen, arrested."""
    balance = desk.exchange.accounts[account].balances.get(desk.exchange.assets[asset].number)
    return (0, 0, 0, 0) if balance is None else (balance.available, balance.reserved, balance.frozen, balance.arrested)


def send(desk: Desk, command: AnyCommand) -> list[Event]:
    events = desk.send(command)
    desk.exchange.check()
    return events
