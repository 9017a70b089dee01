"""A column that says of each row whether it trains, steers or measures: the split that a data set comes with."""

from __future__ import annotations

import numpy as np
import pandas as pd

from lepton_lab.data.values import Values
from lepton_lab.errors import ColumnError

TRAIN, VALID, TEST = 0, 1, 2
WORDS = {
    TRAIN: ("train", "training", "learn"),
    VALID: ("valid", "validation", "val", "dev"),
    TEST: ("test", "testing", "held out", "holdout"),
}
_PART_OF = {word: part for part, words in WORDS.items() for word in words}


def read_parts(name: str, values: Values) -> np.ndarray:
    """The part of each row `(row,)`: 0 trains, 1 steers, 2 measures; case does not matter.

    Raises:
        ColumnError: a value is none of the words for a part, no row trains, or none measures.
    """
    found = pd.Series(values.array, dtype=object)
    words = found.map(lambda word: str(word).strip().lower())
    parts = words.map(_PART_OF)
    if parts.isna().any():
        unknown = found[parts.isna()].iloc[0]
        raise ColumnError(
            f"column {name!r} holds {unknown!r}, which is no part of a split. Wanted in each row: 'train', 'test' and, "
            f"if you like, 'valid'. For example: df[{name!r}] = np.where(df[...], 'test', 'train')"
        )
    for part in (TRAIN, TEST):
        if not (parts == part).any():
            raise ColumnError(
                f"column {name!r} says {WORDS[part][0]!r} of no row. To hold rows out at random: no split="
            )
    return parts.to_numpy(np.int8)
