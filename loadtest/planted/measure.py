"""How well the detectors do: sessions of many seeds, counted, with intervals; and the table of the document made of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final

from compliance.surveillance.catalogue import DETECTORS, settings_of
from loadtest.planted.ground.plot import STRENGTHS
from loadtest.planted.intervals import rate, share
from loadtest.planted.session import MEASURING, MINUTES, TUNING, run

CLEAN: Final = "clean"
"""Sessions in which nothing is planted."""
KINDS: Final = (CLEAN, *STRENGTHS)
BEGINS: Final = "<!-- measured: begins -->"
ENDS: Final = "<!-- measured: ends -->"


class SeedsMixed(ValueError):
    """Seeds of tuning were to be used for measuring, or the other way round."""


@dataclass
class Counted:
    """One session, as counts."""

    seed: int
    strength: str
    """Of `KINDS`."""
    found: list[str]
    right: dict[str, int]
    other: dict[str, int]
    wrong: dict[str, int]
    rows: int
    events: int
    minutes: float
    notes: list[str] = field(default_factory=list)
    """Of reports about nobody who did anything."""


@dataclass
class Measured:
    """Many sessions."""

    document: str
    """The parameters, as TOML; empty: as they are declared."""
    sessions: list[Counted]

    @property
    def versions(self) -> dict[str, str]:
        """The version of each detector that was measured."""
        return {name: each.version for name, each in settings_of(self.document).items()}


def count(strength: str, seed: int, document: str, minutes: float) -> Counted:
    """Run one session of a seed, and count."""
    outcome = run(seed, "" if strength == CLEAN else strength, settings_of(document), minutes=minutes)
    return Counted(
        seed=seed,
        strength=strength,
        found=sorted(outcome.found),
        right=dict(sorted(outcome.right.items())),
        other=dict(sorted(outcome.other.items())),
        wrong=dict(sorted(outcome.wrong.items())),
        rows=outcome.rows,
        events=outcome.events,
        minutes=minutes,
        notes=outcome.wrong_notes,
    )


def _one(asked: tuple[str, int], document: str, minutes: float) -> Counted:
    return count(asked[0], asked[1], document, minutes)


def measure(
    seeds: Sequence[int],
    *,
    is_tuning: bool = False,
    document: str = "",
    minutes: float = MINUTES,
    processes: int = 1,
    tell: Callable[[Counted], None] = lambda counted: None,
) -> Measured:
    """Run a clean session and one of each strength for each seed.

    Raises:
        SeedsMixed: a seed is not of the kind that is used for this.
    """
    allowed = TUNING if is_tuning else MEASURING
    strangers = [seed for seed in seeds if seed not in allowed]
    if strangers:
        what = "tuning" if is_tuning else "measuring"
        raise SeedsMixed(f"seed {strangers[0]} is none of those for {what}: {allowed.start} to {allowed.stop - 1}")
    asked = [(strength, seed) for seed in seeds for strength in KINDS]
    one = partial(_one, document=document, minutes=minutes)
    sessions: list[Counted] = []

    def take(counted: Iterable[Counted]) -> None:
        for each in counted:
            sessions.append(each)
            tell(each)

    if processes == 1:
        take(map(one, asked))
    else:
        with ProcessPoolExecutor(processes) as pool:
            take(pool.map(one, asked))
    return Measured(document, sessions)


# ── kept ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def save(measured: Measured, file: Path) -> None:
    """Write what was measured: a line for each session, so that a change shows which."""
    lines = [json.dumps(_plain(each), sort_keys=True) for each in measured.sessions]
    head = json.dumps({"document": measured.document, "versions": measured.versions}, sort_keys=True)
    file.write_text("\n".join([head, *lines, ""]), encoding="utf-8")


def load(file: Path) -> tuple[Measured, dict[str, str]]:
    """Read what `save` wrote; returns it with the versions that were measured."""
    head, *lines = file.read_text(encoding="utf-8").splitlines()
    about: dict[str, Any] = json.loads(head)
    return Measured(about["document"], [Counted(**json.loads(line)) for line in lines]), about["versions"]


def _plain(counted: Counted) -> dict[str, Any]:
    return dict(vars(counted))


# ── the table ──────────────────────────────────────────────────────────────────────────────────────────────────────


def table(measured: Measured) -> str:
    """What was measured as Markdown, with 95 % intervals."""
    by_kind = {kind: [each for each in measured.sessions if each.strength == kind] for kind in KINDS}
    clean = by_kind[CLEAN]
    hours = sum(each.minutes for each in clean) / 60
    many = len(by_kind[STRENGTHS[0]])
    lines = [
        (
            f"{many} sessions of each strength, {len(clean)} clean ones of {hours:.1f} hours together, "
            f"{sum(each.rows for each in measured.sessions):,} rows."
        ),
        "",
        "| detector | version | "
        + " | ".join(f"recall, {each}" for each in STRENGTHS)
        + " | precision | false on clean flow |",
        "|---|---|" + "---|" * (len(STRENGTHS) + 2),
    ]
    for name, version in measured.versions.items():
        cells = [_share(sum(name in each.found for each in by_kind[kind]), many) for kind in STRENGTHS]
        planted = [each for kind in STRENGTHS for each in by_kind[kind]]
        right, other, wrong = (
            sum(getattr(each, what).get(name, 0) for each in planted) for what in ("right", "other", "wrong")
        )
        precision = _share(right, right + other + wrong) + (f"; {other} of another act" if other else "")
        false = sum(each.wrong.get(name, 0) for each in clean)
        low, high = rate(false, hours)
        cells += [precision, f"{false}: {low:.2f} to {high:.2f} an hour"]
        lines.append(f"| `{name}` | `{version}` | " + " | ".join(cells) + " |")
    assert set(measured.versions) == set(DETECTORS)
    return "\n".join(lines)


def _share(hits: int, trials: int) -> str:
    if not trials:
        return "no report"
    low, high = share(hits, trials)
    return f"{hits}/{trials}: {100 * low:.0f} to {100 * high:.0f} %"


def in_document(text: str, made: str) -> str:
    """A document with the table in its place.

    Raises:
        ValueError: the document has no place for it.
    """
    head, begins, rest = text.partition(BEGINS)
    _, ends, tail = rest.partition(ENDS)
    if not begins or not ends:
        raise ValueError(f"there is no {BEGINS} ... {ENDS} in the document")
    return f"{head}{BEGINS}\n\n{made}\n\n{ENDS}{tail}"
