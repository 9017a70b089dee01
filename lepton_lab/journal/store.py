"""Where runs live, how they are found, and which old ones make room."""

from __future__ import annotations

import contextlib
import functools
import os
import re
import secrets
import shutil
from datetime import datetime
from pathlib import Path
from typing import Any

from lepton_lab.errors import RunError, did_you_mean
from lepton_lab.journal import lock
from lepton_lab.journal.folder import RunFolder, RunRecord
from lepton_lab.journal.labels import Labels, read_labels

KEEP_RUNS = 50
KEEP_BYTES = 2_000_000_000
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


@functools.cache
def home() -> Path:
    """The folder that holds one folder a run; chosen once a process, made with the first run.

    `$LEPTON_HOME/runs`; else `.lepton/runs` in the working folder, if that can be written; else the
    per-user data folder. Absolute, so that a later `os.chdir` doesn't lose the runs.
    """
    asked = os.environ.get("LEPTON_HOME")
    if asked:
        return Path(asked).expanduser().absolute() / "runs"
    here = Path.cwd() / ".lepton"
    if os.access(here if here.exists() else here.parent, os.W_OK | os.X_OK):
        return here / "runs"
    import platformdirs

    return Path(platformdirs.user_data_dir("lepton-lab")) / "runs"


def create_run(kind: str, config: dict[str, Any], fingerprint: str, n_rows: int) -> RunFolder:
    """A new run, locked by this process, with its first `run.json`; old runs make room.

    Args:
        kind: What runs: "train".
        config: The arguments of the call, as plain JSON.
        fingerprint: Of the frame, as `data.fingerprint` tells it; `resume` compares it.
        n_rows: Rows of the frame.

    Returns:
        The run's folder. Where nothing can be written it has a `note`, and training goes on.
    """
    run = RunFolder(home() / _new_id(str(config.get("target", kind))))
    try:
        _make_home()
        run.removed = make_room()
    except OSError as error:
        run.note = f"no journal ({error}): this run cannot be attached or resumed. Set LEPTON_HOME to a writable folder"
    run.start(
        status="running",
        kind=kind,
        created=datetime.now().isoformat(timespec="microseconds"),  # so fine that runs of one second keep their order
        n_rows=n_rows,
        fingerprint=fingerprint,
        config=config,
        pid=os.getpid(),
    )
    return run


def list_runs() -> list[RunRecord]:
    """Every run under home, the newest first; one that cannot be read is listed as damaged."""
    records = [RunFolder(path).record() for path in _run_paths()]
    # One that another process removed while it was read is gone, not damaged.
    there = [record for record in records if record.status != "damaged" or record.path.is_dir()]
    return sorted(there, key=lambda record: (record.created, record.id), reverse=True)


def open_run(id: str) -> RunFolder:
    """The run whose id is, or alone begins with, `id`; else the one that alone has this name.

    Raises:
        RunError: No run, or several, begin so.
    """
    names = [path.name for path in _run_paths()]
    found = [name for name in names if name == id] or [name for name in names if id and name.startswith(id)]
    if not found:
        found = [name for name in names if id and read_labels(home() / name).name == id]
    if len(found) == 1:
        return RunFolder(home() / found[0])
    if found:
        how = "begin with" if all(name.startswith(id) for name in found) else "are called"
        advice = "Type one more letter." if how == "begin with" else "Type the id of one."
        raise RunError(f"{len(found)} runs {how} {id!r}: {', '.join(sorted(found))}. {advice}")
    raise RunError(
        f"no run {id!r} under {home()} ({len(names)} runs).{did_you_mean(id, names)} "
        f"List them with: ll.runs()  (%lepton runs)"
    )


def delete_run(path: Path) -> str:
    """Remove a run's folder, never a part of it: it leaves the list in one step, then the disk.

    Returns:
        One sentence that says what was removed.

    Raises:
        RunError: It is running, is not there any more, or cannot be removed.
    """
    folder = RunFolder(path)
    if not path.is_dir():
        raise RunError(f"run {folder.id!r} is not there any more. List the runs with: ll.runs()  (%lepton runs)")
    record = folder.record()
    try:
        # Whoever resumes it at this moment has the lock, or gets an error; either way nothing is half gone.
        lock.acquire(path)
        size = _size(path)
        _remove(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            lock.release(path)
        raise RunError(f"run {folder.id!r} cannot be removed: {error}. Nothing was changed.") from None
    what = "with its model" if record.status in ("done", "stopped") else f"which was {record.status}"
    return f"removed run {folder.id!r} {what} ({size / 1e6:.1f} MB)"


def make_room(keep_runs: int = KEEP_RUNS, keep_bytes: int = KEEP_BYTES) -> str:
    """Remove the oldest runs beyond the limits, never one that is running, or has a name or a tag.

    Returns:
        One sentence that names what was removed; empty if nothing was.
    """
    _sweep()
    paths = sorted(_run_paths(), key=lambda path: path.stat().st_mtime, reverse=True)
    removed, bytes_kept = [], 0
    for number, path in enumerate(paths):
        bytes_kept += _size(path)
        # One place is kept for the run that is about to start.
        if (number + 1 < keep_runs and bytes_kept <= keep_bytes) or lock.is_held(path):
            continue
        if read_labels(path) != Labels():
            continue
        with contextlib.suppress(OSError):
            _remove(path)
            removed.append(path.name)
    if not removed:
        return ""
    kept = f"the newest {keep_runs} runs or {keep_bytes / 1e9:g} GB are kept"
    return f"removed {len(removed)} old run{'s' * (len(removed) > 1)} ({kept}): {', '.join(removed)}"


def _remove(path: Path) -> None:
    """Take a run's folder out of the list in one step, then off the disk."""
    aside = path.with_name(f".deleted-{path.name}-{secrets.token_hex(4)}")
    path.rename(aside)
    shutil.rmtree(aside, ignore_errors=True)


def _sweep() -> None:
    """Remove what is left of runs whose removal was cut short."""
    for path in home().glob(".deleted-*"):
        shutil.rmtree(path, ignore_errors=True)


def _make_home() -> None:
    """Make home readable by its owner only, and invisible to git."""
    home().mkdir(mode=0o700, parents=True, exist_ok=True)
    ignore = home() / ".gitignore"
    if not ignore.exists():
        ignore.write_text("# Runs of lepton-lab: they hold rows of your data.\n*\n")


def _run_paths() -> list[Path]:
    """The folders under home that are runs."""
    try:
        return [path for path in home().iterdir() if path.is_dir() and not path.name.startswith(".")]
    except OSError:
        return []


def _new_id(word: str) -> str:
    """Four random letters, then a word to recognise it by: the four letters are enough to type."""
    token = "".join(secrets.choice(_LETTERS) for _ in range(4))
    slug = re.sub(r"[^a-z0-9]+", "-", word.lower()).strip("-")[:24]
    return f"{token}-{slug}" if slug else token


def _size(path: Path) -> int:
    """Bytes under a folder; files that vanish meanwhile count nothing."""
    total = 0
    try:
        with os.scandir(path) as entries:
            for entry in entries:
                total += _size(Path(entry)) if entry.is_dir(follow_symlinks=False) else _bytes_of(entry)
    except OSError:
        return total
    return total


def _bytes_of(entry: os.DirEntry[str]) -> int:
    try:
        return entry.stat().st_size
    except OSError:
        return 0
