"""Small networks and rows for the tests of networks and training."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lepton_lab.networks.layout import Layout
from lepton_lab.networks.tabular import TabularConfig, TabularNetwork

SMALL = TabularConfig(hidden=12, heads=3, head_hidden=8, n_frequencies=5)


@dataclass(frozen=True)
class Block:
    """The part of an encoder's block that networks look at."""

    kind: str
    n_codes: int = 2


def blocks(*columns: int) -> tuple[Block, ...]:
    """A numeric block for 0, else a category block with that many codes."""
    return tuple(Block("category", n) if n else Block("numeric") for n in columns)


def network(
    columns: tuple[int, ...], *, n_outputs: int = 1, config: TabularConfig = SMALL, seed: int = 0
) -> TabularNetwork:
    """A network whose every parameter is random, also those that start at zero."""
    draw = np.random.default_rng(seed)
    return TabularNetwork(Layout.of(blocks(*columns), max_one_hot=config.max_one_hot), n_outputs, config, draw=draw)


def rows(columns: tuple[int, ...], n_rows: int, *, seed: int = 0, missing: float = 0.2) -> np.ndarray:
    """Encoded rows with missing numbers, and all codes, missing and unseen included."""
    draw = np.random.default_rng(seed)
    x = np.stack([draw.integers(0, n, n_rows) if n else 2 * draw.normal(size=n_rows) for n in columns], axis=1)
    x = x.astype(np.float32)
    numeric = np.array([n == 0 for n in columns])
    x[(draw.random(x.shape) < missing) & numeric] = np.nan
    return x
