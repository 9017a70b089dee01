"""A tabular network that is monotone in some of its numbers by construction, whatever the other columns hold.

The architecture stays as it is; some of its parameters are kept in a box by the optimiser, so that what is saved
and explained is an ordinary network. Half of the hidden units carry the monotone columns:

    column c with sign s   reaches the carrying units only, by its place among the values seen (any rising
                           step function) and by its own bent value, each times s times a number from 0 up
    carrying units         reach the first half of each head's units with weights from 0 up, the second half
                           with weights up to 0
    head units             count with weights from 0 up (first half) or up to 0 (second half)

Every path from c to the output then multiplies to the sign s, and ReLU never turns it. The first half bends the
effect upwards, the second downwards: with ReLU and weights from 0 up alone every effect would be convex. Other
columns reach all units with any weight, so they may shape, shift and gate the effect, and never turn it. Where c is
missing it has an effect of its own, as nothing orders it.

Source: Runje and Shankaranarayana 2023, arXiv:2205.11775, which take the absolute value of weights and mix a convex,
    a concave and a bounded activation in one layer. Ours has one activation and puts the concave half's sign into
    the weights on both sides of it; the effect of one column alone is free in shape already, by its steps.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lepton_lab.networks.tabular import TabularConfig, TabularNetwork

# Weights of one sign add up where those of both cancel: smaller at first, so that head units start alive.
_START = 0.25


@dataclass(frozen=True)
class Box:
    """Where a parameter may lie: `low` to `high`, arrays of its shape."""

    low: np.ndarray
    high: np.ndarray

    @staticmethod
    def open(shape: tuple[int, ...]) -> Box:
        """No limits."""
        return Box(np.full(shape, -np.inf, np.float32), np.full(shape, np.inf, np.float32))


def constrain(network: TabularNetwork, config: TabularConfig, signs: Sequence[int]) -> dict[str, Box]:
    """Move a fresh network's parameters into the box that makes it monotone; the boxes, by a parameter's dotted name.

    Args:
        network: just drawn, with one output; changed in place.
        config: its sizes.
        signs: of each numeric column: 1, -1, or 0 for any shape.
    """
    carrying, rising = config.hidden // 2, config.head_hidden // 2
    boxes = _boxes(network, config, np.asarray(signs, np.float32), carrying, rising)
    for name, box in boxes.items():
        _move_into(network, name, box, _START if name == "heads.kernel" else 1.0)
    return boxes


def _boxes(
    network: TabularNetwork, config: TabularConfig, signs: np.ndarray, carrying: int, rising: int
) -> dict[str, Box]:
    first = network.first
    boxes = {
        name: Box.open(np.shape(_parameter(network, name)[...]))
        for name in (
            "first.kernel", "first.scale", "first.numeric.kernel", "first.numeric.bias",
            "heads.scale", "heads.kernel", "outputs.kernel",
        )
    }  # fmt: skip
    each, kernel, scale = config.embed + config.bins, boxes["first.kernel"], boxes["first.scale"]
    for place in np.flatnonzero(signs).tolist():
        ordered = place * each + np.r_[0, config.embed : each]
        for side in (kernel.low, kernel.high):
            side[ordered, carrying:] = 0
        (kernel.low if signs[place] > 0 else kernel.high)[ordered, :carrying] = 0
        scale.low[ordered] = 0
        # The cosines rise and fall; without them the rest of the embedding speaks of missing values alone.
        for name in ("first.numeric.kernel", "first.numeric.bias"):
            boxes[name].low[place], boxes[name].high[place] = 0, 0
    assert each * len(signs) <= len(first.scale[...]), "one sign a numeric column"
    boxes["heads.scale"].low[:, :carrying] = 0
    boxes["heads.kernel"].low[:carrying, :rising] = 0
    boxes["heads.kernel"].high[:carrying, rising:] = 0
    boxes["outputs.kernel"].low[:, :rising] = 0
    boxes["outputs.kernel"].high[:, rising:] = 0
    return boxes


def _move_into(network: TabularNetwork, name: str, box: Box, factor: float) -> None:
    """Mirror what lies outside the box into it: sizes stay as drawn, but for `factor` where a side is bound."""
    parameter = _parameter(network, name)
    drawn = np.asarray(parameter[...])
    inside = np.clip(np.where((drawn < box.low) | (drawn > box.high), -drawn, drawn), box.low, box.high)
    sided = np.isfinite(box.low) | np.isfinite(box.high)
    parameter[...] = np.where(sided, factor * inside, drawn).astype(np.float32)


def _parameter(network: TabularNetwork, name: str) -> Any:
    found: Any = network
    for part in name.split("."):
        found = getattr(found, part)
    return found
