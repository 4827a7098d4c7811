"""What a venue tells `sbx control` may hold anything: none of it acts on the terminal, and all of it is seen."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner, Result

from gateway.cli.main import group
from gateway.keys import write_private_key
from gateway.protocol import messages as m
from tests.support.gateway.links.scripted_venue import ScriptedVenue, scripted
from tests.support.gateway.reporting.hostile import FORGED, TAIL
from tests.support.gateway.venues.small_venue import KEYS

RECORD = m.RecordInfo(
    name=TAIL,
    accounts=1,
    open_orders=2,
    participant=TAIL,
    investor=TAIL,
    intermediary=TAIL,
    kind=TAIL,
    investor_class=TAIL,
    phase=TAIL,
    value=TAIL,
    instrument=TAIL,
    price=TAIL,
    quantity=TAIL,
    buyer=TAIL,
    seller=TAIL,
    frozen={TAIL: TAIL},
    command=TAIL,
    arguments={TAIL: TAIL},
    by=TAIL,
)


async def hostile(venue: ScriptedVenue, request: m.AnyRequest) -> None:
    """Knows a name of that kind alone, and does whatever is asked; of one instrument it refuses that."""
    if isinstance(request, m.Subscribe):
        await venue.send(m.Subscribed(id=request.id, channel=request.channel, seq=0))
    elif isinstance(request, m.Records):
        known = request.name in {None, TAIL, "REFUSED"}
        record = msgspec.structs.replace(RECORD, name=request.name or TAIL)
        await venue.send(m.RecordsReply(id=request.id, records=[record] if known else []))
    elif isinstance(request, m.Admin) and request.arguments["instrument"] != TAIL:
        await venue.send(m.Rejected(id=request.id, seq=7, code=TAIL, detail=TAIL))
    elif isinstance(request, m.Admin):
        cancel = venue.report(1, exec_type="cancelled", exec_id="7-0", account=TAIL, reason=TAIL, rule=TAIL)
        change = m.Change(
            seq=1, prev_seq=0, command_seq=7, time=1, what=TAIL, key=TAIL, detail=TAIL, reason=TAIL, by=TAIL
        )
        await venue.send(change, cancel, m.Done(id=request.id, seq=7))
    elif isinstance(request, m.Unsubscribe):
        await venue.send(m.Unsubscribed(id=request.id, channel=request.channel))


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (["show", "account"], 0),
        (["show", "change"], 0),
        (["show", "trade", TAIL], 0),
        (["show", "investor", "other"], 2),
        (["halt", "--reason", TAIL, "--yes", "--", TAIL], 0),
        (["halt", "REFUSED", "--reason", "x", "--yes"], 1),
        (["halt", "REFUSED", "--reason", "x", "--yes", "--json"], 1),
        (["halt", "--reason", "x", "--yes", "--json", "--", TAIL], 0),
    ],
)
async def test_no_text_of_a_venue_acts(tmp_path: Path, arguments: list[str], status: int) -> None:
    key = tmp_path / "sue.pem"
    write_private_key(key, KEYS["sue"])
    async with scripted(hostile) as venue:
        head = ["control", "--url", venue.url, "--key", str(key)]
        found: Result = await asyncio.to_thread(CliRunner().invoke, group, [*head, *arguments])
    assert found.exit_code == status, found.output
    lines = found.output.split("\n")
    assert [line for line in lines if not line.isprintable() or line.startswith(FORGED)] == []
    assert "[/x]" in found.output or "other" in arguments
    if "--json" in arguments:
        assert TAIL in json.loads(found.stdout)["arguments"]["instrument"] or status
