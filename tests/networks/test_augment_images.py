"""Changed images: nothing changes at strength zero, shape and range stay, the key decides."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from lepton_lab.networks.augment_images import NO_AUGMENTATION, Augmentation, augment

IMAGES = jnp.asarray(np.random.default_rng(0).random((4, 9, 7, 2)).astype(np.float32))
KEY = jax.random.key(3)
EVERY = Augmentation(0.2, 30.0, 0.3, 0.2, 0.5, 0.3, flip=True, flip_down=True)
changed = jax.jit(augment, static_argnums=2)


def test_no_strength_changes_nothing() -> None:
    assert (np.asarray(augment(IMAGES, KEY, NO_AUGMENTATION)) == np.asarray(IMAGES)).all()


@pytest.mark.parametrize("how", [Augmentation(), EVERY])
def test_shape_range_and_key(how: Augmentation) -> None:
    found = np.asarray(changed(IMAGES, KEY, how))
    assert found.shape == IMAGES.shape and found.dtype == np.float32
    assert found.min() >= 0 and found.max() <= 1
    assert (found == np.asarray(changed(IMAGES, KEY, how))).all()
    assert not np.allclose(found, np.asarray(changed(IMAGES, jax.random.key(4), how)))


def test_each_image_is_changed_in_its_own_way() -> None:
    same = jnp.tile(IMAGES[:1], (4, 1, 1, 1))
    found = np.asarray(changed(same, KEY, Augmentation()))
    assert not np.allclose(found[0], found[1])


def test_an_even_image_moves_into_itself() -> None:
    flat = jnp.full((4, 9, 7, 2), 0.25, jnp.float32)
    how = Augmentation(0.3, 40.0, 0.3, 0.3, 0.0, 0.0, flip=True)
    np.testing.assert_allclose(np.asarray(changed(flat, KEY, how)), 0.25, atol=1e-6)


def test_flips_are_exact_and_about_half() -> None:
    how = Augmentation(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, flip=True)
    images = jnp.tile(IMAGES[:1], (64, 1, 1, 1))
    found, as_is = np.asarray(changed(images, KEY, how)), np.asarray(IMAGES[0])
    is_as_is = np.isclose(found, as_is, atol=1e-6).all((1, 2, 3))
    is_flipped = np.isclose(found, as_is[:, ::-1], atol=1e-6).all((1, 2, 3))
    assert (is_as_is ^ is_flipped).all() and 16 < is_flipped.sum() < 48


def test_no_flip_unless_asked() -> None:
    """A mirrored 2 is no 2: with the default, light on the left stays on the left."""
    left = np.zeros((32, 12, 12, 1), np.float32)
    left[:, :, :4] = 1
    found = np.asarray(changed(jnp.asarray(left), KEY, Augmentation()))
    assert (found[:, :, :6].mean((1, 2, 3)) > found[:, :, 6:].mean((1, 2, 3))).all()
