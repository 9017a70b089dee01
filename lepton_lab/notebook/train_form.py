"""What a form for `train` offers for a frame: its columns, the likely targets first; never a row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import count
from typing import Any

from lepton_lab.environment import columns_of, size_of
from lepton_lab.notebook.verbs import TASKS

USUAL_TARGETS = (
    "target",
    "label",
    "class",
    "y",
    "outcome",
    "response",
    "churn",
    "default",
    "survived",
    "fraud",
    "price",
)
MOST_COLUMNS = 2_000


def train_form(name: str, frame: Any, namespace: Mapping[str, Any]) -> dict[str, Any]:
    """The choices of a form that trains on a frame, as plain JSON.

    Returns:
        `columns` (name and kind; at most 2,000, `hidden` counts the others), `likely` (names of columns that are
        often the target, the likeliest first), `tasks`, `to` (a free name for the model), and the frame's size.
    """
    return {
        "frame": name,
        "rows": size_of(frame)[0],
        **columns_shown(frame),
        "likely": likely_targets(columns_of(frame)[:MOST_COLUMNS]),
        "tasks": list(TASKS),
        "to": free_name("model", namespace),
    }


def columns_shown(frame: Any) -> dict[str, Any]:
    """The first 2,000 `columns` of a frame with their kinds, and how many are `hidden`."""
    names, kinds = columns_of(frame), kinds_of(frame)
    shown = [{"name": name, "kind": kinds.get(name, "")} for name in names[:MOST_COLUMNS]]
    return {"columns": shown, "hidden": len(names) - len(shown)}


def likely_targets(columns: Sequence[str]) -> list[str]:
    """The columns that are often the target: by a usual name, then the last one.

    Example:
        >>> likely_targets(["age", "Default", "income"])
        ['Default', 'income']
    """
    from lepton_lab.packs import DOMAINS

    by_lower = {column.lower(): column for column in reversed(columns)}
    of_domains = [domain.target_in(columns) for domain in DOMAINS.values()]
    usual = [by_lower.get(word) for word in USUAL_TARGETS]
    return list(dict.fromkeys(one for one in [*of_domains, *usual, *columns[-1:]] if one is not None))


def kinds_of(frame: Any) -> dict[str, str]:
    """Each column's type in the words of its library, such as "int64" or "String"; empty where it has none."""
    if isinstance(frame, Mapping):
        return {str(name): str(getattr(column, "dtype", "list")) for name, column in frame.items()}
    if hasattr(frame, "column_names"):  # pyarrow
        return {str(field.name): str(field.type) for field in frame.schema}
    return {str(name): str(kind) for name, kind in zip(frame.columns, frame.dtypes, strict=True)}


def free_name(wanted: str, namespace: Mapping[str, Any]) -> str:
    """A name that no variable has yet: model, model2, model3, ..."""
    names = (wanted if number == 1 else f"{wanted}{number}" for number in count(1))
    return next(name for name in names if name not in namespace)
