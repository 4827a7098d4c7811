"""A recheck looks only at whom a command can concern, and cancels exactly what a recheck of everybody would have cancelled.

Two venues get the same commands. In one the hook names whose orders to recheck; in the other it is made to name everybody.
SBX_STEPS and SBX_SEED: how many steps a session of the soak takes, and its first seed.
"""

from __future__ import annotations

import os
from collections import Counter

import msgspec
import pytest

from compliance import ComplianceHook
from compliance.messages.hook_state import HookState
from compliance.messages.ledger_state import PositionState
from engine.book.entities import Order
from engine.exchange import Exchange
from engine.state.hook import EVERYBODY, Outcome, Recheck, Verdict
from engine.vocabulary import codes
from engine.vocabulary.codes import BUY, BY_RULE, SELL
from engine.vocabulary.messages import commands
from engine.vocabulary.messages.commands import AnyCommand, Command, Sequenced
from engine.vocabulary.messages.events import Event, OrderCancelled
from tests.support.compliance.drifting import Drifting
from tests.support.compliance.stand_in import StandIn
from tests.support.compliance.venue import INTERMEDIARIES, PARTICIPANT, Venue, e8, rules_of
from tests.support.engine.draws.everything import Everything
from tests.support.engine.streams import blocks_of

RULEBOOKS = ("general-2026", "elr-2025", "derivatives-2025")
SEEDS = range(10)
FEW_SEEDS = range(1)
STEPS = 350


class Watched(StandIn):
    """A hook that counts whom it names, and which orders are looked at."""

    def __init__(self, hook: ComplianceHook) -> None:
        super().__init__(hook)
        self.rechecks: list[Recheck] = []
        self.asked = 0

    def apply(self, command: Command, time_ns: int) -> Outcome:
        outcome = super().apply(command, time_ns)
        self.note(outcome)
        return outcome

    def day_ended(self, time_ns: int) -> Outcome:
        outcome = super().day_ended(time_ns)
        self.note(outcome)
        return outcome

    def note(self, outcome: Outcome) -> None:
        if outcome.recheck is not None:
            self.rechecks.append(outcome.recheck)

    def recheck(self, order: Order, time_ns: int) -> Verdict | None:
        self.asked += 1
        return super().recheck(order, time_ns)


class Everybody(Watched):
    """The same, but whenever somebody is to be rechecked, everybody is."""

    def apply(self, command: Command, time_ns: int) -> Outcome:
        outcome = super().apply(command, time_ns)
        if outcome.recheck is None:
            return outcome
        return Outcome(outcome.events, outcome.problem, EVERYBODY, outcome.rule, outcome.links)


def records(hook: Watched) -> HookState:
    """What a hook knows, without what depends on who was looked at: of that the other has looked at more."""
    state = msgspec.msgpack.decode(hook.snapshot(), type=HookState)
    state.decided = []
    for listing in state.listings:
        listing.asked_ticks = 0
    ledger = state.ledger
    ledger.positions = sorted([each for each in ledger.positions if each.units or each.value], key=whose)
    ledger.futures, ledger.portfolios = [], []
    state.closers.sort()
    return state


def whose(position: PositionState) -> tuple[str, str]:
    return (position.account, position.instrument)


class SideBySide:
    """The two venues, which must do the same, and what was seen."""

    def __init__(self, first: Exchange, narrow: Watched) -> None:
        self.first = first
        self.narrow = narrow
        self.wide = Everybody(ComplianceHook())
        self.second = Exchange(self.wide)
        self.seen: Counter[str] = Counter()

    def follow(self, command: AnyCommand, happened: list[Event], story: str) -> None:
        """Let the second venue do what the first has done just now."""
        rechecks = list(self.narrow.rechecks)
        self.narrow.rechecks.clear()
        again = self.second.apply(Sequenced(self.second.seq + 1, self.first.time_ns, command))
        assert happened == again, f"{story}: {command}"
        if len(rechecks) != 1 or rechecks[0].everybody:
            return
        assert records(self.narrow) == records(self.wide), f"{story}: {command}"
        gone = [event for event in happened if isinstance(event, OrderCancelled) and event.reason == BY_RULE]
        self.seen["rechecks"] += 1
        self.seen["cancelled"] += len(gone)
        if isinstance(command, commands.SetBlocked) and not command.blocked:
            own = [account.account for account in self.first.owners[command.investor].accounts]
            self.seen.update(event.rule for event in gone if event.account not in own)

    def asked(self) -> tuple[int, int]:
        """How many orders were looked at again in each."""
        return self.narrow.asked, self.wide.asked


def anything(seed: int, steps: int) -> SideBySide:
    """A session of everything."""
    narrow = Watched(ComplianceHook())
    exchange = Exchange(narrow)
    both = SideBySide(exchange, narrow)
    drawn = Everything(seed, exchange, RULEBOOKS[seed % len(RULEBOOKS)])
    start = drawn.setup()
    for number in range(len(start) + steps):
        command = start[number] if number < len(start) else drawn.step()
        both.follow(command, drawn.send(command), f"seed {seed}, after {len(drawn.history)} commands")
    return both


class WatchedVenue(Venue):
    """The tests' venue, and beside it another that rechecks everybody."""

    def new_exchange(self) -> Exchange:
        narrow = Watched(self.hook)
        exchange = Exchange(narrow)
        self.both = SideBySide(exchange, narrow)
        return exchange

    def apply(self, command: AnyCommand) -> list[Event]:
        happened = super().apply(command)
        self.both.follow(command, self.happened, f"after {self.exchange.seq} commands")
        return happened


def near_limits(seed: int, steps: int) -> SideBySide:
    """A session in which much that rests comes to be forbidden by itself."""
    venue = WatchedVenue()
    drawn = Drifting(seed, venue)
    for command in drawn.setup():
        venue.do(command)
    for step in range(steps):
        try:
            venue.apply(drawn.draw())
        except AssertionError as error:
            error.add_note(f"seed {seed}, step {step}")
            raise
    return venue.both


def test_a_recheck_of_some_cancels_what_a_recheck_of_everybody_would() -> None:
    for seed in range(len(RULEBOOKS)):
        both = anything(seed, STEPS)
        assert both.seen["rechecks"] > 3


@pytest.mark.parametrize("seeds", blocks_of([SEEDS], FEW_SEEDS))
def test_orders_of_others_that_have_come_to_be_forbidden_are_found_too(seeds: range) -> None:
    # Some seconds: there are many ways, each of which is to be met.
    seen: Counter[str] = Counter()
    asked, of_everybody = 0, 0
    for seed in seeds:
        both = near_limits(seed, 2 * STEPS)
        seen += both.seen
        asked, of_everybody = asked + both.asked()[0], of_everybody + both.asked()[1]
    rules = [name for name in seen if "-" in name]
    if seeds is not FEW_SEEDS:
        assert len(rules) >= 5 and sum(seen[name] for name in rules) >= 15, seen
    assert asked < of_everybody


@pytest.mark.soak
def test_a_recheck_of_some_cancels_what_a_recheck_of_everybody_would_for_long() -> None:
    first = int(os.environ.get("SBX_SEED", "1000"))
    seen: Counter[str] = Counter()
    for seed in range(first, first + 100):
        for session in (anything, near_limits):
            seen += session(seed, int(os.environ.get("SBX_STEPS", "2000"))).seen
    print(seen)


# ── whom the hook names ────────────────────────────────────────────────────────────────────────────────────────────


def named(venue: Venue, command: AnyCommand) -> list[str] | None:
    """The accounts to recheck after a command; None: everybody."""
    recheck = venue.hook.apply(command, venue.time_ns).recheck
    assert isinstance(recheck, Recheck)
    return None if recheck.everybody else sorted(recheck.accounts)


def quiet(venue: Venue) -> list[str] | None:
    """Whom a command about somebody without orders has rechecked beside its own account."""
    found = named(venue, commands.SetBlocked("overseas", False))
    return None if found is None else [account for account in found if account != "overseas"]


def test_a_command_about_somebody_names_their_accounts() -> None:
    venue = Venue()
    own = ["retail", "retail@beta", "retail@direct"]
    assert named(venue, commands.SetBlocked("retail", False)) == own
    assert named(venue, commands.RecordTest("retail", "knowledge", 70, venue.time_ns)) == own
    assert named(venue, commands.RegisterInvestor("retail", codes.INDIVIDUAL)) == own
    assert named(venue, commands.AuthoriseClient("alfa", "retail", 2026)) == own
    # Of an intermediary's clients also the accounts that they have elsewhere: RET-4 may let them choose another now.
    through_credit = ["firm", "firm@alfa", "firm@credit", "qualified", "qualified@credit"]
    assert named(venue, commands.RegisterIntermediary("credit", capital_rub=10**9, bank=True)) == through_credit
    assert named(venue, commands.SetParameter("RET-1", "retail_cap_rub", "1.00", "trial", "ann")) is None


def test_both_sides_of_a_corrected_trade_are_rechecked_once_more() -> None:
    venue = Venue()
    venue.sell("dealer", "1", "BTC/RUB", "100")
    venue.buy("retail", "0.01", "BTC/RUB", "100")
    assert quiet(venue) == []
    venue.do(commands.RepriceTrade(venue.exchange.trades, e8("200"), "typed wrong"))
    assert quiet(venue) == ["dealer", "retail", "retail@beta", "retail@direct"]
    assert quiet(venue) == []


def test_a_correction_that_uses_up_the_cap_has_the_next_recheck_of_anybody_cancel() -> None:
    venue = Venue()
    venue.sell("dealer", "1", "BTC/RUB", "10000000")
    venue.buy("retail", "0.01", "BTC/RUB", "10000000")
    rests = venue.buy("retail", "0.02", "BTC/RUB", "9000000")
    venue.do(commands.RepriceTrade(venue.exchange.trades, e8("15000000"), "typed wrong"))
    events = venue.do(commands.SetBlocked("overseas", False))
    gone = [(event.order_id, event.rule) for event in events if isinstance(event, OrderCancelled)]
    assert gone == [(rests.order_id, "RET-1")]  # type: ignore[attr-defined]


def test_a_pegged_sale_that_follows_the_market_up_counts_at_its_limit() -> None:
    venue = Venue("general-2026", (("OPS-1", "qualified_firm_rub", '"1000.00"'),))
    near = venue.sell("dealer", "1", "BTC/RUB", "900")
    venue.sell("abroad", "0.5", "BTC/RUB", "1500")

    def peg(limit: str) -> commands.NewOrder:
        return commands.NewOrder(
            PARTICIPANT, "firm", limit, "BTC/RUB", SELL, codes.PEGGED, codes.GTC, e8(limit), e8("1"), peg=codes.PEG_OWN
        )

    assert rules_of(venue.apply(peg("1100"))[0]) == ("OPS-1",)
    venue.do(peg("800"))
    assert quiet(venue) == []
    venue.cancel("dealer", near.order_id)  # type: ignore[attr-defined]
    (order,) = venue.exchange.accounts["firm"].open_orders.values()
    assert order.price_ticks * order.instrument.tick_e8 == e8("1500")
    assert quiet(venue) == []


def test_exposure_beyond_its_limit_is_found_while_it_lasts() -> None:
    venue = Venue("general-2026", (("DER-4", "qualified_rub", '"1000.00"'),))
    order = venue.buy("qualified", "1", "BTC-NOTE", "900")
    assert quiet(venue) == []
    client = venue.hook.intake.registry.clients["qualified"]
    exposures = venue.hook.intake.ledger.exposures
    taken = exposures.position(client, venue.hook.intake.registry.listings["BTC-NOTE"])
    taken.units, taken.value = 1, 100_01
    exposures.sum_up(taken)
    assert [quiet(venue) for _ in range(2)] == [["qualified", "qualified@credit"]] * 2
    venue.cancel("qualified", order.order_id)  # type: ignore[attr-defined]
    assert quiet(venue) == []


def test_the_clients_of_an_intermediary_beyond_its_limit_are_found() -> None:
    venue = Venue("general-2026", (("DER-2", "exposure_limit_rub", '"1000.00"'),))
    venue.sell("dealer", "1", "BTC-NOTE", "300")
    venue.buy("firm@alfa", "1", "BTC-NOTE", "300")
    venue.buy("qualified", "3", "BTC-NOTE", "200")
    assert quiet(venue) == []
    # The trade of one takes what the order of another client needs.
    venue.do(commands.RepriceTrade(venue.exchange.trades, e8("500"), "typed wrong"))
    assert "qualified" in (quiet(venue) or [])
    events = venue.do(commands.SetBlocked("overseas", False))
    assert [(event.account, event.rule) for event in events if isinstance(event, OrderCancelled)] == [
        ("qualified", "DER-2")
    ]


def test_sales_of_futures_count_anew_when_the_band_has_risen() -> None:
    venue = Venue()
    venue.do(commands.SetTradingRules("BTC-FUT", 300_000, 0, 10**9, 0))
    venue.do(commands.MarkFuture("BTC-FUT", e8("1000"), "start"))
    venue.do(commands.SetPhase("BTC-FUT", codes.CONTINUOUS))
    assert quiet(venue) == []
    venue.sell("firm", "1", "BTC-FUT", "1000")
    assert quiet(venue) == []
    venue.do(commands.MarkFuture("BTC-FUT", e8("1100"), "later"))
    assert [quiet(venue) for _ in range(2)] == [["firm", "firm@alfa", "firm@credit"]] * 2
    venue.do(commands.MarkFuture("BTC-FUT", e8("900"), "later"))
    assert quiet(venue) == []


def test_financial_firms_beyond_their_share_are_found_while_they_are() -> None:
    venue = Venue()
    venue.sell("dealer", "1", "BTC/RUB", "8000000")
    venue.buy("bank", "1", "BTC/RUB", "8000000")
    assert quiet(venue) == []
    # The trade of others is at a price at which the bank has more than 10 000 000.00.
    for price, named in (("10000000", []), ("10000100", ["bank"]), ("10000000", [])):
        venue.sell("dealer", "0.0001", "BTC/RUB", price)
        venue.buy("firm", "0.0001", "BTC/RUB", price)
        assert [quiet(venue) for _ in range(2)] == [named] * 2
    venue.do(commands.Deposit("bank", "BTC", 1))
    assert quiet(venue) == ["bank"]
    venue.do(commands.RegisterInvestor("bank", codes.FIRM, income_rub=2_000_000_000, replace=True))
    assert quiet(venue) == []


def test_a_restored_hook_knows_who_is_doubtful() -> None:
    venue = Venue()
    venue.do(commands.SetTradingRules("BTC-FUT", 300_000, 0, 10**9, 0))
    venue.do(commands.MarkFuture("BTC-FUT", e8("1000"), "start"))
    venue.do(commands.SetPhase("BTC-FUT", codes.CONTINUOUS))
    venue.sell("dealer", "1", "BTC-FUT", "1000")
    venue.buy("firm", "1", "BTC-FUT", "1000")
    venue.do(commands.BustTrade(1, "typed wrong"))
    hooks = [ComplianceHook(), ComplianceHook()]
    for hook in hooks:
        hook.restore(venue.hook.snapshot(), venue.exchange.assets, venue.exchange.instruments, venue.exchange.accounts)
    named = []
    for hook in (venue.hook, *hooks):
        venue.hook = hook
        named.append(quiet(venue))
    assert named[0] == named[1] == named[2] and "dealer" in named[0]
    assert quiet(venue) == []


class Bracketed(Venue):
    """A venue where somebody has a bracket whose entry rests, behind a hook that is watched."""

    def __init__(self) -> None:
        super().__init__()
        legs = [
            commands.NewOrder(
                PARTICIPANT, "firm", name, "BTC/RUB", side, kind, codes.GTC, price, e8("1"), stop_price_e8=stop
            )
            for name, side, kind, price, stop in (
                ("entry", BUY, codes.LIMIT, e8("100"), 0),
                ("profit", SELL, codes.LIMIT, e8("200"), 0),
                ("stop", SELL, codes.STOP, 0, e8("100")),
            )
        ]
        self.do(commands.NewBracket(PARTICIPANT, "firm", *legs))
        self.stand_in.asked = 0

    def new_exchange(self) -> Exchange:
        self.stand_in = Watched(self.hook)
        return Exchange(self.stand_in)


def test_what_waits_for_the_entry_of_a_bracket_is_asked_about_when_it_begins() -> None:
    """It can't trade before, and what closes what the entry buys is judged by what was bought."""
    venue = Bracketed()
    venue.do(commands.SetBlocked("overseas", False))
    assert venue.stand_in.asked == 0
    venue.do(commands.RecordTest("firm", "risk", 100, venue.time_ns))
    assert venue.stand_in.asked == 1
    venue.sell("dealer", "0.5", "BTC/RUB", "100")
    events = venue.do(commands.SetBlocked("firm", True))
    gone = [(event.client_order_id, event.reason, event.rule) for event in events if isinstance(event, OrderCancelled)]
    assert gone == [("entry", BY_RULE, "SAN-1"), ("profit", BY_RULE, "SAN-1"), ("stop", codes.OTHER_LEG, "")]


def test_a_market_for_roubles_makes_sales_for_another_asset_purchases() -> None:
    venue = Venue()
    venue.do(commands.AddAsset("NEW", codes.CRYPTO, 8))
    for name, quote, tick_e8 in (("NEW/USDT", "USDT", 10**8), ("NEW/RUB", "RUB", 10**10)):
        if quote == "RUB":
            # Nobody knows yet that it can be sold for anything else.
            rests = venue.sell("firm@alfa", "1", "NEW/USDT", "100")
            venue.do(msgspec.structs.replace(INTERMEDIARIES[0], suspended=True))
            assert rules_of(venue.sell("firm@alfa", "1", "NEW/USDT", "100")) == ()
        venue.do(
            commands.ListInstrument(name, codes.SPOT, "NEW", quote, tick_e8, 10**6, 10**6, 10**12, 10**15, 100_000)
        )
        venue.do(commands.SetPhase(name, codes.CONTINUOUS))
        if quote == "USDT":
            venue.do(commands.Deposit("firm@alfa", "NEW", 10**12))
    assert rules_of(venue.sell("firm@alfa", "1", "NEW/USDT", "100")) == ("INT-1",)
    assert rules_of(venue.sell("firm@alfa", "1", "NEW/RUB", "10000")) == ()
    gone = [event for event in venue.do(commands.SetBlocked("overseas", False)) if isinstance(event, OrderCancelled)]
    assert len(gone) == 2 and gone[-1].order_id == rests.order_id  # type: ignore[attr-defined]
    assert {event.rule for event in gone} == {"INT-1"}
