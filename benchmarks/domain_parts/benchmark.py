"""What a data set of `benchmarks/domains.py` is: how it is read and split, what is trained, and what is wanted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Measured:
    """What came out.

    Args:
        figures: by name, as they are shown.
        seconds: wall time of the training (and of the predictions, where they are part of what is timed).
        note: a sentence on what else is worth knowing.
    """

    figures: Mapping[str, float]
    seconds: float
    note: str = ""


@dataclass(frozen=True)
class Benchmark:
    """One data set.

    Args:
        title: what is predicted.
        split: which rows measure, in words; fixed in the code.
        call: how it is trained.
        wanted: what is to be reached at least, and beyond that.
        run: reads the folder of the data, trains and measures.
    """

    title: str
    split: str
    call: str
    wanted: str
    run: Callable[[Path], Measured]
