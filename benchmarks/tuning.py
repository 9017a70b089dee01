"""What halving saves: the same 32 trials with it and with a whole schedule each; time, and who wins."""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from dataclasses import dataclass

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("LEPTON_HOME", tempfile.mkdtemp(prefix="lepton-tuning-"))
# Every program is compiled here once, and counted.
os.environ["LEPTON_CACHE"] = tempfile.mkdtemp(prefix="lepton-tuning-cache-")

import numpy as np
import pandas as pd

import lepton_lab as ll
from benchmarks.report import table, write
from lepton_lab.training.compilation import count_compilations


@dataclass(frozen=True)
class Outcome:
    """One search."""

    study: ll.Study
    search_s: float
    compiled: int


def frame(n_rows: int, seed: int) -> pd.DataFrame:
    """Columns of several kinds with interactions and noise: settings matter, and no model is perfect."""
    draw = np.random.default_rng(seed)
    x = draw.normal(size=(n_rows, 10))
    word = draw.choice(list("abcdefgh"), n_rows)
    level = np.array([hash_level(w, seed) for w in word])
    z = np.sin(2 * x[:, 0]) + x[:, 1] * x[:, 2] + 0.7 * level * (x[:, 3] > 0) + 0.5 * np.abs(x[:, 4]) - 0.4
    y = draw.random(n_rows) < 1 / (1 + np.exp(-1.5 * z))
    return pd.DataFrame(x, columns=[f"x{i}" for i in range(10)]).assign(word=word, y=np.where(y, "yes", "no"))


def hash_level(word: str, seed: int) -> float:
    """A fixed effect for each word."""
    return float(np.random.default_rng([seed, ord(word)]).normal())


def searched(df: pd.DataFrame, trials: int, seed: int, *, halving: bool) -> Outcome:
    """One search by random points, so that both ways try the same."""
    with count_compilations() as count:
        study = ll.tune(df, target="y", trials=trials, sampler="random", seed=seed, halving=halving, quality="balanced")
    return Outcome(study, sum(trial.seconds for trial in study.trials[1:]), count.compiled)


def winner(study: ll.Study, member: str) -> int:
    """The trial of a member that ends best among those with a whole schedule, the default left out."""
    done = [t for t in study.trials[1:] if t.member == member and t.state == "complete"]
    return min(done, key=lambda t: t.value).number if done else -1


def place(full: ll.Study, member: str, number: int) -> int:
    """Where a trial stands among the full trials of its member, from 1."""
    done = sorted((t for t in full.trials[1:] if t.member == member), key=lambda t: t.value)
    return 1 + [t.number for t in done].index(number)


def main() -> None:
    """Search on several frames, both ways."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=6000)
    parser.add_argument("--trials", type=int, default=32)
    parser.add_argument("--seeds", type=int, default=3)
    asked = parser.parse_args()
    began, rows = time.time(), []
    # Compilation is no part of what is compared: a search of another frame compiles what there is to compile.
    first = searched(frame(asked.rows, 99), asked.trials, 99, halving=True)
    shapes = {t.params["size"] for t in first.study.trials if t.member == "network" and "size" in t.params}
    for seed in range(asked.seeds):
        df = frame(asked.rows, seed)
        fast = searched(df, asked.trials, seed, halving=True)
        full = searched(df, asked.trials, seed, halving=False)
        assert [t.params for t in fast.study.trials] == [t.params for t in full.study.trials]
        net, trees = winner(fast.study, "network"), winner(fast.study, "trees")
        board = [{line.name: line for line in found.study.leaderboard} for found in (fast, full)]
        rows.append(
            [
                seed, f"{fast.search_s:.1f}", f"{full.search_s:.1f}", f"{full.search_s / fast.search_s:.2f}x",
                f"{place(full.study, 'network', net)} of {sum(t.member == 'network' for t in full.study.trials)}",
                f"{place(full.study, 'trees', trees)} of {sum(t.member == 'trees' for t in full.study.trials)}",
                f"{fast.study.best.value:.4f} / {full.study.best.value:.4f}",
                f"{board[0]['ensemble'].value.value:.4f} / {board[1]['ensemble'].value.value:.4f}",
                f"{board[0]['default recipe'].value.value:.4f}",
                f"{fast.study.model.metrics['log_loss'].value:.4f} / {full.study.model.metrics['log_loss'].value:.4f}",
                fast.compiled,
            ]
        )  # fmt: skip
        print(rows[-1], f"{time.time() - began:.0f} s", flush=True)
    header = [
        "seed", "halving, s", "full, s", "ratio", "its best network among the full ones", "its best trees",
        "best trial", "ensemble", "default recipe", "ensemble held out", "compiled in it",
    ]  # fmt: skip
    body = table(header, rows)
    note = (
        f"{asked.trials} trials each (the default recipe is one of them and not timed), {asked.rows:,} rows, the same "
        "points both ways. Log loss; halving / full. Seconds of the trials' training on one core, compilation "
        "left out, in one process. Places: 1 is the same winner. A first search, on another frame, found nothing "
        f"compiled: its networks of {len(shapes)} shapes took {first.compiled} programs, for each shape one that "
        "trains and one that answers."
    )
    write("tuning", "Halving against whole schedules", f"{note}\n\n{body}")


if __name__ == "__main__":
    main()
