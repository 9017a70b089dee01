"""The verb that looks rows up among known ones: nearest answers, and whether a row is in scope."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lepton_lab.environment import model_in

if TYPE_CHECKING:
    from lepton_lab.evaluation.near_answers import NearAnswers
    from lepton_lab.trained import TrainedModel


def nearest(model: TrainedModel, df: Any, *, n: int = 5, known: Any = None, keep: float = 0.95) -> NearAnswers:
    """Find the known rows most like each row of a frame, and say which rows are like nothing known.

    For questions and answers: the texts that mean the same, with their answers. For a classifier of customers'
    messages: those that no class fits. A row's score puts together how far its nearest known row is and, with
    classes, how unsure the model is, each in standard deviations from what is usual of rows in scope.

    Args:
        model: A trained model that reads texts, or has a network.
        df: Rows like those trained on.
        n: How many known rows for each.
        known: Rows to look among, such as a list of questions with their answers: the model's columns, and any
            others, which come back with them. The rows given to `train` if left out; a loaded model needs them.
        keep: The share of rows in scope that are to be called so; the others are the price of finding strangers.

    Returns:
        `.rows()` has a line a row: prediction, `score`, `out_of_scope`; `.to_frame()` one for each of its neighbours.

    Raises:
        OptionError: An option has a value that cannot work, the model has neither texts nor a network, or a loaded
            model has no known rows.
        SchemaMismatchError: A frame is not like the one trained on.

    Example:
        >>> found = ll.nearest(model, ["where is my card", "sing me a song"])  # doctest: +SKIP
        >>> found.rows()[["prediction", "out_of_scope"]]  # doctest: +SKIP
    """
    from lepton_lab.evaluation.near_answers import near_answers

    model = model_in(model)
    return near_answers(model, as_rows(model, df), None if known is None else as_rows(model, known), n, keep)


def as_rows(model: TrainedModel, df: Any) -> Any:
    """A frame as it is; a text, or a list of texts, as one where texts are all that the model reads."""
    texts = [df] if isinstance(df, str) else df
    if isinstance(texts, (list, tuple)) and len(model.schema.names) == 1 and all(isinstance(t, str) for t in texts):
        return {model.schema.names[0]: list(texts)}
    return df
