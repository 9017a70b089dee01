"""Train as an earlier run did: its options, its rows, and its ends, whatever the clock or the user said then."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

import numpy as np

from lepton_lab.data.fingerprint import fingerprint
from lepton_lab.errors import ModelFileError, OptionError, RunError
from lepton_lab.fitting.asked import ARRAY, Asked
from lepton_lab.fitting.course import Course, Repeat, machine, versions
from lepton_lab.journal import RunFolder, open_run

if TYPE_CHECKING:
    from lepton_lab.trained import TrainedModel


def asked_again(id: str, given: Asked, weights: Any) -> tuple[Asked, Any]:
    """The options of the run `id`, and its row weights.

    Args:
        id: of the run, or its beginning.
        given: options typed beside it; those that are not the default must be the run's own.
        weights: row weights as given.

    Raises:
        RunError: no such run, or it is no training.
        OptionError: an option differs from the run's.
    """
    folder = open_run(id)
    record = folder.record()
    if record.kind != "train":
        what = "a search" if record.kind == "tune" else f"no training ({record.message or record.status})"
        raise RunError(f"run {record.id!r} is {what}: only trainings are replayed. List them with: ll.runs()")
    then = Asked.from_json({**record.config, "replay": record.id})
    _check_options(given, then)
    kept = folder.load_checkpoint("weights")
    known = None if kept is None else kept[0].get("weights")
    if then.weights == ARRAY and known is None:
        raise RunError(f"run {record.id!r} was of row weights that cannot be read any more: it cannot be replayed.")
    if given.weights == ARRAY and (known is None or not np.array_equal(np.asarray(weights, np.float64), known)):
        raise _beside("weights", "an array of others", then)
    return then, then.weights if known is None else known


def repeat_of(id: str, df: Any) -> Repeat:
    """How the run `id` went on this frame.

    Raises:
        RunError: it has not ended, left no record of how it went, or was of another frame.
    """
    folder = open_run(id)
    record = folder.record()
    if record.is_running:
        raise RunError(f"run {record.id!r} still runs. Wait for it with: ll.attach({record.id!r}).result()")
    if fingerprint(df) != record.fingerprint:
        raise RunError(
            f"run {record.id!r} was of another frame ({record.n_rows:,} rows): a replay wants the very same values, "
            f"types and column names. Give that frame, or train anew without replay."
        )
    course, rows = _course(folder), folder.rows()
    if course is None or not course.is_whole or rows is None:
        raise RunError(
            f"run {record.id!r} ({record.status}) left no whole record of how it went, so it cannot be replayed. "
            f"A run that was killed goes on with: ll.resume({record.id!r}, df)"
        )
    return Repeat(record.id, course, rows)


def said_of(model: TrainedModel, repeat: Repeat) -> tuple[str, ...]:
    """What a replay came to: the same numbers or not, and what is different about packages and machine."""
    folder = open_run(repeat.of)
    try:
        before = folder.load_model()
    except ModelFileError:
        before = None
    if before is None:
        came = "the run's own model is gone, so they were not compared"
    else:
        came = "the same weights, bit for bit" if _is_same(before, model) else "its weights differ from the run's"
    notes = [f"a replay of run {repeat.of}, each member ended where it did there: {came}."]
    changed = _changed(folder)
    if changed:
        notes.append(f"since run {repeat.of} there changed: {', '.join(changed)}. Last digits may differ for that.")
    return tuple(notes)


def _check_options(given: Asked, then: Asked) -> None:
    for field in fields(Asked):
        now, default = getattr(given, field.name), field.default
        if field.name == "pack" or (field.name in ("replay", "weights") and now in (None, ARRAY)):
            continue
        if field.name == "budget" and now is not None and given.budget_s == then.budget_s:
            continue
        if now not in (default, "") and given.to_json()[field.name] != then.to_json()[field.name]:
            raise _beside(field.name, now, then)


def _beside(name: str, now: Any, then: Asked) -> OptionError:
    return OptionError(
        f"replay={then.replay!r} repeats a run with {name}={getattr(then, name)!r}; {name}={now!r} was given beside "
        f"it. Leave {name} out, or train anew without replay."
    )


def _course(folder: RunFolder) -> Course | None:
    stored = folder.course()
    try:
        return None if stored is None else Course.from_json(stored)
    except (KeyError, TypeError, ValueError, AttributeError):
        return None


def _is_same(one: TrainedModel, other: TrainedModel) -> bool:
    """Whether two models have the same members, to the last bit, blended in the same way."""
    if [m.name for m in one.members] != [m.name for m in other.members]:
        return False
    a = [*[array for m in one.members for array in m.arrays().values()], one.blend.weights, one.blend.bias]
    b = [*[array for m in other.members for array in m.arrays().values()], other.blend.weights, other.blend.bias]
    same = len(a) == len(b) and all(np.array_equal(x, y) for x, y in zip(a, b, strict=True))
    return same and one.blend.scale == other.blend.scale


def _changed(folder: RunFolder) -> list[str]:
    """Versions and machine, then and now, where they differ."""
    stored = folder.course() or {}
    found = []
    for key, now in (("versions", versions()), ("machine", machine())):
        then = stored.get(key) or {}
        found += [
            f"{name} {then.get(name, 'unknown')} -> {what}" for name, what in now.items() if then.get(name) != what
        ]
    return found
