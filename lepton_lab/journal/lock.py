"""Who is running a run: one lock file a run, which a dead process cannot hold.

No advisory file locks: they differ between systems and vanish on network folders. The lock file
names its owner (host, process id, and when that process started, because ids are used again), so
anyone can tell whether the owner still lives.
"""

from __future__ import annotations

import functools
import hashlib
import json
import math
import os
import platform
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from lepton_lab.errors import RunError

ELSEWHERE_S = 600.0
"""A lock from another host counts as alive while its run wrote something in the last ten minutes."""
HANDOVER_S = 2.0
"""Longer than anybody needs to write a lock file."""


@dataclass(frozen=True)
class Owner:
    """One process on one host; `started` tells apart two processes that had the same id."""

    pid: int
    started: str
    host: str

    @property
    def alive(self) -> bool | None:
        """Whether the process still runs; None where this host cannot know."""
        if self.host != platform.node():
            return None
        started = _started(self.pid)
        return started is not None and started == self.started

    @property
    def is_me(self) -> bool:
        """Whether this very process is the owner."""
        return self == me()


def me() -> Owner:
    """The process that asks."""
    pid = os.getpid()
    return Owner(pid, _started(pid) or "", platform.node())


def acquire(folder: Path) -> None:
    """Take the lock of a run's folder; a lock whose owner died is taken over.

    Raises:
        RunError: Another living process, or this one, holds it.
        OSError: The folder cannot be written.
    """
    if not _take(folder / "lock"):
        raise _in_use(folder)


def release(folder: Path) -> None:
    """Give the lock back, if this process holds it."""
    held = owner(folder)
    if held is not None and held.is_me:
        (folder / "lock").unlink(missing_ok=True)


def owner(folder: Path) -> Owner | None:
    """Who holds the lock of a run's folder; None where nobody does, or the file is unreadable."""
    return _named_in(_text(folder / "lock"))


def is_held(folder: Path) -> bool:
    """Whether a living process holds the lock of a run's folder."""
    return _is_held(folder / "lock", _text(folder / "lock"))


def _take(path: Path) -> bool:
    """Make the lock file `path`, or replace one whose owner died; False where it is held."""
    if _create(path):
        return True
    dead = _text(path)
    if dead is None or _is_held(path, dead):
        return False
    # Many may find the same dead lock. Who holds the claim on it, itself a lock, alone may replace it,
    # and only while it is still that lock: an earlier claimant may have come and gone.
    claim = path.with_name(f"{path.name}.{hashlib.sha256(dead.encode()).hexdigest()[:8]}")
    if not _take(claim):
        return False
    try:
        if _text(path) != dead:
            return False
        mine = path.with_name(f"{path.name}.mine")
        mine.write_text(json.dumps(asdict(me())))
        mine.replace(path)
        return True
    finally:
        claim.unlink(missing_ok=True)


def _create(path: Path) -> bool:
    """Make a file that names this process, unless it exists."""
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    except FileExistsError:
        return False
    with os.fdopen(descriptor, "w") as file:
        json.dump(asdict(me()), file)
    return True


def _text(path: Path) -> str | None:
    """What a lock file says; None where there is none, or it cannot be read."""
    try:
        return path.read_text(errors="replace")
    except OSError:
        return None


def _named_in(text: str | None) -> Owner | None:
    try:
        return Owner(**json.loads(text or ""))
    except (ValueError, TypeError):
        return None


def _is_held(path: Path, text: str | None) -> bool:
    """Whether the lock file `path`, which says `text`, belongs to a living process."""
    held = _named_in(text)
    if held is None:
        # A lock without an owner may be one that is being written right now.
        return _age(path) < HANDOVER_S
    if held.alive is None:
        return time.time() - _last_write(path.parent) < ELSEWHERE_S
    return held.alive


def _age(path: Path) -> float:
    """Seconds since a file was written; without end where there is none."""
    try:
        return time.time() - path.stat().st_mtime
    except FileNotFoundError:
        return math.inf


def _in_use(folder: Path) -> RunError:
    held = owner(folder)
    who = f"process {held.pid} on {held.host}" if held else "another process"
    return RunError(
        f"run {folder.name!r} is in use by {who}. Wait for it, or stop it with: ll.stop({folder.name!r})  "
        f"(%lepton stop {folder.name})"
    )


def _last_write(folder: Path) -> float:
    """When anything in the folder was last written, seconds since 1970."""
    return max((entry.stat().st_mtime for entry in folder.iterdir()), default=0.0)


def _started(pid: int) -> str | None:
    """A text that is the same as long as process `pid` is the same process; None if there is none."""
    if sys.platform.startswith("linux"):
        return _started_linux(pid)
    if sys.platform == "win32":
        return _started_windows(pid)
    shown = subprocess.run(["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return shown.stdout.strip() or None


def _started_linux(pid: int) -> str | None:
    """Clock ticks from boot to the start of `pid`, and which boot; a zombie counts as dead."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    # The second field is the program's name in brackets, which may hold spaces and brackets itself.
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] in "ZX" else f"{_boot()}:{fields[19]}"


@functools.cache
def _boot() -> str:
    """The id of this boot of the machine, or nothing where it is hidden."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()[:8]
    except OSError:
        return ""


def _started_windows(pid: int) -> str | None:
    """The creation time of `pid` as Windows counts it."""
    import ctypes
    from ctypes import wintypes

    kernel = ctypes.windll.kernel32  # pyright: ignore[reportAttributeAccessIssue]
    handle = kernel.OpenProcess(0x1000, False, pid)  # PROCESS_QUERY_LIMITED_INFORMATION
    if not handle:
        return None
    times = [wintypes.FILETIME() for _ in range(4)]
    code = wintypes.DWORD()
    try:
        kernel.GetExitCodeProcess(handle, ctypes.byref(code))
        kernel.GetProcessTimes(handle, *[ctypes.byref(t) for t in times])
    finally:
        kernel.CloseHandle(handle)
    still_active = 259
    return f"{times[0].dwHighDateTime}:{times[0].dwLowDateTime}" if code.value == still_active else None
