"""`sbx explain`: verdicts of journals on a real disk, one of a running venue, explained and compared with the record."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from engine.vocabulary.codes import DOMESTIC_PAYMENT
from engine.vocabulary.messages.commands import Transfer
from engine.vocabulary.messages.events import OrderRejected
from tests.support.compliance.venue import PARTICIPANT
from tests.support.gateway.journal.journals import write_journal
from tests.support.gateway.reporting.explained_story import RecordedVenue, Story, as_json, explain
from tests.support.gateway.venues.small_venue import client, serving, url_of


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    return Story(tmp_path_factory.mktemp("story"))


CAPPED = {
    "rule": "RET-1",
    "title": "Retail purchases capped per calendar year",
    "source": "Bank of Russia, 23.12.2025",
    "status": "proposed",
    "effective_from": "2025-12-23",
    "parameters": {
        "retail_cap_rub": "300000.00",
        "cap_scope": "aggregate",
        "cap_basis": "gross_purchases",
        "cap_window": "calendar_year",
        "crypto_for_crypto_counted": True,
        "starts": "at_once",
    },
    "outcome": "decides",
    "reason": "cap 300000.00 RUB a year, used 8000.00, reserved 158000.00, remaining 134000.00; this order 349495.12",
    "inputs": {
        "class": "retail",
        "used": "8000.00",
        "reserved": "158000.00",
        "this order": "349495.12",
    },
    "arithmetic": "300000.00 - 8000.00 used - 158000.00 reserved = 134000.00 remaining < 349495.12",
}


def test_a_refused_order_is_explained_rule_by_rule(story: Story) -> None:
    seq = story.steps["capped"]
    found = as_json(explain(story.directory, seq, "--json"))
    assert (found["status"], found["seq"], found["disagreement"]) == ("explained", seq, None)
    assert found["moscow_time"] == "2026-06-01 12:00:00.000000"
    assert found["command"]["type"] == "NewOrder"
    (check,) = found["checks"]
    rules = check.pop("rules")
    notes = {rule["rule"]: rule.pop("note") for rule in rules}
    assert "Not law" in notes["RET-1"] and notes["INT-1"] is None
    digest = check["rulebook"].pop("digest")
    assert len(digest) == 64
    used = check.pop("used")
    assert {key: used[key] for key in ("used", "reserved", "before", "listed")} == {
        "used": "8000.00",
        "reserved": "158000.00",
        "before": "0.00",
        "listed": "8000.00",
    }
    assert [(each["side"], each["counts"], each["why"]) for each in used["purchases"]] == [("buy", "8000.00", None)]
    assert check == {
        "order_id": seq,
        "client_order_id": "a3",
        "account": "retail",
        "investor": "retail",
        "investor_class": "retail",
        "class_set_because": None,
        "evidence": "assets 0.00 < 24000000.00 or income in the lesser of two years 0.00 < 12000000.00",
        "intermediary": "alfa",
        "instrument": "BTC/RUB",
        "side": "buy",
        "order_type": "limit",
        "price": "7997600",
        "quantity": "0.0437",
        "value": "349495.12 RUB",
        "recheck": False,
        "rulebook": {"name": "general-2026", "overrides": []},
        "verdict": "refused",
        "decided_by": "RET-1",
        "failed": ["RET-1"],
    }
    assert [rule["rule"] for rule in rules][:3] == ["SAN-1", "ANON-1", "INT-1"]
    by_rule = {rule["rule"]: rule for rule in rules}
    # Bought for 8 000, and 158 000 are reserved.
    assert by_rule["RET-1"] == CAPPED
    assert (by_rule["QUAL-1"]["outcome"], by_rule["QUAL-1"]["reason"]) == (
        "does_not_concern",
        "it is for qualified individuals",
    )
    assert found["results"] == [{"order_id": seq, "text": f"refused by RET-1: {by_rule['RET-1']['reason']}"}]


def test_the_text_says_the_same_to_people(story: Story) -> None:
    text = explain(story.directory, story.steps["capped"], "--all").output
    for expected in (
        "2026-06-01 12:00:00.000000 Moscow: NewOrder",
        "(a3), retail:",
        "investor retail, retail (QUAL-0: assets 0.00 < 24000000.00 or income in the lesser of two years 0.00 < 12000000.00)",
        "limit buy 0.0437 BTC/RUB at 7997600 or better, worth 349495.12 RUB",
        "rulebook general-2026: refused: RET-1 decides",
        "SAN-1  passes",
        "QUAL-1 does not concern: it is for qualified individuals",
        "RET-1  decides",
        "Retail purchases capped per calendar year. Bank of Russia, 23.12.2025; proposed, from 2025-12-23",
        "parameters  retail_cap_rub = 300 000.00 RUB; cap_scope = aggregate",
        "looked at  class retail; used 8000.00; reserved 158000.00; this order 349495.12",
        "arithmetic  300000.00 - 8000.00 used - 158000.00 reserved = 134000.00 remaining < 349495.12",
        "says  cap 300000.00 RUB a year, used 8000.00",
    ):
        assert expected in text, expected


def test_what_decided_stands_in_one_screen(story: Story) -> None:
    text = explain(story.directory, story.steps["capped"]).output
    assert "RET-1  decides" in text and "arithmetic  300000.00 - 8000.00 used" in text
    assert "  passes: SAN-1, " in text and "QUAL-1" in text and "--all shows these too" in text
    assert "note  " not in text and len(text.splitlines()) < 24


def checks(story: Story, step: str) -> list[dict[str, Any]]:
    found = as_json(explain(story.directory, story.steps[step], "--json"))
    assert found["status"] == "explained"
    return list(found["checks"])


def results(story: Story, step: str) -> list[str]:
    found = as_json(explain(story.directory, story.steps[step], "--json"))
    return [result["text"] for result in found["results"]]


def test_an_order_that_passes_is_explained_too(story: Story) -> None:
    (check,) = checks(story, "passes")
    assert (check["verdict"], check["decided_by"], check["failed"]) == ("passes", None, [])
    assert {rule["outcome"] for rule in check["rules"]} == {"passes", "does_not_concern"}
    assert results(story, "passes") == ["accepted"]
    assert "passes every rule" in explain(story.directory, story.steps["passes"]).output


def test_all_rules_that_fail_are_named_and_the_first_decides(story: Story) -> None:
    (check,) = checks(story, "two rules")
    assert check["failed"] == ["RISK-1", "RET-3"]
    assert [rule["outcome"] for rule in check["rules"] if rule["rule"] in check["failed"]] == ["decides", "fails"]
    assert "RISK-1 decides; it fails RET-3 too" in explain(story.directory, story.steps["two rules"]).output


def test_an_amend_that_costs_more_is_explained_and_one_that_does_not_needs_no_rule(story: Story) -> None:
    (check,) = checks(story, "larger")
    assert (check["order_id"], check["quantity"], check["decided_by"]) == (story.steps["rests"], "0.5", "RET-1")
    assert "entered before" in explain(story.directory, story.steps["larger"]).output
    assert checks(story, "smaller") == []
    assert results(story, "smaller") == ["amended: no rule was asked, since it can't cost more than before"]


def test_each_order_of_a_list_is_explained(story: Story) -> None:
    ladder = checks(story, "ladder")
    assert [check["client_order_id"] for check in ladder] == ["q:b0", "q:b1", "q:b2"]
    assert [check["decided_by"] for check in ladder] == [None, None, "RET-1"]
    # The first two quotes are reserved when the third is looked at.
    last = {rule["rule"]: rule for rule in ladder[2]["rules"]}["RET-1"]
    assert last["arithmetic"] == "300000.00 - 8000.00 used - 218000.00 reserved = 74000.00 remaining < 204000.00"
    assert [check["client_order_id"] for check in checks(story, "pair")] == ["p1", "p2"]
    # The children of a bracket are looked at when its entry has ended.
    assert [check["client_order_id"] for check in checks(story, "bracket")] == ["b1"]


def test_a_stop_is_explained_with_the_command_that_triggers_it(story: Story) -> None:
    first, second = checks(story, "triggers")
    assert (first["client_order_id"], second["client_order_id"]) == ("u1", "t1")
    assert (second["order_id"], second["account"], second["verdict"]) == (story.steps["stop"], "super", "passes")
    assert "triggered: checked again as the order it is for" in results(story, "triggers")


def test_an_order_that_another_check_refused_before_says_which(story: Story) -> None:
    assert checks(story, "size") == []
    (text,) = results(story, "size")
    assert text.startswith("refused: lot: ") and text.endswith("no rule was asked: this check comes before compliance")
    assert results(story, "halted")[0].startswith("refused: phase: ")
    assert results(story, "resent") == [
        "was entered before: the request was sent again, and only its status is reported"
    ]


def test_a_transfer_is_explained_like_an_order(story: Story) -> None:
    found = as_json(explain(story.directory, story.steps["payment"], "--json"))
    assert (found["status"], found["checks"], found["disagreement"]) == ("explained", [], None)
    (transfer,) = found["transfers"]
    rules = {rule["rule"]: rule for rule in transfer.pop("rules")}
    transfer.pop("rulebook")
    assert transfer == {
        "client_order_id": "t2",
        "account": "firm",
        "investor": "firm",
        "to_account": "importer",
        "to_investor": "importer",
        "amount": "5.000000 USDT",
        "purpose": "domestic_payment",
        "contract_reference": None,
        "verdict": "refused",
        "decided_by": "PAY-1",
        "failed": ["PAY-1", "CUR-1"],
    }
    assert rules["CUR-1"]["arithmetic"] == "a domestic payment in USDT, a currency value"
    assert rules["SET-1"]["outcome"] == "does_not_concern"
    text = explain(story.directory, story.steps["transfer"]).output
    assert "5.000000 USDT from firm (investor firm) to abroad (investor abroad), cross_border, contract 7/2026" in text
    assert "passes every rule" in text and "moved" in text


def test_a_transfer_to_be_reported_is_said_to_be(tmp_path: Path) -> None:
    venue = RecordedVenue("general-2026")
    venue.apply(Transfer(PARTICIPANT, "importer", "t", "firm", "RUB", 100_000_000, DOMESTIC_PAYMENT))
    write_journal(tmp_path, venue.rows, batch=32)
    (transfer,) = as_json(explain(tmp_path, venue.seq, "--json"))["transfers"]
    rules = {rule["rule"]: rule for rule in transfer["rules"]}
    assert transfer["verdict"] == "passes"
    assert rules["AML-1"]["parameters"] == {
        "report_from_rub": "1000000.00",
        "names_required": "always",
        "starts": "at_once",
    }
    assert rules["AML-1"]["inputs"] == {
        "sender": "importer",
        "receiver": "firm",
        "amount": "1000000.00 RUB",
        "price in RUB": "at face",
        "on record by a document": "both",
    }
    text = " ".join(explain(tmp_path, venue.seq, "--all").output.split())
    assert "AML-1 passes" in text
    assert "worth 1000000.00 RUB >= 1000000.00, at or above the threshold: to be reported" in text


def test_a_transfer_refused_after_the_rules_does_not_say_that_none_was_asked(story: Story) -> None:
    (transfer,) = as_json(explain(story.directory, story.steps["too much"], "--json"))["transfers"]
    assert transfer["verdict"] == "passes"
    (text,) = results(story, "too much")
    assert text.startswith("refused: funds: needs 100000000000.000000 USDT, available ") and "no rule" not in text
    (text,) = results(story, "nowhere")
    assert text.startswith("refused: unknown_account: ") and text.endswith(
        "no rule was asked: this check comes before compliance"
    )


def test_what_a_supervisor_set_on_top_of_the_rulebook_is_in_force(story: Story) -> None:
    (check,) = checks(story, "under the raised cap")
    assert check["rulebook"]["overrides"] == [{"rule": "RET-1", "key": "retail_cap_rub", "value": "500000.00"}]
    cap = {rule["rule"]: rule for rule in check["rules"]}["RET-1"]
    assert cap["parameters"]["retail_cap_rub"] == "500000.00"
    assert cap["arithmetic"] == "500000.00 - 8000.00 used - 0.00 reserved = 492000.00 remaining >= 320000.00"
    text = explain(story.directory, story.steps["under the raised cap"]).output
    assert "rulebook general-2026 with RET-1 retail_cap_rub = 500000.00: passes every rule" in text


def test_a_command_that_is_no_order_says_so(story: Story) -> None:
    found = as_json(explain(story.directory, story.steps["cancel"], "--json"))
    assert (found["status"], found["checks"]) == ("no_order", [])
    text = explain(story.directory, story.steps["cancel"]).output
    assert "It is no order, no transfer and no withdrawal; there is no check by rule to explain." in text
    assert as_json(explain(story.directory, 1, "--json"))["command"]["type"] == "AddAsset"


def test_a_refused_command_that_is_no_order_says_why(story: Story) -> None:
    (text,) = results(story, "no such rule")
    assert text.startswith("refused: compliance: rulebook general-2026: unknown rule RET-9")


def test_what_a_registry_change_cancels_is_explained_with_it(story: Story) -> None:
    found = as_json(explain(story.directory, story.steps["blocked"], "--json"))
    assert found["status"] == "no_order"
    assert {(check["recheck"], check["decided_by"]) for check in found["checks"]} == {(True, "SAN-1")}
    assert [check["client_order_id"] for check in found["checks"]] == ["q:b1", "q:b0", "a2"]
    text = explain(story.directory, story.steps["blocked"]).output
    assert "It is no order, no transfer and no withdrawal; it had these orders checked:" in text
    assert "resting, looked at again" in text


def test_where_there_is_nothing_to_explain_it_is_a_usage_error(story: Story, tmp_path: Path) -> None:
    result = explain(story.directory, story.venue.seq + 1)
    assert result.exit_code == 2
    assert f"the journal has the commands 1 to {story.venue.seq}, none of the number" in result.output
    assert explain(story.directory, 0).exit_code == 2
    result = explain(tmp_path, 1)
    assert result.exit_code == 2 and "no journal in" in result.output


def tampered(story: Story, step: str, directory: Path, **changes: Any) -> int:
    """A journal in which the refusal of a step was recorded otherwise."""
    seq = story.steps[step]
    rows = list(story.venue.rows)
    _, time_ns, command, events = rows[seq - 1]
    (rejected,) = events
    assert isinstance(rejected, OrderRejected)
    rows[seq - 1] = (seq, time_ns, command, [msgspec.structs.replace(rejected, **changes)])
    write_journal(directory, rows, batch=32)
    return seq


def test_it_says_so_if_something_else_was_recorded(story: Story, tmp_path: Path) -> None:
    seq = tampered(story, "capped", tmp_path / "a", rule="RET-2", rules=("RET-2",))
    found = as_json(explain(tmp_path / "a", seq, "--json"), 1)
    assert found["status"] == "different"
    said = f"recorded was order {seq} refused by RET-2, the replay says order {seq} refused by RET-1"
    assert found["disagreement"] == said
    assert said in explain(tmp_path / "a", seq).output
    tampered(story, "capped", tmp_path / "b", detail="cap 1000000.00 RUB")
    found = as_json(explain(tmp_path / "b", seq, "--json"), 1)
    assert found["disagreement"] == "the replay differs from what was recorded in event 0 of the command"
    # A later command is explained on a state that may not be the recorded one.
    found = as_json(explain(tmp_path / "b", seq + 1, "--json"), 1)
    assert found["disagreement"] == f"the replay differs from what was recorded since sequence number {seq}"


def test_damage_behind_the_command_does_not_matter_before_it_does(story: Story, tmp_path: Path) -> None:
    write_journal(tmp_path, story.venue.rows, batch=16)
    (segment,) = tmp_path.glob("journal-*.sbxj")
    data = bytearray(segment.read_bytes())
    data[-400] ^= 0x10
    segment.write_bytes(data)
    assert explain(tmp_path, story.steps["capped"]).exit_code == 0
    result = explain(tmp_path, story.venue.seq)
    assert result.exit_code == 1 and "checksum" in result.output


def contents(directory: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in directory.rglob("*") if path.is_file()}


async def test_beside_a_running_venue(tmp_path: Path) -> None:
    async with serving(tmp_path) as server, client(url_of(server), "alice") as alice:
        bought = await alice.order("buy", "1", "100", "a1", account="alice")
        seq = bought["order_id"]
        before = contents(tmp_path)
        found = as_json(explain(tmp_path, seq, "--json"))
        assert contents(tmp_path) == before
        (check,) = found["checks"]
        assert (check["account"], check["rulebook"]["name"], check["verdict"]) == ("alice", "elr-2025", "passes")
        by_rule = {rule["rule"]: rule for rule in check["rules"]}
        assert by_rule["OPS-1"]["arithmetic"] == "100.00 <= 1000000000.00"
        assert by_rule["ELR-1"]["outcome"] == "does_not_concern"
        assert (await alice.order("buy", "1", "100", "a2", account="alice"))["exec_type"] == "new"
