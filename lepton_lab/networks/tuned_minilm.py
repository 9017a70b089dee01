"""The sentence encoder trained with the rest of a network: low-rank factors beside its matrices, or all of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lepton_lab.networks.minilm import MiniLM, MiniLMConfig
from lepton_lab.networks.options import within


@dataclass(frozen=True)
class AdaptersConfig:
    """How the encoder is adapted.

    Args:
        rank: of the factors.
        strength: of what they add, divided by the rank.
        rate: on the learning rate, of the factors.
        dropout: share of the units of the pooled vector left out in training.
    """

    rank: int = within(8, 1, 64)
    strength: float = within(16.0, 0, 256)
    rate: float = within(0.5, 0, 10)
    dropout: float = within(0.1, 0, 0.9)


@dataclass(frozen=True)
class FullConfig:
    """How the whole encoder is trained on.

    Args:
        rate: on the learning rate, of what was pretrained.
        dropout: share of the units of the pooled vector left out in training.
    """

    rate: float = within(0.05, 0, 10)
    dropout: float = within(0.1, 0, 0.9)


def adapted_minilm(
    shape: tuple[int | None, ...], config: AdaptersConfig | None = None, *, draw: np.random.Generator
) -> MiniLM:
    """The encoder with low-rank factors, which alone are trained."""
    config = config or AdaptersConfig()
    sizes = MiniLMConfig("adapters", config.rank, config.strength, config.rate, config.dropout)
    return MiniLM(shape, sizes, draw=draw)


def whole_minilm(
    shape: tuple[int | None, ...], config: FullConfig | None = None, *, draw: np.random.Generator
) -> MiniLM:
    """The encoder, all of it trained."""
    config = config or FullConfig()
    return MiniLM(shape, MiniLMConfig("everything", rate=config.rate, dropout=config.dropout), draw=draw)
