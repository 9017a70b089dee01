"""The verb that searches for better hyperparameters than the defaults."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from lepton_lab.api import with_target

if TYPE_CHECKING:
    from lepton_lab.packs import Domain
    from lepton_lab.tuning.study import Study, StudyReport


def tune(
    df: Any,
    *,
    target: str | None = None,
    trials: int = 64,
    budget: str | float | None = None,
    sampler: str = "tpe",
    space: Mapping[str, Any] | None = None,
    halving: bool = True,
    task: str | None = None,
    domain: str | Domain | None = None,
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
    reshape: Any = None,
    encoders: Mapping[str, Any] | None = None,
    resume: str | None = None,
    report: StudyReport | None = None,
) -> Study:
    """Try many settings of the network and the trees, and blend the best into one model.

    Trial 0 is the default recipe, which the result is never worse than on the validation rows. Ctrl-C ends
    the search and keeps everything that finished. A killed search goes on with `ll.resume(id, df)`.

    Args:
        df: Any dataframe: pandas, polars, pyarrow, or a dict of columns.
        target: The column to predict. A `domain` knows its usual names.
        trials: How many settings, the default among them.
        budget: Wall time of the whole call, ensemble included, such as "10m"; None tries all trials.
        sampler: "tpe", "random", "grid" or "evolution", as Optuna knows them.
        space: Name to `(low, high)`, `(low, high, "log")` or a list of choices, such as
            `{"learning_rate": (1e-4, 1e-2), "size": ["small", "large"], "trees.leaves": (7, 63)}`;
            what is not named stays at its default. The default space if left out.
        halving: Stop trials early that others leave behind; False gives each its whole schedule.
        task: binary, multiclass or regression; told from the target if left out.
        domain: Defaults of a line of business, such as "credit".
        split: How rows are held out, as for `train`.
        weights: Row weights, as for `train`.
        metric: What trials are compared by; the log loss or the RMSE if left out.
        quality: The default recipe that is started from: "fast", "balanced" or "best".
        seed: Of every random choice: the same seed asks for the same trials.
        positive: The class whose probability is predicted.
        ignore: Columns to leave out.
        types: Columns whose type is told, as for `train`.
        immutable: Columns that cannot change, as for `train`.
        monotone: Columns whose effect may only rise (1) or fall (-1), as for `train`.
        reshape: How rows are made of a long frame, as for `train`.
        encoders: What reads columns of objects, as for `train`.
        resume: The id of a killed or stopped search to go on with; its own options are used.
        report: Called with each StudyProgress.

    Returns:
        The trials, their leaderboard, and `.model`, the trained ensemble.

    Raises:
        OptionError: An option, or a name of the space, cannot work; or the budget is too short for one epoch.
        MissingPackageError: Optuna is not installed.

    Example:
        >>> study = ll.tune(df, target="bad", trials=64, budget="10m")  # doctest: +SKIP
        >>> study.model.save("credit.lepton")  # doctest: +SKIP
    """
    if resume is not None:
        return resume_tune(resume, df, budget=budget, report=report)
    from lepton_lab.training.interrupt import sigint_sets

    began, stop = time.monotonic(), threading.Event()
    with sigint_sets(stop):
        from lepton_lab.data.frames import open_frame
        from lepton_lab.data.reshaping import reshape_json
        from lepton_lab.data.told_types import read_names
        from lepton_lab.fitting.asked import ARRAY, Asked
        from lepton_lab.packs import domain_of
        from lepton_lab.packs.choose import with_domain
        from lepton_lab.tuning.tune_run import TuneAsked, tune_run

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
            reshape=reshape_json(reshape),
            encoders=encoders,
        )
        # Trials are compared by the loss unless asked otherwise: a domain's metric is for looking at.
        asked = replace(with_target(with_domain(asked, chosen, frame), frame.names), metric=metric)
        options = TuneAsked(asked, trials, sampler, space, halving)
        return tune_run(frame, options, weights=weights, began=began, report=report, stop=stop)


def resume_tune(id: str, df: Any, *, budget: str | float | None = None, report: StudyReport | None = None) -> Study:
    """Go on with a search that was killed, stopped or failed; what it had finished is not trained again.

    Args:
        id: The run's id, or its beginning.
        df: The frame it was begun on.
        budget: Wall time of this call; as it was asked for at first if left out.
        report: Called with each StudyProgress.

    Raises:
        RunError: No such run, it still runs, it is done, no search, or the frame is another one.
    """
    from lepton_lab.training.interrupt import sigint_sets

    began, stop = time.monotonic(), threading.Event()
    with sigint_sets(stop):
        from lepton_lab.errors import RunError
        from lepton_lab.fitting.train_run import check_resumable
        from lepton_lab.journal import open_run
        from lepton_lab.tuning.tune_run import TuneAsked, tune_run

        folder = open_run(id)
        record = folder.record()
        if record.kind not in ("tune", ""):
            raise RunError(f"run {record.id!r} is no search. Go on with it by: ll.resume({record.id!r}, df)")
        check_resumable(record, df)
        options = TuneAsked.from_json(record.config)
        options = replace(options, asked=replace(options.asked, budget=budget or options.asked.budget))
        kept = folder.load_checkpoint("weights")
        weights = options.asked.weights if kept is None else kept[0]["weights"]
        return tune_run(df, options, weights=weights, began=began, report=report, resumed=folder, stop=stop)
