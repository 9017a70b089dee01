"""The error for a frame that differs from the one trained on: a line diff of column names, with a guess at renaming."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence

from lepton_lab.data.schema import Schema
from lepton_lab.errors import SchemaMismatchError

MOST_LINES = 20


def mismatch(
    schema: Schema, names: Sequence[str], missing: Sequence[str], unlike: Mapping[str, str]
) -> SchemaMismatchError:
    """The error, with a line for each column: `-` wanted and not there, `+` there and not known, `~` unlike.

    Args:
        schema: of the table trained on.
        names: of the frame's columns.
        missing: inputs that the frame lacks.
        unlike: inputs whose values cannot be read, with the reason.
    """
    known = {column.name for column in schema.columns}
    extra = [name for name in names if name not in known]
    renamed = _renamed(missing, extra)
    lines = [f"- {name}" + (f"   renamed to {renamed[name]!r}?" if name in renamed else "") for name in missing]
    if missing:
        lines += [f"+ {name}" for name in extra]
    lines += [f"~ {name}   {reason}" for name, reason in unlike.items()]
    if len(lines) > MOST_LINES:
        lines = [*lines[:MOST_LINES], f"... and {len(lines) - MOST_LINES} more"]
    counts = [f"{len(part)} {word}" for part, word in ((missing, "missing"), (unlike, "of another kind")) if part]
    head = f"the frame differs from the one trained on ({len(schema.inputs)} input columns): {', '.join(counts)}."
    return SchemaMismatchError("\n".join([head, *lines, _next(renamed, missing, unlike)]))


def _renamed(missing: Sequence[str], extra: Sequence[str]) -> dict[str, str]:
    """Missing names, each with the unknown name that looks most like it; no name twice."""
    free, found = list(extra), {}
    for name in missing:
        by_plain = {_plain(candidate): candidate for candidate in free}
        close = difflib.get_close_matches(_plain(name), list(by_plain), n=1, cutoff=0.6)
        if close:
            found[name] = by_plain[close[0]]
            free.remove(found[name])
    return found


def _plain(name: str) -> str:
    return "".join(ch for ch in name.lower() if ch.isalnum())


def _next(renamed: Mapping[str, str], missing: Sequence[str], unlike: Mapping[str, str]) -> str:
    if renamed:
        pairs = ", ".join(f"{new!r}: {old!r}" for old, new in list(renamed.items())[:6])
        return f"Try: df = df.rename(columns={{{pairs}}})"
    if missing:
        return f"If a value is not known, add the column as missing: df[{missing[0]!r}] = None"
    name = next(iter(unlike))
    return f"Bring it to the kind it had, for example: df[{name!r}] = pd.to_numeric(df[{name!r}], errors='coerce')"
