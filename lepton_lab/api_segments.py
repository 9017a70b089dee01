"""The verb that tells rows apart: segments, each with a rule."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from lepton_lab.api_explain import explain_options
from lepton_lab.environment import is_model

if TYPE_CHECKING:
    from lepton_lab.evaluation.segments.result import Segments
    from lepton_lab.explanation.estimate import ExplainProgress


def segments(
    model: Any,
    df: Any = None,
    *,
    n: int | None = None,
    most: int = 8,
    rows: int | None = 1000,
    ignore: Sequence[str] = (),
    budget: str | float | None = "30s",
    seed: int = 0,
    report: Callable[[ExplainProgress], None] | None = None,
) -> Segments:
    """Rows in segments, each with a short rule in your own values and what is special about it.

    Of a model, rows are alike that the same columns move in the same way (clusters of Shapley values): customers who
    leave for one reason, and those who leave for another. Of a frame alone, rows are alike whose columns are.

    Args:
        model: A trained model, or a frame for segments without one.
        df: The rows; those held out of training if left out. With a frame as `model`, nothing.
        n: Segments; as many as fit best if left out.
        most: That are tried, where `n` is left out.
        rows: Looked at, of a model; a sample, seeded. None for all.
        ignore: Columns to leave out, of a frame alone.
        budget: Wall time for the Shapley values.
        seed: Of the sample, the values and the clusters: the same seed finds the same segments.
        report: Called with each ExplainProgress.

    Returns:
        The segments, the largest first: `.segments`, `[1].rule`, `.rows(1)` for `df.loc`, `.to_frame()`, and
        `.stability`, which says whether halves of the rows find them too.

    Raises:
        OptionError: No such number of segments; no frame for a model that was loaded.
        DataError: Too few rows, or no column to tell them apart by.

    Example:
        >>> found = ll.segments(model, n=4)  # doctest: +SKIP
        >>> df.loc[found.rows(1)].describe()  # doctest: +SKIP
    """
    from lepton_lab.evaluation.ask import Against, Which, ask_model
    from lepton_lab.evaluation.rows_of import choose, rows_of
    from lepton_lab.evaluation.segments.find import check, segments_of_frame, segments_of_model
    from lepton_lab.explanation.asked import at_once
    from lepton_lab.training.interrupt import sigint_sets

    inner = getattr(model, "model_", model)
    if not is_model(inner):
        return segments_of_frame(model, ignore=ignore, n=n, most=most, seed=seed)
    table, where = rows_of(inner, df, "segments")
    table = table.take(choose(inner, table, where, rows=None if rows is None else min(rows, table.n_rows), seed=seed))
    check(table.n_rows, n, most)
    stop = threading.Event()
    options = explain_options(budget, None, seed, report, stop)
    with sigint_sets(stop):
        asked = ask_model(inner, table.frame, Which(seed=seed), Against(seed=seed))
        *_, explanation = asked.answers(at_once, options, options.pace())
    return segments_of_model(inner, table, explanation, n=n, most=most, seed=seed)
