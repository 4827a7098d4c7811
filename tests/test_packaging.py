"""The build: compiled wholly or not at all, and never in place of an edited source.

The small tests run the project's own setup.py on a project of a few lines, where mypyc takes seconds. The slow one
installs the real thing without a compiler.
"""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from setuptools import find_packages

from gateway.cli.version import stale_modules
from tests.support.architecture import PACKAGES
from tests.support.building import build, compiler, wheel_of
from tests.support.places import ROOT

BUILD_EDITABLE = "from setuptools import build_meta; build_meta.build_editable('dist')"

pytestmark = pytest.mark.skipif(not (ROOT / "setup.py").exists(), reason="needs the source tree")
needs_compiler = pytest.mark.skipif(shutil.which("cc") is None, reason="needs a C compiler")

FILES = {
    "pyproject.toml": """
        [build-system]
        requires = ["setuptools"]
        build-backend = "setuptools.build_meta"
        [project]
        name = "sandbox-exchange"
        version = "0.1.0"
        [tool.setuptools]
        packages = ["engine", "engine.vocabulary", "engine.vocabulary.messages", "compliance"]
    """,
    "engine/__init__.py": "",
    "engine/vocabulary/__init__.py": "",
    "engine/vocabulary/messages/__init__.py": "",
    "engine/vocabulary/messages/commands.py": """
        import msgspec
        class Tick(msgspec.Struct, array_like=True, tag=7):
            time_ns: int
    """,
    "engine/exchange.py": """
        import msgspec
        from engine.vocabulary.messages.commands import Tick
        def encoded(time_ns: int) -> bytes:
            return msgspec.json.encode(Tick(time_ns))
    """,
    "compliance/__init__.py": "",
    "compliance/hook.py": """
        from engine.exchange import encoded
        def check() -> bytes:
            return encoded(1)
    """,
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project of two packages under the real setup.py."""
    for name, text in FILES.items():
        path = tmp_path / "project" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(line[8:] for line in text.splitlines()) + "\n", encoding="utf-8")
    shutil.copy(ROOT / "setup.py", tmp_path / "project")
    return tmp_path / "project"


def test_what_is_to_be_compiled_is_there() -> None:
    """A module that was moved would stay interpreted, and nobody would see it."""
    code = (ROOT / "setup.py").read_text(encoding="utf-8")
    (named,) = [ast.literal_eval(node.value) for node in ast.parse(code).body if targets(node) == ["COMPILED"]]
    assert [pattern for pattern in named if not any(ROOT.glob(pattern))] == []
    structs = [
        path.relative_to(ROOT).as_posix()
        for pattern in named
        for path in ROOT.glob(pattern)
        if "messages" not in path.parts and "Struct" in path.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef) and "msgspec.Struct" in map(ast.unparse, node.bases)
    ]
    # Compiled, a Struct silently loses its tag.
    assert structs == []


def targets(node: ast.stmt) -> list[str]:
    """What a statement assigns to."""
    return [ast.unparse(each) for each in node.targets] if isinstance(node, ast.Assign) else []


def compiled_in(wheel: Path) -> list[str]:
    """Names of the compiled modules in a wheel, without their suffixes."""
    return sorted(
        name.partition(".")[0] for name in zipfile.ZipFile(wheel).namelist() if name.endswith((".so", ".pyd"))
    )


def assert_pure_and_working(project: Path) -> None:
    wheel = wheel_of(project)
    assert wheel.name == "sandbox_exchange-0.1.0-py3-none-any.whl"
    assert compiled_in(wheel) == []
    assert imported(project) == "exchange.py b'[7,1]'"


def imported(project: Path) -> str:
    """What an interpreter makes of the unpacked wheel: the file of the core, and the answer of a call through all of it."""
    where = project.parent / "unpacked"
    shutil.rmtree(where, ignore_errors=True)
    zipfile.ZipFile(wheel_of(project)).extractall(where)
    code = "import os, engine.exchange as e, compliance.hook as h; print(os.path.basename(e.__file__), h.check())"
    environment = {**os.environ, "PYTHONPATH": str(where)}
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=where, env=environment, capture_output=True, text=True, check=True
    )
    return run.stdout.strip()


@pytest.mark.long
@needs_compiler
def test_compiled_wholly_and_after_a_half_failure_not_at_all(project: Path) -> None:
    run = build(project)
    assert run.returncode == 0, run.stderr
    assert compiled_in(wheel_of(project)) == ["compliance/hook", "engine/exchange", "sandbox_exchange__mypyc"]
    file, answer = imported(project).split(" ", 1)
    # The message module stays interpreted: compiled, a Struct would lose its tag and its array form.
    assert (file.endswith(".py"), answer) == (False, "b'[7,1]'")

    # The same tree again, with what that build left in it and a compiler that fails the second time it is called.
    calls = project.parent / "calls"
    failing = compiler(
        project.parent / "cc", f'echo x >> {calls}; test "$(wc -l < {calls})" -lt 2 || exit 1; exec cc "$@" -O0'
    )
    for path in (project / "compliance" / "hook.py", project / "engine" / "exchange.py"):
        path.write_text(path.read_text(encoding="utf-8") + "\nX = 1\n", encoding="utf-8")
    run = build(project, CC=failing)
    assert run.returncode == 0, run.stderr
    assert calls.read_text().count("x") >= 2
    assert "plain Python is installed instead" in run.stderr
    assert_pure_and_working(project)


@pytest.mark.parametrize("environment", [{"CC": "/bin/false"}, {"PATH": "/nonexistent"}], ids=["failing", "missing"])
def test_without_a_compiler_it_is_plain_python(project: Path, environment: dict[str, str]) -> None:
    run = build(project, **environment)
    assert run.returncode == 0, run.stderr
    assert "plain Python is installed instead" in run.stderr
    assert_pure_and_working(project)


def test_asked_to_compile_it_does_not_fall_back(project: Path) -> None:
    assert build(project, CC="/bin/false", SBX_NATIVE="1").returncode != 0
    assert list((project / "dist").glob("*.whl")) == []


def test_asked_not_to_compile_it_does_not(project: Path) -> None:
    assert build(project, SBX_NATIVE="0").returncode == 0
    assert_pure_and_working(project)


def test_a_type_error_is_plain_python_or_an_error(project: Path) -> None:
    module = project / "engine" / "exchange.py"
    module.write_text(module.read_text(encoding="utf-8") + "\nX: int = 'one'\n", encoding="utf-8")
    run = build(project)
    assert run.returncode == 0, run.stderr
    assert "plain Python is installed instead" in run.stderr
    assert_pure_and_working(project)
    assert build(project, SBX_NATIVE="1").returncode != 0


@needs_compiler
def test_modules_that_compile_but_do_not_import_are_plain_python(project: Path) -> None:
    module = project / "engine" / "exchange.py"
    broken = "\nif not __file__.endswith('.py'):\n    raise ImportError('compiled')\n"
    module.write_text(module.read_text(encoding="utf-8") + broken, encoding="utf-8")
    run = build(project)
    assert run.returncode == 0, run.stderr
    assert_pure_and_working(project)


@needs_compiler
def test_editable_is_interpreted_unless_asked_and_a_stale_module_is_found(project: Path) -> None:
    assert build(project, BUILD_EDITABLE).returncode == 0
    assert list(project.glob("**/*.so")) == []

    run = build(project, BUILD_EDITABLE, SBX_NATIVE="1")
    assert run.returncode == 0, run.stderr
    in_place = sorted(path.name.partition(".")[0] for path in project.glob("*/*.so") if path.parent.name != "build")
    assert in_place == ["exchange", "hook"]
    assert stale_modules(project) == []
    source = project / "engine" / "exchange.py"
    newer_ns = source.stat().st_mtime_ns + 3_600 * 10**9
    os.utime(source, ns=(newer_ns, newer_ns))
    assert [path.name.partition(".")[0] for path in stale_modules(project)] == ["exchange"]

    # The next ordinary editable install takes them away: what is edited is what runs.
    assert build(project, BUILD_EDITABLE).returncode == 0
    assert [path for path in project.glob("**/*.so") if "build" not in path.parts] == []


def test_an_install_of_one_moment_is_not_stale(tmp_path: Path) -> None:
    package, record = tmp_path / "engine", tmp_path / "sandbox_exchange-0.1.0.dist-info" / "RECORD"
    package.mkdir()
    record.parent.mkdir()
    compiled, source = package / "book.cpython-311-x86_64-linux-gnu.so", package / "book.py"
    for path, time_ns in ((compiled, 1), (source, 2), (record, 3)):
        path.touch()
        os.utime(path, ns=(time_ns, time_ns))
    assert stale_modules(tmp_path) == []
    os.utime(source, ns=(4, 4))
    assert stale_modules(tmp_path) == [compiled]


def test_every_package_of_the_tree_is_in_the_wheel() -> None:
    """A room that the pattern misses would be there in the source tree alone."""
    patterns = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]["packages"]
    found = set(find_packages(str(ROOT), include=patterns["find"]["include"]))
    rooms = {
        path.parent.relative_to(ROOT).as_posix().replace("/", ".")
        for package in PACKAGES[:-1]
        for path in (ROOT / package).rglob("__init__.py")
    }
    assert found == rooms
    assert "sandbox_exchange" in found
    assert [package for package in PACKAGES[:-1] if not (ROOT / package / "py.typed").is_file()] == []


@pytest.mark.soak
def test_the_real_project_installs_and_runs_without_a_compiler(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "venv"], check=True)
    bin_directory = tmp_path / "venv" / "bin"
    environment = {**os.environ, "CC": "/bin/false", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    environment.pop("SBX_NATIVE", None)
    subprocess.run([bin_directory / "pip", "install", "--quiet", ROOT], env=environment, check=True)
    version = subprocess.run(
        [bin_directory / "sbx", "version"], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert "build:     interpreted" in version.stdout
    assert str(tmp_path) in version.stdout
    digests = [
        subprocess.run([sbx, "bench", "--digest"], cwd=tmp_path, capture_output=True, text=True, check=True).stdout
        for sbx in (bin_directory / "sbx", Path(sys.executable).parent / "sbx")
    ]
    assert digests[0] == digests[1]


@pytest.mark.interop
def test_the_lowest_versions_that_are_allowed_do(tmp_path: Path) -> None:
    """Each range in pyproject.toml begins at a version with which everything imports, and a venue runs."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    needed = [*project["dependencies"], *project["optional-dependencies"]["load"]]
    constraints = tmp_path / "lowest.txt"
    constraints.write_text("\n".join(each.partition(",")[0].replace(">=", "==") for each in needed), encoding="utf-8")
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "venv"], check=True)
    bin_directory = tmp_path / "venv" / "bin"
    environment = {**os.environ, "SBX_NATIVE": "0", "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PYTHONWARNINGS": "error"}
    install = [bin_directory / "pip", "install", "--quiet", "--constraint", constraints, f"{ROOT}[load]"]
    subprocess.run(install, env={**environment, "PYTHONWARNINGS": "default"}, check=True)
    for command in project["entry-points"]["sbx.commands"]:
        subprocess.run([bin_directory / "sbx", command, "--help"], cwd=tmp_path, env=environment, check=True)
    subprocess.run([bin_directory / "sbx", "demo", "--seconds", "2"], cwd=tmp_path, env=environment, check=True)
