"""Settings as people write them: what is read, and what is refused with which words."""

from __future__ import annotations

import pytest

from compliance.worlds.change import ChangeError, check_change, check_stated, parse_setting
from compliance.worlds.messages.change import Change, Setting
from tests.support.compliance.venue import documents

READ = [
    ("RET-1.retail_cap_rub=500000", Setting("RET-1", "retail_cap_rub", "500000")),
    (" RET-1.enabled = false ", Setting("RET-1", "enabled", "false")),
    ("ANON-1.banned_privacy=", Setting("ANON-1", "banned_privacy", "")),
    ("LIQ-2.assets=BTC,ETH", Setting("LIQ-2", "assets", "BTC,ETH")),
    ("BTC/RUB.static_ppm=50000", Setting("BTC/RUB", "static_ppm", "50000")),
    ("BTC.X/RUB.maker_fee_ppm=-100", Setting("BTC.X/RUB", "maker_fee_ppm", "-100")),
    ("*.allocation=pro_rata", Setting("*", "allocation", "pro_rata")),
    ("RISK-1.warning_text=a = b.c", Setting("RISK-1", "warning_text", "a = b.c")),
]
REFUSED = [
    ("", "sets nothing: write RULE.PARAMETER=VALUE"),
    ("RET-1=5", "sets nothing"),
    ("RET-1.=5", "sets nothing"),
    (".static_ppm=5", "sets nothing"),
    ("RET-1.retail_cap=5", "RET-1 has no parameter 'retail_cap'; it has enabled, retail_cap_rub"),
    ("RET-9.cap=5", "'RET-9' is no rule; there are ELR-1"),
    ("BTC/RUB.cap=5", "an instrument has no 'cap' to set; there are static_ppm"),
    ("BTC/RUB.static_ppm=5%", "BTC/RUB.static_ppm: '5%' is no integer"),
    ("BTC/RUB.static_ppm=-5", "BTC/RUB.static_ppm: -5 is below 0"),
    ("BTC/RUB.static_ppm=1000000", "BTC/RUB.static_ppm: 1000000 is too much: 999999 at most"),
    ("BTC/RUB.batch_ns=86400000000001", "86400000000001 is too much: 86400000000000 at most"),
    ("BTC/RUB.allocation=fair", "'fair' is no allocation; there are price_time"),
]


@pytest.mark.parametrize(("text", "expected"), READ)
def test_what_is_read(text: str, expected: Setting) -> None:
    assert parse_setting(text) == expected


@pytest.mark.parametrize(("text", "words"), REFUSED)
def test_what_is_refused(text: str, words: str) -> None:
    with pytest.raises(ChangeError) as refusal:
        parse_setting(text)
    assert words in str(refusal.value)


def test_one_thing_is_not_set_to_two_values() -> None:
    cap = Setting("RET-1", "retail_cap_rub", "1")
    check_change(Change((cap, cap)))
    with pytest.raises(ChangeError, match="set twice: 1 and 2"):
        check_change(Change((cap, Setting("RET-1", "retail_cap_rub", "2"))))


def test_terms_of_a_listing_do_not_change_from_a_moment_on() -> None:
    fee = Setting("*", "taker_fee_ppm", "1")
    check_change(Change((fee,)))
    with pytest.raises(ChangeError, match="a term of the listing"):
        check_change(Change((fee,), from_seq=5))


def test_a_rulebook_must_be_sound_with_the_settings() -> None:
    books = documents("general-2026")
    check_change(Change((Setting("RET-1", "retail_cap_rub", "5"),), "general-2026", books))
    with pytest.raises(ChangeError, match=r"can.t have these settings: .*retail_cap_rub: must be a decimal"):
        check_change(Change((Setting("RET-1", "retail_cap_rub", "five"),), "general-2026", books))
    with pytest.raises(ChangeError, match="rulebook nosuch: "):
        check_change(Change((), "nosuch", books))


def test_what_is_set_must_be_there() -> None:
    change = Change((Setting("RET-1", "enabled", "false"), Setting("BTC/RUB", "static_ppm", "1")))
    check_stated(change, ["RET-1"], ["BTC/RUB"])
    check_stated(Change((Setting("*", "static_ppm", "1"),)), [], [])
    with pytest.raises(ChangeError, match="no rulebook of the session states RET-1; they have ELR-1"):
        check_stated(change, ["ELR-1"], ["BTC/RUB"])
    with pytest.raises(ChangeError, match="the session has no instrument 'BTC/RUB'; it has ETH/RUB"):
        check_stated(change, ["RET-1"], ["ETH/RUB"])
