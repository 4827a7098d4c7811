"""The report page asks nobody for anything, tells no figure that means nothing, and says what it must."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import msgspec
import pytest

from loadtest.load.page.page import page, typical, write_page
from loadtest.load.results.result import Capacity, Check, Result
from tests.support.loadtest.markup import Markup
from tests.support.loadtest.results import a_knee, result

FIGURE = re.compile(r"\d (?:µs|ms|ns)\b|\d/s\b")
"""A latency or a rate."""


@pytest.fixture(scope="module")
def whole() -> Result:
    """A result with everything in it."""
    return result(
        runs=2,
        knee=a_knee(),
        capacity=Capacity(4_000, 2, 8_000, True, "8,000 a second were held."),
        slo="p99 of round_trip at most 5 ms",
        slo_held=True,
    )


def brief(runs: int = 1, **changes: Any) -> Result:
    """A result with little to draw, for tests of what is said."""
    found = result(runs=runs, **changes)
    for run in found.runs:
        run.timeline, run.samples, run.measured = [], [], run.measured[:1]
    return found


@pytest.fixture(scope="module")
def text(whole: Result) -> str:
    return page(whole)


def test_it_needs_nothing_else(text: str) -> None:
    markup = Markup(text)
    assert markup.tags["script"] == markup.tags["iframe"] == markup.tags["img"] == 0
    assert markup.handlers == []
    inner = [reference for reference in markup.references if not reference.startswith("data:")]
    # What figures refer to is in the page; nothing else is referred to.
    assert inner and all(reference.startswith("#") for reference in inner)
    assert {reference[1:] for reference in inner} <= set(markup.ids)
    assert "@import" not in text
    assert len(text.encode()) < 2_000_000


def test_it_is_sound_markup_with_names_of_one_meaning(text: str) -> None:
    markup = Markup(text)
    assert markup.mistakes == []
    assert [name for name, count in markup.ids.items() if count > 1] == []
    assert text.startswith("<!DOCTYPE html>\n<html lang=")
    assert "<?xml" not in text and "<metadata" not in text


def test_the_same_result_gives_the_same_page(whole: Result, text: str, tmp_path: Path) -> None:
    write_page(tmp_path / "page.html", whole)
    assert (tmp_path / "page.html").read_text(encoding="utf-8") == text


def test_it_says_what_there_is_to_say(text: str) -> None:
    words = Markup(text).words
    for word in (
        "A day <of> & quoting",
        "Half of ",
        "The highest rate held is 8,250 requests a second, 8,000 to 8,500 in 2 searches",
        "The venue has 2 times the capacity of its peak of 4,000 a second",
        "What the limit was: none reached",
        "Latency by percentile: requests",
        "Latency over time",
        "Throughput over time",
        "Latency over time, every request",
        "Commands in a batch",
        "Writing and syncing the journal",
        "CPU",
        "The search for the knee",
        "RET-1",
        "messages delivered to 20 subscribers",
        "every request answered",
        "The venue's rate limits were lifted.",
        'behaviour = "makers"',
        "AMD EPYC 7763",
        "picows 2.3.1",
        "sbx load --mix day --rate 500",
        "docs/LOAD.md",
    ):
        assert word in words, word


def test_plots_have_text_and_a_name(text: str) -> None:
    assert len(re.findall(r'<svg viewBox="0 0 [\d. ]+" role="img" aria-label="[^"]+">', text)) == text.count("<svg")
    assert text.count("<svg") == 9
    assert ">99.9%</text>" in text
    assert "DejaVu" not in text
    # The colours that stand for variables are all replaced.
    assert not re.search(r"#(?:010203|040506|070809|0a0b0c)", text)


def test_a_failed_check_leaves_no_figure() -> None:
    found = result(knee=a_knee(), notes=[])
    found.runs[0].checks.append(Check("no order lost", "failed", "3 of <1000> orders have no answer"))
    text = page(found)
    words = Markup(text).words
    assert "A check failed, so there are no figures" in words
    assert words.count("no order lost") == 2
    assert "3 of <1000> orders have no answer" in words
    assert "<svg" not in text
    told = words[: words.index("How to read it")].replace(found.shape, "")
    assert FIGURE.findall(told) == []


def test_a_generator_that_was_behind_is_said_loudly() -> None:
    found = brief()
    found.runs[0].generator.is_behind = True
    found.runs[0].generator.detail = "Its schedule slipped by 3 s."
    text = page(found)
    words = Markup(text).words
    assert "The generator was behind its own schedule: every figure here is the generator's" in words
    assert words.count("the generator's figures, not the venue's") >= 3
    assert 'class="verdict bad"' in text


def test_a_closed_loop_is_warned_of() -> None:
    words = Markup(page(brief(arrivals="closed"))).words
    assert "This was a closed loop" in words
    assert "This was a closed loop" not in Markup(page(brief())).words


def test_little_is_told_of_little() -> None:
    """A run without a timeline, samples, subscribers or rejects; and a search alone."""
    found = result(notes=[])
    run = found.runs[0]
    run.timeline, run.samples, run.refused, run.delivered = [], [], {}, 0
    run.measured = [each for each in run.measured if each.group == "round_trip"]
    markup = Markup(page(found))
    assert (markup.tags["svg"], markup.mistakes) == (1, [])
    for heading in ("Over time", "Refused, by rule", "Market data", "Notes", "Search"):
        assert f"\n{heading}\n" not in markup.words
    run.measured = []
    assert Markup(page(found)).tags["svg"] == 0
    alone = Markup(page(result(runs=0, knee=a_knee())))
    assert "Nothing was run." in alone.words
    assert (alone.tags["svg"], alone.mistakes) == (1, [])


def test_over_time_it_shows_the_run_in_the_middle() -> None:
    runs = result(runs=3).runs
    by_p99 = sorted(range(3), key=lambda place: runs[place].latency().p99_ns)
    assert typical(runs) == by_p99[1]
    assert typical(runs[:1]) == 0


def test_a_check_stands_once_with_what_is_gravest() -> None:
    found = brief(runs=2)
    found.runs[1].checks[0] = Check("every request answered", "unchecked", "not looked at")
    words = Markup(page(found)).words
    assert words.count("every request answered") == 1
    assert "run 2: not looked at" in words


def test_the_longest_run_is_still_a_small_page() -> None:
    found = result()
    run = found.runs[0]
    run.timeline = [
        msgspec.structs.replace(run.timeline[at % 12], start_s=float(at), is_warm_up=at < 2) for at in range(3_600)
    ]
    run.samples = [msgspec.structs.replace(run.samples[at % 12], at_s=float(at)) for at in range(3_600)]
    assert len(page(found).encode()) < 2_000_000
