"""Run every test: two halves side by side, then the browser's two beside the notebooks.

    python scripts/run_tests.py [what pytest takes, such as -x or -k WORD]

A half always has the same files in the same order, in a process of its own: what passes here passes there, which
handing tests to whichever worker is free would not promise. Real JupyterLab in real Chromium comes last, beside the
notebooks: each of its halves waits half of its time, and measures none. `python -m pytest` runs the same tests in one
process.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parent.parent
NOTHING_FOUND = 5


@dataclass(frozen=True)
class Part:
    """Tests that run in one process; `cache` names the folder of what JAX compiled, which no two share at once."""

    name: str
    paths: tuple[str, ...]
    cache: str


NUMERICS = ("tests/explanation", "tests/evaluation", "tests/networks", "tests/training", "tests/reporting")
BROWSER = ("tests/browser",)
NOTEBOOKS = ("tests/test_notebooks.py",)
HALVES = (
    Part("numerics", NUMERICS, "jax-numerics"),
    Part("the rest", ("tests", *(f"--ignore={path}" for path in NUMERICS + BROWSER + NOTEBOOKS)), "jax"),
)
# About as long as all others of the browser.
PANELS = tuple(f"tests/browser/test_{name}.py" for name in ("main_job", "explanation", "whatif"))
LAST = (
    Part("panels", PANELS, "jax-numerics"),
    Part("browser", (*BROWSER, *(f"--ignore={path}" for path in PANELS)), "jax"),
    Part("notebooks", NOTEBOOKS, "jax-notebooks"),
)


@dataclass(frozen=True)
class Running:
    """A part at work, and the thread that says what it says."""

    part: Part
    process: subprocess.Popen[str]
    saying: threading.Thread
    began: float

    def wait(self) -> tuple[int, str]:
        """The exit status, and a line about it."""
        status = self.process.wait()
        self.saying.join(10)  # not for ever: a kernel that a test left behind may hold the pipe open
        status = 0 if status == NOTHING_FOUND else status
        took = time.monotonic() - self.began
        return status, f"{self.part.name}: {'passed' if status == 0 else f'FAILED ({status})'} in {took:.0f} s"


def start(part: Part, given: list[str]) -> Running:
    """Begin a part; its lines come out with its name before them."""
    process = subprocess.Popen(
        [sys.executable, "-m", "pytest", "-o", f"cache_dir=.pytest_cache/{part.cache}", *part.paths, *given],
        cwd=ROOT,
        env={**os.environ, "LEPTON_TEST_CACHE": str(ROOT / ".cache" / part.cache)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    assert process.stdout is not None
    saying = threading.Thread(target=say, args=(part.name, process.stdout), daemon=True)
    saying.start()
    return Running(part, process, saying, time.monotonic())


def say(name: str, lines: IO[str]) -> None:
    """Pass lines on as they come."""
    for line in lines:
        sys.stdout.write(f"{name:>10} | {line}")
        sys.stdout.flush()


def main(given: list[str]) -> int:
    began = time.monotonic()
    ended = [one.wait() for one in [start(part, given) for part in HALVES]]
    ended += [one.wait() for one in [start(part, given) for part in LAST]]
    print("", *(line for _, line in ended), f"all: {time.monotonic() - began:.0f} s", sep="\n")
    return max(status for status, _ in ended)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
