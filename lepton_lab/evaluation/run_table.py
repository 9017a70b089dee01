"""Runs side by side: the list, the leaderboard on held-out rows, and the way to a comparison."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lepton_lab.errors import OptionError, RunError, did_you_mean
from lepton_lab.journal import RunFolder, RunRecord
from lepton_lab.metrics import Estimate
from lepton_lab.tasks import metric_of

if TYPE_CHECKING:
    from lepton_lab.evaluation.compare_runs import RunComparison
    from lepton_lab.journal.outcome import Outcome


class Runs(tuple[RunRecord, ...]):
    """Runs, the newest first; printed as a table."""

    __slots__ = ()

    def leaderboard(self, metric: str | None = None, target: str | None = None) -> Leaderboard:
        """The runs with a model for one target, the best on held-out rows first.

        Args:
            metric: a metric's name, such as "auc"; the one that the newest of these runs was asked for.
            target: what is predicted; that of the newest run with a model if left out.

        Raises:
            RunError: no run has a model for it.
            OptionError: the task has no such metric.
        """
        return rank(self, metric, target)

    def compare(self, *ids: str, seed: int = 0) -> RunComparison:
        """Two or more of these runs: their curves, what was asked differently, and paired differences.

        Args:
            ids: of the runs, or beginnings of them, or their names; the first is what the others are set against.
            seed: of the resamples.

        Raises:
            RunError: no such run.
            OptionError: fewer than two runs.
        """
        from lepton_lab.evaluation.compare_runs import compare_runs

        return compare_runs([self.one(id) for id in ids], seed=seed)

    def one(self, id: str) -> RunRecord:
        """The run whose id is, or alone begins with, `id`; else the one that alone has this name.

        Raises:
            RunError: none, or several.
        """
        exact = [run for run in self if id and id in (run.id, run.name)]
        found = exact or [run for run in self if id and run.id.startswith(id)]
        if len(found) != 1:
            ids = [run.id for run in self]
            what = f"{len(found)} runs answer to {id!r}" if found else f"no run {id!r} here.{did_you_mean(id, ids)}"
            raise RunError(f"{what} List them with: ll.runs()  (%lepton runs)")
        return found[0]

    def __repr__(self) -> str:
        if not self:
            return "no runs yet: train with ll.train(df, target=...)  (%lepton train df --target ...)"
        rows = [("id", "status", "started", "rows", "metric", "message")]
        rows += [_cells(record) for record in self]
        widths = [max(len(row[i]) for row in rows) for i in range(5)]
        lines = ["  ".join([*(cell.ljust(w) for cell, w in zip(row, widths, strict=False)), row[5]]) for row in rows]
        return "\n".join(line.rstrip() for line in lines)


@dataclass(frozen=True)
class Standing:
    """One run in a leaderboard.

    Args:
        run: the run.
        estimate: its metric on held-out rows, with a 95 % interval.
        note: on which rows.
        same_rows: whether these are the best run's very rows; None where that is not known.
    """

    run: RunRecord
    estimate: Estimate
    note: str
    same_rows: bool | None


@dataclass(frozen=True)
class Leaderboard:
    """Runs by one metric on held-out rows, the best first.

    Two runs are compared fairly only where they held out the same rows, and their intervals say little of their
    difference: that is what `ll.runs().compare(a, b)` is for.

    Args:
        target: what is predicted.
        metric: its name.
        label: of the metric, for people.
        higher_is_better: its direction.
        standings: in order.
    """

    target: str
    metric: str
    label: str
    higher_is_better: bool
    standings: tuple[Standing, ...]

    def __iter__(self) -> Iterator[Standing]:
        return iter(self.standings)

    def __len__(self) -> int:
        return len(self.standings)

    def __repr__(self) -> str:
        lines = [f"{self.label} of {self.target!r} on held-out rows, the best first"]
        for one in self.standings:
            called = f"  {one.run.name}" if one.run.name else ""
            lines.append(f"  {one.run.id:<28} {one.estimate!s:<26} {_rows_words(one)}{called}")
        return "\n".join(lines)


def rank(runs: Runs, metric: str | None, target: str | None) -> Leaderboard:
    """The leaderboard of some runs; each argument as `Runs.leaderboard` tells."""
    ended = [(run, found) for run in runs if (found := outcome_of(run)) is not None]
    fitting = [(run, found) for run, found in ended if target in (None, run.config.get("target"))]
    if not fitting:
        known = sorted({str(run.config.get("target")) for run, _ in ended})
        hint = f"Targets of runs with a model: {', '.join(known)}." if known else "Train one: ll.train(df, target=...)"
        raise RunError(f"no run has a model{'' if target is None else f' of target {target!r}'}. {hint}")
    target = str(fitting[0][0].config.get("target"))
    first = fitting[0][1]
    shown = first.shown if metric is None else metric
    measure = metric_of(first.task, shown)
    alike = [
        (run, found)
        for run, found in fitting
        if run.config.get("target") == target and found.task.name == first.task.name and shown in found.metrics
    ]
    if not alike:
        raise OptionError(f"no run of target {target!r} was measured by {shown!r}.")
    sign = -1 if measure.higher_is_better else 1
    alike.sort(key=lambda pair: (pair[1].metrics[shown].value != pair[1].metrics[shown].value,
                                 sign * pair[1].metrics[shown].value))  # fmt: skip
    key = alike[0][1].rows_key
    standings = tuple(
        Standing(run, found.metrics[shown], found.note, found.rows_key == key if key and found.rows_key else None)
        for run, found in alike
    )
    return Leaderboard(target, shown, measure.label, measure.higher_is_better, standings)


def outcome_of(run: RunRecord) -> Outcome | None:
    """What came of a run; None while it runs, and where nothing readable is."""
    return None if run.is_running else RunFolder(run.path).outcome()


def _rows_words(one: Standing) -> str:
    return {True: "", False: "other rows", None: "rows not known"}[one.same_rows]


def _cells(record: RunRecord) -> tuple[str, ...]:
    """One line of the table of runs."""
    score = "" if record.score is None else f"{record.metric_name} {record.score:.4f}"
    rows = f"{record.n_rows:,}" if record.n_rows else ""
    called = [record.name, *(f"#{tag}" for tag in record.tags), record.message[:80]]
    return (record.id, record.status, record.began, rows, score, "  ".join(word for word in called if word))
