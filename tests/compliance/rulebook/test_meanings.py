"""Every rule and parameter has words that say what it is."""

from __future__ import annotations

import pytest

from compliance import BUILT_IN_RULEBOOKS, load_rulebook
from compliance.rulebook.declaration import COUNT, ONE, SOME
from compliance.rulebook.parameters import Stage, parse_stages
from compliance.rulebook.wording import grouped, plain_value, value_text
from compliance.rules.catalogue import RULES
from tests.support.compliance.venue import documents


@pytest.mark.parametrize("rule", RULES)
def test_a_declaration_is_complete(rule: str) -> None:
    declared = RULES[rule]
    assert declared.rule == rule
    assert declared.compares.endswith(".") and declared.exempt.endswith(".")
    assert not any(text.endswith(".") for text in declared.reported)
    for key, parameter in declared.parameters.items():
        assert parameter.name and not parameter.name.endswith("."), key
        assert parameter.text.endswith("."), key
        assert (parameter.kind == COUNT) == (parameter.unit not in ("", "RUB", "%")), key
        assert (len(parameter.words) > 1) == (parameter.kind in (ONE, SOME)), key
        assert all(parameter.words.values()), key


@pytest.mark.parametrize(
    ("hundredths", "text"),
    [
        (0, "0.00"),
        (5, "0.05"),
        (99_999, "999.99"),
        (100_000, "1 000.00"),
        (30_000_000, "300 000.00"),
        (500_000_000_000_000, "5 000 000 000 000.00"),
        (-123_456_789, "-1 234 567.89"),
    ],
)
def test_amounts_are_grouped_by_thousands(hundredths: int, text: str) -> None:
    assert grouped(hundredths) == text


def test_values_read_with_their_units() -> None:
    book = load_rulebook("general-2026", documents("general-2026"))
    assert [
        value_text(book.rules[rule], key)
        for rule, key in (
            ("RET-1", "retail_cap_rub"),
            ("RET-1", "cap_scope"),
            ("RET-1", "crypto_for_crypto_counted"),
            ("RET-3", "pass_mark"),
            ("RET-3", "validity_days"),
            ("DER-2", "cover_percent"),
            ("LIQ-2", "assets"),
            ("QUAL-0", "individual_assets_rub"),
            ("RET-1", "starts"),
        )
    ] == [
        "300 000.00 RUB",
        "aggregate",
        "no",
        "70 %",
        "365 days",
        "100 %",
        "BTC, ETH, USDT",
        "6 000 000.00 RUB; from 2025-01-01: 12 000 000.00 RUB; from 2026-01-01: 24 000 000.00 RUB",
        "at_once",
    ]


def values(stage: Stage) -> tuple[object, ...]:
    found = stage.parameters
    return stage.first_day, found.numbers, found.flags, found.words, found.lists


@pytest.mark.parametrize("name", BUILT_IN_RULEBOOKS)
def test_plain_values_are_what_a_rulebook_writes(name: str) -> None:
    for data in load_rulebook(name, documents(name)).rules.values():
        declared = data.declared.parameters
        written: dict[str, object] = {key: plain_value(data, key) for key in declared}
        again = parse_stages(declared, written)
        assert [values(stage) for stage in again] == [values(stage) for stage in data.stages]
