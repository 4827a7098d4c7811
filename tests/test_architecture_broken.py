"""Each house rule, broken on purpose: the checker must say so, and must pass what is sound."""

from __future__ import annotations

import pytest

from tests.support.architecture import Module, Rooms, circles, excesses, problems, room_problems
from tests.test_architecture import ROOMS

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
    ("gateway", "import sandbox_exchange", "gateway may not import sandbox_exchange"),
    ("sandbox_exchange", "from tests.support import places", "sandbox_exchange may not import tests"),
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
]


@pytest.mark.parametrize(("folder", "source", "expected"), OFFENDERS)
def test_each_rule_fails_when_broken(folder: str, source: str, expected: str) -> None:
    found = problems(Module(f"{folder}/planted.py", source), ROOMS)
    assert [problem.partition(": ")[2] for problem in found] == [expected]


INNOCENTS = [
    ("engine", "from sortedcontainers import SortedDict\nimport msgspec\nimport hashlib\nx = {1: 2}\ny = 7 // 2"),
    ("engine", '"""A set of orders, open to all; a float would round."""\nx = \'set\''),
    ("compliance", "from engine.book.entities import Order\nfrom compliance.rulebook.rulebook import Rulebook"),
    ("gateway", "import time\nx = {1, 2.5}\nMODULE = 'loadtest.bench.cli'"),
]


@pytest.mark.parametrize(("folder", "source"), INNOCENTS)
def test_what_is_allowed_passes(folder: str, source: str) -> None:
    assert problems(Module(f"{folder}/planted.py", source), ROOMS) == []


DOCSTRING = '"""What it is."""'
SOUND = {
    "engine/__init__.py": DOCSTRING,
    "engine/book/__init__.py": DOCSTRING,
    "engine/book/levels.py": "from engine.vocabulary import codes\nfrom engine.vocabulary.messages.commands import Cancel",
    "engine/vocabulary/__init__.py": DOCSTRING,
    "engine/vocabulary/codes.py": "X = 1",
    "engine/vocabulary/messages/__init__.py": DOCSTRING,
    "engine/vocabulary/messages/commands.py": "import msgspec\n\nclass Cancel(msgspec.Struct): ...\n\nAny = Cancel | None",
    "gateway/__init__.py": DOCSTRING,
    "gateway/client/__init__.py": DOCSTRING,
    "gateway/client/client.py": "def f(self, b, c, d, e, *, g, h): ...\n\n@click.command()\ndef g(a, b, c, d, e, f): ...",
    "tests/__init__.py": DOCSTRING,
    "tests/engine/__init__.py": "",
    "tests/engine/book/__init__.py": "",
    "tests/engine/book/test_levels.py": "def test_all(a, b, c, d, e, f): ...",
}


def verdict(sources: dict[str, str]) -> list[str]:
    """Everything that is wrong with a small tree."""
    tree = [Module(path, source) for path, source in sources.items()]
    return [
        *(f"{module.path}:{problem}" for module in tree for problem in problems(module, ROOMS)),
        *room_problems(tree, ROOMS),
        *("circle of " + ", ".join(circle) for circle in circles(tree)),
        *(f"{name}: {size}" for module in tree for name, size in excesses(module).items()),
    ]


def test_a_sound_tree_passes() -> None:
    assert verdict(SOUND) == []


# Each is planted in the sound tree: (path, source, what the checker must say of it, after its path).
PLANTED = [
    ("engine/vocabulary/a.py", "from engine.book import levels", "1: engine.vocabulary may not import engine.book"),
    ("engine/vocabulary/a.py", "import engine.book.levels", "1: engine.vocabulary may not import engine.book"),
    (
        "engine/vocabulary/a.py",
        "def f():\n    from engine import book",
        "2: engine.vocabulary may not import engine.book",
    ),
    ("engine/book/a.py", "import engine.replay", "1: engine.book may not import engine"),
    ("gateway/client/a.py", "from engine.book.levels import X", "1: gateway.client may not import engine.book"),
    ("gateway/client/a.py", "import gateway.keys", "1: gateway.client may not import gateway"),
    ("tests/engine/book/a.py", "import tests.engine.helper", "1: tests.engine.book may not import tests.engine"),
    ("tests/engine/book/a.py", "import gateway.keys", "1: tests.engine.book may not import gateway"),
    ("engine/book/__init__.py", "", "engine.book: __init__.py does not say in a sentence what it is"),
    ("engine/book/__init__.py", '"""Books"""', "engine.book: __init__.py does not say in a sentence what it is"),
    ("engine/depth/__init__.py", DOCSTRING, "engine.depth: has no row"),
    ("engine/money/margin.py", "", "engine.money: has no __init__.py"),
    ("tests/engine/depth/__init__.py", DOCSTRING, "tests.engine.depth: has no row"),
    ("engine/book/a.py", "import msgspec\nclass A(msgspec.Struct): ...", "2: Struct A outside a folder messages"),
    ("engine/book/a.py", "from msgspec import Struct\nclass A(Struct): ...", "2: Struct A outside a folder messages"),
    (
        "engine/book/a.py",
        "from engine.vocabulary.messages.commands import Cancel\nclass A(Cancel): ...",
        "2: Struct A outside a folder messages",
    ),
    (
        "engine/book/a.py",
        "from engine.vocabulary.messages import commands\nclass A(commands.Cancel): ...",
        "2: Struct A outside a folder messages",
    ),
    ("engine/book/a.py", "import msgspec\nA = msgspec.defstruct('A', [])", "2: defstruct outside a folder messages"),
    ("engine/vocabulary/messages/a.py", "def f(): ...", "1: no message: def f():"),
    ("engine/vocabulary/messages/a.py", "class A: ...", "1: no message: class A:"),
    ("gateway/client/a.py", "x = 1\n" * 401, " 401"),
    ("gateway/client/a.py", "def f():\n" + "    x = 1\n" * 60, "f lines: 61"),
    ("gateway/client/a.py", "class A:\n    async def f(self, a, b, c, d, e, f): ...", "A.f parameters: 6"),
    ("gateway/client/a.py", "def f(a, b, c, /, d, e, f=1): ...", "f parameters: 6"),
    ("tests/engine/book/a.py", "def helper(a, b, c, d, e, f): ...", "helper parameters: 6"),
]


@pytest.mark.parametrize(("path", "source", "expected"), PLANTED)
def test_each_rule_of_the_tree_fails_when_broken(path: str, source: str, expected: str) -> None:
    assert [line.removeprefix(f"{path}:") for line in verdict({**SOUND, path: source})] == [expected]


# Circles: two modules, one of which sees the other only while types are checked; and the way around through a third.
CIRCLES = [
    {"a": "import engine.book.b", "b": "if TYPE_CHECKING:\n    from engine.book.a import A"},
    {"a": "from engine.book import b", "b": "def f():\n    from engine.book.c import C", "c": "import engine.book.a"},
]


@pytest.mark.parametrize("sources", CIRCLES)
def test_a_circle_fails(sources: dict[str, str]) -> None:
    planted = {f"engine/book/{name}.py": source for name, source in sources.items()}
    assert verdict({**SOUND, **planted}) == ["circle of " + ", ".join(f"engine.book.{name}" for name in sources)]


def test_a_name_borne_twice_and_a_table_out_of_order_fail() -> None:
    rooms = Rooms({"engine.low": ("high", ""), "engine.high": ("", "gone"), "gateway.low": ("", "")})
    assert rooms.disorder() == ["engine.low: engine.high is not above it", "engine.high: gone is not above it"]
    twice = [Module(f"{folder}/low/__init__.py", DOCSTRING) for folder in ("engine", "gateway")]
    assert room_problems(twice, rooms) == ["gateway.low: engine.low bears that name"]
