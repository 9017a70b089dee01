"""Start slow imports while the user reads and types: `import jax` in a thread at `%load_ext`.

Imports only. No backend is started and no setting is touched: the user's own jax settings win.
"""

from __future__ import annotations

import importlib
import re
import threading
from typing import Any

SLOW = ("jax", "scipy.stats", "lightgbm", "flax.nnx", "optax", "lepton_lab.fitting.train_run")
# Cells that import, or that call lepton_lab, whose functions import what they need.
IMPORTS = re.compile(r"\bimport\b|\bll\.|\blepton_lab\b")
_thread: threading.Thread | None = None


def register(shell: Any) -> None:
    """Let cells that import wait for the thread."""
    forget(shell)
    shell.events.register("pre_run_cell", _wait_before_imports)


def forget(shell: Any) -> None:
    """Take back what `register` did."""
    if _wait_before_imports in shell.events.callbacks["pre_run_cell"]:
        shell.events.unregister("pre_run_cell", _wait_before_imports)


def _wait_before_imports(info: Any) -> None:
    """Before a cell: two threads that import the same packages may each get a half-made module."""
    if IMPORTS.search(info.raw_cell or ""):
        wait()


def start() -> None:
    """Begin importing, once."""
    global _thread
    if _thread is None:
        _thread = threading.Thread(target=_import_all, name="lepton-imports", daemon=True)
        _thread.start()


def wait() -> None:
    """Let the imports end before a verb begins its own, since two threads that import can trip each other up."""
    if _thread is not None:
        _thread.join()


def _import_all() -> None:
    for name in SLOW:
        try:
            importlib.import_module(name)
        except ImportError:
            # A missing package is told by the verb that needs it, in the user's own cell.
            continue
