"""The screen that watches a venue, in Russian: the same lines in the same places, with not a word of English that is no code."""

from __future__ import annotations

import pytest

from gateway.watching.picture import FEW_KEYS, KEYS
from gateway.words.chosen import speaking
from tests.gateway.watching.test_picture import lines, scene


def test_what_a_supervisor_reads_in_russian() -> None:
    with speaking("ru"):
        found = [line.rstrip() for line in lines(scene(state="paused (speed 10x)"), 120, 30)]
    assert found[0] == f"{'venue, запись':<98}[пауза (скорость 10x)]"
    assert found[1] == f"{'номер 4,711 из 1,000,000':<93}2026-06-01 12:04:07.123 МСК"
    assert any(line.split() == ["с", "12:03:07:", "принято", "1,204,", "отклонено", "37"] for line in found)
    assert any("отклонена по правилу RET-1" in line for line in found)


@pytest.mark.parametrize(("width", "height"), [(40, 10), (72, 24), (120, 30)])
def test_it_stands_in_the_same_places_in_both(width: int, height: int) -> None:
    english = lines(scene(), width, height)
    with speaking("ru"):
        russian = lines(scene(), width, height)
    assert len(russian) == len(english) == height
    rules = [[at for at, line in enumerate(found) if line.startswith("─")] for found in (english, russian)]
    assert rules[0] == rules[1]


def test_the_keys_are_said_in_the_room_there_is() -> None:
    with speaking("ru"):
        wide, narrow = lines(scene(), 120, 30)[-1].rstrip(), lines(scene(), 40, 30)[-1].rstrip()
    assert "помощь" in wide
    assert "помощь" in narrow
    assert {wide, narrow}.isdisjoint({KEYS, FEW_KEYS})
