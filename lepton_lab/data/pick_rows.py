"""Which rows of a frame the user means: an index label, a position, or a sample that keeps proportions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from lepton_lab.data.mix_rows import frame_labels, frame_rows, is_frame
from lepton_lab.errors import OptionError, did_you_mean


def pick_rows(
    index: pd.Index,
    *,
    rows: int | None = None,
    row: object = None,
    at: int | None = None,
    strata: np.ndarray | None = None,
    seed: int = 0,
    where: str = "the frame",
) -> np.ndarray:
    """Positions of the rows asked for, in the frame's order; all of them where nothing is asked.

    Args:
        index: The frame's index.
        rows: How many rows to sample, at least 1; more than there are means all.
        row: The index label of one row.
        at: The position of one row; negative ones count from the end.
        strata: A class index or a number for each row; the sample keeps their distribution.
        seed: Of the sample.
        where: What to call the frame in an error.

    Raises:
        OptionError: Two of `rows`, `row`, `at` together; no such label or position; several rows of that label.
    """
    asked = [name for name, value in {"rows": rows, "row": row, "at": at}.items() if value is not None]
    if len(asked) > 1:
        raise OptionError(f"{' and '.join(asked)} were given together. Give one: a sample, a label, or a position.")
    if row is not None:
        return np.array([position_of(index, row, where=where)])
    if at is not None:
        return np.array([_position(len(index), at, where)])
    if rows is not None:
        return sample_rows(len(index), rows, strata=strata, seed=seed)
    return np.arange(len(index))


def cut(rows_in: Any, *, rows: int | None = None, row: object = None, at: int | None = None, seed: int = 0) -> Any:
    """Some rows of an array or of any frame, of the same kind, chosen as `pick_rows` does; all are not copied."""
    if is_frame(rows_in):
        index = pd.Index(frame_labels(rows_in))
        return frame_rows(rows_in, pick_rows(index, rows=rows, row=row, at=at, seed=seed))
    array = np.asarray(rows_in)
    if rows is row is at is None:
        return array
    return array[pick_rows(pd.RangeIndex(len(array)), rows=rows, row=row, at=at, seed=seed, where="the array")]


def position_of(index: pd.Index, label: object, *, where: str = "the frame") -> int:
    """The position of the one row with an index label.

    Raises:
        OptionError: No row, or several, have that label.
    """
    try:
        found = index.get_loc(label)
    except (KeyError, TypeError, pd.errors.InvalidIndexError):
        raise _no_such_label(index, label, where) from None
    if isinstance(found, int):
        return found
    positions = np.arange(len(index))[found]
    if len(positions) == 1:
        return int(positions[0])
    raise OptionError(
        f"{len(positions)} rows of {where} have the index label {label!r} (at the positions {_some(positions)}). "
        f"Take one by position: at={positions[0]}  (--at {positions[0]})"
    )


def has_label(index: pd.Index, label: object) -> bool:
    """Whether a row has the index label; no row has one that cannot be a label."""
    try:
        return label in index
    except TypeError:
        return False


def label_from_text(text: str, index: pd.Index) -> object:
    """The index label that a user typed as text, in the index's own type; the text itself where none fits.

    Example:
        >>> label_from_text("17", pd.RangeIndex(100))
        17
    """
    try:
        if isinstance(index, pd.DatetimeIndex):
            return pd.Timestamp(text)
        if text in index:
            return text
        if pd.api.types.is_integer_dtype(index.dtype):
            return int(text)
        if pd.api.types.is_float_dtype(index.dtype):
            return float(text)
    except ValueError:
        return text
    # Labels of mixed or unusual types: whichever is written so.
    return next((label for label in index if str(label) == text), text)


def sample_rows(n_rows: int, n: int, *, strata: np.ndarray | None = None, seed: int = 0) -> np.ndarray:
    """`n` positions out of `n_rows`, sorted; each stratum keeps its share to within one row.

    Rows are put in order of stratum, shuffled within, and every (n_rows / n)-th is taken. A
    continuous `strata` (a target, a prediction) is kept in distribution the same way.

    Raises:
        OptionError: `n` is no whole number of at least 1.
    """
    if isinstance(n, bool) or not isinstance(n, (int, np.integer)) or n < 1:
        raise OptionError(f"rows={n!r} cannot be sampled: wanted a whole number of at least 1. For example: rows=500")
    if n >= n_rows:
        return np.arange(n_rows)
    rng = np.random.default_rng(seed)
    order = np.lexsort((rng.random(n_rows), np.zeros(n_rows) if strata is None else strata))
    steps = (np.arange(n) + rng.random()) * (n_rows / n)
    return np.sort(order[steps.astype(np.int64)])


def _position(n_rows: int, at: int, where: str) -> int:
    if not -n_rows <= at < n_rows:
        raise OptionError(f"at={at} is out of range: {where} has {n_rows:,} rows. Positions go from 0 to {n_rows - 1}.")
    return at % n_rows


def _no_such_label(index: pd.Index, label: object, where: str) -> OptionError:
    words = [str(known) for known in index[:1000]] if isinstance(label, str) else []
    hint = did_you_mean(label, words)
    return OptionError(
        f"no row of {where} has the index label {label!r} ({len(index):,} rows, labels such as {_some(index)}).{hint} "
        f"For a position type: at=...  (--at ...)"
    )


def _some(values: pd.Index | np.ndarray) -> str:
    """The first few of some values, in words."""
    shown = ", ".join(repr(value) for value in values[:3].tolist())
    return shown + (", ..." if len(values) > 3 else "")
