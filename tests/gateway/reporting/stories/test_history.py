"""What a change did to accounts, in the history of those whose they are."""

from __future__ import annotations

from engine.vocabulary.messages.commands import FreezeAsset, OpenAccount
from engine.vocabulary.messages.events import AccountOpened, AssetAdded, HoldingFrozen
from gateway.reporting.steps.source import Step
from gateway.reporting.stories.history import History
from gateway.reporting.stories.history_tables import history_table
from tests.support.gateway.reporting.report_sessions import NOON_NS


def effects(found: History, name: str = "") -> list[str]:
    return [str(row["effects"]) for row in history_table(found.entries, name).objects()]


def test_a_trade_undone_and_a_holding_frozen_concern_those_whose_they_are() -> None:
    found = History()
    for account in ("bob.main", "eve.main"):
        name = account.partition(".")[0]
        opened = AccountOpened(account, name, name, "")
        found.take(
            Step(
                1,
                NOON_NS,
                OpenAccount(account, name, name),
                [AssetAdded("USDT", 1, 2), opened],
                due_events=0,
                day=20_605,
            )
        )
    freeze = FreezeAsset("USDT", 500_000, "", "", "order 18", "sue")
    frozen = [HoldingFrozen(f"{name}.main", 1, "USDT", 45_00, 0, 0, "order 18") for name in ("bob", "eve")]
    found.take(Step(2, NOON_NS, freeze, frozen, due_events=0, day=20_605))
    *_, seen = effects(found, "bob")
    assert seen == "bob.main: 45.00 USDT frozen"
    *_, seen = effects(found)
    assert seen == "bob.main: 45.00 USDT frozen; eve.main: 45.00 USDT frozen"
    found.take(Step(3, NOON_NS, freeze, frozen * 3, due_events=0, day=20_605))
    *_, seen = effects(found)
    assert seen == "6 accounts: frozen, arrested or let go"
