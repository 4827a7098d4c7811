"""docs/SUPERVISOR.md: its commands, run in order on a live venue, print what the page says; docs/SUPERVISOR.ru.md has the same tasks."""

from __future__ import annotations

import re
import shlex
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from gateway.cli.main import group
from gateway.client import OrderRejected
from gateway.keys import new_private_key, write_private_key
from gateway.venue.template import write_default_venue
from tests.support.gateway.processes.controlled import Controlled
from tests.support.gateway.processes.live_venue import live_venue
from tests.support.gateway.venues.four_eyes import entry
from tests.support.places import ROOT

PAGE = (ROOT / "docs" / "SUPERVISOR.md").read_text(encoding="utf-8")
IN_RUSSIAN = (ROOT / "docs" / "SUPERVISOR.ru.md").read_text(encoding="utf-8")
GLOSSARY = "## Слова в выводе\n"
"""What the Russian page has beyond the other: the words of the output, explained."""
PROPOSAL = r"(?:waits for a second approval: proposal|ждёт второго одобрения: предложение) (\d+)"
LEFT_OUT = "..."
"""A line that stands for what the page does not show."""


def blocks(page: str = PAGE) -> Iterator[tuple[str, list[str]]]:
    """Each command of a page, with the lines that it prints there."""
    for block in re.findall(r"```console\n(.*?)```", page, re.DOTALL):
        for part in block.split("$ sbx ")[1:]:
            command, *lines = part.rstrip("\n").split("\n")
            yield command, lines


def varying(text: str) -> str:
    """A text without what differs from run to run: times, days alone, digests, ports, numbers of commands, ids of clients."""
    text = re.sub(r"^\d{4}-\d\d-\d\d$", "DAY", text, flags=re.MULTILINE)
    text = re.sub(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+Z?)?", "TIME", text)
    text = re.sub(r"\b\d{4}-\d\d-\d\d\b", "DATE", text)
    text = re.sub(r"\b[0-9a-f]{64}\b", "DIGEST", text)
    text = re.sub(r"\b\d\d:\d\d:\d\d(\.\d+)?", "TIME", text)
    text = re.sub(r"\b[0-9a-f]{8}-\d+\b", "ID", text)
    text = re.sub(r"\bws://127\.0\.0\.1:\d+", "URL", text)
    return re.sub(r"\b\d{3}\b", "SEQ", text)


def missing(lines: list[str], printed: list[str]) -> str | None:
    """The first line of the page that is not printed in its place; None: there is none."""
    place, skips = 0, False
    for line in lines:
        if line == LEFT_OUT:
            skips = True
            continue
        if skips:
            place = next((at for at in range(place, len(printed)) if printed[at] == line), len(printed))
        if place == len(printed) or printed[place] != line:
            return line
        place, skips = place + 1, False
    return None if skips or place == len(printed) else f"then nothing, not {printed[place]}"


def tasks(page: str) -> Iterator[tuple[str, tuple[list[str], Counter[str]]]]:
    """The tasks of a page and its texts between them: what each begins with, and the commands, outputs and codes that it has."""
    for part in re.split(r"\n(?=## |\*\*)", page):
        # Of what is typed the commands alone: what a command prints is in the language of the page.
        fenced = [
            "\n".join(re.findall(r"^\$ .*", block, re.MULTILINE)) if block.startswith("```console") else block
            for block in re.findall(r"```.*?```", part, re.DOTALL)
        ]
        rest = re.sub(r"```.*?```", "", part, flags=re.DOTALL)
        yield part.partition("\n")[0][:60], (fenced, Counter(re.findall(r"`([^`\n]+)`", rest)))


def lacking(page: str, other: str) -> list[str]:
    """The tasks of a page that another page does not have, or has with something else in them; then those in another order."""
    found = [has for _, has in tasks(other)]
    lacks = [task for task, has in tasks(page) if has not in found]
    return lacks or [task for (task, has), expected in zip(tasks(page), found, strict=False) if has != expected]


def test_the_russian_page_has_the_same_tasks() -> None:
    russian, _, glossary = IN_RUSSIAN.partition(GLOSSARY)
    assert glossary
    assert lacking(PAGE, russian) == [], (
        "docs/SUPERVISOR.ru.md lacks these tasks of docs/SUPERVISOR.md, or their commands and outputs"
    )
    assert lacking(russian, PAGE) == [], "docs/SUPERVISOR.md lacks these tasks of docs/SUPERVISOR.ru.md"
    # Russian it is: every task is told in Cyrillic letters.
    assert [task for task, _ in tasks(russian) if not re.search("[а-я]{4}", task)] == []


def test_a_task_that_a_page_lacks_is_named() -> None:
    one = "# A\n\n**Halt.** `x`\n```\nsbx\n```\n\n**Resume.** `y`\n"
    assert lacking(one, one.replace("Halt", "Stop")) == []
    assert lacking(one, one.replace("`y`", "`z`")) == ["**Resume.** `y`"]
    assert lacking(one, one.replace("sbx", "sbx at")) == ["**Halt.** `x`"]
    assert lacking(one, "# A\n\n**Resume.** `y`\n") == ["**Halt.** `x`"]
    swapped = "# A\n\n**Resume.** `y`\n\n**Halt.** `x`\n```\nsbx\n```\n"
    assert lacking(one, swapped) == ["**Halt.** `x`", "**Resume.** `y`"]


def test_a_line_that_is_not_printed_is_found() -> None:
    assert missing(["a", LEFT_OUT, "c"], ["a", "b", "c"]) is None
    assert missing(["a", LEFT_OUT], ["a"]) is None
    assert missing(["a", "c"], ["a", "b", "c"]) == missing([LEFT_OUT, "c", "c"], ["b", "c"]) == "c"
    assert missing(["a"], ["a", "b"]) == "then nothing, not b"


@pytest.mark.parametrize(("page", "lang"), [(PAGE, "en"), (IN_RUSSIAN, "ru")], ids=["english", "russian"])
def test_the_commands_of_a_page_print_what_it_says(
    page: str, lang: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SBX_LANG", lang)
    write_default_venue(Path("venue"), datetime.now(UTC).date(), "general-2026")
    name_another_supervisor(Path("venue"))
    with live_venue(Path("venue")) as venue:
        monkeypatch.setenv("SBX_URL", venue.url)
        monkeypatch.setenv("SBX_KEY", "venue/keys/supervisor.pem")
        refused = story(Controlled(venue))
        commands, proposal = 0, ""
        for command, lines in blocks(page):
            words = shlex.split(command)
            if words[0] in {"explain", "order"}:
                # The order that was refused, and daria's last one before it.
                words[2] = str(refused - 2 * (words[0] == "order"))
            if "approve" in words:
                words[words.index("approve") + 1] = proposal
            found = CliRunner().invoke(group, words, catch_exceptions=False)
            printed = [line.rstrip() for line in varying(found.output).rstrip("\n").split("\n")]
            wrong = missing([varying(line) for line in lines], printed)
            assert wrong is None, f"{command}: expected {wrong} in\n{found.output}"
            proposal = (re.findall(PROPOSAL, found.output) or [proposal])[0]
            assert found.exit_code == 2 * lines[0].startswith(("Error", "Ошибка")), command
            commands += 1
        assert commands > 15


def name_another_supervisor(directory: Path) -> None:
    """Let the venue file name a second one, with a key beside the others."""
    key = new_private_key()
    write_private_key(directory / "keys" / "second.pem", key)
    with (directory / "venue.toml").open("a", encoding="utf-8") as file:
        file.write(entry("second", key=key))


def story(desk: Controlled) -> int:
    """What happens before a supervisor comes; returns the number of the order that is refused."""
    desk.trade()
    desk.rest("boris", "boris.main", 7_700_000, 7_710_000)
    desk.rest("broker-north", "daria.north", 7_700_000, 7_710_000)
    desk.rest("broker-north", "lev.north", 7_700_000)
    with pytest.raises(OrderRejected) as refused:
        desk.rest("broker-north", "daria.north", 8_000_000, quantity="0.05")
    assert refused.value.rule == "RET-1"
    return refused.value.message.order_id
