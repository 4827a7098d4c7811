"""A session of a whole venue, recounted once for all tests of sections."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.gateway.reporting.company_report import cancel_derivatives, report
from tests.support.gateway.reporting.company_session import Company
from tests.support.gateway.reporting.report_recount import Plainly

COMMANDS = 1_500


@pytest.fixture(scope="session")
def company_journal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A session whose open orders in notes and futures are cancelled at the end: exposure is then what is held."""
    directory = tmp_path_factory.mktemp("company")
    company = Company(directory, 1)
    company.draw(COMMANDS)
    cancel_derivatives(company)
    return company.write(directory / "journal")


@pytest.fixture(scope="session")
def plainly(company_journal: Path) -> Plainly:
    """What it comes to."""
    return Plainly(company_journal)


@pytest.fixture(scope="session")
def tables(company_journal: Path) -> dict[str, list[dict[str, Any]]]:
    """What its report says."""
    found: dict[str, list[dict[str, Any]]] = report(company_journal)["tables"]
    return found
