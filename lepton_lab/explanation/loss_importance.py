"""Which columns the model's accuracy rests on: SAGE, the Shapley values of the loss that columns take off.

The worth of a set of columns is the loss that is saved by knowing them: the others take the values of
background rows, the *predictions* (probabilities, or the number; not the logits) are averaged over the
background, and the loss of that mean prediction is taken. Values add up to the loss of the mean
prediction less the model's own.

Source: Covert, Lundberg and Lee 2020, "Understanding Global Feature Contributions With Additive Importance
Measures" (SAGE), with the marginal imputer. Ours walks every order and its reverse, and visits the rows in
rounds without putting them back, so that the sum holds for the very rows it was computed on.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Bool, Float64, Int
from scipy import stats

from lepton_lab.errors import ExplanationError, OptionError
from lepton_lab.explanation.estimate import Pace
from lepton_lab.explanation.groups import Groups

# Rounds of a budget or a half-width: more than these no longer narrow an interval, since rows are what is short.
MOST_ROUNDS = 64
# Where the orders' share of an error is below this, more orders are wasted.
ORDERS_SHARE = 0.1


@dataclass(frozen=True)
class LossGame:
    """Rows, what is true of them, and what a model predicts where only some columns are known.

    Args:
        players: columns, or groups of them.
        n_rows: rows with a known target.
        predictions: `(row, masks (state, column)) -> (state, reference, output)` for one row.
        weights: of the background rows, summing to 1.
        losses: `(row, mean predictions (state, output)) -> (state,)`.
        unit: of the loss.
    """

    players: Groups
    n_rows: int
    predictions: Callable[[int, Bool[np.ndarray, "state column"]], np.ndarray]
    weights: Float64[np.ndarray, " reference"]
    losses: Callable[[int, np.ndarray], np.ndarray]
    unit: str


@dataclass(frozen=True)
class LossOptions:
    """How much work the importance may take.

    Args:
        halfwidth: widest 95 % half-width wanted, in the loss's unit; rounds of orders are added until it is met.
        n_rounds: pairs of orders for each row where neither a half-width nor a budget is asked for.
        seed: of orders and rows.
        pace: budget, stop, progress.
    """

    halfwidth: float | None = None
    n_rounds: int = 1
    seed: int = 0
    pace: Pace = field(default_factory=Pace)

    def __post_init__(self) -> None:
        if self.halfwidth is not None and not self.halfwidth > 0:
            raise OptionError(f"halfwidth={self.halfwidth} must be above 0, or None for no limit.")
        if self.n_rounds < 1:
            raise OptionError(f"n_rounds={self.n_rounds}: every row takes at least one pair of orders.")


@dataclass(frozen=True)
class LossImportance:
    """How much loss each column takes off, most first. A column that misleads the model is below 0.

    `values.sum()` is `base_loss - loss`, to rounding.

    Args:
        feature_names: of the players, most important first.
        values: mean loss that knowing the column saves, in `unit`.
        error_std: standard error of `values`: these orders, and these rows instead of others like them.
        orders_std: the part of it that comes from sampling orders; NaN where each row had one pair of orders.
        lower_bounds: lower end of the 95 % interval.
        upper_bounds: upper end of it.
        order: position of each listed player among the model's.
        loss: the model's mean loss over the rows.
        base_loss: mean loss of the mean prediction over the background, which knows no column.
        unit: "log-loss" or "squared error".
        n_rows: rows that were reached.
        n_orders: orders walked.
        n_evaluations: model evaluations spent.
        seconds: wall time spent.
        method: in words.
        notes: what a reader should know.
    """

    feature_names: tuple[str, ...]
    values: Float64[np.ndarray, " feature"]
    error_std: Float64[np.ndarray, " feature"]
    orders_std: Float64[np.ndarray, " feature"]
    lower_bounds: Float64[np.ndarray, " feature"]
    upper_bounds: Float64[np.ndarray, " feature"]
    order: Int[np.ndarray, " feature"]
    loss: float
    base_loss: float
    unit: str
    n_rows: int
    n_orders: int
    n_evaluations: int
    seconds: float
    method: str
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.feature_names)


@dataclass
class _Tally:
    """Sums over the orders of each row."""

    gains: Float64[np.ndarray, "row player"]
    squares: Float64[np.ndarray, "row player"]
    ends: Float64[np.ndarray, "row 2"]
    rounds: Int[np.ndarray, " row"]
    n_evaluations: int = 0

    def add(self, row: int, gains: Float64[np.ndarray, " player"], ends: tuple[float, float]) -> None:
        self.gains[row] += gains
        self.squares[row] += gains**2
        self.ends[row] = ends
        self.rounds[row] += 1

    def means(self) -> Float64[np.ndarray, "reached player"]:
        """Of the rows reached, over their own orders."""
        reached = self.rounds > 0
        return self.gains[reached] / self.rounds[reached, None]

    def error_std(self) -> Float64[np.ndarray, " player"]:
        """Rows are independent given the background, so their spread holds all of the error."""
        means = self.means()
        return means.std(axis=0, ddof=1) / np.sqrt(len(means)) if len(means) > 1 else np.full(means.shape[1], np.nan)

    def orders_std(self) -> Float64[np.ndarray, " player"]:
        """From rows with several pairs of orders, for all."""
        n = self.rounds[:, None]
        several = self.rounds > 1
        if not several.any():
            return np.full(self.gains.shape[1], np.nan)
        spread = (self.squares - self.gains**2 / np.maximum(n, 1)) / np.maximum(n - 1, 1)
        typical = np.maximum(spread[several], 0.0).mean(axis=0)
        reached = self.rounds[self.rounds > 0]
        return np.sqrt(typical * (1 / reached).sum()) / len(reached)


def loss_values(game: LossGame, options: LossOptions) -> LossImportance:
    """SAGE values of a game, by walks through orders of the players.

    Raises:
        ExplanationError: no rows, or none reached.
    """
    if game.n_rows == 0:
        raise ExplanationError("there are 0 rows with a known target. Give at least one, better some hundred.")
    tally = _Tally(
        np.zeros((game.n_rows, game.players.n_players)),
        np.zeros((game.n_rows, game.players.n_players)),
        np.zeros((game.n_rows, 2)),
        np.zeros(game.n_rows, dtype=np.int64),
    )
    open_ended = options.halfwidth is not None or options.pace.budget_s is not None
    n_rounds = MOST_ROUNDS if open_ended else options.n_rounds
    ended = ""
    for n in range(n_rounds):
        ended = _one_round(game, tally, n, n_rounds, options)
        if ended or _settled(tally, options):
            break
    if not tally.rounds.any():
        raise ExplanationError("stopped before the first row was done. Give more time, or fewer background rows.")
    return _result(game, tally, options, ended)


def _one_round(game: LossGame, tally: _Tally, n_round: int, n_rounds: int, options: LossOptions) -> str:
    """One more pair of orders for every row, in random order of rows; why it ended early, if it did."""
    pace, row_s = options.pace, 0.0
    rng = np.random.default_rng([options.seed, 23, n_round])
    rows = rng.permutation(game.n_rows)
    for done, row in enumerate(rows.tolist()):
        ended = pace.ended(row_s)
        if ended:
            return ended
        started = time.monotonic()
        tally.n_evaluations += _walk(game, row, rng.permutation(game.players.n_players), tally)
        row_s = time.monotonic() - started
        share = (
            (n_round + (done + 1) / len(rows)) / n_rounds if pace.budget_s is None else pace.elapsed() / pace.budget_s
        )
        pace.tell(min(share, 1.0), tally.n_evaluations, f"orders, round {n_round + 1}")
    return ""


def _walk(game: LossGame, row: int, order: Int[np.ndarray, " player"], tally: _Tally) -> int:
    """An order and its reverse for one row; the evaluations spent."""
    d = len(order)
    # Step s of a pass knows its first s players; nobody and everybody come once for both passes.
    place = np.argsort(order)
    forward = place < np.arange(d + 1)[:, None]
    backward = (d - 1 - place) < np.arange(1, d)[:, None]
    masks = np.concatenate([forward, backward])
    predictions = game.predictions(row, game.players.spread(masks))
    if not np.isfinite(predictions).all():
        raise ExplanationError(
            "the function returned NaN or infinity for some mix of a row's and a background row's values. "
            "Ask about a function that returns finite numbers for such mixes."
        )
    losses = game.losses(row, np.einsum("b,sbo->so", game.weights, predictions))
    there = -np.diff(losses[: d + 1])
    back = -np.diff(np.concatenate([losses[:1], losses[d + 1 :], losses[d : d + 1]]))
    gains = np.empty(d)
    gains[order] = (there + back[::-1]) / 2
    tally.add(row, gains, (float(losses[0]), float(losses[d])))
    return predictions.shape[0] * predictions.shape[1]


def _settled(tally: _Tally, options: LossOptions) -> bool:
    """Whether the half-width is met, or only more rows could meet it."""
    if options.halfwidth is None:
        return False
    error, orders = tally.error_std(), tally.orders_std()
    met = _t_95(tally) * error <= options.halfwidth
    return bool((met | (orders < ORDERS_SHARE * error)).all())


def _t_95(tally: _Tally) -> float:
    n = int((tally.rounds > 0).sum())
    return float(stats.t.ppf(0.975, n - 1)) if n > 1 else np.nan


def _result(game: LossGame, tally: _Tally, options: LossOptions, ended: str) -> LossImportance:
    means, error = tally.means(), tally.error_std()
    values = means.mean(axis=0)
    half = _t_95(tally) * error
    order = np.argsort(-values, kind="stable")
    base_loss, loss = tally.ends[tally.rounds > 0].mean(axis=0)
    return LossImportance(
        feature_names=tuple(game.players.names[j] for j in order),
        values=values[order],
        error_std=error[order],
        orders_std=tally.orders_std()[order],
        lower_bounds=(values - half)[order],
        upper_bounds=(values + half)[order],
        order=order,
        loss=float(loss),
        base_loss=float(base_loss),
        unit=game.unit,
        n_rows=len(means),
        n_orders=2 * int(tally.rounds.sum()),
        n_evaluations=tally.n_evaluations,
        seconds=options.pace.elapsed(),
        method="SAGE, orders and their reverses, predictions averaged over the background",
        notes=_notes(game, tally, options, ended, half),
    )


def _notes(game: LossGame, tally: _Tally, options: LossOptions, ended: str, half: np.ndarray) -> tuple[str, ...]:
    notes, n_reached = [], int((tally.rounds > 0).sum())
    why = {"stop": "stopped", "budget": "the budget was spent"}.get(ended, "")
    if n_reached < game.n_rows:
        notes.append(f"{why} after {n_reached:,} of {game.n_rows:,} rows, taken at random.")
    if n_reached == 1:
        notes.append("one row has no interval: give more.")
    if options.halfwidth is not None and (half > options.halfwidth).any():
        notes.append(
            f"{int((half > options.halfwidth).sum())} of {len(half)} 95 % half-widths are above the "
            f"{options.halfwidth:g} asked for" + ("." if ended else ": only more rows would narrow them.")
        )
    return tuple(notes)
