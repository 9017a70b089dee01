"""Interactions of a function that answers differently each time: asked several times over, errors from the spread.

An enumeration has no gaps between independent halves, and those of sampled coalitions leave out what is known
of small and large ones. So neither counts what answers vary by; whole repetitions do, all of it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from scipy import special

from lepton_lab.errors import ExplanationError
from lepton_lab.explanation.estimate import T_95, Pace
from lepton_lab.explanation.interaction_values import InteractionEstimate
from lepton_lab.explanation.predict_game import PredictGame

# Repetitions: an interval from three degrees of freedom is half again as wide as one from many.
N_REPEATS = 4

# From a game, the repetition's number and its pace to matrices.
Once = Callable[[PredictGame, int, Pace], InteractionEstimate]


def repeated_interactions(once: Once, game: PredictGame, pace: Pace) -> InteractionEstimate:
    """The mean of several estimates, each of a game that was asked anew, and its error from their spread.

    Raises:
        ExplanationError: no row was reached by the first of them.
    """
    found = [_once(once, game, 0, pace)]
    for k in range(1, N_REPEATS):
        try:
            found.append(_once(once, game, k, pace))
        except ExplanationError:
            if not pace.ended():
                raise
            break
    rows = found[0].rows
    for one in found[1:]:
        rows = np.intersect1d(rows, one.rows)
    if len(found) < 2 or len(rows) == 0:
        alone = "ended after one of several repetitions: error bars do not count what the function's answers vary by."
        return replace(found[0], exact=False, notes=(*found[0].notes, alone))
    values = np.stack([one.values[np.searchsorted(one.rows, rows)] for one in found])
    n = len(values)
    # So much wider that the usual multiple of the error is a 95 % interval of few degrees of freedom.
    widening = float(special.stdtrit(n - 1, 0.975)) / T_95
    at = np.searchsorted(found[0].rows, rows)
    return replace(
        found[0],
        rows=rows,
        values=values.mean(axis=0),
        variance=values.var(axis=0, ddof=1) / n * widening**2,
        half_gap=(values[: n // 2].mean(axis=0) - values[n // 2 :].mean(axis=0)) / 2,
        plan=found[0].plan[at],
        n_evaluations=sum(one.n_evaluations for one in found),
        exact=False,
        method=f"mean of {n} repetitions of {found[0].method.removeprefix('exact: ')}",
    )


def _once(once: Once, game: PredictGame, k: int, pace: Pace) -> InteractionEstimate:
    """One estimate of a copy of the game, which knows no answers yet, in its share of the time that is left."""
    if pace.budget_s is not None:
        left = max(0.0, pace.budget_s - pace.elapsed())
        pace = replace(pace, budget_s=pace.elapsed() + left / (N_REPEATS - k))
    return once(replace(game), k, pace)
