"""Papers on the wire: the risk warning is read and acknowledged by its digest, contracts are registered, listed and used up."""

from __future__ import annotations

import pytest

from compliance import digest_of
from engine.vocabulary.limits import MAX_LISTED_CONTRACTS
from gateway.client import connect
from gateway.venue.venue import VenueError
from tests.support.compliance.venue import WARNING, WARNING_DIGEST
from tests.support.gateway.venues.small_venue import KEYS, client, serving, small_venue, url_of

ABROAD = """
[[assets]]
asset = "USDT"
kind = "foreign_stablecoin"
scale = 6

[[investors]]
investor = "gulf"
kind = "firm"
assets_rub = 5_000_000_000
resident = false

[[accounts]]
account = "gulf"
participant = "bob"
investor = "gulf"
deposits = { USDT = "50" }

[[accounts]]
account = "alice.2"
participant = "alice"
investor = "alice"
deposits = { USDT = "500" }

[[contracts]]
contract = "7/2026"
payer = "alice"
payee = "gulf"
asset = "USDT"
amount = "100"
concluded = 2026-05-01
subject = "machine tools"
"""


async def test_a_participant_reads_the_warning_and_acknowledges_its_digest(tmp_path):
    async with (
        serving(tmp_path / "venue") as server,
        client(url_of(server), "sue") as sue,
        client(url_of(server), "alice") as alice,
    ):
        nothing = await alice.ask(type="risk_warning", account="alice")
        assert "in_force" not in nothing and "text" not in nothing and len(nothing["known"]) == 2
        await sue.ask(type="admin", command="load_rulebook", arguments={"name": "general-2026"})
        warning = await alice.ask(type="risk_warning", account="alice")
        assert (warning["text"], warning["digest"], warning["in_force"]) == (WARNING, WARNING_DIGEST, WARNING_DIGEST)
        assert digest_of(warning["text"]) == warning["digest"] and "acknowledged" not in warning
        refused = await alice.order("buy", "1", "100", "a1", account="alice")
        assert refused["rules"][0] == "RISK-1"

        def acknowledge(investor, digest):
            return {"command": "record_acknowledgement", "arguments": {"investor": investor, "digest": digest}}

        done = await alice.ask(type="admin", **acknowledge("alice", warning["digest"]))
        assert done["type"] == "done"
        unknown = await alice.ask(type="admin", **acknowledge("alice", "0" * 64))
        assert (unknown["type"], unknown["code"]) == ("rejected", "compliance")
        stranger = await alice.ask(type="admin", **acknowledge("bob", warning["digest"]))
        assert (stranger["type"], stranger["code"]) == ("error", "not_allowed")
        old = await alice.ask(
            type="admin", command="record_acknowledgement", arguments={"investor": "alice", "version": 1}
        )
        assert (old["type"], old["code"]) == ("error", "malformed")
        assert (await alice.order("buy", "1", "100", "a2", account="alice"))["exec_type"] == "new"
        # A text that is announced can be read by its digest, and acknowledged before it is in force.
        await sue.ask(type="admin", command="publish_warning", arguments={"text": "second"})
        announced = await alice.ask(type="risk_warning", account="alice", digest=digest_of("second"))
        assert (announced["text"], announced["in_force"]) == ("second", WARNING_DIGEST)
        assert announced["digest"] in announced["known"] and announced["acknowledged"] == [WARNING_DIGEST]
        assert (await alice.ask(type="risk_warning", account="bob"))["code"] == "not_allowed"
        assert (await sue.ask(type="risk_warning", account="bob"))["digest"] == WARNING_DIGEST


async def test_contracts_are_listed_and_used_up(tmp_path):
    async with (
        serving(tmp_path / "venue", small_venue(ABROAD)) as server,
        client(url_of(server), "sue") as sue,
        client(url_of(server), "alice") as alice,
        client(url_of(server), "bob") as bob,
    ):

        def move(account, to_account, amount, name):
            words = {"account": account, "to_account": to_account, "asset": "USDT", "amount": amount}
            return {"type": "transfer", "client_order_id": name, "purpose": "cross_border", **words}

        assert (await alice.ask(**move("alice.2", "gulf", "60", "t1"), contract_reference="7/2026"))[
            "type"
        ] == "transferred"
        assert (await bob.ask(**move("gulf", "alice.2", "10", "t2"), contract_reference="7/2026"))[
            "type"
        ] == "transferred"
        gift = await alice.ask(**move("alice.2", "gulf", "1", "t3"), contract_reference="gift")
        assert (gift["code"], gift["rule"]) == ("compliance", "SET-1")
        for who, account in ((alice, "alice"), (alice, "alice.2"), (bob, "gulf"), (sue, "gulf")):
            listed = await who.ask(type="contracts", account=account)
            assert "more" not in listed
            assert listed["contracts"] == [
                {
                    "contract": "7/2026",
                    "payer": "alice",
                    "payee": "gulf",
                    "asset": "USDT",
                    "amount": "100.000000",
                    "paid": "50.000000",
                    "left": "50.000000",
                    "concluded": "2026-05-01",
                    "subject": "machine tools",
                }
            ]
        assert (await bob.ask(type="contracts", account="bob"))["contracts"] == []
        assert (await alice.ask(type="contracts", account="gulf"))["code"] == "not_allowed"


async def test_a_long_list_of_contracts_comes_in_pages(tmp_path):
    async with (
        serving(tmp_path / "venue", small_venue(ABROAD), durability="os") as server,
        client(url_of(server), "sue") as sue,
        client(url_of(server), "alice") as alice,
    ):
        terms = {"payer": "alice", "payee": "gulf", "asset": "RUB", "amount": "0.01", "concluded": "2026-05-01"}
        for number in range(MAX_LISTED_CONTRACTS):
            arguments = {"contract": f"c{number}", "subject": "x" * 512, **terms}
            assert (await sue.ask(type="admin", command="register_contract", arguments=arguments))["type"] == "done"
        first = await alice.ask(type="contracts", account="alice")
        assert (len(first["contracts"]), first["more"]) == (MAX_LISTED_CONTRACTS, True)
        second = await alice.ask(type="contracts", account="alice", after=MAX_LISTED_CONTRACTS)
        assert [each["contract"] for each in second["contracts"]] == [f"c{MAX_LISTED_CONTRACTS - 1}"]
        assert (await alice.ask(type="contracts", account="alice", after=2**63 - 1))["contracts"] == []


async def test_the_client_library_asks_for_papers(tmp_path):
    async with (
        serving(tmp_path / "venue", small_venue(ABROAD)) as server,
        connect(url_of(server), "alice", KEYS["alice"], account="alice") as alice,
    ):
        assert (await alice.risk_warning()).in_force is None
        assert (await alice.contracts())["7/2026"].left == 100


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (('payee = "gulf"', 'payee = "bob"'), r"contracts\[0\] \(7/2026\): SET-1: one of the two parties"),
        (('payee = "gulf"', 'payee = "golf"'), r"contracts\[0\] \(7/2026\)\.payee: no 'golf' in \[\[investors\]\]"),
        (('asset = "USDT"\namount', 'asset = "EUR"\namount'), r"contracts\[0\] \(7/2026\)\.asset: no 'EUR' in"),
        (('amount = "100"', 'amount = "0.0000001"'), r"contracts\[0\] \(7/2026\)\.amount"),
        (
            ("resident = false", "acknowledgements = [3]"),
            r"acknowledgements\[0\]: there is no text 3 of the risk warning",
        ),
    ],
)
def test_a_venue_file_with_a_bad_paper_says_which(change, words):
    with pytest.raises(VenueError, match=words):
        small_venue(ABROAD.replace(*change))
