"""The game on any Python `predict`: mixed rows, as arrays or frames like the user's, in batches."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from jaxtyping import Bool, Float64, Int

from lepton_lab.data.mix_rows import StackedRows
from lepton_lab.errors import ExplanationError
from lepton_lab.explanation.estimate import StoppedError
from lepton_lab.explanation.forms import corner_bits
from lepton_lab.explanation.game import Game
from lepton_lab.explanation.groups import Groups, groups_of

# Rows handed to one call of predict: large enough to drown its overhead, small enough for memory.
BATCHES = (64, 256, 1_024, 4_096, 16_384)
MIN_BATCH, MAX_BATCH = BATCHES[0], BATCHES[-1]
BATCH_BYTES = 1 << 27
# A call should end about this soon, so that a stop is heard; or in so many times the shortest call, whose cost
# hardly depends on its rows.
CALL_S, SHORTEST = 0.25, 3.0


@dataclass(frozen=True)
class PredictGame(Game):
    """A game on a Python function of rows.

    Args:
        predict: rows (an array or frame of the kind that was stacked) to `(row,)` or `(row, output)`.
        stacked: the rows to explain, then the background.
        groups: the players; None where every column is one.
        n_asks: how often whole rows are asked: once, or several times where answers differ (`unsteady.py`).
        stop: no call begins once it is set.
    """

    predict: Callable[[Any], Any]
    stacked: StackedRows
    groups: Groups | None = None
    n_asks: int = 1
    stop: threading.Event | None = None

    @property
    def n_rows(self) -> int:
        """Rows that can be explained."""
        return self.stacked.n_first

    @property
    def n_background(self) -> int:
        """Reference rows."""
        return self.stacked.n_rows - self.stacked.n_first

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
        rows = np.arange(self.stacked.n_rows)
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
        return self.outputs_of(np.broadcast_to(rows[:, None], (len(rows), len(self.stacked.column_names))))

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
        parts = [slice(at, at + self._fits) for at in range(0, len(states), self._fits)]
        outputs = [
            self.outputs_of(self._sources(masks[states[part]], row_of[part], references[states[part]]))
            for part in parts or [slice(0)]
        ]
        return np.concatenate(outputs)

    @cached_property
    def _fits(self) -> int:
        """Mixed rows whose places fit in memory: a power of two, so that whole calls fit in."""
        fits = max(MIN_BATCH, BATCH_BYTES // (8 * len(self.stacked.column_names)))
        return 1 << (fits.bit_length() - 1)

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
        """Outputs of mixed rows, each entry given by the stacked row that it is taken from.

        Raises:
            StoppedError: the stop was set before the last call.
        """
        parts, at = [], 0
        while at < len(sources):
            if self.stop is not None and self.stop.is_set():
                raise StoppedError
            size = _batch_size(len(sources) - at, min(self._fits, self._soon()))
            started = time.monotonic()
            parts.append(self._batch(sources[at : at + size], size))
            seconds = time.monotonic() - started
            self._seconds[size] = min(seconds, self._seconds.get(size, seconds))
            at += size
        return np.concatenate(parts)

    @cached_property
    def _seconds(self) -> dict[int, float]:
        """Of the fastest call of each size so far: the first of a size may have compiled something."""
        return {}

    def _soon(self) -> int:
        """The most rows that a call answers soon, by the calls so far.

        No call takes longer than a larger one, nor longer than its rows' share of a smaller one; a size that was
        not tried yet may take twice too long once.
        """
        seen, most = self._seconds, MIN_BATCH
        soon = max(CALL_S, SHORTEST * min(seen.values(), default=0.0))
        for size in BATCHES[1:] if seen else ():
            forecast = min(seconds * max(1.0, size / n) for n, seconds in seen.items())
            if forecast > (soon if size in seen else 2 * soon):
                break
            most = size
        return most

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


def _batch_size(n: int, most: int) -> int:
    """A power of two for the next of so many rows: few shapes, and little of the last one unused."""
    if n >= most:
        return most
    whole = max(MIN_BATCH, 1 << (n - 1).bit_length())
    return whole if whole - n <= max(MIN_BATCH, n // 8) else whole // 2


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
