"""The parts of a report, fed by hand: events of futures and holdings, rates, the distribution of the cap."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from engine.exchange import Exchange
from engine.vocabulary import codes
from engine.vocabulary.limits import NS_PER_SECOND
from engine.vocabulary.messages.commands import (
    AnyCommand,
    Deposit,
    FreezeAsset,
    IssueAsset,
    MarkFuture,
    NewOrder,
    OpenAccount,
    RecordAcknowledgement,
    RecordTest,
    RegisterIntermediary,
    RegisterInvestor,
    Tick,
    Transfer,
)
from engine.vocabulary.messages.events import (
    AccountOpened,
    AssetAdded,
    AssetIssued,
    CloseOutStarted,
    DayEnded,
    DefaultDeclared,
    Event,
    FundsMoved,
    FutureMarked,
    HoldingFrozen,
    InstrumentListed,
    InvestorRegistered,
    LossShared,
    MarginCalled,
    MarginRestored,
    OrderAccepted,
    RequestRejected,
    Trade,
    TradeCorrected,
    Transferred,
    VariationMargin,
)
from gateway.reporting.report import Report
from gateway.reporting.steps.source import Step
from gateway.reporting.steps.standing import CapUsage, Standing
from gateway.reporting.sums.counts import Rate
from gateway.reporting.sums.distribution import cap_table, quantile_table
from gateway.reporting.sums.records import OrderRecord
from gateway.reporting.sums.settlement import check_table, is_sound, participant_table
from gateway.reporting.tables.tables import Table
from gateway.reporting.tables.times import UtcTimes, moscow_date, utc
from tests.support.compliance.identities import identified
from tests.support.compliance.venue import WARNING_DIGEST
from tests.support.engine.checks.comparison import SideBySide
from tests.support.engine.desks.desk import E8
from tests.support.engine.draws.generator import features_of
from tests.support.gateway.reporting.report_sessions import (
    MONDAY_NS,
    NOON_NS,
    Journaled,
    limit,
    report_of,
    report_of_commands,
)

# 2026-06-01 in days since 1970-01-01.
DAY = 20_605
BUY, SELL = codes.BUY, codes.SELL


class ByHand:
    """A report fed with events that no exchange made."""

    def __init__(self) -> None:
        self.records: list[OrderRecord] = []
        self.report = Report(sink=self.records.append)
        self.seq = 0
        self.give(
            Tick(),
            AssetAdded("RUB", codes.FIAT, 2),
            AssetAdded("BTC", codes.CRYPTO, 8),
            AssetAdded("A7A5", codes.DOMESTIC_STABLECOIN, 2),
            InstrumentListed("BTC-FUT", codes.FUTURE, "BTC", "RUB", E8, E8, 100),
            *[InvestorRegistered(name, "qualified") for name in ("ann", "ben", "cid")],
            *[AccountOpened(name, f"{name}.bot", name, "broker") for name in ("ann", "ben", "cid")],
        )

    def give(self, command: AnyCommand, *events: Event, due: int = 0) -> None:
        self.seq += 1
        self.report.take(Step(self.seq, NOON_NS + self.seq, command, list(events), due_events=due, day=DAY), None)

    def table(self, name: str) -> list[str]:
        """A table's rows as text, what is empty or zero left out."""
        self.report.finish(None)
        return rows(next(table for table in self.report.tables(None) if table.name == name))

    def settled(self) -> list[str]:
        self.report.finish(None)
        days = self.report.settlement_days()
        assert is_sound(days), check_table(days).rows
        return rows(participant_table(days, self.report.reference))


def rows(table: Table) -> list[str]:
    return [" ".join(str(cell) for cell in row if cell is not None and str(cell).strip("0.-")) for row in table.rows]


def margin(account: str, lots: int, amount: int) -> VariationMargin:
    return VariationMargin(account, 1, "BTC-FUT", lots, 90, amount, 0, 0)


def order(order_id: int, account: str, side: int) -> OrderAccepted:
    return OrderAccepted(order_id, account, 1, f"c{order_id}", "BTC-FUT", side, codes.LIMIT, codes.GTC, 100, 2)


def trade(fee: int) -> Trade:
    return Trade(1, "BTC-FUT", 100, 2, BUY, 1, "ann", 1, "c1", 2, 0, 0, 2, "ben", 1, "c2", 2, 0, fee)


# ── futures ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_fill_of_a_future_moves_its_fee_only_and_the_mark_moves_the_rest() -> None:
    by_hand = ByHand()
    by_hand.give(Tick(), order(1, "ann", SELL), order(2, "ben", BUY), trade(7))
    by_hand.give(
        MarkFuture("BTC-FUT"), FutureMarked("BTC-FUT", 90, 2, False), margin("ann", -2, 2000), margin("ben", 2, -2000)
    )
    assert by_hand.table("marks") == ["3 2026-06-01T09:00:00.000000003Z BTC-FUT 90 2 2 20.00 RUB"]
    assert by_hand.settled() == [
        "2026-06-01 RUB participant ann.bot 20.00 20.00",
        "2026-06-01 RUB participant ben.bot -0.07 -20.00 -20.07",
        "2026-06-01 RUB venue 0.07 0.07",
    ]


def test_a_corrected_future_gives_back_its_fee_only() -> None:
    by_hand = ByHand()
    by_hand.give(Tick(), order(1, "ann", SELL), order(2, "ben", BUY), trade(7))
    by_hand.give(Tick(), TradeCorrected(1, "BTC-FUT", 100, 0, 2, 2, "ben", 2, 0, 1, "ann", 2, 0, NOON_NS, "wrong"))
    assert by_hand.settled() == [
        "2026-06-01 RUB participant ben.bot -0.07 0.07",
        "2026-06-01 RUB venue 0.07 -0.07",
    ]


def test_calls_close_outs_defaults_and_shared_losses() -> None:
    by_hand = ByHand()
    by_hand.give(
        MarkFuture("BTC-FUT"),
        FutureMarked("BTC-FUT", 90, 2, True),
        DefaultDeclared("ben", 1, "BTC-FUT", "RUB", 700),
        LossShared("ann", 1, "BTC-FUT", "RUB", 400),
        LossShared("cid", 1, "BTC-FUT", "RUB", 300),
        margin("ann", -1, 600),
        margin("ben", 2, -1300),
        margin("cid", -1, 700),
        MarginCalled("ben", 2, "RUB", 5000, NOON_NS),
        CloseOutStarted("ben", 3, "BTC-FUT", 2, "margin call"),
        MarginRestored("ben", 4, "RUB"),
    )
    assert by_hand.table("margin") == ["close_out BTC-FUT 1", "margin_called RUB 1 50.00", "margin_restored RUB 1"]
    assert by_hand.table("defaults") == ["2 2026-06-01T09:00:00.000000002Z ben ben BTC-FUT RUB 7.00"]
    assert by_hand.table("losses_shared") == ["2 2026-06-01T09:00:00.000000002Z BTC-FUT RUB 2 7.00"]
    assert by_hand.table("marks") == ["2 2026-06-01T09:00:00.000000002Z BTC-FUT 90 2 yes 3 13.00 RUB"]
    assert by_hand.settled() == [
        "2026-06-01 RUB participant ann.bot 6.00 6.00",
        "2026-06-01 RUB participant ben.bot -13.00 -13.00",
        "2026-06-01 RUB participant cid.bot 7.00 7.00",
    ]


def test_an_order_of_the_venue_takes_nothing_from_the_request_it_came_with() -> None:
    by_hand = ByHand()
    asked = NewOrder("ann.bot", "ann", "", "BTC-FUT", SELL, codes.LIMIT, codes.GTC, 100 * E8, E8, post_only=1)
    venue_order = OrderAccepted(2 + 4096 * 2**40, "ben", 4, "", "BTC-FUT", SELL, codes.LIMIT, codes.IOC, 80, 2)
    own = OrderAccepted(2, "ann", 1, "", "BTC-FUT", SELL, codes.LIMIT, codes.GTC, 100, 1)
    by_hand.give(asked, CloseOutStarted("ben", 3, "BTC-FUT", 2, "margin call"), venue_order, own, due=2)
    assert [(record.order_id, record.post_only, record.participant) for record in by_hand.records] == [
        (2 + 4096 * 2**40, "", "ben.bot"),
        (2, "reject", "ann.bot"),
    ]


@pytest.mark.parametrize("seed", range(9))
def test_the_records_of_an_order_say_what_the_order_is(seed: int) -> None:
    """After each command of a random stream of all order types: the last record of each open order, beside the order."""
    session = SideBySide(random.Random(seed).randrange, features_of(seed))
    for _ in range(250):
        session.step()

    def look(report: Report, exchange: Exchange) -> None:
        for account in exchange.accounts.values():
            for order_id, order in account.open_orders.items():
                record = report.records.latest(order_id)
                quantity = report.reference.formats.instruments[order.instrument_name].quantity
                assert (record.account, record.side) == (account.account, codes.SIDES[order.side])
                assert record.order_type == codes.ORDER_TYPES[order.order_type]
                assert record.filled_quantity == quantity[order.filled_lots]
                if order.budget < 0:
                    assert record.quantity == quantity[order.quantity_lots]
                    assert record.leaves_quantity == quantity[order.leaves_lots]
                if order.stop_ticks and order.command.stop_price_e8:
                    price = report.reference.formats.instruments[order.instrument_name].price
                    assert record.stop_price == price[order.stop_ticks]
                if order.display_lots:
                    assert record.display_quantity == quantity[order.display_lots]

    report_of_commands(session.history, look)


# ── holdings ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_transfers_issues_and_freezes() -> None:
    by_hand = ByHand()
    moved = Transfer("ann.bot", "ann", "t1", "ben", "A7A5", 2500, codes.CROSS_BORDER, "contract 7")
    paid = Transfer("ann.bot", "ann", "t2", "ben", "A7A5", 2500, codes.DOMESTIC_PAYMENT)
    by_hand.give(
        IssueAsset("A7A5", "ann", 10_000, "a7"), AssetIssued("ann", 1, "A7A5", "a7", 10_000, 10_000, 10_000, 0)
    )
    by_hand.give(
        moved, Transferred(3, "ann", 2, "ben", 1, "t1", "A7A5", 2500, codes.CROSS_BORDER, "contract 7", 7500, 2500)
    )
    by_hand.give(
        paid,
        RequestRejected("ann", 3, 0, "t2", codes.COMPLIANCE, "no", "CUR-1", "Never a means of payment", ("CUR-1",)),
    )
    freeze = FreezeAsset("A7A5", 500_000, "", "a7", "court order")
    by_hand.give(
        freeze,
        HoldingFrozen("ann", 4, "A7A5", 3750, 3750, 0, "court order"),
        HoldingFrozen("ben", 2, "A7A5", 1250, 1250, 0, "court order"),
    )
    by_hand.give(IssueAsset("A7A5", "ben", 1), AssetIssued("ben", 3, "A7A5", "a7", -500, 9_500, 750, 0))
    assert by_hand.table("transfers") == ["cross_border A7A5 1 25.00"]
    assert by_hand.table("transfers_refused") == ["domestic_payment A7A5 CUR-1 compliance 1"]
    assert by_hand.table("rejects") == ["transfer CUR-1 compliance qualified 1"]
    assert by_hand.table("freezes") == ["5 2026-06-01T09:00:00.000000005Z A7A5 2 50.00 court order"]
    assert by_hand.settled() == [
        "2026-06-01 A7A5 participant ann.bot -25.00 100.00 75.00",
        "2026-06-01 A7A5 participant ben.bot 25.00 -5.00 20.00",
        "2026-06-01 A7A5 issuer a7 -95.00 -95.00",
    ]


def test_what_was_due_before_midnight_belongs_to_the_day_that_ended() -> None:
    by_hand = ByHand()
    by_hand.give(
        Tick(),
        FutureMarked("BTC-FUT", 90, 2, False),
        margin("ann", -2, 2000),
        margin("ben", 2, -2000),
        DayEnded(DAY + 1),
        FundsMoved("ann", 3, "RUB", 500, 2500, 0, ""),
        due=4,
    )
    assert by_hand.settled() == [
        "2026-06-01 RUB participant ann.bot 20.00 20.00",
        "2026-06-01 RUB participant ben.bot -20.00 -20.00",
        "2026-06-02 RUB participant ann.bot 5.00 5.00",
        "2026-06-02 RUB outside -5.00 -5.00",
    ]


def test_margin_that_does_not_add_up_is_said() -> None:
    by_hand = ByHand()
    by_hand.give(MarkFuture("BTC-FUT"), FutureMarked("BTC-FUT", 90, 2, False), margin("ann", -2, 2000))
    by_hand.report.finish(None)
    days = by_hand.report.settlement_days()
    assert not is_sound(days) and check_table(days).rows == [("2026-06-01", 1, "RUB", "not compared", "")]


# ── figures ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_highest_rate_is_of_any_second_not_of_the_clock() -> None:
    rate = Rate()
    # Six messages about the turn of a second, three on either side; then one exactly a second after the last.
    for milliseconds in (700, 800, 900, 1_000, 1_100, 1_200, 2_200):
        rate.count(MONDAY_NS + milliseconds * 1_000_000)
    assert (rate.messages, rate.highest, rate.highest_ns) == (7, 6, MONDAY_NS + 1_200_000_000)
    rate.count(MONDAY_NS + 2_200_000_000)
    assert rate.highest == 6


def test_times() -> None:
    times = UtcTimes()
    assert times(0) == "1970-01-01T00:00:00.000000000Z"
    assert times(MONDAY_NS - 1) == "2026-05-31T20:59:59.999999999Z"
    assert (moscow_date(MONDAY_NS - 1), moscow_date(MONDAY_NS)) == ("2026-05-31", "2026-06-01")
    assert utc(951_782_400 * NS_PER_SECOND + 5) == "2000-02-29T00:00:00.000000005Z"


def standing(*used: int, cap: int | None = 300_000_00) -> Standing:
    usages = [CapUsage(f"i{number}", "retail", amount, 0) for number, amount in enumerate(used)]
    return Standing(
        year=2026,
        cap_kopecks=cap,
        cap_scope="aggregate",
        usages=usages,
        exposures=[],
        capacity_multiple=2,
    )


def test_the_distribution_of_the_cap_at_its_edges() -> None:
    cap = 300_000_00
    table = cap_table(standing(0, 0, 1, cap // 10, cap // 10 + 1, cap - 1, cap, cap + 1))
    assert {row[0]: row[1] for row in table.rows if row[1]} == {
        "none": 2,
        "up to 10 %": 2,
        "up to 20 %": 1,
        "up to 100 %": 2,
        "above 100 %": 1,
    }
    assert table.rows[1][2] == "30000.01"
    assert cap_table(standing(5, cap=None)).rows == [] == quantile_table(standing(5, cap=None)).rows
    # A cap of nothing: whoever bought is above it.
    assert [row[1] for row in cap_table(standing(0, 5, cap=0)).rows] == [1, *[0] * 10, 1]


def test_the_quantiles_of_the_cap_are_by_nearest_rank() -> None:
    table = quantile_table(standing(*[number * 1_000_00 for number in range(1, 11)]))
    assert [row[:2] for row in table.rows] == [
        (50, "5000.00"),
        (75, "8000.00"),
        (90, "9000.00"),
        (95, "10000.00"),
        (99, "10000.00"),
        (100, "10000.00"),
    ]
    assert table.rows[0][2] == "1.66 %"


def test_use_of_the_cap_and_exposures_come_from_the_replayed_ledger(tmp_path: Path) -> None:
    venue = Journaled("general-2026")
    venue.send(RegisterIntermediary("broker"))
    for name in ("carl", "dora"):
        venue.send(identified(RegisterInvestor(name, codes.INDIVIDUAL)))
        venue.send(OpenAccount(name, name, name, "broker"))
        venue.send(RecordTest(name, "knowledge", 90, NOON_NS))
        venue.send(RecordAcknowledgement(name, digest=WARNING_DIGEST))
        venue.send(Deposit(name, "RUB", 500_000_00))
    venue.send(limit("alice", "a1", SELL, "500", "100"))
    venue.send(limit("carl", "c1", BUY, "300", "101"))
    venue.send(limit("carl", "c2", BUY, "10", "99"))
    source, report = report_of(venue.write(tmp_path))
    tables = {table.name: table for table in report.tables(source.standing)}
    assert tables["cap_investors"].rows == [
        ("carl", "retail", "300000.00", "30000.00", "990.00", "269010.00", "10.00 %"),
        ("dora", "retail", "300000.00", "0.00", "0.00", "300000.00", "0.00 %"),
    ]
    assert [row[1] for row in tables["cap_usage"].rows][:3] == [1, 1, 0]
