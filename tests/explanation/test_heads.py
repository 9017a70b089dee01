"""The heads' disagreement: the spread of each head's own Shapley values, without sampling noise."""

from __future__ import annotations

import numpy as np
import pytest

from lepton_lab.explanation.blend_parts import used_members
from lepton_lab.explanation.estimate import Estimate
from lepton_lab.explanation.heads import head_spread, spread_of
from lepton_lab.training.network_member import NetworkMember
from tests.reference.shapley import shapley_values
from tests.small_models import small_model


def network_of(model):
    return next((m, share) for m, share in used_members(model) if isinstance(m, NetworkMember))


@pytest.mark.parametrize("task", ["multiclass", "regression"])
def test_it_is_the_spread_of_each_heads_values(task):
    model = small_model(task)
    x = model.encoder.encode(model.seen.take(np.arange(2)))
    background = np.asarray(model.background_x[:4], np.float32)
    network, share = network_of(model)
    n_heads = network.config.heads

    def every_head(rows):
        logits = network.head_logits(rows.astype(np.float32))
        return (logits - logits.mean(axis=2, keepdims=True) * (logits.shape[2] > 1)).reshape(len(rows), -1)

    values = shapley_values(every_head, x, background).reshape(2, x.shape[1], n_heads, -1) * share
    found = head_spread(model, x, background=background)
    np.testing.assert_allclose(found, values.std(axis=2, ddof=1), rtol=1e-3, atol=1e-5 * np.abs(values).max())
    grouped = head_spread(model, x, background=background, groups={"both": ["age", "job"]})
    assert grouped.shape == (2, x.shape[1] - 1, values.shape[3])


def test_sampling_noise_is_kept_out():
    """Heads that agree but for noise have no spread on average; heads that disagree have theirs, noise or not."""
    rng = np.random.default_rng(0)

    def spread(disagreement, noise):
        heads = disagreement * rng.normal(size=(400, 3, 16))
        first, second = heads + noise * rng.normal(size=heads.shape), heads + noise * rng.normal(size=heads.shape)
        zero = np.zeros((400, 3, 16))
        estimate = Estimate(
            np.arange(400), (first + second) / 2, zero, None, (first - second) / 2, np.arange(400), 0, False, ""
        )
        return np.sqrt((spread_of(estimate, 1) ** 2).mean())

    assert spread(1.0, 0.0) == pytest.approx(1.0, rel=0.05)
    assert spread(1.0, 1.0) == pytest.approx(1.0, rel=0.05)
    assert spread(0.0, 1.0) < 0.4  # the mean of squares cut at 0; without the halves it would be 0.7
