"""How every benchmark writes its table: the figures, the command that made them, the machine and the versions."""

from __future__ import annotations

import datetime
import importlib.metadata
import os
import platform
import sys
from collections.abc import Sequence
from pathlib import Path

RESULTS = Path(__file__).parent / "results"
PACKAGES = ("jax", "flax", "numpy", "lightgbm", "xgboost-cpu", "shap", "scikit-learn", "pandas")
PEERS = ("torch", "captum", "shapiq", "lightshap")


def cpu_model() -> str:
    """The processor's name as the system gives it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or "unknown processor"
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def versions(more: Sequence[str] = ()) -> str:
    """The versions of what was measured."""
    found = []
    for package in (*PACKAGES, *more):
        try:
            found.append(f"{package} {importlib.metadata.version(package)}")
        except importlib.metadata.PackageNotFoundError:
            continue
    return ", ".join(found)


def load() -> str:
    """How many processes wanted a core meanwhile, this one among them: where there were others, seconds are rougher."""
    return f" (load over 15 minutes {os.getloadavg()[2]:.1f})" if hasattr(os, "getloadavg") else ""


def table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A Markdown table; numbers are written as given."""
    lines = [" | ".join(header), " | ".join("---" for _ in header)]
    lines += [" | ".join(str(cell) for cell in row) for row in rows]
    return "\n".join(f"| {line} |" for line in lines)


def write(name: str, title: str, body: str, more: Sequence[str] = (), *, keep: bool = True) -> Path:
    """Print a page and, where it is to be kept, write it to `results/<name>.md`; `more` packages are named too."""
    command = " ".join(["python", *(os.path.relpath(word) if Path(word).exists() else word for word in sys.argv)])
    about = (
        f"`{command}` · {datetime.date.today()} · {cpu_model()}, {os.cpu_count()} cores{load()}, "
        f"OMP_NUM_THREADS={os.environ.get('OMP_NUM_THREADS', 'unset')} · "
        f"Python {platform.python_version()}, {versions(more)}"
    )
    page = f"# {title}\n\n{body.strip()}\n\n{about}\n"
    path = RESULTS / f"{name}.md"
    if keep:
        RESULTS.mkdir(exist_ok=True)
        path.write_text(page)
    print(page)
    return path
