"""The bag of n-grams against its sum, and what is left out in training."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from lepton_lab.networks.ngram_bag import NgramBag, NgramConfig

BAG = NgramBag(config=NgramConfig(width=5, share_dropped=0.5, n_buckets=50), draw=np.random.default_rng(0))


def test_a_text_is_the_sum_of_its_ngrams() -> None:
    table = np.asarray(BAG.table[...])
    found = BAG(jnp.array([[3, 7, 49, 0], [4, 0, 0, 0], [0, 0, 0, 0]], jnp.int32))
    wanted = [table[[3, 7, 49]].sum(axis=0) / np.sqrt(3), table[4], np.zeros(5)]
    np.testing.assert_allclose(found, wanted, atol=1e-6)


def test_ngrams_left_out_in_training_keep_the_mean() -> None:
    objects = jnp.array([[3, 7, 0, 0]], jnp.int32)
    drawn = jax.jit(jax.vmap(lambda key: BAG(objects, key)))(jax.random.split(jax.random.key(0), 2000))
    np.testing.assert_allclose(drawn.mean(axis=0), BAG(objects), atol=0.02)
    assert len(np.unique(np.round(np.asarray(drawn[:, 0, 0]), 5))) == 4  # each of two there or not
