"""Run every test: six parts, three at a time, each in a process of its own.

    python scripts/run_tests.py [what pytest takes, such as -x or -k WORD]

A part always has the same tests in the same order, and no other part's compiled programs: what passes here passes
there, which handing tests to whichever worker is free would not promise. Only what runs beside a part differs. Real
JupyterLab in real Chromium waits half of its time, and so has two others beside it on two cores. `python -m pytest`
runs the same tests in one process.
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
# About as long as all others of the browser.
PANELS = tuple(f"tests/browser/test_{name}.py" for name in ("main_job", "explanation", "whatif"))
STEMS = sorted(path.stem for path in (ROOT / "notebooks").glob("*.ipynb"))


def run_of(stems: list[str]) -> tuple[str, ...]:
    """The tests that run these notebooks, each in a kernel of its own."""
    return tuple(f"{NOTEBOOKS[0]}::test_runs_top_to_bottom[{stem}]" for stem in stems)


# The longest first, and beside it the browser's, which wait half of their time; the short ones even out the end.
PARTS = (
    Part("the rest", ("tests", *(f"--ignore={path}" for path in NUMERICS + BROWSER + NOTEBOOKS)), "jax"),
    Part("browser", (*BROWSER, *(f"--ignore={path}" for path in PANELS)), "jax-browser"),
    Part("panels", PANELS, "jax-panels"),
    Part("numerics", NUMERICS, "jax-numerics"),
    Part("notebook a", (f"{NOTEBOOKS[0]}::test_committed_without_outputs", *run_of(STEMS[::2])), "jax-notebooks-a"),
    Part("notebook b", run_of(STEMS[1::2]), "jax-notebooks-b"),
)
# One more than there are cores, for those that wait; never fewer than on two.
AT_ONCE = max(3, 1 + (os.cpu_count() or 1))


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
    began, left, lines, statuses = time.monotonic(), list(PARTS), [], []
    lock = threading.Lock()

    def work() -> None:
        """Take one part after another, until none is left."""
        while True:
            with lock:
                if not left:
                    return
                running = start(left.pop(0), given)
            status, line = running.wait()
            statuses.append(status)
            lines.append(line)

    lanes = [threading.Thread(target=work, daemon=True) for _ in range(AT_ONCE)]
    for lane in lanes:
        lane.start()
    for lane in lanes:
        lane.join()
    print("", *lines, f"all: {time.monotonic() - began:.0f} s", sep="\n")
    return max(statuses)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
