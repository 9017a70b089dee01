"""From a table to a trained model: grow the members, blend and calibrate them, measure what came out.

Two plans, by the number of rows. From 5,000 rows on, one validation set says where growth ends and how
members are blended. Below, five folds do: every row is judged by members that never saw it, and the
members kept are grown once more on all of them. Test rows serve the shown metrics and nothing else;
with folds the metrics are out-of-fold, blend and calibration fitted on the other folds.

Every end is a good end: a stop, a deadline, a member that fails leave a model made of what there is.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from lepton_lab.data.encode_tabular import TabularEncoder, fit_encoder
from lepton_lab.data.monotone import monotone_note
from lepton_lab.data.rows import Table
from lepton_lab.data.schema import kinds_of
from lepton_lab.data.split import Split, known_before, split_rows
from lepton_lab.fitting.background import choose_background
from lepton_lab.fitting.calibrate import class_weight_bias
from lepton_lab.fitting.combine import Combined, combine
from lepton_lab.fitting.course import Repeat, versions
from lepton_lab.fitting.grow import standing
from lepton_lab.fitting.hazard import fit_baseline
from lepton_lab.fitting.kept import Kept
from lepton_lab.fitting.members import Members, grow_members
from lepton_lab.fitting.problem import Problem, Rows
from lepton_lab.fitting.ranked_rows import comes_again, fewer_to_rank
from lepton_lab.fitting.recipe import are_read_slowly, for_ranking, recipe_for, with_objects, with_random_trees
from lepton_lab.fitting.scores import leaderboard, resamples_in, seasonal_naive, trivial_logits, trivial_name
from lepton_lab.fitting.series_choice import choose_series
from lepton_lab.fitting.telling import Telling
from lepton_lab.fitting.text_choice import choose_readers, keep_readers, known_readers
from lepton_lab.metrics import RESAMPLES
from lepton_lab.networks.encoders import check_encoders
from lepton_lab.networks.layout import encoders_of
from lepton_lab.quantiles import Quantiles
from lepton_lab.ranking import Ranking, without_seen
from lepton_lab.survival import Survival
from lepton_lab.tasks import Regression, Task, answers, metric_of
from lepton_lab.trained import HeldOut, TrainedModel, as_blended
from lepton_lab.training.apart import quick_turns
from lepton_lab.training.compute import Compute
from lepton_lab.training.control import Control
from lepton_lab.training.progress import Progress

if TYPE_CHECKING:
    from lepton_lab.journal import RunFolder

# With less time than this folds are not worth it: one part of the rows judges, one measures.
_FOLDS_NEED_S = 12.0
# Nor are they from so many rows on where objects are read: a network for them takes minutes, and six of them too long.
_FOLDS_END_WITH_OBJECTS = 1000


def fit(
    table: Table,
    task: Task,
    *,
    split: str | None = None,
    quality: str = "balanced",
    control: Control | None = None,
    seed: int = 0,
    metric: str | None = None,
    weights: object = None,
    run: RunFolder | None = None,
    resume: bool = False,
    further: bool = False,
    repeat: Repeat | None = None,
    compute: Compute | None = None,
    encoders: Mapping[str, Any] | None = None,
) -> TrainedModel:
    """Train on a table.

    Args:
        table: as `read_table` gives it, with `y`.
        task: what its target sets.
        split: how rows are held out; None for at random, stratified by class.
        quality: `fast`, `balanced` or `best`.
        control: whom to tell, and what may end it.
        seed: of every random choice.
        metric: shown first; None for the task's default.
        weights: as asked; `balanced` weights are undone in the predictions.
        run: where finished parts are kept.
        resume: go on from what `run` holds.
        further: go on beyond the ends that the clock gave the growths in `run`.
        repeat: an earlier fit of the same table, to be ended wherever the clock or its user ended that one.
        compute: on what the network is trained, and in which numbers.
        encoders: what reads columns of objects, by column or kind; the usual ones where nothing is said.

    Returns:
        The trained model, with the rows that were held out and, to look rows up, all of them.

    Raises:
        OptionError: an option has a value that cannot work.
        DataError: the rows cannot be divided.
    """
    began = time.monotonic()
    control = control or Control()
    shown = metric_of(task, metric).name
    known = repeat.rows if repeat is not None else known_rows(run, table.n_rows) if resume else None
    asked = check_encoders(encoders, kinds_of(table.schema))
    slow = are_read_slowly(quality, table.schema, asked)
    rows = known or _rows(table, task, split, seed, control, slow=slow)
    rows = fewer_to_rank(rows, task, seed)
    lost = forget_unknown(run) if resume and known is None else ""
    if run is not None and (known is None or not resume):
        run.save_rows(rows)
    balanced = isinstance(weights, str) and weights == "balanced"
    readers = known_readers(run) if repeat is None else repeat.course.readers
    readers = readers | {column: one["encoder"] for column, one in asked.items() if "encoder" in one}
    prepared = prepare(table, task, rows, seed, balanced, remaining_s=control.remaining_s(), readers=readers)
    earlier = None if known is None else readers
    asked, of_series = choose_series(asked, prepared.encoder.blocks, len(rows.train), earlier)
    chosen_readers = {**prepared.readers, **of_series}
    keep_readers(run, chosen_readers)
    recipe = recipe_for(quality, len(rows.train), metric).on(compute or Compute())
    chosen = encoders_of(asked, prepared.encoder.blocks)
    recipe = with_objects(recipe, quality, len(rows.train), table.schema, chosen)
    recipe = for_ranking(recipe, chosen) if isinstance(task, Ranking) else recipe
    if repeat is None or repeat.course.random_trees:
        recipe = with_random_trees(recipe, quality, len(rows.train), task)
    telling = Telling(control, shown)
    telling.say(guess(prepared, metric))
    kept = Kept(run, resume, repeat=None if repeat is None else repeat.course, further=further)
    kept.course.readers = chosen_readers
    kept.course.random_trees = recipe.random_trees is not None
    folded = rows.folds is not None
    members = grow_members(prepared.problem, prepared.folds, recipe, telling.control, kept, folded=folded)
    telling.say(Progress(stage="blend", message="blending and calibrating"))
    with quick_turns():
        combined = combine(prepared.problem, members)
        if run is not None:
            run.save_course(kept.course.to_json())
        notes = [*telling.notes(), *([lost] if lost else []), *prepared.notes]
        n_resamples = resamples_in(control.remaining_s(), members.measuring_s)
        model = measured(table, rows, prepared, members, combined, notes, n_resamples=n_resamples)
    config = {"target": table.schema.target, "split": split, "quality": quality, "seed": seed, "metric": metric}
    telling.say(_done(model, shown, began))
    return replace(model, config=config, history=tuple(telling.history), seen=table)


@dataclass(frozen=True)
class Prepared:
    """A problem without its test rows, its folds as positions in it, and the encoder.

    Args:
        problem: rows that are learned from or judged on.
        used: their positions in the table.
        folds: (train, valid) positions in `used`.
        encoder: fitted on the rows that train.
        readers: of columns of texts.
        notes: what was decided on the way, a sentence each.
    """

    problem: Problem
    used: np.ndarray
    folds: tuple[tuple[np.ndarray, np.ndarray], ...]
    encoder: TabularEncoder
    readers: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def guess(prepared: Prepared, metric: str | None) -> Progress:
    """How the best guess that looks at no column does on the first validation rows: what members start from."""
    rows, task = prepared.problem.rows, prepared.problem.task
    train, valid = (rows.take(part) for part in prepared.folds[0])
    told = Progress(stage="baseline", member=trivial_name(task))
    if isinstance(task, Survival):  # its guess is a curve, and no log hazard
        return told
    logits = np.broadcast_to(trivial_logits(train.y, train.weights, task), (len(valid.y), task.n_outputs))
    found = standing(task, valid, logits, metric)
    return replace(found, stage="baseline", member=told.member, best_metric=None)


def known_rows(run: RunFolder | None, n_rows: int) -> Split | None:
    """The split of a run that is resumed; None where it cannot be read, or divides no table of so many rows."""
    kept = None if run is None else run.rows()
    return kept if kept is not None and kept.divides(n_rows) else None


def forget_unknown(run: RunFolder | None) -> str:
    """Throw away what a run had grown on rows that are not known any more; a sentence, if there was anything.

    A row that measures the model now may have been learned from then.
    """
    if run is None or not run.forget_growths():
        return ""
    return (
        "the run's record of which rows were held out cannot be read: rows were divided anew, and what had been "
        "trained was thrown away and trained again, so that no test row was learned from."
    )


def _rows(table: Table, task: Task, split: str | None, seed: int, control: Control, *, slow: bool) -> Split:
    """A new split; without folds where time is short, or a network for many rows is slow."""
    rows = split_rows(table, task, split=split, seed=seed)
    takes_long = table.n_rows >= _FOLDS_END_WITH_OBJECTS and slow
    is_in_time = control.remaining_s() >= _FOLDS_NEED_S and not takes_long
    if rows.folds is None or len(rows.folds) < 2 or is_in_time:
        return rows
    if len(rows.test):
        return Split(*rows.folds[-1], rows.test)
    *_, (train, valid), (_, last) = rows.folds
    valid = known_before(table, np.setdiff1d(valid, last), last)
    return Split(known_before(table, np.setdiff1d(train, last), valid), valid, last)


def prepare(
    table: Table,
    task: Task,
    rows: Split,
    seed: int,
    balanced: bool,
    *,
    remaining_s: float = math.inf,
    readers: Mapping[str, str] | None = None,
) -> Prepared:
    """The problem: every row but the test rows, encoded by what the training rows teach.

    Args:
        table: all rows.
        task: what is learned.
        rows: how they are divided.
        seed: of every random choice.
        balanced: whether the rows' weights even out the classes.
        remaining_s: seconds that there are; infinite without a budget.
        readers: of columns of texts, as an earlier fit chose them.
    """
    used = np.union1d(rows.train, rows.valid)
    chosen = choose_readers(fit_encoder(table.take(rows.train)), remaining_s, readers)
    encoder = chosen.encoder
    x = encoder.encode(table.take(used))
    y = np.asarray(table.y)[used]
    weights = None if table.weights is None else table.weights[used]
    if isinstance(task, Regression):
        task = Regression.of(np.asarray(table.y)[rows.train], task.unit)
    if isinstance(task, Quantiles):
        task = Quantiles.of(np.asarray(table.y)[rows.train], task.levels, task.unit)
    if isinstance(task, Ranking):
        task = replace(task, repeats=comes_again(encoder, x, y))
    if isinstance(task, Survival):
        learned = Rows(x, y, weights, None).take(np.searchsorted(used, rows.train))
        task = fit_baseline(Survival.of(learned.y, task.event), learned, encoder.blocks, seed)
    undo = class_weight_bias(y, weights, task) if balanced and weights is not None else np.zeros(task.n_outputs)
    problem = Problem(Rows(x, y, weights, None if balanced else weights), encoder.blocks, task, undo, seed)
    folds = rows.folds if rows.folds is not None else ((rows.train, rows.valid),)
    located = tuple((np.searchsorted(used, train), np.searchsorted(used, valid)) for train, valid in folds)
    return Prepared(problem, used, located, encoder, chosen.readers, chosen.notes)


def measured(
    table: Table,
    rows: Split,
    prepared: Prepared,
    members: Members,
    combined: Combined,
    notes: Sequence[str],
    *,
    n_resamples: int = RESAMPLES,
) -> TrainedModel:
    """The model, measured on the test rows, or out of fold where there are none."""
    problem, task = prepared.problem, combined.task
    trivial = trivial_logits(problem.rows.y, problem.rows.counted, task)
    where = prepared.used[choose_background(problem.rows.y, problem.rows.counted, task, seed=problem.seed)]
    background = table.take(where)
    model = TrainedModel(
        schema=table.schema,
        encoder=prepared.encoder,
        task=task,
        members=members.final,
        blend=combined.blend,
        metrics={},
        leaderboard={},
        metrics_note="",
        threshold=combined.threshold,
        threshold_note=combined.threshold_note,
        background_x=prepared.encoder.encode(background),
        background_values=background.values(),
        notes=(*notes, *members.notes, *combined.notes, *_promises(table, task)),
        versions=versions(),
    )
    if len(rows.test):
        return _on_test(model, table.take(rows.test), problem, trivial, n_resamples)
    return _out_of_fold(model, table, prepared, combined, trivial, n_resamples)


def _on_test(model: TrainedModel, test: Table, problem: Problem, trivial: np.ndarray, n_resamples: int) -> TrainedModel:
    x, y = model.encoder.encode(test), np.asarray(test.y)
    counted = test.weights if problem.rows.counted is not None else None
    seen = model.seen_x(x)
    logits = without_seen(answers(model.task, model.logits_x(x)), seen)
    members = {
        name: without_seen(as_blended(model.task, z) + problem.undo, seen)
        for name, z in model.member_logits_x(x).items()
    }
    note = f"measured on {len(y):,} test rows, kept out of training and of every choice"
    how = HeldOut(test, y, logits, "test", weights=counted)
    return _with_scores(model, y, logits, members, trivial, counted, model.threshold, note, how, n_resamples)


def _out_of_fold(
    model: TrainedModel,
    table: Table,
    prepared: Prepared,
    combined: Combined,
    trivial: np.ndarray,
    n_resamples: int,
) -> TrainedModel:
    rows = prepared.problem.rows.take(combined.rows)
    held = table.take(prepared.used[combined.rows])
    seen = model.seen_x(rows.x)
    crossed = without_seen(combined.crossed, seen)
    judged = {name: without_seen(z, seen) for name, z in combined.members.items()}
    how = HeldOut(held, rows.y, crossed, "out-of-fold", combined.crossed_threshold, rows.counted)
    return _with_scores(
        model, rows.y, crossed, judged, trivial, rows.counted, combined.crossed_threshold,
        combined.note, how, n_resamples,
    )  # fmt: skip


def _with_scores(
    model: TrainedModel,
    y: np.ndarray,
    logits: np.ndarray,
    members: dict[str, np.ndarray],
    trivial: np.ndarray,
    counted: np.ndarray | None,
    threshold: np.ndarray | float | None,
    note: str,
    held_out: HeldOut,
    n_resamples: int,
) -> TrainedModel:
    others = {name: answers(model.task, z, of_member=True) for name, z in members.items()}
    if not isinstance(model.task, Ranking):  # whose baseline is a member
        others |= {trivial_name(model.task): np.broadcast_to(trivial, logits.shape)}
    others |= seasonal_naive(model.task, held_out.table)
    board = leaderboard(model.task, y, logits, others, counted, threshold=threshold, n_resamples=n_resamples)
    return replace(
        model, metrics=board.metrics, leaderboard=board.rows, ahead=board.ahead, metrics_note=note, held_out=held_out
    )


def _done(model: TrainedModel, shown: str, began: float) -> Progress:
    value, elapsed_s = model.metrics[shown].value, time.monotonic() - began
    return Progress(stage="done", metric_name=shown, metric=value, best_metric=value, elapsed_s=elapsed_s)


def _promises(table: Table, task: Task) -> tuple[str, ...]:
    """What was asked of the model's shape, and holds."""
    said = monotone_note(table.schema, task)
    return (said,) if said else ()
