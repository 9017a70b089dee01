"""Texts a second through the frozen MiniLM encoder: ours, torch on the same texts, and what the matmuls alone allow.

OMP_NUM_THREADS=2 python benchmarks/text_encoder.py [texts.parquet --column text]
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "2")

import jax
import numpy as np
import pandas as pd
from report import table, write

from lepton_lab.data.word_pieces import word_pieces
from lepton_lab.networks.minilm_weights import minilm_arrays
from lepton_lab.networks.sentence_vectors import sentence_vectors

N_TOKENS, N_WARM = 1024, 64


def timed(work: Callable[[], Any]) -> tuple[Any, float, float]:
    """What a call gives, its seconds by the clock and by the processor."""
    clock, cpu = time.perf_counter(), time.process_time()
    result = work()
    return result, time.perf_counter() - clock, time.process_time() - cpu


def texts_of(file: str | None, column: str, n: int) -> list[str]:
    """The first texts of a file, or made ones: as many words each as messages to a bank have."""
    if file is not None:
        return pd.read_parquet(file)[column].astype(str).tolist()[:n]
    draw = np.random.default_rng(0)
    words = ["card", "account", "transfer", "money", "the", "why", "is", "not", "working", "can", "you", "help"]
    return [" ".join(draw.choice(words, size)) for size in draw.geometric(1 / 9, n) + 4]


def by_torch(texts: list[str]) -> np.ndarray:
    """The same vectors by torch: sorted by length, 64 texts a batch, padded to the longest."""
    import torch
    from torch.nn import functional

    torch.set_num_threads(os.cpu_count() or 1)
    arrays = minilm_arrays()
    words, places = torch.tensor(arrays.words), torch.tensor(arrays.places)
    layers = {name: torch.tensor(array) for name, array in arrays.layers.items()}
    norm, norm_bias = torch.tensor(arrays.norm), torch.tensor(arrays.norm_bias)
    pieces = word_pieces(texts)
    order = sorted(range(len(texts)), key=lambda i: len(pieces[i].tokens))
    found = np.zeros((len(texts), 384), np.float32)

    def normed(x: Any, name: str, k: int) -> Any:
        return functional.layer_norm(x, (384,), layers[name][k], layers[f"{name}_bias"][k], 1e-12)

    def dense(x: Any, name: str, k: int) -> Any:
        return torch.addmm(layers[f"{name}_bias"][k], x.reshape(-1, x.shape[-1]), layers[name][k])

    def encode(tokens: Any) -> Any:
        n_rows, length = tokens.shape
        there = tokens > 0
        x = functional.layer_norm(words[tokens] + places[:length], (384,), norm, norm_bias, 1e-12)
        for k in range(6):
            q, key, v = dense(x, "qkv", k).reshape(n_rows, length, 3, 12, 32).permute(2, 0, 3, 1, 4)
            seen = functional.scaled_dot_product_attention(q, key, v, attn_mask=there[:, None, None, :])
            seen = seen.transpose(1, 2).reshape(n_rows, length, 384)
            x = normed(x + dense(seen, "out", k).reshape(x.shape), "norm_1", k)
            up = functional.gelu(dense(x, "up", k))
            x = normed(x + dense(up, "down", k).reshape(x.shape), "norm_2", k)
        return functional.normalize((x * there[..., None]).sum(1), dim=1)

    with torch.inference_mode():
        for at in range(0, len(order), 64):
            batch = order[at : at + 64]
            tokens = np.zeros((len(batch), max(len(pieces[i].tokens) for i in batch)), np.int64)
            for row, i in enumerate(batch):
                tokens[row, : len(pieces[i].tokens)] = pieces[i].tokens
            found[batch] = encode(torch.tensor(tokens)).numpy()
    return found


def matmul_speed() -> float:
    """Multiplications and additions a second in the encoder's own matmuls, on all cores, 1e9."""
    layers = minilm_arrays().layers
    x, h = (np.random.default_rng(0).standard_normal((N_TOKENS, n)).astype(np.float32) for n in (384, 1536))

    def all_four(x: Any, h: Any, qkv: Any, out: Any, up: Any, down: Any) -> Any:
        return (x @ qkv).sum() + (x @ out).sum() + (x @ up).sum() + (h @ down).sum()

    function, first = jax.jit(all_four), [layers[name][0] for name in ("qkv", "out", "up", "down")]
    n_flops = 2 * N_TOKENS * sum(kernel.size for kernel in first)
    given = [jax.device_put(array) for array in (x, h, *first)]
    seconds = min(timed(lambda: jax.block_until_ready(function(*given)))[1] for _ in range(30))
    return n_flops / seconds / 1e9


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", nargs="?", help="a parquet file of texts; made ones where it is left out")
    parser.add_argument("--column", default="text")
    parser.add_argument("--rows", type=int, default=13_000)
    asked = parser.parse_args()
    texts = texts_of(asked.file, asked.column, asked.rows)
    n_tokens = sum(len(one.tokens) for one in word_pieces(texts))
    warm_up = timed(lambda: [sentence_vectors(texts[:n]) for n in (N_WARM, 1500)])[1]
    ours, our_clock, our_cpu = timed(lambda: sentence_vectors(texts))
    by_torch(texts[:N_WARM])
    theirs, their_clock, their_cpu = timed(lambda: by_torch(texts))
    speed = matmul_speed()
    bound = n_tokens * 2 * 6 * sum(minilm_arrays().layers[name][0].size for name in ("qkv", "out", "up", "down")) / 1e9
    rows = [
        ["ours", f"{len(texts) / our_clock:,.0f}", f"{our_clock:.1f}", f"{our_cpu:.1f}"],
        ["torch", f"{len(texts) / their_clock:,.0f}", f"{their_clock:.1f}", f"{their_cpu:.1f}"],
        [
            f"the matmuls alone, at {speed:.0f} GFLOP/s",
            f"{len(texts) * speed / bound:,.0f}",
            f"{bound / speed:.1f}",
            "",
        ],
    ]
    gap = float(np.nanmax(np.abs(ours.values - theirs)))
    about = (
        f"{len(texts):,} texts, {n_tokens:,} word pieces, matmuls at {speed:.0f} GFLOP/s; largest difference to torch "
        f"{gap:.1e}. Reading the weights and compiling is not in it (a first call of {N_WARM} texts and a second of "
        f"1,500: {warm_up:.1f} s)."
    )
    header = ["", "texts a second", "seconds", "processor seconds"]
    write("text_encoder", "The frozen text encoder", table(header, rows) + f"\n\n{about}")


if __name__ == "__main__":
    main()
