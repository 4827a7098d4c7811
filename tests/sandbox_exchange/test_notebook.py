"""The notebook in examples/notebook: kept without outputs, its cells run on a session of simulated participants, and it draws."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.places import ROOT

NOTEBOOK = ROOT / "examples" / "notebook" / "session.ipynb"
CELLS = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Path:
    kept = tmp_path_factory.mktemp("demo") / "session"
    command = [sys.executable, "-m", "gateway.cli", "demo", "--rulebook", "general-2026", "--seconds", "6"]
    subprocess.run([*command, "--keep", str(kept)], check=True, stdout=subprocess.DEVNULL)
    return kept


def code_cells() -> list[str]:
    return ["".join(cell["source"]) for cell in CELLS if cell["cell_type"] == "code"]


def test_it_is_kept_without_outputs_and_small() -> None:
    assert [cell for cell in CELLS if cell.get("outputs") or cell.get("execution_count")] == []
    assert NOTEBOOK.stat().st_size < 20_000
    assert sum(cell["cell_type"] == "markdown" for cell in CELLS) >= 6


def test_its_cells_run_and_draw(session: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without Jupyter, in this process."""
    matplotlib = pytest.importorskip("matplotlib")
    pytest.importorskip("pyarrow")
    pytest.importorskip("pandas")
    matplotlib.use("Agg")
    from matplotlib import pyplot

    drawn: list[int] = []

    def show() -> None:
        figure = pyplot.gcf()
        figure.canvas.draw()
        drawn.append(sum(len(axes.patches) + len(axes.lines) + len(axes.collections) for axes in figure.axes))
        pyplot.close(figure)

    monkeypatch.setattr(pyplot, "show", show)
    monkeypatch.setenv("SBX_SESSION", str(session))
    names: dict[str, Any] = {}
    with matplotlib.rc_context():
        for number, source in enumerate(code_cells()):
            exec(compile(source, f"cell {number}", "exec"), names)
    assert len(drawn) == 4
    assert all(drawn)
    caps = names["tried_caps"]
    # Each purchase has one outcome. A larger cap may let fewer pass: one large purchase takes the money of several.
    assert (caps >= 0).all(axis=None)
    assert set(caps.sum(axis=1)) == {len(names["tried"])}
    assert caps["refused by RET-1"].iloc[0] > caps["refused by RET-1"].iloc[-1]
    assert names["verdict"].failed[0].rule == "RET-1"


@pytest.mark.interop
def test_jupyter_runs_it(session: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a kernel, as `jupyter execute` would; its tables and pictures are there."""
    nbclient = pytest.importorskip("nbclient")
    nbformat = pytest.importorskip("nbformat")
    pytest.importorskip("ipykernel")
    monkeypatch.setenv("SBX_SESSION", str(session))
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    nbformat.validate(notebook)
    nbclient.NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    assert [output for output in outputs if output.output_type == "error" or output.get("name") == "stderr"] == []
    kinds = [set(output.get("data", ())) for output in outputs]
    assert sum("image/png" in kind for kind in kinds) == 4
    # The replay, the state at the end, the book, the table of caps, the verdict.
    assert sum("text/html" in kind for kind in kinds) == 5
