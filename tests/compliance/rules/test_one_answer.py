"""Verdict, explanation and table can't disagree: each rule, asked in every way about the same order or transfer, says one thing."""

from __future__ import annotations

import random
from importlib import import_module

import pytest

from compliance import load_rulebook
from compliance.explain import DECIDED, FAILED, PASSED, UNCONCERNED, explain_case, explain_transfer
from compliance.rules.case import Case, TransferCase
from compliance.rules.catalogue import RULES
from compliance.rules.finding import Finding
from compliance.rules.may_hold import may_come_to_hold
from compliance.rules.rule import DEPENDS, FAILS, NO_LIMIT, PASSES
from compliance.rules.table import RuleTable
from engine.vocabulary.codes import PURPOSES
from engine.vocabulary.messages.commands import (
    PublishWarning,
    Transfer,
)
from tests.support.compliance.drawn import DRAWN_TEXT, draw_records, drawn_rulebook
from tests.support.compliance.scenarios import RULEBOOKS, SCENARIOS, split_change, supervise, trade
from tests.support.compliance.venue import ACCOUNTS, PARTICIPANT, Venue
from tests.support.engine.streams import blocks_of

DRAWS = range(64)
FEW_DRAWS = range(8)


def check_words(finding: Finding) -> None:
    """What must hold of every finding of which the words are asked."""
    assert finding.arithmetic()
    assert finding.inputs() and all(name and value for name, value in finding.inputs())
    assert finding.passed or finding.refusal()


def check_order(table: RuleTable, case: Case) -> set[tuple[str, int, bool]]:
    """Ask every rule in every way about an order; what each said: its id, what its table knew, and whether it passes."""
    profile = table.profile(case.client)
    listing, side = case.listing, case.side
    said: set[tuple[str, int, bool]] = set()
    expected: list[tuple[str, str]] = []
    for rule in table.rules:
        bears, limit = rule.bears(profile, listing, side), rule.allows_up_to(profile, listing)
        if rule.spares(profile, listing, side):
            assert (bears, limit) == (PASSES, NO_LIMIT), rule.rule
            expected.append((rule.rule, UNCONCERNED))
            continue
        if rule.excused(listing, side):
            assert bears == PASSES, rule.rule
            expected.append((rule.rule, UNCONCERNED))
            continue
        if case.lowers() and not rule.holds_anyway(listing):
            # Whatever it finds counts for nothing (P10). Of what is no future the table knows that beforehand.
            assert listing.shortable, rule.rule
            expected.append((rule.rule, UNCONCERNED))
            continue
        assert bears == rule.known(profile, listing, side)
        case.explained = False
        bare = rule.examine(case)
        case.explained = True
        finding = rule.examine(case)
        case.explained = False
        assert finding.passed == bare.passed, rule.rule
        check_words(finding)
        if not finding.passed:
            assert finding.refusal() == bare.refusal(), rule.rule
        if bears == FAILS:
            assert not finding.passed, rule.rule
        elif bears == PASSES:
            smallest = 0 < case.lots <= listing.min_lots and case.lowers()
            assert finding.passed == (limit == NO_LIMIT or case.value <= limit or smallest), rule.rule
        else:
            assert limit == NO_LIMIT, rule.rule
        expected.append((rule.rule, PASSED if finding.passed else FAILED))
        said.add((rule.rule, bears, finding.passed))
    decision = table.decide(profile, listing, side)
    verdict = table.judge(decision, case)
    failing = tuple(name for name, outcome in expected if outcome == FAILED)
    assert (() if verdict is None else verdict.rules) == failing
    if decision.free_tick_lots >= 0 and case.value <= decision.free_tick_lots * listing.unit:
        assert not failing
    explained = {each.data.rule: each.outcome for each in explain_case(table, case.client, case)}
    case.explained = False
    told = {name: FAILED if outcome == DECIDED else outcome for name, outcome in explained.items()}
    assert {name: told[name] for name, _ in expected} == dict(expected)
    return said


def check_transfer(table: RuleTable, case: TransferCase) -> None:
    """Ask every rule on transfers in every way."""
    failing: list[str] = []
    for rule in table.transfers.rules:
        if rule.spares(case):
            continue
        finding = rule.examine(case)
        check_words(finding)
        if not finding.passed:
            failing.append(rule.rule)
    if case.arrival is not None:
        for each, finding in may_come_to_hold(table.rules, case.arrival):
            check_words(finding)
            if not finding.passed:
                failing.append(each.rule)
    verdict = table.judge_transfer(case)
    assert ([] if verdict is None else list(verdict.rules)) == failing
    explained = explain_transfer(table, case)
    assert [each.data.rule for each in explained if each.outcome in (DECIDED, FAILED)] == failing


def check_drawn(venue: Venue, chance: random.Random, count: int) -> set[tuple[str, int, bool]]:
    """Check orders and transfers that nobody entered, against the records and sums as they are."""
    intake = venue.hook.intake
    table, registry, ledger = intake.table, intake.registry, intake.ledger
    assert table is not None
    said: set[tuple[str, int, bool]] = set()
    for _ in range(count):
        # The bank more often: of all others what they hold has no price, so that no limit of theirs can be kept.
        client = registry.clients[chance.choice([*ACCOUNTS, "bank", "bank"])]
        listing = registry.listings[chance.choice(list(registry.listings))]
        side, ticks, lots = chance.randrange(2), chance.choice((1, 100, 10**6)), chance.choice((1, 10**3, 10**6))
        closes = listing.shortable and chance.random() < 0.3
        case = Case((client, listing, ticks, lots), side, venue.time_ns, registry, ledger, closes=closes)
        if not listing.in_roubles:
            case.kopecks = ledger.kopecks(0, listing, case.value, False)
        said |= check_order(table, case)
    for _ in range(count // 4):
        sender, receiver = chance.choices(list(ACCOUNTS), k=2)
        purpose, asset = chance.randrange(len(PURPOSES)), chance.choice(list(registry.assets))
        transfer = Transfer(PARTICIPANT, sender, "t", receiver, asset, 1, purpose, chance.choice(("", " ", "7")))
        check_transfer(table, TransferCase(transfer, venue.time_ns, registry, ledger))
    return said


@pytest.mark.parametrize("scenario", SCENARIOS, ids=[scenario["name"] for scenario in SCENARIOS])
def test_rules_say_one_thing_where_a_scenario_ends(scenario: dict[str, str]) -> None:
    venue = Venue(scenario["rulebook"], tuple(split_change(change) for change in scenario.get("changes", ())))
    orders: list[int] = []
    for line in scenario["steps"].strip().splitlines():
        when, who, what, _ = (cell.strip() for cell in line.split("|"))
        venue.at(when)
        if who == "supervisor":
            supervise(venue, what)
        else:
            trade(venue, orders, who, what)
    check_drawn(venue, random.Random(scenario["name"]), 12)


@pytest.mark.parametrize("draws", blocks_of([DRAWS], FEW_DRAWS))
def test_rules_say_one_thing_under_rulebooks_that_nobody_wrote(draws: range) -> None:
    said: set[tuple[str, int, bool]] = set()
    for seed in draws:
        chance = random.Random(seed)
        venue = Venue("general-2026")
        name, texts = drawn_rulebook(chance)
        venue.sell("dealer", "0.1", "USDT/RUB", "100")
        venue.buy("firm", "0.1", "USDT/RUB", "100")
        for account in ("retail", "retail@beta", "firm@alfa"):
            venue.buy(account, "0.001", "BTC/RUB", "1000")
            venue.buy(account, "1", "BTC-NOTE", "1000")
        venue.do(PublishWarning(DRAWN_TEXT))
        draw_records(venue, chance)
        intake = venue.hook.intake
        intake.install(RuleTable(load_rulebook(name, texts)), venue.time_ns)
        said |= check_drawn(venue, chance, 80)
    if draws is FEW_DRAWS:
        return
    # The draws reach both answers of every rule, and each rule that depends on more than its table knows.
    on_orders = {rule for book in RULEBOOKS for rule in book.order}
    assert {rule for rule, _, passed in said if passed} == on_orders
    assert {rule for rule, _, passed in said if not passed} == on_orders
    both = [(rule, passed) for rule, bears, passed in said if bears == DEPENDS]
    assert {rule for rule, _ in both} == {rule for rule, passed in both if passed}


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_stands_in_the_file_of_its_name(rule: str) -> None:
    module = import_module(f"compliance.rules.{rule.lower().replace('-', '_')}")
    assert module.RULE is RULES[rule]
