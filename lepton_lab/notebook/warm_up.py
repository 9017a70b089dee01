"""Start slow imports while the user reads and types: `import jax` in a thread at `%load_ext`.

Imports only. No backend is started and no setting is touched: the user's own jax settings win.
"""

from __future__ import annotations

import importlib
import threading

SLOW = ("jax", "scipy.stats", "lightgbm", "flax.nnx", "optax", "lepton_lab.fitting.train_run")
_thread: threading.Thread | None = None


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
