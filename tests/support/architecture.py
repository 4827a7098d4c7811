"""The checker of the house rules: functions over the sources of a tree, real or planted. The tables are in tests/test_architecture.py."""

from __future__ import annotations

import ast
import sys
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePosixPath
from typing import Final

PACKAGES: Final = ("engine", "compliance", "gateway", "loadtest", "sandbox_exchange", "tests")
PURE: Final = ("engine", "compliance")
MAY_IMPORT: Final = {
    "engine": ("engine",),
    "compliance": ("engine", "compliance"),
    "gateway": ("engine", "compliance", "gateway"),
    "loadtest": ("engine", "compliance", "gateway", "loadtest"),
    "sandbox_exchange": ("engine", "compliance", "gateway", "loadtest", "sandbox_exchange"),
    "tests": PACKAGES,
}
PURE_PACKAGES: Final = {"sortedcontainers", "msgspec", "mypy_extensions"}
BANNED_MODULES: Final = {"time", "random", "uuid", "socket"}
BANNED_NAMES: Final = {"open", "float", "set", "frozenset"}
CLOCKS: Final = {"now", "utcnow", "today"}
# Where Structs live, which mypyc must not compile: setup.py leaves out folders of this name.
MESSAGES: Final = "messages"
MAX_FILE_LINES: Final = 400
MAX_FUNCTION_LINES: Final = 60
MAX_PARAMETERS: Final = 5

Row = tuple[str, str]
Problem = tuple[int, str]


@dataclass(frozen=True)
class Module:
    """One file: its path from the root of the project, and its source."""

    path: str
    source: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.source)

    @cached_property
    def room(self) -> str:
        return ".".join(PurePosixPath(self.path).parts[:-1])

    @cached_property
    def name(self) -> str:
        stem = PurePosixPath(self.path).stem
        return self.room if stem == "__init__" else f"{self.room}.{stem}"

    @property
    def package(self) -> str:
        return self.room.partition(".")[0]

    @cached_property
    def imports(self) -> list[tuple[int, str]]:
        """Everything the file imports, wherever in the file, as dotted names down to what is named; `.` if relative."""
        found = []
        for node in statements(self.tree):
            if isinstance(node, ast.Import):
                found += [(node.lineno, alias.name) for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                found += [(node.lineno, "." if node.level else f"{node.module}.{alias.name}") for alias in node.names]
        return found


def parts(node: ast.AST) -> Iterator[ast.AST]:
    """The statements in one, and its handlers and cases. Most of a tree is expressions, and no statement is in one."""
    for name in ("body", "handlers", "cases", "orelse", "finalbody"):
        yield from getattr(node, name, ())


def statements(node: ast.AST) -> Iterator[ast.AST]:
    """All of those, however deep."""
    for part in parts(node):
        yield part
        yield from statements(part)


# ── rooms ──────────────────────────────────────────────────────────────────────────────────────────────────────────


class Rooms:
    """Who may import whom. A row is (rooms of its package, rooms of others).

    `.` is the modules directly in the package, and `x.*` is x and all in it. A folder of tests that mirrors a room has the row
    of its package's tests.
    """

    def __init__(self, rows: Mapping[str, Row]) -> None:
        self.rows = rows
        self.mirrors = {
            f"tests.{room}": f"tests.{room.partition('.')[0]}"
            for room in rows
            if not room.startswith("tests") and f"tests.{room}" not in rows
        }
        self.allowed = {
            room: [room, *(found for name in self.named(room) for found in self.matching(name))] for room in rows
        }
        for mirror, row in self.mirrors.items():
            self.allowed[mirror] = [mirror, *self.allowed.get(row, ())[1:]]

    def named(self, room: str) -> list[str]:
        """What a room's row names, in full."""
        inside, elsewhere = self.rows[room]
        package = room.partition(".")[0]
        return [*(f"{package}.{name}".rstrip(".") for name in inside.split()), *elsewhere.split()]

    def matching(self, name: str) -> list[str]:
        base = name.removesuffix(".*")
        return [room for room in self.rows if room == base or (base != name and room.startswith(f"{base}."))]

    def of(self, name: str) -> str:
        """The room that a dotted name is in."""
        return longest(name, self.allowed)

    def is_mirror(self, room: str) -> bool:
        return room.startswith("tests.") and room.removeprefix("tests.") in self.rows

    def disorder(self) -> list[str]:
        """The rows that name a room that has no row above them: they are listed lowest first."""
        above: list[str] = []
        found = []
        for room in self.rows:
            found += [
                f"{room}: {name} is not above it"
                for name in self.named(room)
                if not self.matching(name) or any(other not in above for other in self.matching(name))
            ]
            above.append(room)
        return found


def longest(name: str, known: Container[str]) -> str:
    """The longest beginning of a dotted name that is known, or nothing."""
    while name and name not in known:
        name = name.rpartition(".")[0]
    return name


def forbidden(module: Module, rooms: Rooms) -> Iterator[tuple[int, str]]:
    """Imports against the direction of the packages, or of the rooms inside them, as (line, what)."""
    for line, name in module.imports:
        top, room = name.partition(".")[0], rooms.of(name)
        if name == ".":
            yield line, "relative import"
        elif not may_import(module.package, top):
            yield line, f"{module.package} may not import {top}"
        elif room and room not in rooms.allowed.get(module.room, (room,)):
            yield line, f"{module.room} may not import {room}"


def may_import(package: str, top: str) -> bool:
    if top in PACKAGES:
        return top in MAY_IMPORT[package]
    return package not in PURE or top in sys.stdlib_module_names | PURE_PACKAGES


def room_problems(modules: Iterable[Module], rooms: Rooms) -> list[str]:
    """Folders without a row, rows without a folder, rooms that don't say what they are, names borne twice."""
    modules = list(modules)
    inits = {module.room: module for module in modules if module.path.endswith("/__init__.py")}
    folders = sorted({module.room for module in modules})
    found = [f"{room}: has no row" for room in folders if room not in rooms.allowed]
    found += [f"{room}: has no __init__.py" for room in folders if room not in inits]
    found += [
        f"{room}: __init__.py does not say in a sentence what it is"
        for room, module in sorted(inits.items())
        if not (rooms.is_mirror(room) or says_what_it_is(module))
    ]
    names: dict[str, str] = {}
    for room in folders:
        last = room.rpartition(".")[2]
        if not room.startswith("tests.") and last != MESSAGES and names.setdefault(last, room) != room:
            found.append(f"{room}: {names[last]} bears that name")
    return found


def says_what_it_is(module: Module) -> bool:
    return (ast.get_docstring(module.tree) or "").partition("\n")[0].endswith(".")


def circles(modules: Iterable[Module]) -> list[tuple[str, ...]]:
    """The sets of modules that import each other, directly or around; what a package's __init__ does is not followed."""
    known = {module.name: module for module in modules}
    graph = {
        name: {longest(target, known) for _, target in module.imports} - {name, ""} for name, module in known.items()
    }
    reach = {name: reachable(graph, name) for name in graph}
    return sorted({tuple(sorted(n for n in reach[name] if name in reach[n])) for name in graph if name in reach[name]})


def reachable(graph: Mapping[str, set[str]], start: str) -> set[str]:
    found: set[str] = set()
    waiting = [start]
    while waiting:
        fresh = graph[waiting.pop()] - found
        found |= fresh
        waiting += fresh
    return found


# ── limits ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def excesses(module: Module) -> dict[str, int]:
    """What of a file is longer or wider than the limits, by name."""
    lines = len(module.source.splitlines())
    found = {module.path: lines} if lines > MAX_FILE_LINES else {}
    for name, node in functions(module.tree):
        lines = (node.end_lineno or node.lineno) - node.lineno + 1
        parameters = 0 if is_apart(module, node) else positional(node)
        if lines > MAX_FUNCTION_LINES:
            found[f"{module.path}:{name} lines"] = lines
        if parameters > MAX_PARAMETERS:
            found[f"{module.path}:{name} parameters"] = parameters
    return found


def functions(tree: ast.AST, within: str = "") -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    for node in parts(tree):
        name = within
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            name = f"{within}.{node.name}" if within else node.name
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield name, node
        yield from functions(node, name)


def positional(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    names = [argument.arg for argument in (*node.args.posonlyargs, *node.args.args)]
    return len(names) - (names[:1] in (["self"], ["cls"]))


def is_apart(module: Module, node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    """Whether a framework fills the parameters by name: a command's options, a test's or fixture's fixtures."""
    decorators = [ast.unparse(each) for each in node.decorator_list]
    if any(text.startswith("click.") or ".command(" in text for text in decorators):
        return True
    fixture = node.name.startswith("test_") or any("fixture" in text for text in decorators)
    return module.package == "tests" and fixture


# ── the pure packages ──────────────────────────────────────────────────────────────────────────────────────────────


def purity_problems(tree: ast.Module, imports: Iterable[tuple[int, str]]) -> Iterator[Problem]:
    for line, name in imports:
        top = name.partition(".")[0]
        if top in BANNED_MODULES:
            yield line, f"module {top}"
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
        elif isinstance(node, ast.Call) and called(node) in {"__import__", "importlib.import_module"}:
            yield node.lineno, "dynamic import"
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and is_annotation_of_banned(node.value):
            yield node.lineno, f"annotation {node.value!r}"


def called(node: ast.Call) -> str:
    """What is called, if that is a name."""
    return ast.unparse(node.func) if isinstance(node.func, ast.Attribute | ast.Name) else ""


def last_name(node: ast.AST) -> str:
    """A name, or the attribute's of one."""
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def is_annotation_of_banned(text: str) -> bool:
    """Whether a string is a quoted annotation such as "set[int]"."""
    return text.partition("[")[0].strip() in BANNED_NAMES and ("[" in text or text == "float")


def struct_problems(module: Module) -> Iterator[Problem]:
    """Structs outside the folders that are not compiled, and other things than messages inside them."""
    here = MESSAGES in module.path.split("/")
    structs = {"Struct", "msgspec.Struct"} | {
        name.rpartition(".")[2] for _, name in module.imports if f".{MESSAGES}." in name
    }
    for node in module.tree.body:
        if isinstance(node, ast.ClassDef) and derives(node, structs):
            structs.add(node.name)
    declared = ast.Import | ast.ImportFrom | ast.Assign | ast.AnnAssign
    for node in module.tree.body if here else ():
        is_docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        is_struct = isinstance(node, ast.ClassDef) and node.name in structs
        if not (is_docstring or is_struct or isinstance(node, declared)):
            yield node.lineno, f"no message: {ast.unparse(node).splitlines()[0]}"
    for inner in () if here else ast.walk(module.tree):
        if isinstance(inner, ast.ClassDef) and derives(inner, structs):
            yield inner.lineno, f"Struct {inner.name} outside a folder {MESSAGES}"
        elif last_name(inner).endswith("defstruct"):
            yield inner.lineno, f"defstruct outside a folder {MESSAGES}"


def derives(node: ast.ClassDef, names: Container[str]) -> bool:
    """Whether a class has a base of these names, or one that is an attribute of them."""
    bases = [ast.unparse(base) for base in node.bases]
    return any(base in names or base.partition(".")[0] in names for base in bases)


def problems(module: Module, rooms: Rooms) -> list[str]:
    """Everything in a file that the house rules forbid, as `line: what`; its size apart."""
    found = set(forbidden(module, rooms))
    if module.package in PURE:
        found |= {*purity_problems(module.tree, module.imports), *struct_problems(module)}
    return [f"{line}: {what}" for line, what in sorted(found)]
