"""What rules explain is Russian to the last word, whatever they find: cases are drawn, and no English is left in what is said."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator

from compliance import load_rulebook
from compliance.explain import RuleExplanation, explain_case, explain_transfer
from compliance.registry.classes import CLASSES
from compliance.rulebook.declaration import Declaration
from compliance.rules.case import Case, TransferCase
from compliance.rules.catalogue import RULES
from compliance.rules.table import RuleTable
from engine.vocabulary import codes
from engine.vocabulary.messages.commands import Transfer
from gateway.words.language import language
from gateway.words.words import in_words
from tests.support.compliance.drawn import draw_records, drawn_rulebook
from tests.support.compliance.venue import ACCOUNTS, PARTICIPANT, Venue

RUSSIAN = language("ru")
DRAWS = 24
CASES = 60
WORD = re.compile(r"(?<![\w.@/-])[a-z][a-z']+(?![\w@/-])")
PARAMETERS = {word for declared in RULES.values() for each in declared.parameters.values() for word in each.words}
PROTOCOL = (
    PARAMETERS
    | {
        word
        for words in (
            codes.INSTRUMENT_KINDS,
            codes.ASSET_KINDS,
            codes.PRIVACY_KINDS,
            codes.PURPOSES,
            codes.PHASES,
            CLASSES,
        )
        for word in words
    }
    | {"knowledge", "risk", "low", "medium", "high", "in", "not", "follows"}
)
"""Words of the protocol, which speak no language."""


def told(each: RuleExplanation) -> Iterator[tuple[str, str]]:
    """Every text of an explanation in English and in Russian."""
    said = RUSSIAN.explained
    for text in (each.outcome, each.spared, each.arithmetic):
        yield text, said(text)
    for name, value in each.inputs:
        yield name, RUSSIAN.label(name)
        yield value, said(value)
    if each.refusal is not None:
        yield in_words(each.refusal), in_words(each.refusal, RUSSIAN)


def explanations(venue: Venue, chance: random.Random) -> Iterator[RuleExplanation]:
    """What each rule says of orders and transfers that nobody entered."""
    intake = venue.hook.intake
    table, registry, ledger = intake.table, intake.registry, intake.ledger
    assert table is not None
    for number in range(CASES):
        client = registry.clients[chance.choice([*ACCOUNTS, "bank"])]
        listing = registry.listings[chance.choice(list(registry.listings))]
        lots = chance.choice((1, 10**3, 10**6))
        case = Case((client, listing, 100, lots), number % 2, venue.time_ns, registry, ledger, closes=False)
        if not listing.in_roubles:
            case.kopecks = ledger.kopecks(0, listing, case.value, False)
        yield from explain_case(table, client, case)
        sender, receiver = chance.choices(list(ACCOUNTS), k=2)
        purpose, asset = chance.randrange(len(codes.PURPOSES)), chance.choice(list(registry.assets))
        transfer = Transfer(PARTICIPANT, sender, "t", receiver, asset, 1, purpose, chance.choice(("", "7")))
        yield from explain_transfer(table, TransferCase(transfer, venue.time_ns, registry, ledger))


def names_of(venue: Venue) -> set[str]:
    """The names that a venue knows, and what people wrote there, by their words."""
    registry = venue.hook.intake.registry
    names = (*registry.investors, *registry.clients, *registry.assets, *registry.intermediaries, "what covers", "court")
    return {part for name in names for part in re.findall(r"[a-z']+", name)}


def test_nothing_of_an_explanation_is_left_in_english() -> None:
    left: dict[str, str] = {}
    rules: set[str] = set()
    for seed in range(DRAWS):
        chance = random.Random(seed)
        venue = Venue("general-2026")
        name, texts = drawn_rulebook(chance)
        draw_records(venue, chance)
        venue.hook.intake.install(RuleTable(load_rulebook(name, texts)), venue.time_ns)
        known = names_of(venue) | PROTOCOL
        for each in explanations(venue, chance):
            rules.add(each.data.rule)
            for english, russian in told(each):
                words = [word for word in WORD.findall(russian) if word not in known]
                if words:
                    left.setdefault(english, russian)
            # A name is no word of ours, even if there is one like it.
            assert {value: RUSSIAN.explained(value) for _, value in each.inputs if value in ACCOUNTS} == {
                value: value for _, value in each.inputs if value in ACCOUNTS
            }
    assert list(left.items()) == []
    assert len(rules) > 20


def meanings(declared: Declaration) -> Iterator[str]:
    """What there is to say of a rule whatever a rulebook states."""
    yield from (declared.compares, declared.exempt, *declared.reported)
    for parameter in declared.parameters.values():
        yield from (parameter.name, parameter.text, *parameter.words.values(), parameter.zero)


def test_the_meanings_of_rules_and_parameters_are_russian() -> None:
    left = {
        text
        for declared in RULES.values()
        for text in meanings(declared)
        if text and RUSSIAN.explained(text) == text and re.search("[a-z]{3} [a-z]{2}", text)
    }
    assert left == set()
