"""Two models side by side on the same rows: which is better, by how much, and whether that is more than noise."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from lepton_lab.metrics import Estimate
from lepton_lab.tasks import Task


@dataclass(frozen=True)
class Compared:
    """One metric of two models `a` and `b`, on the same rows.

    Args:
        label: what tables call it.
        higher_is_better: its direction.
        a, b: each model's, with 95 % intervals of their own, which say little about their difference.
        difference: `a - b` in the metric's unit, with its paired 95 % interval.
        probability: share of the resamples in which `a` is better, 0 to 1; ties count half.
    """

    label: str
    higher_is_better: bool
    a: Estimate
    b: Estimate
    difference: Estimate
    probability: float

    @property
    def better(self) -> str:
        """`a` or `b` where the interval of the difference leaves out zero; empty where it may be noise."""
        low, high = self.difference.low, self.difference.high
        if not (low > 0 or high < 0):
            return ""
        return "a" if (low > 0) == self.higher_is_better else "b"


@dataclass(frozen=True)
class Comparison:
    """Two models measured on the same rows.

    Args:
        names: of `a` and `b`: ids of their runs where they have them.
        target: name of the target.
        task: what is predicted.
        n_rows: how many rows both were measured on.
        metrics: by name.
        shown: the metric to look at first.
        settings: what was asked differently, by option: of `a` and of `b`.
        note: which rows these are.

    Example:
        >>> ll.compare(model_a, model_b).words  # doctest: +SKIP
        'The difference is within noise: AUC 0.786 against 0.781, difference +0.005 (95 %: -0.012 to +0.022).'
    """

    names: tuple[str, str]
    target: str
    task: Task
    n_rows: int
    metrics: Mapping[str, Compared]
    shown: str
    settings: Mapping[str, tuple[Any, Any]]
    note: str

    @property
    def first(self) -> Compared:
        """The metric to look at first."""
        return self.metrics[self.shown]

    @property
    def words(self) -> str:
        """The answer in a sentence: who is better, or that nobody can tell from these rows."""
        one, d = self.first, self.first.difference
        seen = f"{one.label} {one.a.value:.4g} against {one.b.value:.4g}, difference {d.value:+.3g}"
        if d.value == 0 and d.low == d.high == 0:
            return f"No difference: both have {one.label} {one.a.value:.4g}, in every resample of the rows."
        if math.isnan(d.low):
            return f"These rows cannot tell: {seen}, and no interval could be found."
        seen += f" (95 %: {d.low:+.3g} to {d.high:+.3g})"
        if not one.better:
            return f"The difference is within noise: {seen}."
        return f"{self.names[one.better == 'b']} is better: {seen}."

    def to_json(self) -> dict[str, Any]:
        """Plain JSON; numbers that are not known are None."""
        return {
            "names": list(self.names),
            "target": self.target,
            "task": self.task.to_json(),
            "n_rows": self.n_rows,
            "words": self.words,
            "shown": self.shown,
            "metrics": {name: _plain(asdict(one)) | {"better": one.better} for name, one in self.metrics.items()},
            "settings": {name: list(pair) for name, pair in self.settings.items()},
            "note": self.note,
        }

    def __repr__(self) -> str:
        lines = [f"Comparison of {self.names[0]} (a) and {self.names[1]} (b) on {self.n_rows:,} rows ({self.note})"]
        lines += [
            f"  {one.label:<22} a {one.a.value:.4g}  b {one.b.value:.4g}  a - b {one.difference}"
            for one in self.metrics.values()
        ]
        lines += [f"  {name}: {a!r} against {b!r}" for name, (a, b) in self.settings.items()]
        return "\n".join([*lines, self.words])


def _plain(value: Any) -> Any:
    """NaN as None, all the way down."""
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    return None if isinstance(value, float) and not math.isfinite(value) else value
