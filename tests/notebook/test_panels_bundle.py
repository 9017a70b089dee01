"""The committed bundles are those of the sources; the TypeScript is sound and passes its own tests."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

import lepton_lab
from lepton_lab.notebook.panels.bundle import STATIC
from lepton_lab.pictures.report_page import STATIC as PAGES

PACKAGE = Path(lepton_lab.__file__).parent
SOURCE = Path(__file__).parents[2] / "labextension" / "panels"
NPM = shutil.which("npm")

# `make test-frontend` installs Node and the packages, and runs these; a user's machine needs neither.
pytestmark = pytest.mark.skipif(
    NPM is None or not (SOURCE / "node_modules").exists(),
    reason="no Node, or `npm ci` was not run in labextension/panels",
)


def node(*command: str) -> None:
    done = subprocess.run(command, cwd=SOURCE, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_committed_bundles_are_built_from_the_sources(tmp_path):
    node("node", "build.mjs", "--outdir", str(tmp_path))
    for committed in (STATIC, PAGES):
        folder = tmp_path / committed.relative_to(PACKAGE)
        assert {path.name: path.read_bytes() for path in folder.iterdir()} == {
            path.name: path.read_bytes() for path in committed.iterdir()
        }


def test_the_types_are_sound():
    node(NPM or "npm", "run", "--silent", "check")


def test_the_unit_tests_pass():
    node(NPM or "npm", "test", "--silent")
