"""How much is tried, by quality and number of rows: frozen presets, nothing computed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from lepton_lab.data.reshape_forecast import Forecast
from lepton_lab.data.schema import OBJECTS, Schema
from lepton_lab.errors import no_such_option
from lepton_lab.members.random_trees import RandomTreesConfig
from lepton_lab.members.trees import TreesConfig
from lepton_lab.networks.encoders import Encoder
from lepton_lab.networks.tabular import TabularConfig
from lepton_lab.tasks import Regression, Task
from lepton_lab.training.compute import Compute
from lepton_lab.training.loop_config import LoopConfig

QUALITIES = ("fast", "balanced", "best")


@dataclass(frozen=True)
class Recipe:
    """The settings of one training.

    Args:
        network: of the network.
        trees: of the trees.
        refit: with one validation set: grow the members once more on training and validation rows.
        members: that are grown, in this order. The linear one first: it is there within a blink, and a run stopped
            at once falls back to it.
        random_trees: grown beside the boosted trees; None for none.
    """

    network: LoopConfig
    trees: TreesConfig
    refit: bool
    members: tuple[str, ...] = ("linear", "network", "trees")
    random_trees: RandomTreesConfig | None = None

    def on(self, compute: Compute) -> Recipe:
        """The same settings on these devices, in these numbers."""
        return replace(self, network=replace(self.network, compute=compute))


_NETWORK = {
    "fast": LoopConfig(n_epochs=10, patience=5, learning_rate=3e-3),
    "balanced": LoopConfig(),
    "best": LoopConfig(n_epochs=40, learning_rate=1e-3),
}
_TREES = {
    "fast": TreesConfig(learning_rate=0.1, rounds=300, patience=20),
    "balanced": TreesConfig(),
    "best": TreesConfig(learning_rate=0.02, rounds=3000, patience=120),
}
# Encoders of objects are deep, and their rows few and costly: small batches, and many passes over changed objects.
_BY_ENCODER = {
    "small_resnet": LoopConfig(n_epochs=16, patience=8, batch_size=64, learning_rate=5e-3, weight_decay=0.05),
    "efficientnet_lite0": LoopConfig(n_epochs=10, patience=5, batch_size=64, learning_rate=1e-3, weight_decay=0.05),
    "tcn": LoopConfig(n_epochs=10, patience=5, batch_size=64, learning_rate=2e-3, weight_decay=0.05),
    "rocket": LoopConfig(n_epochs=10, patience=5, batch_size=64, learning_rate=2e-3, weight_decay=0.05),
    "recurrent": LoopConfig(n_epochs=10, patience=5, batch_size=64, learning_rate=3e-3, weight_decay=0.05),
    "minilm_adapters": LoopConfig(n_epochs=4, patience=2, batch_size=64, learning_rate=1.5e-3, weight_decay=0.05),
    "minilm_full": LoopConfig(n_epochs=3, patience=2, batch_size=64, learning_rate=1.5e-3, weight_decay=0.05),
    "nhits": LoopConfig(n_epochs=12, patience=4, batch_size=256, learning_rate=2e-3, weight_decay=0.02),
    "tft": LoopConfig(n_epochs=10, patience=4, batch_size=128, learning_rate=1e-3, weight_decay=0.02),
    "series_transformer": LoopConfig(n_epochs=10, patience=5, batch_size=64, learning_rate=1e-3, weight_decay=0.05),
    "history_mean": LoopConfig(n_epochs=8, patience=3, batch_size=256, learning_rate=2e-3, weight_decay=0.05),
    "sasrec": LoopConfig(n_epochs=8, patience=3, batch_size=256, learning_rate=1e-3, weight_decay=0.05),
}
# What reads lists of items.
RANKERS = ("history_mean", "sasrec")
_RANKING = TabularConfig(heads=1, category_embed=32, outputs="items")
# Read so quickly that the network is worth training once more on all rows.
_QUICK = ("nhits",)
# Passes over the rows, to those of `balanced`.
_PASSES = {"fast": 0.4, "balanced": 1.0, "best": 2.0}
# A few hundred rows are a handful of steps an epoch; below this many steps nothing is learned.
_FEWEST_STEPS = 450
_FEW_OBJECTS = 500
# With so many rows boosted trees alone are as good as their mean with others.
_RANDOM_TREES_BELOW = 2_000
# With fewer rows than this, fine bins are noise.
_FINE_BINS_FROM, _FINE_BINS = 15_000, 64


def recipe_for(quality: str, n_rows: int, metric: str | None) -> Recipe:
    """The settings for a quality and a number of training rows.

    Few rows get a gentler network and smaller trees: there both learn the noise within a few epochs.

    Raises:
        OptionError: the quality is not known.
    """
    if quality not in QUALITIES:
        raise no_such_option("quality", quality, QUALITIES)
    network, trees = replace(_NETWORK[quality], metric=metric), _TREES[quality]
    if n_rows >= _FINE_BINS_FROM:
        network = replace(network, network=replace(network.network, bins=_FINE_BINS))
    if n_rows < 20_000:
        trees = replace(trees, leaves=15)
    if n_rows < 5_000:
        trees = replace(trees, learning_rate=trees.learning_rate * 0.6)
    if n_rows < 2_000:
        epochs = max(network.n_epochs, _FEWEST_STEPS * 128 / max(n_rows, 1))
        network = replace(network, learning_rate=1e-3, batch_size=128, n_epochs=epochs)
        trees = replace(trees, leaves=7)
    return Recipe(network, trees, refit=quality != "fast")


def with_random_trees(recipe: Recipe, quality: str, n_rows: int, task: Task) -> Recipe:
    """The settings where a number is learned from few rows: boosted trees are averaged with trees grown apart."""
    is_small = isinstance(task, Regression) and n_rows < _RANDOM_TREES_BELOW
    return replace(recipe, random_trees=RandomTreesConfig()) if is_small and quality != "fast" else recipe


def with_objects(
    recipe: Recipe, quality: str, n_rows: int, schema: Schema, encoders: Sequence[tuple[str, Encoder]]
) -> Recipe:
    """The settings where a network reads objects: it is trained once, and takes the time there is.

    Args:
        recipe: the settings for other columns; given back where there are no objects.
        quality: as `recipe_for`.
        n_rows: training rows.
        schema: of the table. With nothing but objects in it trees have nothing to split.
        encoders: what reads them, by column; where they differ in what they want, the more careful one has its way.
    """
    kinds = {column.kind for column in schema.inputs}
    if not kinds & {*OBJECTS}:
        return recipe
    alone = kinds <= {*OBJECTS}
    members = tuple(name for name in recipe.members if name != "trees" or not alone)
    wanted, passes = [_BY_ENCODER[one.name] for _, one in encoders if one.name in _BY_ENCODER], _PASSES[quality]
    if not wanted:  # texts that were read before the network begins
        return replace(recipe, network=replace(recipe.network, encoders=tuple(encoders)), members=members)
    # So few rows are the more often looked at, the smaller the steps.
    batch_size = min(one.batch_size for one in wanted) // (2 if n_rows < _FEW_OBJECTS else 1)
    epochs = max(passes * max(one.n_epochs for one in wanted), _FEWEST_STEPS * batch_size / max(n_rows, 1))
    network = replace(
        recipe.network,
        batch_size=batch_size,
        learning_rate=min(one.learning_rate for one in wanted),
        weight_decay=min(one.weight_decay for one in wanted),
        n_epochs=epochs,
        patience=max(passes * max(one.patience for one in wanted), epochs / 3),
        encoders=tuple(encoders),
    )
    refit = recipe.refit and all(encoder.name in _QUICK for _, encoder in encoders)
    return replace(recipe, network=network, refit=refit, members=members)


def are_read_slowly(quality: str, schema: Schema, asked: Mapping[str, Mapping[str, Any]]) -> bool:
    """Whether a network that reads the objects of a table takes so long that few are trained; of forecasts few do.

    Args:
        quality: as `recipe_for`.
        schema: of the table.
        asked: the encoder of each column of objects, as `check_encoders` gives them.
    """
    columns = [column.name for column in schema.inputs if column.kind in OBJECTS]
    quick = all(asked.get(name, {}).get("encoder") in _QUICK for name in columns)
    return bool(columns) and not (quick and quality != "fast" and isinstance(schema.reshape, Forecast))


def for_ranking(recipe: Recipe, encoders: Sequence[tuple[str, Encoder]]) -> Recipe:
    """The settings where items are ranked: one head, a table of items as wide as their vectors, and no trees.

    Their popularity stands in for the linear model: one coefficient for each column and each of thousands of items
    would be learned from a handful of rows each.
    """
    width = next((encoder.config.width for _, encoder in encoders if encoder.name in RANKERS), 64)
    network = replace(recipe.network, network=replace(_RANKING, hidden=width, head_hidden=width))
    if not encoders:
        usual = _BY_ENCODER["history_mean"]
        network = replace(network, learning_rate=usual.learning_rate, weight_decay=usual.weight_decay)
    return replace(recipe, network=network, refit=False, members=("popularity", "network"))
