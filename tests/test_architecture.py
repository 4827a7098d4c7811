"""The house rules, checked on the syntax tree of every file: who may import whom, how long things are, what is pure."""

from __future__ import annotations

import gc
from functools import cache

import pytest

from tests.support.architecture import PACKAGES, Module, Rooms, circles, excesses, problems, room_problems
from tests.support.places import ROOT

# Of where the project is made, not of what it is.
FOREIGN_WORDS = ("/work/", "/tmp/", "pypi-more", "workplace")

# Every room, lowest first: what it may import of its own package, and what of other packages. `x.*` is x and all in it,
# `.` the modules directly in the package, which bear its name. In tests, a room that mirrors another needs no row: it may
# import what the row of its package may.
ROOMS = Rooms(
    {
        # The core.
        "engine.vocabulary.messages": ("", ""),
        "engine.vocabulary": ("vocabulary.messages", ""),
        "engine.book": ("vocabulary.*", ""),
        "engine.money": ("vocabulary book", ""),
        "engine.state": ("vocabulary.* book money", ""),
        "engine.trading": ("vocabulary.* book money state", ""),
        "engine.clearing": ("vocabulary.* book money state trading", ""),
        "engine.phases": ("vocabulary.* book money state trading clearing", ""),
        "engine.record": ("vocabulary.*", ""),
        "engine.snapshot.messages": ("vocabulary.*", ""),
        "engine.snapshot": ("vocabulary.* book money state trading snapshot.messages", ""),
        "engine": ("vocabulary.* book money state trading clearing phases record snapshot.*", ""),
        # The rules.
        "compliance.messages": ("", "engine.vocabulary"),
        "compliance.registry": ("", "engine.vocabulary engine.book"),
        "compliance.rulebook": ("registry", "engine.vocabulary"),
        "compliance.ledger": ("messages registry", "engine.vocabulary.*"),
        "compliance.rules": ("registry rulebook ledger", "engine.vocabulary.* engine.state"),
        "compliance.surveillance.base": ("registry rulebook rules", "engine.vocabulary.*"),
        "compliance.surveillance.detectors": ("registry surveillance.base", "engine.vocabulary.*"),
        "compliance.surveillance": ("surveillance.base surveillance.detectors", "engine.vocabulary.*"),
        "compliance": (
            "messages registry rulebook ledger rules",
            "engine.vocabulary.* engine.book engine.money engine.state",
        ),
        "compliance.worlds.messages": ("", ""),
        "compliance.worlds": (
            ". registry rulebook rules worlds.messages",
            "engine engine.vocabulary.* engine.book engine.state engine.clearing",
        ),
        # The world.
        "gateway": ("", "engine compliance compliance.registry engine.vocabulary.messages"),
        "gateway.protocol": ("", "engine.vocabulary.*"),
        "gateway.candles": ("", "engine.vocabulary"),
        "gateway.words": ("", "engine.vocabulary.* compliance.rulebook compliance.rules"),
        "gateway.client": ("protocol", "engine.vocabulary"),
        "gateway.journal": (".", "engine.vocabulary.* engine.record"),
        "gateway.index": (". candles journal", "engine.vocabulary.* engine.record"),
        "gateway.audit": (".", "engine.vocabulary"),
        "gateway.venue": (". protocol words", "engine.vocabulary.* compliance"),
        "gateway.filed": (". venue", "engine engine.* compliance compliance.*"),
        "gateway.metrics": ("", "engine.vocabulary.*"),
        "gateway.outbound.messages": ("", ""),
        "gateway.outbound.channels": ("protocol candles words outbound.messages", "engine.book engine.vocabulary.*"),
        "gateway.outbound.private_reports": ("protocol words", "engine.vocabulary.*"),
        "gateway.outbound": (
            "protocol words outbound.messages outbound.channels outbound.private_reports",
            "engine engine.vocabulary.* engine.record",
        ),
        "gateway.inbound.history": (
            ". protocol candles journal index outbound outbound.channels outbound.private_reports",
            "engine engine.book engine.record engine.vocabulary.*",
        ),
        "gateway.inbound": (
            ". protocol candles words journal index audit venue metrics outbound.* inbound.history",
            "engine.* compliance compliance.registry compliance.rulebook",
        ),
        "gateway.published": ("protocol candles outbound.* inbound", "engine engine.vocabulary.* compliance"),
        "gateway.snapshots": (". words journal outbound.*", "engine.*"),
        "gateway.replaying": (". journal snapshots", "engine.*"),
        "gateway.follower": (". journal index snapshots", "engine"),
        "gateway.server": (
            ". protocol words journal audit venue filed metrics outbound.* inbound inbound.history snapshots follower",
            "engine.*",
        ),
        "gateway.deribit": (". protocol audit venue inbound server", "engine engine.vocabulary"),
        "gateway.reporting": (". protocol words journal snapshots", "engine.* compliance.*"),
        "gateway.reporting.onepage": (". words reporting", ""),
        "gateway.reporting.sections": (". protocol words reporting", "engine.* compliance.*"),
        "gateway.session": (
            ". protocol candles words reporting journal index snapshots",
            "engine.* compliance compliance.registry",
        ),
        "gateway.whatif": (". words journal reporting snapshots", "engine.* compliance.*"),
        "gateway.alerting": (
            ". protocol client words journal reporting session",
            "engine.vocabulary.* engine.record engine.phases compliance.surveillance.*",
        ),
        "gateway.watching": (
            ". protocol client words reporting session",
            "engine engine.vocabulary.* engine.record compliance",
        ),
        "gateway.operating": (". words journal index snapshots", "engine.vocabulary"),
        "gateway.export": (
            ". protocol candles words outbound.channels journal reporting session",
            "engine.vocabulary.*",
        ),
        "gateway.readable": (
            ". words journal export reporting session",
            "engine engine.vocabulary compliance compliance.rulebook",
        ),
        "gateway.inprocess": (
            ". protocol client journal venue inbound server reporting session readable",
            "engine engine.vocabulary",
        ),
        "gateway.playback": ("protocol journal venue metrics server session", ""),
        "gateway.control": (
            ". client protocol words venue session",
            "engine.vocabulary compliance compliance.rulebook",
        ),
        "gateway.cli": (
            ". protocol client words journal index audit venue filed published server reporting.* snapshots replaying session whatif alerting watching operating export playback control deribit",
            "engine.* compliance.*",
        ),
        # The load on it.
        "loadtest": ("", ""),
        "loadtest.flow": (
            "",
            "engine.* compliance gateway gateway.words gateway.protocol gateway.client gateway.venue gateway.cli",
        ),
        "loadtest.demo": (
            ". flow",
            "engine.* compliance compliance.surveillance gateway gateway.protocol gateway.client gateway.journal gateway.venue gateway.session gateway.alerting gateway.watching gateway.cli",
        ),
        "loadtest.planted.ground": (
            "demo flow",
            "engine engine.vocabulary.* compliance gateway gateway.venue",
        ),
        "loadtest.planted.plants": ("planted.ground", "engine.vocabulary.*"),
        "loadtest.planted": (
            "planted.ground planted.plants",
            "engine.vocabulary.* engine.record compliance.surveillance.* gateway gateway.journal gateway.cli",
        ),
        "loadtest.bench": (
            ". flow",
            "engine.* compliance gateway gateway.protocol gateway.words gateway.venue gateway.outbound.* gateway.inbound gateway.cli",
        ),
        "loadtest.abuse": (".", "engine.* compliance.* gateway gateway.venue gateway.cli"),
        "loadtest.load.plan": ("flow", "engine.* gateway.protocol gateway.venue"),
        "loadtest.load.results": ("bench", "engine.vocabulary"),
        "loadtest.load.drive": ("load.plan load.results", "engine.vocabulary gateway gateway.protocol gateway.client"),
        "loadtest.load.page": ("load.results", "engine.vocabulary gateway"),
        "loadtest.load": (
            ". bench demo load.plan load.results load.drive load.page",
            "engine.* compliance gateway gateway.protocol gateway.client gateway.journal gateway.venue gateway.cli",
        ),
        "loadtest.abuse.connections": (
            "load load.plan load.results load.drive",
            "engine.vocabulary gateway gateway.protocol gateway.venue gateway.cli",
        ),
        "loadtest.scenarios": ("", "engine.* compliance gateway gateway.words gateway.cli"),
        # The public face: it hands on what others do.
        "sandbox_exchange": (
            "",
            "gateway.client gateway.inprocess gateway.journal gateway.readable gateway.reporting gateway.session gateway.venue",
        ),
        # The tests.
        "tests.reference": ("", "engine.vocabulary.*"),
        "tests.support": ("", "engine.vocabulary.* gateway gateway.words"),
        "tests.support.engine": ("reference support", "engine.* compliance gateway.venue loadtest.scenarios"),
        "tests.support.compliance": ("support", "engine.* compliance.*"),
        "tests.support.gateway": ("support support.engine support.compliance", "engine.* compliance.* gateway.*"),
        "tests.support.catalogues": ("support", "engine.* compliance.* gateway.* loadtest.*"),
        "tests.support.loadtest": ("support", "engine.* gateway.* loadtest.*"),
        "tests.scenarios": ("reference support.*", "engine.* compliance.* loadtest.scenarios"),
        "tests.engine": ("support support.engine", "engine.* compliance loadtest.scenarios"),
        "tests.compliance": ("support support.engine support.compliance", "engine.* compliance.* gateway.words"),
        "tests.gateway": ("support.*", "engine.* compliance.* gateway.*"),
        "tests.loadtest": ("support.*", "engine.* compliance.* gateway.* loadtest.*"),
        "tests.sandbox_exchange": ("support.*", "engine.* compliance.* gateway.* sandbox_exchange"),
        "tests.golden": ("support.*", "engine.* compliance.* gateway.* loadtest.bench"),
        "tests.examples": ("support support.gateway", "gateway.client gateway.protocol"),
        "tests.simulator": ("support", "engine.* compliance.* gateway.*"),
        "tests": ("support.*", "engine.* gateway gateway.cli"),
    }
)


@cache
def modules() -> list[Module]:
    found = [
        Module(path.relative_to(ROOT).as_posix(), path.read_text(encoding="utf-8"))
        for package in PACKAGES
        for path in sorted((ROOT / package).rglob("*.py"))
    ]
    assert len({module.package for module in found}) == len(PACKAGES)
    # Their trees stay: the collector need not look at them again and again, which takes two thirds of the time.
    gc.disable()
    assert all(module.tree for module in found)
    gc.freeze()
    gc.enable()
    return found


@pytest.mark.parametrize("package", PACKAGES)
def test_house_rules(package: str) -> None:
    found = [
        f"{module.path}:{problem}"
        for module in modules()
        if module.package == package
        for problem in problems(module, ROOMS)
    ]
    assert found == []


def test_every_room_has_a_row_a_sentence_and_a_name_of_its_own() -> None:
    assert room_problems(modules(), ROOMS) == []
    assert ROOMS.disorder() == []
    assert [room for room in ROOMS.rows if not (ROOT / room.replace(".", "/")).is_dir()] == []


def test_no_modules_import_each_other_in_a_circle() -> None:
    assert circles(modules()) == []


def test_files_and_functions_are_short_enough_to_read() -> None:
    assert {name: size for module in modules() for name, size in excesses(module).items()} == {}


def test_the_project_speaks_of_itself_alone() -> None:
    files = [ROOT / name for name in ("pyproject.toml", "setup.py", "Makefile", ".ci/run")]
    files += [ROOT / module.path for module in modules() if module.path != "tests/test_architecture.py"]
    files += [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    files += [path for path in (ROOT / "examples").rglob("*") if path.is_file() and "__pycache__" not in path.parts]
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
