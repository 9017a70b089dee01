"""One search from a frame to a study: read, keep a journal, search, assemble, and survive a stop at any moment."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from lepton_lab.data.fingerprint import fingerprint
from lepton_lab.data.frames import open_frame
from lepton_lab.data.monotone import with_monotone
from lepton_lab.data.reshaping import reshape_of
from lepton_lab.data.schema import kinds_of
from lepton_lab.data.split import split_rows
from lepton_lab.data.table import read_table
from lepton_lab.data.told_types import with_immutable
from lepton_lab.errors import OptionError
from lepton_lab.fitting.asked import ARRAY, Asked
from lepton_lab.fitting.fit import forget_unknown, known_rows, prepare
from lepton_lab.fitting.kept import Kept
from lepton_lab.fitting.recipe import recipe_for, with_objects, with_random_trees
from lepton_lab.fitting.series_choice import choose_series
from lepton_lab.fitting.text_choice import keep_readers, known_readers
from lepton_lab.journal import LiveRun, RunFolder, create_run
from lepton_lab.networks.encoders import check_encoders
from lepton_lab.networks.layout import encoders_of
from lepton_lab.ranking import Ranking
from lepton_lab.training.control import Control
from lepton_lab.training.progress import Progress
from lepton_lab.tuning.assemble import Ensemble, assemble, pick, regrow_seconds
from lepton_lab.tuning.budget import StudyBudget
from lepton_lab.tuning.default import Default, run_default
from lepton_lab.tuning.entry import Entry
from lepton_lab.tuning.halving import SHARES
from lepton_lab.tuning.samplers import check_sampler, need_optuna
from lepton_lab.tuning.search import Plan, lanes_here, search
from lepton_lab.tuning.setting import Setting, judging_metric, with_test_rows
from lepton_lab.tuning.settings import scaled_to
from lepton_lab.tuning.space import read_space
from lepton_lab.tuning.store import Store
from lepton_lab.tuning.study import Study, StudyProgress, StudyReport, standings

if TYPE_CHECKING:
    from lepton_lab.data.quality import Finding
    from lepton_lab.data.split import Split
    from lepton_lab.data.table import Table
    from lepton_lab.tasks import Task
    from lepton_lab.trained import TrainedModel

MOST_TRIALS = 10_000


@dataclass(frozen=True)
class TuneAsked:
    """The options of one search.

    Args:
        asked: those that it has in common with a training.
        trials: how many, the default recipe among them.
        sampler: which of Optuna's.
        space: as the user gave it; None for the default space.
        halving: False gives every trial its whole schedule.
    """

    asked: Asked
    trials: int = 64
    sampler: str = "tpe"
    space: Mapping[str, Any] | None = None
    halving: bool = True

    def __post_init__(self) -> None:
        need_optuna()
        check_sampler(self.sampler)
        n = self.trials
        if isinstance(n, bool) or not isinstance(n, int | np.integer) or not 1 <= n <= MOST_TRIALS:
            raise OptionError(f"trials={n!r} is no whole number from 1 to {MOST_TRIALS}. For example: trials=64")
        read_space(self.space)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON."""
        space = None if self.space is None else read_space(self.space).to_json()
        own = {"trials": int(self.trials), "sampler": self.sampler, "space": space, "halving": self.halving}
        return self.asked.to_json() | own

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> TuneAsked:
        """What `to_json` wrote."""
        own = {name: data[name] for name in ("trials", "sampler", "space", "halving") if name in data}
        return TuneAsked(Asked.from_json(data), **own)


@dataclass(frozen=True)
class _Job:
    """A table that was read, and how it is to be searched on."""

    options: TuneAsked
    table: Table
    task: Task
    findings: tuple[Finding, ...]
    budget: StudyBudget
    resumed: bool
    report: StudyReport | None


def tune_run(
    df: Any,
    options: TuneAsked,
    *,
    weights: Any = None,
    began: float | None = None,
    report: StudyReport | None = None,
    resumed: RunFolder | None = None,
    stop: threading.Event | None = None,
) -> Study:
    """Search as asked.

    Args:
        df: The user's frame, or what `open_frame` made of it.
        options: What was asked.
        weights: Row weights as the user gave them; an array cannot be part of `options`.
        began: `time.monotonic()` when the call began; the budget counts from there.
        report: Called with each StudyProgress.
        resumed: The run to go on with; a new one if left out.
        stop: Ends the search with what there is.
    """
    asked = options.asked
    if asked.task == "survival":
        raise OptionError("tune knows no times to an event. Train one: ll.train(df, target=TIME, event=COLUMN)")
    if _learns_quantiles(asked):
        raise OptionError("tune knows no quantiles. Train a model of them: ll.train(df, target=..., task='quantile')")
    table, task, findings = read_table(
        df, target=asked.target, task=asked.task, positive=asked.positive, split=asked.split, weights=weights,
        ignore=asked.ignore, types=asked.types, reshape=reshape_of(asked.reshape),
    )  # fmt: skip
    if isinstance(task, Ranking):
        raise OptionError("tune ranks no items. Train a model that does: ll.train(events, target=..., reshape=...)")
    # Before a run is made of it: a misspelt option should not leave a failed run behind.
    table = with_immutable(with_monotone(table, task, asked.monotone), asked.immutable)
    check_encoders(asked.encoders, kinds_of(table.schema))
    judging_metric(task, asked.metric)
    recipe_for(asked.quality, table.n_rows, None)
    budget = StudyBudget(asked.budget_s, time.monotonic() if began is None else began)
    job = _Job(options, table, task, findings, budget, resumed is not None, report)
    live = LiveRun(_folder(df, job, weights, resumed), None, stop or threading.Event())
    studies: list[Study] = []

    def work(live: LiveRun) -> TrainedModel:
        studies.append(_search(job, live))
        return studies[-1].model

    model = live.work(work)
    return replace(studies[-1], model=model, run_id=live.folder.id, seconds=budget.elapsed_s())


def _learns_quantiles(asked: Asked) -> bool:
    """Whether quantiles are asked for, or a forecast, which learns them where nothing is said."""
    forecast = (asked.reshape or {}).get("kind") == "forecast" and asked.task is None
    return forecast or str(asked.task).partition(":")[0] == "quantile"


def _folder(df: Any, job: _Job, weights: Any, resumed: RunFolder | None) -> RunFolder:
    """The run's folder: a new one, or the one to go on with."""
    if resumed is not None:
        resumed.take_over()
        return resumed
    folder = create_run("tune", job.options.to_json(), fingerprint(df), open_frame(df).n_rows)
    if job.options.asked.weights == ARRAY:
        folder.save_checkpoint("weights", {"weights": np.asarray(weights, np.float64)}, {})
    return folder


def _search(job: _Job, live: LiveRun) -> Study:
    """Default recipe, search, ensemble, model."""
    asked, budget, store = job.options.asked, job.budget, Store(live.folder, job.resumed)
    rows, lost = _rows(job, live.folder)
    balanced = asked.weights == "balanced"
    told = check_encoders(asked.encoders, kinds_of(job.table.schema))
    readers = known_readers(live.folder) if job.resumed else {}
    readers |= {column: one["encoder"] for column, one in told.items() if "encoder" in one}
    prepared = prepare(job.table, job.task, rows, asked.seed, balanced, remaining_s=budget.left_s(), readers=readers)
    earlier = readers if job.resumed else None
    told, of_series = choose_series(told, prepared.encoder.blocks, len(rows.train), earlier)
    keep_readers(live.folder, {**prepared.readers, **of_series})
    recipe = recipe_for(asked.quality, len(rows.train), None)
    encoders = encoders_of(told, prepared.encoder.blocks)
    recipe = with_objects(recipe, asked.quality, len(rows.train), job.table.schema, encoders)
    recipe = with_random_trees(recipe, asked.quality, len(rows.train), job.task)
    metric = judging_metric(prepared.problem.task, asked.metric)
    shares = SHARES if job.options.halving else (1.0,)
    setting = Setting.of(prepared.problem, prepared.folds, recipe, metric, shares)
    teller = _Teller(job, live, setting)
    control = Control(teller.tick, live.stop)
    teller.say((), "the default recipe")
    default = run_default(setting, store, control, budget)
    teller.trials = (default.trial,)
    folded = len(setting.folds) > 1
    regrow_s = regrow_seconds(setting, default.entries) if folded or recipe.refit else 0.0
    budget.expect_regrowth(regrow_s, is_needed=folded)
    affordable = _affordable(setting, default, budget)
    entries = search(setting, _plan(job, setting), default, store, teller.searching(), teller.say, affordable)
    teller.say(entries, "the ensemble")
    ensemble = pick(setting, default, entries)
    model = assemble(ensemble, setting, prepared, job.table, rows, control, budget, Kept(live.folder, job.resumed))
    notes = [*_notes(job, live, entries), *lost, *prepared.notes]
    # `metric` is the user's word for what is shown first; a study without one is judged by the loss.
    config = job.options.to_json()
    said = (*job.options.asked.said_of_domain, *[finding.message for finding in job.findings])
    model = replace(model, config=config, notes=(*notes, *model.notes, *said))
    trials = (default.trial, *[entry.trial() for entry in entries])
    board = _leaderboard(setting, default, ensemble, trials)
    teller.done(model)
    return Study(
        trials, model, metric.name, metric.higher_is_better, board, budget.elapsed_s(), tuple(notes), None, config
    )


def _rows(job: _Job, folder: RunFolder) -> tuple[Split, tuple[str, ...]]:
    """The split: of the run that is resumed, else a new one, and a note where that cost what was kept."""
    kept = known_rows(folder, job.table.n_rows) if job.resumed else None
    if kept is not None:
        return kept, ()
    lost = forget_unknown(folder) if job.resumed else ""
    rows = with_test_rows(split_rows(job.table, job.task, split=job.options.asked.split, seed=job.options.asked.seed))
    folder.save_rows(rows)
    return rows, (lost,) if lost else ()


def _plan(job: _Job, setting: Setting) -> Plan:
    options = job.options
    space = read_space(options.space)
    if options.space is None:
        space = scaled_to(space, setting.recipe)
    lanes = lanes_here()
    return Plan(
        options.trials, options.sampler, space, options.asked.seed, batch=16 if lanes == 1 else 3 * lanes, lanes=lanes
    )


def _affordable(setting: Setting, default: Default, budget: StudyBudget) -> Callable[[], float]:
    """How many trials can go through the rungs in the time left, judged by the default's members."""
    n_folds, shares = len(setting.folds), setting.shares
    costs = [entry.fold_s(n_folds) * n_folds for entry in default.entries]
    # A third of the trials goes on from each rung.
    steps = np.diff([0.0, *shares])
    share = float(np.sum(steps / 3.0 ** np.arange(len(steps))))
    each_s = max(share * sum(costs) / max(len(costs), 1), 1e-3)
    return lambda: budget.search_left_s() / each_s


class _Teller:
    """Tells of the search: its leaderboard to the user, one line to the journal; and ends it in time."""

    def __init__(self, job: _Job, live: LiveRun, setting: Setting) -> None:
        self._job, self._live, self._metric = job, live, setting.metric
        self.trials: tuple[Any, ...] = ()
        self._halt = threading.Event()
        self._entries: Sequence[Entry] = ()
        self._stage, self._told = "searching", 0.0

    def searching(self) -> Control:
        """A control that ends with the search's share of the time, or by the user."""
        self._stage = "searching"
        return Control(self._tick_search, self._halt)

    def tick(self, progress: Progress) -> None:
        """Something was trained for a moment: keep the journal alive, four times a second."""
        if time.monotonic() - self._told > 0.25:
            self._told = time.monotonic()
            self._live.report(self._standing().as_progress())

    def _tick_search(self, progress: Progress) -> None:
        self.tick(progress)
        if self._live.stop.is_set() or self._job.budget.search_left_s() <= 0:
            self._halt.set()

    def say(self, entries: Sequence[Entry], stage: str = "") -> None:
        """A trial has reached a rung, or a stage began."""
        self._entries, self._stage = entries, stage or self._stage
        if self._live.stop.is_set() or self._job.budget.search_left_s() <= 0:
            self._halt.set()
        standing = self._standing()
        self._live.report(standing.as_progress())
        if self._job.report is not None:
            self._job.report(standing)

    def done(self, model: TrainedModel) -> None:
        """The last line of the journal: the model's own figure."""
        value = model.metrics[self._metric.name].value
        done = replace(self._standing().as_progress(), stage="done", metric=value, best_metric=value)
        self._live.report(done)

    def _standing(self) -> StudyProgress:
        trials = (*self.trials, *[entry.trial() for entry in self._entries])
        budget = self._job.budget
        return StudyProgress(
            trials, self._job.options.trials, self._metric.name, self._metric.higher_is_better,
            budget.elapsed_s(), budget.seconds, self._stage,
        )  # fmt: skip


def _leaderboard(setting: Setting, default: Default, ensemble: Ensemble, trials: Sequence[Any]) -> tuple:
    """The ensemble, the default recipe, then single members, the best first."""
    rows = setting.judged
    weights = {(c.number, c.member): w for c, w in ensemble.used}
    words = {trial.number: trial.words for trial in trials}
    singles = sorted(
        ((setting.score(c.logits), i, c) for i, c in enumerate(ensemble.candidates)),
        key=lambda s: (-s[0] if setting.metric.higher_is_better else s[0], s[1]),
    )
    named: dict[str, tuple[np.ndarray, float | None, str]] = {
        "ensemble": (ensemble.logits, None, f"of {len(ensemble.used)} members"),
        "default recipe": (default.logits, None, "linear, network and trees blended"),
    }
    for _, _, c in singles:
        what = "as in the default recipe" if c.number == 0 else words[c.number]
        named[f"trial {c.number} {c.member}"] = (c.logits, weights.get((c.number, c.member), 0.0), what)
    return standings(named, default.logits, setting.metric, rows.y, rows.counted, setting.problem.seed)


def _notes(job: _Job, live: LiveRun, entries: Sequence[Entry]) -> list[str]:
    n, asked = len(entries) + 1, job.options.trials
    if live.stop.is_set():
        return [f"the search was stopped by the user after {n} of {asked} trials; all that finished was kept."]
    if n < asked or any(entry.state == "stopped" for entry in entries):
        why = "the time budget" if job.budget.seconds is not None else "the end of the space"
        return [f"the search was ended by {why} after {n} of {asked} trials."]
    return []
