"""docs/PYTHON.md: its programs run, in order, and print what it says; its list of names is that of the package."""

from __future__ import annotations

import io
import re
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import pytest

import sandbox_exchange as sbx
from tests.support.gateway.processes.live_venue import live_venue
from tests.support.places import ROOT

pytest.importorskip("pyarrow")

PAGE = ROOT / "docs" / "PYTHON.md"
PROGRAM = re.compile(r"```python\n(.*?)```\n(?:\n```text\n(.*?)```\n)?", re.DOTALL)


def test_its_programs_print_what_it_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    programs = PROGRAM.findall(PAGE.read_text(encoding="utf-8"))
    assert len(programs) > 10
    monkeypatch.chdir(tmp_path)
    with live_venue(tmp_path / "my-venue") as served:
        names: dict[str, Any] = {"url": served.url}
        try:
            for program, said in programs:
                printed = io.StringIO()
                with redirect_stdout(printed):
                    exec(compile(program, PAGE.name, "exec"), names)
                assert printed.getvalue() == said
        finally:
            names["venue"].close()


def test_it_has_every_name_that_stays(tmp_path: Path) -> None:
    _, _, table = PAGE.read_text(encoding="utf-8").partition("| name | |\n")
    rows = [line.split("|")[1] for line in table.splitlines()[1:] if line.startswith("|")]
    listed = [name for row in rows for name in re.findall(r"`(\w+)`", row)]
    assert sorted(listed) == sorted(sbx.__all__)
    assert sbx.__all__ == sorted(sbx.__all__, key=lambda name: (not name.isupper(), not name[0].isupper(), name))
    assert all(hasattr(sbx, name) for name in sbx.__all__)


def test_the_program_in_the_readme_prints_what_its_comments_say() -> None:
    programs = [program for program, _ in PROGRAM.findall((ROOT / "README.md").read_text(encoding="utf-8"))]
    (program,) = [each for each in programs if "sandbox_exchange" in each]
    names: dict[str, Any] = {}
    printed = io.StringIO()
    with redirect_stdout(printed):
        exec(compile(program, "README.md", "exec"), names)
    names["venue"].close()
    comments = re.findall(r"  # (.*)$", program, re.MULTILINE)
    assert len(comments) == len(printed.getvalue().splitlines()) == 2
    for comment, line in zip(comments, printed.getvalue().splitlines(), strict=True):
        # What is left out stands for anything.
        assert re.fullmatch(".*".join(map(re.escape, comment.split("..."))), line), line
