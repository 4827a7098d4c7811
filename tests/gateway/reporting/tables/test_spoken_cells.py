"""Cells of reports in Russian: words of ours are, codes and names stay."""

from __future__ import annotations

import pytest

from gateway.reporting.tables import spoken
from gateway.words.chosen import speaking


@pytest.mark.parametrize(
    ("column", "text", "russian"),
    [
        ("for_word", "yes", "да"),
        ("claims_all", "yes", "да"),
        ("licensed", "yes", "да"),
        ("investor", "yes", "yes"),
        ("reason", "deposit", "deposit"),
        ("what", "deposit", "зачисление"),
        ("what", "let go", "освобождено"),
        ("what", "set-up", "настройка площадки"),
        ("outcome", "carried_out", "исполнено"),
        ("outcome", "carried out", "исполнено"),
        ("request", "order", "заявка"),
        ("kind", "direct", "напрямую"),
        ("valued", "at face", "по номиналу"),
        ("valued", "8000000 in BTC/RUB", "8000000 в BTC/RUB"),
        ("measure", "holdings", "активы"),
        ("used_of_cap", "up to 30 %", "до 30 %"),
        ("used_of_cap", "above 100 %", "выше 100 %"),
        ("used_of_cap", "28.78 %", "28.78 %"),
        ("party", "outside", "вне площадки"),
        ("figure", "most investors of a circle", "инвесторов в круге, не более"),
        ("cause", "directly", "прямо"),
        ("change", "let in", "допущена"),
        ("by", "other trades", "другие сделки"),
        ("by", "bank", "bank"),
        ("why", "its order is not open here", "её заявка здесь не активна"),
        ("investor_class", "retail", "retail"),
    ],
)
def test_a_cell_is_in_the_language_that_is_spoken(column: str, text: str, russian: str) -> None:
    assert spoken.cell(column, text) == (text.replace("_", " ") if column == spoken.FIGURE else text)
    with speaking("ru"):
        assert spoken.cell(column, text) == russian
