"""What the tables can't say: the hook before a rulebook, refusals of commands, futures, snapshots, the table itself."""

from __future__ import annotations

from itertools import product

import msgspec
import pytest

from compliance import VENUE, ComplianceHook, load_rulebook
from compliance.registry.classes import CLASSES
from compliance.rules.case import Case, Profile
from engine.book.assets import Asset
from engine.state.hook import Verdict
from engine.vocabulary.codes import BUY, COMPLIANCE, FIAT, FIRM, INDIVIDUAL, SELL
from engine.vocabulary.messages.commands import (
    AddAsset,
    AnyCommand,
    LoadRulebook,
    OpenAccount,
    RecordAcknowledgement,
    RecordTest,
    RegisterIntermediary,
    RegisterInvestor,
    SetBlocked,
    Tick,
    Withdraw,
)
from engine.vocabulary.messages.events import (
    CommandRejected,
    InvestorRegistered,
    OrderCancelled,
    OrderRejected,
    RegistryChanged,
    RulebookLoaded,
)
from gateway.words.words import in_words
from tests.support.compliance.venue import INVESTORS, WARNING_DIGEST, Venue, changed, documents, rules_of


def check(
    venue: Venue, account: str, side: int, instrument: str, *, price_ticks: int = 1, lots: int = 1
) -> Verdict | None:
    """Check an order, and reserve for it if it passes, as the core does."""
    order = venue.order(account, side, instrument, price_ticks, lots)
    verdict = venue.hook.check(order, price_ticks, lots, venue.time_ns)
    if verdict is None:
        venue.hook.reserve(order, price_ticks, lots)
    return verdict


def digest(hook: ComplianceHook) -> bytes:
    return hook.snapshot()


def reserved(venue: Venue, investor: str) -> int:
    sums = venue.hook.intake.ledger.investors.get(investor)
    return 0 if sums is None else sums.reserved(True)


def test_before_a_rulebook_nothing_trades() -> None:
    venue = Venue(rulebook="")
    answer = venue.buy("dealer", "1", "BTC/RUB", "8000000")
    assert isinstance(answer, OrderRejected)
    assert rules_of(answer) == (VENUE,)
    assert answer.detail == "no order is allowed before a rulebook is loaded"
    assert rules_of(venue.sell("dealer", "1", "BTC/RUB", "8000000")) == (VENUE,)


def test_loading_a_rulebook_classifies_everyone_and_opens_trading() -> None:
    venue = Venue(rulebook="")
    events = venue.load("elr-2025")
    assert events[0] == RulebookLoaded("elr-2025", load_rulebook("elr-2025", documents("elr-2025")).digest)
    assert events[1:] == [
        InvestorRegistered("retail", "retail"),
        InvestorRegistered("newcomer", "retail"),
        InvestorRegistered("nameless", "retail"),
        InvestorRegistered("qualified", "qualified"),
        InvestorRegistered("super", "super_qualified"),
        InvestorRegistered("earner", "super_qualified"),
        InvestorRegistered("small_firm", "unqualified_firm"),
        InvestorRegistered("firm", "qualified_firm"),
        InvestorRegistered("bank", "qualified_firm"),
        InvestorRegistered("dealer", "qualified_firm"),
        InvestorRegistered("importer", "qualified_firm"),
        InvestorRegistered("abroad", "qualified_firm"),
        InvestorRegistered("overseas", "qualified_firm"),
    ]
    assert rules_of(venue.buy("super", "1", "BTC/RUB", "8000000")) == ()
    # Another book: only those whose class changes are named.
    assert venue.load("general-2026")[1:3] == [
        InvestorRegistered("super", "qualified"),
        InvestorRegistered("earner", "qualified"),
    ]


def test_a_bad_rulebook_is_refused_and_the_old_one_stays() -> None:
    venue = Venue("elr-2025")
    before = digest(venue.hook)
    events = venue.apply(LoadRulebook("elr-2025", changed(documents("elr-2025"), "SET-2", "retail", '"no"')))
    assert [type(event) for event in events] == [CommandRejected]
    assert "rule SET-2: parameters: retail: must be true or false" in events[0].detail  # type: ignore[attr-defined]
    assert digest(venue.hook) == before
    assert rules_of(venue.buy("super", "1", "BTC/RUB", "8000000")) == ()


@pytest.mark.parametrize(
    ("command", "why"),
    [
        (OpenAccount("new", "desk", "nobody"), "investor nobody is not registered"),
        (OpenAccount("new", "desk", "retail", "gamma"), "intermediary gamma is not registered"),
        (RegisterInvestor("", INDIVIDUAL), "investor must be 1 to"),
        (RegisterInvestor("new", 2), "unknown kind of investor"),
        (RegisterInvestor("new", INDIVIDUAL, assets_rub=-1), "assets_rub must not be negative"),
        (RegisterInvestor("new", INDIVIDUAL, assets_rub=2**63), "assets_rub must not be negative, nor above"),
        (RegisterInvestor("new", INDIVIDUAL, income_rub=-1), "income_rub must not be negative"),
        (RegisterInvestor("new", INDIVIDUAL, capital_rub=-1), "capital_rub must not be negative"),
        (RegisterInvestor("new", FIRM, certified=True), "certified, earlier_income_rub: of individuals"),
        (RegisterInvestor("new", INDIVIDUAL, earlier_income_rub=-1), "earlier_income_rub must not be negative"),
        (RegisterInvestor("new", INDIVIDUAL, class_override="qualified"), "class_override needs a reason"),
        (
            RegisterInvestor("new", INDIVIDUAL, class_override="king", reason="x"),
            "class_override king is none of retail",
        ),
        (RegisterInvestor("new", FIRM, class_override="retail", reason="x"), "class_override retail is none of"),
        (RegisterIntermediary(""), "intermediary must be 1 to"),
        (RegisterIntermediary("new", capital_rub=-1), "capital_rub must not be negative"),
        (RecordTest("nobody", "risk", 1, 1), "investor nobody is not registered"),
        (RecordTest("retail", "driving", 1, 1), "unknown test driving; known: knowledge, risk"),
        (RecordTest("retail", "risk", 101, 1), "score must be 0 to 100"),
        (RecordTest("retail", "risk", -1, 1), "score must be 0 to 100"),
        (RecordTest("retail", "risk", 1, 0), "taken_ns must be a time that has passed"),
        (RecordTest("retail", "risk", 1, 2**63 - 1), "taken_ns must be a time that has passed"),
        (SetBlocked("nobody", True), "investor nobody is not registered"),
        (AddAsset("GOLD", FIAT, 2, 0, -1), "market_cap_rub must not be negative"),
        (LoadRulebook("x", {}), "rulebook x: its document is missing"),
    ],
)
def test_a_command_that_makes_no_sense_is_refused_and_changes_nothing(command: AnyCommand, why: str) -> None:
    venue = Venue()
    before = digest(venue.hook)
    events = venue.apply(command)
    assert len(events) == 1
    assert isinstance(events[0], CommandRejected)
    assert why in events[0].detail
    assert digest(venue.hook) == before
    venue.exchange.check()


def test_the_rouble_is_counted_in_kopecks() -> None:
    hook = ComplianceHook()
    refused = hook.add_asset(Asset("RUB", 0, FIAT, 4), AddAsset("RUB", FIAT, 4), 1)
    assert refused is not None
    assert refused.code == COMPLIANCE
    assert "kopecks" in in_words(refused.said)
    assert hook.add_asset(Asset("RUB", 0, FIAT, 2), AddAsset("RUB", FIAT, 2), 1) is None
    unknown = hook.apply(Tick(), 1).problem
    assert unknown is not None
    assert "does not know" in in_words(unknown.said)


def test_registry_changes_are_reported() -> None:
    venue = Venue()
    assert venue.do(RegisterIntermediary("alfa", suspended=True))[0] == RegistryChanged(
        "intermediary", "alfa", "licensed, suspended"
    )
    assert venue.do(SetBlocked("retail", True)) == [RegistryChanged("blocked", "retail", "blocked")]
    assert venue.do(RecordTest("retail", "risk", 7, venue.time_ns)) == [
        RegistryChanged("test", "retail", "risk test 7 %")
    ]
    assert venue.do(RegisterInvestor("retail", INDIVIDUAL, class_override="qualified", reason="court")) == [
        InvestorRegistered("retail", "qualified")
    ]


def test_futures_are_refused_to_retail_on_both_sides() -> None:
    venue = Venue("general-2026")
    for side in (BUY, SELL):
        verdict = check(venue, "retail", side, "BTC-FUT")
        assert verdict is not None
        assert verdict.rules[0] == "DER-1"
        assert check(venue, "firm", side, "BTC-FUT") is None
    # The access rules of the state-led exchange hold for opening a short, too.
    venue = Venue("elr-2025")
    verdict = check(venue, "qualified", SELL, "BTC-FUT")
    assert verdict is not None
    assert verdict.rules == ("ELR-1", "ELR-3")
    assert check(venue, "super", SELL, "BTC-FUT") is None


def test_a_verdict_says_what_would_have_been_allowed() -> None:
    venue = Venue()
    venue.sell("dealer", "0.015", "BTC/RUB", "8000000")
    venue.buy("retail", "0.015", "BTC/RUB", "8000000")
    venue.buy("retail", "0.0125", "BTC/RUB", "4000000")
    answer = venue.buy("retail", "0.025", "BTC/RUB", "8000000")
    assert isinstance(answer, OrderRejected)
    assert answer.rule == "RET-1"
    assert answer.detail == (
        "cap 300000.00 RUB a year, used 120000.00, reserved 50000.00, remaining 130000.00; this order 200000.00"
    )


def test_every_failing_rule_is_named_in_the_order_of_the_book() -> None:
    venue = Venue()
    venue.do(SetBlocked("newcomer", True))
    venue.do(RegisterIntermediary("alfa", suspended=True))
    answer = venue.buy("newcomer", "10000", "ZEC/RUB", "8000000")
    expected = ("SAN-1", "ANON-1", "INT-1", "RET-2", "RISK-1", "RET-3", "RET-1", "OPS-1")
    assert rules_of(answer) == expected
    order = load_rulebook("general-2026", documents("general-2026")).order
    assert expected == tuple(rule for rule in order if rule in expected)


def test_beyond_64_bits_nothing_wraps() -> None:
    venue = Venue()
    for account, rules in (("retail", ("RET-1", "OPS-1")), ("firm", ("OPS-1",))):
        verdict = check(venue, account, BUY, "BTC/RUB", price_ticks=2**62, lots=2**62)
        assert verdict is not None
        assert verdict.rules == rules
        assert f"this order {2**124 // 100}.{2**124 % 100:02d}" in in_words(verdict.first.said)


def test_what_a_failed_amend_reserved_is_given_back() -> None:
    venue = Venue()
    venue.do(Withdraw("retail", "RUB", 10**16 - 200_000_00))
    order_id = venue.buy("retail", "0.01", "BTC/RUB", "8000000").order_id  # type: ignore[attr-defined]
    assert reserved(venue, "retail") == 80_000_00
    answer = venue.amend("retail", order_id, "0.03", "8000000")[0]
    assert "available" in answer.detail  # type: ignore[attr-defined]
    assert reserved(venue, "retail") == 80_000_00
    venue.cancel("retail", order_id)
    assert reserved(venue, "retail") == 0
    assert not venue.hook.intake.ledger.open_orders


def test_lack_of_funds_gives_back_what_check_reserved() -> None:
    venue = Venue()
    venue.do(Withdraw("retail", "RUB", 10**16 - 1))
    answer = venue.buy("retail", "0.01", "BTC/RUB", "8000000")
    assert isinstance(answer, OrderRejected)
    assert answer.rule == ""
    assert reserved(venue, "retail") == 0
    assert not venue.hook.intake.ledger.open_orders


def test_only_commands_that_can_forbid_an_order_recheck() -> None:
    venue = Venue()
    hook, now = venue.hook, venue.time_ns
    assert hook.apply(LoadRulebook("elr-2025", documents("elr-2025")), now).recheck
    assert hook.apply(RegisterInvestor("retail", INDIVIDUAL), now).recheck
    assert not hook.apply(RegisterInvestor("stranger", INDIVIDUAL), now).recheck
    assert hook.apply(SetBlocked("retail", True), now).recheck
    assert hook.apply(RegisterIntermediary("alfa"), now).recheck
    assert not hook.apply(RegisterIntermediary("delta"), now).recheck
    assert hook.apply(RecordTest("retail", "risk", 0, now), now).recheck
    assert not hook.apply(RecordAcknowledgement("retail", digest=WARNING_DIGEST), now).recheck


def test_clients_share_a_table_of_decisions_only_if_nothing_that_rules_look_at_differs() -> None:
    yes_or_no = (False, True)
    flags = ("financial", "blocked", "barred", "warned", "bank", "through_bank", "identified")
    keys = [
        Profile(investor_class, **dict(zip(flags, each, strict=True))).key
        for investor_class in range(len(CLASSES))
        for each in product(yes_or_no, repeat=len(flags))
    ]
    assert len(keys) == len(set(keys)) == 128 * len(CLASSES)


def test_what_depends_only_on_class_instrument_and_side_is_decided_beforehand() -> None:
    venue = Venue("elr-2025")
    for account, side in (("super", BUY), ("firm", SELL), ("retail", SELL)):
        assert check(venue, account, side, "BTC/RUB") is None
        index = venue.exchange.instruments["BTC/RUB"].number
        decision = venue.hook.intake.registry.clients[account].decisions[index * 2 + side]
        assert decision.free_tick_lots > 10**6, "no rule needs to be asked for an order of usual size"
        assert decision.fails == ()
    assert check(venue, "retail", BUY, "BTC/RUB") is not None
    decision = venue.hook.intake.registry.clients["retail"].decisions[index * 2 + BUY]
    assert decision.fails == ("ELR-3",)
    # Clients of one profile share one table.
    clients = venue.hook.intake.registry.clients
    assert clients["firm"].decisions is clients["dealer"].decisions
    assert clients["firm"].decisions is not clients["super"].decisions


@pytest.mark.parametrize("book", ["elr-2025", "derivatives-2025", "general-2026"])
def test_the_table_agrees_with_asking_every_rule(book: str) -> None:
    """Each class, instrument and side: a rule the table says fails, fails; one it leaves out would have passed."""
    venue = Venue(book)
    intake = venue.hook.intake
    table = intake.table
    assert table is not None
    for investor in INVESTORS:
        client = intake.registry.clients[investor.investor]
        for listing in intake.registry.listings.values():
            for side in (BUY, SELL):
                decision = table.decide(table.profile(client), listing, side)
                case = Case((client, listing, 1, 1), side, venue.time_ns, intake.registry, intake.ledger)
                verdict = table.judge(decision, case)
                failed = () if verdict is None else verdict.rules
                assert [rule for rule in failed if rule in decision.fails] == list(decision.fails)
                if decision.free_tick_lots >= 1:
                    assert verdict is None


def test_switching_to_another_rulebook_cancels_what_it_forbids() -> None:
    venue = Venue("elr-2025")
    order_id = venue.buy("super", "1", "BTC/RUB", "100").order_id  # type: ignore[attr-defined]
    venue.buy("firm", "1", "BTC/RUB", "100")
    events = venue.load("derivatives-2025")
    cancelled = [event.order_id for event in events if type(event).__name__ == "OrderCancelled"]  # type: ignore[attr-defined]
    assert cancelled == [order_id + 1, order_id]
    assert not venue.hook.intake.ledger.open_orders


def test_only_the_trades_of_the_trading_day_are_remembered_for_corrections() -> None:
    venue = Venue()
    counted = venue.hook.intake.ledger.counted
    venue.sell("dealer", "1", "BTC/RUB", "100")
    for day, trades in (("2026-06-01", [1, 2]), ("2026-06-02", [3, 4])):
        venue.at(f"{day} 12:00:00")
        for _ in trades:
            venue.buy("retail", "0.01", "BTC/RUB", "100")
        assert list(counted) == trades


def test_a_book_that_asks_for_no_sums_counts_them_for_the_next_one() -> None:
    venue = Venue("elr-2025", (("ELR-3", "enabled", "false"),))
    ledger = venue.hook.intake.ledger
    venue.sell("dealer", "1", "BTC/RUB", "8000000")
    venue.buy("retail", "0.02", "BTC/RUB", "8000000")
    venue.buy("retail", "0.0375", "BTC/RUB", "7000000")
    assert reserved(venue, "retail") == 262_500_00
    # The second order finds its decision made.
    for _ in range(2):
        order_id = venue.buy("super", "1", "BTC-NOTE", "10000").order_id  # type: ignore[attr-defined]
        assert ledger.exposures.by_investor["super"] == 10_000_00
        venue.cancel("super", order_id)
        assert ledger.exposures.by_investor["super"] == 0
    events = venue.load("general-2026")
    cancelled = [event for event in events if isinstance(event, OrderCancelled)]
    assert [event.rule for event in cancelled] == ["RET-1"]
    assert cancelled[0].detail == (
        "cap 300000.00 RUB a year, used 160000.00, reserved 0.00, remaining 140000.00; this order 262500.00"
    )


def restored(venue: Venue) -> ComplianceHook:
    """A new hook with what the venue's says of itself."""
    twin, exchange = ComplianceHook(), venue.exchange
    twin.restore(digest(venue.hook), exchange.assets, exchange.instruments, exchange.accounts)
    return twin


def test_a_snapshot_restores_the_same_state_and_the_same_behaviour() -> None:
    venue = Venue("general-2026", (("RET-4", "enabled", "false"),))
    venue.sell("dealer", "1", "BTC/RUB", "8000000")
    venue.sell("dealer", "5", "BTC-NOTE", "10000")
    venue.buy("retail", "0.01", "BTC/RUB", "8000000")
    venue.buy("retail@beta", "0.005", "BTC/RUB", "7000000")
    venue.buy("qualified", "3", "BTC-NOTE", "10000")
    venue.buy("qualified", "3", "BTC-NOTE", "9000")
    venue.buy("firm", "1", "BTC/RUB", "100")
    venue.do(SetBlocked("bank", True))
    venue.do(RegisterInvestor("earner", INDIVIDUAL, class_override="retail", reason="by order"))
    venue.do(RegisterIntermediary("beta", suspended=True, reason="licence under review"))
    twin = restored(venue)
    assert digest(twin) == digest(venue.hook)
    probes = [
        ("retail", BUY, "BTC/RUB", 10_000, 2_200_000),
        ("retail", BUY, "BTC/RUB", 10_000, 2_200),
        ("retail@beta", BUY, "BTC/RUB", 1, 1),
        ("retail@beta", SELL, "BTC/RUB", 1, 1),
        ("earner", BUY, "SOL/RUB", 1, 1),
        ("bank", SELL, "BTC/RUB", 1, 1),
        ("qualified", BUY, "BTC-NOTE", 100, 60_000_000),
        ("qualified", BUY, "BTC-NOTE", 100, 49_999_999),
    ]
    for account, side, instrument, price_ticks, lots in probes:
        order = venue.order(account, side, instrument, price_ticks, lots)
        answers = []
        for hook in (venue.hook, twin):
            verdict = hook.check(order, price_ticks, lots, venue.time_ns)
            if verdict is None:
                hook.reserve(order, price_ticks, lots)
            answers.append(None if verdict is None else [(each.rule, each.said) for each in verdict.failures])
        assert answers[0] == answers[1]
        assert digest(twin) == digest(venue.hook)


def test_a_snapshot_before_any_rulebook_restores_too() -> None:
    venue = Venue(rulebook="")
    twin = restored(venue)
    assert digest(twin) == digest(venue.hook)
    assert twin.intake.table is None
    with pytest.raises(msgspec.ValidationError):
        ComplianceHook().restore(msgspec.msgpack.encode([1, 2, 3]), {}, {}, {})
