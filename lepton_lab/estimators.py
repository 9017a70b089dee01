"""scikit-learn estimators over `fit`: for `Pipeline`, `cross_val_score`, `clone` and what else expects them.

Imported lazily by `lepton_lab`, so that only their users wait for scikit-learn.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from lepton_lab.durations import parse_duration
from lepton_lab.errors import DataError, OptionError

if TYPE_CHECKING:
    from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin

    from lepton_lab.trained import TrainedModel
else:
    # The fence forbids scikit-learn where import lepton_lab would pay for it; here its users have asked for it.
    import importlib

    _base = importlib.import_module("sklearn.base")
    BaseEstimator, ClassifierMixin, RegressorMixin = _base.BaseEstimator, _base.ClassifierMixin, _base.RegressorMixin

_TARGET = "target of fit(X, y)"
# For scikit-learn's check_array: keep the dtype, let missing values through.
_AS_IT_IS: dict[str, Any] = {"dtype": None, "ensure_all_finite": "allow-nan"}


class _LeptonEstimator(BaseEstimator):
    """What both estimators share; parameters are `train`'s."""

    def __init__(
        self,
        *,
        budget: str | float | None = None,
        metric: str | None = None,
        quality: str = "balanced",
        seed: int = 0,
        monotone: Mapping[Any, int] | None = None,
        types: Mapping[Any, str] | None = None,
        immutable: Sequence[Any] = (),
        reshape: Any = None,
        encoders: Mapping[Any, Any] | None = None,
    ) -> None:
        self.budget = budget
        self.metric = metric
        self.quality = quality
        self.seed = seed
        self.monotone = monotone
        self.types = types
        self.immutable = immutable
        self.reshape = reshape
        self.encoders = encoders

    def _fit(self, frame: pd.DataFrame, target: np.ndarray, sample_weight: Any, task: str) -> Any:
        from lepton_lab.data.monotone import with_monotone
        from lepton_lab.data.reshaping import reshape_of
        from lepton_lab.data.table import read_table
        from lepton_lab.data.told_types import with_immutable
        from lepton_lab.fitting.fit import fit
        from lepton_lab.training.control import Control

        began = time.monotonic()
        weights = _weights(sample_weight, len(frame))
        if weights is not None:  # a row without weight is no row
            frame, target, weights = frame.loc[weights > 0], target[weights > 0], weights[weights > 0]
        whole, types = frame.assign(**{_TARGET: target}), _by_name(self.types, frame)
        made = reshape_of(self.reshape)
        if made is not None and made.kind == "forecast":
            raise OptionError(
                "a forecast is made of the past of the target, which predict(X) is not given. "
                "Type: ll.train(df, target=..., reshape=...)"
            )
        if made is not None and weights is not None:
            raise OptionError("sample_weight is of the steps of a long frame, and reshape= makes other rows of them.")
        table, read, _ = read_table(whole, target=_TARGET, task=task, weights=weights, types=types, reshape=made)
        table = with_monotone(table, read, _by_name(self.monotone, frame))
        table = with_immutable(table, _names(self.immutable, frame))
        budget_s = None if self.budget is None else parse_duration(self.budget)
        deadline = None if budget_s is None else began + budget_s
        control = Control(stop=threading.Event(), deadline=deadline)
        self.model_: TrainedModel = fit(
            table,
            read,
            quality=self.quality,
            control=control,
            seed=self.seed,
            metric=self.metric,
            encoders=_by_name(self.encoders, frame),
        )
        return self

    def _checked(self, X: Any, y: Any) -> tuple[pd.DataFrame, np.ndarray]:
        """X and y as scikit-learn wants them checked; frames keep their own dtypes."""
        from sklearn.utils import assert_all_finite, check_array, check_consistent_length, column_or_1d
        from sklearn.utils.validation import _check_feature_names, _check_n_features

        if y is None:
            raise ValueError(f"{type(self).__name__} requires y to be passed, but the target y is None")
        _check_feature_names(self, X, reset=True)
        array = X if isinstance(X, pd.DataFrame) else check_array(X, **_AS_IT_IS)
        _check_n_features(self, array, reset=True)
        target = column_or_1d(y, warn=True)
        check_consistent_length(array, target)
        assert_all_finite(target, input_name="y")
        if len(target) < 2:
            raise DataError(f"n_samples={len(target)}; wanted more rows to learn from.")
        return self._frame(array), target

    def _frame(self, X: Any) -> pd.DataFrame:
        if isinstance(X, pd.DataFrame):
            return X.reset_index(drop=True).rename(columns=str)
        return pd.DataFrame(X, columns=[f"x{j}" for j in range(X.shape[1])])

    def _to_predict(self, X: Any) -> pd.DataFrame:
        from sklearn.utils import check_array
        from sklearn.utils.validation import _check_feature_names, _check_n_features, check_is_fitted

        check_is_fitted(self, "model_")
        _check_feature_names(self, X, reset=False)
        array = X if isinstance(X, pd.DataFrame) else check_array(X, **_AS_IT_IS)
        _check_n_features(self, array, reset=False)
        return self._frame(array)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.string = True
        tags.input_tags.categorical = True
        tags.target_tags.required = True
        return tags


class LeptonClassifier(ClassifierMixin, _LeptonEstimator):
    """The default blend as a scikit-learn classifier.

    Args:
        budget: wall time of `fit`, as seconds or "60s"; None trains until it no longer helps.
        metric: shown first.
        quality: `fast`, `balanced` or `best`.
        seed: of every random choice.
        monotone: of two classes: columns whose effect may go one way only, by name, or by position for an array:
            `{"income": -1}` where the probability of the second of `classes_` may never rise as income rises,
            1 where it may never fall.
        types: columns whose type is told and not inferred, by name or position: `{"zip": "category"}`; "numeric",
            "category" or "datetime".
        immutable: columns that cannot change, such as an age: counterfactuals of `model_` keep them as they are.
        reshape: of long frames: how rows are made of their steps, as for `train`. `X` and `y` are then of the steps,
            and `predict` answers for the rows.
        encoders: what reads columns of images, series and other objects, as for `train`.

    Example:
        >>> from sklearn.datasets import load_breast_cancer
        >>> X, y = load_breast_cancer(return_X_y=True, as_frame=True)
        >>> model = LeptonClassifier(budget=5).fit(X, y)
        >>> model.predict_proba(X.head(2)).shape
        (2, 2)
    """

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> LeptonClassifier:
        """Train on rows `X` (a frame or an array) and classes `y`."""
        from sklearn.utils.multiclass import check_classification_targets

        frame, target = self._checked(X, y)
        check_classification_targets(target)
        weights = _weights(sample_weight, len(frame))
        kept = np.ones(len(frame), bool) if weights is None else weights > 0
        values, index = np.unique(target, return_inverse=True)
        if len(np.unique(target[kept])) < 2:
            raise DataError(f"the target has one class, {target[kept][0]!r}; wanted two or more.")
        self.classes_ = values
        return self._fit(frame, index, sample_weight, "binary" if len(values) == 2 else "multiclass")

    def predict_proba(self, X: Any) -> np.ndarray:
        """Probabilities `(row, class)`, in the order of `classes_`."""
        frame = self._to_predict(X)
        probability = self.model_.predict_proba(frame)
        columns = [self.model_.classes.index(k) for k in range(len(self.classes_))]
        return probability[:, columns]

    def predict(self, X: Any) -> np.ndarray:
        """The likeliest class of each row: even odds, as scikit-learn does, not the model's own threshold."""
        probability = self.predict_proba(X)
        return self.classes_[probability.argmax(axis=1)]


class LeptonRegressor(RegressorMixin, _LeptonEstimator):
    """The default blend as a scikit-learn regressor.

    Args:
        budget: wall time of `fit`, as seconds or "60s"; None trains until it no longer helps.
        metric: shown first.
        quality: `fast`, `balanced` or `best`.
        seed: of every random choice.
        monotone: columns whose effect may go one way only, by name, or by position for an array:
            `{"income": -1}` where the number may never rise as income rises, 1 where it may never fall.
        types: columns whose type is told and not inferred, by name or position: `{"zip": "category"}`; "numeric",
            "category" or "datetime".
        immutable: columns that cannot change, such as an age: counterfactuals of `model_` keep them as they are.
        reshape: of long frames: how rows are made of their steps, as for `train`. `X` and `y` are then of the steps,
            and `predict` answers for the rows.
        encoders: what reads columns of images, series and other objects, as for `train`.
    """

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> LeptonRegressor:
        """Train on rows `X` (a frame or an array) and numbers `y`."""
        frame, target = self._checked(X, y)
        return self._fit(frame, np.asarray(target, np.float64), sample_weight, "regression")

    def predict(self, X: Any) -> np.ndarray:
        """The predicted number of each row."""
        frame = self._to_predict(X)
        return self.model_.logits(frame)[:, 0]


def _names(columns: Any, frame: pd.DataFrame) -> Any:
    """Columns by the names that they have here: an array's are made of their positions."""
    if isinstance(columns, str) or not isinstance(columns, Sequence):
        return columns
    unnamed = {j: name for j, name in enumerate(frame.columns) if name == f"x{j}"}
    return [name if str(name) in frame else unnamed.get(name, name) for name in columns]


def _by_name(asked: Any, frame: pd.DataFrame) -> Any:
    """What is asked of some columns, by the names that they have here."""
    if not isinstance(asked, Mapping):
        return asked
    return dict(zip(_names(list(asked), frame), asked.values(), strict=True))


def _weights(sample_weight: Any, n_rows: int) -> np.ndarray | None:
    """Weights of the rows; equal ones say nothing."""
    if sample_weight is None:
        return None
    weights = np.broadcast_to(np.asarray(sample_weight, np.float64), (n_rows,))
    if not np.any(weights > 0):
        raise DataError("sample_weight is zero in every row; at least one row needs a weight above 0.")
    return None if np.all(weights == weights[0]) else weights
