"""Seven networks with rows to learn from; each peer builds the same one and starts from the same numbers."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from flax import nnx

from lepton_lab.networks.layers import activation
from lepton_lab.networks.layout import Layout
from lepton_lab.networks.tabular import TabularConfig, TabularNetwork

N_ROWS = 20_000


class Dense(nnx.Module):
    """`x @ kernel + bias`."""

    def __init__(self, n_features: int, n_units: int, *, draw: np.random.Generator):
        bound = 1 / np.sqrt(n_features)
        self.kernel = nnx.Param(draw.uniform(-bound, bound, (n_features, n_units)).astype(np.float32))
        self.bias = nnx.Param(draw.uniform(-bound, bound, n_units).astype(np.float32), decay=False)

    def __call__(self, x):
        """The units."""
        return x @ self.kernel[...] + self.bias[...]


class Mlp(nnx.Module):
    """Dense layers with ReLU between them: `(row, column)` to `(row, head 1, output 1)`."""

    def __init__(self, n_columns: int, widths: tuple[int, ...], *, draw: np.random.Generator):
        sizes = (n_columns, *widths, 1)
        self.layers = nnx.List([Dense(a, b, draw=draw) for a, b in itertools.pairwise(sizes)])

    def __call__(self, x):
        """The rows' outputs."""
        *hidden, last = self.layers
        for layer in hidden:
            x = activation(layer(x))
        return last(x)[:, None]


@dataclass(frozen=True)
class Block:
    """What a network asks of a column."""

    kind: str
    n_codes: int = 2


@dataclass(frozen=True)
class Architecture:
    """One network and the rows it learns from.

    Args:
        name: as the table shows it.
        batch: rows a step.
        n_codes: of each column: 0 for a number, else its categories' codes.
        widths: of a plain network's hidden layers; empty for the tabular network.
        config: the tabular network's sizes.
    """

    name: str
    batch: int
    n_codes: tuple[int, ...]
    widths: tuple[int, ...] = ()
    config: TabularConfig | None = None

    @property
    def is_small(self) -> bool:
        """Whether the batch or the width is 64: there we aim at 1.5x."""
        return self.batch == 64 or (bool(self.widths) and max(self.widths) <= 64)

    @property
    def layout(self) -> Layout:
        """Where the columns go in the tabular network."""
        blocks = [Block("category", n) if n else Block("numeric") for n in self.n_codes]
        return Layout.of(blocks, max_one_hot=9)

    def module(self) -> nnx.Module:
        """The network, freshly drawn."""
        draw = np.random.default_rng(0)
        if self.config is None:
            return Mlp(len(self.n_codes), self.widths, draw=draw)
        knots = np.tile(np.linspace(-2, 2, self.config.bins + 1, dtype=np.float32), (len(self.layout.numeric), 1))
        return TabularNetwork(self.layout, 1, self.config, draw=draw, knots=knots)

    def rows(self) -> tuple[np.ndarray, np.ndarray]:
        """Encoded rows and classes 0 and 1."""
        draw = np.random.default_rng(1)
        columns: list[Callable[[], np.ndarray]] = [
            (lambda n=n: draw.integers(2, n, N_ROWS)) if n else (lambda: draw.normal(size=N_ROWS)) for n in self.n_codes
        ]
        x = np.stack([column() for column in columns], axis=1).astype(np.float32)
        z = x[:, 0] * x[:, 1] if self.n_codes[0] == 0 else np.sin(x[:, 0]) + np.cos(x[:, 1])
        return x, (draw.random(N_ROWS) < 1 / (1 + np.exp(-z))).astype(np.int32)


NUMBERS = (0,) * 10
WIDE = TabularConfig(heads=8, head_hidden=128)
ALL = (
    Architecture("64x64, batch 64", 64, NUMBERS, (64, 64)),
    Architecture("default network (16 heads), batch 64", 64, NUMBERS, config=TabularConfig()),
    Architecture("default network (16 heads), batch 256", 256, NUMBERS, config=TabularConfig()),
    Architecture(
        "wide ensemble (8 heads of 128), batch 256", 256, NUMBERS, config=TabularConfig(heads=8, head_hidden=128)
    ),
    Architecture("3x256, batch 256", 256, NUMBERS, (256, 256, 256)),
    Architecture("2x1024, batch 256", 256, NUMBERS, (1024, 1024)),
    Architecture(
        "default network, 8 columns of 1,000 categories, batch 256", 256, (0,) * 4 + (1002,) * 8, config=TabularConfig()
    ),
)
