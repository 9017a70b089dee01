"""What a network under training says of its columns: a small frozen record that travels with its progress."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

MOST_COLUMNS = 20
# From this part on one column is called a possible leak. Tables without one stay below: a strong column has half.
LEAK_FROM = 0.75


@dataclass(frozen=True)
class Attribution:
    """Mean |Shapley value| of each column over a few fixed validation rows, for the network as it is at one step.

    Of the network alone, which is one member of the blend, against the mean of those rows in its first layer:
    a look at what is being learned, not the explanation of the model. See `training.probe`.

    Args:
        columns: the strongest first, at most 20.
        values: of each, in the network's output unit (log-odds, logits, or the target's), the mean over outputs.
        rest: the sum over all columns that are not listed.
        n_columns, n_rows: how many there are, and of how many rows this is the mean.
    """

    columns: tuple[str, ...]
    values: tuple[float, ...]
    rest: float | int
    n_columns: int
    n_rows: int

    @staticmethod
    def of(names: tuple[str, ...], values: Float[np.ndarray, "column"], n_rows: int) -> Attribution:
        """The strongest columns, and the sum of the others; four significant digits, as many as a screen shows."""
        order = np.argsort(-values, kind="stable")
        shown = order[:MOST_COLUMNS]
        listed = tuple(float(f"{values[j]:.4g}") for j in shown)
        rest = float(f"{values[order[MOST_COLUMNS:]].sum():.4g}")
        return Attribution(tuple(names[j] for j in shown), listed, rest, len(names), n_rows)

    def share(self, column: str) -> float:
        """A listed column's part of the sum over all columns, 0 to 1.

        Raises:
            ValueError: the column is not listed.
        """
        return self.values[self.columns.index(column)] / max(sum(self.values) + self.rest, 1e-12)

    @property
    def lead(self) -> float:
        """The strongest column's part of the sum over all columns; near 1 where a column gives the target away."""
        return self.share(self.columns[0]) if self.columns else 0.0

    @property
    def warning(self) -> str:
        """A sentence where one of several columns has nearly everything; else an empty string."""
        if self.n_columns < 3 or self.lead < LEAK_FROM:
            return ""
        name = self.columns[0]
        return (
            f"{name!r} alone has {self.lead:.0%} of all. Is it known when you predict? If not, leave it out: "
            f"ignore=[{name!r}]"
        )

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> Attribution:
        """What `Progress.to_json` wrote."""
        columns, values = map(str, data["columns"]), map(float, data["values"])
        counts = int(data["n_columns"]), int(data["n_rows"])
        return Attribution(tuple(columns), tuple(values), float(data["rest"]), *counts)
