from __future__ import annotations

from gateway.near import MAX_NEAR, near


def test_near_names_are_the_nearest_there_are() -> None:
    known = ["BTC/RUB", "BTC/USDT", "ETH/RUB", "btc/rub.x", "daria", "daria.north", "maria"]
    assert near("btc/rub", known) == ["BTC/RUB"]
    assert near("BTC", known) == ["BTC/RUB", "BTC/USDT", "btc/rub.x"]
    assert near("darya", known) == ["daria", "maria"]
    assert near("zzz", known) == near("", known) == near("a", []) == []
    assert len(near("n", [f"n{number}" for number in range(100)])) == MAX_NEAR


def test_a_name_within_a_longer_one_is_near_it_if_it_is_long_enough() -> None:
    assert near("broker-north", ["west", "north", "th", "orth"]) == ["north", "orth"]


def test_names_that_differ_in_capitals_alone_are_all_named() -> None:
    assert near("anna", ["Anna", "ANNA", "hanna"]) == ["Anna", "ANNA"]
