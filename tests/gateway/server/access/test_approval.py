"""A second approval on a venue that is served: `sbx control` as two supervisors type it, kills, snapshots, restarts, history."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path
from typing import Any

import msgspec
import pytest

from engine.vocabulary import codes
from engine.vocabulary.limits import NS_PER_DAY, PROPOSAL_NS
from engine.vocabulary.messages.commands import (
    AnyCommand,
    Approve,
    EffectiveFrom,
    LoadRulebook,
    RevokeKey,
    SetApproval,
    Tick,
)
from engine.vocabulary.messages.events import CommandProposed, CommandRejected, KeyEnded, ProposalEnded
from gateway.core import new_exchange
from gateway.server.sequencing.startup import NO_LONGER, Started, start_venue
from gateway.venue.venue import VenueError, parse_venue
from tests.support.gateway.inprocess.saved_venue import save
from tests.support.gateway.venues.four_eyes import (
    SECOND,
    TWO_SUPERVISORS,
    FourEyes,
    asks_for,
    entry,
    served,
    write_four_eyes,
)
from tests.support.gateway.venues.small_venue import KEYS, client, small_venue, venue_text


async def trade(url: str) -> None:
    """Bob sells to alice what she bids for."""
    async with client(url, "alice") as alice, client(url, "bob") as bob:
        assert (await alice.order("buy", "1", "100", "bid", account="alice"))["exec_type"] == "new"
        assert (await bob.order("sell", "1", "100", "hit", account="bob"))["exec_type"] == "new"


def of(history: list[dict[str, Any]], seq: int) -> dict[str, Any]:
    """What the history says of one command."""
    (found,) = [row for row in history if row["seq"] == seq]
    return found


# Three starts of an interpreted venue, one after kill -9 and one from a snapshot: a story of a day's decisions.
def test_two_supervisors_decide_through_kills_and_snapshots(tmp_path: Path) -> None:
    venue = write_four_eyes(tmp_path / "venue")
    with served(venue):
        asyncio.run(trade(venue.url))
        bust = venue.proposed("sue", "bust", 1)
        (listed,) = venue.waiting()
        assert (listed["name"], listed["command"], listed["by"]) == (str(bust), "bust_trade", "sue")
        assert listed["arguments"] == {"trade_id": 1, "reason": "order 7"}
        # Nothing is done, and nobody does it alone, or without the right to it.
        assert "busted" not in record(venue, "trade", "1")
        refused = venue.does("sue", "approve", bust, status=1)
        assert (refused["status"], refused["code"]) == ("refused", "permission") and refused["seq"]
        other = venue.control("otto", "approve", bust, "--reason", "x", "--yes")
        assert other.exit_code == 1 and "decided about by another supervisor" in other.output
        assert "`sbx control proposals` says whether it still waits" in other.output
        parameter = venue.proposed("eve", "set", "ELR-3.enabled=false")
        venue.kill()
    with served(venue):
        approved = venue.does("eve", "approve", bust, reason="seen")
        assert (approved["status"], approved["corrected"], approved["record"]["busted"]) == ("done", 2, True)
        assert [(each["what"], each["key"], each["by"]) for each in approved["changes"]] == [
            ("approved", str(bust), "eve")
        ]
        assert [each["name"] for each in venue.waiting()] == [str(parameter)]
        declined = venue.does("sue", "decline", parameter, reason="not now")
        assert [each["what"] for each in declined["changes"]] == ["declined"]
        rulebook = venue.proposed("sue", "rulebook", "general-2026")
        dated = venue.proposed("sue", "rulebook", "general-2026", "--from", "2099-01-01")
        taken_back = venue.does("sue", "decline", dated, reason="too early")
        assert [each["what"] for each in taken_back["changes"]] == ["withdrawn"]
    save(venue.directory)
    with served(venue):
        (listed,) = venue.waiting()
        assert (listed["arguments"], len(listed["digest"])) == ({"name": "general-2026", "reason": "order 7"}, 64)
        said = venue.control("eve", "approve", rulebook, "--reason", "read", "--yes")
        assert said.exit_code == 0, said.output
        assert (
            f"approve proposal {rulebook} by sue, load rulebook (name general-2026), digest {listed['digest']}"
            in said.output
        )
        assert asyncio.run(hello(venue))["rulebook"] == "general-2026"
        assert venue.waiting() == []
    history = venue.history()
    assert (of(history, bust)["by"], of(history, bust)["outcome"]) == ("sue", "proposed")
    done = of(history, approved["seq"])
    assert (done["what"], done["subjects"], done["by"], done["second"]) == ("bust of trade", "1", "sue", "eve")
    assert (done["outcome"], done["reason"], done["second_reason"], done["change"]) == (
        "carried out",
        "order 7",
        "seen",
        bust,
    )
    assert [(row["by"], row["outcome"]) for row in history if row["what"] == "proposal"] == [
        ("sue", "refused"),
        ("otto", "refused"),
    ]
    assert (of(history, declined["seq"])["outcome"], of(history, declined["seq"])["second"]) == ("declined", "sue")
    assert of(history, taken_back["seq"])["outcome"] == "withdrawn"


def record(venue: FourEyes, kind: str, name: str) -> dict[str, Any]:
    found = venue.control("sue", "show", kind, name, "--json")
    (shown,) = json.loads(found.stdout)
    return dict(shown)


async def hello(venue: FourEyes) -> dict[str, Any]:
    async with client(venue.url) as raw:
        return raw.hello


# ── starts ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def started(directory: Path, text: str = TWO_SUPERVISORS, rulebook: str = "", **options: Any) -> Started:
    """The venue of a file, in this process."""
    venue = parse_venue(venue_text(text), rulebook, Path())
    return start_venue(venue, directory, "os", new_exchange, force_rulebook=bool(rulebook), **options)


def does(venue: Started, command: AnyCommand) -> list[Any]:
    """What a command does."""
    (row,) = venue.sequencer.sequence([command])
    return list(row[3])


def proposes(venue: Started, command: AnyCommand) -> int:
    (event,) = does(venue, command)
    assert isinstance(event, CommandProposed), event
    return event.proposal


LESS = SetApproval((), "enough", "sue")
LEFT_OUT = (
    "approval: second is none in the file, rulebooks trade_corrections here; to have it so: sbx control approval none"
)
"""What a start says of a file without the section, where the venue asks for all of it."""


def test_what_sets_a_venue_up_waits_for_nobody(tmp_path: Path) -> None:
    venue = started(tmp_path)
    assert venue.exchange.second == ("rulebooks", "trade_corrections")
    assert venue.fanout.rulebook == "elr-2025" and not venue.exchange.proposals and not venue.notes
    venue.writer.close()


@pytest.mark.parametrize(
    ("text", "notes"),
    [
        (
            entry("eve"),
            [LEFT_OUT],
        ),
        (
            entry("eve") + asks_for("rulebooks"),
            [
                "approval: second is rulebooks in the file, rulebooks trade_corrections here; to have it so: sbx control approval rulebooks"
            ],
        ),
    ],
)
def test_a_file_that_asks_for_less_at_a_restart_changes_nothing(tmp_path: Path, text: str, notes: list[str]) -> None:
    started(tmp_path).writer.close()
    venue = started(tmp_path, text)
    assert venue.exchange.second == ("rulebooks", "trade_corrections") and venue.notes == notes
    venue.writer.close()


def test_a_file_that_asks_for_it_only_later_is_followed_and_the_start_says_so(tmp_path: Path) -> None:
    first = started(tmp_path, "")
    assert first.registered == []
    first.writer.close()
    venue = started(tmp_path)
    assert venue.exchange.second == ("rulebooks", "trade_corrections") and venue.notes == []
    # Eve is new, too.
    assert [line for line in venue.registered if not line.startswith("participant ")] == [
        "approval: rulebooks, trade_corrections need a second approval from now on: the venue file asks for it, and nobody had set it"
    ]
    venue.writer.close()
    again = started(tmp_path)
    assert again.registered == again.notes == []
    again.writer.close()


def test_what_a_command_has_ended_no_start_takes_from_the_file_again(tmp_path: Path) -> None:
    venue = started(tmp_path)
    number = proposes(venue, LESS)
    assert does(venue, Approve(number, "read", "eve", "supervisor"))
    assert venue.exchange.second == ()
    venue.writer.close()
    venue = started(tmp_path)
    assert venue.exchange.second == () and venue.registered == []
    venue.writer.close()


def test_what_a_command_has_asked_for_and_the_file_does_not_is_said_at_each_start(tmp_path: Path) -> None:
    venue = started(tmp_path, entry("eve"))
    assert does(venue, SetApproval(("rulebooks",), "the board", "sue"))
    venue.writer.close()
    for _ in range(2):
        venue = started(tmp_path, entry("eve"))
        assert venue.exchange.second == ("rulebooks",) and venue.notes == [
            "approval: second is none in the file, rulebooks here; to have it so: sbx control approval none"
        ]
        venue.writer.close()


def test_a_rulebook_that_is_forced_at_a_start_waits_for_one_supervisor(tmp_path: Path) -> None:
    started(tmp_path).writer.close()
    venue = started(tmp_path, rulebook="general-2026")
    ((number, proposal),) = venue.exchange.proposals.items()
    assert venue.fanout.rulebook == "elr-2025" and proposal.by == ""
    assert venue.notes == [f"load_rulebook general-2026: waits for a second approval: proposal {number}"]
    venue.writer.close()
    for again in range(2):
        # It is not proposed once more, from a snapshot either.
        if again:
            save(tmp_path)
        venue = started(tmp_path, rulebook="general-2026")
        assert list(venue.exchange.proposals) == [number] and not venue.notes
        venue.writer.close()
    venue = started(tmp_path, rulebook="general-2026")
    ended = does(venue, Approve(number, "read", "sue", "supervisor"))[0]
    assert ended == ProposalEnded(number, codes.APPROVED, "", "sue", "read")
    assert venue.fanout.rulebook == "general-2026"
    venue.writer.close()
    venue = started(tmp_path, rulebook="general-2026")
    assert not venue.exchange.proposals and not venue.notes
    venue.writer.close()


def test_whoever_can_log_in_no_more_has_proposed_nothing(tmp_path: Path) -> None:
    venue = started(tmp_path)
    gone, stays = proposes(venue, SetApproval((), "enough", "eve")), proposes(venue, LESS)
    assert does(venue, RevokeKey("eve", reason="left", by="eve", by_role="supervisor", by_key="main")) == [
        KeyEnded("eve", "main", codes.KEY_REVOKED, "left", "eve"),
        ProposalEnded(gone, codes.WITHDRAWN, "eve"),
    ]
    venue.writer.close()
    venue = started(tmp_path)
    assert list(venue.exchange.proposals) == [stays]
    (note,) = venue.notes
    assert note.startswith("participant eve: key is ") and "(ended) in the file, none here" in note
    venue.writer.close()


@pytest.mark.parametrize("text", ["", entry("eve", "operator"), entry("eva", key=SECOND)])
def test_where_the_journal_knew_nobody_the_file_says_who_may_propose(tmp_path: Path, text: str) -> None:
    """As in a journal of before core version 9."""
    nobody = msgspec.structs.replace(parse_venue(venue_text(TWO_SUPERVISORS), "", Path()), participants={})
    venue = start_venue(nobody, tmp_path, "os", new_exchange)
    gone, stays = proposes(venue, SetApproval((), "enough", "eve")), proposes(venue, LESS)
    venue.writer.close()
    # The section may stay only where two supervisors do.
    venue = started(tmp_path, text)
    assert list(venue.exchange.proposals) == [stays]
    assert venue.notes == [LEFT_OUT, f"proposal {gone} of eve is over: {NO_LONGER}"]
    assert len(venue.exchange.access.of) == len(venue.registered) > 2
    venue.writer.close()


def test_a_forced_rulebook_takes_the_place_of_one_that_came_by_its_date(tmp_path: Path) -> None:
    venue = started(tmp_path, "")
    first = venue.fanout.rulebook
    loads = {
        name: next(
            each for each in parse_venue(venue_text(""), name, Path()).genesis() if isinstance(each, LoadRulebook)
        )
        for name in (first, "general-2026", "derivatives-2025")
    }
    begun_ns = time.time_ns()
    does(venue, EffectiveFrom(begun_ns + NS_PER_DAY, loads["general-2026"]))
    does(venue, loads["derivatives-2025"])
    assert venue.fanout.rulebook == "derivatives-2025"
    venue.writer.close()
    for name in (first, "derivatives-2025", "general-2026"):
        venue = started(tmp_path, "", wall=lambda: begun_ns + 2 * NS_PER_DAY, accept_jump=True)
        does(venue, Tick())
        venue.writer.close()
        venue = started(tmp_path, "", rulebook=name, wall=lambda: begun_ns + 2 * NS_PER_DAY)
        assert venue.fanout.rulebook == name
        before = venue.exchange.seq
        venue.writer.close()
        # In force already: it is not loaded again.
        venue = started(tmp_path, "", rulebook=name, wall=lambda: begun_ns + 2 * NS_PER_DAY)
        assert venue.exchange.seq == before
        venue.writer.close()


def test_a_venue_that_slept_finds_its_proposals_expired(tmp_path: Path) -> None:
    venue = started(tmp_path)
    number = proposes(venue, LESS)
    venue.writer.close()
    late_ns = time.time_ns() + PROPOSAL_NS + NS_PER_DAY
    venue = started(tmp_path, wall=lambda: late_ns, accept_jump=True)
    events = [event for _ in range(3) for event in does(venue, Approve(number, "late", "eve", "supervisor"))]
    assert number not in venue.exchange.proposals
    assert {type(event) for event in events} == {CommandRejected}
    assert venue.exchange.second
    venue.writer.close()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (asks_for("rulebooks"), "approval.second: nobody could give a second approval; name two supervisors"),
        (
            entry("eve") + asks_for("orders"),
            "approval.second: a second approval may be asked for, each once: rulebooks, ",
        ),
        (entry("eve", key=KEYS["sue"]), "has the same key"),
        (entry("eve") + "[approval]\nfirst = true", "unknown field"),
    ],
)
def test_a_file_by_which_nobody_could_decide_is_none(text: str, problem: str) -> None:
    with pytest.raises(VenueError, match=problem):
        small_venue(text)
