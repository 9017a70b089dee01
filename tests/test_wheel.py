"""A wheel carries the panels' bundles, the style sheet and the sample tables: who installs it needs no Node."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.mark.slow
def test_a_wheel_carries_every_file_of_the_package_that_is_no_code(tmp_path: Path) -> None:
    built = subprocess.run(
        [sys.executable, "-m", "uv", "build", "--quiet", "--wheel", "--out-dir", str(tmp_path), str(ROOT)],
        capture_output=True,
        text=True,
    )
    assert built.returncode == 0, built.stderr
    carried = set(zipfile.ZipFile(next(tmp_path.glob("*.whl"))).namelist())
    package = ROOT / "lepton_lab"
    files = [p for p in package.rglob("*") if p.is_file() and p.suffix in (".js", ".css", ".gz")]
    assert len(files) >= 6
    assert {str(p.relative_to(ROOT)) for p in files} <= carried
