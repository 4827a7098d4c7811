"""The venue in the program: it decides as a served one, follows what orders become, keeps a journal, and has a clock of its own."""

from __future__ import annotations

import gc
import signal
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from gateway.inprocess.investor import Terms
from gateway.inprocess.running import RequestRefused
from gateway.inprocess.venue import Venue
from gateway.protocol.requests import OrderTerms
from gateway.readable.sessions import replay
from gateway.readable.state import NoSuchName
from gateway.reporting.tables.times import MOSCOW
from gateway.venue.template import write_default_venue
from gateway.venue.venue import VenueError

BTC = "BTC/RUB"


@pytest.fixture
def venue() -> Iterator[Venue]:
    with Venue(rulebook="general-2026") as found:
        yield found


def test_two_investors_trade_and_both_orders_know(venue: Venue) -> None:
    maker, anna = venue.investor("alpha-trading"), venue.investor("anna")
    before = anna.account.balance("BTC").total
    resting = maker.sell(BTC, "0.5", 8_000_000)
    assert (resting.status, resting.is_open, resting.fills) == ("new", True, ())
    order = anna.buy(BTC, Decimal("0.2"), "8000000")
    assert (order.status, order.filled_quantity, order.leaves_quantity) == ("filled", Decimal("0.2"), 0)
    assert (resting.status, resting.leaves_quantity) == ("partially_filled", Decimal("0.3"))
    (taken,), (made,) = order.fills, resting.fills
    assert (taken.trade_id, taken.price, taken.liquidity) == (made.trade_id, 8_000_000, "taker")
    assert (made.quantity, made.liquidity) == (Decimal("0.2"), "maker")
    # 300 and 100 millionths of 1,600,000 RUB.
    assert (taken.fee, made.fee) == (480, 160)
    assert anna.account.balance("BTC").total - before == Decimal("0.2")
    assert maker.orders == (resting,)
    assert [level.quantity for level in venue.book(BTC).asks] == [Decimal("0.3")]


@pytest.mark.parametrize(
    ("terms", "kind", "status", "refused"),
    [
        ({"quantity": "0.1", "price": "7900000"}, "limit", "new", None),
        ({"quantity": "0.1"}, "market", "filled", None),
        ({"funds": "80000"}, "market", "filled", None),
        ({"quantity": "0.1", "stop_price": "8100000"}, "stop", "new", None),
        ({"quantity": "0.1", "price": "8200000", "stop_price": "8100000"}, "stop_limit", "new", None),
        ({"quantity": "0.1", "trail": "10000"}, "trailing_stop", "new", None),
        ({"quantity": "0.1", "trail_bps": 50}, "trailing_stop", "new", None),
        ({"quantity": "0.1", "price": "7900000", "display_quantity": "0.02"}, "iceberg", "new", None),
        ({"quantity": "0.1", "peg": "mid", "peg_offset": "-100"}, "pegged", "new", None),
        ({"quantity": "0.1", "price": "8000000", "time_in_force": "fok"}, "limit", "filled", None),
        (
            {"quantity": "2", "price": "8000000", "time_in_force": "ioc", "min_quantity": "0.5"},
            "limit",
            "cancelled",
            None,
        ),
        ({"quantity": "2", "price": "8000000", "time_in_force": "fok"}, "limit", "rejected", "fillability"),
        ({"quantity": "0.1", "price": "8000000", "post_only": True}, "limit", "rejected", "post_only"),
        ({"quantity": "0.1", "price": "8000000", "post_only": "reprice"}, "limit", "new", None),
    ],
)
def test_each_type_of_order_follows_from_what_is_given(
    venue: Venue, terms: dict[str, str], kind: str, status: str, refused: str | None
) -> None:
    maker, anna = venue.investor("alpha-trading"), venue.investor("anna")
    maker.sell(BTC, "1", "8000000")
    maker.buy(BTC, "1", "7990000")
    venue.investor("beta-trading").buy(BTC, "0.01")
    order = anna.buy(BTC, **terms)  # type: ignore[arg-type]
    assert (order.order_type, order.status) == (kind, status)
    assert (order.refusal and order.refusal.code) == refused


def test_an_order_may_say_what_a_request_may() -> None:
    assert {*Terms.__annotations__, "instrument", "side", "quantity", "price"} == set(OrderTerms.__struct_fields__)


def test_amends_cancels_and_what_is_refused_of_them(venue: Venue) -> None:
    maker = venue.investor("alpha-trading")
    order = maker.buy(BTC, "0.1", "7900000")
    assert order.amend(price="7910000", quantity="0.2") is order
    assert (order.price, order.quantity, order.refusal) == (7_910_000, Decimal("0.2"), None)
    refused = order.amend(price="7910050").refusal
    assert refused is not None
    assert (refused.code, order.price) == ("tick", 7_910_000)
    assert order.cancel().status == "cancelled"
    assert order.refusal is None
    again = order.cancel().refusal
    assert again is not None
    assert (again.code, order.status) == ("unknown_order", "cancelled")


def test_pairs_brackets_and_ladders(venue: Venue) -> None:
    maker, anna = venue.investor("alpha-trading"), venue.investor("anna")
    pair = anna.pair(BTC, "sell", "0.1", "8100000", stop_price="7900000", stop_limit="7890000")
    assert [(each.order_type, each.status) for each in pair] == [("limit", "new"), ("stop_limit", "new")]
    maker.buy(BTC, "0.1", "8100000")
    assert (pair.limit.status, pair.stop.status) == ("filled", "cancelled")

    bracket = anna.bracket(BTC, "buy", "0.1", "8050000", take_profit="8300000", stop_price="7800000")
    assert [each.side for each in bracket] == ["buy", "sell", "sell"]
    maker.sell(BTC, "0.1", "8050000")
    assert bracket.entry.status == "filled"
    maker.buy(BTC, "0.1", "8300000")
    assert (bracket.take_profit.status, bracket.stop.status) == ("filled", "cancelled")

    ladder = maker.quote(BTC, [("7950000", "0.1"), ("7940000", "0.2")], [("8400000", "0.1")])
    assert (ladder.entered, ladder.refusal) == (3, None)
    assert [level.price for level in venue.book(BTC).bids] == [7_950_000, 7_940_000]
    verdicts = [order.verdict() for order in maker.orders]
    assert [verdict is not None and verdict.passed for verdict in verdicts] == [True] * 3
    ladder = maker.quote(BTC, [("7950000", "0.1")], [])
    assert (ladder.kept, ladder.cancelled, ladder.entered) == (1, 2, 0)
    refused = maker.quote(BTC, [("7950050", "0.1")], []).refusal
    assert refused is not None
    assert refused.code == "tick"
    assert maker.cancel_all(BTC, "buy") == 1


def test_a_pair_that_is_refused_is_refused_whole(venue: Venue) -> None:
    pair = venue.investor("anna").pair("XMR/RUB", "buy", "1", "27000", stop_price="29000")
    assert [each.status for each in pair] == ["rejected", "rejected"]
    assert pair.limit.refusal is not None
    assert pair.limit.refusal.rule == "ANON-1"


def test_a_refusal_and_its_verdict_say_the_same(venue: Venue) -> None:
    venue.investor("alpha-trading").sell(BTC, "1", "8000000")
    lev = venue.investor("lev")
    passed = lev.buy(BTC, "0.03", "8000000")
    order = lev.buy(BTC, "0.02", "8000000")
    assert order.refusal is not None
    assert (order.status, order.refusal.code, order.refusal.rule) == ("rejected", "compliance", "RET-1")
    verdict = order.verdict()
    assert verdict is not None
    assert not verdict.passed
    assert tuple(each.rule for each in verdict.failed) == order.refusal.rules
    assert "remaining < 160000.00" in verdict.rule("RET-1").arithmetic
    first = passed.verdict()
    assert first is not None
    assert first.passed
    assert first.rule("RET-1").outcome == "passes"
    with pytest.raises(KeyError, match=r"there are .*RET-1"):
        first.rule("RET-99")
    # A check before the rules: none was asked.
    assert lev.buy(BTC, "0.00001", "8000000").verdict() is None


def test_transfers(venue: Venue) -> None:
    anna = venue.investor("anna")
    refused = anna.transfer("delta-fund.main", "BTC", "0.01", "domestic_payment")
    assert refused.refusal is not None
    assert (refused.transfer_id, refused.refusal.rule) == (None, "PAY-1")
    verdict = refused.verdict()
    assert verdict is not None
    assert [each.rule for each in verdict.failed] == ["PAY-1", "CUR-1"]
    before = anna.account.balance("RUB").available
    done = anna.transfer("delta-fund.main", "RUB", "100.50", "domestic_payment")
    assert (done.refusal, done.amount) == (None, Decimal("100.50"))
    assert done.transfer_id
    assert before - anna.account.balance("RUB").available == Decimal("100.50")


def test_another_rule_decides_otherwise_and_takes_away_what_rests(venue: Venue) -> None:
    lev = venue.investor("lev")
    resting = lev.buy(BTC, "0.03", "7900000")
    assert lev.buy(BTC, "0.02", "7900000").refusal is not None
    venue.set_parameter("RET-1", "retail_cap_rub", "400000.00", "what if")
    assert venue.parameters("RET-1")["retail_cap_rub"] == "400000.00"
    assert lev.buy(BTC, "0.02", "7900000").refusal is None
    venue.set_parameter("RET-1", "retail_cap_rub", 300_000)
    assert len(lev.orders) == 1
    assert resting.is_open == (lev.orders[0] is resting)
    venue.set_parameter("RET-1", "enabled", False)
    assert venue.parameters("RET-1")["enabled"] is False
    venue.set_parameter("ANON-1", "banned_privacy", ["optional"])
    assert venue.parameters("ANON-1")["banned_privacy"] == ["optional"]
    venue.load_rulebook("elr-2025")
    refused = lev.buy(BTC, "0.01", "7900000").refusal
    assert (venue.state.rulebook, refused and refused.rule) == ("elr-2025", "ELR-3")


def test_what_cannot_be_meant_is_raised(venue: Venue) -> None:
    anna = venue.investor("anna")
    with pytest.raises(TypeError, match=r"0\.5.*str, int or Decimal"):
        anna.buy(BTC, 0.5, "8000000")  # type: ignore[arg-type]
    with pytest.raises(RequestRefused, match="quantity: more than 8 decimals"):
        anna.buy(BTC, "0.000000001", "8000000")
    with pytest.raises(TypeError, match="has no stop_prise; it may have order_type"):
        anna.buy(BTC, "1", stop_prise="1")  # type: ignore[call-arg]
    with pytest.raises(NoSuchName, match="did you mean anna"):
        venue.investor("ana")
    with pytest.raises(NoSuchName, match=r"no account anna.old; did you mean anna\.main|has anna\.main"):
        venue.investor("anna", "anna.old")
    with pytest.raises(NoSuchName, match="there is no instrument BTC/RUBB; did you mean BTC/RUB"):
        venue.book("BTC/RUBB")
    with pytest.raises(NoSuchName, match="there is no rule RET-9"):
        venue.parameters("RET-9")
    with pytest.raises(RequestRefused, match="no command set_paramter; did you mean set_parameter"):
        venue.admin("set_paramter")
    with pytest.raises(RequestRefused, match="unknown key cap; known: enabled, retail_cap_rub"):
        venue.set_parameter("RET-1", "cap", "1")
    # More mistakes than a connection may make: here there is always another.
    for _ in range(200):
        with pytest.raises(RequestRefused, match="malformed"):
            anna.buy(BTC, "1", "7900000.000000001")
    assert anna.buy(BTC, "0.1", "7900000").status == "new"


def test_an_id_of_ones_own_never_acts_twice(venue: Venue) -> None:
    anna = venue.investor("anna")
    order = anna.buy(BTC, "0.1", "7900000", client_order_id="mine")
    assert anna.buy(BTC, "0.1", "7900000", client_order_id="mine") is order
    other = anna.buy(BTC, "0.2", "7900000", client_order_id="mine")
    assert other.refusal is not None
    assert other.refusal.code == "duplicate_id"
    assert (order.status, len(anna.orders)) == ("new", 1)
    order.cancel()
    assert order.status == "cancelled"


def test_orders_that_the_program_forgot_are_found_again(venue: Venue) -> None:
    anna = venue.investor("anna")
    number = anna.buy(BTC, "0.1", "7900000").order_id
    gc.collect()
    (found,) = anna.orders
    assert (found.order_id, found.price, found.leaves_quantity) == (number, 7_900_000, Decimal("0.1"))
    venue.investor("alpha-trading").sell(BTC, "0.05", "7900000")
    assert (found.status, found.filled_quantity) == ("partially_filled", Decimal("0.05"))
    assert found.cancel().status == "cancelled"
    assert anna.orders == ()


def test_a_trade_that_is_undone_is_no_fill_any_more(venue: Venue) -> None:
    maker, anna = venue.investor("alpha-trading"), venue.investor("anna")
    maker.sell(BTC, "0.5", "8000000")
    first, second = anna.buy(BTC, "0.1", "8000000"), anna.buy(BTC, "0.1", "8000000")
    venue.admin("bust_trade", trade_id=first.fills[0].trade_id, reason="an error")
    venue.admin("reprice_trade", trade_id=second.fills[0].trade_id, price="7999000", reason="an error")
    assert (first.fills, second.fills[0].price) == ((), 7_999_000)


def test_the_clock_stands_until_it_is_moved(venue: Venue) -> None:
    maker = venue.investor("alpha-trading")
    assert venue.now == datetime(2026, 6, 1, 10, tzinfo=MOSCOW)
    day = maker.buy(BTC, "0.1", "7900000", time_in_force="day")
    until = maker.buy(BTC, "0.1", "7900000", time_in_force="gtd", expire_time=venue.now + timedelta(minutes=5))
    venue.advance("4m59s")
    assert (until.status, day.status) == ("new", "new")
    venue.advance(timedelta(seconds=1))
    assert (until.status, until.reason, day.status) == ("cancelled", "expired", "new")
    assert venue.advance_to("18:45") == datetime(2026, 6, 1, 18, 45, tzinfo=MOSCOW)
    assert venue.advance_to(datetime(2026, 6, 2, tzinfo=UTC)) == datetime(2026, 6, 2, 3, tzinfo=MOSCOW)
    assert day.status == "cancelled"
    for nonsense in ("soon", "12", timedelta(-1)):
        with pytest.raises(ValueError, match="is no length of time"):
            venue.advance(nonsense)
    for nonsense in ("5m", "12", "2026-13-01"):
        with pytest.raises(ValueError, match="is no time"):
            venue.advance_to(nonsense)
    with pytest.raises(ValueError, match="is over: it is 2026-06-02"):
        venue.advance_to("2026-06-01")
    with pytest.raises(TypeError, match="no time zone"):
        venue.advance_to(datetime(2026, 7, 1))  # noqa: DTZ001 - that is the mistake


def test_weeks_may_pass_and_futures_are_settled(venue: Venue) -> None:
    maker, anna = venue.investor("alpha-trading"), venue.investor("anna")
    maker.sell("BTC-FUT-2026-06", "0.1", "8000000")
    assert anna.buy("BTC-FUT-2026-06", "0.1", "8000000").status == "filled"
    assert [each.quantity for each in anna.account.positions] == [Decimal("0.1")]
    before = anna.account.balance("RUB").total
    venue.admin("set_index_price", index="BTC", price="8100000", source="a test")
    venue.advance("40d")
    assert anna.account.positions == ()
    assert anna.account.balance("RUB").total - before == 10_000


def test_somebody_new_trades(venue: Venue) -> None:
    venue.investor("alpha-trading").sell(BTC, "0.5", "8000000")
    zoe = venue.register("zoe", "firm", deposits={"RUB": "1000000"}, assets_rub=900_000_000, income_rub=90_000_000)
    assert "zoe" in venue.investors
    refused = zoe.buy(BTC, "0.1", "8000000").refusal
    assert refused is not None
    assert refused.rule == "RISK-1"
    zoe.acknowledge_warning()
    assert zoe.buy(BTC, "0.1", "8000000").status == "filled"
    zoe.deposit("RUB", "5.50")
    zoe.withdraw("BTC", "0.1")
    # 1,000,000 less 800,000, its fee of 240, and what was paid in.
    assert zoe.account.balance("RUB").available == Decimal("199765.50")
    assert zoe.account.balance("BTC").total == 0


def test_its_journal_is_kept_and_replays(tmp_path: Path) -> None:
    with Venue(rulebook="general-2026", start="2027-02-03 04:05", keep=tmp_path / "kept") as venue:
        venue.investor("alpha-trading").sell(BTC, "0.5", "8000000")
        venue.investor("anna").buy(BTC, "0.1", "8000000")
        assert f"{venue.now:%Y-%m-%d %H:%M}" == "2027-02-03 04:05"
        # Beside the running venue.
        assert replay(venue.directory).equal
    assert replay(tmp_path / "kept").commands == venue.state.seq
    with pytest.raises(VenueError, match="is in use: name a directory that is empty"):
        Venue(keep=tmp_path / "kept")
    with pytest.raises(RuntimeError, match="the venue is closed"):
        venue.investor("anna").buy(BTC, "0.1", "8000000")
    assert venue.book(BTC).best_ask == 8_000_000


def test_a_temporary_journal_goes_with_the_venue() -> None:
    venue = Venue()
    kept = venue.directory
    assert replay(kept).equal
    del venue
    gc.collect()
    assert not kept.exists()


def test_two_runs_say_the_same() -> None:
    digests = []
    for _ in range(2):
        with Venue() as venue:
            venue.investor("alpha-trading").sell(BTC, "0.5", "8000000")
            venue.advance("1h")
            venue.investor("anna").buy(BTC, "0.1", "8000000")
            digests.append(replay(venue.directory).recorded_digest)
    assert digests[0] == digests[1]


def test_a_venue_file_of_ones_own_is_only_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_default_venue(tmp_path / "mine", datetime(2026, 6, 1, tzinfo=UTC).date(), "general-2026")
    before = sorted(path.name for path in (tmp_path / "mine").rglob("*"))
    with Venue(tmp_path / "mine") as venue:
        assert venue.state.rulebook == "general-2026"
        assert venue.investor("anna").buy(BTC, "0.1", "7900000").status == "new"
    assert sorted(path.name for path in (tmp_path / "mine").rglob("*")) == before
    monkeypatch.chdir(tmp_path)
    Path("my-rules.toml").write_text('[rulebook]\nname = "my-rules"\n', encoding="utf-8")
    for source in (None, "mine"):
        with pytest.raises(VenueError, match="my-rules"):
            Venue(source, rulebook="my-rules.toml")
    with pytest.raises(VenueError, match="unknown rulebook 'nothing'; there are"):
        Venue(rulebook="nothing")
    with pytest.raises(VenueError, match="does not exist"):
        Venue("nowhere")
    with pytest.raises(ValueError, match="is no time"):
        Venue(start="soon")


# Where an interrupt falls into a callback of the collector, Python itself drops it.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_ctrl_c_cuts_no_command_in_two(venue: Venue) -> None:
    anna = venue.investor("anna")
    interrupted = 0
    before = signal.signal(signal.SIGALRM, lambda number, frame: signal.raise_signal(signal.SIGINT))
    # In the background of a script it is ignored from the start.
    ignored = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        for round_ in range(40):
            signal.setitimer(signal.ITIMER_REAL, 0.001 + round_ * 0.000_05)
            try:
                for _ in range(40):
                    anna.buy(BTC, "0.001", "7000000")
            except KeyboardInterrupt:
                interrupted += 1
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        left = signal.signal(signal.SIGINT, ignored)
    assert interrupted > 20
    assert left is signal.default_int_handler
    venue.investor("alpha-trading").sell(BTC, "0.001", "7000000")
    found = replay(venue.directory)
    assert (found.commands, found.equal) == (venue.state.seq, True)
