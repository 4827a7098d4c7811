"""What came of an action is all of what it did, and nothing else, however the core cuts it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from click import ClickException

from engine.exchange import Exchange
from gateway.cli.controls.running import REFUSED, UNKNOWN, Target, carried_out
from gateway.client import Client, ClientError, ConnectionLost, RequestFailed, connect
from gateway.control import actions
from gateway.control.actions import Action
from gateway.control.carrying import carry_out
from gateway.control.names import ControlError, UnknownName
from gateway.core import new_exchange
from gateway.keys import write_private_key
from gateway.protocol import messages as m
from tests.support.gateway.links.scripted_venue import Answer, ScriptedVenue, scripted
from tests.support.gateway.venues.small_venue import KEYS, serving, url_of


def in_small_pieces() -> Exchange:
    exchange = new_exchange()
    exchange.piece_events = 3
    return exchange


@asynccontextmanager
async def desk(directory: Path) -> AsyncIterator[tuple[Client, Client, Client]]:
    """A supervisor and two participants at a venue that does much in many pieces."""
    async with (
        serving(directory, exchange=in_small_pieces) as server,
        connect(url_of(server), "sue", KEYS["sue"], reconnect=False) as sue,
        connect(url_of(server), "alice", KEYS["alice"]) as alice,
        connect(url_of(server), "bob", KEYS["bob"]) as bob,
    ):
        yield sue, alice, bob


async def test_what_is_cancelled_in_pieces_is_counted_whole(tmp_path: Path) -> None:
    async with desk(tmp_path) as (sue, alice, bob):
        for number in range(20):
            await alice.buy("BTC/RUB", quantity="0.1", price=90 + number % 5)
        stays = await bob.buy("BTC/RUB", quantity="0.1", price=95)

        async def trading() -> None:
            while True:
                order = await bob.buy("BTC/RUB", quantity="0.1", price=91)
                await order.cancel()

        flow = asyncio.ensure_future(trading())
        outcome = await carry_out(sue, await actions.kill(sue, "investor", "alice", on=True), "wild")
        assert (outcome.cancelled, outcome.accounts, outcome.is_whole) == ({"kill_switch": 20}, ["alice"], True)
        assert outcome.record is not None and outcome.record.killed and not outcome.record.open_orders
        flow.cancel()
        assert stays.status == "new"
        assert await alice.open_orders() == []


async def test_a_change_in_pieces_names_its_rule(tmp_path: Path) -> None:
    async with desk(tmp_path) as (sue, alice, _):
        for number in range(12):
            await alice.buy("BTC/RUB", quantity="0.1", price=90 + number % 5)
        plan = await actions.block(sue, "alice", blocked=True)
        assert (plan.accounts, plan.open_orders) == (1, 12)
        outcome = await carry_out(sue, plan, "a court")
        assert outcome.cancelled == {"SAN-1": 12}
        assert [change.key for change in outcome.changes] == ["alice"]


async def test_a_class_waits_for_its_moment_and_takes_its_reason_along(tmp_path: Path) -> None:
    async with serving(tmp_path) as server, connect(url_of(server), "sue", KEYS["sue"], reconnect=False) as sue:
        at_ns = actions.time_of(sue, "1500ms")
        plan = await actions.override_class(sue, "alice", "unqualified_firm", at_ns=at_ns)
        # The venue's clock has to come to it: time enough for the command to be there before.
        outcome = await carry_out(sue, plan, "documents seen")
        assert [change.what for change in outcome.changes] == ["scheduled"]
        assert outcome.record is not None and outcome.record.class_override is None
        async with sue.changes() as changes:
            told = [await anext(changes) for _ in range(2)]
        assert [(change.what, change.detail) for change in told] == [
            ("effective", ""),
            ("investor", "unqualified_firm"),
        ]
        record = (await sue.records("investor", "alice"))["alice"]
        assert record.class_override == "unqualified_firm"


async def test_a_refusal_says_whether_it_is_recorded(tmp_path: Path) -> None:
    async with desk(tmp_path) as (sue, alice, _), connect(sue.url, "otto", KEYS["otto"]) as otto:
        plan = await actions.block(sue, "alice", blocked=True)
        for who in (alice, otto):
            with pytest.raises(RequestFailed) as refused:
                await carry_out(who, plan, "no right")
            assert (refused.value.code, refused.value.seq) == ("not_allowed", None)
        assert not (await sue.records("investor", "alice"))["alice"].blocked
        wrong = await actions.set_parameter(sue, "ELR-1.enabled", "perhaps")
        with pytest.raises(RequestFailed) as refused:
            await carry_out(sue, wrong, "a trial")
        assert refused.value.seq is not None
        with pytest.raises(UnknownName):
            await actions.bust(sue, "1")
        with pytest.raises(ControlError, match="nothing to change"):
            await actions.override_class(sue, "alice", "")


def breaking_at(kind: type[m.Request]) -> Answer:
    """A venue that breaks the connection at a request of a kind."""

    async def answer(venue: ScriptedVenue, request: m.AnyRequest) -> None:
        if isinstance(request, kind):
            await venue.cut()
        elif isinstance(request, m.Subscribe):
            await venue.send(m.Subscribed(id=request.id, channel=request.channel, seq=0))
        elif isinstance(request, m.Admin):
            await venue.send(m.Done(id=request.id, seq=7))

    return answer


PLAN = Action(command="set_phase", arguments={}, says="halt", kind="instrument", name="A/B")


async def test_what_was_sent_and_not_answered_may_be_done() -> None:
    async with scripted(breaking_at(m.Admin)) as venue, connect(venue.url, "p", KEYS["sue"], reconnect=False) as client:
        with pytest.raises(ConnectionLost) as lost:
            await carry_out(client, PLAN, "x")
        assert lost.value.was_sent
        assert [type(request) for request in venue.requests] == [m.Login, m.Subscribe, m.Subscribe, m.Admin]


async def test_what_is_done_is_done_though_the_rest_is_not_told() -> None:
    async with (
        scripted(breaking_at(m.Records)) as venue,
        connect(venue.url, "p", KEYS["sue"], reconnect=False) as client,
    ):
        outcome = await carry_out(client, PLAN, "x")
        assert (outcome.seq, outcome.is_whole, outcome.record) == (7, False, None)


async def test_before_it_is_sent_a_lost_connection_does_nothing() -> None:
    async with (
        scripted(breaking_at(m.Subscribe)) as venue,
        connect(venue.url, "p", KEYS["sue"], reconnect=False) as client,
    ):
        with pytest.raises(ClientError):
            await carry_out(client, PLAN, "x")
        assert m.Admin not in [type(request) for request in venue.requests]


async def test_the_command_says_that_nobody_answered(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    key = tmp_path / "sue.pem"
    write_private_key(key, KEYS["sue"])
    for kind, expected in ((m.Admin, UNKNOWN), (m.Subscribe, REFUSED), (m.Records, 0)):
        async with scripted(breaking_at(kind)) as venue:
            target = Target(venue.url, key, None, None, None)
            carried = asyncio.to_thread(carried_out, target, PLAN, "x", as_json=False)
            if not expected:
                assert await carried == 0
                assert "there may be more" in capsys.readouterr().out
                continue
            with pytest.raises(ClickException) as failed:
                await carried
            assert failed.value.exit_code == expected
            assert ("may have been carried out or not" in failed.value.message) == (kind is m.Admin)
