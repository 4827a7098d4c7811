"""`sbx history` on journals of real sessions, and on events of scheduled changes made by hand."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner, Result

from engine.vocabulary import codes
from engine.vocabulary.messages.commands import (
    AddAsset,
    AuthoriseClient,
    BustTrade,
    Deposit,
    EffectiveFrom,
    FreezeAsset,
    LoadRulebook,
    OpenAccount,
    RecordAcknowledgement,
    RecordTest,
    RegisterContract,
    RegisterIntermediary,
    RegisterInvestor,
    SetBlocked,
    SetKillSwitch,
    SetMarketHalt,
    SetParameter,
    SetSchedule,
    Tick,
)
from engine.vocabulary.messages.events import (
    AssetAdded,
    ChangeEffective,
    ChangeScheduled,
    CommandRejected,
    DayEnded,
    InvestorRegistered,
    OrderCancelled,
    ParameterChanged,
    RegistryChanged,
    RulebookLoaded,
    StopTriggered,
)
from gateway.cli.inspecting.history import command as history_command
from gateway.reporting.steps.source import Step
from gateway.reporting.stories.history import History
from gateway.reporting.stories.history_tables import history_table
from gateway.venue.venue import load_rulebook_documents
from gateway.words.chosen import speaking
from tests.support.compliance.identities import identified
from tests.support.compliance.venue import WARNING_DIGEST
from tests.support.gateway.reporting.report_sessions import NOON_NS, Journaled, limit

DAY_NS = 86_400 * 10**9


def history(*arguments: object) -> Result:
    return CliRunner().invoke(history_command, [str(argument) for argument in arguments], catch_exceptions=False)


def changes(*arguments: object) -> list[dict[str, Any]]:
    result = history(*arguments, "--json")
    assert result.exit_code == 0, result.output
    found: list[dict[str, Any]] = json.loads(result.stdout)["changes"]
    return found


def in_words(found: list[dict[str, Any]]) -> list[str]:
    shown = ("what", "subjects", "by", "reason", "outcome", "why", "said", "effects")
    return [" | ".join(str(row[column]) for column in shown if row[column]) for row in found]


@pytest.fixture(scope="module")
def journal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    venue = Journaled()
    venue.send(RegisterInvestor("carl", codes.INDIVIDUAL, assets_rub=200_000_000, by="sue", reason="applied"))
    venue.send(OpenAccount("carl", "carl", "carl", by="otto"))
    venue.send(RecordTest("carl", "risk", 80, NOON_NS - DAY_NS, by="sue"))
    venue.send(RecordTest("carl", "charm", 80, NOON_NS, by="sue"))
    venue.send(limit("bob", "b1", codes.BUY, "1", "99"))
    venue.send(limit("bob", "b2", codes.BUY, "1", "98"))
    venue.send(SetBlocked("bob", True, "court order 7", "sue"))
    venue.send(SetKillSwitch(codes.SCOPE_INVESTOR, "carl", True, "asked us to", "sue"))
    venue.send(LoadRulebook(*load_rulebook_documents("general-2026")))
    return venue.write(tmp_path_factory.mktemp("journal"))


def test_the_history_of_an_investor(journal: Path) -> None:
    found = changes(journal, "carl")
    assert in_words(found) == [
        "investor | carl | sue | applied | carried out | kind individual, assets 200,000,000 RUB | carl: class super_qualified",
        "account | carl | otto | carried out | participant carl",
        "test | carl | sue | carried out | test risk, score 80, taken 2026-05-31 12:00:00 (Moscow) | carl: test: risk test 80 %",
        (
            "test | carl | sue | refused | compliance: unknown test charm; known: knowledge, risk, "
            "crypto, foreign_stablecoin, domestic_stablecoin, security, future | "
            "test charm, score 80, taken 2026-06-01 12:00:00 (Moscow)"
        ),
        "kill switch | carl | sue | asked us to | carried out | scope investor, on true",
        # Under a regime without super-qualified investors: the rulebook's command, but only what it did to carl.
        "rulebook | general-2026 | carried out | carl: class qualified",
    ]
    assert [row["seq"] for row in found] == [16, 17, 18, 19, 23, 24]
    assert found[0]["time_utc"] == found[0]["effective_utc"] == "2026-06-01T09:00:01.000000000Z"


def test_what_a_change_cancelled_is_counted(journal: Path) -> None:
    blocked = changes(journal, "bob")[-1]
    assert (blocked["what"], blocked["by"], blocked["reason"]) == ("block list", "sue", "court order 7")
    assert (blocked["orders_cancelled"], blocked["effects"]) == (
        2,
        "bob: blocked: blocked; bob: 2 cancelled by SAN-1",
    )


def test_the_history_of_an_asset_an_instrument_and_a_rulebook(journal: Path) -> None:
    assert in_words(changes(journal, "BTC"))[0] == "asset | BTC | carried out | kind crypto, scale 8"
    listed, phase = changes(journal, "BTC/RUB")
    assert (phase["what"], phase["said"]) == ("phase", "phase continuous")
    assert listed["said"].startswith("kind spot, base BTC, quote RUB, tick 0.5, lot 0.1, min_quantity 0.1")
    (loaded,) = changes(journal, "elr-2025")
    assert loaded["effects"].startswith("elr-2025: in force, digest ") and loaded["seq"] == 1
    assert "the journal has no name nobody; it has " in history(journal, "nobody").output
    assert "did you mean carl?" in history(journal, "Carl").output


def test_everything_is_in_the_order_in_which_it_happened(journal: Path) -> None:
    found = changes(journal)
    seqs = [row["seq"] for row in found]
    assert seqs == sorted(seqs) and seqs[0] == 1 and seqs[-1] == 24
    # What is no change of records or rules is not here: deposits, orders.
    assert {row["what"] for row in found} == {
        "rulebook",
        "asset",
        "instrument",
        "investor",
        "warning",
        "account",
        "test",
        "block list",
        "kill switch",
        "phase",
    }


def test_for_people_and_into_files(journal: Path, tmp_path: Path) -> None:
    text = history(journal, "carl", "--out", tmp_path).output
    assert "History of carl" in text and "refused" in text and "reason: applied" in text
    assert "16  12:00:01.000  investor carl by sue: carried out" in text
    assert {path.name for path in tmp_path.iterdir()} == {"history.csv", "history.json"}
    assert len((tmp_path / "history.csv").read_text().splitlines()) == 7
    assert "no change in this journal is about RET-1" in history(journal, "RET-1").output
    assert history(journal / "nothing").exit_code == 2
    output = history("--help").output
    assert "Examples:" in output and "Exit status:" in output


def test_a_torn_last_frame_is_said(tmp_path: Path) -> None:
    Journaled().write(tmp_path, close=False)
    path = tmp_path / "journal-00000001.sbxj"
    path.write_bytes(path.read_bytes()[:-1])
    result = history(tmp_path)
    assert result.exit_code == 3 and "torn" in result.output


# ── scheduled changes, by hand ─────────────────────────────────────────────────────────────────────────────────────


def test_a_change_with_an_effective_date_has_an_entry_now_and_then() -> None:
    found = History()
    later_ns = NOON_NS + DAY_NS
    change = SetParameter("RET-1", "retail_cap_rub", "500000.00", "", "")
    asked = EffectiveFrom(later_ns, change, "bill passed", "sue")
    found.take(Step(1, NOON_NS, asked, [ChangeScheduled(1, later_ns, "SetParameter")], due_events=0, day=20_605))
    moved = ParameterChanged("RET-1", "retail_cap_rub", "300000.00", "500000.00", "bill passed", "sue")
    gone = OrderCancelled(9, "carl", 1, "c", "BTC/RUB", 0, 1, 0, 1, 1, codes.BY_RULE, "RET-2")
    # The date comes with whatever command is next; that command's own effects are its own.
    block = SetBlocked("bob", True, "court", "otto")
    events = [DayEnded(20_606), ChangeEffective(1), moved, gone, RegistryChanged("blocked", "bob", "blocked")]
    found.take(Step(2, later_ns + 5, block, events, due_events=4, day=20_605))
    rows = history_table(found.entries).objects()
    assert in_words(rows) == [
        "parameter | RET-1 | sue | bill passed | scheduled | key retail_cap_rub, value 500,000.00 RUB",
        (
            "parameter | RET-1 | sue | bill passed | carried out | key retail_cap_rub, value 500,000.00 RUB | "
            "RET-1: retail_cap_rub: 300,000.00 RUB became 500,000.00 RUB; carl: 1 cancelled by RET-2"
        ),
        "block list | bob | otto | court | carried out | blocked true | bob: blocked: blocked",
    ]
    assert [row["effective_utc"] for row in rows[:2]] == ["2026-06-02T09:00:00.000000000Z"] * 2
    assert [(row["change"], row["orders_cancelled"]) for row in rows] == [(None, 0), (1, 1), (None, 0)]


def test_what_a_day_cancels_is_named_with_the_rule_and_what_comes_after_is_not() -> None:
    found = History()
    found.take(Step(1, NOON_NS, OpenAccount("c.1", "broker", "carl", "broker", "otto"), [], due_events=0, day=20_605))

    def gone(order_id: int, account: str, reason: int, rule: str = "") -> OrderCancelled:
        return OrderCancelled(order_id, account, 1, "c", "BTC/RUB", 0, 1, 0, 1, 1, reason, rule)

    events = [
        gone(1, "c.1", codes.EXPIRED),
        DayEnded(20_606),
        gone(9, "c.1", codes.BY_RULE, "RET-3"),
        gone(8, "c.1", codes.OTHER_LEG),
        gone(7, "c.1", codes.BY_RULE, "RET-3"),
        gone(6, "bob", codes.BY_RULE, "RET-4"),
        # A stop is due next; it fails a rule by itself.
        StopTriggered(5, "bob", 2, "c", "BTC/RUB", 0, 0, 1),
        gone(5, "bob", codes.BY_RULE, "RET-1"),
        # And a day on which nothing was cancelled by a rule has no entry.
        DayEnded(20_607),
        gone(2, "bob", codes.EXPIRED),
    ]
    found.take(Step(2, NOON_NS, Tick(), events, due_events=len(events), day=20_605))

    def told(name: str = "") -> list[tuple[object, object]]:
        rows = history_table(found.entries, name).objects()
        return [(row["effects"], row["orders_cancelled"]) for row in rows if row["what"] == "day"]

    assert told() == [("c.1: 2 cancelled by RET-3; bob: 1 cancelled by RET-4", 3)]
    assert told("carl") == told("broker") == told("c.1") == told("RET-3") == [("c.1: 2 cancelled by RET-3", 2)]
    assert told("RET-1") == []


def test_a_test_that_expires_at_midnight_says_what_it_cancelled(tmp_path: Path) -> None:
    venue = Journaled("general-2026")
    venue.send(RegisterIntermediary("broker", by="sue"))
    venue.send(identified(RegisterInvestor("carl", codes.INDIVIDUAL, by="sue")))
    venue.send(OpenAccount("carl", "carl", "carl", "broker"))
    venue.send(Deposit("carl", "RUB", 1_000_00))
    venue.send(RecordAcknowledgement("carl", digest=WARNING_DIGEST))
    venue.send(RecordTest("carl", "knowledge", 90, NOON_NS - 365 * DAY_NS, by="sue"))
    venue.send(limit("carl", "c1", codes.BUY, "1", "99"))
    venue.send(Tick(), 86_400)
    (day,) = [row for row in changes(venue.write(tmp_path), "carl") if row["what"] == "day"]
    assert (day["by"], day["reason"], day["effects"]) == ("clock", "a day began", "carl: 1 cancelled by RET-3")


def test_what_supervisors_do_to_the_market_says_who_did_it(tmp_path: Path) -> None:
    venue = Journaled()
    venue.send(limit("alice", "a1", codes.SELL, "1", "100"))
    venue.send(limit("bob", "b1", codes.BUY, "0.5", "100"))
    venue.send(SetKillSwitch(codes.SCOPE_INSTRUMENT, "BTC/RUB", True, "press", "sue"))
    venue.send(BustTrade(1, "mistyped", "sue"))
    venue.send(SetMarketHalt(100_000, 60 * 10**9, ("BTC/RUB",), "sue"))
    venue.send(SetSchedule("BTC/RUB", ((34_200, codes.OPENING_AUCTION), (36_000, codes.CONTINUOUS)), "otto"))
    assert in_words(changes(venue.write(tmp_path)))[-4:] == [
        (
            "kill switch | BTC/RUB | sue | press | carried out | scope instrument, on true | "
            "alice: 1 cancelled by kill_switch"
        ),
        (
            "bust of trade | 1 | sue | mistyped | carried out | "
            "bob: trade 1, 0.5 BTC/RUB at 100.0, undone; alice: trade 1, 0.5 BTC/RUB at 100.0, undone"
        ),
        "market halt | sue | carried out | threshold 10 %, halt 60 s, instruments BTC/RUB",
        "schedule | BTC/RUB | otto | carried out | steps 09:30:00 opening_auction 10:00:00 continuous",
    ]


def test_a_scheduled_change_may_be_refused_at_once_or_when_its_date_comes() -> None:
    found = History()
    late = EffectiveFrom(NOON_NS - 1, SetBlocked("bob", True), "", "sue")
    found.take(
        Step(1, NOON_NS, late, [CommandRejected(codes.COMPLIANCE, "the date has passed")], due_events=0, day=20_605)
    )
    rulebook = EffectiveFrom(NOON_NS + 5, LoadRulebook("mine", {}), "", "sue")
    found.take(Step(2, NOON_NS, rulebook, [ChangeScheduled(2, NOON_NS + 5, "LoadRulebook")], due_events=0, day=20_605))
    events = [ChangeEffective(2), CommandRejected(codes.COMPLIANCE, "no such rule")]
    found.take(Step(3, NOON_NS + 9, Tick(), events, due_events=2, day=20_605))
    assert in_words(history_table(found.entries).objects()) == [
        "block list | bob | sue | refused | compliance: the date has passed | blocked true",
        "rulebook | mine | sue | scheduled",
        "rulebook | mine | sue | refused | compliance: no such rule",
    ]


def test_what_a_new_day_changes_is_the_clocks() -> None:
    found = History()
    events = [DayEnded(20_606), InvestorRegistered("carl", "retail"), RegistryChanged("asset", "BTC", "sell only")]
    found.take(Step(1, NOON_NS, Tick(), events, due_events=3, day=20_605))
    assert in_words(history_table(found.entries, "BTC").objects()) == [
        "day | clock | a day began | carried out | BTC: asset: sell only"
    ]


def test_subjects_of_commands_that_name_several() -> None:
    found = History()
    grant = AuthoriseClient("broker", "carl", 2026, True, "signed", "sue")
    found.take(
        Step(1, NOON_NS, grant, [RegistryChanged("authorisation", "broker", "carl 2026")], due_events=0, day=20_605)
    )
    freeze = FreezeAsset("USDT", 1_000_000, "", "tether", "hack", "tether")
    found.take(Step(2, NOON_NS, freeze, [], due_events=0, day=20_605))
    found.take(
        Step(3, NOON_NS, AddAsset("A7A5", 3, 2, issuer="a7"), [RulebookLoaded("x", "y")], due_events=0, day=20_605)
    )
    assert in_words(history_table(found.entries, "carl").objects()) == [
        "authorisation | carl broker | sue | signed | carried out | year 2026 | broker: authorisation: carl 2026"
    ]
    assert len(history_table(found.entries, "broker").rows) == 1
    assert in_words(history_table(found.entries, "USDT").objects()) == [
        "freeze | USDT | tether | hack | carried out | share 100 %, issuer tether"
    ]
    assert "issuer a7" in history_table(found.entries, "A7A5").rows[0][9]  # type: ignore[operator]


def test_amounts_of_money_are_in_whole_units() -> None:
    found = History()
    usdt = AddAsset("USDT", codes.FOREIGN_STABLECOIN, 6, issuer="tether", issue_limit=1_500_000)
    found.take(Step(1, NOON_NS, usdt, [AssetAdded("USDT", codes.FOREIGN_STABLECOIN, 6)], due_events=0, day=20_605))
    terms = RegisterContract("7", "firm", "abroad", "USDT", 100_000_000, "2026-05-01", "tools", by="sue")
    found.take(Step(2, NOON_NS, terms, [], due_events=0, day=20_605))
    waits = EffectiveFrom(NOON_NS + DAY_NS, msgspec.structs.replace(terms, amount=1), by="sue")
    found.take(Step(3, NOON_NS, waits, [ChangeScheduled(3, NOON_NS + DAY_NS, "contract")], due_events=0, day=20_605))
    said = [str(row[9]) for row in history_table(found.entries).rows]
    assert "issue_limit 1.500000" in said[0]
    assert "amount 100.000000 USDT," in said[1]
    assert "amount 0.000001 USDT," in said[2]


def test_an_effective_date_of_a_real_session(tmp_path: Path) -> None:
    venue = Journaled("general-2026")
    venue.send(RecordAcknowledgement("bob", digest=WARNING_DIGEST))
    change = SetParameter("RET-1", "retail_cap_rub", "500000.00")
    venue.send(EffectiveFrom(venue.time_ns + DAY_NS, change, "bill", "sue"))
    venue.send(SetParameter("RET-1", "retail_cap_rub", "much", "x", "sue"))
    venue.send(limit("bob", "b1", codes.BUY, "1", "99"))
    # Two days later: the date has come, and this command is not the cause of it.
    venue.send(SetBlocked("bob", True, "court", "otto"), 2 * 86_400)
    found = [row for row in changes(venue.write(tmp_path)) if row["seq"] > 16]
    assert [(row["subjects"], row["by"], row["outcome"], row["change"]) for row in found] == [
        ("RET-1", "sue", "scheduled", None),
        ("RET-1", "sue", "refused", None),
        ("RET-1", "sue", "carried out", found[0]["seq"]),
        ("bob", "otto", "carried out", None),
    ]
    assert found[0]["effective_utc"] == found[2]["effective_utc"] == "2026-06-02T09:00:01.000000000Z"
    assert found[2]["effects"] == "RET-1: retail_cap_rub: 300,000.00 RUB became 500,000.00 RUB"
    assert [row["orders_cancelled"] for row in found] == [0, 0, 0, 1]


def test_what_a_change_did_and_cancelled_is_told_apart_in_russian(journal: Path) -> None:
    with speaking("ru"):
        said = history(journal, "bob").output
    assert re.search(r"последствия: .*; \S+: снято правилом SAN-1: \d+$", said, re.MULTILINE)
    assert "последствия: снято правилом" not in said
