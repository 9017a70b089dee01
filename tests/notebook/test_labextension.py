"""The committed JupyterLab extension is that of its sources; its TypeScript is sound and passes its own tests."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from lepton_lab.notebook.sidebar import TARGET
from lepton_lab.notebook.verbs import VERBS

SOURCE = Path(__file__).parents[2] / "labextension" / "lab"
PREBUILT = SOURCE / "prebuilt"
NPM = shutil.which("npm")

# `make test-frontend` installs Node and the packages, and runs these; a user's machine needs neither.
with_node = pytest.mark.skipif(
    NPM is None or not (SOURCE / "node_modules").exists(),
    reason="no Node, or `npm ci` was not run in labextension/lab",
)


def node(*command: str) -> None:
    done = subprocess.run(command, cwd=SOURCE, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@with_node
def test_the_committed_extension_is_built_from_the_sources(tmp_path: Path) -> None:
    node("node", "build.mjs", "--outdir", str(tmp_path))
    assert files(tmp_path) == files(PREBUILT)


@with_node
def test_the_types_are_sound() -> None:
    node(NPM or "npm", "run", "--silent", "check")


@with_node
def test_the_unit_tests_pass() -> None:
    node(NPM or "npm", "test", "--silent")


def test_the_package_names_a_script_that_is_there_and_small() -> None:
    manifest = json.loads((PREBUILT / "package.json").read_text())
    script = PREBUILT / manifest["jupyterlab"]["_build"]["load"]
    assert script.stat().st_size < 60_000, "JupyterLab's own packages are shared, not bundled"
    assert f'"{TARGET}"' in script.read_text()


def test_every_verb_that_a_command_writes_is_one() -> None:
    source = (SOURCE / "src" / "commands.ts").read_text()
    written = [
        part.split('"')[1] for part in source.split("actions.") if part.startswith(("onFrame(", "onModel(", "say("))
    ]
    assert written and set(written) <= set(VERBS)
