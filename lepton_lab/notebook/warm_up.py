"""Start slow imports while the user reads and types: `import jax` in a thread, once the loading cell has ended.

Imports only. No backend is started and no setting is touched: the user's own jax settings win.
Two threads that import the same packages may each get a half-made module, so no import of ours
begins while a cell runs that may import too: the rest of the cell with `%load_ext` among them.
"""

from __future__ import annotations

import importlib
import re
import threading
from typing import Any

SLOW = ("jax", "scipy.stats", "lightgbm", "flax.nnx", "optax", "lepton_lab.fitting.train_run", "lepton_lab.fitting.fit")
# Cells that import, or that call lepton_lab, whose functions import what they need.
IMPORTS = re.compile(r"\bimport\b|\bll\.|\blepton_lab\b")
_thread: threading.Thread | None = None


def register(shell: Any) -> None:
    """Begin importing when the running cell has ended, and let cells that import wait for it."""
    forget(shell)
    for event, hook in _HOOKS.items():
        shell.events.register(event, hook)


def forget(shell: Any) -> None:
    """Take back what `register` did."""
    for event, hook in _HOOKS.items():
        if hook in shell.events.callbacks[event]:
            shell.events.unregister(event, hook)


def _start_after_cell(result: Any) -> None:
    """After a cell: nothing else imports now."""
    start()


def _wait_before_imports(info: Any) -> None:
    """Before a cell that may import what the thread imports."""
    if IMPORTS.search(info.raw_cell or ""):
        wait()


def start() -> None:
    """Begin importing, once."""
    global _thread
    if _thread is None:
        _thread = threading.Thread(target=_import_all, name="lepton-imports", daemon=True)
        _thread.start()


def is_running() -> bool:
    """Whether the thread imports now: whoever cannot wait must not import meanwhile."""
    return _thread is not None and _thread.is_alive()


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


_HOOKS = {"pre_run_cell": _wait_before_imports, "post_run_cell": _start_after_cell}
