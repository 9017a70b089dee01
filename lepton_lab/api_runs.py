"""The verbs that know of runs on disk: list them, take hold of one, stop one."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lepton_lab.evaluation.run_table import Runs
    from lepton_lab.journal import Run


def runs() -> Runs:
    """The runs on disk, the newest first: running, done, stopped, failed, killed.

    `.leaderboard("auc")` ranks them by their held-out rows, `.compare("k3fa", "m2xy")` sets them side by side.
    One run is `ll.attach(id)`, which renames, tags and deletes it.

    Example:
        >>> import lepton_lab as ll
        >>> len(ll.runs()) >= 0
        True
    """
    from lepton_lab.evaluation.run_table import Runs
    from lepton_lab.journal import list_runs

    return Runs(list_runs())


def attach(id: str) -> Run:
    """Take hold of a run: live in the process that works on it, read-only from any other.

    Args:
        id: The run's id, or its beginning.

    Raises:
        RunError: No run, or several, begin so.
    """
    from lepton_lab.journal import Run, open_run

    folder = open_run(id)
    return Run(folder.id, folder.path)


def stop(id: str) -> Run:
    """Ask a run, in whatever process, to end with the best weights so far.

    Args:
        id: The run's id, or its beginning.

    Raises:
        RunError: No run, or several, begin so.
    """
    run = attach(id)
    run.stop()
    return run
