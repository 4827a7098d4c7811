"""`sbx bench --against`, on a repository that takes no time: all is real but the project and what it measures."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from gateway.cli.main import group
from loadtest.bench import against as bench_against
from loadtest.bench import builds as bench_builds
from loadtest.bench.builds import Checkout

BACKEND = """
import os, zipfile

def build_wheel(folder, config_settings=None, metadata_directory=None):
    source = open("fake.py").read()
    assert "BROKEN" not in source, "what the compiler said"
    build = "compiled" if os.environ["SBX_NATIVE"] == "1" and "FALLS_BACK" not in source else "interpreted"
    info = "sandbox_exchange-1.dist-info/"
    with zipfile.ZipFile(folder + "/sandbox_exchange-1-py3-none-any.whl", "w") as wheel:
        wheel.writestr("fake.py", source.replace("BUILD", build))
        wheel.writestr(info + "METADATA", "Metadata-Version: 2.1\\nName: sandbox-exchange\\nVersion: 1\\n")
        wheel.writestr(info + "WHEEL", "Wheel-Version: 1.0\\nGenerator: fake\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr(info + "entry_points.txt", "[console_scripts]\\nsbx = fake:main\\n")
        wheel.writestr(info + "RECORD", "")
    return "sandbox_exchange-1-py3-none-any.whl"
"""
PYPROJECT = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
# Its time is what it says, and the same for the same seed.
FAKE = """
import gc, json, os, sys

COST = 1_000
TRADES = 100

def main():
    assert sys.argv[1] == "bench" and "--here" in sys.argv
    given = dict(each[2:].split("=") for each in sys.argv if "=" in each)
    only = [each.partition("=")[2] for each in sys.argv if each.startswith("--only=")]
    with open(os.environ["FAKE_LOG"], "a") as log:
        safe = sys.flags.safe_path and not sys.flags.hash_randomization and "PYTHONPATH" not in os.environ
        print(json.dumps([COST, "BUILD", only, int(given["seed"]), safe, os.getcwd()]), file=log)
    for name in only:
        if name == "gateway":
            for durability, rate in (("fsync", 10_000_000 // COST), ("os", 40_000_000 // COST)):
                print(json.dumps({
                    "benchmark": name, "build": "BUILD", "durability": durability, "round_trips_per_second_max": rate,
                    "operations": int(given["operations"]), "seed": int(given["seed"]), "trades": os.getpid(),
                    "workload": "fake orders", "left_out": "everything"}))
            continue
        gc.freeze()
        for _ in range(COST * 10):
            pass
        gc.unfreeze()
        print(json.dumps({
            "benchmark": name, "build": "BUILD", "ns_per_operation_min": COST * (100 + int(given["seed"]) % 3),
            "operations": int(given["operations"]), "seed": int(given["seed"]), "trades": TRADES, "agrees": True,
            "workload": "fake orders", "left_out": "everything"}))
"""
VALGRIND = """#!/bin/sh
out=$2
shift 4
"$@" || exit
for part in 1 2; do
  printf 'desc: x\\nsummary: %s000\\ntotals: 1\\n' $((part * 1000)) > "${out#--callgrind-out-file=}.$part"
done
"""


def git(folder: Path, *arguments: str) -> str:
    settings = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"]
    command = ["git", *settings, *arguments]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with two commits; its cache keeps what the tests have built."""
    folder = tmp_path_factory.mktemp("origin")
    for name, text in (
        ("backend.py", BACKEND),
        ("pyproject.toml", PYPROJECT),
        ("fake.py", FAKE),
        ("tests/test_fake.py", ""),
    ):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    git(folder, "init", "--quiet", "--initial-branch=main")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "--message=First")
    git(folder, "tag", "first")
    edit(folder, "TRADES = 100", "TRADES = 100  # as before")
    git(folder, "commit", "--quiet", "--all", "--message=Second")
    return folder


@pytest.fixture
def checkout(origin: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    git(origin, "reset", "--hard", "--quiet", "main")
    monkeypatch.chdir(origin / "tests")
    monkeypatch.setenv("FAKE_LOG", str(origin / "build" / "log"))
    monkeypatch.setenv("PYTHONPATH", str(origin))
    (origin / "build").mkdir(exist_ok=True)
    (origin / "build" / "log").write_text("", encoding="utf-8")
    (origin / ".git" / "info" / "exclude").write_text("build/\n__pycache__/\n", encoding="utf-8")
    return origin


def edit(folder: Path, old: str, new: str) -> None:
    text = (folder / "fake.py").read_text(encoding="utf-8")
    assert old in text
    (folder / "fake.py").write_text(text.replace(old, new), encoding="utf-8")


def against(revision: str, *arguments: str, build: str = "interpreted") -> Result:
    fixed = ["bench", f"--against={revision}", f"--build={build}", "--pairs=6", "--operations=500"]
    if "--instructions" not in arguments:
        fixed.append("--no-instructions")
    return CliRunner().invoke(group, [*fixed, *(each for each in arguments if each != "--instructions")])


def lines(run: Result) -> list[dict[str, Any]]:
    assert run.exit_code == 0, run.output
    return [json.loads(line) for line in run.stdout.splitlines()]


def log(checkout: Path) -> list[list[Any]]:
    return [json.loads(line) for line in (checkout / "build" / "log").read_text(encoding="utf-8").splitlines()]


def test_the_same_code_cannot_be_told_apart(checkout: Path) -> None:
    found = lines(against("first", "--json", "--only=core", "--only=pipeline"))
    assert [(line["benchmark"], line["build"], line["verdict"]) for line in found] == [
        ("core", "interpreted", "cannot tell"),
        ("pipeline", "interpreted", "cannot tell"),
    ]
    line = found[0]
    assert (line["ratio"], line["low"], line["high"]) == (1, 1, 1)
    assert (line["pairs"], line["operations"], line["seeds"]) == (6, 500, [1, 6])
    assert line["other"]["revision"] == git(checkout, "rev-parse", "first")
    assert line["this"]["revision"] == git(checkout, "rev-parse", "main")
    assert (line["this"]["changed"], line["libraries_that_differ"]) == (False, [])
    assert line["instructions_not_measured"] == "left out by --no-instructions"
    assert line["workload"] == "fake orders"
    assert line["left_out"].startswith("everything; ")


def test_round_trips_are_compared_by_the_time_of_one(checkout: Path) -> None:
    edit(checkout, "COST = 1_000", "COST = 500")
    found = lines(against("main", "--json", "--only=gateway_fsync", "--only=gateway_os", "--instructions"))
    assert [(line["benchmark"], line["ratio"], line["verdict"]) for line in found] == [
        ("gateway_fsync", 0.5, "faster"),
        ("gateway_os", 0.5, "faster"),
    ]
    assert [line["this"]["ns_per_operation_median"] for line in found] == [50_000, 12_500]
    # What trades may differ from run to run.
    assert found[0]["instructions_not_measured"] == "a venue is a process of its own"
    run = CliRunner().invoke(group, ["bench", "--only=gateway_os"])
    assert (run.exit_code, "gateway_os: only with --against" in run.stderr) == (2, True)


def test_sides_run_in_turns_in_processes_that_see_only_what_is_installed(checkout: Path) -> None:
    lines(against("first", "--json", "--only=core"))
    ran = log(checkout)
    this, other = (str(checkout / "build/against" / name) for name in (cached(checkout), revision_of(checkout)))
    # The first pair warms up.
    assert [each[5] for each in ran] == [this, other, other, this] * 3 + [this, other]
    assert [each[3] for each in ran] == [1, 1, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6]
    assert all(each[4] for each in ran)
    assert len(this) == len(other)


def cached(checkout: Path) -> str:
    """The folder of the work tree."""
    return next(
        path.name
        for path in sorted((checkout / "build/against").iterdir(), key=lambda path: -path.stat().st_mtime_ns)
        if path.is_dir() and path.name != revision_of(checkout)
    )


def revision_of(checkout: Path) -> str:
    return git(checkout, "rev-parse", "first")


def slow_down(checkout: Path) -> None:
    edit(checkout, "COST = 1_000", "COST = 1_100")


def test_a_change_that_is_not_committed_is_measured_and_can_fail_a_script(checkout: Path) -> None:
    slow_down(checkout)
    git(checkout, "add", "fake.py")
    staged = git(checkout, "status", "--short")
    run = against("first", "--json", "--only=core", "--at-most=1.11")
    assert "building work tree" in run.stderr
    line = lines(run)[0]
    assert (line["verdict"], line["ratio"], line["this"]["changed"]) == ("slower", 1.1, True)
    assert {each[0] for each in log(checkout)} == {1_000, 1_100}
    assert git(checkout, "status", "--short") == staged
    run = against("first", "--only=core", "--at-most=1.02")
    assert run.exit_code == 1
    assert "slower" in run.stdout
    assert "with changes in the work tree" in run.stdout


def test_what_was_built_is_kept_and_tests_are_no_part_of_it(checkout: Path) -> None:
    lines(against("first", "--json", "--only=core"))
    (checkout / "tests" / "test_fake.py").write_text("# no install has this", encoding="utf-8")
    run = against("first", "--json", "--only=core")
    assert "building" not in run.stderr
    assert not lines(run)[0]["this"]["changed"]


def test_both_builds_are_compared(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench_against, "compiler_found", lambda: True)
    found = lines(against("first", "--json", "--only=core", build="both"))
    assert [line["build"] for line in found] == ["interpreted", "compiled"]
    assert {each[1] for each in log(checkout)} == {"interpreted", "compiled"}


def test_without_a_compiler_it_is_interpreted_only(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench_against, "compiler_found", lambda: False)
    run = against("first", "--json", "--only=core", build="both")
    assert [line["build"] for line in lines(run)] == ["interpreted"]
    assert "interpreted only" in run.stderr
    run = against("first", build="compiled")
    assert (run.exit_code, "--build interpreted" in run.stderr) == (1, True)


def test_another_build_than_the_wanted_one_is_an_error(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench_against, "compiler_found", lambda: True)
    edit(checkout, "COST = 1_000", "COST = 1_000  # FALLS_BACK")
    run = against("first", build="compiled")
    assert run.exit_code == 1
    assert "ran the interpreted build" in run.stderr


def test_a_failed_build_shows_the_end_of_its_log(checkout: Path) -> None:
    edit(checkout, "COST = 1_000", "COST = 1_000  # BROKEN")
    run = against("first")
    assert run.exit_code == 1
    assert "the interpreted build of work tree" in run.stderr
    assert "what the compiler said" in run.stderr
    logs = [word.rstrip(":") for word in run.stderr.split() if word.endswith(".log:")]
    assert "what the compiler said" in Path(logs[0]).read_text(encoding="utf-8")


def test_different_work_and_a_failed_run_are_errors(checkout: Path) -> None:
    edit(checkout, "TRADES = 100", "TRADES = 101")
    run = against("first")
    assert run.exit_code == 1
    assert "don't do the same work" in run.stderr
    assert "trades 101, the other side 100" in run.stderr
    edit(checkout, "TRADES = 101", "raise RuntimeError('not today')")
    run = against("first")
    assert run.exit_code == 1
    assert "of work tree" in run.stderr
    assert "not today" in run.stderr


def test_instructions_come_from_callgrind(checkout: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "valgrind").write_text(VALGRIND, encoding="utf-8")
    (tmp_path / "valgrind").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    found = lines(against("first", "--json", "--instructions", "--only=core", "--only=pipeline"))
    assert [line["this"]["instructions_per_operation"] for line in found] == [500, 1_000]
    assert [line["instructions_ratio"] for line in found] == [1, 1]
    # It wrote two parts for one benchmark.
    run = against("first", "--instructions", "--only=core")
    assert (run.exit_code, "not measured: callgrind saw 2 measured parts and not 1" in run.stdout) == (0, True)
    (tmp_path / "valgrind").write_text("#!/bin/sh\necho unhandled instruction >&2; exit 4\n", encoding="utf-8")
    line = lines(against("first", "--json", "--instructions", "--only=core"))[0]
    assert line["instructions_not_measured"] == "failed under valgrind: unhandled instruction"
    assert line["instructions_ratio"] is None


@pytest.mark.skipif(shutil.which("valgrind") is None, reason="no valgrind")
def test_valgrind_sees_only_what_is_timed(checkout: Path) -> None:
    slow_down(checkout)
    line = lines(against("first", "--json", "--instructions", "--only=core"))[0]
    if "stripped" in line["instructions_not_measured"]:
        pytest.skip(line["instructions_not_measured"])
    assert line["instructions_ratio"] == pytest.approx(1.1, abs=0.005)


def test_errors_say_what_to_do(checkout: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    run = against("nowhere")
    assert (run.exit_code, "git knows no revision 'nowhere'" in run.stderr) == (1, True)
    run = against("first", "--only=gateway")
    assert (run.exit_code, "no ratio for gateway; choose from book, core" in run.stderr) == (2, True)
    run = against("first", "--repeats=3")
    assert (run.exit_code, "--repeats: not with --against" in run.stderr) == (2, True)
    run = CliRunner().invoke(group, ["bench", "--pairs=8", "--at-most=1.1"])
    assert (run.exit_code, "--pairs, --at-most: only with --against" in run.stderr) == (2, True)
    with (checkout / "build/against/lock").open("w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        run = against("first")
        assert (run.exit_code, "another --against runs" in run.stderr) == (1, True)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    monkeypatch.chdir(tmp_path)
    run = against("first")
    assert (run.exit_code, "run it inside one (git clone)" in run.stderr) == (1, True)


def test_the_oldest_builds_go_first(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench_builds, "MAX_KEPT", 2)
    lines(against("first", "--json", "--only=core"))
    side = Checkout().this()
    kept = {path.name for path in (checkout / "build/against").iterdir() if path.is_dir()}
    assert kept == {side.folder.name, revision_of(checkout)}
