"""Progress as curves, one a member and fold, kept so that the ten-thousandth report costs as little as the first."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from lepton_lab.pictures.curves import thin

if TYPE_CHECKING:
    from lepton_lab.training.progress import Progress

# Two or three pixels a point where it is drawn; each is sent with every update.
AT_MOST_POINTS = 160
Curve = dict[str, Any]
Key = tuple[str, int | None]


class Curves:
    """The curves of a run: those that grow no more, and the one that does.

    Attributes:
        past: finished curves, as plain JSON; a new list whenever there is one more.
        baseline: the guess that looks at no column: its name, loss and metric; None before it is told.
    """

    def __init__(self) -> None:
        self.past: list[Curve] = []
        self.baseline: dict[str, Any] | None = None
        self._learned: dict[Key, list[Progress]] = {}
        self._judged: dict[Key, list[Progress]] = {}
        self._now: Key | None = None

    def add(self, progress: Progress) -> None:
        """One more report."""
        if progress.stage == "baseline":
            loss, metric = finite(progress.valid_loss), finite(progress.metric)
            self.baseline = {"name": progress.member, "loss": loss, "metric": metric}
            return
        if progress.valid_loss is None and progress.train_loss is None:
            return
        key = (progress.stage, progress.fold)
        if key != self._now:
            if self._now is not None:
                self.past = [*(c for c in self.past if _key(c) != self._now), self._curve(self._now)]
            self._now = key
        kept = self._learned if progress.valid_loss is None else self._judged
        kept.setdefault(key, []).append(progress)

    @property
    def growing(self) -> Curve:
        """The curve that grows, as plain JSON; empty before the first point."""
        return {} if self._now is None else self._curve(self._now)

    def _curve(self, key: Key) -> Curve:
        # Reports between two validations are of use until there is a curve without them, and where there never is.
        judged = self._judged.get(key, [])
        points = (
            judged if len(judged) > 1 else sorted([*self._learned.get(key, []), *judged], key=lambda p: p.elapsed_s)
        )
        kept = [points[i] for i in _worth_drawing(points)]
        return {
            "member": key[0],
            "fold": key[1],
            "x": [round(p.epoch, 3) for p in kept],
            "t": [round(p.elapsed_s, 2) for p in kept],
            "train": [finite(p.train_loss) for p in kept],
            "valid": [finite(p.valid_loss) for p in kept],
            "metric": [finite(p.metric) for p in kept],
        }


def _worth_drawing(points: list[Progress]) -> list[int]:
    """Positions of points, evenly spread where there are very many; what may be marked as the best is always there."""
    if len(points) <= AT_MOST_POINTS:
        return list(range(len(points)))
    losses = [(point.valid_loss, i) for i, point in enumerate(points) if point.valid_loss is not None]
    metrics = [(point.metric, i) for i, point in enumerate(points) if point.metric is not None]
    marked = {extreme(known)[1] for known, extreme in ((losses, min), (metrics, min), (metrics, max)) if known}
    return sorted(marked.union(thin(len(points), AT_MOST_POINTS - 3)))


def _key(curve: Curve) -> Key:
    return curve["member"], curve["fold"]


def finite(value: Any) -> Any:
    """JSON knows no NaN; five significant digits are more than a screen shows."""
    if not isinstance(value, float):
        return value
    return float(f"{value:.5g}") if math.isfinite(value) else None
