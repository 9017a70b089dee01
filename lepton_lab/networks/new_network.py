"""The network for a table: with an ensemble of heads, or, where items are ranked, with a table of them."""

from __future__ import annotations

import numpy as np

from lepton_lab.networks.layout import Layout
from lepton_lab.networks.tabular import TabularConfig, TabularNetwork
from lepton_lab.networks.two_tower import TwoTower


def new_network(
    layout: Layout,
    n_outputs: int,
    config: TabularConfig,
    *,
    draw: np.random.Generator,
    knots: np.ndarray | None = None,
) -> TabularNetwork | TwoTower:
    """A network before its first step.

    Args:
        layout: where each column goes.
        n_outputs: numbers a row.
        config: sizes, and which of the two.
        draw: of the first parameters.
        knots: places of the numeric columns' bins.
    """
    made = TwoTower if config.outputs == "items" else TabularNetwork
    return made(layout, n_outputs, config, draw=draw, knots=knots)
