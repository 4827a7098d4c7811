"""`sbx explain` of what is no order: deposits, issues, freezes, blocks, arrests, withdrawals; and what stands beside a verdict."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from engine.vocabulary.codes import INDIVIDUAL
from engine.vocabulary.messages.commands import (
    Arrest,
    Deposit,
    FreezeAsset,
    IssueAsset,
    LiftArrest,
    RefuseMovement,
    RegisterInvestor,
    RequestWithdrawal,
    SetBlocked,
    SetParameter,
    Withdraw,
)
from gateway.cli.inspecting.explain import command
from gateway.words.chosen import speaking
from tests.support.compliance.venue import PARTICIPANT
from tests.support.gateway.reporting.reported import ReportedVenue


class Told:
    """A session in which each thing happened once, and the number of its command."""

    def __init__(self, directory: Path) -> None:
        self.steps: dict[str, int] = {}
        self.venue = ReportedVenue("general-2026")
        self._play()
        self.directory = self.venue.write(directory)

    def _do(self, name: str, sent: Any) -> None:
        self.venue.apply(sent)
        self.steps[name] = self.venue.exchange.seq

    def _play(self) -> None:
        venue = self.venue
        venue.sell("dealer", "1", "BTC/RUB", "8000000")
        for quantity in ("0.001", "0.002"):
            venue.buy("retail", quantity, "BTC/RUB", "8000000")
        venue.sell("retail", "0.001", "BTC/RUB", "8000000")
        venue.buy("retail", "1", "BTC/RUB", "8000000")
        self.steps["capped"] = venue.exchange.seq
        self._do("no origin", Deposit("retail", "SOL", 500, "mine", "otto"))
        self._do("origin", Deposit("retail", "SOL", 500, "mine", "otto", "a wallet of mine"))
        self._do("issue", IssueAsset("METAL", "firm", 5_00, "", "subscribed", "otto"))
        venue.buy("firm", "1", "USDT/RUB", "100")
        self._do("block", SetBlocked("firm", True, "list 7", "sue"))
        self._do("blocked withdrawal", Withdraw("firm", "RUB", 5_00, "home", "otto"))
        self._do("freeze", FreezeAsset("USDT", 250_000, "super", "", "order 18", "sue"))
        self._do(
            "arrest", Arrest("1-7/2026", "city court", "2026-05-05", account="super", asset="BTC", share_ppm=10**6)
        )
        self._do("lift", LiftArrest("1-7/2026", "case closed", "sue"))
        venue.do(SetParameter("COOL-1", "enabled", "true", "try", "sue"))
        self._do("waits", RequestWithdrawal(PARTICIPANT, "retail", "w1", "BTC", 10**8, "a wallet"))
        self._do("refused", RefuseMovement(self.steps["waits"], "papers forged", "sue"))
        override = RegisterInvestor("qualified", INDIVIDUAL, class_override="retail", reason="papers forged", by="sue")
        venue.do(override)
        venue.buy("qualified", "0.001", "BTC/RUB", "8000000")
        self.steps["set class"] = venue.exchange.seq

    def text(self, name: str, *options: str) -> str:
        arguments = [str(self.directory), str(self.steps[name]), *options]
        result = CliRunner().invoke(command, arguments, catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return result.output

    def json(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.text(name, "--json"))
        assert found["status"] != "different"
        return found


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    return Told(tmp_path_factory.mktemp("told"))


def test_the_trades_that_make_up_what_was_used_stand_beside_the_verdict(told: Told) -> None:
    text = told.text("capped")
    assert "used 24,000.00 RUB, made up of these trades:" in text
    assert "bought 0.0010 BTC/RUB at 8,000,000 through alfa, counts 8,000.00" in text
    assert "bought 0.0020 BTC/RUB at 8,000,000 through alfa, counts 16,000.00" in text
    (check,) = told.json("capped")["checks"]
    assert sum(float(each["counts"]) for each in check["used"]["purchases"]) == float(check["used"]["used"]) == 24_000


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        (
            "no origin",
            (
                "asked by otto: mine",
                "deposit: 0.00000500 SOL to retail (investor retail)",
                "refused: RET-2 decides",
                "class of retail: retail",
            ),
        ),
        (
            "origin",
            (
                "stated origin: a wallet of mine",
                "RET-2  passes: it could not be bought here, and is brought in: its origin is stated",
                "retail: available 100000000.00000000 + 0.00000500 = 100000000.00000500 SOL",
            ),
        ),
        (
            "issue",
            (
                "issue: 5.00 METAL to firm (investor firm)",
                "passes every rule",
                "firm: available 0.00 + 5.00 = 5.00 METAL",
                "METAL: outstanding of smelter 0.00 + 5.00 = 5.00",
            ),
        ),
        (
            "block",
            (
                "asked by sue: list 7",
                "under rule SAN-1: A blocked owner may not trade or move assets.",
                "it had these orders checked:",
                "firm: 1 open order cancelled by SAN-1",
            ),
        ),
        ("blocked withdrawal", ("withdrawal: 5.00 RUB from firm (investor firm)", "refused: SAN-1 decides")),
        (
            "freeze",
            (
                "under rule FRZ-1: An issuer may freeze a stablecoin.",
                "super: 25 % of 10000000000.000000 owned = 2500000000.000000 USDT, frozen; available 7500000000.000000",
            ),
        ),
        (
            "arrest",
            (
                "under rule ARR-1: A court or an investigator may arrest holdings.",
                (
                    "super: paper 1-7/2026 of city court, 2026-05-05, claims all BTC, and all that comes; arrested by all papers "
                    "100000000.00000000, available 0.00000000"
                ),
            ),
        ),
        ("lift", ("claims no BTC any more; arrested by all papers 0.00000000, available 100000000.00000000",)),
        (
            "waits",
            (
                "passes, and waits by COOL-1",
                "held 1.00000000: movement",
                "by COOL-1",
            ),
        ),
        ("refused", ("it is about what was asked for with sequence number", "refused by sue")),
    ],
)
def test_what_was_decided_by_which_rule_and_with_what_arithmetic(told: Told, name: str, lines: tuple[str, ...]) -> None:
    text = told.text(name)
    for line in lines:
        assert line in text, f"{line!r} is not in\n{text}"


def test_a_class_that_was_set_is_shown_beside_what_the_evidence_proves(told: Told) -> None:
    text = told.text("set class", "--all")
    assert "class of qualified: retail" in text
    assert "set by the supervisor sue, not qualified: papers forged" in text
    assert "QUAL-0  assets 24000000.00 >= 24000000.00 or" in text
    (standing,) = told.json("set class")["classes"]
    assert (standing["investor_class"], standing["by_evidence"], standing["set_by_supervisor"]) == (
        "retail",
        "qualified",
        True,
    )
    assert [each["rule"] for each in standing["evidence"]][:1] == ["QUAL-0"]


def test_machines_get_the_same(told: Told) -> None:
    (arrival,) = told.json("origin")["arrivals"]
    assert (arrival["kind"], arrival["origin"], arrival["verdict"]) == ("deposit", "a wallet of mine", "passes")
    found = told.json("freeze")
    assert (found["under"]["rule"], found["under"]["in_force"]) == ("FRZ-1", True)
    assert found["asked"] == {"by": "sue", "reason": "order 18"}
    assert found["holdings"] == [
        "super: 25 % of 10000000000.000000 owned = 2500000000.000000 USDT, frozen; available 7500000000.000000"
    ]


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        (
            "arrest",
            ("ARR-1: Суд или следователь может арестовать активы.", "super: документ 1-7/2026, city court, 2026-05-05"),
        ),
        (
            "arrest",
            (
                "охватывает все BTC и всё поступающее; арестовано по всем документам 100000000.00000000, доступно 0.00000000",
            ),
        ),
        ("lift", ("больше не охватывает BTC; арестовано по всем документам 0.00000000",)),
        ("origin", ("доступно",)),
    ],
)
def test_the_same_in_russian_has_no_english_between(told: Told, name: str, lines: tuple[str, ...]) -> None:
    with speaking("ru"):
        text = told.text(name)
    for line in lines:
        assert line in text
    for word in ("paper", "claims", "arrested by", "under rule", "open order", "class of"):
        assert word not in text


def test_orders_that_an_arrest_cancels_are_counted_in_russian(tmp_path: Path) -> None:
    venue = ReportedVenue("general-2026")
    for price in ("8000000", "8100000"):
        venue.sell("super", "1", "BTC/RUB", price)
    venue.apply(Arrest("1-8/2026", "city court", "2026-05-05", account="super", asset="BTC", share_ppm=10**6))
    directory = venue.write(tmp_path)
    with speaking("ru"):
        text = CliRunner().invoke(command, [str(directory), str(venue.exchange.seq)]).output
    assert "super: снято активных заявок: 2, ARR-1" in text
