"""The verbs that train, predict and keep models: each a short list of steps, the same in a notebook and a script.

The other verbs are in the `api_*.py` beside it, by what they do.

Nothing heavy is imported before a verb needs it, so that `%lepton` answers while jax is still loading.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lepton_lab.environment import Doctor, Status, examine, look_around, model_in
from lepton_lab.errors import OptionError

if TYPE_CHECKING:
    import pandas as pd

    from lepton_lab.fitting.asked import Asked
    from lepton_lab.journal import Run
    from lepton_lab.packs import Domain
    from lepton_lab.packs.listed import Domains
    from lepton_lab.trained import TrainedModel
    from lepton_lab.training.progress import Report
    from lepton_lab.tuning.study import Study


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
        from lepton_lab.data.frames import open_frame
        from lepton_lab.data.reshaping import reshape_json
        from lepton_lab.data.told_types import read_names
        from lepton_lab.fitting.asked import ARRAY, Asked
        from lepton_lab.fitting.replay import asked_again
        from lepton_lab.fitting.train_run import train_run
        from lepton_lab.packs import domain_of
        from lepton_lab.packs.choose import with_domain

        chosen, frame = domain_of(domain), open_frame(df)
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
            asked = with_target(with_domain(asked, chosen, frame), frame.names)
        return train_run(frame, asked, weights=weights, began=began, background=background, report=report, stop=stop)


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


def _resume_search(id: str, df: Any, budget: str | float | None, background: bool, report: Report | None) -> Study:
    """Go on with a search, told of in the words of a training."""
    from lepton_lab.api_tune import resume_tune

    if background:
        raise OptionError(f"run {id!r} is a search, which cannot go on in the background. Leave background out.")
    told = None if report is None else lambda standing: report(standing.as_progress())
    return resume_tune(id, df, budget=budget, report=told)


def with_target(asked: Asked, names: Sequence[str]) -> Asked:
    """The options as they are, where they name a target among these columns.

    Raises:
        OptionError: They name none.
    """
    if not asked.target:
        raise OptionError(f"which column is to be predicted? Columns: {', '.join(names[:12])}. Type: target=...")
    return asked
