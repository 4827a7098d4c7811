"""Every rule and parameter has words that say what it is."""

from __future__ import annotations

import pytest

from compliance import BUILT_IN_RULEBOOKS, load_rulebook
from compliance.rulebook.meanings import PARAMETER_MEANINGS, RULE_MEANINGS
from compliance.rulebook.parameters import parse_parameters
from compliance.rulebook.schema import PARAMETERS
from compliance.rulebook.wording import choices, grouped, plain_value, value_text
from tests.support.compliance.venue import documents


def test_every_rule_and_parameter_has_a_meaning_and_no_other_has() -> None:
    assert list(RULE_MEANINGS) == list(PARAMETERS)
    assert {rule: list(keys) for rule, keys in PARAMETER_MEANINGS.items()} == {
        rule: list(keys) for rule, keys in PARAMETERS.items()
    }


def test_every_word_a_parameter_may_have_is_explained() -> None:
    for rule, keys in PARAMETERS.items():
        for key, kind in keys.items():
            meaning = PARAMETER_MEANINGS[rule][key]
            assert list(meaning.words) == choices(rule, key), (rule, key)
            assert meaning.text.endswith(".") and not meaning.name.endswith(".")
            assert (kind == "count") == bool(meaning.unit) or key == "warning_version", (rule, key)


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
        value_text(rule, key, book.rules[rule].parameters)
        for rule, key in (
            ("RET-1", "retail_cap_rub"),
            ("RET-1", "cap_scope"),
            ("RET-1", "crypto_for_crypto_counted"),
            ("RET-3", "pass_mark"),
            ("RET-3", "validity_days"),
            ("DER-2", "cover_percent"),
            ("LIQ-2", "assets"),
            ("RISK-1", "warning_version"),
        )
    ] == ["300 000.00 RUB", "aggregate", "no", "70 %", "365 days", "100 %", "BTC, ETH, USDT", "1"]


@pytest.mark.parametrize("name", BUILT_IN_RULEBOOKS)
def test_plain_values_are_what_a_rulebook_writes(name: str) -> None:
    for rule, data in load_rulebook(name, documents(name)).rules.items():
        written: dict[str, object] = {key: plain_value(rule, key, data.parameters) for key in PARAMETERS[rule]}
        again = parse_parameters(rule, written)
        assert {key: plain_value(rule, key, again) for key in PARAMETERS[rule]} == written
