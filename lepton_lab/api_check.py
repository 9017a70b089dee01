"""The verbs that look at frames before a model is there: trouble in one, drift between two."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lepton_lab.data.quality import Check
    from lepton_lab.data.shifts import Drift


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
