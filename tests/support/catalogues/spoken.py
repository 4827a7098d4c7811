"""Texts found in the syntax tree of the sources: sentences with the places of their values, and the headings of tables."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from gateway.words.shapes import FEW, is_told_apart
from tests.support.places import ROOT

_WORDS = re.compile(r"[a-z]{2,}[,:;]? (\{|[a-z(])|\} [a-z]{2}|[a-z]{2}: \{|[a-z]{2}\)?: ?$|[a-z]{2} \(", re.IGNORECASE)
"""What a sentence has and a name has not."""
_MARKUP = re.compile(r"<[a-z/]|\n\.[a-z]|yyyy-mm")
"""Of pages and formats: no words for people."""
_BARE = re.compile(r"\{\}")
_NAMED = re.compile(r"\{[a-z_]\w*[^}]*\}")
_HEADING = re.compile(r"[A-Za-z][A-Za-z0-9_ ,()-]{0,40}")
_SHOWN = re.compile(
    r"TITLE|title$|purpose$|_SAY$|^(VOLUME|REFUSED|PERCENT|INVESTORS|REFUSALS|CAPS|EXPOSURES|CONCENTRATION|PRICES|MORE|"
    r"READ|OF_DAY|KEY_FIGURES|PLOTS|HOW_TO_READ|SOUND|UNSOUND|NOT_COMPLETE|TOP_10|LARGEST|WITHOUT_CLASS|NONE)$"
)
_LABEL = re.compile(r"[a-z][a-z ,']*")
_SILENT = frozenset(
    {"assert_never", "getLogger", "warning", "debug", "info", "error", "exception", "getattr", "compile"}
)
"""Calls whose texts nobody is shown: those of logs and of the language itself."""
_BY_NAME = frozenset({"tr", "tr_count"})
_CLICK = frozenset({"option", "argument", "command", "group", "Path", "Choice", "version_option"})


def files_of(places: tuple[str, ...]) -> list[Path]:
    """The sources at some places, in order."""
    found: list[Path] = []
    for place in places:
        path = ROOT / place
        found += [path] if path.is_file() else sorted(path.rglob("*.py"))
    return found


def shapes_of(places: tuple[str, ...], few: int = FEW) -> Iterator[tuple[str, str]]:
    """Each sentence in the sources at some places, and its file; `few` as of `Shapes`."""
    for path in files_of(places):
        finder = _Sentences(few)
        finder.visit(ast.parse(path.read_text(encoding="utf-8")))
        where = path.relative_to(ROOT).as_posix()
        for text in finder.found:
            yield text, where


class _Sentences(ast.NodeVisitor):
    """Finds the sentences of a module: literals that people are shown, with numbered places for values."""

    def __init__(self, few: int) -> None:
        self.few = few
        self.found: list[str] = []

    def visit_Expr(self, node: ast.Expr) -> None:
        # A docstring is no text of a program.
        if not isinstance(node.value, ast.Constant):
            self.generic_visit(node)

    def visit_Assert(self, node: ast.Assert) -> None:
        """An assertion speaks to those who mend it."""

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.visit(node.value)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        for each in (*node.decorator_list, *node.body):
            self.visit(each)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        for each in (*node.decorator_list, *node.body):
            self.visit(each)

    def visit_Subscript(self, node: ast.Subscript) -> None:
        self.visit(node.value)

    def visit_Call(self, node: ast.Call) -> None:
        name = _called(node)
        if name in _SILENT or name in _BY_NAME or name in _CLICK or name in ("said", "Said"):
            # Values may hold sentences all the same.
            for each in node.args[1:] if name in _BY_NAME else []:
                self.visit(each)
            return
        self.generic_visit(node)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        self._take(_shape(node))
        for each in node.values:
            if isinstance(each, ast.FormattedValue):
                self.visit(each.value)

    def visit_Constant(self, node: ast.Constant) -> None:
        if isinstance(node.value, str):
            self._take(_numbered(node.value))

    def _take(self, text: str) -> None:
        if (
            text
            and not _MARKUP.search(text)
            and _WORDS.search(text)
            and not _NAMED.search(text)
            and is_told_apart(text, self.few)
        ):
            self.found.append(text)


def _called(node: ast.Call) -> str:
    function = node.func
    return (
        function.attr if isinstance(function, ast.Attribute) else function.id if isinstance(function, ast.Name) else ""
    )


def _shape(node: ast.JoinedStr) -> str:
    found, number = "", 0
    for each in node.values:
        if isinstance(each, ast.Constant):
            found += str(each.value).replace("{", "{{").replace("}", "}}")
        else:
            found += f"{{{number}}}"
            number += 1
    return "" if "{{" in found or "}}" in found else found


def _numbered(text: str) -> str:
    """A text for `format` with its places numbered."""
    numbers = iter(range(text.count("{}")))
    return _BARE.sub(lambda _: f"{{{next(numbers)}}}", text)


def shown_constants(places: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Texts of reports that are kept as constants: titles and labels of plots and pages, what a section answers."""
    for path in files_of(places):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Constant):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                names = [each.id for each in targets if isinstance(each, ast.Name)]
                text = node.value.value
                if isinstance(text, str) and any(_SHOWN.search(name) for name in names):
                    yield text, path.relative_to(ROOT).as_posix()


def labels_of(places: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """The names under which rules say what they looked at: the first of each two texts."""
    for path in files_of(places):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Tuple) and len(node.elts) == 2 and isinstance(node.elts[0], ast.Constant):
                label = node.elts[0].value
                if isinstance(label, str) and _LABEL.fullmatch(label) and not isinstance(node.elts[1], ast.Constant):
                    yield label, path.relative_to(ROOT).as_posix()


def kinds_of(places: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """The words for what happened: the third argument of each `_add`."""
    for path in files_of(places):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and _called(node) == "_add" and len(node.args) == 4:
                kind = node.args[2]
                if isinstance(kind, ast.Constant) and isinstance(kind.value, str):
                    yield kind.value, path.relative_to(ROOT).as_posix()


def translated_by_name(places: tuple[str, ...]) -> Iterator[tuple[str, str, str]]:
    """The texts given to `tr` and `tr_count`: itself, its plural if it has one, and its file."""
    for path in files_of(places):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and _called(node) in _BY_NAME:
                texts = [
                    each.value for each in node.args if isinstance(each, ast.Constant) and isinstance(each.value, str)
                ]
                where = path.relative_to(ROOT).as_posix()
                assert texts, f"{where}:{node.lineno}: what is translated must stand there as a literal"
                yield texts[0], texts[1] if _called(node) == "tr_count" else "", where


def keys_of(name: str, places: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """The keys of what is given by this name, with their file."""
    for path in files_of(places):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            given = node.value if isinstance(node, ast.keyword) and node.arg == name else None
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id == name:
                given = node.value
            for key in given.keys if isinstance(given, ast.Dict) else ():
                if isinstance(key, ast.Constant) and isinstance(key.value, str):
                    yield key.value, path.relative_to(ROOT).as_posix()


def pairs_of(functions: dict[str, str]) -> Iterator[tuple[str, str]]:
    """What stands beside values in the tuples of functions, by their files."""
    for where, name in functions.items():
        for node in ast.walk(ast.parse((ROOT / where).read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and node.name == name:
                for pair in (each for each in ast.walk(node) if isinstance(each, ast.Tuple)):
                    for text in pair.elts:
                        if isinstance(text, ast.Constant) and isinstance(text.value, str) and text.value:
                            yield text.value, where


def columns_of(places: tuple[str, ...] = ("gateway",)) -> Iterator[tuple[str, str]]:
    """The headings of the tables of commands and reports, as people are shown them, with their file."""
    for path in files_of(places):
        source = path.read_text(encoding="utf-8")
        if not any(part in source for part in ("Table(", "show_small(", "COLUMNS", "columns_of(", "_PRICES: Final")):
            continue
        where = path.relative_to(ROOT).as_posix()
        for node in ast.walk(ast.parse(source)):
            for group in _lists(node):
                for each in ast.walk(group):
                    if (
                        isinstance(each, ast.Constant)
                        and isinstance(each.value, str)
                        and _HEADING.fullmatch(each.value)
                    ):
                        name = each.value
                        if name.endswith("_utc"):
                            name = f"{name.removesuffix('_utc')}_moscow"
                        yield name.replace("_", " "), where


def _lists(node: ast.AST) -> list[ast.expr]:
    """The lists of headings in a statement."""
    if isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        names = [each.id.lower() for each in targets if isinstance(each, ast.Name)]
        if node.value is not None and any(
            part in each for each in names for part in ("columns", "headings", "names", "_prices", "_book", "_tape")
        ):
            return [node.value]
    if isinstance(node, ast.Call) and _called(node) in ("Table", "show_small"):
        return [each for each in node.args if isinstance(each, ast.Tuple | ast.List)]
    if isinstance(node, ast.Call) and _called(node) == "columns_of":
        return list(node.args)
    if isinstance(node, ast.Call) and _called(node) == "Column":
        return node.args[:1]
    return []
