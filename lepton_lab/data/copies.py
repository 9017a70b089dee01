"""Which rows are exact copies of one another. Exact: by codes of values, not by a hash."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

FEW_DIFFERENT = 20
COMMONEST_SHARE = 0.05
# Rows for each different one, on average. Oversampling one class, or writing a table out a few times, stays below.
MANY_COPIES = 20


def row_codes(columns: Sequence[np.ndarray], n_rows: int) -> np.ndarray:
    """A number for each row `(row,)`, equal where every column is; missing equals missing."""
    code = np.zeros(n_rows, np.int64)
    for column in columns:
        values, different = pd.factorize(column, use_na_sentinel=False)
        code = pd.factorize(code * len(different) + values)[0].astype(np.int64)
    return code


def is_coincidence(codes: np.ndarray) -> bool:
    """Whether equal rows only mean that few different rows are possible."""
    sizes = np.bincount(codes)
    few = len(sizes) < max(FEW_DIFFERENT, len(codes) / MANY_COPIES)
    return bool(few or sizes.max() > COMMONEST_SHARE * len(codes)) and bool(sizes.max() > 1)
