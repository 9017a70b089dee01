"""How each explained row was predicted and how that turned out: error and surprise, and a frame to sort by them.

Error is signed, prediction less truth: for a class its probability less 1 where it happened and 0 where not, else in
the target's unit. Surprise is in bits, however the target is measured: of a class minus the binary logarithm of the
probability of what happened (1 bit is a coin toss, 7 bits one chance in 128), of a number the same of the share of
these rows that are at least as far off.

Of times to an event, censored or not, the error is the number of events expected until the row's time less those seen
(the martingale residual, its sign turned), and how far off a row is, is its deviance residual, which is as large for
an event that came too early as for one that stays away too long.

Source: Therneau, Grambsch and Fleming 1990, Biometrika 77, for both residuals.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Float64, Int, Shaped

from lepton_lab.errors import no_such_option
from lepton_lab.explanation.explanation import Explanation

if TYPE_CHECKING:
    import pandas as pd

SORTS = ("row", "prediction", "error", "surprise")
# A probability below this counts as this, in bits: one certain mistake is not infinitely surprising.
LEAST_PROBABILITY = 1e-7
EVENTS = "events expected until then, less those that came (the martingale residual, its sign turned)"


@dataclass(frozen=True)
class RowScores:
    """What was predicted of each explained row, and how far off that was.

    Args:
        prediction: probability of the output's class, or the number, in `unit`.
        error: `prediction` less what was true, or events expected less those seen; NaN where that is not known.
        surprise: of what happened, in bits; NaN where it is not known.
        share: whether `prediction` is a probability.
        meaning: what `error` is, in words.
    """

    prediction: Float64[np.ndarray, " row"]
    error: Float64[np.ndarray, " row"]
    surprise: Float64[np.ndarray, " row"]
    share: bool
    meaning: str = "prediction less truth"

    def order(self, sort: str, *, ascending: bool = False) -> Int[np.ndarray, " row"]:
        """Positions of the rows in this order, the largest first unless `ascending`; unknown ones last.

        Raises:
            OptionError: nothing that rows are sorted by.
        """
        if sort not in SORTS:
            raise no_such_option("sort", sort, SORTS)
        if sort == "row":
            return np.arange(len(self.prediction))
        by = getattr(self, sort)
        # Unknown ones are NaN, which argsort puts last.
        return np.argsort(by if ascending else -by, kind="stable")


def row_scores(explanation: Explanation, output: int = 0) -> RowScores:
    """Prediction, error and surprise of every explained row.

    Args:
        explanation: with `truth` where the explained frame held the target.
        output: whose probability, of several classes.
    """
    chances = _probabilities(explanation)
    if chances is None:
        number = explanation.prediction.reshape(len(explanation), -1)[:, output]
        if explanation.events is not None:
            seen, expected = explanation.events.T
            return RowScores(number, expected - seen, _rarity(_deviance(seen, expected)), share=False, meaning=EVENTS)
        off = number - _numbers(explanation.truth, len(explanation))
        return RowScores(number, off, _rarity(off), share=False)
    happened = _happened(explanation)
    if len(explanation.output_names) == 1:
        of_truth = np.where(happened[:, 0] == 1, chances[:, 0], 1 - chances[:, 0])
    else:
        of_truth = (chances * happened).sum(axis=1)
    of_truth = np.where(np.isnan(happened).any(axis=1), np.nan, of_truth)
    surprise = -np.log2(np.clip(of_truth, LEAST_PROBABILITY, 1.0))
    return RowScores(chances[:, output], chances[:, output] - happened[:, output], np.abs(surprise), share=True)


def sorted_rows(explanation: Explanation, sort: str, output: int, *, ascending: bool) -> pd.DataFrame:
    """The explained rows in order: prediction, what was true, error, surprise, then the user's own values."""
    from lepton_lab.data.table import frame_of

    scores = row_scores(explanation, output)
    order = scores.order(sort, ascending=ascending)
    known: dict[str, Any] = {"prediction": scores.prediction}
    if explanation.truth is not None:
        known |= {"truth": explanation.truth, "error": scores.error, "surprise": scores.surprise}
    inputs = {name: explanation.data[order, j] for j, name in enumerate(explanation.feature_names)}
    named = {name + "_" * (name in inputs): cells[order] for name, cells in known.items()}
    return frame_of(named | inputs, explanation.row_labels[order])


def _probabilities(explanation: Explanation) -> Float64[np.ndarray, "row output"] | None:
    """Of each output's class; None where outputs are no classes."""
    link = explanation.prediction.reshape(len(explanation), -1)
    if explanation.unit == "log-odds":
        return 1 / (1 + np.exp(-link))
    if explanation.unit == "logits":
        grown = np.exp(link - link.max(axis=1, keepdims=True))
        return grown / grown.sum(axis=1, keepdims=True)
    return link if explanation.unit == "probability" else None


def _happened(explanation: Explanation) -> Float64[np.ndarray, "row output"]:
    """1 where an output's class is what happened, 0 where another did, NaN where that is not known."""
    n, names = len(explanation), explanation.output_names
    if explanation.truth is None:
        return np.full((n, len(names)), np.nan)
    said = [None if truth is None or truth != truth else str(truth) for truth in explanation.truth.tolist()]
    rows = [[np.nan if one is None else float(one == name) for name in names] for one in said]
    return np.array(rows, np.float64).reshape(n, len(names))


def _numbers(truth: Shaped[np.ndarray, " row"] | None, n: int) -> Float64[np.ndarray, " row"]:
    """What was true as numbers; NaN where it is not known, or no number."""
    if truth is None:
        return np.full(n, np.nan)
    numbers = [t if isinstance(t, (int, float)) and not isinstance(t, bool) else np.nan for t in truth.tolist()]
    return np.array(numbers, np.float64)


def _deviance(seen: Float64[np.ndarray, " row"], expected: Float64[np.ndarray, " row"]) -> Float64[np.ndarray, " row"]:
    """The deviance residual of censored times, positive where fewer events came than expected."""
    likelihood = seen * np.log(np.maximum(expected, 1e-12)) + seen - expected  # less that of a perfect model
    return np.sign(expected - seen) * np.sqrt(np.maximum(-2 * likelihood, 0.0))


def _rarity(off: Float64[np.ndarray, " row"]) -> Float64[np.ndarray, " row"]:
    """Bits of an error: minus the binary logarithm of the share of rows at least as far off."""
    size = np.abs(off)
    known = np.sort(size[~np.isnan(size)])
    if not len(known):
        return np.full(len(off), np.nan)
    as_far = len(known) - np.searchsorted(known, size, side="left")
    return np.where(np.isnan(size), np.nan, np.abs(np.log2(np.maximum(as_far, 1) / len(known))))
