"""What the runs panel tells its page: plain JSON."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from lepton_lab.errors import RunError
from lepton_lab.evaluation.comparison import Comparison
from lepton_lab.evaluation.run_table import outcome_of
from lepton_lab.pictures.comparison import asked_words
from lepton_lab.pictures.curves import thin
from lepton_lab.pictures.run_comparison import called
from lepton_lab.pictures.run_list import RESUMABLE

if TYPE_CHECKING:
    from lepton_lab.evaluation.compare_runs import RunComparison, Trace
    from lepton_lab.journal import Run, RunRecord
    from lepton_lab.journal.outcome import Outcome

MOST_RUNS = 200
MOST_POINTS = 200


def run_in(content: dict[str, Any]) -> Run:
    """The run that a message names by its whole id.

    Raises:
        RunError: it names none, or one that is gone.
    """
    import lepton_lab as ll

    id = content.get("id")
    if not isinstance(id, str) or id not in [run.id for run in ll.runs()]:
        raise RunError(f"run {id!r} is not there any more: it was deleted meanwhile.")
    return ll.attach(id)


def call(id: str, rest: str) -> str:
    """The Python line that does something to a run."""
    return f"ll.attach({id!r}){rest}"


def runs(found: Sequence[RunRecord]) -> dict[str, Any]:
    """The list, as it is now."""
    return {"runs": [_run(run) for run in found[:MOST_RUNS]], "hidden": max(0, len(found) - MOST_RUNS)}


def comparison(found: RunComparison) -> dict[str, Any]:
    """Runs side by side."""
    differs = [("asked", found.asked), ("came out", found.came)]
    return {
        "ids": [run.id for run in found.runs], "names": [called(run) for run in found.runs],
        "traces": [_trace(found.traces[run.id]) for run in found.runs],
        "pairs": [_pair(found.pairs[run.id]) for run in found.runs[1:]],
        "differs": [
            {"what": what, "name": name, "values": [asked_words(value) for value in values]}
            for what, some in differs for name, values in some.items()
        ],
        "code": f"ll.runs().compare({', '.join(repr(run.id) for run in found.runs)})",
    }  # fmt: skip


def _run(run: RunRecord) -> dict[str, Any]:
    return {
        "id": run.id, "name": run.name, "tags": list(run.tags), "status": run.status, "kind": run.kind,
        "began": run.began, "target": str(run.config.get("target", "")), "rows": run.n_rows,
        "score": _finite(run.score), "metric": run.metric_name, "seconds": _finite(run.elapsed_s),
        "message": run.message, "open": _open(run), "resume": _resume(run), "held": _held(outcome_of(run)),
    }  # fmt: skip


def _held(found: Outcome | None) -> dict[str, Any] | None:
    """The metric to look at first, on held-out rows; None where there is none."""
    if found is None or found.shown not in found.metrics:
        return None
    one, metric = found.metrics[found.shown], found.task.metrics.get(found.shown)
    return {
        "label": found.shown if metric is None else metric.label, "value": _finite(one.value),
        "low": _finite(one.low), "high": _finite(one.high), "higher": metric is None or metric.higher_is_better,
        "rows": found.rows_key,
    }  # fmt: skip


def _open(run: RunRecord) -> str:
    """The line that opens a run: its model where it has one, else the run itself."""
    return f"model = ll.attach({run.id!r}).result()" if run.status == "done" else f"run = ll.attach({run.id!r})"


def _resume(run: RunRecord) -> str:
    """The line that goes on with a run; it needs the frame, so the page cannot do it by itself."""
    return f"model = ll.resume({run.id!r}, df)" if run.status in RESUMABLE else ""


def _trace(one: Trace) -> dict[str, Any]:
    bests, losses = thin(len(one.seconds), MOST_POINTS), thin(len(one.epochs), MOST_POINTS)
    return {
        "seconds": [_finite(one.seconds[i]) for i in bests], "best": [_finite(one.best[i]) for i in bests],
        "metric": one.metric, "epochs": [_finite(one.epochs[i]) for i in losses],
        "losses": [_finite(one.losses[i]) for i in losses],
    }  # fmt: skip


def _pair(pair: Comparison | str) -> dict[str, Any]:
    if isinstance(pair, str):
        return {"why": pair, "words": "", "note": "", "metrics": []}
    metrics = [
        {
            "label": one.label, "a": _finite(one.a.value), "b": _finite(one.b.value), "better": one.better,
            "difference": [_finite(v) for v in (one.difference.value, one.difference.low, one.difference.high)],
            "share": _finite(one.probability), "first": name == pair.shown,
        }
        for name, one in pair.metrics.items()
    ]  # fmt: skip
    return {"why": "", "words": pair.words, "note": pair.note, "metrics": metrics}


def _finite(number: Any) -> float | None:
    if number is None or not math.isfinite(number):
        return None
    return float(f"{float(number):.8g}")
