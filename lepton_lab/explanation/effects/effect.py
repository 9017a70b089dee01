"""How a column moves the output: partial dependence with a curve for each row (ICE), and accumulated effects (ALE).

Partial dependence asks about every row with the column set to each value, also where no such row could
be; accumulated effects only compare neighbouring values in rows that have them, so they stay among the
data where columns hang together, and take the correlated columns' effects out.

Source: Friedman 2001 (partial dependence); Goldstein et al. 2015 (ICE, centred ICE); Apley and Zhu 2020 (ALE).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float64, Int, Shaped

from lepton_lab.errors import ExplanationError, OptionError
from lepton_lab.explanation.effects.grids import ColumnValues, Grid, Kind
from lepton_lab.explanation.effects.swaps import ColumnSwap
from lepton_lab.explanation.estimate import Pace

# Half-width of a 95 % interval over rows, in standard errors.
Z_95 = 1.96
# A chunk is what a stop waits for.
CHUNK_S = 0.1


@dataclass(frozen=True)
class Effect:
    """How the output depends on one column.

    Args:
        column: its name.
        kind: "number", "date" or "category".
        grid: values of the column, as the user wrote them; None is missing.
        place: where a value is drawn: the number, days since 1970, a category's position; NaN for missing.
        mean: partial dependence, or the accumulated effect (centred: its mean over the rows is 0); in `unit`.
        error_std: standard error of `mean` that comes from having asked these rows and not others like them.
        curves: one a row (ICE), what the mean is made of; None for accumulated effects.
        counts: rows nearest to each value.
        column_place: the column in the asked rows, as `place`.
        row_place: grid value nearest to each asked row's own, -1 where it has none.
        row_labels: of the asked rows.
        output_names: one an output; `mean` and `curves` have a class axis when there is more than one.
        unit: of `mean`.
        method: "partial dependence" or "accumulated effects".
        seconds: wall time spent.
        notes: what a reader should know.
    """

    column: str
    kind: Kind
    grid: Shaped[np.ndarray, " point"]
    place: Float64[np.ndarray, " point"]
    mean: Float64[np.ndarray, "point *class"]
    error_std: Float64[np.ndarray, "point *class"]
    curves: Float64[np.ndarray, "row point *class"] | None
    counts: Int[np.ndarray, " point"]
    column_place: Float64[np.ndarray, " row"]
    row_place: Int[np.ndarray, " row"]
    row_labels: Shaped[np.ndarray, " row"]
    output_names: tuple[str, ...]
    unit: str
    method: str
    seconds: float
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.grid)

    @property
    def n_rows(self) -> int:
        """Rows asked."""
        return len(self.row_labels)

    @property
    def lower_bounds(self) -> Float64[np.ndarray, "point *class"]:
        """Lower end of the 95 % interval of `mean` over rows like these, point by point."""
        return self.mean - Z_95 * self.error_std

    @property
    def upper_bounds(self) -> Float64[np.ndarray, "point *class"]:
        """Upper end of the 95 % interval of `mean` over rows like these, point by point."""
        return self.mean + Z_95 * self.error_std

    def centred(self, at: int = 0) -> Effect:
        """Every curve less its own value at a grid point: curves that differ only in level fall together.

        Raises:
            ExplanationError: accumulated effects, which have no curves.
        """
        if self.curves is None:
            raise ExplanationError("accumulated effects have no curves to centre; they are centred over the rows.")
        curves = self.curves - self.curves[:, [at]]
        mean, error = _mean_and_error(curves)
        return replace(self, curves=curves, mean=mean, error_std=error, method=f"centred {self.method}")


@dataclass(frozen=True)
class EffectQuestion:
    """One column of a model, ready to be asked about.

    Args:
        swap: answers for rows whose column takes the grid's values.
        column: the column in these rows.
        grid: the values.
        link: from answers to what is shown, `(n, output) -> (n, output)`.
        row_labels: of the rows.
        output_names: after `link`.
        unit: after `link`.
        seed: of the order in which rows are asked.
        pace: budget, stop, progress.
    """

    swap: ColumnSwap
    column: ColumnValues
    grid: Grid
    link: Callable[[np.ndarray], np.ndarray]
    row_labels: Shaped[np.ndarray, " row"]
    output_names: tuple[str, ...]
    unit: str
    seed: int
    pace: Pace


def dependence(question: EffectQuestion) -> Effect:
    """Partial dependence and ICE curves. Stopped early, it is the mean over the rows asked so far.

    Raises:
        ExplanationError: no row was reached.
    """
    n_rows, n_points = len(question.row_labels), len(question.grid)
    every = np.arange(n_rows)
    rows, answers, ended = ask(question, every, np.broadcast_to(np.arange(n_points), (n_rows, n_points)))
    order = np.argsort(rows)
    curves = answers[order]
    mean, error = _mean_and_error(curves)
    return effect_of(
        question, rows[order], mean, error, curves, "partial dependence", ended_note(question, rows, ended)
    )


def ask(
    question: EffectQuestion, rows: Int[np.ndarray, " row"], which: Int[np.ndarray, "row value"]
) -> tuple[Int[np.ndarray, " asked"], Float64[np.ndarray, "asked value output"], str]:
    """Some rows' answers, each at its own values, in random order of rows until all are asked, or time is up.

    Returns:
        Which of `rows` were asked, their answers after the link, and why it ended early, if it did.

    Raises:
        ExplanationError: no row was reached, or an answer is not finite.
    """
    pace, n_rows = question.pace, len(rows)
    # In random order the rows asked before a stop are a sample of all.
    order = np.random.default_rng([question.seed, 5]).permutation(n_rows)
    parts, n_done, size, row_s, ended = [], 0, 16, 0.0, ""
    while n_done < n_rows and not ended:
        started = time.monotonic()
        chunk = order[n_done : n_done + size]
        found = question.swap.outputs(rows[chunk], which[chunk])
        parts.append(question.link(found.reshape(-1, found.shape[2])).reshape(*found.shape[:2], -1))
        n_done += len(chunk)
        row_s = (time.monotonic() - started) / len(chunk)
        size = int(np.clip(CHUNK_S / max(row_s, 1e-9), 1, 8 * size))
        pace.tell(n_done / n_rows, n_done * which.shape[1], f"rows with {question.column.name!r} changed")
        ended = pace.ended(row_s * min(size, n_rows - n_done))
    answers = np.concatenate(parts)
    if not np.isfinite(answers).all():
        raise ExplanationError(
            f"the function returned NaN or infinity for some rows with {question.column.name!r} changed. "
            "Ask about a function that returns finite numbers for such rows."
        )
    return order[:n_done], answers, ended if n_done < n_rows else ""


def effect_of(
    question: EffectQuestion,
    rows: Int[np.ndarray, " row"],
    mean: Float64[np.ndarray, "point output"],
    error: Float64[np.ndarray, "point output"],
    curves: Float64[np.ndarray, "row point output"] | None,
    method: str,
    notes: tuple[str, ...] = (),
) -> Effect:
    """The result, labelled. One output loses its axis, as in an explanation."""
    one = len(question.output_names) == 1
    grid, column = question.grid, question.column
    place = column.place[rows]
    nearest = _nearest(grid, column, place)
    return Effect(
        column=column.name,
        kind=column.kind,
        grid=grid.own,
        place=grid.place,
        mean=mean[:, 0] if one else mean,
        error_std=error[:, 0] if one else error,
        curves=curves[..., 0] if one and curves is not None else curves,
        counts=np.bincount(nearest[nearest >= 0], minlength=len(grid)),
        column_place=place,
        row_place=nearest,
        row_labels=question.row_labels[rows],
        output_names=question.output_names,
        unit=question.unit,
        method=method,
        seconds=question.pace.elapsed(),
        notes=(*grid.notes, *notes),
    )


def ended_note(question: EffectQuestion, rows: np.ndarray, ended: str) -> tuple[str, ...]:
    """What a stop left out."""
    why = {"stop": "stopped", "budget": "the budget was spent"}.get(ended, "")
    return (f"{why} after {len(rows):,} of {len(question.row_labels):,} rows, taken at random.",) if ended else ()


def _mean_and_error(curves: Float64[np.ndarray, "row point *class"]) -> tuple[np.ndarray, np.ndarray]:
    n = len(curves)
    spread = curves.std(axis=0, ddof=1) if n > 1 else np.full(curves.shape[1:], np.nan)
    return curves.mean(axis=0), spread / np.sqrt(n)


def _nearest(grid: Grid, column: ColumnValues, place: np.ndarray) -> Int[np.ndarray, " row"]:
    """The grid point nearest to each row's value; equal for categories; -1 where there is none."""
    order = np.argsort(grid.place)  # missing last
    known = order[: int((~np.isnan(grid.place)).sum())]
    out = np.full(len(place), order[-1] if len(known) < len(order) else -1, dtype=np.int64)
    at = ~np.isnan(place)
    if len(known):
        values = grid.place[known]
        out[at] = known[np.searchsorted((values[1:] + values[:-1]) / 2, place[at])]
    if column.kind == "category":
        out[at & ~np.isin(place, grid.place)] = -1
    return out


@dataclass(frozen=True)
class EffectOptions:
    """How a column's effect may be asked for.

    Args:
        n_points: grid points, or bins of accumulated effects; fewer where the column has fewer values.
        scale: "link" (what the model adds up), or "probability" (trained classifiers only).
        seed: of the order of rows.
        pace: budget, stop, progress.
    """

    n_points: int = 40
    scale: str = "link"
    seed: int = 0
    pace: Pace | None = None

    def __post_init__(self) -> None:
        if self.scale not in ("link", "probability"):
            raise OptionError(f"scale={self.scale!r} is not known. Choose one of: 'link', 'probability'.")
        if isinstance(self.n_points, bool) or not isinstance(self.n_points, (int, np.integer)) or self.n_points < 2:
            raise OptionError(f"points={self.n_points!r} draws no curve. Give a whole number of at least 2.")
