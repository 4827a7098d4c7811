"""Scenario tables as text: files of scenarios, scenarios of steps. The language is described in tests/scenarios/README.md."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec

ARROW = "->"
CITES = "cites:"
STATEMENT = re.compile(r"[A-Z]+-[1-9][0-9]*")
"""The number of a statement in a document, as `M-12`."""


class ScenarioError(ValueError):
    """A table can't be read, or says something that makes no sense; the message names the line."""


class Step(msgspec.Struct):
    """One line: what is sent or looked at, and the events it must cause; `expected` None: nothing was stated."""

    line: int
    text: str
    expected: list[str] | None


class Scenario(msgspec.Struct):
    """A title a trader understands, and steps."""

    topic: str
    title: str
    line: int
    steps: list[Step]
    cites: list[str] = []
    """The statements that it shows, by their numbers."""

    @property
    def name(self) -> str:
        """What tells it from all others."""
        return f"{self.topic}/{self.title}"


def parse_topic(topic: str, text: str) -> list[Scenario]:
    """Read the scenarios of one file.

    Raises:
        ScenarioError: a line belongs to no scenario, a title comes twice, a scenario has no steps, or what it cites is no
            list of statements at its beginning.
    """
    scenarios: list[Scenario] = []
    for line, content in _logical_lines(topic, text):
        if content.startswith("scenario:"):
            title = content.removeprefix("scenario:").strip()
            if not title or title in [each.title for each in scenarios]:
                raise ScenarioError(f"{topic}, line {line}: a scenario needs a title of its own")
            scenarios.append(Scenario(topic, title, line, []))
        elif content.startswith(CITES):
            if not scenarios or scenarios[-1].steps or scenarios[-1].cites:
                raise ScenarioError(f"{topic}, line {line}: `{CITES}` stands once, right below `scenario: TITLE`")
            scenarios[-1].cites = _statements(topic, line, content.removeprefix(CITES))
        elif not scenarios:
            raise ScenarioError(f"{topic}, line {line}: a file begins with `scenario: TITLE`")
        else:
            what, arrow, result = content.partition(ARROW)
            expected = _split(result) if arrow else None
            scenarios[-1].steps.append(Step(line, _squeeze(what), expected))
    for scenario in scenarios:
        if not scenario.steps:
            raise ScenarioError(f"{topic}, line {scenario.line}: a scenario without steps")
    return scenarios


def load_topics(directory: Path, topic: str = "") -> list[Scenario]:
    """Read every `*.txt` of a directory, or the one of a topic, in the order of their names.

    Raises:
        ScenarioError: there is none, or one can't be read.
    """
    paths = sorted(directory.glob(f"{topic or '*'}.txt"))
    if not paths:
        found = ", ".join(path.stem for path in sorted(directory.glob("*.txt")))
        hint = f"topics there: {found}" if found else "name a directory of scenario tables with --dir"
        raise ScenarioError(f"no scenarios{f' of topic {topic}' if topic else ''} in {directory}; {hint}")
    return [scenario for path in paths for scenario in parse_topic(path.stem, _text(path))]


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ScenarioError(f"{path} can't be read: {error}") from error


def _logical_lines(topic: str, text: str) -> list[tuple[int, str]]:
    """Lines without comments; one that begins with `->` or `;` goes on with the line before."""
    lines: list[tuple[int, str]] = []
    for number, raw in enumerate(text.splitlines(), 1):
        content = raw.partition("#")[0].strip()
        if not content:
            continue
        if content.startswith((ARROW, ";")):
            if not lines:
                raise ScenarioError(f"{topic}, line {number}: there is no line to go on with")
            first, before = lines[-1]
            lines[-1] = (first, f"{before} {content}")
        else:
            lines.append((number, content))
    return lines


def _statements(topic: str, line: int, text: str) -> list[str]:
    """The numbers of a `cites:` line."""
    found = [part.strip() for part in text.split(",")]
    wrong = [part for part in found if not STATEMENT.fullmatch(part)]
    if wrong or len(set(found)) < len(found):
        raise ScenarioError(f"{topic}, line {line}: `{CITES}` lists statements, each once, as `{CITES} M-12, C-3`")
    return found


def _split(result: str) -> list[str]:
    """The events of a line; `nothing` is none."""
    events = [_squeeze(part) for part in result.split(";") if part.strip()]
    return [] if events == ["nothing"] else events


def _squeeze(text: str) -> str:
    return " ".join(text.split())
