"""Rulebooks that nobody wrote, and records of everybody as they may come to be."""

from __future__ import annotations

import random

import msgspec

from compliance import BUILT_IN_RULEBOOKS, RulebookError, load_rulebook
from compliance.registration import TESTS
from compliance.registry.calendar import iso_date
from compliance.rulebook.declaration import COUNT, DATE, FLAG, NAMES, ONE, SCORE, TEXT, Parameter
from compliance.rules.catalogue import RULES
from compliance.rules.risk_1 import digest_of
from engine.vocabulary.codes import FIRM, INDIVIDUAL
from engine.vocabulary.days import moscow_day
from engine.vocabulary.messages.commands import (
    AuthoriseClient,
    RecordAcknowledgement,
    RecordTest,
    RegisterIntermediary,
    RegisterInvestor,
    SetBlocked,
)
from tests.support.compliance.venue import DISCLOSED, INTERMEDIARIES, INVESTORS, Venue, changed, documents

AMOUNTS = ("0", "0.01", "1", "100.00", "300000.00", "6000000", "100000000")
DRAWN_TEXT = "another text"


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
        if "SUIT-1" in stated and chance.random() < 0.5:
            texts = changed(texts, "SUIT-1", "enabled", "true")
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
        for test in TESTS:
            venue.apply(RecordTest(name, test, chance.choice((0, 70, 100)), venue.time_ns))
        venue.apply(AuthoriseClient(chance.choice(("alfa", "beta")), name, 2026))
    for told in DISCLOSED:
        today = moscow_day(venue.time_ns)
        until = chance.choice(("", iso_date(today), iso_date(today + 200)))
        venue.do(msgspec.structs.replace(told, cover_ppm=chance.choice((0, 1_000_000, 2_000_000)), until=until))
    venue.time_ns += chance.choice((0, 1, 100)) * 86_400 * 10**9
