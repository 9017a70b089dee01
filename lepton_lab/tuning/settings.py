"""From a point of the space to the settings of a member: what is not named stays as in the default recipe."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from lepton_lab.fitting.recipe import Recipe
from lepton_lab.members.trees import TreesConfig
from lepton_lab.training.loop_config import LoopConfig
from lepton_lab.tuning.space import SIZES, Choice, Range, Space

_LOOP = {
    "learning_rate": "learning_rate",
    "weight_decay": "weight_decay",
    "epochs": "n_epochs",
    "batch_size": "batch_size",
}
_SIZES = ("sigma", "hidden", "head_hidden", "heads")
_TREES = ("learning_rate", "leaves", "min_rows", "row_share", "column_share", "l2")


def network_settings(recipe: Recipe, params: Mapping[str, Any]) -> LoopConfig:
    """How this trial's network is trained."""
    sizes = dict(SIZES[params["size"]]) if "size" in params else {}
    sizes |= {name: params[name] for name in _SIZES if name in params}
    network = replace(recipe.network.network, **sizes)
    return replace(recipe.network, network=network, **{_LOOP[name]: params[name] for name in _LOOP if name in params})


def trees_settings(recipe: Recipe, params: Mapping[str, Any]) -> TreesConfig:
    """How this trial's trees are grown; slower learning is given more rounds."""
    found = replace(recipe.trees, **params)
    rounds = recipe.trees.rounds * max(1.0, recipe.trees.learning_rate / found.learning_rate)
    return replace(found, rounds=round(rounds))


def scaled_to(space: Space, recipe: Recipe) -> Space:
    """The default space, with epochs around those of the recipe: small tables need more passes."""
    factor = recipe.network.n_epochs / 20
    domains = [
        (name, Range(round(d.low * factor), round(d.high * factor), d.log, d.whole))
        if name == "epochs" and isinstance(d, Range)
        else (name, d)
        for name, d in space.domains
    ]
    return Space(tuple(domains))


def default_params(space: Space, member: str, recipe: Recipe) -> dict[str, Any] | None:
    """The default recipe as a point of a member's space; None where it lies outside."""
    if member == "trees":
        known: dict[str, Any] = {name: getattr(recipe.trees, name) for name in _TREES}
    else:
        known = {name: getattr(recipe.network, field) for name, field in _LOOP.items()}
        known |= {name: getattr(recipe.network.network, name) for name in _SIZES}
        known |= {"size": "medium", "epochs": round(recipe.network.n_epochs)}
    point = {name: known[name] for name in space.of(member)}
    inside = [_holds(domain, point[name]) for name, domain in space.of(member).items()]
    return point if all(inside) else None


def _holds(domain: Range | Choice, value: Any) -> bool:
    return value in domain.options if isinstance(domain, Choice) else domain.low <= value <= domain.high
