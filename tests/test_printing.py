"""Every command of `sbx` that prints what others wrote, fed with hostile text: none of it acts, and all of it is seen."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from itertools import chain
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner, Result

from engine.vocabulary.messages.events import OrderAccepted
from gateway.cli.main import SUMMARIES, group
from gateway.printable import cell
from tests.support.gateway.journal.journals import write_journal
from tests.support.gateway.reporting.hostile import FORGED, TAIL, HostileStory, hostile, marked
from tests.support.loadtest.results import result
from tests.support.places import ROOT

SEEN = "[/x]"
"""What rich would take for markup."""

OTHERS = {
    "demo": "its participants are its own",
    "participants": "what it tells of itself passes `say`, and names are those of the venue file, spelled out",
    "serve": "runs until it is stopped; what it announces passes `say`",
    "bench": "prints figures and what it names itself",
    "version": "prints what is installed",
}
"""Commands with no text of others in them."""


def _venue(bank: str) -> str:
    """A venue file with a bank that holds what has no price."""
    name = json.dumps(bank)
    return f"""
[venue]
id = "v"
[[assets]]
asset = "BTC"
kind = "crypto"
scale = 8
[[participants]]
participant = "p"
role = "participant"
public_key = "{"11" * 32}"
[[investors]]
investor = {name}
kind = "firm"
assets_rub = 1_000_000_000
bank = true
[[accounts]]
account = "a"
participant = "p"
investor = {name}
deposits = {{ BTC = "1" }}
"""


class Files:
    """What the commands are given."""

    def __init__(self, directory: Path) -> None:
        self.story = HostileStory(directory / "journal")
        self.journal = self.story.directory
        self.differing = directory / "differing"
        rows = [
            (seq, time_ns, command, [self._other(event) for event in events])
            for seq, time_ns, command, events in self.story.venue.rows
        ]
        write_journal(self.differing, rows)
        self.folder = directory / "a [bold] \u202e\x1b folder"
        self.folder.mkdir()
        self.text = self.folder / f"{FORGED}.txt"
        self.text.write_text(f"{TAIL},=1+1\n", encoding="utf-8", newline="")
        self.table = self.folder / "topic.txt"
        self.table.write_text(
            "scenario: a [/x] \u202e\x1b title\n  nonsense [/x] \u202e -> nothing\n", encoding="utf-8"
        )
        self.lobster = self.folder / "A[x]_message_10.csv"
        self.lobster.write_text("1.0,1,1,1,100,1\n2.0,1,[/x]\u202e,1,100,1\n", encoding="utf-8")
        self.flow = self.folder / "[[x]_message_10.csv"
        self.flow.write_text("34200.1,1,1,10,1000000,1\n", encoding="utf-8")
        self.book = self._book(directory / "book.toml")
        self.venue = self.folder / "venue.toml"
        self.venue.write_text(_venue(marked("bank")), encoding="utf-8")
        self.result = self.folder / "result.json"
        self.result.write_bytes(msgspec.json.encode(self._result()))

    @staticmethod
    def _other(event: object) -> object:
        """Another event where an order was accepted, so that a replay shows both."""
        return msgspec.structs.replace(event, client_order_id=hostile("x")) if type(event) is OrderAccepted else event

    @staticmethod
    def _book(path: Path) -> Path:
        text = (ROOT / "compliance/rulebooks/general-2026.toml").read_text(encoding="utf-8")
        title = "Retail purchases capped per calendar year"
        assert title in text
        path.write_text(text.replace(title, json.dumps(f"capped {TAIL}")[1:-1]), encoding="utf-8")
        return path

    @staticmethod
    def _result() -> object:
        found = result(runs=1)
        found.mix.title = found.mix.about = found.shape = found.venue.rulebook = TAIL
        found.notes = [TAIL]
        for run in found.runs:
            run.refused = {TAIL: 3, "$\\frac{": 2}
            run.limit_detail = TAIL
            run.checks[0].detail = TAIL
        return found


Arguments = Callable[[Files], list[object]]
NOWHERE = ("--url", "ws://127.0.0.1:1")
AT_ONCE = ("--reason", TAIL, "--yes")

# The command, whether the hostile text is to be seen in what it prints, and its exit status.
PRINTED: list[tuple[Arguments, bool, int]] = [
    *[(lambda files, step=step: ["explain", files.journal, files.story.steps[step]], True, 0)
      for step in ("passes", "capped", "larger", "ladder", "pair", "stop", "triggers", "blocked", "transfer", "nowhere")],
    (lambda files: ["explain", files.journal, files.story.steps["capped"], "--json"], True, 0),
    (lambda files: ["explain", files.differing, files.story.steps["capped"]], True, 1),
    (lambda files: ["explain", files.journal, 100_000], False, 2),
    (lambda files: ["replay", files.journal], False, 0),
    (lambda files: ["replay", files.differing], True, 1),
    (lambda files: ["replay", files.differing, "--json"], True, 1),
    (lambda files: ["replay", files.journal, "--serve", 0, "--from", TAIL], True, 2),
    (lambda files: ["replay", files.journal, "--serve", 0, "--speed", TAIL], True, 2),
    (lambda files: ["replay", files.differing, "--serve", 0, "--from", "2099-01-01"], False, 1),
    (lambda files: ["verify", files.journal], True, 0),
    (lambda files: ["verify", files.journal, "--json"], True, 0),
    *[(lambda files, options=options: ["audit", files.story.audited, *options], True, 0)
      for options in ((), ("--json",), ("--summary",))],
    (lambda files: ["deribit", "key", files.folder, TAIL], True, 0),
    (lambda files: ["deribit", "revoke", files.folder, TAIL], True, 1),
    (lambda files: ["keys", "list", files.folder], False, 2),
    *[(lambda files, more=more: ["compact", files.journal, *more], False, 0) for more in ((), ("--json",))],
    *[(lambda files, more=more: ["snapshot", files.journal, *more], False, int(not more))
      for more in ((), ("--list",), ("--list", "--json"))],
    (lambda files: ["upgrade", files.journal], False, 1),
    (lambda files: ["upgrade", files.journal, "--json"], False, 1),
    (lambda files: ["report", files.journal], True, 0),
    (lambda files: ["report", files.journal, "--json"], True, 0),
    *[(lambda files, name=name: ["report", files.journal, "--section", name], is_seen, 0)
      for name, is_seen in (("transfers", True), ("intermediaries", True), ("exposures", False), ("turnover", True), ("caps", True),
                            ("session", True))],
    (lambda files: ["report", files.journal, files.differing, "--section", "caps"], True, 1),
    (lambda files: ["report", "--list"], False, 0),
    (lambda files: ["report", files.journal, "--section", TAIL], True, 2),
    (lambda files: ["report", files.differing, "--out", files.folder / "differing"], False, 1),
    (lambda files: ["report", files.journal, "--day", "\x1b[/x]"], False, 2),
    (lambda files: ["find", files.journal, "--limit", 1000], True, 0),
    (lambda files: ["find", files.journal, "--limit", 1000, "--json"], True, 0),
    (lambda files: ["find", files.journal, "--investor", marked("retail")], True, 0),
    (lambda files: ["find", files.journal, "--since", TAIL], True, 2),
    (lambda files: ["find", files.differing, "--account", TAIL], False, 2),
    (lambda files: ["history", files.journal], True, 0),
    (lambda files: ["history", files.journal, marked("retail")], True, 0),
    (lambda files: ["history", files.journal, TAIL], True, 2),
    (lambda files: ["history", files.journal, "--json"], True, 0),
    (lambda files: ["surveil", files.journal], False, 0),
    (lambda files: ["surveil", files.journal, "--json"], False, 0),
    (lambda files: ["surveil", files.journal, "--parameters", files.text], False, 2),
    (lambda files: ["surveil", files.folder], False, 2),
    (lambda files: ["cases", files.journal], True, 0),
    (lambda files: ["cases", files.journal, files.story.case], True, 0),
    (lambda files: ["cases", files.journal, files.story.case, "--json"], True, 0),
    (lambda files: ["cases", files.journal, TAIL], True, 2),
    (lambda files: ["trades", files.journal, "--csv"], True, 0),
    (lambda files: ["trades", files.journal, "--json"], False, 0),
    (lambda files: ["trades", files.journal, "--from", TAIL], True, 2),
    (lambda files: ["candles", files.journal], False, 0),
    (lambda files: ["candles", files.journal, "--instrument", TAIL], True, 2),
    (lambda files: ["candles", files.journal, "--interval", TAIL], True, 2),
    (lambda files: ["export", files.journal, "--parquet", files.folder / "tables"], True, 0),
    (lambda files: ["export", files.journal, "--parquet", files.folder / "again", "--json"], True, 0),
    (lambda files: ["export", files.journal, "--parquet", files.folder / "none", "--tables", TAIL], True, 2),
    (lambda files: ["export", files.journal, "--parquet", files.folder / "none", "--from", TAIL], True, 2),
    (lambda files: ["export", files.differing, "--parquet", files.folder / "other", "--tables", "caps"], False, 1),
    (lambda files: ["trades", files.journal, "--parquet", files.folder / "trades.parquet"], False, 0),
    (lambda files: ["at", files.journal, "--book", "BTC/RUB", "--investor", marked("retail")], True, 0),
    (lambda files: ["at", files.journal, "--investor", marked("retail"), "--json"], False, 0),
    (lambda files: ["at", files.journal, TAIL], True, 2),
    (lambda files: ["at", files.differing], False, 1),
    (lambda files: ["watch", files.journal], True, 0),
    (lambda files: ["watch", files.journal, "--from", files.story.steps["passes"], "--json"], False, 0),
    (lambda files: ["watch", files.journal, "--instrument", TAIL], True, 2),
    (lambda files: ["watch", files.journal, "--from", TAIL], True, 2),
    (lambda files: ["watch", files.journal, "--speed", TAIL], True, 2),
    (lambda files: ["watch", "ws://127.0.0.1:1", "--key", files.text], False, 2),
    (lambda files: ["watch", files.differing], False, 1),
    (lambda files: ["order", files.journal, files.story.steps["passes"]], True, 0),
    (lambda files: ["order", files.journal, files.story.steps["passes"], "--json"], True, 0),
    (lambda files: ["investor", files.journal, marked("retail")], True, 0),
    (lambda files: ["investor", files.journal, marked("retail"), "--json"], True, 0),
    (lambda files: ["investor", files.journal, TAIL], True, 2),
    (lambda files: ["diff", files.journal, files.differing], True, 1),
    (lambda files: ["diff", files.journal, files.differing, "--json"], True, 1),
    (lambda files: ["whatif", files.journal, "--set", "RET-1.retail_cap_rub=1"], True, 0),
    (lambda files: ["whatif", files.journal, "--set", "RET-1.retail_cap_rub=1", "--json"], True, 0),
    (lambda files: ["whatif", files.journal, "--set", TAIL], True, 2),
    (lambda files: ["whatif", files.journal, "--set", f"{TAIL}.static_ppm=1"], True, 2),
    (lambda files: ["whatif", files.journal, "--rulebook", TAIL], True, 2),
    (lambda files: ["whatif", files.journal, "--grid", "RET-1.retail_cap_rub=1", "--results", files.folder / "grid"], False, 0),
    (lambda files: ["whatif", files.differing, "--set", "RET-1.enabled=false"], False, 1),
    (lambda files: ["rulebook", "list", files.book], True, 0),
    (lambda files: ["rulebook", "list", files.book, "--json"], True, 0),
    (lambda files: ["rulebook", "explain", "RET-1", "--rulebook", files.book], True, 0),
    (lambda files: ["rulebook", "explain", TAIL], True, 2),
    (lambda files: ["rulebook", "check", files.book], False, 0),
    (lambda files: ["rulebook", "diff", "general-2026", files.book], False, 1),
    (lambda files: ["rulebook", "check", f"{files.text}.toml"], False, 2),
    (lambda files: ["keys", "new", f"n{TAIL[:9]}", "--out", files.folder / "key.pem"], False, 0),
    (lambda files: ["keys", "show", files.text], False, 1),
    (lambda files: ["init", files.folder / "venue"], False, 0),
    (lambda files: ["invite", TAIL, files.folder], True, 1),
    (lambda files: ["invite", "zoe", files.folder, "--intermediary", TAIL], True, 1),
    (lambda files: ["invite", "zoe", files.folder, "--money", TAIL], True, 1),
    (lambda files: ["faucet", TAIL, "RUB=1", "--key", files.text], False, 2),
    (lambda files: ["faucet", "ws://127.0.0.1:1", TAIL, "--key", files.text], False, 2),
    (lambda files: ["status", files.journal.parent], True, 3),
    (lambda files: ["status", files.journal.parent, "--json"], False, 3),
    (lambda files: ["status", TAIL], True, 2),
    (lambda files: ["top", files.journal.parent], False, 1),
    (lambda files: ["top", TAIL], True, 2),
    (lambda files: ["lint", files.venue], True, 1),
    (lambda files: ["lint", files.venue, "--json"], False, 1),
    (lambda files: ["index", files.text, "--url", "ws://127.0.0.1:1", "--key", files.text], False, 1),
    (lambda files: ["control", *NOWHERE, "--key", files.text, "halt", TAIL, *AT_ONCE], False, 2),
    (lambda files: ["control", *NOWHERE, "--key", files.text, "set", TAIL, *AT_ONCE], False, 2),
    (lambda files: ["control", *NOWHERE, "--key", files.text, "rulebook", f"{files.text}.toml", *AT_ONCE], False, 2),
    (lambda files: ["control", "--venue", files.folder, "show", "investor", TAIL], False, 2),
    (lambda files: ["flow", files.text], False, 1),
    (lambda files: ["flow", files.lobster], False, 1),
    (lambda files: ["flow", files.flow], False, 0),
    (lambda files: ["flow", files.flow, "--json"], False, 0),
    (lambda files: ["scenarios", "--dir", files.folder], False, 1),
    (lambda files: ["scenarios", "--dir", files.folder, "--titles"], False, 1),
    (lambda files: ["scenarios", "--dir", files.folder, "--json"], False, 1),
    (lambda files: ["scenarios", TAIL, "--dir", files.folder], True, 1),
    (lambda files: ["protocol", TAIL], True, 2),
    (lambda files: ["protocol", "--against", files.text], False, 1),
    (lambda files: ["protocol", "--asyncapi", "--out", files.folder], False, 2),
    (lambda files: ["errors", TAIL], True, 2),
    (lambda files: ["abuse", "commands", "--recipe", TAIL], False, 1),
    (lambda files: ["load", "mixes", TAIL], False, 1),
    (lambda files: ["load", "compare", files.result, files.result], False, 0),
    (lambda files: ["load", "report", files.result, files.folder / "page.html"], False, 0),
    (lambda files: ["load", "merge", files.result, "--out", files.folder / "whole.json"], False, 2),
    (lambda files: [TAIL], True, 2),
]  # fmt: skip


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    return Files(tmp_path_factory.mktemp("hostile"))


def run(arguments: list[object]) -> Result:
    return CliRunner().invoke(group, [str(argument) for argument in arguments])


def unseen(output: str) -> list[str]:
    """The lines that hold what can't be seen, or begin as nobody but us may begin one."""
    return [
        line for line in output.split("\n") if not line.replace("\u00a0", "").isprintable() or line.startswith(FORGED)
    ]


@pytest.mark.parametrize(("arguments", "is_seen", "status"), PRINTED)
def test_no_text_of_others_acts(files: Files, arguments: Arguments, is_seen: bool, status: int) -> None:
    found = run(arguments(files))
    assert found.exception is None or isinstance(found.exception, SystemExit), found.exception
    assert found.exit_code == status, found.output
    assert unseen(found.output) == []
    assert not is_seen or SEEN in found.output
    if "--json" in arguments(files) and found.stdout:
        assert not is_seen or TAIL in str_of([json.loads(line) for line in found.stdout.splitlines()])


def str_of(value: object) -> str:
    """All texts of a JSON value."""
    if isinstance(value, dict):
        return "\0\0".join(map(str_of, [*value, *value.values()]))
    return "\0\0".join(map(str_of, value)) if isinstance(value, list) else str(value)


def test_every_command_is_fed(files: Files) -> None:
    fed = {str(arguments(files)[0]) for arguments, _, _ in PRINTED}
    assert fed - {TAIL} == SUMMARIES.keys() - OTHERS.keys()


def test_nothing_prints_past_the_terminal() -> None:
    """What takes markup from a text may take it from a name."""
    modules = [path for package in ("gateway", "loadtest") for path in (ROOT / package).rglob("*.py")]
    found = [
        f"{path.relative_to(ROOT)}: {words}"
        for path in modules
        if path.name != "terminal.py"
        for words in ("from rich.console", "from rich.markup", "import rich", "json.dumps(result", "ensure_ascii=False")
        if words in path.read_text(encoding="utf-8") and path.name != "printable.py"
    ]
    assert found == []


def test_no_cell_of_a_report_is_a_formula(files: Files, tmp_path: Path) -> None:
    assert run(["report", files.journal, "--out", tmp_path / "out"]).exit_code == 0
    assert run(["history", files.journal, "--out", tmp_path / "out"]).exit_code == 0
    tables = sorted((tmp_path / "out").glob("*.csv"))
    assert len(tables) > 10
    texts = 0
    for path in tables:
        text = path.read_bytes().decode("utf-8")
        assert all(line.isprintable() for line in text.split("\r\n"))
        # Parted at commas, or as a spreadsheet with a decimal comma parts it.
        for delimiter in ",;":
            for found in chain.from_iterable(csv.reader(text.splitlines(), delimiter=delimiter)):
                texts += found.startswith("'=")
                assert found.startswith("'") or cell(found.partition(";")[0]) == found.partition(";")[0]
    assert texts > 50
    # What other programs read is exact.
    records = [
        json.loads(line) for line in (tmp_path / "out" / "orders.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    assert marked("retail") in {record["account"] for record in records}
    assert hostile("a1") in {record["client_order_id"] for record in records}


def test_a_page_has_no_text_that_acts(files: Files) -> None:
    page = files.folder / "again.html"
    assert run(["load", "report", files.result, page]).exit_code == 0
    text = page.read_text(encoding="utf-8")
    assert SEEN in text
    assert not {"\x1b", "\0", "\u202e", "\x9b"} & set(text)
    assert "default-src 'none'" in text


# ── files that hold anything ───────────────────────────────────────────────────────────────────────────────────────

CONTENTS = {
    "empty": b"",
    "no text": b"\xff\xfe\x00\x80",
    "zeros": b"\0" * 50,
    "wide": "a = 1\n".encode("utf-16"),
    "nested": b"a = " + b"[" * 3_000,
    "endless": b"a = " + b"9" * 5_000,
    "json": b'{"a": 1e999',
    "list": b"[]",
}
READERS: list[Callable[[Path], list[object]]] = [
    lambda path: ["rulebook", "check", path],
    lambda path: ["rulebook", "list", path],
    lambda path: ["rulebook", "diff", "elr-2025", path],
    lambda path: ["init", path.parent / "new", "--rulebook", path],
    lambda path: ["serve", path.parent],
    lambda path: ["lint", path],
    lambda path: ["status", path.parent],
    lambda path: ["top", path.parent],
    lambda path: ["keys", "show", path],
    lambda path: ["index", path, "--url", "ws://127.0.0.1:1", "--key", path],
    lambda path: ["control", *NOWHERE, "--key", path, "halt", "A", *AT_ONCE],
    lambda path: ["control", "--venue", path.parent, "show", "investor"],
    lambda path: ["control", *NOWHERE, "--key", path, "rulebook", path, *AT_ONCE],
    lambda path: ["flow", path],
    lambda path: ["flow", path.with_suffix(".xz")],
    lambda path: ["scenarios", "--dir", path.parent],
    lambda path: ["load", "mixes", path],
    lambda path: ["load", "compare", path, path],
    lambda path: ["load", "report", path, path.parent / "page.html"],
    lambda path: ["load", "merge", path, "--out", path.parent / "whole.json"],
    *[
        lambda path, name=name: [name, path.parent]
        for name in ("verify", "compact", "replay", "report", "find", "history", "trades", "candles")
    ],
    lambda path: ["explain", path.parent, 1],
    lambda path: ["diff", path.parent, path.parent],
    lambda path: ["export", path.parent, "--parquet", path.parent / "tables", "--from", "1s"],
    lambda path: ["at", path.parent],
    lambda path: ["watch", path.parent],
    lambda path: ["watch", *NOWHERE[1:], "--key", path],
    lambda path: ["order", path.parent, 1],
    lambda path: ["investor", path.parent, "anna"],
    lambda path: ["protocol", "--against", path],
]


@pytest.mark.parametrize("content", CONTENTS.values(), ids=CONTENTS)
def test_a_file_that_holds_anything_ends_in_a_message(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "venue.toml"
    for name in ("venue.toml", "venue.xz", "table.txt", "journal-00000001.sbxj"):
        path.with_name(name).write_bytes(content)
    for arguments in READERS:
        found = run(arguments(path))
        assert isinstance(found.exception, SystemExit) or found.exit_code == 0, (arguments(path), found.exception)
        assert unseen(found.output) == []
