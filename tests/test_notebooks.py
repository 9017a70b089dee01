"""Every notebook runs top to bottom in a fresh kernel, with short budgets, and is committed without outputs."""

from __future__ import annotations

import itertools
import sys
from pathlib import Path

import nbformat
import pytest
from bs4 import BeautifulSoup

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "scripts"))
import run_notebook  # noqa: E402

NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
# What a notebook's key figures name; the area under the curve where nothing else is said.
FIGURES = {
    "agriculture": "kg a hectare",
    "churn": "segments",
    "credit_risk": "ks",
    "demand": "mase",
    "disease": "sensitivity at 90 %",
    "education": "rating",
    "fraud": "precision at",
    "intents": "strangers found",
    "machine_quality": "found within",
    "maintenance": "rmse",
    "sensor_activity": "accuracy",
    "recommendation": "ndcg",
}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_committed_without_outputs(path: Path) -> None:
    cells = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    assert cells and all(not cell.outputs and cell.execution_count is None for cell in cells)


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.stem)
def test_runs_top_to_bottom(path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Strict promotion is for our code; a notebook's own networks are written, and optax is, for JAX's default.
    monkeypatch.setenv("JAX_NUMPY_DTYPE_PROMOTION", "standard")
    copy = tmp_path / path.name
    copy.write_bytes(path.read_bytes())
    done = run_notebook.execute(copy, fast=True)
    errors = [o for cell in done.cells if cell.cell_type == "code" for o in cell.outputs if o.output_type == "error"]
    assert errors == []
    assert FIGURES.get(path.stem, "auc") in run_notebook.key_figures(done).lower()
    bundles = [output.get("data", {}) for cell in done.cells for output in cell.get("outputs", [])]
    # A panel is two outputs: its result, then the widget.
    panels = [before for before, after in itertools.pairwise(bundles) if run_notebook.WIDGET in after]
    twins = [bundle.get("text/html", "") for bundle in panels]
    results = [bundle["text/html"] for bundle in bundles if 'class="lepton' in bundle.get("text/html", "")]
    page = tmp_path / "page.html"
    run_notebook.write_html(done, page)
    text = page.read_text(encoding="utf-8")
    assert "<svg" in text
    assert "widget-view+json" not in text
    assert twins and all("data-lepton-twin=" in twin for twin in twins), "every panel has its result beside it"
    # nbconvert writes markup anew: what it says and draws is compared.
    whole = BeautifulSoup(text, "html.parser")
    said, drawn = words(whole), len(whole.find_all("svg"))
    each = [BeautifulSoup(one, "html.parser") for one in results]
    assert [words(one)[:80] for one in each if words(one) not in said] == [], "every result is there without a kernel"
    assert drawn >= sum(len(one.find_all("svg")) for one in each) > 0


def words(soup: BeautifulSoup) -> str:
    """What a page says, between single spaces."""
    for style in soup.find_all(["style", "script"]):
        style.extract()
    return " ".join(soup.get_text(" ").split())
