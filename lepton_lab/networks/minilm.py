"""The sentence encoder all-MiniLM-L6-v2: six Transformer layers of 384 units, mean pooling, unit length.

Pretrained, and either left as it is, or adapted by low-rank factors, or trained wholly. Texts that share a row (see
`data/packed_rows.py`) see nothing of one another.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jaxtyping import Array, Float, Int

from lepton_lab.networks.by_length import by_length
from lepton_lab.networks.layers import Frozen, dropout
from lepton_lab.networks.minilm_weights import MiniLMArrays, minilm_arrays

WIDTH = 384
N_HEADS = 12
# Added to the logits of what is not to be looked at; its exponential is 0.
_UNSEEN = -1e9
_EPSILON = 1e-12
# The matrices that adapters bend.
ADAPTED = ("qkv", "out", "up", "down")


@dataclass(frozen=True)
class MiniLMConfig:
    """What of the encoder is trained.

    Args:
        trained: nothing, low-rank factors beside its matrices, or everything.
        rank: of the factors.
        strength: of what the factors add, divided by the rank.
        rate: on the learning rate, of what is trained.
        dropout: share of the units of the pooled vector left out in training.
    """

    trained: Literal["nothing", "adapters", "everything"] = "adapters"
    rank: int = 8
    strength: float = 16.0
    rate: float = 0.5
    dropout: float = 0.1


class MiniLM(nnx.Module):
    """Word pieces to one vector a text.

    Shape: int32 `(row, token)`, 0 for padding, to `(row, 384)`, entries about 1 in size (the original's vectors of
    unit length times the root of 384). A row of nothing but padding gives zeros.

    Source: Wang et al. 2020 (MiniLM), arXiv:2002.10957; Reimers and Gurevych 2019 (Sentence-BERT),
        arXiv:1908.10084; the factors: Hu et al. 2021 (LoRA), arXiv:2106.09685. Equal to the original to 1e-6
        (tested); ours fuses the three attention matrices and runs the layers as one loop, which compiles faster.
    """

    def __init__(
        self,
        shape: tuple[int | None, ...] = (None,),
        config: MiniLMConfig | None = None,
        *,
        draw: np.random.Generator,
        arrays: MiniLMArrays | None = None,
    ):
        self.config = config = config or MiniLMConfig()
        self.width = WIDTH
        arrays = arrays or minilm_arrays()
        self.words, self.places = _variable(arrays.words, config), _variable(arrays.places, config)
        self.norm, self.norm_bias = _variable(arrays.norm, config), _variable(arrays.norm_bias, config)
        self.layers = nnx.Dict({name: _variable(array, config) for name, array in arrays.layers.items()})
        self.factors = nnx.Dict(_factors(arrays, config, draw) if config.trained == "adapters" else {})

    def __call__(self, objects: Int[Array, "row token"], key: Any = None) -> Float[Array, "row 384"]:
        """One vector a text; with a key as in training, with dropout."""
        graph, trained, frozen = nnx.split(self, nnx.Param, ...)
        vectors = by_length(_EmbedBy(graph), trained, frozen, objects)
        return dropout(vectors * math.sqrt(WIDTH), self.config.dropout, key)

    def embed(self, tokens: Int[Array, "row token"]) -> Float[Array, "row 384"]:
        """The original's vectors, of unit length."""
        owners = (tokens > 0).astype(jnp.int32)
        positions = jnp.broadcast_to(jnp.arange(tokens.shape[1], dtype=jnp.int32), tokens.shape)
        return self.embed_packed(tokens, positions, owners, n_texts=1)[:, 0]

    def embed_packed(
        self,
        tokens: Int[Array, "row token"],
        positions: Int[Array, "row token"],
        owners: Int[Array, "row token"],
        n_texts: int,
    ) -> Float[Array, "row {n_texts} 384"]:
        """The vectors of texts that share rows: `owners` counts them from 1 in each row, up to `n_texts`."""
        x = jnp.asarray(self.words[...])[tokens] + jnp.asarray(self.places[...])[positions]
        x = _layer_norm(x, self.norm[...], self.norm_bias[...])
        unseen = jnp.where(owners[:, :, None] == owners[:, None, :], 0.0, _UNSEEN).astype(x.dtype)
        weights = {name: variable[...] for name, variable in self.layers.items()}
        factors = {name: variable[...] for name, variable in self.factors.items()}
        strength = self.config.strength / self.config.rank

        def layer(x: Any, given: Any) -> tuple[Any, None]:
            weights, factors = given
            return _layer(x, unseen, weights, factors, strength), None

        x, _ = jax.lax.scan(layer, x, (weights, factors))
        return _unit_means(x, owners, n_texts)


@dataclass(frozen=True)
class _EmbedBy:
    """`MiniLM.embed` as a function of the encoder's numbers; equal for encoders of one shape."""

    graph: nnx.GraphDef

    def __call__(self, trained: Any, frozen: Any, tokens: Any) -> Any:
        return nnx.merge(self.graph, trained, frozen).embed(tokens)


def _layer(x: Any, unseen: Any, weights: dict[str, Any], factors: dict[str, Any], strength: float) -> Any:
    """Attention and a feed-forward network, each added and normed."""

    def dense(name: str, x: Any) -> Any:
        out = x @ weights[name] + weights[f"{name}_bias"]
        if f"{name}_in" in factors:
            out = out + strength * ((x @ factors[f"{name}_in"]) @ factors[f"{name}_out"])
        return out

    n_rows, n_tokens, width = x.shape
    flat = x.reshape(-1, width)
    seen = _attention(dense("qkv", flat).reshape(n_rows, n_tokens, 3, N_HEADS, -1), unseen)
    flat = flat + dense("out", seen.reshape(-1, width))
    flat = _layer_norm(flat, weights["norm_1"], weights["norm_1_bias"])
    flat = flat + dense("down", _gelu(dense("up", flat)))
    flat = _layer_norm(flat, weights["norm_2"], weights["norm_2_bias"])
    return flat.reshape(x.shape)


def _attention(
    qkv: Float[Array, "row token 3 head unit"], unseen: Float[Array, "row token token"]
) -> Float[Array, "row token head unit"]:
    q, k, v = qkv[:, :, 0], qkv[:, :, 1], qkv[:, :, 2]
    logits = jnp.einsum("rqhu,rkhu->rhqk", q / math.sqrt(q.shape[-1]), k) + unseen[:, None]
    weights = jnp.exp(logits - jax.lax.stop_gradient(logits.max(-1, keepdims=True)))
    # Divided after the sum: a tenth of the numbers.
    mixed = jnp.einsum("rhqk,rkhu->rhqu", weights, v) / weights.sum(-1)[..., None]
    return mixed.transpose(0, 2, 1, 3)


def _unit_means(
    x: Float[Array, "row token width"], owners: Int[Array, "row token"], n_texts: int
) -> Float[Array, "row {n_texts} width"]:
    """The mean over the tokens of each text, at unit length; zeros for a text that is not there."""
    is_own = owners[:, None, :] == jnp.arange(1, n_texts + 1, dtype=owners.dtype)[None, :, None]
    sums = jnp.einsum("rst,rtw->rsw", is_own.astype(x.dtype), x)
    square = (sums * sums).sum(-1, keepdims=True)
    is_there = square > 0
    return jnp.where(is_there, sums / jnp.sqrt(jnp.where(is_there, square, 1.0)), 0.0)


def _layer_norm(x: Float[Array, "*batch width"], scale: Any, bias: Any) -> Float[Array, "*batch width"]:
    centred = x - x.mean(-1, keepdims=True)
    return centred * jax.lax.rsqrt((centred * centred).mean(-1, keepdims=True) + _EPSILON) * scale + bias


def _gelu(x: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """By the error function: jax's own takes its complement, which is slower, and the tanh form is 5e-4 off."""
    return 0.5 * x * (1 + jax.lax.erf(x * math.sqrt(0.5)))


def _variable(array: np.ndarray, config: MiniLMConfig) -> nnx.Variable:
    """Trained or not. Decay would pull pretrained numbers to zero, which is not where they came from."""
    return nnx.Param(array, rate=config.rate, decay=False) if config.trained == "everything" else Frozen(array)


def _factors(arrays: MiniLMArrays, config: MiniLMConfig, draw: np.random.Generator) -> dict[str, nnx.Param]:
    """Two factors a matrix; the second starts at zero, so that training begins at the original."""
    factors = {}
    for name in ADAPTED:
        n_layers, n_in, n_out = arrays.layers[name].shape
        first = draw.standard_normal((n_layers, n_in, config.rank), np.float32) / np.float32(math.sqrt(n_in))
        second = np.zeros((n_layers, config.rank, n_out), np.float32)
        factors[f"{name}_in"] = nnx.Param(first, rate=config.rate, decay=False)
        factors[f"{name}_out"] = nnx.Param(second, rate=config.rate, decay=False)
    return factors
