"""`sbx control arrest` and `lift-arrest` on a live venue: what they do, what is shown of it, and what they refuse."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.gateway.processes.controlled import Controlled, controlled


@pytest.fixture(scope="module")
def venue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Controlled]:
    with controlled(tmp_path_factory.mktemp("controlled")) as found:
        yield found


def test_holdings_are_arrested_and_let_go(venue: Controlled) -> None:
    def shown(kind: str, name: str) -> str:
        return venue.control("show", kind, name).stdout

    whose = ("--authority", "the court", "--dated", "2026-01-15", "--account", "boris.main")
    arrested = venue.does("arrest", "1-7/2026", *whose, "--asset", "BTC", "--share", "12.5", "--sales-allowed")
    assert arrested["arguments"] == {
        "arrest": "1-7/2026", "authority": "the court", "dated": "2026-01-15", "account": "boris.main", "asset": "BTC",
        "share_ppm": 125_000, "sales_allowed": True,
    }  # fmt: skip
    assert arrested["arrested"] == 1
    assert arrested["record"]["arrests"] == ["1-7/2026"]
    part = arrested["record"]["arrested"]["BTC"]
    assert f"arrested {part} BTC, arrested by paper 1-7/2026" in shown("account", "boris.main")
    assert f"arrested {part} BTC, in 1 account" in shown("asset", "BTC")
    assert "arrested by paper 1-7/2026" in shown("investor", "boris")
    assert venue.show("arrest", "1-7/2026")["arguments"]["reason"]
    said = "paper 1-7/2026: 12.5 % of BTC of account boris.main (the court, 2026-01-15; sales allowed); since 20"
    assert venue.control("show", "arrest").stdout.startswith(said)
    assert venue.does("arrest", "2", *whose, "--asset", "ETH", "--amount", "0.5")["record"]["arrested"]["ETH"]
    assert venue.does("lift-arrest", "2")["arrested"] == 1
    venue.refuses("lift-arrest", "2", said="the venue has no arrest 2")
    assert "arrested" not in venue.does("lift-arrest", "1-7/2026")["record"]


def test_what_is_wrong_is_said_before_it_is_sent(venue: Controlled) -> None:
    paper = ("--authority", "the court", "--dated", "2026-01-15")
    whose = (*paper, "--account", "boris.main")
    venue.does("arrest", "7", *whose, "--asset", "TON")
    venue.refuses("arrest", "7", *whose, said="paper 7 is in force already")
    venue.refuses(
        "arrest", "8", *whose, "--investor", "boris", said="--investor NAME or --account NAME, one of the two"
    )
    venue.refuses("arrest", "8", *paper, said="--investor NAME or --account NAME, one of the two")
    venue.refuses("arrest", "8", *whose, "--amount", "1", said="an amount is of one asset: name it with --asset")
    venue.refuses("arrest", "8", *whose, "--share", "0", said="a share is more than 0 %, and at most 100 %")
    venue.refuses("arrest", "8", *whose, "--share", "5", "--amount", "1", said="give --share or --amount, not both")
    venue.refuses("arrest", "8", *whose, "--asset", "TOM", said="the venue has no asset TOM; did you mean TON")
    future = ("--authority", "the court", "--dated", "2999-01-01", "--investor", "boris")
    assert "not after today" in venue.does("arrest", "9", *future, status=1)["detail"]
