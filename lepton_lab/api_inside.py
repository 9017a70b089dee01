"""The verb that explains inside an object: which parts of an image, a series or a text made the model say so."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from lepton_lab.api_explain import explain_options
from lepton_lab.environment import model_in
from lepton_lab.sizes import parse_size

if TYPE_CHECKING:
    from lepton_lab.explanation.estimate import ExplainProgress
    from lepton_lab.explanation.inside.inside_explanation import InsideExplanation
    from lepton_lab.trained import TrainedModel


def explain_inside(
    model: TrainedModel,
    df: Any = None,
    column: str | None = None,
    *,
    parts: str | None = None,
    n_parts: int | None = None,
    baseline: Any = None,
    output: str | int | None = None,
    rows: int | None = None,
    row: object = None,
    at: int | None = None,
    budget: str | float | None = None,
    halfwidth: float | None = None,
    seed: int = 0,
    memory: str | float = "1GB",
    report: Callable[[ExplainProgress], None] | None = None,
) -> InsideExplanation:
    """Split what an image, a series or a text did to a prediction into what its parts did: Shapley values again.

    A coalition of parts is the object with a baseline where a part is away; the rest of the row stays as it is. A
    row's values add up to its prediction minus the prediction with the baseline in the object's place. Ctrl-C ends it
    with what is known so far.

    Args:
        model: A trained model with a column of images, series or texts.
        df: The rows; those held out of training if left out. Of more than eight, eight are drawn.
        column: Of objects; may be left out where the model has one.
        parts: Images: "superpixels" or "patches". Series: "segments" of each channel, "changes" (segments that begin
            where the series changes), or "time" (stretches of all channels together). Texts: "words" (longer pieces
            of a long text), "clauses", "sentences", "paragraphs".
        n_parts: How many parts of an image (about 30), stretches of time of a series (3 to 10), parts of a text at
            most (64).
        baseline: Images: "blur", "mean" colour, "black". Series: "mean" of each channel in training, "own" mean,
            "bridge" (straight lines), "seasonal:24" (what every 24th step has in common). Or an image or series.
            Words that are away are left out.
        output: The one of several outputs to keep.
        rows: A sample of so many rows, seeded.
        row: The one row with this index label.
        at: The one row at this position.
        budget: Wall time to use, as seconds or "30s", shared by the rows. Left out, 20 s a row where an encoder takes
            milliseconds an object, else as long as it takes.
        halfwidth: Widest 95 % half-width wanted, in the output's unit.
        seed: Of the sample and of all random orders.
        memory: To stay under, above the model, the data and the result.
        report: Called with each ExplainProgress.

    Returns:
        For each row the parts, where they are, and their values with error_std; `table()`, `to_shap()`, `save`.

    Raises:
        OptionError: No such row, parts, baseline or output; no frame for a model that was loaded.
        ColumnError: No such column, or one without objects.
        ExplanationError: No row has an object.

    Example:
        >>> ll.explain_inside(model, df, "scan", row=3).table()  # doctest: +SKIP
    """
    from lepton_lab.evaluation.ask import Which
    from lepton_lab.evaluation.ask_inside import rows_inside
    from lepton_lab.explanation.inside.cut import Wanted
    from lepton_lab.explanation.inside.explain_inside import explain_inside_rows
    from lepton_lab.training.interrupt import sigint_sets

    stop = threading.Event()
    options = replace(explain_options(budget, halfwidth, seed, report, stop), memory=parse_size(memory))
    wanted = Wanted(parts, n_parts, baseline)
    model = model_in(model)
    with sigint_sets(stop), model.encoder.visit():
        chosen, notes = rows_inside(model, df, column, Which(rows, row, at, seed))
        found = explain_inside_rows(chosen, wanted, options, notes)
    return found if output is None else found.output(output)
