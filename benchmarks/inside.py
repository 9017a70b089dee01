"""Inside objects: is what is found right, and how fast? Deletion tests on real data, and speed against other ways.

    OMP_NUM_THREADS=1 python benchmarks/inside.py mnist5k --data ../shared/data     # this one
    OMP_NUM_THREADS=1 python benchmarks/inside.py --data ../shared/data             # all, about 10 minutes

Each data set has a row in `results/inside.md` (and `.json`) that a run replaces.

Deletion: the parts of a row's object become the baseline one by one, in the order that a method gives them, and the
mean over all steps of the logit of the class that was predicted is noted: the lower, the better were those found first
that the prediction rests on. All methods order the same parts. Nothing is chosen by these rows.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import platform
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from report import RESULTS, cpu_model, load, table, versions

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
    about: str = ""


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


DELETION = (
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
SPEED = ("data", "ours", "model.predict, 64 a call", "model.predict, one a call", "ours a row", "shap Partition a row")


def main() -> None:
    """Run those named, all where none is; each is written as it is done."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sets", nargs="*", help=f"of {', '.join(SETS)}")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--rows", type=int, default=N_ROWS)
    parser.add_argument("--beside", default="", help="what else ran on the machine")
    asked = parser.parse_args()
    if unknown := [name for name in asked.sets if name not in SETS]:
        parser.error(f"no data set {unknown[0]!r}; there are {', '.join(SETS)}")
    path = RESULTS / "inside.json"
    for name in asked.sets or SETS:
        found = measured(SETS[name](asked.data), asked.rows, asked.beside)
        print(json.dumps({name: found}, indent=1), flush=True)
        rows = json.loads(path.read_text()) if path.exists() else {}
        rows[name] = found
        path.write_text(json.dumps({key: rows[key] for key in SETS if key in rows}, indent=1) + "\n")
        (RESULTS / "inside.md").write_text(page(rows))


def measured(one: Set, n_rows: int, beside: str) -> dict[str, Any]:
    """Both tables' cells of one data set, and what they were measured on."""
    rows = one.rows.iloc[:n_rows]
    return {
        "deletion": deletions(one, rows),
        "speed": speeds(one, rows),
        "rows": len(rows),
        "model": one.about,
        "when": f"{datetime.date.today()}, {cpu_model()}, {os.cpu_count()} cores{load()}"
        + (f"; beside it: {beside}" if beside else ""),
        "versions": f"Python {platform.python_version()}, {versions()}",
    }


def page(rows: dict[str, dict[str, Any]]) -> str:
    """The rows as Markdown."""
    known = [name for name in SETS if name in rows]
    about = (
        "Mean logit of the predicted class over all steps of taking parts away: the lower, the better; in brackets the "
        "standard error of Shapley's difference to that column, over rows. Worst gap: of the sum of a row's values. "
        "Parts and baselines are the defaults, and all methods order the same parts."
    )
    fast = (
        "Composed objects a second, and seconds a row (shap's PartitionExplainer with "
        f"{N_PARTITION} evaluations in batches of 64, of the same predictions)"
    )
    notes = [f"- **{name}**: {rows[name]['rows']} rows; {rows[name]['model']}; {rows[name]['when']}" for name in known]
    parts = (
        "# Inside objects: what is found, and how fast",
        (__doc__ or "").strip(),
        about,
        table(DELETION, [(name, *rows[name]["deletion"]) for name in known]),
        fast,
        table(SPEED, [(name, *rows[name]["speed"]) for name in known]),
        "\n".join(notes),
        rows[known[-1]]["versions"] if known else "",
    )
    return "\n\n".join(parts) + "\n"


def deletions(one: Set, rows: pd.DataFrame) -> tuple[str, ...]:
    """What is left of the predicted class's logit on the way, by the order of each method."""
    inside = ll.explain_inside(one.model, rows, one.column, rows=len(rows))
    draw, found = np.random.default_rng(0), []
    for number, thing in enumerate(inside):
        row = rows.loc[[inside.row_labels[number]]]
        output = _output(thing)
        n, sign = len(thing.values(output)), _sign(one, thing, output)
        alone = _logits(one, thing, row, ~np.eye(n, dtype=bool), output)
        orders = {"shapley": thing.values(output), "alone": -alone, **_gradients(one, row, output)}
        areas = {name: _area(one, thing, row, np.argsort(-sign * scores), output) for name, scores in orders.items()}
        random = [_area(one, thing, row, draw.permutation(n), output) for _ in range(N_RANDOM)]
        found.append({**areas, "random": float(np.mean(random)), "whole": sign * thing.ends(output)[1], "parts": n})
    means = pd.DataFrame(found)
    shown = [_against(means, name) for name in ("random", "alone", "ig", "cam")]
    return (
        f"{means['parts'].mean():.0f}", f"{means['whole'].mean():.2f}", f"{means['shapley'].mean():.2f}",
        *shown, f"{inside.additivity_gap:.0e}",
    )  # fmt: skip


def _against(means: pd.DataFrame, name: str) -> str:
    """A method's mean, and the standard error of how much Shapley differs from it."""
    if name not in means:
        return ""
    sd = (means["shapley"] - means[name]).std(ddof=1) / np.sqrt(len(means))
    return f"{means[name].mean():.2f} ({sd:.2f})"


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
    return _sign(one, thing, output) * float(_logits(one, thing, row, kept, output).mean())


def _sign(one: Set, thing: InsideObject, output: int) -> float:
    """What turns the output into the logit of the class that was predicted: of two classes one has an output."""
    return 1.0 if one.model.task.n_outputs > 1 or thing.ends(output)[1] >= 0 else -1.0


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
    about = (
        f"`ll.train` with `quality='fast'`, {time.monotonic() - began:.0f} s, {metric[0]} {metric[1]}; blend: "
        + ", ".join(f"{one.name} {w:.2f}" for one, w in zip(model.members, model.blend.weights, strict=True))
    )
    print(about, flush=True)
    others = np.flatnonzero(~learned)
    return Set(model, frame.iloc[draw.permutation(others)], column, kind, about)


if __name__ == "__main__":
    main()
