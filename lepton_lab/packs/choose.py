"""What a domain chooses for a frame: its columns found, its defaults for what the user left open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from lepton_lab.data.frames import Frame, open_frame
from lepton_lab.data.kinds import infer_kind
from lepton_lab.data.reshaping import reshape_json
from lepton_lab.data.schema import Kind
from lepton_lab.data.values import read_values
from lepton_lab.errors import ColumnError, no_such_column
from lepton_lab.fitting.asked import Asked
from lepton_lab.packs.domain import Domain, Needed

_LOOKED_AT = 200
FEWEST_GROUPS = 10
"""Groups without which a domain does not ask to keep them together: folds need some each."""


def with_domain(asked: Asked, domain: Domain | None, df: Any) -> Asked:
    """The options of a training, those that the user left open filled in by a domain.

    `asked.pack` is what the model keeps of the domain, plain JSON: name, title, what to show (with the frame's own
    columns), costs, words, advice, questions, and notes that say what was chosen.

    Args:
        asked: As the user said; a target of "" is left open.
        domain: None changes nothing.
        df: The user's frame, or what `open_frame` made of it.

    Raises:
        ColumnError: The frame lacks columns that the domain cannot do without: it names them, and what they mean.
    """
    if domain is None:
        return asked
    frame = open_frame(df)
    target = asked.target or domain.target_in(frame.names)
    few = frame.sample(_LOOKED_AT)
    columns = _found(domain, frame, few, target, asked.types or {})
    lacking = [needed for needed in domain.columns if needed.must and needed.name not in columns]
    if lacking or not target:
        raise _lacks(domain, frame.names, lacking, no_target=not target)
    chosen = {
        "target": target,
        "task": domain.task,
        "metric": domain.metric,
        "split": _split(domain, columns, frame, few),
        "encoders": dict(domain.encoders),
        "reshape": reshape_json(domain.reshape and domain.reshape({**columns, "target": target})),
        # A word for a text tells its kind: messages of two words are no free text by themselves.
        "types": {columns[n.name]: "text" for n in domain.columns if n.kind == "text" and n.name in columns},
        "immutable": tuple(name for name in frame.names if name.lower() in domain.immutable and name != target),
    }
    opened = {name: value for name, value in chosen.items() if value and not getattr(asked, name)}
    return replace(asked, **opened, pack=_kept(domain, columns, _notes(domain, opened, columns)))


def filled(value: Any, columns: Mapping[str, str]) -> Any:
    """A value with "{word}" replaced by the column that stands for it; None where none does.

    Example:
        >>> filled("time:{date}", {"date": "booked on"}), filled("{amount}", {}), filled(3, {})
        ('time:booked on', None, 3)
    """
    if not isinstance(value, str) or "{" not in value:
        return value
    try:
        return value.format_map(columns)
    except KeyError:
        return None


def _notes(domain: Domain, chosen: Mapping[str, Any], columns: Mapping[str, str]) -> list[str]:
    """What the domain chose, in words."""
    said = [f"{name} {_in_words(value)}" for name, value in chosen.items()]
    said += [f"column {column!r} for {word!r}" for word, column in columns.items()]
    if not said:
        return []
    return [f"the domain {domain.name!r} chose: {'; '.join(said)}. What you name yourself wins."]


def _in_words(value: Any) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(repr, value))
    return repr(value)


def _split(domain: Domain, columns: Mapping[str, str], frame: Frame, few: Frame) -> str | None:
    """The domain's split, where the column it speaks of is there and, by a few of its rows, can be split by."""
    split = filled(domain.split, columns)
    how, _, column = (split or "").partition(":")
    if how not in ("group", "time") or column not in frame.names:
        return split
    if how == "group":
        return split if len(read_values(frame.column(column)).factorised[1]) >= FEWEST_GROUPS else None
    return (
        split
        if infer_kind("", read_values(few.column(column))).kind in (Kind.DATETIME, Kind.NUMERIC, Kind.IDENTIFIER)
        else None
    )


def _found(domain: Domain, frame: Frame, few: Frame, target: str | None, types: Mapping[str, str]) -> dict[str, str]:
    """The column for each of the domain's words: as told, by a usual name, or by its kind."""
    found: dict[str, str] = {}
    for word, column in domain.told.items():
        if column not in frame.names:
            raise no_such_column(column, frame.names)
        found[word] = column
    for needed in domain.columns:
        left = [name for name in frame.names if name != target and name not in found.values()]
        column = found.get(needed.name) or needed.named_in(left) or _of_kind(needed, few, left, types)
        if column is not None:
            found[needed.name] = column
    return found


def _of_kind(needed: Needed, few: Frame, names: Sequence[str], types: Mapping[str, str]) -> str | None:
    """The first column of the kind that is wanted, among some of its rows."""
    if needed.kind is None:
        return None
    kinds = ((name, types.get(name) or infer_kind(name, read_values(few.column(name))).kind) for name in names)
    return next((name for name, kind in kinds if kind == needed.kind), None)


def _kept(domain: Domain, columns: Mapping[str, str], notes: list[str]) -> dict[str, Any]:
    """What a model keeps of its domain, plain JSON."""
    told = {name: {k: filled(v, columns) for k, v in options.items()} for name, options in domain.show.items()}
    return {
        "name": domain.name,
        "title": domain.title,
        "show": {name: options for name, options in told.items() if None not in options.values()},
        "costs": dict(domain.costs) if domain.costs else None,
        "columns": dict(columns),
        "words": dict(domain.words),
        "advice": list(domain.advice),
        "questions": list(domain.questions),
        "notes": notes,
    }


def _lacks(domain: Domain, names: Sequence[str], lacking: Sequence[Needed], *, no_target: bool) -> ColumnError:
    """The error for a frame that a domain cannot be used on."""
    wanted, tell = [], []
    if no_target:
        wanted.append(f"  target: {domain.target_means} (usual names: {', '.join(domain.targets[:6])})")
        tell.append('target="COLUMN"')
    for needed in lacking:
        usual = ", ".join((needed.name, *needed.usual)[:6])
        wanted.append(f"  {needed.name}: {needed.means} (usual names: {usual})")
    if lacking:
        told = ",".join(f"{needed.name}=COLUMN" for needed in lacking)
        tell.append(f'domain="{domain.name}:{told}"')
    shown = ", ".join(repr(name) for name in names[:12]) + (", ..." if len(names) > 12 else "")
    listed = "\n".join(wanted)
    return ColumnError(
        f"the domain {domain.name!r} needs columns that are not found in the frame ({len(names)} columns: {shown}):\n"
        f"{listed}\nTell which they are: ll.train(df, {', '.join(tell)}), or leave domain out."
    )
