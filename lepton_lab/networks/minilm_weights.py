"""The weights of all-MiniLM-L6-v2, read from its package and laid out as our encoder uses them."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from lepton_lab.data.word_pieces import minilm_file
from lepton_lab.errors import DamagedFileError

N_LAYERS = 6
_LAYER = "encoder.layer.{}."
# Ours, and the parts of the original that lie side by side in it, transposed where they are kernels.
_PARTS = {
    "qkv": tuple(f"attention.self.{name}.weight" for name in ("query", "key", "value")),
    "qkv_bias": tuple(f"attention.self.{name}.bias" for name in ("query", "key", "value")),
    "out": ("attention.output.dense.weight",),
    "out_bias": ("attention.output.dense.bias",),
    "norm_1": ("attention.output.LayerNorm.weight",),
    "norm_1_bias": ("attention.output.LayerNorm.bias",),
    "up": ("intermediate.dense.weight",),
    "up_bias": ("intermediate.dense.bias",),
    "down": ("output.dense.weight",),
    "down_bias": ("output.dense.bias",),
    "norm_2": ("output.LayerNorm.weight",),
    "norm_2_bias": ("output.LayerNorm.bias",),
}


@dataclass(frozen=True)
class MiniLMArrays:
    """All numbers of the encoder, float32.

    Args:
        words: a vector each word piece `(word, width)`.
        places: a vector each place in the text `(place, width)`.
        norm, norm_bias: of the layer norm after both.
        layers: kernels `(layer, in, out)` and vectors `(layer, out)` of the six layers, by name.
    """

    words: np.ndarray
    places: np.ndarray
    norm: np.ndarray
    norm_bias: np.ndarray
    layers: Mapping[str, np.ndarray]


@functools.lru_cache(maxsize=1)
def minilm_arrays() -> MiniLMArrays:
    """The pretrained numbers, read once a process.

    Raises:
        MissingPackageError: the package is not installed.
        DamagedFileError: its file holds no MiniLM.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    path = minilm_file("model.safetensors")
    try:
        stored = load_file(path)
        return _laid_out(stored)
    except (SafetensorError, KeyError, ValueError) as error:
        raise DamagedFileError(f"{path} holds no weights of all-MiniLM-L6-v2: {error!r}. Install it anew.") from error


def _laid_out(stored: Mapping[str, np.ndarray]) -> MiniLMArrays:
    layers = {
        ours: np.stack([_side_by_side(stored, _LAYER.format(number), names) for number in range(N_LAYERS)])
        for ours, names in _PARTS.items()
    }
    of_type = stored["embeddings.token_type_embeddings.weight"][0]
    return MiniLMArrays(
        np.asarray(stored["embeddings.word_embeddings.weight"], np.float32),
        np.asarray(stored["embeddings.position_embeddings.weight"] + of_type, np.float32),
        np.asarray(stored["embeddings.LayerNorm.weight"], np.float32),
        np.asarray(stored["embeddings.LayerNorm.bias"], np.float32),
        layers,
    )


def _side_by_side(stored: Mapping[str, np.ndarray], prefix: str, names: tuple[str, ...]) -> np.ndarray:
    found = [np.asarray(stored[prefix + name], np.float32).T for name in names]
    return np.ascontiguousarray(np.concatenate(found, axis=-1))
