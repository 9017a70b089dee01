"""How much is tried, by quality and number of rows: frozen presets, nothing computed."""

from __future__ import annotations

from dataclasses import dataclass, replace

from lepton_lab.errors import no_such_option
from lepton_lab.members.trees import TreesConfig
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
    """

    network: LoopConfig
    trees: TreesConfig
    refit: bool

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
# A few hundred rows are a handful of steps an epoch; below this many steps nothing is learned.
_FEWEST_STEPS = 450
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
