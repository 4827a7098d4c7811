from __future__ import annotations

import pickle
import re
from pathlib import Path
from typing import get_args

import msgspec
import pytest

from gateway.protocol.channel_messages import ChannelName
from loadtest.load.plan import mixes
from loadtest.load.plan.behaviours import behaviour_of
from loadtest.load.plan.desk import Desk
from loadtest.load.plan.mixes import Control, load_mix, mix_names, parse_mix
from loadtest.load.plan.rejects import KINDS
from loadtest.load.plan.settings import PARTS, Makers, Rejects, Takers
from loadtest.load.plan.shapes import SHAPES, PlanError
from tests.loadtest.load.plan.seated import Seated
from tests.support.places import ROOT

HEAD = 'title = "a"\nabout = "b"\n'
PART = '\n[[part]]\nbehaviour = "makers"\nweight = 1\n'


def test_the_named_mixes():
    assert mix_names() == (
        "amends",
        "auction-open",
        "bursts",
        "cancels",
        "day",
        "flash-crash",
        "makers",
        "rejects",
        "retail-day",
        "subscribers",
        "takers",
    )
    assert load_mix() == load_mix("day")
    assert len({load_mix(name).title for name in mix_names()}) == len(mix_names())


@pytest.mark.parametrize("name", [*mix_names(), "makers=0.7,takers=0.2,rejects=0.1", "auction-open=1,subscribers=2"])
def test_the_text_of_a_mix_is_the_mix(name: str):
    mix = load_mix(name)
    assert parse_mix(mix.text) == mix
    assert pickle.loads(pickle.dumps(mix)) == mix


def test_every_behaviour_is_in_a_named_mix_and_is_carried_out():
    used = {part.behaviour for name in mix_names() for part in load_mix(name).part}
    assert used == set(PARTS)
    desk = Desk(load_mix(), Seated().seat(), 10.0)
    for kind in PARTS.values():
        assert callable(behaviour_of(kind(weight=1.0), desk))


def test_a_sum_deals_weights_by_weight():
    mix = load_mix("takers=0.6,rejects=0.2")
    assert [(type(part), part.weight) for part in mix.part] == [
        (Takers, pytest.approx(0.3)),
        (Makers, pytest.approx(0.3)),
        (Rejects, 0.2),
    ]
    assert mix.title == "0.6 takers, 0.2 rejects"
    both = load_mix("makers=1,bursts=1,subscribers=1")
    assert both.arrivals == load_mix("bursts").arrivals
    assert both.subscribers == load_mix("subscribers").subscribers


def test_a_mix_may_be_a_file(tmp_path: Path):
    file = tmp_path / "own.toml"
    file.write_text(load_mix("day").text)
    assert load_mix(str(file)) == load_mix("day")
    assert len(load_mix(f"{file}=1,takers=1").part) == len(load_mix("day").part) + 2
    file.write_text(HEAD)
    with pytest.raises(PlanError, match=r"own\.toml: part: write \[\[part\]\]"):
        load_mix(str(file))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("title", "not valid TOML"),
        (HEAD, "part: write [[part]] above each part"),
        ('about = "b"' + PART, "missing required field `title`"),
        (HEAD + "speed = 1\n" + PART, "unknown field `speed`; known keys: title, about, instruments"),
        (HEAD + PART.replace("makers", "bulls"), "part[0].behaviour: unknown behaviour 'bulls'; known: makers, quotes"),
        (HEAD + PART + PART + "levels = 3", "part[1] (makers): Object contains unknown field `levels`; known keys: "),
        (HEAD + PART + 'value_rub = "1"', "part[0] (makers).value_rub: Expected `float`, got `str`"),
        (HEAD + PART.replace("= 1", "= 0"), "part[0] (makers).weight: Expected `float` > 0.0"),
        (HEAD + PART + "from = 0.7\nto = 0.5", "part[0] (makers).to: must be after `from`"),
        (HEAD + PART + "to = 0.5", "part: nothing is sent from 0.5 of the run on"),
        (HEAD + "drift = [[0.5, 1], [0.2, 1]]" + PART, "drift: corners come in order of time"),
        (HEAD + 'arrivals = "often"' + PART, "mix: unknown arrivals 'often'; known: poisson"),
        (HEAD + 'shape = "ramp"' + PART, "mix: shape ramp needs `to`"),
        (HEAD + 'kinds = ["swap"]' + PART, "kinds[0]: Invalid enum value 'swap'"),
        (HEAD + PART + "[subscribers]\nconnections = 1", "subscribers: Object missing required field `channels`"),
        (
            HEAD + PART + "[subscribers]\nmany = 1",
            "unknown field `many`; known keys: connections, channels, instruments, interval",
        ),
        (
            HEAD + PART + '[subscribers]\nconnections = 1\nchannels = ["candles"]\ninstruments = 1\ninterval = "2m"',
            "subscribers.interval: Invalid enum value '2m'",
        ),
        (
            HEAD + '[[part]]\nbehaviour = "questions"\nweight = 1\nlimit = 201',
            "part[0] (questions).limit: Expected `int` <= 200",
        ),
        (
            HEAD + PART + '[[control]]\ncommand = "x"\nwhen = 1',
            "control[0]: Object contains unknown field `when`; known ",
        ),
    ],
)
def test_what_is_wrong_is_named(text: str, says: str):
    with pytest.raises(PlanError) as caught:
        parse_mix(text)
    assert says in str(caught.value)


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("nothing", "unknown mix 'nothing'; there are amends, auction-open"),
        ("makers=0.5,nothing=1", "unknown mix 'nothing'"),
        ("makers=some", "write `name=weight,name=weight`, weights above zero"),
        ("makers=-1", "weights above zero"),
        ("makers=1,", "weights above zero"),
    ],
)
def test_what_is_wrong_with_a_name_is_said(source: str, says: str):
    with pytest.raises(PlanError) as caught:
        load_mix(source)
    assert says in str(caught.value)


def test_controls_come_in_time_for_each_instrument_that_is_traded():
    mix = load_mix("auction-open")
    listed = Seated().listed()
    names = [each.instrument for each in mix.traded(listed)]
    assert len(names) == 5
    controls = mix.controls(9.0, listed)
    assert [control.at_s for control in controls[::5]] == [0.0, 3.0, 4.0, 7.0, 8.0, 9.0]
    assert controls[5:7] == [
        Control(3.0, "set_phase", {"phase": "continuous", "reason": "load", "instrument": name}) for name in names[:2]
    ]
    assert {control.arguments["phase"] for control in controls[-5:]} == {"continuous"}
    assert load_mix("day").controls(9.0, listed) == []


def test_channels_are_those_of_the_venue():
    per_instrument = set(get_args(ChannelName)) - {"drop_copy", "changes", "index", "heartbeat"}
    known = get_args(mixes.Channel)
    assert set(known) == per_instrument


def test_what_is_traded_is_what_a_firm_may_trade():
    listed = Seated().listed()
    everything = msgspec.structs.replace(load_mix("day"), instruments=1_000, kinds=("spot", "note", "future"))
    assert {each.instrument for each in listed} - {each.instrument for each in everything.traded(listed)} == {
        "XMR/RUB",
        "ZEC/RUB",
        "DASH/RUB",
    }


def test_the_page_names_every_mix_and_reject_and_its_example_is_a_mix():
    page = (ROOT / "docs/LOAD.md").read_text(encoding="utf-8")
    rows = [row for row in page.splitlines() if row.startswith("| `")]
    named = [name for row in rows for name in re.findall(r"`([\w-]+)`", row.split("|")[1])]
    assert [name for name in (*mix_names(), *KINDS) if named.count(name) != 1 + (name in SHAPES)] == []
    example = re.search(r"```toml\n(title.*?)```", page, re.DOTALL)
    assert example is not None
    mix = parse_mix(example[1])
    assert [part.behaviour for part in mix.part] == ["quotes", "makers", "questions", "takers"]
    assert mix.subscribers is not None and mix.subscribers.interval == "1s"
