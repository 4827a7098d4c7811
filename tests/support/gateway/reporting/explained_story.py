"""A recorded session with something of everything that `sbx explain` explains."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
from click.testing import CliRunner, Result

from engine.record.rows import Row
from engine.vocabulary.codes import (
    BUY,
    CONTINUOUS,
    CROSS_BORDER,
    DOMESTIC_PAYMENT,
    GTC,
    HALTED,
    LIMIT,
    SELL,
    STOP,
    STOP_LIMIT,
)
from engine.vocabulary.messages.commands import (
    AmendOrder,
    AnyCommand,
    CancelOrder,
    MassQuote,
    NewBracket,
    NewOrder,
    NewOrderPair,
    RegisterContract,
    SetBlocked,
    SetParameter,
    SetPhase,
    Transfer,
)
from engine.vocabulary.messages.events import Event
from gateway.cli.inspecting.explain import command
from tests.support.compliance.venue import PARTICIPANT, Venue, e8
from tests.support.gateway.journal.journals import write_journal


def explain(*arguments: object) -> Result:
    return CliRunner().invoke(command, [str(argument) for argument in arguments], catch_exceptions=False)


def as_json(result: Result, exit_code: int = 0) -> Any:
    assert result.exit_code == exit_code, result.output
    return json.loads(result.stdout)


class RecordedVenue(Venue):
    """A venue that keeps what a journal stores."""

    def __init__(self, rulebook: str = "general-2026") -> None:
        self.rows: list[Row] = []
        super().__init__(rulebook)

    def apply(self, command: AnyCommand) -> list[Event]:
        events = super().apply(command)
        self.rows.append((self.exchange.seq, self.time_ns, command, self.happened))
        return events

    @property
    def seq(self) -> int:
        return self.exchange.seq


def order(account: str, side: int, quantity: str, price: str, name: str, **terms: Any) -> NewOrder:
    kind = terms.pop("order_type", LIMIT)
    return NewOrder(PARTICIPANT, account, name, "BTC/RUB", side, kind, GTC, e8(price), e8(quantity), **terms)


class Story:
    """A session with something of everything; the sequence number of each step by name."""

    def __init__(self, directory: Path) -> None:
        self.venue = RecordedVenue()
        self.steps: dict[str, int] = {}
        self._trade()
        self.directory = directory
        write_journal(directory, self.venue.rows, batch=32)

    def do(self, name: str, command: AnyCommand) -> None:
        self.venue.apply(command)
        self.steps[name] = self.venue.seq

    def _trade(self) -> None:
        self.do("offer", order("dealer", SELL, "0.001", "8000000", "s1"))
        self.do("passes", order("retail", BUY, "0.001", "8000000", "a1"))
        self.do("rests", order("retail", BUY, "0.02", "7900000", "a2"))
        self.do("capped", order("retail", BUY, "0.0437", "7997600", "a3"))
        self.do("two rules", order("newcomer", BUY, "0.001", "8000000", "n1"))
        self.do("size", order("retail", BUY, "0.00001", "8000000", "a4"))
        self.do("resent", order("retail", BUY, "0.02", "7900000", "a2"))
        resting = self.steps["rests"]
        amend = {"participant": PARTICIPANT, "account": "retail", "order_id": resting, "client_order_id": ""}
        self.do("larger", AmendOrder(**amend, price_e8=0, quantity_e8=e8("0.5")))
        self.do("smaller", AmendOrder(**amend, price_e8=0, quantity_e8=e8("0.01")))
        ladder = ((e8("7000000"), e8("0.01")), (e8("6900000"), e8("0.01")), (e8("6800000"), e8("0.03")))
        self.do("ladder", MassQuote(PARTICIPANT, "retail", "q", "BTC/RUB", ladder, ()))
        limit, stop = order("firm", SELL, "1", "9000000", "p1"), order("firm", SELL, "1", "0", "p2", order_type=STOP)
        stop = msgspec.structs.replace(stop, stop_price_e8=e8("7000000"))
        self.do("pair", NewOrderPair(PARTICIPANT, "firm", limit, stop))
        entry = order("firm", BUY, "0.1", "6000000", "b1")
        children = (order("firm", SELL, "0.1", "9000000", "b2"), msgspec.structs.replace(stop, client_order_id="b3"))
        self.do(
            "bracket",
            NewBracket(
                PARTICIPANT, "firm", entry, children[0], msgspec.structs.replace(children[1], quantity_e8=e8("0.1"))
            ),
        )
        waiting = order("super", BUY, "0.01", "9000000", "t1", order_type=STOP_LIMIT, stop_price_e8=e8("8100000"))
        self.do("stop", waiting)
        self.do("offer 2", order("dealer", SELL, "0.02", "8200000", "s2"))
        self.do("triggers", order("qualified", BUY, "0.01", "8200000", "u1"))
        self.do("blocked", SetBlocked("retail", True))
        self.do("cancel", CancelOrder(PARTICIPANT, "firm", self.steps["pair"], ""))
        for number, amount in (("7/2026", 5_000_000), ("8/2026", 10**17)):
            self.do(number, RegisterContract(number, "firm", "abroad", "USDT", amount, "2026-05-01", "machines"))
        self.do("transfer", Transfer(PARTICIPANT, "firm", "t1", "abroad", "USDT", 5_000_000, CROSS_BORDER, "7/2026"))
        self.do("payment", Transfer(PARTICIPANT, "firm", "t2", "importer", "USDT", 5_000_000, DOMESTIC_PAYMENT))
        self.do("too much", Transfer(PARTICIPANT, "firm", "t3", "abroad", "USDT", 10**17, CROSS_BORDER, "8/2026"))
        self.do("nowhere", Transfer(PARTICIPANT, "firm", "t4", "nobody", "USDT", 1, CROSS_BORDER, "8/2026"))
        self.do("no such rule", SetParameter("RET-9", "retail_cap_rub", "500000.00", "a slip", "sue"))
        self.do("raised", SetParameter("RET-1", "retail_cap_rub", "500000.00", "a trial", "sue"))
        self.do("unblocked", SetBlocked("retail", False))
        self.do("under the raised cap", order("retail", BUY, "0.04", "8000000", "a5"))
        self.do("halt", SetPhase("BTC/RUB", HALTED))
        self.do("halted", order("firm", BUY, "0.01", "8000000", "h1"))
        self.do("go on", SetPhase("BTC/RUB", CONTINUOUS))
