"""How tests are dealt out to the processes that run them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from tests.conftest import pytest_collection_modifyitems


@dataclass
class Item:
    number: int
    is_long: bool

    def get_closest_marker(self, name: str) -> bool:
        return self.is_long and name == "long"


@pytest.mark.parametrize("hands", [1, 3, 4])
def test_every_test_is_dealt_once_and_long_ones_begin_each_share(monkeypatch: pytest.MonkeyPatch, hands: int) -> None:
    monkeypatch.setenv("PYTEST_XDIST_WORKER_COUNT", str(hands))
    drawn: list[Any] = [Item(number, 20 <= number < 27) for number in range(42)]
    items = list(drawn)
    pytest_collection_modifyitems(items)
    assert sorted(item.number for item in items) == list(range(42))
    assert [item for item in items if not item.is_long] == [item for item in drawn if not item.is_long]
    # The shares as xdist counts them.
    left, shares = items, []
    for hand in range(hands):
        share = len(left) // (hands - hand)
        shares.append([item.is_long for item in left[:share]])
        left = left[share:]
    assert sorted(map(sum, shares)) == sorted(7 // hands + (hand < 7 % hands) for hand in range(hands))
    assert all(share == sorted(share, reverse=True) for share in shares)
