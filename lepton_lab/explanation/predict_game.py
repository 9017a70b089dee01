"""The game on any Python `predict`: mixed rows, as arrays or frames like the user's, in batches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from jaxtyping import Bool, Float64, Int

from lepton_lab.data.mix_rows import StackedRows
from lepton_lab.errors import ExplanationError
from lepton_lab.explanation.game import Game, corner_bits
from lepton_lab.explanation.groups import Groups, groups_of

# Rows handed to one call of predict: large enough to drown its overhead, small enough for memory.
MAX_BATCH = 16_384
BATCH_BYTES = 1 << 27
MIN_BATCH = 64


@dataclass(frozen=True)
class PredictGame(Game):
    """A game on a Python function of rows.

    Args:
        predict: rows (an array or frame of the kind that was stacked) to `(row,)` or `(row, output)`.
        stacked: the rows to explain, then the background.
        groups: the players; None where every column is one.
        n_asks: how often whole rows are asked: once, or several times where answers differ (`unsteady.py`).
    """

    predict: Callable[[Any], Any]
    stacked: StackedRows
    groups: Groups | None = None
    n_asks: int = 1

    @property
    def n_rows(self) -> int:
        """Rows that can be explained."""
        return self.stacked.n_first

    @property
    def n_background(self) -> int:
        """Reference rows."""
        return len(self.stacked.codes) - self.stacked.n_first

    @property
    def n_players(self) -> int:
        """Columns, or groups of them."""
        return self.players.n_players

    @cached_property
    def players(self) -> Groups:
        """Whose columns go together."""
        return self.groups or groups_of(None, self.stacked.column_names)

    @cached_property
    def _asked(self) -> Float64[np.ndarray, "ask row output"]:
        rows = np.arange(len(self.stacked.codes))
        return np.stack([self.whole_rows(rows) for _ in range(self.n_asks)])

    @cached_property
    def _whole(self) -> Float64[np.ndarray, "row output"]:
        return self._asked.mean(axis=0)

    @cached_property
    def answers_variance(self) -> Float64[np.ndarray, "row output"]:
        """Variance of the outputs at whole rows, to explain and background, where answers differ; else 0."""
        n = self.n_asks
        return self._asked.var(axis=0, ddof=1) / n if n > 1 else np.zeros_like(self._whole)

    def whole_rows(self, rows: Int[np.ndarray, " row"]) -> Float64[np.ndarray, "row output"]:
        """Outputs at some of the stacked rows, asked now."""
        return self.outputs_of(np.repeat(rows[:, None], self.stacked.codes.shape[1], axis=1))

    def at_rows(self, rows: Int[np.ndarray, " row"]) -> Float64[np.ndarray, "row output"]:
        """Outputs at whole rows."""
        return self._whole[rows]

    def at_background(self) -> Float64[np.ndarray, "reference output"]:
        """Outputs at whole background rows."""
        return self._whole[self.n_rows :]

    def differs(self, rows: Int[np.ndarray, " row"]) -> Bool[np.ndarray, "row reference player"]:
        """Whether any value of a player differs; two missing values do not."""
        codes = self.stacked.codes
        return self.players.any(codes[rows][:, None] != codes[None, self.n_rows :])

    def prepare(
        self, masks: Bool[np.ndarray, "reference state player"], references: Int[np.ndarray, " reference"]
    ) -> tuple[np.ndarray, np.ndarray]:
        """The states' masks and the background row of each."""
        return masks.reshape(-1, self.n_players), np.repeat(references, masks.shape[1])

    def evaluate(
        self, prepared: tuple[np.ndarray, np.ndarray], rows: Int[np.ndarray, " row"], kept: Sequence[np.ndarray]
    ) -> Float64[np.ndarray, "state output"]:
        """Outputs of each row at its kept states."""
        masks, references = prepared
        states = np.concatenate(kept)
        row_of = np.repeat(rows, [len(k) for k in kept])
        return self.outputs_of(self._sources(masks[states], row_of, references[states]))

    def corners(
        self,
        rows: Int[np.ndarray, " pair"],
        references: Int[np.ndarray, " pair"],
        players: Int[np.ndarray, "pair player"],
    ) -> Float64[np.ndarray, "pair corner output"]:
        """Every coalition of each pair's players."""
        bits = corner_bits(players.shape[1])
        shape = (len(rows), *bits.shape)
        masks = np.zeros((*shape[:2], self.n_players), dtype=bool)
        np.put_along_axis(masks, np.broadcast_to(players[:, None], shape), np.broadcast_to(bits, shape), axis=2)
        row_of, reference_of = (np.repeat(a, len(bits)) for a in (rows, references))
        outputs = self.outputs_of(self._sources(masks.reshape(-1, self.n_players), row_of, reference_of))
        return outputs.reshape(*shape[:2], -1)

    def _sources(self, masks: np.ndarray, row_of: np.ndarray, reference_of: np.ndarray) -> np.ndarray:
        """The stacked row that each entry of each mixed row comes from."""
        return np.where(self.players.spread(masks), row_of[:, None], self.n_rows + reference_of[:, None])

    def outputs_of(self, sources: Int[np.ndarray, "state column"]) -> Float64[np.ndarray, "state output"]:
        """Outputs of mixed rows, each entry given by the stacked row that it is taken from."""
        most = int(np.clip(BATCH_BYTES // (8 * sources.shape[1]), MIN_BATCH, MAX_BATCH))
        most = 1 << (most.bit_length() - 1)
        sizes = _batch_sizes(len(sources), most)
        ends = np.cumsum(sizes)
        parts = [self._batch(sources[end - size : end], size) for end, size in zip(ends.tolist(), sizes, strict=True)]
        return np.concatenate(parts)

    def _batch(self, sources: np.ndarray, size: int) -> np.ndarray:
        """Outputs of one batch, padded to a power of two: a jitted predict compiles for few shapes."""
        padded = np.concatenate([sources, np.repeat(sources[-1:], size - len(sources), axis=0)])
        given = self.stacked.take(padded)
        try:
            answer = self.predict(given)
        except Exception as error:
            raise ExplanationError(
                f"the function raised {type(error).__name__}: {error}. It was called with {size} rows of "
                f"{padded.shape[1]} features as a {type(given).__name__}; it must return one number, or one row of "
                "numbers, for each."
            ) from error
        return checked_outputs(answer, size)[: len(sources)]


def _batch_sizes(n: int, most: int) -> list[int]:
    """Powers of two that hold so many rows: few shapes, and little of the last one unused."""
    sizes = [most] * (n // most)
    left = n % most
    while left > 0:
        whole = max(MIN_BATCH, 1 << (left - 1).bit_length())
        sizes.append(whole if whole - left <= max(MIN_BATCH, left // 8) else whole // 2)
        left -= sizes[-1]
    return sizes


def checked_outputs(answer: Any, n_rows: int) -> Float64[np.ndarray, "row output"]:
    """What a function returned for some rows, as `(row, output)`.

    Raises:
        ExplanationError: not numbers, not one row of them for each row, or not finite.
    """
    array = np.asarray(answer.detach().cpu() if hasattr(answer, "detach") else answer)
    if array.dtype.kind not in "fiub":
        example = array.ravel()[0] if array.size else None
        raise ExplanationError(
            f"the function returned {example!r} ({type(answer).__name__} of {array.dtype}), which is no number. "
            "Explain a function that returns scores, such as model.predict_proba or model.decision_function."
        )
    if array.ndim not in (1, 2) or len(array) != n_rows or array.shape[-1] == 0:
        raise ExplanationError(
            f"the function returned shape {array.shape} for {n_rows} rows. "
            f"It must return shape ({n_rows},) or ({n_rows}, outputs)."
        )
    outputs = array.astype(np.float64).reshape(n_rows, -1)
    finite = np.isfinite(outputs).all(axis=1)
    if not finite.all():
        raise ExplanationError(
            f"the function returned NaN or infinity for {n_rows - int(finite.sum())} of {n_rows} rows. "
            "Fill missing values first, or explain a function that accepts them and returns finite numbers."
        )
    return outputs
