"""What the trees see: one plain number a column, never NaN, never a code.

A missing number becomes a value below or above all others, on the side whose rows have the more
similar target; a category becomes its smoothed mean target. Trees on native categories or with a
direction for NaN are explained wrongly by shap's TreeExplainer (off by 8 logits, without a word).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from lepton_lab.members.codes import code_layout, codes_of
from lepton_lab.survival import Survival
from lepton_lab.tasks import Task, are_shifted

if TYPE_CHECKING:
    from lepton_lab.data.encode_tabular import AnyBlock

# Rows that the overall mean counts for in a category's mean: rare categories are pulled to it.
_SMOOTHING = 10.0
_FOLDS = 5


@dataclass(frozen=True)
class TreeInputs:
    """How encoded columns become the numbers that trees split.

    Args:
        is_code: `(column,)`, whether a column holds category codes.
        low, high: `(column,)`, range of the training rows; values beyond it are cut to it.
        missing: `(column,)`, what stands for a missing number, outside low to high.
        offset: `(column + 1,)`, where each column's codes start in `target_code`.
        target_code: `(code,)`, the smoothed target of each category code.
    """

    is_code: np.ndarray
    low: np.ndarray
    high: np.ndarray
    missing: np.ndarray
    offset: np.ndarray
    target_code: np.ndarray

    def of(self, x: np.ndarray) -> np.ndarray:
        """The numbers that trees split, `(row, column)` float64, no NaN."""
        inputs = np.clip(np.asarray(x, np.float64), self.low, self.high)
        inputs = np.where(np.isnan(inputs), self.missing, inputs)
        for j in np.flatnonzero(self.is_code).tolist():
            inputs[:, j] = self.target_code[codes_of(x, j, self.offset)]
        return inputs


def fit_tree_inputs(
    x: np.ndarray,
    y: np.ndarray,
    weights: np.ndarray | None,
    blocks: Sequence[AnyBlock],
    task: Task,
    seed: int,
) -> tuple[TreeInputs, np.ndarray]:
    """How columns become numbers, and the training rows as such numbers.

    The training rows get target codes from the other folds, so that a tree cannot read a row's own
    target from its category; rows met later get the codes of all training rows.

    Returns:
        The inputs, and the training matrix `(row, column)` float64.
    """
    is_code, offset = code_layout(blocks)
    w = np.ones(len(y)) if weights is None else np.asarray(weights, np.float64)
    low, high, missing = _ranges(np.where(is_code, np.nan, x).astype(np.float64), _level(y, task), w)
    inputs = TreeInputs(is_code, low, high, missing, offset, np.zeros(int(offset[-1])))
    fold = np.random.default_rng(seed).permutation(len(y)) % _FOLDS
    out_of_fold = {}
    for j in np.flatnonzero(is_code).tolist():
        n_codes = int(offset[j + 1] - offset[j])
        codes = codes_of(x, j, offset) - offset[j]
        score = (
            _level(y, task) if not are_shifted(task) else _direction(codes, task.targets(y), w, n_codes, task.n_outputs)
        )
        inputs.target_code[offset[j] : offset[j + 1]] = _means(codes, score, w, n_codes)
        out_of_fold[j] = _means_of_other_folds(codes, score, w, n_codes, fold)
    matrix = inputs.of(x)
    for j, column in out_of_fold.items():
        matrix[:, j] = column
    return inputs, matrix


def _level(y: np.ndarray, task: Task) -> np.ndarray:
    """One number a row that categories and missing values are averaged by; of times, events beyond the expected."""
    if isinstance(task, Survival):
        exposed, happened = task.exposure(y)
        return happened - exposed
    return np.asarray(y, np.float64) if not are_shifted(task) else _class_rank(task.targets(y))


def _class_rank(index: np.ndarray) -> np.ndarray:
    """Classes by falling frequency: any fixed order tells whether two groups of rows are alike."""
    counts = np.bincount(index)
    return np.argsort(np.argsort(-counts, kind="stable"), kind="stable")[index].astype(np.float64)


def _direction(codes: np.ndarray, index: np.ndarray, w: np.ndarray, n_codes: int, n_classes: int) -> np.ndarray:
    """One number a class: the direction in which the categories' class shares differ most."""
    counts = np.zeros((n_codes, n_classes))
    np.add.at(counts, (codes, index), w)
    total = counts.sum(axis=1, keepdims=True)
    share = counts / np.maximum(total, 1e-12) - counts.sum(axis=0) / max(w.sum(), 1e-12)
    _, _, axes = np.linalg.svd(np.sqrt(total) * share, full_matrices=False)
    return axes[0][index]


def _means_of_other_folds(
    codes: np.ndarray, score: np.ndarray, w: np.ndarray, n_codes: int, fold: np.ndarray
) -> np.ndarray:
    found = np.zeros(len(codes))
    for k in range(_FOLDS):
        inside, outside = fold == k, fold != k
        found[inside] = _means(codes[outside], score[outside], w[outside], n_codes)[codes[inside]]
    return found


def _means(codes: np.ndarray, score: np.ndarray, w: np.ndarray, n_codes: int) -> np.ndarray:
    total = np.bincount(codes, w, minlength=n_codes)
    overall = float(np.sum(w * score) / max(w.sum(), 1e-12))
    return (np.bincount(codes, w * score, minlength=n_codes) + _SMOOTHING * overall) / (total + _SMOOTHING)


def _ranges(x: np.ndarray, score: np.ndarray, w: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Lowest, highest, and what stands for missing: beyond the end whose rows resemble the missing ones."""
    n_columns = x.shape[1]
    low, high, missing = np.zeros(n_columns), np.zeros(n_columns), np.zeros(n_columns)
    for j in range(n_columns):
        absent = np.isnan(x[:, j])
        known = x[~absent, j]
        if not len(known):
            continue
        low[j], high[j] = known.min(), known.max()
        missing[j] = np.median(known)
        if absent.any():
            step = max(1.0, high[j] - low[j])
            resembles_high = _resembles_high(x[:, j], absent, score, w)
            missing[j] = high[j] + step if resembles_high else low[j] - step
    return low, high, missing


def _resembles_high(column: np.ndarray, absent: np.ndarray, score: np.ndarray, w: np.ndarray) -> bool:
    first, last = np.nanquantile(column, [0.25, 0.75])

    def mean(rows: np.ndarray) -> float:
        return float(np.average(score[rows], weights=w[rows])) if w[rows].sum() > 0 else 0.0

    level = mean(absent)
    return abs(mean(column >= last) - level) < abs(mean(column <= first) - level)
