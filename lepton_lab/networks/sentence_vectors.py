"""Vectors of many texts by the frozen MiniLM encoder: each different text once, packed, on all cores."""

from __future__ import annotations

import functools
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np
from flax import nnx
from jaxtyping import Float

from lepton_lab.data.packed_rows import PackedRows, lay_out, pack
from lepton_lab.data.texts import distinct_texts, read_texts
from lepton_lab.data.word_pieces import word_pieces
from lepton_lab.networks.minilm import WIDTH, MiniLM, MiniLMConfig

# Tokens of one call: what is made of them on the way stays in the processor's cache.
TOKENS_A_CALL = 1024
ROW_LENGTHS = (64, 128, 256)
# A call at a time a core: matmuls of this size gain little from being shared between cores.
N_CALLS_AT_ONCE = 2


@dataclass(frozen=True)
class SentenceVectors:
    """What the encoder made of some texts.

    Args:
        values: `(text, 384)`, of unit length; NaN where there was nothing to read.
        is_cut: whether a text is longer than what was read of it, `(text,)`.
    """

    values: Float[np.ndarray, "text 384"]
    is_cut: np.ndarray


def sentence_vectors(texts: Sequence[Any], report: Callable[[int, int], None] | None = None) -> SentenceVectors:
    """The vectors of texts, as sentence-transformers gives them for all-MiniLM-L6-v2.

    Args:
        texts: any cells; what is no text is read as one.
        report: called with how many of how many different texts are done, after every call.

    Raises:
        MissingPackageError: the encoder is not installed; with the command that installs it.
    """
    distinct, where = distinct_texts(read_texts(texts))
    pieces = word_pieces(distinct) if distinct else []
    vectors = token_vectors([one.tokens for one in pieces], report)
    unread = np.full((1, WIDTH), np.nan, np.float32)  # the last, for what was not read
    is_cut = np.array([one.is_cut for one in pieces] + [False])
    return SentenceVectors(np.concatenate([vectors, unread])[where], is_cut[where])


def token_vectors(
    tokens: Sequence[np.ndarray], report: Callable[[int, int], None] | None = None
) -> Float[np.ndarray, "text 384"]:
    """The vectors of texts given as word pieces, int32 `(token,)` each, at most 256.

    Raises:
        MissingPackageError: the encoder is not installed; with the command that installs it.
    """
    found, n_done = np.zeros((len(tokens), WIDTH), np.float32), 0
    for places, vectors in token_vectors_as_done(tokens):
        found[places] = vectors
        n_done += len(places)
        if report is not None:
            report(n_done, len(tokens))
    return found


def token_vectors_as_done(tokens: Sequence[np.ndarray]) -> Iterator[tuple[list[int], Float[np.ndarray, "text 384"]]]:
    """The same, call by call: places of some texts, and their vectors. Whoever stops asking waits for no more."""
    for packed, vectors in _answers(tokens):
        places = [place for shared in packed.texts for place in shared]
        yield places, np.concatenate([vectors[row, : len(shared)] for row, shared in enumerate(packed.texts)])


def _answers(tokens: Sequence[np.ndarray]) -> Iterator[tuple[PackedRows, np.ndarray]]:
    """Batch after batch; an interrupt waits for no more than the few that are under way."""
    with ThreadPoolExecutor(N_CALLS_AT_ONCE) as threads:
        waiting: deque[Future[tuple[PackedRows, np.ndarray]]] = deque()
        for packed in _calls(tokens):
            waiting.append(threads.submit(_encoded, packed))
            if len(waiting) > N_CALLS_AT_ONCE:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _calls(tokens: Sequence[np.ndarray]) -> Iterator[PackedRows]:
    """Batches of about as many tokens each; what is left over row by row, where that is less work."""
    shortest = 0
    for length in ROW_LENGTHS:
        here = [i for i, one in enumerate(tokens) if shortest < len(one) <= length]
        rows = [[here[i] for i in row] for row in pack([len(tokens[i]) for i in here], length)]
        n_rows, at = TOKENS_A_CALL // length, 0
        while at < len(rows):
            size = n_rows if 2 * (len(rows) - at) >= n_rows else 1
            yield lay_out(tokens, rows[at : at + size], (size, length))
            at += size
        shortest = length


def _encoded(packed: PackedRows) -> tuple[PackedRows, np.ndarray]:
    function, state = _frozen()
    return packed, np.asarray(function(state, packed.tokens, packed.positions, packed.owners))


@functools.lru_cache(maxsize=1)
def _frozen() -> tuple[Callable[..., Any], Any]:
    """The compiled encoder and its numbers, once a process."""
    encoder = MiniLM(config=MiniLMConfig(trained="nothing"), draw=np.random.default_rng(0))
    graph, state = nnx.split(encoder)

    def embed(state: Any, tokens: Any, positions: Any, owners: Any) -> Any:
        # Each text has the marks of its ends at least.
        return nnx.merge(graph, state).embed_packed(tokens, positions, owners, tokens.shape[1] // 2)

    return jax.jit(embed), jax.device_put(state)
