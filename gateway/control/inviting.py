"""A newcomer to a venue that runs: what supervisor and operator send for them, each command sequenced."""

from __future__ import annotations

from typing import Final

from engine.vocabulary.days import midnight_ns, moscow_day
from gateway.client import Client
from gateway.control.names import ControlError, check_new
from gateway.protocol.messages import Argument, RecordKind
from gateway.venue.invite import SCORE, TESTS, Invitation

ORIGIN: Final = "test money of an invitation"
"""The origin that is on record of what a newcomer gets."""


async def check_free(supervisor: Client, invited: Invitation) -> None:
    """See that the venue knows nobody of that name. Raises `ControlError`."""
    names: dict[RecordKind, str] = {"participant": invited.name, "investor": invited.name, "account": invited.account}
    for kind, name in names.items():
        await check_new(supervisor, kind, name)
    if invited.intermediary and not await supervisor.records("intermediary", invited.intermediary):
        raise ControlError(f"the venue has no intermediary {invited.intermediary}")


async def put_on_record(supervisor: Client, operator: Client, invited: Invitation, public_key: str) -> int:
    """Register a newcomer, open the account, give them what they come with, and let them log in.

    Returns the number of the last command.

    Raises:
        RequestFailed: one was refused; those before it stand.
    """
    name, intermediary = invited.name, invited.intermediary
    today_ns = midnight_ns(moscow_day(supervisor.hello.time))
    await supervisor.admin(
        "register_investor",
        investor=name,
        kind="individual",
        assets_rub=invited.evidence.assets_rub,
        income_rub=invited.evidence.income_rub,
        documents={"tax_number": invited.tax_number},
        reason="invited",
    )
    for test in TESTS:
        await supervisor.admin("record_test", investor=name, test=test, score=SCORE, taken_ns=today_ns)
    for year in invited.years if intermediary else ():
        await supervisor.admin("authorise_client", intermediary=intermediary, investor=name, year=year)
    account: dict[str, Argument] = {"account": invited.account, "participant": name, "investor": name}
    await operator.admin("open_account", **account, **({"intermediary": intermediary} if intermediary else {}))
    warning = await supervisor.risk_warning(invited.account)
    if warning.in_force is not None:
        await supervisor.admin("record_acknowledgement", investor=name, digest=warning.in_force)
    for asset, amount in invited.money.items():
        await operator.admin(
            "deposit", account=invited.account, asset=asset, amount=amount, reason="invited", origin=ORIGIN
        )
    # Last: whoever can log in can trade.
    return await operator.admin(
        "register_participant", participant=name, role="participant", public_key=public_key, reason="invited"
    )
