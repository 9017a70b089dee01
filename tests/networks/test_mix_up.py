"""Rows blended in training, against numpy: images before they are read, other columns as they enter, both targets."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lepton_lab.data.encode_image import ImageBlock
from lepton_lab.networks.augment_images import NO_AUGMENTATION
from lepton_lab.networks.encoders import Encoder
from lepton_lab.networks.layout import Layout
from lepton_lab.networks.mix_up import draw_mix
from lepton_lab.networks.small_resnet import SmallResNetConfig
from lepton_lab.tasks import Binary
from lepton_lab.training.functions import NetworkParams, Wishes
from lepton_lab.training.network_member import new_member
from lepton_lab.training.objects_at_hand import put_objects
from lepton_lab.training.optimizer import Batches, begin, chunk_of
from tests.networks.examples import SMALL, Block

BLOCKS = (Block("numeric"), ImageBlock("scan", 8, 8, 1))
DRAW = np.random.default_rng(0)
N = 6
SCANS = [DRAW.integers(0, 255, (8, 8, 1), dtype=np.uint8) for _ in range(4)]
NUMBERS = BLOCKS[1].shelf.put(SCANS)
# Two rows have no scan.
X = np.stack([DRAW.normal(size=N), [*NUMBERS, 0, 0]], axis=1).astype(np.float32)
Y, WEIGHTS = np.array([0, 1, 1, 0, 1, 0], np.float32), np.array([1, 2, 1, 1, 0.5, 0.5], np.float32)


@pytest.fixture(scope="module")
def learning():
    """Structure and parameters of a network that blends, its objects at hand, no other change in training."""
    config = SmallResNetConfig(widths=(8,), depths=(0,), stem=3, dropout=0.0, augmentation=NO_AUGMENTATION, mix_up=2.0)
    layout = Layout.of(BLOCKS, max_one_hot=9, encoders=[("scan", Encoder("small_resnet", config))])
    member = new_member("network", layout, 1, SMALL).on(BLOCKS)
    at_hand = put_objects(member.params.positions, member.reader.columns, member.reader.shelves, X)
    return member.structure, NetworkParams(member.params.flat, at_hand)


@pytest.fixture(scope="module")
def in_numpy(learning):
    """Outputs, and those and targets' shares by the definition, one row after another."""
    structure, params = learning
    term = jax.jit(lambda p, scans: structure.network(p).first.terms[0].of(scans))
    project = jax.jit(lambda p, x: structure.network(p).project(x))
    rest = jax.jit(lambda p, hidden: structure.network(p).rest(hidden))
    bias = np.asarray(jax.jit(lambda p: structure.network(p).bias)(params))
    outputs, mix = jax.jit(lambda p, x: structure.network(p).learning(x, jnp.int32(0)))(params, X)
    share, other = np.asarray(mix.share), np.asarray(mix.other)
    wanted = []
    for i, (s, j) in enumerate(zip(share, other, strict=True)):
        numbers = [np.asarray(project(params, X[[k]]))[0, 0] for k in (i, j)]
        hidden = bias + s * numbers[0] + (1 - s) * numbers[1]
        scans = [None if X[k, 1] == 0 else SCANS[int(X[k, 1]) - 1].astype(np.float32) for k in (i, j)]
        if scans[0] is not None and scans[1] is not None:
            hidden = hidden + np.asarray(term(params, (s * scans[0] + (1 - s) * scans[1])[None]))[0]
        else:
            for part, scan in zip((s, 1 - s), scans, strict=True):
                if scan is not None:
                    hidden = hidden + part * np.asarray(term(params, scan[None]))[0]
        wanted.append(np.asarray(rest(params, hidden)))
    return np.asarray(outputs), np.stack(wanted), share, other


def test_images_are_blended_before_they_are_read_and_other_columns_as_they_enter(in_numpy):
    outputs, wanted, share, other = in_numpy
    assert (share >= 0.5).all() and sorted(other) == list(range(N))
    np.testing.assert_allclose(outputs, wanted, atol=2e-5)


def test_the_loss_is_that_of_both_targets(learning, in_numpy):
    structure, params = learning
    outputs, _, share, other = in_numpy
    task = Binary("no", "yes")
    run = chunk_of(structure, task)
    batches = Batches(X[None], Y[None].astype(task.targets(Y).dtype), WEIGHTS[None], np.zeros(1, np.float32))
    flat = np.asarray(params.flat)
    ones = np.ones_like(flat)
    _, found = run(begin(flat), params.positions, Wishes(ones, ones), np.float32(0), batches, np.int32(1))

    def log_loss(y):
        z = outputs[..., 0]
        return (np.logaddexp(0, z) - y[:, None] * z).mean(axis=1)

    own, others = log_loss(Y) * WEIGHTS, log_loss(Y[other]) * WEIGHTS[other]
    np.testing.assert_allclose(float(found), (share * own + (1 - share) * others).mean(), rtol=1e-5)


def test_a_strength_spreads_the_shares():
    weak, strong = (np.asarray(draw_mix(jax.random.key(0), 2000, strength).share) for strength in (0.1, 4.0))
    assert weak.mean() > 0.9 > strong.mean() > 0.5
