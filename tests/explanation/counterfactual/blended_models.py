"""Small trained models whose blend does not depend on what training thought of its members."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np

from lepton_lab.trained import Blend
from tests.small_models import small_model as trained_model


def blended(model, names=("network", "linear", "trees")):
    """A model whose blend counts these members alike, whatever training thought of them."""
    members = tuple(m for m in model.members if m.name in names)
    weights = np.full(len(members), 1 / len(members))
    return replace(model, members=members, blend=Blend(weights, model.blend.scale, model.blend.bias))


@lru_cache
def small_model(task: str):
    return blended(trained_model(task))
