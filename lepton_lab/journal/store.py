"""Where runs live, how they are found, and which old ones make room."""

from __future__ import annotations

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
    return sorted(records, key=lambda record: (record.created, record.id), reverse=True)


def open_run(id: str) -> RunFolder:
    """The run whose id is, or alone begins with, `id`.

    Raises:
        RunError: No run, or several, begin so.
    """
    names = [path.name for path in _run_paths()]
    found = [name for name in names if name == id] or [name for name in names if id and name.startswith(id)]
    if len(found) == 1:
        return RunFolder(home() / found[0])
    if found:
        raise RunError(f"{len(found)} runs begin with {id!r}: {', '.join(sorted(found))}. Type one more letter.")
    raise RunError(
        f"no run {id!r} under {home()} ({len(names)} runs).{did_you_mean(id, names)} "
        f"List them with: ll.runs()  (%lepton runs)"
    )


def make_room(keep_runs: int = KEEP_RUNS, keep_bytes: int = KEEP_BYTES) -> str:
    """Remove the oldest runs beyond the limits, never one that is running.

    Returns:
        One sentence that names what was removed; empty if nothing was.
    """
    paths = sorted(_run_paths(), key=lambda path: path.stat().st_mtime, reverse=True)
    removed, bytes_kept = [], 0
    for number, path in enumerate(paths):
        bytes_kept += _size(path)
        # One place is kept for the run that is about to start.
        if (number + 1 < keep_runs and bytes_kept <= keep_bytes) or lock.is_held(path):
            continue
        shutil.rmtree(path, ignore_errors=True)
        removed.append(path.name)
    if not removed:
        return ""
    kept = f"the newest {keep_runs} runs or {keep_bytes / 1e9:g} GB are kept"
    return f"removed {len(removed)} old run{'s' * (len(removed) > 1)} ({kept}): {', '.join(removed)}"


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
    for entry in path.rglob("*"):
        try:
            total += entry.stat().st_size
        except OSError:
            continue
    return total
