"""A recorded session that goes by: what is seen is what was there, wherever somebody goes in it."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.record.rows import decode_events
from engine.vocabulary.messages.events import OrderAccepted, OrderRejected, RequestRejected, Trade, TradeCorrected
from gateway.reporting.steps.reference import Reference
from gateway.session.pace import MAX, STEP, parse_speed
from gateway.session.recorded import Recorded
from gateway.session.tape import Tape
from gateway.session.views import Views
from gateway.watching.recorded import LOOKED_BACK, NEAR, SPEEDS, RecordedView, told
from gateway.watching.scene import MAX_PRINTS, Scene
from gateway.watching.view import Refused
from tests.support.gateway.inprocess.saved_venue import save, traded
from tests.support.gateway.reporting.explained_story import Story
from tests.support.gateway.reporting.report_sessions import random_session


@pytest.fixture(scope="module")
def venue(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A venue with a snapshot in the middle."""
    directory = tmp_path_factory.mktemp("venue")
    traded(directory, 1, 300)
    save(directory)
    traded(directory, 2, 300)
    return directory


@pytest.fixture
def session(venue: Path) -> Iterator[Recorded]:
    yield from opened(venue / "journal")


def opened(journal: Path) -> Iterator[Recorded]:
    found = Recorded(journal)
    for _ in found.open():
        pass
    yield found
    found.close()


def seen(view: RecordedView) -> Scene:
    """What is seen when everything that is due was done."""
    for _ in view.arriving():
        pass
    while view.work() == 0:
        pass
    return view.scene()


def test_what_is_seen_is_what_was_there(session: Recorded) -> None:
    view = RecordedView("venue", session, 1, STEP)
    chance = random.Random(3)
    for seq in [1, session.last_seq, *(chance.randint(1, session.last_seq) for _ in range(12))]:
        view.jump(str(seq))
        scene = seen(view)
        walk = session.walk(seq)
        for _ in walk.go_on():
            pass
        views = Views(walk.exchange)
        assert (scene.seq, scene.time_ns, scene.last_seq) == (seq, walk.exchange.time_ns, session.last_seq)
        listed = {each["instrument"]: each for each in views.market()}
        assert [each.instrument for each in scene.markets] == list(listed)
        for market in scene.markets:
            shown = {name: getattr(market, name) for name in market.__struct_fields__}
            # Those hours are of a venue that lives.
            assert shown.pop("change_percent_24h") is shown.pop("since_24h_ns") is None
            assert shown.items() <= listed[market.instrument].items()
        if scene.book is not None:
            book = views.book(scene.chosen, 50)
            for side, levels in (("bids", scene.book.bids), ("asks", scene.book.asks)):
                assert [[each.price, each.quantity, each.hidden, each.orders] for each in levels] == [
                    list(level.values()) for level in book[side]
                ]
        walk.close()
    view.close()


@pytest.mark.parametrize("way", ["jump", "max", "step"])
def test_the_tape_is_the_one_of_the_session(tmp_path: Path, way: str) -> None:
    """With corrections, whether somebody walks or jumps."""
    for seed in (11, 12):
        journal = random_session(seed, 300).write(tmp_path / str(seed))
        for session in opened(journal):
            last = session.last_seq
            assert last < LOOKED_BACK < NEAR
            view = RecordedView("venue", session, last if way == "jump" else 1, MAX if way == "max" else STEP)
            seen(view)
            for _ in range(last if way == "step" else 0):
                view.step()
            scene = seen(view)
            assert (scene.seq, scene.state) == (last, "the end")
            tape = Tape(scene.chosen)
            prints = [each for row in session.index.rows(range(1, last + 1)) for each in tape.take(row)]
            prints += tape.finish()
            price = tape.reference.formats.instruments[scene.chosen].price
            wanted = [
                (each.seq, each.trade.trade_id, price[each.final_ticks] if each.final_ticks else "busted")
                for each in prints
            ]
            assert len(wanted) > 5
            tape_seen = [
                (each.seq, each.trade_id, each.status if each.status == "busted" else each.price) for each in scene.tape
            ]
            assert tape_seen == wanted[::-1][:MAX_PRINTS]
            events = [event for row in session.index.rows(range(1, last + 1)) for event in decode_events(row[3])]
            assert scene.accepted == sum(isinstance(event, OrderAccepted) for event in events)
            view.close()


def test_some_trades_of_it_were_corrected(tmp_path: Path) -> None:
    """Else the test before says less than it seems to."""
    events = [event for seed in (11, 12) for _, _, _, found in random_session(seed, 300).rows for event in found]
    assert any(isinstance(event, TradeCorrected) for event in events)
    assert any(isinstance(event, Trade) for event in events)


def test_verdicts_are_in_words(tmp_path: Path) -> None:
    story = Story(tmp_path)
    for session in opened(tmp_path):
        scene = seen(RecordedView("story", session, session.last_seq, STEP))
        by_seq = {verdict.seq: verdict for verdict in scene.verdicts}
        capped = by_seq[story.steps["capped"]]
        assert (capped.what, capped.by, capped.account, capped.instrument) == ("refused", "RET-1", "retail", "BTC/RUB")
        assert capped.title == "Retail purchases capped per calendar year"
        assert "remaining" in capped.words
        assert by_seq[story.steps["size"]].by == "lot"
        assert by_seq[story.steps["payment"]].by == "PAY-1"
        assert by_seq[story.steps["no such rule"]].by == "compliance"
        blocked = by_seq[story.steps["blocked"]]
        assert (blocked.what, blocked.by, blocked.account) == ("cancelled", "SAN-1", "retail")
        events = [event for _, _, _, found in story.venue.rows for event in found]
        refused = sum(isinstance(event, OrderRejected | RequestRejected) for event in events)
        assert scene.refused == refused + 1
        # Every command has words of its own.
        reference = Reference()
        words = {}
        for seq, _, command, stored in session.index.rows(range(1, session.last_seq + 1)):
            for event in decode_events(stored):
                reference.learn(event)
            words[seq] = told((seq, 0, command, stored), reference)
        assert words[story.steps["payment"]].startswith("transfer by desk, request refused: PAY-1: ")
        assert words[story.steps["no such rule"]].startswith(
            "set parameter by sue, refused: rulebook general-2026: unknown rule"
        )
        assert words[story.steps["raised"]] == "set parameter by sue, RET-1"
        assert words[story.steps["resent"]].startswith("new order by desk, asked again: ")
        assert all(words.values())
        view = RecordedView("story", session, story.steps["passes"], STEP)
        assert seen(view).last_command == (
            "new order by desk, accepted: buy 0.0010 BTC/RUB at 8000000, limit gtc, account retail, 1 trade"
        )


def test_keys_step_and_jump(session: Recorded) -> None:
    view = RecordedView("venue", session, 50, STEP)
    assert seen(view).seq == 50
    assert not view.scene().is_paused
    view.step()
    view.step()
    assert seen(view).seq == 52
    view.back()
    assert (seen(view).seq, view.scene().state) == (51, "paused (step by step)")
    view.jump(" 1.5s ")
    assert seen(view).seq == session.index.seq_at(session.begin_ns + 1_500_000_000)
    for text, message in (
        ("nonsense", "'nonsense' is no moment"),
        (str(session.last_seq + 1), f"the session ends with sequence number {session.last_seq}"),
        ("1999-01-01", "before the session's first command"),
        ("9" * 19, "has no order"),
    ):
        with pytest.raises(Refused, match=message):
            view.jump(text)
    view.jump("1")
    assert seen(view).seq == 1
    with pytest.raises(Refused, match="first command"):
        view.back()
    view.choose(1)
    assert view.scene().chosen == ""
    view.close()


def test_keys_change_speed_and_pause(session: Recorded) -> None:
    view = RecordedView("venue", session, 100, STEP)
    assert seen(view).state == "step by step"
    for speed in SPEEDS:
        view.change_speed(1)
        assert view.scene().state == ("as fast as it can" if speed == MAX else f"speed {speed.name}")
    with pytest.raises(Refused, match="faster"):
        view.change_speed(1)
    view.change_speed(-1)
    assert view.scene().state == "speed 1000x"
    view.pause()
    assert (view.scene().is_paused, view.scene().state) == (True, "paused (speed 1000x)")
    view.change_speed(1)
    assert seen(view).seq == 100
    view.pause()
    assert seen(view).seq == session.last_seq
    view.close()
    slow = RecordedView("venue", session, 100, parse_speed("0.1x"))
    with pytest.raises(Refused, match="slower"):
        slow.change_speed(-1)
    slow.close()


def test_a_jump_can_be_given_up(session: Recorded) -> None:
    """The picture stays until the new one is there; nothing of a way that was left is kept open."""
    view = RecordedView("venue", session, session.last_seq, STEP)
    assert seen(view).seq == session.last_seq
    view.jump("20")
    assert view.scene().state == f"on the way to 20, at {session.last_seq}"
    assert view.scene().seq == session.last_seq
    view.jump("40")
    assert seen(view).seq == 40
    view.close()
