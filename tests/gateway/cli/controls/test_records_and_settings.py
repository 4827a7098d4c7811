"""What is put on record and what is set of the whole venue by `sbx control`, on one live venue; each effect is asked of the venue."""

from __future__ import annotations

import asyncio
import json
import shlex
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from gateway.cli.main import group
from gateway.client import Client, Limit, connect
from gateway.keys import new_private_key, write_private_key
from tests.support.gateway.processes.live_venue import LiveVenue, live_venue

BECAUSE = ("--reason", "application 12")
LISTED = (
    "kind=spot", "base=LTC", "quote=RUB", "tick=1", "lot=0.01", "min_quantity=0.01", "max_quantity=10000",
    "max_notional=50000000", "collar_ppm=50000",
)  # fmt: skip
PERSON = "009000000102"
"""A tax number with check digits that fit."""


@pytest.fixture(scope="module")
def venue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveVenue]:
    with live_venue(tmp_path_factory.mktemp("recorded")) as found:
        yield found


def control(venue: LiveVenue, *arguments: object, status: int = 0) -> str:
    """What a command prints to either end; the directory says with whose key."""
    found = CliRunner().invoke(
        group, ["control", "--venue", str(venue.directory), *map(str, arguments)], catch_exceptions=False
    )
    assert found.exit_code == status, found.output
    return found.output


def does(venue: LiveVenue, *arguments: object, status: int = 0) -> dict[str, Any]:
    """What came of a command, as its JSON says."""
    return dict(json.loads(control(venue, *arguments, "--yes", "--json", status=status).splitlines()[-1]))


def refuses(venue: LiveVenue, *arguments: object, said: str) -> None:
    """See that nothing is sent, and what is said."""
    assert said in " ".join(control(venue, *arguments, "--yes", status=2).split())


def changed(done: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [(each["what"], each["key"], each.get("detail", "")) for each in done["changes"]]


def asked(venue: LiveVenue, participant: str, what: Callable[[Client], Awaitable[Any]], key: Path | None = None) -> Any:
    """What a client of somebody is answered."""

    async def asking() -> Any:
        async with connect(venue.url, participant, key or venue.key(participant)) as client:
            return await what(client)

    return asyncio.run(asking())


# ── the whole venue ────────────────────────────────────────────────────────────────────────────────────────────────


def test_limits_are_set_and_those_not_named_stay(venue: LiveVenue) -> None:
    does(venue, "limits", "mm-alpha", "orders_per_second=50", "max_order_value=500000000")
    done = does(venue, "limits", "mm-alpha", "orders_per_second=0")
    assert (done["by"], done["reason"], changed(done)) == ("supervisor", None, [("limits", "mm-alpha", "")])
    limits = asked(venue, "mm-alpha", lambda client: client.limits())
    assert (limits.orders_per_second, limits.max_order_value) == (None, 500_000_000)
    shown = control(venue, "show", "participant", "mm-alpha", "--settings").splitlines()
    assert [line.split() for line in shown[1:3]] == [["orders_per_second", "0"], ["max_order_value", "500000000"]]
    assert len(control(venue, "show", "participant", "mm-alpha").splitlines()) == 1
    assert "--settings is of one NAME" in control(venue, "show", "participant", "--settings", status=2)
    does(venue, "limits", "mm-alpha", "max_order_value=0")


def test_limits_that_make_no_sense_are_not_sent(venue: LiveVenue) -> None:
    for wrong, said in (
        (("mm-alpha", "orders=5"), "no key is called 'orders'; did you mean"),
        (("mm-alpha", "orders_per_second"), "'orders_per_second' has no =: write KEY=VALUE, with KEY one of orders_per_second"),
        (("mm-alpha", "max_order_value=1.5"), "max_order_value is a whole number, not '1.5'"),
        (("mm-alpha", "max_order_value=1", "max_order_value=2"), "max_order_value is given twice: give it once"),
        (("mm-alfa", "max_order_value=1"), "the venue has no participant mm-alfa; did you mean mm-alpha?"),
    ):  # fmt: skip
        refuses(venue, "limits", *wrong, said=said)


def test_the_market_halts_by_itself_or_no_more(venue: LiveVenue) -> None:
    done = does(venue, "market-halt", "BTC/RUB", "ETH/RUB", "--move", "12.5", "--for", "1h30m")
    assert done["arguments"] == {
        "threshold_ppm": 125_000, "halt_ns": 5_400 * 10**9, "instruments": ["BTC/RUB", "ETH/RUB"],
    }  # fmt: skip
    assert "for 1h30m when the mean of BTC/RUB, ETH/RUB has moved by 12.5 %" in done["says"]
    assert changed(done) == [("market_halt", "", "125000 ppm")]
    refuses(venue, "market-halt", "BTC/RUB", "--move", "12", said="--for (above 0), or --none alone")
    refuses(venue, "market-halt", "--none", "BTC/RUB", said="or --none alone")
    refuses(venue, "market-halt", "BTC/RUX", "--move", "12", "--for", "1m", said="did you mean BTC/RUB")
    refuses(venue, "market-halt", "BTC/RUB", "--move", "12", "--for", "90", said="is a length of time, such as 500ms")
    assert changed(does(venue, "market-halt", "--none")) == [("market_halt", "", "0 ppm")]


def test_the_grace_of_margin_calls_is_set_by_an_operator(venue: LiveVenue) -> None:
    done = does(venue, "margin-rules", "45m")
    assert (done["by"], changed(done)) == ("operator", [("margin_rules", "", "2700000000000 ns")])
    refuses(venue, "margin-rules", "45", said="GRACE is a length of time, such as 500ms, 30s, 2m or 1h, or 0, not '45'")
    assert does(venue, "margin-rules", "0", status=1)["code"] == "invalid"


def test_rules_of_the_whole_venue_are_set_by_an_operator(venue: LiveVenue) -> None:
    done = does(venue, "venue-rules", "self_trade=cancel_both", "seed=spring")
    assert (done["by"], done["changes"][0]["what"]) == ("operator", "venue_rules")
    refuses(venue, "venue-rules", "self_trade=never", said="self_trade is one of cancel_newest")
    refuses(venue, "venue-rules", "tests=true", said="no key is called 'tests': KEY is one of self_trade, seed")


# ── intermediaries and investors ───────────────────────────────────────────────────────────────────────────────────


def test_an_intermediary_is_registered_then_changed(venue: LiveVenue) -> None:
    done = does(venue, "register-intermediary", "fifth", "capital_rub=120000000", "licence=177-09", *BECAUSE)
    assert changed(done) == [("intermediary", "fifth", "licensed")]
    assert done["says"] == "register intermediary fifth with capital_rub=120000000, licence=177-09"
    assert "fifth, not suspended" in control(venue, "show", "intermediary", "fifth")
    done = does(venue, "intermediary", "fifth", "licensed=false", "own_investor=boris", *BECAUSE)
    assert changed(done) == [("intermediary", "fifth", "unlicensed")]
    assert "itself investor boris" in control(venue, "show", "intermediary", "fifth")
    later = does(venue, "intermediary", "fifth", "licensed=true", "--from", "2098-01-01", *BECAUSE)
    assert (later["status"], later["arguments"]["command"]) == ("scheduled", "register_intermediary")
    assert f"command {later['seq']} by supervisor" in control(venue, "show", "intermediary", "fifth")


def test_an_intermediary_that_makes_no_sense_is_not_sent(venue: LiveVenue) -> None:
    for wrong, said in (
        (("register-intermediary", "north"), "already: choose another name, or change it by `sbx control intermediary`"),
        (("intermediary", "nort", "bank=true"), "the venue has no intermediary nort; did you mean north"),
        (("intermediary", "north", "bank=yes"), "bank is true or false, not 'yes'"),
        (("intermediary", "north", "suspended=true"), "no key is called 'suspended': KEY is one of licensed"),
        (("intermediary", "north", "own_investor=bors"), "the venue has no investor bors; did you mean boris"),
        (("intermediary", "north"), "Missing argument 'KEY=VALUE...'"),
    ):  # fmt: skip
        refuses(venue, *wrong, *BECAUSE, said=said)


def test_somebody_is_registered_opens_an_account_and_has_money(venue: LiveVenue) -> None:
    done = does(
        venue, "register-investor", "zoe", "individual", "income_rub=9000000", "--document", f"tax_number={PERSON}", *BECAUSE
    )  # fmt: skip
    assert changed(done)[0] == ("investor", "zoe", "retail")
    assert done["arguments"] == {"investor": "zoe", "kind": "individual", "income_rub": 9_000_000}
    assert done["says"] == "register zoe as individual with income_rub=9000000, documents on record (tax_number)"
    key = venue.directory / "zoe.pem"
    write_private_key(key, new_private_key())
    does(venue, "register-participant", "zoe", key, *BECAUSE)
    opened = does(venue, "open-account", "zoe.main", "--investor", "zoe", "--participant", "zoe")
    assert (opened["by"], opened["record"]["investor"]) == ("operator", "zoe")
    does(venue, "deposit", "zoe.main", "250000.50", "RUB", *BECAUSE)
    does(venue, "withdraw", "zoe.main", "0.25", "RUB", *BECAUSE)
    balances = asked(venue, "zoe", lambda client: client.balances(), key)
    assert balances["RUB"].available == Decimal("250000.25")
    assert does(venue, "withdraw", "zoe.main", "300000", "RUB", *BECAUSE, status=1)["code"] == "funds"


def test_numbers_of_documents_are_shown_nowhere(venue: LiveVenue) -> None:
    said = control(
        venue, "register-investor", "ltd", "firm", "--document", "tax_number=0090000010", "--owner", f"tax_number={PERSON}",
        *BECAUSE, "--yes", "--from", "2098-01-01", "--json",
    )  # fmt: skip
    assert "beneficial owners: 1" in said and PERSON not in said and "0090000010" not in said
    wrong = control(venue, "investor", "zoe", "--document", PERSON, *BECAUSE, "--yes", status=2)
    assert "what was given has no =" in wrong and PERSON not in wrong


def test_the_record_of_an_investor_is_changed(venue: LiveVenue) -> None:
    done = does(venue, "investor", "zoe", "earlier_income_rub=8000000", "resident=false", *BECAUSE)
    assert done["arguments"]["kind"] == "individual" and done["arguments"]["resident"] is False
    does(venue, "investor", "zoe", "resident=true", "--document", "passport=4500123456", *BECAUSE)
    refuses(venue, "investor", "zoe", *BECAUSE, said="give what is to change: KEY=VALUE, --document or --owner")
    refuses(venue, "register-investor", "zoe", "individual", *BECAUSE, said="change it by `sbx control investor`")
    refuses(venue, "investor", "zo", "bank=true", *BECAUSE, said="the venue has no investor zo; did you mean zoe?")


def test_tests_papers_and_authorisations_are_put_on_record(venue: LiveVenue) -> None:
    assert changed(does(venue, "record-test", "zoe", "knowledge", "85"))[0][0::2] == ("test", "knowledge test 85 %")
    day = ("--taken", "2026-06-01")
    assert does(venue, "record-test", "zoe", "future", "70", *day)["arguments"]["taken_ns"] == 1_780_261_200 * 10**9
    refuses(
        venue,
        "record-test",
        "zoe",
        "crypto",
        "70",
        "--taken",
        "2099-01-01",
        said="2099-01-01 is no moment that has passed",
    )
    warning = venue.directory / "warning.txt"
    warning.write_text("You may lose it all.\n", encoding="utf-8")
    (known,) = changed(does(venue, "publish-warning", warning, *BECAUSE))
    assert known[0] == "warning"
    does(venue, "record-acknowledgement", "zoe", "--text", warning)
    in_force = does(venue, "record-acknowledgement", "zoe")["arguments"]["digest"]
    reply = asked(venue, "zoe", lambda client: client.risk_warning(), venue.directory / "zoe.pem")
    assert reply.in_force == in_force and {in_force, known[1]} <= set(reply.acknowledged)
    year = datetime.now(UTC).astimezone(timezone(timedelta(hours=3))).year
    given = does(venue, "authorise-client", "north", "zoe", year, *BECAUSE)
    assert changed(given) == [("authorisation", "zoe", f"north {year}")]
    ended = does(venue, "authorise-client", "north", "zoe", year, "--withdraw", *BECAUSE)
    assert changed(ended) == [("authorisation", "zoe", f"north {year} withdrawn")]


def test_a_contract_of_foreign_trade_is_put_on_record(venue: LiveVenue) -> None:
    does(venue, "register-investor", "gmbh", "firm", "resident=false", "foreign_trade=true", *BECAUSE)
    options = '--payer delta-fund --payee gmbh --asset RUB --concluded 2026-05-01 --subject "machine tools"'
    asks = ("register-contract", "14/2026", *shlex.split(options), *BECAUSE)
    for option, wrong, said in (
        ("--amount", "-5", "'-5' is no amount: a number above 0"),
        ("--concluded", "1.5.2026", "'1.5.2026' is no date, such as 2026-05-01"),
        ("--payee", "gmb", "the venue has no investor gmb; did you mean gmbh?"),
    ):
        refuses(venue, *asks, "--amount", "5000000", option, wrong, said=said)
    done = does(venue, *asks, "--amount", "5000000")
    says = "put contract 14/2026 of 2026-05-01 on record: delta-fund pays gmbh 5000000 RUB for machine tools"
    assert done["says"] == says
    contract = asked(venue, "delta-fund", lambda client: client.contracts())["14/2026"]
    assert (contract.payee, contract.left, contract.subject) == ("gmbh", 5_000_000, "machine tools")


# ── what is traded, and what is held ───────────────────────────────────────────────────────────────────────────────


def test_an_asset_is_added_and_an_instrument_on_it_listed(venue: LiveVenue) -> None:
    refuses(venue, "list-instrument", "LTC/RUB", *LISTED, said="the venue has no asset LTC")
    does(venue, "add-asset", "LTC", "kind=crypto", "scale=8")
    refuses(venue, "add-asset", "LTC", "kind=crypto", "scale=8", said="the venue has the asset LTC already")
    refuses(venue, "add-asset", "LTX", "kind=crypto", said="give scale too, each as KEY=VALUE")
    done = does(venue, "list-instrument", "LTC/RUB", *LISTED)
    assert (done["by"], done["record"]["phase"]) == ("operator", "closed")
    assert asked(venue, "anna", lambda client: client.instruments())["LTC/RUB"].tick_size == Decimal(1)
    future = [
        "kind=future",
        *LISTED[1:],
        "underlying=BTC",
        "expires=2098-03-26T18:45",
        "averaging=30m",
        "mark_interval=1h",
    ]
    arguments = does(venue, "list-instrument", "LTC-F", *future)["arguments"]
    assert (arguments["averaging_ns"], arguments["mark_interval_ns"]) == (1_800 * 10**9, 3_600 * 10**9)
    assert "expires" not in arguments and arguments["expiry_ns"] > 10**18
    refuses(venue, "list-instrument", "LTC-G", *future, "expires=soon", said="expires is given twice: give it once")


def test_what_is_issued_is_there_and_can_be_redeemed(venue: LiveVenue) -> None:
    before = asked(venue, "anna", lambda client: client.balances()).get("BTC-NOTE")
    does(venue, "issue", "anna.main", "5", "BTC-NOTE", *BECAUSE)
    does(venue, "redeem", "anna.main", "2", "BTC-NOTE", *BECAUSE)
    after = asked(venue, "anna", lambda client: client.balances())["BTC-NOTE"]
    assert after.available - (before.available if before else 0) == 3
    refuses(venue, "issue", "anna.main", "5", "BTC-NOT", *BECAUSE, said="did you mean BTC-NOTE")
    refuses(venue, "redeem", "anna.mian", "5", "BTC-NOTE", *BECAUSE, said="the venue has no account anna.mian")


def test_a_future_is_marked_and_a_position_closed_out(venue: LiveVenue) -> None:
    (future, *_) = [
        each for each in asked(venue, "anna", lambda client: client.instruments()) if each.startswith("BTC-FUT")
    ]

    async def order(client: Client, side: Any, price: str) -> None:
        terms = Limit(instrument=future, side=side, quantity="0.1", price=price)
        await client.submit(terms, account=f"{client.participant}.main")

    async def position(client: Client) -> Decimal:
        found = (await client.positions("mm-beta.main")).positions
        return sum((each.quantity for each in found if each.instrument == future), Decimal())

    asked(venue, "mm-alpha", lambda client: order(client, "sell", "8000000"))
    asked(venue, "mm-beta", lambda client: order(client, "buy", "8000000"))
    assert asked(venue, "mm-beta", position) == Decimal("0.1")
    assert does(venue, "mark", future, "8010000", *BECAUSE)["status"] == "done"
    refuses(venue, "mark", future, "0", *BECAUSE, said="'0' is no price: a number above 0")
    asked(venue, "mm-alpha", lambda client: order(client, "buy", "7990000"))
    assert does(venue, "close-out", "mm-beta.main", future, *BECAUSE)["trades"] == 1
    assert asked(venue, "mm-beta", position) == 0
    assert does(venue, "close-out", "mm-beta.main", future, *BECAUSE, status=1)["code"] == "invalid"


def test_a_market_that_moves_too_far_is_halted(venue: LiveVenue) -> None:
    """The last test: nothing trades after it."""
    does(venue, "market-halt", "SOL/RUB", "--move", "1", "--for", "1h")
    price = asked(venue, "anna", lambda client: client.instruments())["SOL/RUB"]
    moved = str(int(price.reference_price * Decimal("1.015")))

    async def order(client: Client, side: Any) -> None:
        await client.submit(
            Limit(instrument="SOL/RUB", side=side, quantity="1", price=moved), account=f"{client.participant}.main"
        )

    asked(venue, "mm-alpha", lambda client: order(client, "sell"))
    asked(venue, "mm-beta", lambda client: order(client, "buy"))
    for instrument in ("SOL/RUB", "ETH/RUB"):
        assert "phase halted" in control(venue, "show", "instrument", instrument)
