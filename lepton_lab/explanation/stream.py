"""An explanation that gets better: first a preview or a rough one, then more and more work on top of it.

Each step is an `Explanation` complete in itself. Work done for one step is kept for the next.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from lepton_lab.errors import ExplanationError
from lepton_lab.explanation.asked import Asked
from lepton_lab.explanation.estimate import Pace
from lepton_lab.explanation.explain_game import shapley_rounds
from lepton_lab.explanation.explain_model import AskedBlend
from lepton_lab.explanation.explanation import Explanation
from lepton_lab.explanation.gradients import preview_of
from lepton_lab.explanation.options import ExplainOptions

# A step is shown when its errors are at most this share of those of the step shown before.
NARROWER = 0.85
# Half-width to end at where neither one nor a budget is given, in typical distances of a prediction from the base.
FINE = 0.02


def explanations(asked: Asked | AskedBlend, options: ExplainOptions, pace: Pace) -> Iterator[Explanation]:
    """Better and better explanations, until exact, narrow enough, stopped, or out of time.

    The first is a preview by gradients, where there are some. Without a budget or a half-width the end is a
    half-width of 2 % of the typical distance of a prediction from the base value.

    Args:
        asked: what is to be explained.
        options: half-width, seed.
        pace: budget, stop, progress.
    """
    options = replace(options, soon=True)
    preview = _preview(asked, options, pace)
    if preview is not None:
        yield preview
    if options.halfwidth is None and options.budget_s is None:
        options = replace(options, halfwidth=_fine(asked))
    try:
        yield from _narrower(asked.answers(shapley_rounds, options, pace))
    except ExplanationError:
        # Out of time before the first row: the preview was all there was time for.
        if preview is None or not pace.ended():
            raise


def _narrower(steps: Iterator[Explanation]) -> Iterator[Explanation]:
    """The steps that are clearly better than the one before, and the last."""
    waiting, shown = None, np.inf
    for found in steps:
        error = _error(found)
        clear = error <= NARROWER * shown or found.exact
        waiting = None if clear else found
        if clear:
            shown = error
            yield found
    if waiting is not None:
        yield waiting


def _preview(asked: Asked | AskedBlend, options: ExplainOptions, pace: Pace) -> Explanation | None:
    """A preview, where the function has gradients."""
    try:
        return preview_of(asked, options, pace)
    except ExplanationError:
        return None


def _fine(asked: Asked | AskedBlend) -> float | None:
    """The half-width to end at."""
    distance = float(np.sqrt(np.mean(asked.distances() ** 2)))
    return FINE * distance or None


def _error(found: Explanation) -> float:
    """Typical standard error."""
    return float(np.sqrt(np.mean(found.error_std**2)))
