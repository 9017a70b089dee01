"""The house stands: imports point downwards, heavy libraries stay behind their fences."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import lepton_lab

PACKAGE = Path(lepton_lab.__file__).parent

# ARCHITECTURE.md draws this. A module imports its own folder or a lower line; one line's names don't see each other.
LINES = [
    {"_version", "errors"},
    {"durations", "sizes", "package_files"},
    {"metrics", "samples"},
    {"censored", "logit_metrics"},
    {"survival", "quantiles", "ranking"},
    {"tasks"},
    {"data"},
    {"networks", "reshape"},
    {"training", "members"},
    {"trained", "model_file"},
    {"journal"},
    {"fitting"},
    {"explanation"},
    {"evaluation", "tuning"},
    {"packs", "reporting"},
    {"pictures"},
    {
        "api",
        "api_check",
        "api_effects",
        "api_evaluate",
        "api_explain",
        "api_inside",
        "api_recommend",
        "api_near",
        "api_report",
        "api_runs",
        "api_segments",
        "api_tune",
        "estimators",
        "environment",
    },
    {"notebook"},
]
# Rooms that are several files of one idea, and so may see each other.
TOGETHER = [
    {"trained", "model_file"},
    {
        "api",
        "api_check",
        "api_effects",
        "api_evaluate",
        "api_explain",
        "api_inside",
        "api_near",
        "api_recommend",
        "api_report",
        "api_runs",
        "api_segments",
        "api_tune",
        "environment",
    },
]
LINE_OF = {name: number for number, names in enumerate(LINES) for name in names}

FENCES = {
    "pandas": {"data", "samples", "api", "api_explain", "estimators"},
    "polars": {"data"},
    "narwhals": {"data"},
    "flax": {"networks", "training", "trained", "members"},
    "IPython": {"notebook"},
    "ipywidgets": {"notebook"},
    "anywidget": {"notebook"},
    "ipykernel": {"notebook"},
}
INSIDE_FUNCTIONS = {"shap", "matplotlib", "sklearn", "lightgbm", "polars"}


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(tree: ast.AST) -> list[tuple[str, bool]]:
    """(dotted module, at module level) for every import that runs, however deep."""
    found: list[tuple[str, bool]] = []

    def visit(node: ast.AST, top: bool) -> None:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING":
                continue
            if isinstance(child, ast.Import):
                found.extend((alias.name, top) for alias in child.names)
            elif isinstance(child, ast.ImportFrom):
                assert child.level == 0, f"relative import at line {child.lineno}"
                module = child.module or ""
                if module == "lepton_lab":
                    found.extend((f"lepton_lab.{alias.name}", top) for alias in child.names)
                else:
                    found.append((module, top))
            visit(child, top and not isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)))

    visit(tree, True)
    return found


def offences(path: Path, source: str) -> list[str]:
    """What a file does against the rules; empty for a good one."""
    room, bad = room_of(path), []
    for module, top in imports(ast.parse(source)):
        head, _, rest = module.partition(".")
        if head == "lepton_lab":
            other = rest.partition(".")[0]
            if not other or room == "__init__":
                continue
            if other not in LINE_OF:
                bad.append(f"imports {module}, a room on no line")
            elif other != room and LINE_OF[other] >= LINE_OF[room] and not any({other, room} <= t for t in TOGETHER):
                bad.append(f"imports {module}, which is not below it")
        if head in FENCES and room not in FENCES[head]:
            bad.append(f"imports {head}, fenced to {sorted(FENCES[head])}")
        if head in INSIDE_FUNCTIONS and top:
            bad.append(f"imports {head} at module level")
    return bad


FILES = sorted(PACKAGE.rglob("*.py"))


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(PACKAGE)))
def test_imports_point_downwards(path: Path) -> None:
    assert room_of(path) in LINE_OF or room_of(path) == "__init__", (
        "a new room needs a line in LINES and ARCHITECTURE.md"
    )
    assert offences(path, path.read_text()) == []


@pytest.mark.parametrize(
    ("file", "source", "word"),
    [
        ("data/table.py", "from lepton_lab.training import loop", "not below"),
        ("data/table.py", "def f():\n    from lepton_lab import trained", "not below"),
        ("fitting/fit.py", "import lepton_lab.api", "not below"),
        ("training/loop.py", "from lepton_lab.members import linear", "not below"),
        ("fitting/fit.py", "import pandas as pd", "fenced"),
        ("explanation/walks.py", "import shap", "module level"),
        ("pictures/model.py", "def f():\n    import ipywidgets", "fenced"),
    ],
)
def test_the_rule_catches(file: str, source: str, word: str) -> None:
    found = offences(PACKAGE / file, source)
    assert found and any(word in offence for offence in found)


def test_architecture_names_every_room() -> None:
    page = PACKAGE.parent / "ARCHITECTURE.md"
    text = page.read_text()
    rooms = {room_of(p) for p in FILES} - {"__init__", "_version"}
    assert [room for room in sorted(rooms) if f"`{room}`" not in text] == []
