"""The verbs: each a short list of steps, the same in a notebook and in a plain script.

Those that explain are in `api_explain.py`.

Nothing heavy is imported before a verb needs it, so that `%lepton` answers while jax is still loading.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lepton_lab.environment import Doctor, Status, columns_of, examine, look_around, model_in
from lepton_lab.errors import OptionError

if TYPE_CHECKING:
    import pandas as pd

    from lepton_lab.data.quality import Check
    from lepton_lab.data.shifts import Drift
    from lepton_lab.evaluation.comparison import Comparison
    from lepton_lab.evaluation.error_tree.tree import ErrorTree
    from lepton_lab.evaluation.report import Evaluation
    from lepton_lab.evaluation.run_table import Runs
    from lepton_lab.fitting.asked import Asked
    from lepton_lab.journal import Run
    from lepton_lab.packs import Domain
    from lepton_lab.packs.listed import Domains
    from lepton_lab.trained import TrainedModel
    from lepton_lab.training.progress import Report
    from lepton_lab.tuning.study import Study


def check(
    df: Any,
    *,
    target: str | None = None,
    task: str | None = None,
    positive: object = None,
    split: str | None = None,
    weights: Any = None,
    ignore: Sequence[str] = (),
    types: Mapping[str, str] | None = None,
    immutable: Sequence[str] = (),
    event: str | None = None,
    against: Any = None,
    rows: int | None = None,
    reshape: Any = None,
) -> Check:
    """Look for trouble in a frame: missing, constant, duplicate, leaking columns, imbalance, drift, and more.

    Args:
        df: Any dataframe: pandas, polars, pyarrow, or a dict of columns.
        target: The column that will be predicted; without it nothing can be said about leaks.
        task: binary, multiclass, regression or survival; told from the target if left out.
        positive: The class whose probability is of interest.
        split: As for `train`: the column of "group:<column>" or "time:<column>" is no input.
        weights: As for `train`: a column of weights is no input.
        ignore: Columns to leave out.
        types: As for `train`: columns whose type is told.
        immutable: As for `train`: columns that cannot change.
        event: As for `train`: the column that says whether the event happened by the time in `target`.
        against: A second frame, such as this month's rows: what drifted is found, as by `drift`.
        rows: Looked at, at most; a random sample of 500,000 of a longer frame if left out (fewer of more than
            40 columns).
        reshape: As for `train`: the rows made of a long frame are looked at.

    Returns:
        Findings, each with its column, the rows behind it, and advice; what each column holds (`.columns`);
        `.decide(...)` for what to do about them, `.code` and `.options` for the call of `train` that follows.

    Raises:
        DataError: The frame is empty, or the target is not in it.
        OptionError: An option cannot work.

    Example:
        >>> check = ll.check(df, target="bad", against=df_new)  # doctest: +SKIP
        >>> model = ll.train(df, **check.decide(drop=["id"], immutable=["age"]).options)  # doctest: +SKIP
    """
    from lepton_lab.data.quality import check_table

    return check_table(
        df, target=target, task=task, positive=positive, split=split, weights=weights, ignore=ignore, types=types,
        immutable=immutable, event=event, against=against, rows=rows, reshape=reshape,
    )  # fmt: skip


def drift(
    df: Any, against: Any, *, ignore: Sequence[str] = (), types: Mapping[str, str] | None = None, seed: int = 0
) -> Drift:
    """In which columns a second frame differs from the first, by more than chance and a rule of thumb.

    Args:
        df: The first frame, such as the one trained on.
        against: The second one, such as this month's rows.
        ignore: Columns to leave out.
        types: Columns whose type is told, as for `train`.
        seed: Of the samples of frames of more than 100,000 rows, and of the trees that tell the frames apart.

    Returns:
        For each column the population stability index, a distance, a p-value adjusted for looking at all columns,
        new values and missing ones; and how well trees tell the two frames apart.

    Raises:
        DataError: A frame is empty.

    Example:
        >>> ll.drift(df_train, df_test).drifted  # doctest: +SKIP
        ('age', 'zip')
    """
    from lepton_lab.data.shifts import drift_between

    return drift_between(df, against, ignore=ignore, types=types, seed=seed)


def train(
    df: Any,
    *,
    target: str | None = None,
    task: str | None = None,
    domain: str | Domain | None = None,
    budget: str | float | None = None,
    split: str | None = None,
    weights: Any = None,
    metric: str | None = None,
    quality: str = "balanced",
    seed: int = 0,
    positive: object = None,
    ignore: Sequence[str] = (),
    types: Mapping[str, str] | None = None,
    immutable: Sequence[str] = (),
    monotone: Mapping[str, int] | None = None,
    event: str | None = None,
    reshape: Any = None,
    encoders: Mapping[str, Any] | None = None,
    devices: int | None = None,
    precision: str = "float32",
    replay: str | None = None,
    background: bool = False,
    report: Report | None = None,
) -> TrainedModel | Run:
    """Train a network, a linear model and trees on a frame, blend them, and say how good they are.

    Ctrl-C ends training with the best weights so far: a model comes back all the same, and its
    notes say what happened.

    Args:
        df: Any dataframe: pandas, polars, pyarrow, or a dict of columns. Its index is never an input.
        target: The column to predict. A `domain` knows its usual names.
        task: binary, multiclass, regression or survival; told from the target if left out.
        domain: Defaults of a line of business, such as "credit" (`ll.domains()` lists them), or a Domain of your own.
            What you name yourself wins; the model's notes say what the domain chose. "fraud:amount=paid" tells
            which column stands for one of its words.
        budget: Wall time of the whole call, as seconds or "60s", "5m"; None trains until it no longer helps.
        split: How rows are held out: "random", "stratified", "group:<column>", "time:<column>", or
            "given:<column>", whose values are train, test and, if it names such rows, valid.
        weights: Row weights: "balanced", a column's name, or an array; never an input.
        metric: What is watched and shown first: "auc", "log_loss", "rmse", ...
        quality: How much is tried: "fast", "balanced" or "best".
        seed: Of every random choice.
        positive: The class whose probability is predicted: True, 1 or "yes" if left out, else the rarer one.
        ignore: Columns to leave out.
        types: Columns whose type is told and not inferred: "numeric", "category" or "datetime", such as
            `{"zip": "category"}`.
        immutable: Columns that cannot change, such as an age: the model keeps it in mind, and its counterfactuals
            leave them as they are unless told otherwise.
        monotone: Columns of numbers whose effect may go one way only, whatever the other columns hold:
            `{"income": -1}` where the probability of the positive class (or the number predicted) may never
            rise as income rises, 1 where it may never fall. Not for several classes.
        event: Where the target is a time to an event: the column that is true or 1 where the event happened
            then, and false or 0 where the row was last seen without it (censored). Never an input.
        reshape: How rows are made of a long frame, one row a step: `ll.reshape.windows(...)`, `ll.reshape.series(...)`,
            or the same in words, "windows(id=unit, time=cycle, length=30)".
        encoders: What reads columns of images, series and other objects, by column or by kind: a name, options, or
            both, such as `{"scan": "efficientnet_lite0", "series": {"encoder": "tcn", "channels": 64}}`. What is
            not said follows the shape of the objects. An unknown option's error lists those there are.
        devices: How many share each batch of the network; every accelerator that jax sees if left out, and
            one on a CPU.
        precision: Of the network's matmuls: "float32", or "bfloat16" for half the bits, on accelerators.
        replay: A run's id, or its beginning: train as it did, with its options, and end each member where the
            clock or its user ended it there. On the same machine the same numbers come out, bit for bit.
        background: Return at once with a Run, and train in a thread.
        report: Called with each Progress.

    Returns:
        The trained model, or, with `background=True`, the run that will have it.

    Raises:
        DataError: The frame or its target cannot be learned from.
        OptionError: An option has a value that cannot work, or differs from that of the run to replay.
        RunError: The run to replay is not there, was of another frame, or left no record of how it went.

    Example:
        >>> model = ll.train(df, target="bad", budget="60s")  # doctest: +SKIP
        >>> model = ll.train(df, target="days", event="died")  # doctest: +SKIP
        >>> again = ll.train(df, replay=model.run_id)  # doctest: +SKIP
    """
    from lepton_lab.training.interrupt import sigint_sets

    began, stop = time.monotonic(), threading.Event()
    # Before jax is imported: from here on an interrupt ends training, and is not lost on the way to it.
    with sigint_sets(stop):
        from lepton_lab.data.reshaping import reshape_json
        from lepton_lab.data.told_types import read_names
        from lepton_lab.fitting.asked import ARRAY, Asked
        from lepton_lab.fitting.replay import asked_again
        from lepton_lab.fitting.train_run import train_run
        from lepton_lab.packs import domain_of
        from lepton_lab.packs.choose import with_domain

        chosen = domain_of(domain)
        asked = Asked(
            target=target or "",
            task=task,
            domain=chosen and chosen.name,
            budget=budget,
            split=split,
            weights=weights if weights is None or isinstance(weights, str) else ARRAY,
            metric=metric,
            quality=quality,
            seed=seed,
            positive=positive,
            ignore=tuple(ignore),
            types=types,
            immutable=read_names("immutable", immutable),
            monotone=monotone,
            event=event,
            reshape=reshape_json(reshape),
            encoders=encoders,
            devices=devices,
            precision=precision,
        )
        if replay is not None:
            asked, weights = asked_again(replay, asked, weights)
        else:
            asked = with_target(with_domain(asked, chosen, df), df)
        return train_run(df, asked, weights=weights, began=began, background=background, report=report, stop=stop)


def resume(
    id: str, df: Any, *, budget: str | float | None = None, background: bool = False, report: Report | None = None
) -> TrainedModel | Study | Run:
    """Go on with a run that was killed, stopped or failed, or whose budget was up, from its last checkpoints.

    A run that its budget ended trains on from there: networks whose schedule had been shortened go back to the
    learning rate of the full one (a warm restart), trees that were cut are grown anew, the same rows stay held out.

    Args:
        id: The run's id, or its beginning.
        df: The frame it was trained on: the same columns, types and values.
        budget: Wall time of this call; as it was asked for at first if left out.
        background: Return at once with a Run.
        report: Called with each Progress.

    Returns:
        What the run was for: a model, or the Study of a search.

    Raises:
        RunError: No such run, it still runs, it ended by itself, or the frame is another one.
    """
    from lepton_lab.training.interrupt import sigint_sets

    began, stop = time.monotonic(), threading.Event()
    with sigint_sets(stop):
        from lepton_lab.fitting.asked import Asked
        from lepton_lab.fitting.train_run import check_resumable, train_run
        from lepton_lab.journal import open_run

        folder = open_run(id)
        record = folder.record()
        if record.kind == "tune":
            return _resume_search(id, df, budget, background, report)
        check_resumable(record, df)
        asked = Asked.from_json(record.config)
        asked = replace(asked, budget=budget or asked.budget)
        kept = folder.load_checkpoint("weights")
        weights = asked.weights if kept is None else kept[0]["weights"]
        return train_run(
            df, asked, weights=weights, began=began, background=background, report=report, resumed=folder, stop=stop
        )


def evaluate(
    model: TrainedModel,
    df: Any = None,
    *,
    weights: Any = None,
    costs: Mapping[str, float] | None = None,
    unit: str = "",
) -> Evaluation:
    """How good a model is on a frame: metrics with intervals, curves, confusion, calibration.

    Args:
        model: A trained model.
        df: A frame with the target; the rows held out of training if left out. Of a loaded model these are known
            while its run is kept on this machine, without their columns: every figure, but no tree of errors.
        weights: Row weights of `df`: a column's name, or an array; the column that weighed the rows of
            training if left out and there. They count in every figure and curve.
        costs: Of wrong decisions, `{"false_alarm": 1, "missed": 5}` in any unit: finds the threshold that
            costs least (`.costs.threshold`, to keep with `model.with_threshold`) and what it costs a row. Those of
            the model's domain if left out, where it has some.
        unit: Of the costs, such as "€".

    Returns:
        Figures and curves; `.at(0.3)` is what becomes of the rows at another threshold, `.shown` what the model's
        domain asks for, `.show("score_bands")` any other such figure.

    Raises:
        OptionError: No frame was given, and the model was loaded and its run is not kept here; or costs
            for a model that does not decide between two classes.
        DataError: The frame has no rows.
        SchemaMismatchError: The frame is not like the one trained on.
    """
    from lepton_lab.data.table import read_like
    from lepton_lab.evaluation.costs import read_costs
    from lepton_lab.evaluation.kept_answers import evaluate_held_out
    from lepton_lab.evaluation.report import evaluate_rows

    model = model_in(model)
    costs = costs or (costs_of_domain(model) if len(model.classes) == 2 else None)
    weighed = None if costs is None else read_costs(costs, model.task, unit)
    if df is not None:
        table = read_like(model.schema, df, task=model.task, need_target=True, weights=weights)
        return evaluate_rows(model, table, costs=weighed)
    if weights is not None:
        raise OptionError("weights= belongs to the rows of a frame. Type: ll.evaluate(model, df, weights=...)")
    return evaluate_held_out(model, costs=weighed)


def error_tree(model: TrainedModel, df: Any = None, *, weights: Any = None, depth: int = 3, seed: int = 0) -> ErrorTree:
    """Where a model fails: a small tree of the rows' errors, in the columns' own values.

    The tree is grown on one half of the rows; its figures are of the other half, and splits that the other
    half does not bear out are left out. So it may well say that there is no such place.

    Args:
        model: A trained model.
        df: A frame with the target; the rows held out of training if left out.
        weights: Row weights of `df`, as for `evaluate`.
        depth: Conditions on the way to a part, at most: 1 to 5.
        seed: Of the halves.

    Returns:
        Nodes with rule, rows, mean loss and error rate; `.worst`, `.labels(number)`, `.explain(number)`.

    Raises:
        OptionError: No frame, and a model that was loaded; or a depth that cannot be used.
        DataError: The frame has no rows.
        SchemaMismatchError: The frame is not like the one trained on.

    Example:
        >>> tree = ll.error_tree(model, df)  # doctest: +SKIP
        >>> df.loc[tree.labels(tree.worst.number)]  # doctest: +SKIP
    """
    from lepton_lab.data.table import read_like
    from lepton_lab.evaluation.error_tree.ask import error_tree_of
    from lepton_lab.evaluation.evaluated_rows import evaluated, held_out_rows
    from lepton_lab.evaluation.rows_of import held_out_of

    model = model_in(model)
    if df is not None:
        table = read_like(model.schema, df, task=model.task, need_target=True, weights=weights)
        return error_tree_of(evaluated(model, table), depth=depth, seed=seed)
    if weights is not None:
        raise OptionError("weights= belongs to the rows of a frame. Type: ll.error_tree(model, df, weights=...)")
    return error_tree_of(held_out_rows(held_out_of(model, "error_tree"), model), depth=depth, seed=seed)


def compare(a: TrainedModel | Run | str, b: TrainedModel | Run | str, df: Any = None, *, seed: int = 0) -> Comparison:
    """Two models side by side on the same rows: is one better, and by more than noise?

    Intervals are paired: both models see the same resamples of the same rows, so that what is hard for
    both does not hide their difference.

    Args:
        a: A trained model, a run, or a run's id.
        b: The other one, with the same target.
        df: A frame with the target; the rows held out of both trainings if left out. Of the frame both
            were trained on, only rows held out of both runs are used.
        seed: Of the resamples.

    Raises:
        OptionError: The models predict different things, or no rows are known that were held out of both.
        RunError: No such run, or it has no model.

    Example:
        >>> ll.compare(model, other).words  # doctest: +SKIP
        'The difference is within noise: AUC 0.786 against 0.781, difference +0.005 (95 %: -0.012 to +0.022).'
    """
    from lepton_lab.errors import bad_seed
    from lepton_lab.evaluation.compare_models import compare_models

    if error := bad_seed(seed):
        raise error
    return compare_models(_model_of(a), _model_of(b), df, seed=seed)


def predict(model: TrainedModel, df: Any, *, times: Any = None) -> pd.DataFrame:
    """Predictions for a frame: `prediction`, and `probability_<class>` for classes.

    Of a time to an event: `risk` (the log hazard, higher is sooner), `median_survival` (infinite where half
    outlast the longest time seen) and `survival_at_<time>` (the chance of no event by then).

    Args:
        model: A trained model.
        df: A frame like the one trained on; the target is not needed.
        times: Of `survival_at_<time>`, in the target's unit; three typical ones if left out.

    Returns:
        A frame with the index of `df`.

    Raises:
        SchemaMismatchError: Columns are missing, renamed or of a type that cannot be converted.
        OptionError: Times for a model without any, or beyond the longest seen in training.
    """
    return model_in(model).predict(df, times)


def predict_survival(model: TrainedModel, df: Any, times: Any = None) -> pd.DataFrame:
    """Survival curves: the chance that the event has not happened by each time.

    Args:
        model: A model of a time to an event.
        df: A frame like the one trained on; neither time nor event is needed.
        times: In the target's unit; those at which the model's hazards change if left out.

    Returns:
        A row for each row of `df`, a column for each time.

    Raises:
        SchemaMismatchError: Columns are missing, renamed or of a type that cannot be converted.
        OptionError: A model of something else, or a time beyond the longest seen in training.

    Example:
        >>> ll.predict_survival(model, df, [30, 365]).T.plot()  # doctest: +SKIP
    """
    return model_in(model).predict_survival(df, times)


def save(model: TrainedModel, path: str | Path, *, background: bool = True) -> Path:
    """Write a model to one file that is safe to load: no code in it, only arrays and JSON.

    Args:
        model: A trained model.
        path: Where to; ".lepton" is the usual ending.
        background: Keep the background rows, which explanations compare with. They are about a
            hundred real rows of your data (never identifiers, never text); False leaves them out.

    Returns:
        The path.

    Raises:
        ModelFileError: The file cannot be written.
    """
    model_in(model).save(path, background=background)
    return Path(path)


def load(path: str | Path) -> TrainedModel:
    """Read a model that `save` wrote. It holds no held-out rows: `explain` wants a frame.

    So does `evaluate`, but on the machine where the model was trained: there its run has kept the answers.

    Raises:
        DamagedFileError: The file is truncated, changed, or no model.
        NewerFormatError: A later lepton-lab wrote it.
    """
    from lepton_lab.model_file import read_model

    return read_model(Path(path))


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


def domains() -> Domains:
    """The lines of business there are defaults for: what each decides, data to try, and what to type.

    Example:
        >>> import lepton_lab as ll
        >>> ll.domains()["credit"].samples
        ('credit',)
    """
    from lepton_lab.packs import DOMAINS
    from lepton_lab.packs.listed import Domains

    return Domains(tuple(DOMAINS.values()))


def doctor() -> Doctor:
    """What is installed and on what it computes; what to install or set where something is amiss."""
    return examine()


def status(namespace: Mapping[str, Any] | None = None) -> Status:
    """The device, the frames and models among some variables, the last runs, and the next step.

    Args:
        namespace: Variables by name, such as `globals()`; none are looked at if left out.
    """
    return look_around(namespace or {})


def costs_of_domain(model: TrainedModel) -> Mapping[str, float] | None:
    """What wrong decisions cost by the model's domain; None without one."""
    return (model.config.get("pack") or {}).get("costs")


def _model_of(model_or_run: Any) -> TrainedModel:
    """A model, or the model of a run that has ended."""
    run = attach(model_or_run) if isinstance(model_or_run, str) else model_or_run
    return model_in(run.result(timeout=0) if hasattr(run, "result") else run)


def _resume_search(id: str, df: Any, budget: str | float | None, background: bool, report: Report | None) -> Study:
    """Go on with a search, told of in the words of a training."""
    from lepton_lab.api_tune import resume_tune

    if background:
        raise OptionError(f"run {id!r} is a search, which cannot go on in the background. Leave background out.")
    told = None if report is None else lambda standing: report(standing.as_progress())
    return resume_tune(id, df, budget=budget, report=told)


def with_target(asked: Asked, df: Any) -> Asked:
    """The options as they are, where they name a target.

    Raises:
        OptionError: They name none.
    """
    if not asked.target:
        raise OptionError(
            f"which column is to be predicted? Columns: {', '.join(columns_of(df)[:12])}. Type: target=..."
        )
    return asked
