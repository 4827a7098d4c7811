"""A venue of a later release: what it sends more is passed over, and what counts is counted."""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from gateway.client import ClientError, connect
from gateway.client.links.later import LaterReport
from gateway.keys import new_private_key
from gateway.protocol import messages as m
from tests.support.gateway.links.scripted_venue import ACCOUNT, ScriptedVenue, scripted

KEY = new_private_key()


class Dividend(m.Message, tag="dividend"):
    """A report that there will be."""

    account: str
    seq: int
    amount: str


class Weather(m.Message, tag="weather"):
    """Something that nobody asked for."""

    sky: str


class LaterExecutionReport(m.ExecutionReport, tag="execution_report", kw_only=True):
    """A field more, and a word more."""

    venue_time: int


def later(report: m.ExecutionReport) -> LaterExecutionReport:
    fields = {**msgspec.structs.asdict(report), "exec_type": "restated", "venue_time": 7}
    return LaterExecutionReport(**fields)


async def test_what_a_later_venue_sends_more_is_passed_over_and_its_reports_count():
    async def answer(venue: ScriptedVenue, request: m.AnyRequest) -> None:
        if isinstance(request, m.Balances):
            await venue.send(venue.report(1), Weather(sky="blue"), Dividend(account=ACCOUNT, seq=2, amount="1.00"))
            await venue.send(later(venue.report(3)), venue.report(4))
            await venue.send(m.BalancesReply(id=request.id, account=ACCOUNT, seq=4, balances=[]))

    async with scripted(answer) as venue, connect(venue.url, "p", KEY) as client, client.reports() as reports:
        assert (await client.balances()) is not None
        seen = [await asyncio.wait_for(anext(reports), 5) for _ in range(4)]
        assert [report.seq for report in seen] == [1, 2, 3, 4]
        assert seen[1] == LaterReport(type="dividend", account=ACCOUNT, seq=2)
        assert seen[2].exec_type == "restated"
        assert (client.gaps, client.reconnects, venue.connections) == (0, 0, 1)


@pytest.mark.parametrize("spoiled", ["no message", '{"type":"balances","id":"x"}', '{"id":7}', '{"type":7}', "[]"])
async def test_what_is_no_message_still_ends_it(spoiled):
    async def answer(venue: ScriptedVenue, request: m.AnyRequest) -> None:
        await venue._socket.send(spoiled)

    async with scripted(answer) as venue:
        with pytest.raises(ClientError, match="can't be read"):
            async with connect(venue.url, "p", KEY, reconnect=False) as client:
                await client.balances()
