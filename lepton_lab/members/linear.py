"""The linear member: one additive term a column, so its explanation is closed form.

Numbers and dates enter clipped and standardised, with an effect of their own for missing values;
categories have an effect for each code. Fitted by L-BFGS with an L2 penalty: logistic for classes,
ridge for numbers, Cox's proportional hazards for times to an event. It is the honest baseline, and the
model that a run stopped at once falls back to.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from lepton_lab.errors import DamagedFileError
from lepton_lab.members.codes import ORDERED, code_layout, codes_of, layout_fits
from lepton_lab.quantiles import ROUND, Quantiles, rounded_pinball
from lepton_lab.survival import Survival
from lepton_lab.tasks import Regression, Task, unit_of

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from lepton_lab.data.encode_tabular import AnyBlock

# Robust-scaled values are bent beyond this many scales: monotone, so order survives a heavy tail.
_BEND = 4.0
# A step of the search may go far; its hazard must stay a number.
_MOST_LOG_HAZARD = 30.0


@dataclass(frozen=True)
class LinearMember:
    """An additive model of the encoded columns.

    Args:
        is_code: `(column,)`, whether a column holds category codes.
        mean, spread: `(column,)`, of the bent values on the training rows (0 and 1 for codes).
        slope: `(column, output)`, logits for each spread (0 for codes).
        absent: `(column, output)`, logits where the value is missing (0 for codes).
        offset: `(column + 1,)`, where each column's codes start in `effect`.
        effect: `(code, output)`, logits of each code of every category column.
        intercept: `(output,)`.
        strength: the L2 penalty that was chosen, for a mean loss.
    """

    is_code: np.ndarray
    mean: np.ndarray
    spread: np.ndarray
    slope: np.ndarray
    absent: np.ndarray
    offset: np.ndarray
    effect: np.ndarray
    intercept: np.ndarray
    strength: float = 0.0
    name = "linear"

    def logits(self, x: np.ndarray) -> np.ndarray:
        """Logits `(row, output)`: the intercept and the sum of the contributions."""
        value, missing = self._numbers(x)
        total = value @ self.slope + missing @ self.absent + self.intercept
        for j in np.flatnonzero(self.is_code).tolist():
            total += self.effect[codes_of(x, j, self.offset)]
        return total

    def contributions(self, x: np.ndarray) -> np.ndarray:
        """Each column's term `(row, column, output)`; with the intercept they sum to the logits."""
        value, missing = self._numbers(x)
        terms = value[:, :, None] * self.slope + missing[:, :, None] * self.absent
        for j in np.flatnonzero(self.is_code).tolist():
            terms[:, j] = self.effect[codes_of(x, j, self.offset)]
        return terms

    def arrays(self) -> dict[str, np.ndarray]:
        """Everything learned."""
        return {name: getattr(self, name) for name in _ARRAYS}

    def config_json(self) -> dict[str, Any]:
        """The chosen strength."""
        return {"strength": self.strength}

    @staticmethod
    def from_arrays(arrays: dict[str, np.ndarray], config: dict[str, Any]) -> LinearMember:
        """The member that `arrays` and `config_json` describe.

        Raises:
            DamagedFileError: where shapes or ranges do not fit together.
        """
        try:
            member = LinearMember(**{name: arrays[name] for name in _ARRAYS}, strength=float(config["strength"]))
            _check_shapes(member)
        except (KeyError, TypeError, ValueError, IndexError) as error:
            raise DamagedFileError(f"the linear member cannot be read: {error!r}.") from error
        return member

    def _numbers(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return _standardised(x, self.is_code, self.mean, self.spread)


_ARRAYS = ("is_code", "mean", "spread", "slope", "absent", "offset", "effect", "intercept")

# Penalties on a mean loss, strong to weak; each fit starts from the one before.
STRENGTHS = (0.3, 0.1, 0.03, 0.01, 0.003, 0.001, 0.0003, 0.00003)


def fit_linear_path(
    x: np.ndarray,
    y: np.ndarray,
    weights: np.ndarray | None,
    blocks: Sequence[AnyBlock],
    task: Task,
    strengths: Sequence[float] = STRENGTHS,
    ended: Callable[[int], str] | None = None,
    near: LinearMember | None = None,
) -> list[LinearMember]:
    """A member for each penalty, strong to weak.

    Args:
        x: encoded rows `(row, column)`.
        y: class index, or the number to predict `(row,)`.
        weights: of the rows, or None.
        blocks: one a column, for the number of codes.
        task: what is learned.
        strengths: L2 penalties for a mean loss; numbers and codes share them.
        ended: asked after each, told how many are done; a word ends the path there.
        near: a member of the same columns from where the first fit starts; None for no effects.
    """
    empty = _empty(x, blocks, task.n_outputs)
    design = _design(x, empty)
    n_features = int(design.get_shape()[1])
    w = np.ones(len(y)) if weights is None else np.asarray(weights, np.float64)
    w = w / w.sum()
    target, bounds = _target(y, task), _bounds(blocks, n_features, task.n_outputs)
    coefficients, intercept = np.zeros((n_features, task.n_outputs)), _start(target, w, task)
    if near is not None:
        coefficients, intercept = _packed(near, task)
    members = []
    for strength in strengths:
        coefficients, intercept = _minimise(design, target, w, task, strength, coefficients, intercept, bounds)
        members.append(_unpacked(empty, coefficients, intercept, task, strength))
        if ended is not None and ended(len(members)):
            break
    return members


def _minimise(
    design: csr_matrix,
    target: np.ndarray,
    w: np.ndarray,
    task: Task,
    strength: float,
    coefficients: np.ndarray,
    intercept: np.ndarray,
    bounds: list[tuple[float | None, float | None]] | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    from scipy.optimize import minimize

    n_outputs, n_features = len(intercept), len(coefficients)
    transposed = design.T.tocsr()

    def loss_and_gradient(flat: np.ndarray) -> tuple[float, np.ndarray]:
        theta = flat.reshape(n_features + 1, n_outputs)
        z = design @ theta[:-1] + theta[-1]
        loss, pull = _link_loss(z, target, w, task)
        gradient = np.vstack([transposed @ pull + strength * theta[:-1], pull.sum(axis=0)])
        return loss + 0.5 * strength * float(np.sum(theta[:-1] ** 2)), gradient.ravel()

    start = np.vstack([coefficients, intercept]).ravel()
    found = minimize(
        loss_and_gradient, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": 300, "gtol": 1e-6}
    )
    theta = found.x.reshape(n_features + 1, n_outputs)
    return theta[:-1], theta[-1]


def _link_loss(z: np.ndarray, target: np.ndarray, w: np.ndarray, task: Task) -> tuple[float, np.ndarray]:
    """Mean loss, and its gradient in the logits `(row, output)`."""
    if isinstance(task, Regression):
        gap = z - target
        return float(0.5 * np.sum(w[:, None] * gap**2)), w[:, None] * gap
    if isinstance(task, Quantiles):
        return _rounded_pinball(z, target, w, task)
    if isinstance(task, Survival):
        exposed, happened = np.abs(target), target > 0
        expected = exposed * np.exp(np.minimum(z, _MOST_LOG_HAZARD))
        return float(np.sum(w[:, None] * (expected - happened * z))), w[:, None] * (expected - happened)
    if task.n_outputs == 1:
        # One exponential for both: this is most of a fit.
        e = np.exp(-np.abs(z))
        loss, probability = np.maximum(z, 0) + np.log1p(e) - target * z, np.where(z >= 0, 1.0, e) / (1 + e)
        return float(w @ loss[:, 0]), w[:, None] * (probability - target)
    top = z.max(axis=1, keepdims=True)
    log_sum = top[:, 0] + np.log(np.exp(z - top).sum(axis=1))
    loss = log_sum - np.sum(target * z, axis=1)
    return float(np.sum(w * loss)), w[:, None] * (np.exp(z - log_sum[:, None]) - target)


def _rounded_pinball(z: np.ndarray, target: np.ndarray, w: np.ndarray, task: Quantiles) -> tuple[float, np.ndarray]:
    """The pinball loss, round where it has a corner, so that slopes lead to its least."""
    level, gap, share = task.output_levels, target - z, w[:, None] / task.n_outputs
    loss = rounded_pinball(gap, level, ROUND)
    above = 0.5 * (1 - np.tanh(gap / (2 * ROUND)))  # the logistic function, without overflow
    return float(np.sum(share * loss)), share * (above - level)


def _bounds(
    blocks: Sequence[AnyBlock], n_features: int, n_outputs: int
) -> list[tuple[float | None, float | None]] | None:
    """The sign that a monotone column's slope must have; None where there are no such columns."""
    signs = [block.monotone for block in blocks if block.kind in ORDERED]
    if not any(signs):
        return None
    side: dict[int, tuple[float | None, float | None]] = {0: (None, None), 1: (0.0, None), -1: (None, 0.0)}
    # The design begins with the numbers' slopes; the last row is the intercept.
    of_rows = [side[sign] for sign in signs] + [side[0]] * (n_features - len(signs) + 1)
    return [row for row in of_rows for _ in range(n_outputs)]


def _target(y: np.ndarray, task: Task) -> np.ndarray:
    """The standardised number, the positive class or the signed exposure `(row, 1)`, or one-hot `(row, class)`."""
    if task.n_outputs > 1 and task.classes:
        return np.eye(task.n_outputs)[task.targets(y)]
    return task.targets(y).astype(np.float64)[:, None]


def _start(target: np.ndarray, w: np.ndarray, task: Task) -> np.ndarray:
    """The intercept of the model without columns."""
    if isinstance(task, Survival):
        return np.log(np.maximum(w @ (target > 0), 1e-12) / (w @ np.abs(target)))
    if isinstance(task, Quantiles):
        return (task.answer_without_columns(target[:, 0], w)).astype(np.float64)
    mean = w @ target
    if isinstance(task, Regression):
        return mean
    mean = np.clip(mean, 1e-6, 1 - 1e-6)
    return np.log(mean) - (np.log(1 - mean) if task.n_outputs == 1 else np.mean(np.log(mean)))


def _empty(x: np.ndarray, blocks: Sequence[AnyBlock], n_outputs: int) -> LinearMember:
    """A member with the standardisation in place and every effect zero."""
    is_code, offset = code_layout(blocks)
    bent = _bend(np.where(is_code, np.nan, x))
    known = ~np.isnan(bent)
    n_known = np.maximum(known.sum(axis=0), 1)
    mean = np.where(known, bent, 0).sum(axis=0) / n_known
    spread = np.sqrt(np.where(known, (bent - mean) ** 2, 0).sum(axis=0) / n_known)
    zero = np.zeros((len(blocks), n_outputs))
    return LinearMember(
        is_code, mean, np.where(spread > 1e-9, spread, 1.0), zero, zero, offset,
        np.zeros((int(offset[-1]), n_outputs)), np.zeros(n_outputs),
    )  # fmt: skip


def _design(x: np.ndarray, member: LinearMember) -> csr_matrix:
    """Columns: every value, every missing indicator, every code (most of them zero, hence sparse)."""
    from scipy import sparse

    value, missing = member._numbers(x)
    numbers = np.flatnonzero(~member.is_code)
    rows = np.arange(len(x))
    parts = [sparse.csr_matrix(value[:, numbers]), sparse.csr_matrix(missing[:, numbers])]
    for j in np.flatnonzero(member.is_code).tolist():
        n_codes = int(member.offset[j + 1] - member.offset[j])
        codes = codes_of(x, j, member.offset) - member.offset[j]
        parts.append(sparse.csr_matrix((np.ones(len(x)), (rows, codes)), shape=(len(x), n_codes)))
    return sparse.csr_matrix(sparse.hstack(parts, format="csr"))


def _unpacked(
    empty: LinearMember, coefficients: np.ndarray, intercept: np.ndarray, task: Task, strength: float
) -> LinearMember:
    """Coefficients of the design's columns as effects of the table's columns, in logits."""
    location, scale = unit_of(task)
    numbers = np.flatnonzero(~empty.is_code)
    slope, absent = np.zeros_like(empty.slope), np.zeros_like(empty.absent)
    slope[numbers] = coefficients[: len(numbers)] * scale
    absent[numbers] = coefficients[len(numbers) : 2 * len(numbers)] * scale
    return replace(
        empty,
        slope=slope,
        absent=absent,
        effect=coefficients[2 * len(numbers) :] * scale,
        intercept=intercept * scale + location,
        strength=strength,
    )


def _packed(member: LinearMember, task: Task) -> tuple[np.ndarray, np.ndarray]:
    """The design's coefficients and the intercept that `_unpacked` made a member of."""
    location, scale = unit_of(task)
    numbers = np.flatnonzero(~member.is_code)
    coefficients = np.concatenate([member.slope[numbers], member.absent[numbers], member.effect]) / scale
    return coefficients, (member.intercept - location) / scale


def _standardised(
    x: np.ndarray, is_code: np.ndarray, mean: np.ndarray, spread: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Bent and standardised values with 0 for missing, and where they are missing; 0 for codes."""
    bent = _bend(np.asarray(x, np.float64))
    missing = np.isnan(bent) & ~is_code
    value = np.where(missing | is_code, 0.0, (bent - mean) / spread)
    return value, missing.astype(np.float64)


def _bend(x: np.ndarray) -> np.ndarray:
    return x / np.sqrt(1 + (x / _BEND) ** 2)


def _check_shapes(member: LinearMember) -> None:
    n_columns, n_outputs = len(member.is_code), len(member.intercept)
    for name in ("slope", "absent"):
        if getattr(member, name).shape != (n_columns, n_outputs):
            raise ValueError(f"{name} has shape {getattr(member, name).shape}")
    if member.mean.shape != (n_columns,) or member.spread.shape != (n_columns,) or not (member.spread > 0).all():
        raise ValueError("mean and spread do not fit the columns")
    if not layout_fits(member.is_code, member.offset):
        raise ValueError("offsets do not fit the columns")
    if member.effect.shape != (int(member.offset[-1]), n_outputs):
        raise ValueError("effects do not fit the codes")
    if not all(np.isfinite(getattr(member, name)).all() for name in _ARRAYS):
        raise ValueError("a number is not finite")
