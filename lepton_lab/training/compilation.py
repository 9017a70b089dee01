"""JAX's persistent compilation cache, and a count of compilations."""

from __future__ import annotations

import hashlib
import os
import platform
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import jax

_COMPILE_EVENT = "/jax/core/compile/backend_compile_duration"
_LOWER_EVENT = "/jax/core/compile/jaxpr_to_mlir_module_duration"
_HIT_EVENT = "/jax/compilation_cache/cache_hits"


def use_compilation_cache() -> Path | None:
    """Switch the persistent cache on, in a private folder of this user; the folder, or None.

    A setting of the user's own wins, a folder included. The folder is named after jax's version and the
    processor's features, because compiled code of one processor may not run on another. A folder that
    cannot be made, or that another user could write to, is not used.
    """
    settings = jax.config.values
    if settings["jax_compilation_cache_dir"] is not None or not settings["jax_enable_compilation_cache"]:
        return None
    folder = _cache_root() / f"jax-{jax.__version__}-{processor_name()}"
    if not _make_private(folder):
        return None
    jax.config.update("jax_compilation_cache_dir", str(folder))
    # Our functions are few and small: keep all of them, where the user has not said otherwise.
    if "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS" not in os.environ:
        jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.05)
    return folder


@dataclass
class CompileCount:
    """How many programs were compiled; `from_cache` of them were read from the persistent cache."""

    compiled: int = 0
    from_cache: int = 0


@contextmanager
def count_compilations() -> Iterator[CompileCount]:
    """Count what is compiled within the block, in any thread.

    Example:
        >>> with count_compilations() as count:
        ...     pass
        >>> count.compiled
        0
    """
    count = CompileCount()
    _listen_once()
    with _lock:
        _counts.append(count)
    try:
        yield count
    finally:
        with _lock:
            _counts.remove(count)


def compile_seconds() -> float:
    """Seconds that this process spent compiling since this was first asked, in all its threads."""
    _listen_once()
    return _seconds


_lock = threading.Lock()
_counts: list[CompileCount] = []
_seconds = 0.0
_listening = False


def _listen_once() -> None:
    """jax.monitoring has no way to take one listener back, so ours is registered once and stays."""
    global _listening
    if not _listening:
        jax.monitoring.register_event_duration_secs_listener(_on_duration)
        jax.monitoring.register_event_listener(_on_event)
        _listening = True


def _on_duration(event: str, duration_secs: float, **kwargs: str | int) -> None:
    global _seconds
    if event in (_COMPILE_EVENT, _LOWER_EVENT):
        with _lock:
            _seconds += duration_secs
    if event == _COMPILE_EVENT:
        for count in _counts:
            count.compiled += 1


def _on_event(event: str, **kwargs: str | int) -> None:
    if event == _HIT_EVENT:
        for count in _counts:
            count.from_cache += 1


def _cache_root() -> Path:
    base = os.environ.get("LEPTON_CACHE") or os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "lepton-lab"


def processor_name() -> str:
    """A short name of what this processor can do."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        features = next((line for line in lines if line.startswith(("flags", "Features"))), "")
    except OSError:
        features = platform.processor()
    return hashlib.sha256(f"{platform.machine()} {features}".encode()).hexdigest()[:12]


def _make_private(folder: Path) -> bool:
    """Make the folder for this user alone; whether that worked."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
    except OSError:
        return False
    owner = getattr(os, "getuid", None)
    return os.access(folder, os.W_OK) and (owner is None or folder.stat().st_uid == owner())
