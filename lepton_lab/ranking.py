"""Which item comes next: a task whose answer is an order of all items, not one class.

Beside `tasks`, because its metrics look at the place of the item that came in the whole order. Every item is ranked,
never a sample of them: sampled metrics put models in another order than the truth does (Krichene and Rendle 2020, On
Sampled Metrics for Item Recommendation, KDD).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from jaxtyping import Bool, Float, Num

from lepton_lab import metrics
from lepton_lab.logit_metrics import cross_entropy, softmax
from lepton_lab.metrics import Metric

if TYPE_CHECKING:
    import jax

# The logit of an item that is not to be recommended: its probability is 0 in any number format.
NEVER = -1e4
# More items than this are no task for a softmax over all of them.
MOST_ITEMS = 100_000
# Numbers that the columns of items make, at most.
MOST_FEATURES = 4096


@dataclass(frozen=True)
class Ranking:
    """Items in the order in which they are likely to come next; one logit an item, defined up to a shift.

    Args:
        classes: the items, in the user's own values.
        repeats: whether an item that is in a row's history may come again; where not, it is never recommended.
    """

    classes: tuple[str | int | float | bool, ...]
    repeats: bool = True
    name = "ranking"
    default_metric = "ndcg_at_10"
    unit = "logits"

    @property
    def n_outputs(self) -> int:
        """One an item."""
        return len(self.classes)

    @property
    def metrics(self) -> Mapping[str, Metric]:
        """Metrics of the place of the item that came."""
        return _METRICS

    def targets(self, y: np.ndarray) -> np.ndarray:
        """Index of the item, int32."""
        return np.asarray(y).astype(np.int32)

    def loss(self, raw: jax.Array, targets: jax.Array) -> jax.Array:
        """Cross-entropy over all items, in nats.

        Source: Klenitskiy and Vasilev 2023, Turning Dross Into Gold Loss: is BERT4Rec really better than SASRec?,
            RecSys: the softmax over all items, and not sampled ones, makes the difference.
        """
        return cross_entropy(raw, targets)

    def logits(self, raw: np.ndarray) -> np.ndarray:
        """The raw outputs are logits already."""
        return np.asarray(raw)

    def probability(self, logits: np.ndarray) -> np.ndarray:
        """The chance of each item to be the next, `(row, item)`."""
        return softmax(logits)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON that `tasks.task_from_json` reads."""
        return {"name": self.name, "classes": list(self.classes), "repeats": self.repeats}

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> Ranking:
        """The task that `to_json` wrote."""
        return Ranking(tuple(data["classes"]), bool(data["repeats"]))


def places(y: Num[np.ndarray, " row"], logits: Float[np.ndarray, "row item"]) -> Float[np.ndarray, " row"]:
    """The place of each row's item in the order of all items, from 1; the middle one among equals.

    Example:
        >>> places(np.array([0, 2]), np.array([[3.0, 1.0, 2.0], [5.0, 4.0, 4.0]])).tolist()
        [1.0, 2.5]
    """
    own = np.take_along_axis(logits, y.astype(int)[:, None], axis=1)
    return (logits > own).sum(axis=1) + ((logits == own).sum(axis=1) + 1) / 2


def without_seen(logits: np.ndarray, seen: Bool[np.ndarray, "row item"] | None) -> np.ndarray:
    """Logits in which items that are not to come again are as good as impossible."""
    return logits if seen is None else np.where(seen, NEVER, logits)


def hit_rate(place: np.ndarray, k: int) -> np.ndarray:
    """1 where the item is among the first `k` (HR@k), `(row,)`."""
    return (place <= k).astype(float)


def discounted_gain(place: np.ndarray, k: int) -> np.ndarray:
    """NDCG@k where one item is right: 1 at the first place, 1 / log2(1 + place) down to the k-th, `(row,)`.

    Source: Järvelin and Kekäläinen 2002, Cumulated gain-based evaluation of IR techniques, ACM TOIS 20 (4).
    """
    return np.where(place <= k, 1 / np.log2(1 + np.maximum(place, 1)), 0.0)


def _of_places(name: str, function: Any, label: str) -> Metric:
    """A metric of places, as one of logits."""

    def of_logits(y: np.ndarray, logits: np.ndarray, weights: np.ndarray | None = None) -> metrics.Score:
        return metrics.mean(function(places(y, logits)), weights)

    return Metric(name, of_logits, True, label)


def _log_loss(y: np.ndarray, logits: np.ndarray, weights: np.ndarray | None = None) -> metrics.Score:
    top = logits.max(axis=1)
    own = np.take_along_axis(logits, y.astype(int)[:, None], axis=1)[:, 0]
    total = np.exp(logits - top[:, None]).sum(axis=1)
    return metrics.mean(np.minimum(top + np.log(total) - own, -np.log(1e-15)), weights)


_METRICS = {
    metric.name: metric
    for metric in (
        _of_places("ndcg_at_10", lambda place: discounted_gain(place, 10), "NDCG@10"),
        _of_places("hit_rate_at_10", lambda place: hit_rate(place, 10), "HR@10"),
        _of_places("hit_rate_at_1", lambda place: hit_rate(place, 1), "HR@1"),
        _of_places("hit_rate_at_50", lambda place: hit_rate(place, 50), "HR@50"),
        _of_places("reciprocal_rank", lambda place: 1 / place, "mean reciprocal rank"),
        Metric("log_loss", _log_loss, False, "log loss"),
    )
}
