"""The same networks in Keras on JAX, trained by its own `fit` as it comes.

Its AdamW knows one rate for all parameters, so its numbers are not ours; the work is the same.
"""

from __future__ import annotations

import os

os.environ["KERAS_BACKEND"] = "jax"

import jax
import keras
import numpy as np
from keras import ops

from training_peers.architectures import Architecture
from training_peers.ours import DECAY, RATE, Ours


class Keras:
    """A network in training."""

    def __init__(self, architecture: Architecture, like: Ours):
        named = {name: value for name, value, _, _ in like.named() if not name.endswith("knots")}
        with jax.numpy_dtype_promotion("standard"):
            self.model = _mlp(architecture) if architecture.config is None else Tabular(architecture, named)
            places = _places(self.model)
            assert set(places) == set(named), set(places) ^ set(named)
            for name, place in places.items():
                place.assign(named[name])
            adamw = keras.optimizers.AdamW(RATE, weight_decay=DECAY, beta_1=0.9, beta_2=0.95, epsilon=1e-8)
            self.model.compile(adamw, keras.losses.BinaryCrossentropy(from_logits=True))
        n_outputs = 1 if architecture.config is None else architecture.config.heads
        self.batch, self.x = architecture.batch, like.x
        self.y = np.repeat(like.y.astype(np.float32)[:, None], n_outputs, axis=1)

    def epoch(self) -> float:
        """One pass over the rows; the mean loss."""
        with jax.numpy_dtype_promotion("standard"):
            return self.model.fit(self.x, self.y, batch_size=self.batch, epochs=1, verbose=0).history["loss"][-1]

    def logits(self, x: np.ndarray) -> np.ndarray:
        """What the network says of some rows, `(row, head)`."""
        with jax.numpy_dtype_promotion("standard"):
            return np.asarray(self.model(x))


def _mlp(architecture: Architecture) -> keras.Model:
    layers = [keras.layers.Dense(width, "relu") for width in architecture.widths]
    return keras.Sequential([keras.Input((len(architecture.n_codes),)), *layers, keras.layers.Dense(1)])


def _places(model: keras.Model) -> dict:
    """Where each of our parameters lies in the Keras model."""
    if isinstance(model, Tabular):
        return model.p
    return {
        f"layers.{i}.{part}": getattr(layer, part)
        for i, layer in enumerate(model.layers)
        for part in ("kernel", "bias")
    }


class Tabular(keras.Model):
    """The default network, written with `keras.ops`."""

    def __init__(self, architecture: Architecture, named: dict[str, np.ndarray]):
        super().__init__()
        self.layout = architecture.layout
        assert not self.layout.one_hot
        self.start = np.concatenate([[0], np.cumsum(self.layout.embedded_codes)])[:-1].astype(np.int32)
        self.knots = np.asarray(architecture.module().first.placed.knots[...])
        self.p = {
            name: self.add_weight(shape=value.shape, initializer="zeros", name=name.replace(".", "_"))
            for name, value in named.items()
        }
        self.built = True

    def call(self, x):
        """The heads' logits."""
        p, parts = {name: ops.convert_to_tensor(place) for name, place in self.p.items()}, []
        if self.layout.numeric:
            parts.append(self._numbers(p, ops.take(x, np.array(self.layout.numeric), axis=1)))
        if self.layout.embedded:
            codes = ops.cast(ops.take(x, np.array(self.layout.embedded), axis=1), "int32") + self.start
            vectors = ops.take(p["first.category.table"], codes, axis=0)
            parts.append(ops.reshape(vectors, (-1, vectors.shape[1] * vectors.shape[2])))
        features = ops.concatenate(parts, axis=1) * p["first.scale"]
        hidden = ops.relu(ops.matmul(features, p["first.kernel"]) + p["first.bias"])
        n_heads, n_hidden = p["heads.scale"].shape
        folded = ops.transpose(p["heads.scale"])[:, :, None] * ops.expand_dims(p["heads.kernel"], 1)
        units = ops.matmul(hidden, ops.reshape(folded, (n_hidden, -1)))
        units = ops.relu(ops.reshape(units, (-1, n_heads, p["heads.kernel"].shape[1])) + p["heads.bias"])
        return ops.sum(units * p["outputs.kernel"][..., 0], -1) + p["outputs.bias"][:, 0]

    def _numbers(self, p, x):
        low, high = self.knots[:, :-1], self.knots[:, 1:]
        absent = ops.isnan(x)
        placed = (ops.clip(ops.where(absent, -np.inf, x)[..., None], low, high) - low) / (high - low)
        x = ops.clip(ops.where(absent, 0.0, x), -1e6, 1e6)
        x = x / ops.sqrt(1 + (x / 3) ** 2)
        waves = ops.cos(2 * np.pi * x[..., None] * p["first.numeric.frequency"] + p["first.numeric.phase"])
        mixed = ops.einsum("rcf,cfe->rce", waves, p["first.numeric.kernel"]) + p["first.numeric.bias"]
        z = ops.concatenate([x[..., None], mixed], axis=-1)
        z = z + ops.where(absent[..., None], p["first.numeric.missing"], 0.0)
        z = ops.concatenate([z, placed], axis=-1)
        return ops.reshape(z, (-1, z.shape[1] * z.shape[2]))
