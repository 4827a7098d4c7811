"""The engine against the slow reference venue: random commands, whole event lists and state compared after each."""

from __future__ import annotations

import os
from fractions import Fraction

import msgspec
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from engine import codes, commands
from engine.events import Event, OrderRejected, RequestRejected
from tests.engine.support import E8, Desk, list_spot, open_account
from tests.reference_book import RefAccount, ReferenceVenue, RefInstrument

ACCOUNTS = ("a", "b", "c")
INSTRUMENTS = ("BTC/RUB", "ETH/RUB")
STEPS = int(os.environ.get("SBX_STATEFUL_STEPS", "50"))
EXAMPLES = int(os.environ.get("SBX_STATEFUL_EXAMPLES", "400"))


def without_details(events: list[Event]) -> list[Event]:
    """Words for people are not part of the comparison; codes are."""
    return [
        msgspec.structs.replace(event, detail="") if isinstance(event, OrderRejected | RequestRejected) else event
        for event in events
    ]


class EngineAgainstReference(RuleBasedStateMachine):
    """Every rule is one command, given to both."""

    @initialize(maker_ppm=st.sampled_from([-1_000, 0, 0, 333]), taker_ppm=st.sampled_from([0, 1_000, 2_501]))
    def open(self, maker_ppm: int, taker_ppm: int) -> None:
        if maker_ppm + taker_ppm < 0:
            taker_ppm = 1_000
        self.desk = Desk()
        terms = []
        for index, name in enumerate(INSTRUMENTS):
            list_spot(
                self.desk,
                name,
                max_lots=60,
                max_notional=2_500_00,
                collar_ppm=30_000,
                reference=100 * index,
                maker_fee_ppm=maker_ppm,
                taker_fee_ppm=taker_ppm,
            )
            terms.append(
                RefInstrument(
                    name,
                    name.split("/")[0],
                    "RUB",
                    E8,
                    E8,
                    100,
                    1,
                    1,
                    60,
                    2_500_00,
                    Fraction(30_000, 1_000_000),
                    Fraction(maker_ppm, 1_000_000),
                    Fraction(taker_ppm, 1_000_000),
                    100 * index,
                    phase=codes.CONTINUOUS,
                )
            )
        accounts = []
        for name in ACCOUNTS:
            open_account(self.desk, name, RUB=50_000_00, BTC=400, ETH=400)
            reports = self.desk.exchange.accounts[name].report_seq
            totals = {"RUB": 50_000_00, "BTC": 400, "ETH": 400}
            accounts.append(RefAccount(name, name, reports, totals))
        self.reference = ReferenceVenue(terms, accounts)
        self.ids = 0

    def send(self, command: commands.AnyCommand) -> None:
        got = self.desk.send(command)
        expected = self.reference.apply(self.desk.exchange.seq, command)
        assert without_details(got) == expected

    @rule(
        account=st.sampled_from(ACCOUNTS),
        operator=st.sampled_from((None,) * 20 + ACCOUNTS),
        instrument=st.sampled_from(INSTRUMENTS * 8 + ("DOGE/RUB",)),
        side=st.sampled_from((codes.BUY, codes.SELL)),
        price=st.integers(95, 105),
        off_tick=st.sampled_from((0,) * 30 + (1,)),
        quantity=st.one_of(st.integers(1, 15), st.integers(0, 70)),
        kind=st.sampled_from((codes.LIMIT,) * 6 + (codes.MARKET,)),
        time_in_force=st.sampled_from((codes.GTC,) * 4 + (codes.IOC, codes.FOK)),
        post_only=st.sampled_from((False,) * 5 + (True,)),
        reuse=st.sampled_from((0,) * 12 + (1, 2, 3)),
    )
    def enter(
        self,
        account: str,
        operator: str | None,
        instrument: str,
        side: int,
        price: int,
        off_tick: int,
        quantity: int,
        kind: int,
        time_in_force: int,
        post_only: bool,
        reuse: int,
    ) -> None:
        if reuse and self.ids >= reuse:
            client_order_id = f"o{self.ids - reuse}"
        else:
            client_order_id = f"o{self.ids}"
            self.ids += 1
        price_e8 = 0 if kind == codes.MARKET else price * E8 + off_tick
        command = commands.NewOrder(
            operator or account,
            account,
            client_order_id,
            instrument,
            side,
            kind,
            time_in_force,
            price_e8,
            quantity * E8,
            post_only,
        )
        self.send(command)

    @rule(account=st.sampled_from(ACCOUNTS), back=st.integers(0, 12))
    def resend(self, account: str, back: int) -> None:
        orders = list(self.reference.accounts[account].by_client_id.values())
        if back < len(orders):
            self.send(orders[-1 - back].request)

    def pick(self, account: str, index: int) -> int:
        resting = [order for order in self.reference.resting if order.account == account]
        return resting[index % len(resting)].id if resting else index

    @rule(account=st.sampled_from(ACCOUNTS), index=st.integers(0, 50), by_client_id=st.booleans())
    def cancel(self, account: str, index: int, by_client_id: bool) -> None:
        order_id = 0 if by_client_id else self.pick(account, index)
        self.send(commands.CancelOrder(account, account, order_id, f"o{index}" if by_client_id else ""))

    @rule(
        account=st.sampled_from(ACCOUNTS),
        index=st.integers(0, 50),
        price=st.one_of(st.just(0), st.integers(94, 106)),
        off_tick=st.sampled_from((0,) * 20 + (1,)),
        quantity=st.integers(0, 65),
    )
    def amend(self, account: str, index: int, price: int, off_tick: int, quantity: int) -> None:
        price_e8 = price * E8 + off_tick if price else 0
        self.send(commands.AmendOrder(account, account, self.pick(account, index), "", price_e8, quantity * E8))

    @rule(
        account=st.sampled_from((*ACCOUNTS, "nobody")),
        instrument=st.sampled_from(("", *INSTRUMENTS, "DOGE/RUB")),
        side=st.sampled_from((-1, codes.BUY, codes.SELL)),
        really=st.sampled_from((False, False, True)),
    )
    def cancel_many(self, account: str, instrument: str, side: int, really: bool) -> None:
        if really:
            self.send(commands.MassCancel(account, account, instrument, side))

    @rule(instrument=st.sampled_from(INSTRUMENTS), phase=st.sampled_from((codes.CONTINUOUS,) * 3 + (codes.HALTED,)))
    def set_phase(self, instrument: str, phase: int) -> None:
        self.send(commands.SetPhase(instrument, phase, "test"))

    @invariant()
    def same_state(self) -> None:
        if not hasattr(self, "desk"):
            return
        exchange, reference = self.desk.exchange, self.reference
        exchange.check()
        for name in INSTRUMENTS:
            book = exchange.books[name]
            for side in (codes.BUY, codes.SELL):
                got = [(order.order_id, order.leaves_lots) for order in book.orders(side)]
                assert got == [(order.id, order.leaves) for order in reference.queue(name, side)]
        for name in ACCOUNTS:
            for asset in exchange.assets.values():
                balance = exchange.accounts[name].balance(asset)
                assert balance.reserved == reference.reserved(name, asset.asset)
                assert balance.available == reference.available(name, asset.asset)
        for asset in exchange.assets.values():
            assert asset.fees == reference.fees.get(asset.asset, 0)


TestEngineAgainstReference = EngineAgainstReference.TestCase
TestEngineAgainstReference.settings = settings(max_examples=EXAMPLES, stateful_step_count=STEPS, deadline=None)
