"""`sbx cases` and the other tools on a journal with alerts and cases; and `sbx control` with them on a live venue."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from engine.vocabulary import codes
from engine.vocabulary.messages.commands import AddEvidence, CloseCase, DismissAlert, NewOrder, OpenCase, RaiseAlert
from gateway.cli.main import group
from gateway.client import RequestFailed, connect
from tests.support.engine.desks.desk import E8, Desk, list_spot, open_account
from tests.support.gateway.journal.journals import write_journal
from tests.support.gateway.processes.controlled import Controlled, controlled


def run(*arguments: object) -> Result:
    return CliRunner().invoke(group, [str(each) for each in arguments], catch_exceptions=False)


def as_json(*arguments: object) -> Any:
    result = run(*arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


class Told:
    """A journal in which two alerts were raised and three cases opened."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        desk = Desk()
        list_spot(desk, reference=100)
        for name in ("ann", "bob"):
            open_account(desk, name, RUB=10**6, BTC=100)
        desk.send(NewOrder("ann", "ann", "a1", "BTC/RUB", codes.SELL, codes.LIMIT, codes.GTC, 100 * E8, E8))
        self.sold = desk.exchange.seq
        desk.send(NewOrder("bob", "bob", "b1", "BTC/RUB", codes.BUY, codes.LIMIT, codes.GTC, 100 * E8, E8))
        self.bought = desk.exchange.seq
        seqs = (self.sold, self.bought)
        alert = RaiseAlert(
            "washes",
            "v1",
            "wash_trade",
            ("ann",),
            ("ann",),
            ("BTC/RUB",),
            seqs,
            1,
            self.bought,
            {"share": "70 %"},
            "n",
            "eye",
        )
        desk.send(alert)
        self.first_alert = desk.exchange.seq
        desk.send(alert)
        self.second_alert = desk.exchange.seq
        desk.send(OpenCase("wash_trade", ("bob",), (), (), self.first_alert, "both are hers", "sue"))
        self.case = desk.exchange.seq
        desk.send(AddEvidence(self.case, (1,), (), (), "how it began", "sam"))
        desk.send(DismissAlert(self.second_alert, "the same", "sue"))
        desk.send(OpenCase("layering", (), ("BTC/RUB",), (2,), 0, "", "sam"))
        self.merged = desk.exchange.seq
        desk.send(CloseCase(self.merged, codes.MERGED, self.case, "one story", "sam"))
        desk.send(CloseCase(self.case, codes.ABUSE_FOUND, 0, "seen", "sue"))
        desk.send(OpenCase("spoofing", ("ann",), (), (), 0, "", "sue"))
        self.open = desk.exchange.seq
        rows = [
            (each.seq, each.time_ns, each.command, events)
            for each, events in zip(desk.history, desk.results, strict=True)
        ]
        write_journal(directory, rows)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    return Told(tmp_path_factory.mktemp("cases") / "journal")


def test_all_cases_with_what_came_of_them(told: Told) -> None:
    found = as_json("cases", told.directory)["cases"]
    assert [(each["case"], each["state"], each["term"]) for each in found] == [
        (told.case, "abuse_found", "wash_trade"),
        (told.merged, "merged", "layering"),
        (told.open, "open", "spoofing"),
    ]
    assert [each["case"] for each in as_json("cases", told.directory, "--open")["cases"]] == [told.open]
    text = run("cases", told.directory).output
    assert "abuse_found" in text and "ann bob" in text
    assert "no cases" in run("cases", told.directory, "--open", "--alerts").output.replace("no alerts", "no cases")


def test_one_case_with_its_evidence_in_words(told: Told) -> None:
    found = as_json("cases", told.directory, told.case)
    case = found["case"]
    assert (case["opened_by"], case["closed_by"], case["close_reason"]) == ("sue", "sue", "seen")
    assert (case["alert"], case["investors"], case["instruments"]) == (told.first_alert, ["ann", "bob"], ["BTC/RUB"])
    # What the alert named, what was added, what the other case had.
    assert case["evidence"] == [told.sold, told.bought, 1, 2]
    assert [(each["by"], each["note"], each["evidence"]) for each in case["additions"]] == [
        ("sue", "both are hers", [told.sold, told.bought]),
        ("sam", "how it began", [1]),
    ]
    assert [row["seq"] for row in found["rows"]] == [1, 2, told.sold, told.bought]
    assert any("trade 1: 1 BTC/RUB at 100" in line for line in found["rows"][-1]["came_of_it"])
    text = run("cases", told.directory, told.case).output
    for words in (
        f"case {told.case}: wash_trade, abuse_found",
        f"from alert {told.first_alert}",
        "1 added",
        "by sam: how it began",
        "abuse_found: seen",
        "trade 1: 1 BTC/RUB at 100, maker ann, taker bob",
    ):
        assert words in text, text


def test_alerts_and_what_became_of_them(told: Told) -> None:
    first, second = as_json("cases", told.directory, "--alerts")["alerts"]
    assert (first["state"], first["case"], first["figures"]) == ("became a case", told.case, {"share": "70 %"})
    assert (second["state"], second["ended_by"], second["end_reason"]) == ("dismissed", "sue", "the same")
    text = run("cases", told.directory, told.first_alert, "--alerts").output
    assert f"alert {told.first_alert}: wash_trade, became a case" in text and "share: 70 %" in text


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((1,), "the session has no case 1; did you mean"),
        ((1, "--alerts"), "the session has no alert 1"),
        (("x",), "'x' is not"),
    ],
)
def test_what_is_no_case_is_a_usage_error(told: Told, arguments: tuple[object, ...], words: str) -> None:
    result = run("cases", told.directory, *arguments)
    assert result.exit_code == 2 and words in result.output


def test_no_journal_no_cases(tmp_path: Path) -> None:
    assert run("cases", tmp_path).exit_code == 2


def test_find_and_history_know_a_case(told: Told) -> None:
    rows = as_json("find", told.directory, "--case", told.case)["rows"]
    assert [row["command"]["type"] for row in rows] == ["OpenCase", "AddEvidence", "CloseCase", "CloseCase"]
    rows = as_json("find", told.directory, "--alert", told.second_alert)["rows"]
    assert [row["command"]["type"] for row in rows] == ["RaiseAlert", "DismissAlert"]
    assert as_json("find", told.directory, "--investor", "bob", "--message", "OpenCase")["rows"]
    text = run("history", told.directory, "bob").output
    assert f"is in case {told.case}" in text and "case opened wash_trade by sue: carried out" in text


# ── a live venue ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def venue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Controlled]:
    with controlled(tmp_path_factory.mktemp("controlled")) as found:
        yield found


def shown(venue: Controlled, kind: str) -> list[dict[str, Any]]:
    """What `sbx control show` lists of a kind."""
    found = venue.control("show", kind, "--json")
    assert found.exit_code == 0, found.output
    records: list[dict[str, Any]] = json.loads(found.stdout)
    return records


async def alerted(venue: Controlled) -> tuple[int, list[str]]:
    """An alert by the surveillance program, and what the venue says to whatever else it asks."""
    live = venue.venue
    refused = []
    async with connect(live.url, "surveillance", live.key("surveillance"), reconnect=False) as program:
        for command, arguments in (
            ("open_case", {"term": "wash_trade", "seqs": [1]}),
            ("set_blocked", {"investor": "anna", "blocked": True}),
        ):
            with pytest.raises(RequestFailed) as caught:
                await program.admin(command, **arguments)  # type: ignore[arg-type]
            refused.append(str(caught.value))
        with pytest.raises(RequestFailed) as caught:
            await program.records("investor")
        refused.append(caught.value.code)
        seq = await program.admin(
            "raise_alert", detector="washes", version="v1", term="wash_trade", investors=["anna"], seqs=[1, 2]
        )
    return seq, refused


def test_from_an_alert_to_a_closed_case(venue: Controlled) -> None:
    alert, refused = asyncio.run(alerted(venue))
    assert refused[:2] == ["not_allowed: as surveillance you may send: raise_alert, register_key, revoke_key"] * 2
    assert refused[2] == "not_allowed"
    (listed,) = shown(venue, "alert")
    assert (listed["name"], listed["by"], listed["evidence"]) == (str(alert), "surveillance", [1, 2])
    opened = venue.does("open-case", "--alert", str(alert))
    assert opened["says"] == f"open a case of wash_trade, from alert {alert}"
    (change,) = opened["changes"]
    assert (change["what"], change["key"], change["by"]) == ("case_opened", str(opened["seq"]), "supervisor")
    assert change["detail"] == "wash_trade: anna, evidence 2"
    case = str(opened["seq"])
    assert shown(venue, "alert") == []
    added = venue.does("add-evidence", case, "3", "4", "--investor", "boris")
    assert added["record"]["evidence"] == [1, 2, 3, 4]
    assert added["record"]["arguments"]["investors"] == ["anna", "boris"]
    venue.refuses("close-case", case, "merged", said="--into names the case that it becomes part of")
    closed = venue.does("close-case", case, "referred")
    assert [(each["what"], each["detail"]) for each in closed["changes"]] == [("case_closed", "referred")]
    assert shown(venue, "case") == []
    venue.refuses("add-evidence", case, "5", said=f"the venue has no case {case}")
    venue.refuses(
        "open-case", "bad_manners", "1", said="the rulebook in force calls abuse wash_trade, circular_trading"
    )
    venue.refuses("open-case", "wash_trade", said="a case is about something")
    second, _ = asyncio.run(alerted(venue))
    assert venue.does("dismiss-alert", str(second))["changes"][0]["what"] == "alert_dismissed"


async def disclosed_by_the_issuer(venue: Controlled) -> str:
    """An issuer discloses of its own asset; what the venue says where it is another's."""
    live, told = venue.venue, {"digest": "a" * 64, "title": "Decision 2", "cover_ppm": 1_200_000}
    async with connect(live.url, "kappa-bank", live.key("kappa-bank"), reconnect=False) as issuer:
        await issuer.admin("publish_disclosure", asset="KAPPA-DFA", **told)  # type: ignore[arg-type]
        with pytest.raises(RequestFailed) as caught:
            await issuer.admin("publish_disclosure", asset="BTC-NOTE", **told)  # type: ignore[arg-type]
    return str(caught.value)


def test_an_issuer_discloses_over_the_wire(venue: Controlled) -> None:
    said = asyncio.run(disclosed_by_the_issuer(venue))
    assert said == "permission: kappa-bank is not the issuer of BTC-NOTE"


def test_a_disclosure_is_published_and_recorded(venue: Controlled, tmp_path: Path) -> None:
    document = tmp_path / "report.txt"
    document.write_text("what covers it", encoding="utf-8")
    told = venue.does("disclose", "BTC-NOTE", str(document), "--title", "Report 2", "--cover", "102.5")
    assert told["arguments"]["cover_ppm"] == 1_025_000 and len(told["arguments"]["digest"]) == 64
    assert told["changes"][0]["what"] == "disclosure" and "cover 102.50 %" in told["changes"][0]["detail"]
    poor = venue.does("disclose", "BTC-NOTE", str(document), "--title", "Report 3", "--cover", "90")
    assert set(poor["cancelled"]) <= {"DISC-1"}
    venue.refuses(
        "disclose", "NO-SUCH", str(document), "--title", "x", "--cover", "1", said="the venue has no asset NO-SUCH"
    )
