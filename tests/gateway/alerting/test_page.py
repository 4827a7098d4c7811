"""docs/SURVEILLANCE.md: its sections are those that the detectors declare."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from compliance.surveillance.catalogue import DETECTORS
from gateway.alerting.page import in_document, sections
from gateway.cli.supervision.surveil import command
from tests.support.places import ROOT

PAGE = ROOT / "docs" / "SURVEILLANCE.md"
MAKE = "python -c \"from pathlib import Path; from gateway.alerting.page import in_document; p = Path('docs/SURVEILLANCE.md'); p.write_text(in_document(p.read_text()))\""


def test_the_page_has_what_the_detectors_declare() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert in_document(text) == text, f"make it again: {MAKE}"
    assert all(f"### `{name}`" in text for name in DETECTORS)


def test_the_command_prints_the_same() -> None:
    result = CliRunner().invoke(command, ["--markdown"])
    assert result.exit_code == 0 and result.output == sections() + "\n"


def test_a_document_without_the_place_is_refused() -> None:
    with pytest.raises(ValueError, match="there is no"):
        in_document("# A page\n")
