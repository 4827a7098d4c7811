"""`sbx surveil` on the journal of a real session in which two trade to and fro."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from compliance.surveillance.catalogue import DETECTORS, settings_of
from engine.vocabulary import codes
from engine.vocabulary.messages.commands import RaiseAlert
from gateway.cli.main import group
from gateway.cli.supervision.surveil import command
from tests.support.gateway.reporting.report_sessions import Journaled, limit


def surveil(*arguments: object) -> Result:
    return CliRunner().invoke(command, [str(each) for each in arguments])


def found(*arguments: object) -> Any:
    result = surveil(*arguments, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.output)


def story(rounds: int = 6, alert: bool = False) -> Journaled:
    venue = Journaled()
    for number in range(rounds):
        first, second = ("alice", "bob") if number % 2 else ("bob", "alice")
        venue.send(limit(first, f"s{number}", codes.SELL, "0.5", "100"))
        venue.send(limit(second, f"b{number}", codes.BUY, "0.5", "100", time_in_force=codes.IOC))
    if alert:
        seqs = tuple(row[0] for row in venue.rows[-2 * rounds :])
        venue.send(
            RaiseAlert(
                "wash_trade",
                "v",
                "wash_trade",
                ("alice", "bob"),
                ("alice", "bob"),
                ("BTC/RUB",),
                seqs,
                seqs[0],
                seqs[-1],
            )
        )
    return venue


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return story(alert=True).write(tmp_path / "journal")


def test_a_session_is_looked_through(journal: Path) -> None:
    result = found(journal)
    (report,) = result["reports"]
    assert report["detector"] == report["term"] == "wash_trade"
    assert sorted(report["investors"]) == ["alice", "bob"] and report["instruments"] == ["BTC/RUB"]
    assert report["version"] == settings_of()["wash_trade"].version
    assert result["rows"] == result["rows"] and result["status"] == "complete"
    assert result["detectors"] == list(DETECTORS)
    text = surveil(journal).output
    assert "wash_trade" in text and "1 report: 12 detectors" in text


def test_only_what_is_asked_for(journal: Path, tmp_path: Path) -> None:
    assert found(journal, "--detector", "layering")["reports"] == []
    assert "nothing was found" in surveil(journal, "--detector", "layering").output
    seq = found(journal)["reports"][0]["seq"]
    assert len(found(journal, "--since", seq)["reports"]) == 1
    assert found(journal, "--since", seq + 1)["reports"] == []
    file = tmp_path / "mine.toml"
    file.write_text("[wash_trade]\nmatched_trades = 7\n", encoding="utf-8")
    assert found(journal, "--parameters", file)["reports"] == []
    file.write_text("[wash_trade]\nmatched_trades = x\n", encoding="utf-8")
    result = surveil(journal, "--parameters", file)
    assert result.exit_code == 2 and "not TOML" in result.output


def test_one_report_is_shown_with_drawing_evidence_and_what_to_do(journal: Path, tmp_path: Path) -> None:
    result = surveil(journal, 1, "--svg", tmp_path / "moment.svg")
    assert result.exit_code == 0, result.output
    for part in ("report 1: Wash trades", "given back: 100.00 %", "●", "evidence: 4 rows", "limit ioc"):
        assert part in result.output
    assert "of the venue: sbx control open-case --alert" in result.output
    drawn = ET.parse(tmp_path / "moment.svg").getroot()
    circles = [each for each in drawn.iter("{http://www.w3.org/2000/svg}circle") if each.get("fill") == "#c00"]
    assert len(circles) == 6, "one for each trade of those named"
    shown = found(journal, 1)
    assert len(shown["rows"]) == 4 and len(shown["alerts"]) == 1 and shown["drawing"]


def test_one_that_there_is_not(journal: Path) -> None:
    result = surveil(journal, 7)
    assert result.exit_code == 2 and "there is no report 7; it has 1" in result.output


def test_a_damaged_journal_is_looked_through_up_to_the_damage(journal: Path) -> None:
    segment = next(journal.glob("*.sbx*"), None) or next(
        path for path in journal.iterdir() if path.stat().st_size > 1_000
    )
    data = bytearray(segment.read_bytes())
    data[len(data) // 2] ^= 0xFF
    segment.write_bytes(data)
    result = surveil(journal)
    assert result.exit_code == 1 and "damaged" in result.output


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "name a DIRECTORY"),
        (["{}", "--dry"], "belong to --follow"),
        (["{}", "--svg", "x.svg"], "name its NUMBER"),
        (["{}", "1", "--follow"], "goes with no NUMBER"),
        (["{}", "--follow"], "is not running"),
    ],
)
def test_what_does_not_go_together(journal: Path, arguments: list[str], says: str) -> None:
    result = surveil(*[each.format(journal) for each in arguments])
    assert result.exit_code == 2 and says in result.output


def test_the_detectors_and_their_parameters_are_listed(tmp_path: Path) -> None:
    listed = found("--detectors")["detectors"]
    assert [each["detector"] for each in listed] == list(DETECTORS)
    text = surveil("--detectors").output
    assert all(name in text for name in DETECTORS)
    file = tmp_path / "all.toml"
    file.write_text(surveil("--print-parameters").output, encoding="utf-8")
    again = found("--detectors", "--parameters", file)["detectors"]
    assert again == listed


def test_a_report_is_read_in_russian(journal: Path) -> None:
    found = CliRunner().invoke(group, ["--lang", "ru", "surveil", str(journal), "1"], catch_exceptions=False)
    assert found.exit_code == 0
    lines = found.stdout.splitlines()
    assert "сообщение 1: Фиктивные сделки и встречные заявки по сговору, wash_trade" in lines
    assert "bob и alice, подавшие заявки одновременно, торговали друг с другом, раз: 4" in lines
    assert "возвращено: 100.00 %" in lines and "связь: нет" in lines
