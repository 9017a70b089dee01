"""A wheel carries the panels, the JupyterLab extension and the sample tables: who installs it needs no Node."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


EXTENSION = ROOT / "labextension" / "lab" / "prebuilt"


@pytest.fixture(scope="module")
def carried(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The names of a wheel's files."""
    tmp_path = tmp_path_factory.mktemp("wheel")
    built = subprocess.run(
        [sys.executable, "-m", "uv", "build", "--quiet", "--wheel", "--out-dir", str(tmp_path), str(ROOT)],
        capture_output=True,
        text=True,
    )
    assert built.returncode == 0, built.stderr
    return set(zipfile.ZipFile(next(tmp_path.glob("*.whl"))).namelist())


@pytest.mark.slow
def test_a_wheel_carries_every_file_of_the_package_that_is_no_code(carried: set[str]) -> None:
    package = ROOT / "lepton_lab"
    files = [p for p in package.rglob("*") if p.is_file() and p.suffix in (".js", ".css", ".gz")]
    assert len(files) >= 6
    assert {str(p.relative_to(ROOT)) for p in files} <= carried


@pytest.mark.slow
def test_a_wheel_puts_the_extension_where_jupyterlab_looks(carried: set[str]) -> None:
    place = "data/share/jupyter/labextensions/lepton-lab/"
    found = {name.partition(place)[2] for name in carried if place in name}
    assert found == {str(path.relative_to(EXTENSION)) for path in EXTENSION.rglob("*") if path.is_file()}
    manifest = json.loads((EXTENSION / "package.json").read_text())
    assert manifest["jupyterlab"]["_build"]["load"] in found
    assert f"schemas/{manifest['name']}/plugin.json" in found
