"""The house rules, checked on the syntax tree of every file: who may import whom, and what the pure folders may not use."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FOLDERS = ("engine", "compliance", "gateway", "loadtest", "tests")
PURE = ("engine", "compliance")
MAY_IMPORT = {
    "engine": {"engine"},
    "compliance": {"engine", "compliance"},
    "gateway": {"engine", "compliance", "gateway"},
    "loadtest": {"engine", "compliance", "gateway", "loadtest"},
    "tests": set(FOLDERS),
}
PURE_PACKAGES = {"sortedcontainers", "msgspec", "mypy_extensions"}
BANNED_MODULES = {"time", "random", "uuid", "socket"}
BANNED_NAMES = {"open", "float", "set", "frozenset"}
CLOCKS = {"now", "utcnow", "today"}
MAX_FILE_LINES = 480
MAX_FUNCTION_LINES = 75
# Of where the project is made, not of what it is.
FOREIGN_WORDS = ("/work/", "/tmp/", "pypi-more", "workplace")


def sources(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


def problems(folder: str, source: str) -> list[str]:
    """Everything in a source of `folder` that the house rules forbid, as `line: what`."""
    tree = ast.parse(source)
    found = [*import_problems(folder, tree), *length_problems(tree)]
    if folder in PURE:
        found += purity_problems(tree)
    return [f"{line}: {what}" for line, what in sorted(found)]


def imports(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Every module a file imports, wherever in the file; a relative import as a single dot."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            yield node.lineno, "." if node.level else node.module or "."


def import_problems(folder: str, tree: ast.Module) -> Iterator[tuple[int, str]]:
    for line, module in imports(tree):
        top = module.partition(".")[0]
        if module == ".":
            yield line, "relative import"
        elif not may_import(folder, top):
            yield line, f"{folder} may not import {top}"


def may_import(folder: str, top: str) -> bool:
    if top in FOLDERS:
        return top in MAY_IMPORT[folder]
    return folder not in PURE or top in sys.stdlib_module_names | PURE_PACKAGES


def length_problems(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > MAX_FUNCTION_LINES:
                yield node.lineno, f"{node.name} has {lines} lines"


def purity_problems(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for line, module in imports(tree):
        if module.partition(".")[0] in BANNED_MODULES:
            yield line, f"module {module}"
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id in BANNED_NAMES:
            yield node.lineno, f"name {node.id}"
        elif isinstance(node, ast.Attribute) and node.attr in CLOCKS:
            yield node.lineno, f"clock .{node.attr}"
        elif isinstance(node, ast.Set | ast.SetComp):
            yield node.lineno, "set literal"
        elif isinstance(node, ast.Constant) and isinstance(node.value, float | complex):
            yield node.lineno, f"float literal {node.value}"
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div):
            yield node.lineno, "true division makes a float"
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in {"__import__", "importlib.import_module"}:
            yield node.lineno, "dynamic import"
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and is_annotation_of_banned(node.value):
            yield node.lineno, f"annotation {node.value!r}"


def is_annotation_of_banned(text: str) -> bool:
    """Whether a string is a quoted annotation such as "set[int]"."""
    return text.partition("[")[0].strip() in BANNED_NAMES and ("[" in text or text == "float")


@pytest.mark.parametrize("folder", FOLDERS)
def test_house_rules(folder: str) -> None:
    files = sources(folder)
    assert files
    found = [
        f"{path.relative_to(ROOT)}:{problem}"
        for path in files
        for problem in problems(folder, path.read_text(encoding="utf-8"))
    ]
    assert found == []


def test_files_are_short_enough_to_read() -> None:
    lengths = {
        str(path.relative_to(ROOT)): path.read_text(encoding="utf-8").count("\n")
        for folder in FOLDERS
        for path in sources(folder)
    }
    assert {name: lines for name, lines in lengths.items() if lines > MAX_FILE_LINES} == {}


def test_the_project_speaks_of_itself_alone() -> None:
    files = [ROOT / name for name in ("pyproject.toml", "setup.py", "Makefile", ".ci/run")]
    files += [path for folder in FOLDERS for path in sources(folder) if path != Path(__file__)]
    files += [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    found = [
        f"{path.relative_to(ROOT)}: {word}"
        for path in files
        if path.exists()
        for word in FOREIGN_WORDS
        if word in path.read_text(encoding="utf-8")
    ]
    assert found == []


# Each breaks one rule on purpose: (folder, source, what the checker must say of it).
OFFENDERS = [
    ("engine", "import compliance.hook", "engine may not import compliance"),
    ("engine", "from gateway import journal", "engine may not import gateway"),
    ("engine", "def f() -> None:\n    import loadtest", "engine may not import loadtest"),
    ("engine", "import numpy as np", "engine may not import numpy"),
    ("engine", "from . import book", "relative import"),
    ("compliance", "from gateway.journal.writer import Journal", "compliance may not import gateway"),
    ("compliance", "import websockets", "compliance may not import websockets"),
    ("gateway", "from loadtest.demo.run import run", "gateway may not import loadtest"),
    ("gateway", "import tests.conftest", "gateway may not import tests"),
    ("loadtest", "import tests", "loadtest may not import tests"),
    ("engine", "import time", "module time"),
    ("engine", "from time import monotonic_ns", "module time"),
    ("compliance", "import random as chance", "module random"),
    ("engine", "import uuid", "module uuid"),
    ("engine", "import socket", "module socket"),
    ("engine", "x = __import__('time')", "dynamic import"),
    ("compliance", "import datetime\nx = datetime.datetime.now()", "clock .now"),
    ("compliance", "import datetime\nx = datetime.date.today()", "clock .today"),
    ("engine", "x = open('f')", "name open"),
    ("engine", "x = float(1)", "name float"),
    ("engine", "x = 0.5", "float literal 0.5"),
    ("engine", "x = 1e9", "float literal 1000000000.0"),
    ("engine", "x = 7 / 2", "true division makes a float"),
    ("engine", "def f(price: float) -> None: ...", "name float"),
    ("engine", "x: 'float' = 1", "annotation 'float'"),
    ("engine", "x: 'set[int]'", "annotation 'set[int]'"),
    ("engine", "x: list[set[int]] = []", "name set"),
    ("compliance", "x = {1, 2}", "set literal"),
    ("compliance", "x = {y for y in ()}", "set literal"),
    ("compliance", "x = frozenset()", "name frozenset"),
    ("loadtest", "def f():\n" + "    x = 1\n" * 80, "f has 81 lines"),
]


@pytest.mark.parametrize(("folder", "source", "expected"), OFFENDERS)
def test_each_rule_fails_when_broken(folder: str, source: str, expected: str) -> None:
    assert [problem.partition(": ")[2] for problem in problems(folder, source)] == [expected]


INNOCENTS = [
    ("engine", "from sortedcontainers import SortedDict\nimport msgspec\nimport hashlib\nx = {1: 2}\ny = 7 // 2"),
    ("engine", '"""A set of orders, open to all; a float would round."""\nx = \'set\''),
    ("compliance", "from engine.book.entities import Order\nfrom compliance.rulebook.format import Rulebook"),
    ("gateway", "import time\nx = {1, 2.5}\nMODULE = 'loadtest.bench.cli'"),
]


@pytest.mark.parametrize(("folder", "source"), INNOCENTS)
def test_what_is_allowed_passes(folder: str, source: str) -> None:
    assert problems(folder, source) == []
