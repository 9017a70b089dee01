"""An explanation inside objects as one file: a zip of each row's explanation and arrays, without pickle.

inside.json               format, column, kind, baseline, texts
rows/<n>/explanation      as `Explanation.save` writes it
rows/<n>/<name>.npy       the object, the baseline, the parts' places
"""

from __future__ import annotations

import io
import json
import os
import zipfile
from typing import Any

import numpy as np

from lepton_lab._version import __version__
from lepton_lab.errors import DamagedFileError, ModelFileError, NewerFormatError
from lepton_lab.explanation.explanation_file import (
    MAX_BYTES,
    explanation_of_bytes,
    explanation_to_bytes,
    whole_or_not,
)
from lepton_lab.explanation.inside.inside_explanation import InsideExplanation, InsideObject

FORMAT = 1
META = "inside.json"
KINDS = ("image", "series", "text", "items")
_ARRAYS = ("shown", "hidden", "owner")


def write_inside(inside: InsideExplanation, path: str | os.PathLike[str]) -> None:
    """Write it, whole or not at all.

    Raises:
        ModelFileError: the file cannot be written; what was there before is still there.
    """
    with whole_or_not(path) as aside, zipfile.ZipFile(aside, "x", zipfile.ZIP_DEFLATED) as file:
        for n, one in enumerate(inside.objects):
            file.writestr(f"rows/{n}/explanation", explanation_to_bytes(one.explanation))
            for name in _ARRAYS:
                if isinstance(array := getattr(one, name), np.ndarray):
                    buffer = io.BytesIO()
                    np.save(buffer, array, allow_pickle=False)
                    file.writestr(f"rows/{n}/{name}.npy", buffer.getvalue())
        file.writestr(META, json.dumps(_meta(inside), ensure_ascii=False))


def read_inside(path: str | os.PathLike[str]) -> InsideExplanation:
    """What `write_inside` wrote.

    Raises:
        ModelFileError: there is no such file, or it cannot be read.
        DamagedFileError: it is truncated, changed, or something else.
        NewerFormatError: a later lepton-lab wrote it.
    """
    name = str(path)
    try:
        with zipfile.ZipFile(path) as file:
            return _inside_of(file, name)
    except OSError as error:
        raise ModelFileError(f"cannot read an explanation from {name!r}: {error.strerror or error}.") from error
    except (zipfile.BadZipFile, KeyError, TypeError, ValueError, EOFError, NotImplementedError) as error:
        raise DamagedFileError(
            f"{name!r} is damaged, or no explanation inside objects ({error}). Save it again: inside.save(path)"
        ) from error


def _meta(inside: InsideExplanation) -> dict[str, Any]:
    texts = [{name: text for name in _ARRAYS if isinstance(text := getattr(one, name), str)} for one in inside]
    return {
        "format": FORMAT, "kind": "inside", "writer": __version__, "column": inside.column, "of": inside.kind,
        "baseline": inside.baseline, "channels": inside.channels, "notes": inside.notes, "texts": texts,
    }  # fmt: skip


def _inside_of(file: zipfile.ZipFile, name: str) -> InsideExplanation:
    if sum(part.file_size for part in file.infolist()) > MAX_BYTES:
        raise ValueError("larger than any explanation")
    meta = json.loads(file.read(META))
    if meta["kind"] != "inside" or meta["of"] not in KINDS:
        raise ValueError("another kind of file")
    if meta["format"] > FORMAT:
        raise NewerFormatError(
            f"{name!r} was written by lepton-lab {meta.get('writer')}, a later one. pip install -U lepton-lab"
        )
    objects = tuple(_object(file, f"rows/{n}", texts) for n, texts in enumerate(meta["texts"]))
    channels, notes = tuple(map(str, meta["channels"])), tuple(map(str, meta["notes"]))
    return InsideExplanation(str(meta["column"]), meta["of"], str(meta["baseline"]), objects, channels, notes)


def _object(file: zipfile.ZipFile, folder: str, texts: dict[str, str]) -> InsideObject:
    explanation = explanation_of_bytes(file.read(f"{folder}/explanation"))
    parts: dict[str, Any] = dict(texts)
    for name in _ARRAYS:
        if name not in parts:
            parts[name] = np.load(io.BytesIO(file.read(f"{folder}/{name}.npy")), allow_pickle=False)
    if len(explanation) != 1 or not _fits(parts, len(explanation.feature_names)):
        raise ValueError("its parts do not fit together")
    return InsideObject(explanation, parts["shown"], parts["hidden"], parts["owner"])


def _fits(parts: dict[str, Any], n_parts: int) -> bool:
    """Whether each place has a part that there is."""
    owner, shown, hidden = (parts[name] for name in ("owner", "shown", "hidden"))
    if owner.dtype.kind != "i" or isinstance(shown, str) != isinstance(hidden, str):
        return False
    if isinstance(shown, str):
        is_inside = owner.min(initial=0) >= 0 and owner.max(initial=0) <= len(shown)
        return owner.shape == (n_parts, 2) and bool(is_inside)
    if owner.ndim != 2 or not shown.shape[:2] == hidden.shape[:2] == owner.shape:
        return False
    return int(owner.min(initial=0)) >= -1 and int(owner.max(initial=0)) < n_parts
