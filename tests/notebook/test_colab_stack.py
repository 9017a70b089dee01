"""The kernel side on what Colab pins: IPython 7.34, ipykernel 6.31, ipywidgets 7.7, in an environment of its own.

The environment is made once under build/ and made again when the project's dependencies change.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
ENVIRONMENT = ROOT / "build" / "colab-stack"
PINS = ("ipython==7.34.0", "ipykernel==6.31.0", "ipywidgets==7.7.1", "anywidget==0.11.0")
# What these try runs in Node, whatever Python stands beside it.
NODES = ("test_labextension.py", "test_panels_bundle.py")
# Colab has no JupyterLab beside the kernel; how much a panel draws is no matter of versions.
ELSEWHERE = ("test_sidebar.py", "test_opened_file.py", "test_panels_extremes.py")
TOOLS = ("pytest", "hypothesis", "beartype", "nbclient")


@pytest.fixture(scope="module")
def python() -> Path:
    """The interpreter of the environment."""
    python = ENVIRONMENT / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    wanted = hashlib.sha256((ROOT / "pyproject.toml").read_bytes() + repr((PINS, TOOLS)).encode()).hexdigest()
    stamp = ENVIRONMENT / "made-from"
    if not stamp.exists() or stamp.read_text() != wanted:
        uv = shutil.which("uv") or str(Path(sys.executable).with_name("uv"))
        shutil.rmtree(ENVIRONMENT, ignore_errors=True)
        subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, str(ENVIRONMENT)], check=True)
        install = [uv, "pip", "install", "--quiet", "--python", str(python)]
        subprocess.run([*install, "--editable", f"{ROOT}[tune]", *PINS, *TOOLS], check=True)
        stamp.write_text(wanted)
    return python


def run(python: Path, *arguments: str) -> str:
    """What the interpreter of the environment prints; fails with all of it."""
    done = subprocess.run([python, *arguments], cwd=ROOT, capture_output=True, text=True, check=False, timeout=1800)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    return done.stdout


def test_it_is_what_colab_runs(python):
    code = "import IPython as a, ipywidgets as b, ipykernel as c; print(a.__version__, b.__version__, c.__version__)"
    assert run(python, "-c", code).split() == ["7.34.0", "7.7.1", "6.31.0"]


@pytest.mark.slow
def test_the_kernel_sides_tests_pass_there(python):
    left_out = (Path(__file__).name, *NODES, *ELSEWHERE)
    tests = sorted(str(path) for path in Path(__file__).parent.glob("test_*.py") if path.name not in left_out)
    out = run(python, "-m", "pytest", "-p", "no:cacheprovider", "-vv", *tests)
    assert " passed" in out and " failed" not in out
    assert "test_kernel.py::TestForeground::test_the_interrupt_keeps_the_best_model PASSED" in out
