"""Inside objects: is what is found right, and how fast? Deletion tests on real data, and speed against other ways.

python benchmarks/inside.py mnist5k watch spamassassin --data ../shared/data     # about 4 minutes of two cores

Deletion: the parts of a row's object become the baseline one by one, in the order that a method gives them, and the
mean over all steps of the logit of the class that was predicted is noted: the lower, the better were those found first
that the prediction rests on. All methods order the same parts. Nothing is chosen by these rows.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from report import table, write

import lepton_lab as ll
from lepton_lab.explanation.inside.inside_explanation import InsideObject

N_ROWS, N_RANDOM = 20, 5
# Composed objects that the slow ways are timed on.
N_NAIVE, N_PARTITION = 40, 500


@dataclass(frozen=True)
class Set:
    """One data set: a model trained by defaults within a minute, and rows that it did not learn from."""

    model: Any
    rows: pd.DataFrame
    column: str
    kind: str


def mnist5k(folder: Path) -> Set:
    """Digits, a fifth held out."""
    data = np.load(folder / "mnist5k.npz")
    frame = pd.DataFrame({"image": list(data["X"]), "digit": data["y"].astype(str)})
    return _trained(frame, "digit", "image", "image")


def watch(folder: Path) -> Set:
    """Exercises, by accelerations and turns of the wrist: windows of 5 s, a quarter of the recordings held out."""
    data = np.load(folder / "watch.npz")
    pieces = np.split(data["X"].astype(np.float64), np.cumsum(data["lengths"])[:-1])
    cells = [
        {"wave": piece[at : at + 250 : 2], "exercise": str(kind), "recording": number}
        for number, (piece, kind) in enumerate(zip(pieces, data["y"], strict=True))
        for at in range(0, len(piece) - 250, 250)
    ]
    return _trained(pd.DataFrame(cells), "exercise", "wave", "series", group="recording")


def spamassassin(folder: Path) -> Set:
    """Mails, by their body; a quarter held out."""
    frame = pd.read_parquet(folder / "spamassassin.parquet")[["body", "spam"]]
    return _trained(frame[frame["body"].str.split().str.len() > 3], "spam", "body", "text")


SETS: dict[str, Callable[[Path], Set]] = {"mnist5k": mnist5k, "watch": watch, "spamassassin": spamassassin}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("sets", nargs="*", default=list(SETS))
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--rows", type=int, default=N_ROWS)
    parser.add_argument("--beside", default="", help="what else ran on the machine")
    asked = parser.parse_args()
    deletion, speed = [], []
    for name in asked.sets:
        one = SETS[name](asked.data)
        rows = one.rows.iloc[: asked.rows]
        deletion.append((name, *deletions(one, rows)))
        print(deletion[-1], flush=True)
        speed.append((name, *speeds(one, rows)))
        print(speed[-1], flush=True)
    beside = f"\n\nBeside it ran: {asked.beside}." if asked.beside else ""
    about = (
        f"Mean logit of the predicted class over all steps of taking parts away, {asked.rows} rows not learned from: "
        "the lower, the better; in brackets the standard error of the difference between Shapley and random. "
        "Worst gap: of the sum of a row's values. Models: `ll.train` with `quality='fast'`; parts and baselines are "
        "the defaults, and all methods order the same parts."
    )
    columns = (
        "data",
        "parts",
        "as it is",
        "Shapley",
        "random",
        "one part away",
        "integrated gradients",
        "Grad-CAM",
        "worst gap",
    )
    fast = (
        "data",
        "ours",
        "model.predict, 64 a call",
        "model.predict, one a call",
        "ours a row",
        "shap Partition a row",
    )
    write(
        "inside",
        "Inside objects: what is found, and how fast",
        about + "\n\n" + table(columns, deletion) + "\n\nComposed objects a second, and seconds a row (shap's "
        f"PartitionExplainer with {N_PARTITION} evaluations in batches of 64, of the same predictions)\n\n"
        + table(fast, speed)
        + beside,
        keep=set(asked.sets) == set(SETS),
    )


def deletions(one: Set, rows: pd.DataFrame) -> tuple[str, ...]:
    """What is left of the predicted class's logit on the way, by the order of each method."""
    inside = ll.explain_inside(one.model, rows, one.column, rows=len(rows))
    draw, found = np.random.default_rng(0), []
    for number, thing in enumerate(inside):
        row = rows.loc[[inside.row_labels[number]]]
        output = _output(thing)
        n = len(thing.values(output))
        alone = _logits(one, thing, row, ~np.eye(n, dtype=bool), output)
        orders = {"shapley": thing.values(output), "alone": -alone, **_gradients(one, row, output)}
        areas = {name: _area(one, thing, row, np.argsort(-scores), output) for name, scores in orders.items()}
        random = [_area(one, thing, row, draw.permutation(n), output) for _ in range(N_RANDOM)]
        found.append({**areas, "random": float(np.mean(random)), "whole": thing.ends(output)[1], "parts": n})
    means = pd.DataFrame(found)
    sd = (means["shapley"] - means["random"]).std(ddof=1) / np.sqrt(len(means))
    shown = [f"{means[k].mean():.2f}" if k in means else "" for k in ("alone", "ig", "cam")]
    return (
        f"{means['parts'].mean():.0f}", f"{means['whole'].mean():.2f}", f"{means['shapley'].mean():.2f} ({sd:.2f})",
        f"{means['random'].mean():.2f}", *shown, f"{inside.additivity_gap:.0e}",
    )  # fmt: skip


def speeds(one: Set, rows: pd.DataFrame) -> tuple[str, ...]:
    """Composed objects a second: the engine's, and loops over predictions."""
    row = rows.iloc[[0]]
    began = time.monotonic()
    inside = ll.explain_inside(one.model, row, one.column, at=0)
    ours_s = time.monotonic() - began
    (thing,) = inside
    n, draw = len(thing.values(_output(thing))), np.random.default_rng(1)
    masks = draw.random((max(N_NAIVE, 256), n)) < 0.5
    _logits(one, thing, row, masks[:64], 0)
    many_s = _timed(lambda: [_logits(one, thing, row, masks[k : k + 64], 0) for k in range(0, 256, 64)])
    _logits(one, thing, row, masks[:1], 0)
    one_s = _timed(lambda: [_logits(one, thing, row, masks[k : k + 1], 0) for k in range(N_NAIVE)])
    return (
        f"{inside.n_evaluations / thing.explanation.seconds:,.0f}", f"{256 / many_s:,.0f}", f"{N_NAIVE / one_s:,.0f}",
        f"{ours_s:.2f} s ({inside.n_evaluations:,})", _partition(one, thing, row),
    )  # fmt: skip


def _partition(one: Set, thing: InsideObject, row: pd.DataFrame) -> str:
    """Seconds that shap's PartitionExplainer takes for the same parts, by their own order as its tree."""
    import shap
    from scipy.cluster.hierarchy import linkage

    n = len(thing.values(_output(thing)))
    tree = linkage(np.arange(n, dtype=float)[:, None], "average")
    masker = shap.maskers.Partition(np.zeros((1, n)), clustering=tree)
    explainer = shap.explainers.Partition(
        lambda z: _logits(one, thing, row, np.asarray(z) > 0.5, _output(thing)), masker
    )
    seconds = _timed(lambda: explainer(np.ones((1, n)), max_evals=N_PARTITION, batch_size=64, silent=True))
    return f"{seconds:.2f} s"


def _timed(run: Callable[[], object]) -> float:
    began = time.monotonic()
    run()
    return time.monotonic() - began


def _output(thing: InsideObject) -> int:
    prediction = thing.explanation.prediction[0]
    return int(prediction.argmax()) if np.ndim(prediction) else 0


def _gradients(one: Set, row: pd.DataFrame, output: int) -> dict[str, np.ndarray]:
    """Scores of the parts by gradients, where the kind of object has some."""
    methods = {"image": ("integrated_gradients", "grad_cam"), "series": ("integrated_gradients",)}.get(one.kind, ())
    names = {"integrated_gradients": "ig", "grad_cam": "cam"}
    task = one.model.task
    chosen = task.classes[output] if task.n_outputs > 1 else None
    found = {m: ll.explain_preview(one.model, row, inside=one.column, method=m, at=0, output=chosen) for m in methods}
    return {names[m]: preview.objects[0].values() for m, preview in found.items()}


def _area(one: Set, thing: InsideObject, row: pd.DataFrame, order: np.ndarray, output: int) -> float:
    """Mean logit while parts become the baseline in an order."""
    n = len(order)
    place = np.argsort(order)
    kept = place[None, :] >= np.arange(n + 1)[:, None]
    sign = 1.0 if one.model.task.n_outputs > 1 or thing.ends(output)[1] >= 0 else -1.0
    return sign * float(_logits(one, thing, row, kept, output).mean())


def _logits(one: Set, thing: InsideObject, row: pd.DataFrame, kept: np.ndarray, output: int) -> np.ndarray:
    """The model's own predictions of frames that hold composed objects."""
    objects = [_composed(one, thing, mask) for mask in kept]
    frame = pd.concat([row] * len(kept), ignore_index=True)
    frame[one.column] = pd.Series(objects, dtype=object)
    return one.model.logits(frame)[:, output]


def _composed(one: Set, thing: InsideObject, kept: np.ndarray) -> Any:
    if one.kind == "text":
        text, gone = (
            str(thing.shown),
            [tuple(span) for span, is_kept in zip(thing.owner, kept, strict=True) if not is_kept],
        )
        for start, stop in reversed(gone):
            text = text[:start] + text[stop:]
        return text if text.strip() else None
    is_shown = kept[thing.owner]
    if one.kind == "image":
        return np.where(is_shown[:, :, None], thing.shown, thing.hidden)
    return np.where(is_shown, thing.shown, thing.hidden)


def _trained(frame: pd.DataFrame, target: str, column: str, kind: str, group: str | None = None) -> Set:
    """A model of three quarters of the rows, or groups; of the others, drawn by a fixed seed, some are explained."""
    of_row = np.arange(len(frame)) if group is None else frame[group].to_numpy()
    draw = np.random.default_rng(0)
    learned = np.isin(of_row, draw.permutation(np.unique(of_row))[: len(np.unique(of_row)) * 3 // 4])
    frame = frame.drop(columns=[group] if group else []).reset_index(drop=True)
    began = time.monotonic()
    model = ll.train(frame[learned].reset_index(drop=True), target=target, quality="fast", types={column: kind})
    metric = next(iter(model.metrics.items()))
    print(f"trained in {time.monotonic() - began:.0f} s: {metric[0]} {metric[1]}", flush=True)
    others = np.flatnonzero(~learned)
    return Set(model, frame.iloc[draw.permutation(others)], column, kind)


if __name__ == "__main__":
    main()
