"""Which training rows a step sees: shuffled passes laid end to end, a function of seed and step alone."""

from __future__ import annotations

import numpy as np
from jaxtyping import Int


class RowStream:
    """The endless stream of shuffled rows; step `s` takes rows `s * batch_size` to `(s + 1) * batch_size` of it.

    No row is left out at the end of a pass, every batch is full (also where there are fewer rows than a
    batch), and a run that resumes at any step sees the same rows.
    """

    def __init__(self, n_rows: int, batch_size: int, seed: int):
        self._n_rows, self._batch_size, self._seed = n_rows, batch_size, seed
        self._passes: dict[int, np.ndarray] = {}

    def rows(self, step: int, n_steps: int) -> Int[np.ndarray, "step batch"]:
        """The rows of `n_steps` steps from `step` on."""
        first, last = step * self._batch_size, (step + n_steps) * self._batch_size
        passes = range(first // self._n_rows, -(-last // self._n_rows))
        self._passes = {number: self._shuffled(number) for number in passes}
        stream = np.concatenate([self._passes[number] for number in passes])
        start = first - passes.start * self._n_rows
        return stream[start : start + last - first].reshape(n_steps, self._batch_size)

    def _shuffled(self, number: int) -> np.ndarray:
        if number in self._passes:
            return self._passes[number]
        return np.random.default_rng([self._seed, 1, number]).permutation(self._n_rows)
