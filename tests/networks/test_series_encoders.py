"""Encoders of series: padding is never seen, gaps are, windows cover a series once, training is random by its key."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from lepton_lab.networks.augment_series import SeriesAugment
from lepton_lab.networks.nhits import NHits, NHitsConfig
from lepton_lab.networks.recurrent import Recurrent, RecurrentConfig
from lepton_lab.networks.series_layers import StepsConv
from lepton_lab.networks.series_transformer import SeriesTransformer, SeriesTransformerConfig
from lepton_lab.networks.series_windows import mean_over_windows, random_windows
from lepton_lab.networks.tcn import Tcn, TcnConfig
from lepton_lab.networks.tft import Tft, TftConfig
from tests.reference.series import convolved

CHANNELS, WINDOW = 2, 8
ENCODERS = {
    "tcn": lambda draw: Tcn(
        (None, CHANNELS), TcnConfig(channels=4, kernel=3, dilations=(1, 2), stride=2, window=WINDOW), draw=draw
    ),
    "gru": lambda draw: Recurrent((None, CHANNELS), RecurrentConfig(units=4, stride=2, window=WINDOW), draw=draw),
    "lstm": lambda draw: Recurrent((None, CHANNELS), RecurrentConfig("lstm", units=4, window=WINDOW), draw=draw),
    "nhits": lambda draw: NHits((None, CHANNELS), NHitsConfig(window=16, pools=(4, 1), hidden=8, code=4), draw=draw),
    "tft": lambda draw: Tft((None, CHANNELS), TftConfig(window=16, stride=2, units=4, heads=2), draw=draw),
    "transformer": lambda draw: SeriesTransformer(
        (None, CHANNELS),
        SeriesTransformerConfig(channels=4, heads=2, layers=1, stride=2, window=WINDOW),
        draw=draw,
    ),
}


@pytest.fixture(scope="module", params=ENCODERS)
def encode(request: pytest.FixtureRequest):
    """Compiled: (series, key or None) to vectors; and the width promised."""
    encoder = ENCODERS[request.param](np.random.default_rng(0))
    graph, state = nnx.split(encoder)
    predict = jax.jit(lambda objects: nnx.merge(graph, state)(objects))
    train = jax.jit(lambda objects, key: nnx.merge(graph, state)(objects, key))
    return lambda objects, key=None: predict(objects) if key is None else train(objects, key), encoder.width


def series(lengths: tuple[int, ...], padded: int, seed: int = 0) -> jax.Array:
    found = np.full((len(lengths), padded, CHANNELS), np.nan, np.float32)
    for row, n in enumerate(lengths):
        found[row, :n] = np.random.default_rng([seed, row]).standard_normal((n, CHANNELS))
    return jnp.asarray(found)


def test_padding_changes_nothing(encode) -> None:
    run, width = encode
    lengths = (1, 5, 7)
    short = run(series(lengths, 7))
    assert short.shape == (3, width)
    np.testing.assert_allclose(run(series(lengths, 16)), short, atol=2e-6)
    assert np.abs(np.diff(short, axis=0)).max() > 1e-3


def test_each_row_stands_for_itself(encode) -> None:
    run, _ = encode
    three = series((8, 13, 16), 16)
    alone = [run(jnp.repeat(three[i : i + 1], 3, axis=0))[0] for i in range(3)]
    np.testing.assert_allclose(run(three), alone, atol=2e-6)


def test_a_gap_is_seen_and_a_series_of_nothing_is_finite(encode) -> None:
    run, _ = encode
    whole = series((8, 13, 16), 16)
    gap, zero, nothing = whole.at[:, 3, 1].set(jnp.nan), whole.at[:, 3, 1].set(0), jnp.full_like(whole, jnp.nan)
    assert np.isfinite(run(gap)).all() and np.isfinite(run(nothing)).all()
    assert np.abs(run(gap) - run(zero)).max() > 1e-4


def test_training_is_random_by_its_key_alone(encode) -> None:
    run, _ = encode
    objects = series((8, 13, 16), 16)
    keys = [jax.random.key(i) for i in range(2)]
    one, again, other = run(objects, keys[0]), run(objects, keys[0]), run(objects, keys[1])
    np.testing.assert_array_equal(one, again)
    assert np.isfinite(one).all() and np.abs(one - other).max() > 1e-3


@pytest.mark.parametrize(("kernel", "dilation", "stride"), [(3, 1, 1), (5, 2, 1), (4, 1, 3), (3, 4, 2)])
def test_convolution_is_the_sum_it_is_defined_by(kernel: int, dilation: int, stride: int) -> None:
    draw = np.random.default_rng(1)
    conv = StepsConv(3, 2, kernel=kernel, dilation=dilation, stride=stride, draw=draw)
    x = draw.standard_normal((2, 7, 3)).astype(np.float32)
    inside = np.arange(7) < np.array([[7], [5]])
    wanted = convolved(np.where(inside[..., None], x, 0), np.asarray(conv.kernel[...]), dilation, stride)
    np.testing.assert_allclose(conv(jnp.asarray(x), jnp.asarray(inside)), wanted, atol=1e-5)


@jax.jit
def counted(objects: jax.Array) -> list[jax.Array]:
    """Steps of the windows and their shares, averaged over windows: of the series, and with padding behind them."""

    def count(pieces: jax.Array) -> jax.Array:  # steps of the window, and its share of all windows
        return jnp.stack([jnp.nansum(pieces, axis=(1, 2)), jnp.ones(pieces.shape[0])], axis=1)

    padded = jnp.pad(objects, ((0, 0), (0, 5), (0, 0)), constant_values=jnp.nan)
    return [mean_over_windows(count, one, 4)[0] for one in (objects, padded)]


@pytest.mark.parametrize("n", [1, 4, 5, 11, 12])
def test_windows_weigh_every_step_the_same(n: int) -> None:
    objects = np.full((1, 12, 1), np.nan, np.float32)
    objects[0, :n, 0] = 1
    (steps, share), padded = np.asarray(counted(objects))
    assert share == pytest.approx(1)
    assert 0 < steps <= min(n, 4)
    if n <= 4:
        assert steps == n  # one window, as if there were none
    np.testing.assert_allclose(padded, [steps, share], atol=1e-6)


def test_random_windows_lie_inside_and_reach_everywhere() -> None:
    objects = np.full((200, 12, 1), np.nan, np.float32)
    objects[:, :9, 0] = np.arange(9)
    found = np.asarray(jax.jit(random_windows, static_argnums=2)(objects, jax.random.key(0), 4))[..., 0]
    assert np.isfinite(found).all()
    np.testing.assert_array_equal(np.diff(found), 1)
    assert set(found[:, 0]) == set(range(6))


def test_no_augmentation_is_the_series_itself() -> None:
    nothing = SeriesAugment(scale=0.0, noise=0.0)
    encoder = Tcn(
        (None, 2), TcnConfig(channels=2, dilations=(1,), dropout=0.0, augment=nothing), draw=np.random.default_rng(0)
    )
    both = jax.jit(lambda objects, key: (encoder(objects, key), encoder(objects)))
    np.testing.assert_array_equal(*both(series((3, 6), 6), jax.random.key(0)))
