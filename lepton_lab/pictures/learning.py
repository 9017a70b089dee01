"""Training as curves: validation and training loss of each member, and the progress of a run in words."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from lepton_lab.pictures import theme
from lepton_lab.pictures.curves import Line, lines, thin
from lepton_lab.pictures.forming import attribution_bars
from lepton_lab.pictures.markup import Markup
from lepton_lab.pictures.numbers import fixed, metric, seconds

if TYPE_CHECKING:
    from lepton_lab.training.progress import Progress

MEMBERS = {"network": ("Network", "epoch"), "trees": ("Boosted trees", "round")}


def learning_curves(history: Sequence[Progress]) -> list[Markup]:
    """A section with one chart a member that learned step by step; nothing where none did."""
    figures = [_member_figure(member, history) for member in MEMBERS]
    shown = [figure for figure in figures if figure]
    return [theme.section("How it learned", theme.row(*shown))] if shown else []


def _member_figure(member: str, history: Sequence[Progress]) -> Markup:
    name, unit = MEMBERS[member]
    mine = [p for p in history if p.stage == member]
    series = _series(mine)
    if not any(len(one.xs) > 1 for one in series):
        return Markup("")
    only = series[0].name if len({p.fold for p in mine}) == 1 else ""
    drawing = lines(series, x_name=unit, y_name="loss", width=400, height=200, best=only)
    return theme.figure(name, drawing, _caption(mine))


def _caption(records: Sequence[Progress]) -> str:
    folds = len({p.fold for p in records})
    each = f" of {folds} folds" if folds > 1 else ""
    return f"validation loss{each}" + (
        ", training loss in grey" if any(p.train_loss is not None for p in records) else ""
    )


def _series(records: Sequence[Progress]) -> list[Line]:
    """Validation loss of every fold, and the training loss of the first, thinned to what a chart can show."""
    folds = sorted({p.fold for p in records}, key=lambda fold: -1 if fold is None else fold)
    several = len(folds) > 1
    found = []
    for fold in folds:
        name = "validation" if fold is None else f"validation, fold {fold + 1}"
        found.append(_line(name, "main", ((p.epoch, p.valid_loss) for p in records if p.fold == fold), faint=several))
    if folds:
        found.append(
            _line("training", "other", ((p.epoch, p.train_loss) for p in records if p.fold == folds[0]), faint=several)
        )
    return found


def _line(name: str, kind: str, points: Iterable[tuple[float, float | None]], *, faint: bool) -> Line:
    known = [(x, y) for x, y in points if y is not None and math.isfinite(y)]
    kept = [known[i] for i in thin(len(known), 120)]
    return Line(name, kind, [x for x, _ in kept], [y for _, y in kept], faint)


def html(
    progress: Progress | None,
    history: Sequence[Progress] = (),
    *,
    title: str = "Training",
    next_step: Sequence[str] = (),
) -> Markup:
    """The picture of a run that has no model yet: where it stands, and its curves so far."""
    after = theme.next_step(*next_step) if next_step else None
    if progress is None:
        return theme.picture(title, after, sub="nothing reported yet")
    best = theme.kpi(f"Best {progress.metric_name}", metric(progress.best_metric), "on validation rows")
    when = theme.kpi("Elapsed", seconds(progress.elapsed_s), _left(progress))
    where = theme.kpi("Stage", progress.stage, _where(progress))
    parts = (*learning_curves(history), *attribution_bars(history))
    return theme.picture(title, theme.kpis(best, where, when), *parts, after, sub=progress.message)


def text(progress: Progress | None) -> str:
    """Where a run stands, in one line."""
    if progress is None:
        return "training: nothing reported yet"
    best = "" if progress.best_metric is None else f", best {progress.metric_name} {fixed(progress.best_metric, 4)}"
    return f"training: {progress.stage}, {_where(progress)}{best}, {seconds(progress.elapsed_s)}"


def _where(progress: Progress) -> str:
    fold = f"fold {progress.fold + 1} of {progress.n_folds}, " if progress.fold is not None and progress.n_folds else ""
    return f"{fold}epoch {fixed(progress.epoch, 1)} of {fixed(progress.n_epochs, 0)}"


def _left(progress: Progress) -> str:
    return "" if progress.remaining_s is None else f"{seconds(progress.remaining_s)} left"
