"""What a session says of an investor, against a count of all events."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from engine.vocabulary.codes import BY_RULE, KILLED, REJECT_CODES
from engine.vocabulary.messages.events import (
    AccountOpened,
    OrderAccepted,
    OrderCancelled,
    OrderRejected,
    RequestRejected,
    Trade,
    Transferred,
)
from gateway.cli.inspecting.investor import command
from gateway.reporting.steps.standing import read_standing
from tests.support.gateway.reporting.explained_story import Story
from tests.support.gateway.reporting.report_sessions import scripted


def run(*arguments: object) -> Result:
    return CliRunner().invoke(command, [str(each) for each in arguments], catch_exceptions=False)


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Story:
    return Story(tmp_path_factory.mktemp("story"))


def expected(story: Story, name: str) -> tuple[dict[str, int], dict[str, int], int]:
    """Orders by what became of them, refusals by rule or code, and transfers."""
    events = [event for _, _, _, events in story.venue.rows for event in events]
    accounts = {event.account for event in events if isinstance(event, AccountOpened) and event.investor == name}
    orders: Counter[str] = Counter()
    refused: Counter[str] = Counter()
    transfers = 0
    for event in events:
        if isinstance(event, Trade):
            orders["fills"] += (event.maker_account in accounts) + (event.taker_account in accounts)
        elif isinstance(event, Transferred):
            transfers += event.from_account in accounts or event.to_account in accounts
        elif getattr(event, "account", None) not in accounts:
            continue
        elif isinstance(event, OrderAccepted):
            orders["entered"] += 1
        elif isinstance(event, OrderCancelled):
            orders["cancelled by a rule" if event.reason in (BY_RULE, KILLED) else "cancelled"] += 1
        elif isinstance(event, OrderRejected | RequestRejected):
            orders["refused"] += isinstance(event, OrderRejected)
            refused[event.rule or REJECT_CODES[event.code]] += 1
    return dict(orders), dict(refused), transfers


def test_everybody_s_story(story: Story) -> None:
    core = story.venue.exchange
    refusals = 0
    for name in core.owners:
        found: Any = json.loads(run(story.directory, name, "--json").stdout)
        orders, refused, transfers = expected(story, name)
        assert {key: count for key, count in found["orders"].items() if count} == {
            key: count for key, count in orders.items() if count
        }
        assert found["refused_by"] == refused
        assert sum(each["what"] == "transfer" for each in found["happened"]) == transfers
        assert [each["account"] for each in found["now"]["accounts"]] == found["accounts"]
        refusals += sum(refused.values())
    assert refusals > 5


def test_what_became_of_a_trade_is_told(tmp_path: Path) -> None:
    output = run(scripted().write(tmp_path), "bob").output
    assert "5 fills (1 undone since), " in output
    assert "trade: 1, 0.5 BTC/RUB at 100.0, now at 99.0: mistyped" in output
    assert "trade: 2, 1.2 BTC/RUB at 100.0, undone: erroneous" in output
    unknown = run(tmp_path, "Bob")
    assert unknown.exit_code == 2 and "the session has no investor Bob; did you mean bob?" in unknown.output


def test_the_cap_at_the_end_of_a_day_is_the_ledger_s(story: Story) -> None:
    standing = read_standing(story.venue.exchange)
    assert standing is not None
    used = {each.investor: each.used for each in standing.usages if each.used}
    assert used
    for name, kopecks in used.items():
        found = json.loads(run(story.directory, name, "--json").stdout)
        assert found["days"][-1]["cap"]["used"] == f"{kopecks // 100}.{kopecks % 100:02d}"
        assert found["now"]["cap"] == found["days"][-1]["cap"]
        text = run(story.directory, name).stdout
        assert "annual cap 500000.00 RUB: " in text
        assert "cap used, RUB" in text
        assert max(map(len, text.splitlines()[1:])) <= 200


def test_nobody(story: Story, tmp_path: Path) -> None:
    found = run(story.directory, "nobody")
    assert found.exit_code == 2
    assert "has no investor nobody" in found.output
