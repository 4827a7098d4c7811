"""Verdict, explanation and table can't disagree: each rule, asked in every way about the same order or transfer, says one thing."""

from __future__ import annotations

import random
from importlib import import_module

import pytest

from compliance import BUILT_IN_RULEBOOKS, RulebookError, load_rulebook
from compliance.explain import DECIDED, FAILED, PASSED, UNCONCERNED, explain_case, explain_transfer
from compliance.rulebook.declaration import COUNT, DATE, FLAG, NAMES, ONE, SCORE, TEXT, Parameter
from compliance.rules.case import Case, TransferCase
from compliance.rules.catalogue import RULES
from compliance.rules.finding import Finding
from compliance.rules.risk_1 import digest_of
from compliance.rules.rule import DEPENDS, FAILS, NO_LIMIT, PASSES
from compliance.rules.table import RuleTable
from engine.vocabulary.codes import FIRM, INDIVIDUAL, PURPOSES
from engine.vocabulary.messages.commands import (
    AuthoriseClient,
    PublishWarning,
    RecordAcknowledgement,
    RecordTest,
    RegisterIntermediary,
    RegisterInvestor,
    SetBlocked,
    Transfer,
)
from tests.support.compliance.scenarios import RULEBOOKS, SCENARIOS, split_change, supervise, trade
from tests.support.compliance.venue import ACCOUNTS, INTERMEDIARIES, INVESTORS, PARTICIPANT, Venue, changed, documents

AMOUNTS = ("0", "0.01", "1", "100.00", "300000.00", "6000000", "100000000")
MANY_DRAWS = 40
DRAWN_TEXT = "another text"


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
            assert finding.passed == (limit == NO_LIMIT or case.value <= limit), rule.rule
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
    verdict = table.transfers.judge(case)
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
        client = registry.clients[chance.choice(list(ACCOUNTS))]
        listing = registry.listings[chance.choice(list(registry.listings))]
        side, ticks, lots = chance.randrange(2), chance.choice((1, 100, 10**6)), chance.choice((1, 10**3, 10**6))
        case = Case((client, listing, ticks, lots), side, venue.time_ns, registry, ledger)
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


def drawn_value(chance: random.Random, parameter: Parameter) -> str:
    """A value as a rulebook writes it."""
    if parameter.kind in (COUNT, SCORE):
        return str(chance.choice((0, 1, 2, 70, 100)))
    if parameter.is_figure:
        return f'"{chance.choice(AMOUNTS)}"'
    if parameter.kind == FLAG:
        return chance.choice(("true", "false"))
    if parameter.kind == TEXT:
        return f'"{DRAWN_TEXT}"'
    if parameter.kind == DATE:
        return chance.choice(('"at_once"', '"2026-06-30"', '"2027-07-01"'))
    if parameter.kind == ONE:
        return f'"{chance.choice(list(parameter.words))}"'
    names = ["BTC", "ETH", "SOL", "USDT"] if parameter.kind == NAMES else list(parameter.words)
    return str(chance.sample(names, chance.randrange(len(names) + 1)))


def drawn_rulebook(chance: random.Random) -> tuple[str, dict[str, str]]:
    """A built-in rulebook with some values changed and rules switched off, which loads."""
    while True:
        name = chance.choice(BUILT_IN_RULEBOOKS)
        texts = documents(name)
        stated = list(load_rulebook(name, texts).rules)
        for rule in chance.sample(stated, 6):
            key = chance.choice(["enabled", *RULES[rule].parameters])
            parameter = RULES[rule].parameters.get(key)
            texts = changed(texts, rule, key, "false" if parameter is None else drawn_value(chance, parameter))
        try:
            load_rulebook(name, texts)
        except RulebookError:
            continue
        return name, texts


def draw_records(venue: Venue, chance: random.Random) -> None:
    """Change what is on record of everybody, and let some days pass."""
    for each in INTERMEDIARIES:
        state = {"licensed": chance.random() < 0.8, "suspended": chance.random() < 0.2, "bank": chance.random() < 0.5}
        capital_rub = chance.choice((0, 10_000, 10**9))
        venue.do(RegisterIntermediary(each.intermediary, capital_rub=capital_rub, **state))
    for investor in INVESTORS:
        name, firm = investor.investor, investor.kind == FIRM
        evidence = {"assets_rub": chance.choice((0, 24_000_000, 10**9)), "income_rub": chance.choice((0, 10**9))}
        if firm:
            evidence |= {"financial": chance.random() < 0.5, "capital_rub": chance.choice((0, 10_000, 10**9))}
            evidence |= {"bank": chance.random() < 0.3}
        elif chance.random() < 0.3:
            evidence |= {"class_override": chance.choice(("retail", "qualified", "super_qualified")), "reason": "court"}
        venue.do(RegisterInvestor(name, FIRM if firm else INDIVIDUAL, **evidence))
        venue.do(SetBlocked(name, chance.random() < 0.1))
        if chance.random() < 0.5:
            venue.apply(RecordAcknowledgement(name, digest=digest_of(DRAWN_TEXT)))
        for test in ("knowledge", "risk"):
            venue.apply(RecordTest(name, test, chance.choice((0, 70, 100)), venue.time_ns))
        venue.apply(AuthoriseClient(chance.choice(("alfa", "beta")), name, 2026))
    venue.time_ns += chance.choice((0, 1, 100)) * 86_400 * 10**9


def test_rules_say_one_thing_under_rulebooks_that_nobody_wrote() -> None:
    said: set[tuple[str, int, bool]] = set()
    for seed in range(MANY_DRAWS):
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
