"""One session: ordinary flow, one act of each kind in it, and what the detectors said."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass, field
from typing import Final

from compliance.surveillance.base.parameters import Settings
from compliance.surveillance.surveillance import Episode, Surveillance
from engine.vocabulary.limits import NS_PER_SECOND
from engine.vocabulary.messages.commands import AnyCommand
from engine.vocabulary.messages.events import Event
from loadtest.planted.ground.ordinary import people
from loadtest.planted.ground.plot import Plot
from loadtest.planted.ground.stage import Stage
from loadtest.planted.plants.catalogue import PLANTS

MINUTES: Final = 15
WARM_S: Final = 60.0
"""Books fill before anything is planted."""
LATE_S: Final = 60.0
"""What is reported so long after an act is still of it."""
TUNING: Final = range(1_000)
MEASURING: Final = range(10_000, 20_000)
"""Seeds. Those of one kind are never used for the other."""


@dataclass
class Outcome:
    """What came of one session."""

    plots: list[Plot] = field(default_factory=list)
    right: dict[str, int] = field(default_factory=dict)
    """Reports by detector that are about an act of its kind."""
    other: dict[str, int] = field(default_factory=dict)
    """That are about an act of another kind."""
    wrong: dict[str, int] = field(default_factory=dict)
    """That are about nobody who did anything."""
    found: dict[str, int] = field(default_factory=dict)
    """Acts, by kind, that a report of its kind is about."""
    delays_s: list[float] = field(default_factory=list)
    """From the beginning of each act that was found to the report, in the venue's time."""
    wrong_notes: list[str] = field(default_factory=list)
    rows: int = 0
    events: int = 0
    minutes: float = 0.0
    took_s: float = 0.0
    """In the detectors alone."""
    refused: dict[str, int] = field(default_factory=dict)


def run(seed: int, strength: str, settings: dict[str, Settings], *, minutes: float = MINUTES) -> Outcome:
    """Run one session.

    Args:
        seed: of all chance in it.
        strength: of what is planted; empty: nothing is.
        settings: of the detectors.
        minutes: how long it lasts, by the venue's clock.
    """
    surveillance = Surveillance(settings)
    outcome = Outcome(minutes=minutes)
    episodes: list[Episode] = []

    def watch(seq: int, time_ns: int, command: AnyCommand, events: list[Event]) -> None:
        began = time.perf_counter()
        episodes.extend(surveillance.take(seq, time_ns, command, events))
        outcome.took_s += time.perf_counter() - began
        outcome.rows += 1
        outcome.events += len(events)

    stage = Stage(seed, watch)
    people(stage, minutes * 60)
    source = random.Random(stage.source.getrandbits(64))
    if strength:
        for kind, act in PLANTS.items():
            plot = Plot(kind, strength, stage, random.Random(source.getrandbits(64)))
            outcome.plots.append(plot)
            latest = max(minutes * 60 - 7 * 60, WARM_S + 1)
            stage.add(plot.run(act, source.uniform(WARM_S, latest)))
    stage.run(minutes * 60)
    outcome.refused = stage.refused
    _judge(outcome, episodes)
    return outcome


def _judge(outcome: Outcome, episodes: list[Episode]) -> None:
    found: dict[str, Episode] = {}
    for episode in episodes:
        of = [
            plot
            for plot in outcome.plots
            if plot.covers(episode.time_ns, LATE_S)
            and any(account in plot.accounts for account in episode.finding.accounts)
        ]
        same = [plot for plot in of if plot.kind == episode.detector]
        if same:
            kind = outcome.right
            found.setdefault(same[0].kind, episode)
        elif of:
            kind = outcome.other
        else:
            kind = outcome.wrong
            outcome.wrong_notes.append(f"{episode.detector}: {episode.finding.note}")
        kind[episode.detector] = kind.get(episode.detector, 0) + 1
    for plot in outcome.plots:
        first = found.get(plot.kind)
        if first is not None:
            outcome.found[plot.kind] = 1
            outcome.delays_s.append((first.time_ns - plot.begin_ns) / NS_PER_SECOND)
