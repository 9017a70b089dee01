"""An explanation as one file: a zip of plain arrays and JSON, without pickle. It computes nothing.

    explanation.json   format, names, notes, and the values that are no numbers
    arrays/<name>.npy  everything that is

The user's values come back equal: numbers, text, truth values, dates and times, and gaps. Values of other
kinds come back as their text, missing ones (NaT, NA) as None.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import io
import json
import math
import os
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from lepton_lab._version import __version__
from lepton_lab.data.objects import object_array
from lepton_lab.errors import DamagedFileError, ModelFileError, NewerFormatError
from lepton_lab.explanation.explanation import Explanation

FORMAT = 1
# No explanation of ours comes near; a file that claims more must not fill the memory.
MAX_BYTES = 2**33
META = "explanation.json"
_TUPLES = ("feature_names", "output_names", "notes")
# A model has a file of its own.
_NOT_KEPT = ("model",)


def write_explanation(explanation: Explanation, path: str | os.PathLike[str]) -> None:
    """Write an explanation, whole or not at all.

    Raises:
        ModelFileError: the file cannot be written; what was there before is still there.
    """
    with whole_or_not(path) as aside, aside.open("xb") as file:
        file.write(explanation_to_bytes(explanation))


@contextmanager
def whole_or_not(path: str | os.PathLike[str]) -> Iterator[Path]:
    """A place beside a file to write it at; it takes the file's place where all went well, else nothing has changed.

    Raises:
        ModelFileError: the file cannot be written; what was there before is still there.
    """
    target = Path(path)
    aside = target.with_name(f".{target.name}.{os.getpid()}-{threading.get_ident()}.part")
    try:
        yield aside
        aside.replace(target)
    except OSError as error:
        raise ModelFileError(
            f"cannot write the explanation to {str(target)!r}: {error.strerror or error}. "
            "Nothing was changed there. Free space, or choose another place."
        ) from error
    finally:
        aside.unlink(missing_ok=True)


def read_explanation(path: str | os.PathLike[str]) -> Explanation:
    """The explanation that `write_explanation` wrote.

    Raises:
        ModelFileError: there is no such file, or it cannot be read.
        DamagedFileError: it is truncated, changed, or no explanation.
        NewerFormatError: a later lepton-lab wrote it.
    """
    name = str(path)
    try:
        with zipfile.ZipFile(path) as file:
            return _explanation_of(file, name)
    except OSError as error:
        raise ModelFileError(f"cannot read an explanation from {name!r}: {error.strerror or error}.") from error
    except (zipfile.BadZipFile, KeyError, TypeError, ValueError, EOFError, NotImplementedError) as error:
        raise DamagedFileError(
            f"{name!r} is damaged, or no explanation ({error}). Save it again: explanation.save(path)"
        ) from error


def explanation_to_bytes(explanation: Explanation) -> bytes:
    """An explanation as the bytes of its file."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        meta: dict[str, Any] = {"format": FORMAT, "kind": "explanation", "writer": __version__}
        for field in dataclasses.fields(explanation):
            if field.name in _NOT_KEPT:
                continue
            value = getattr(explanation, field.name)
            if isinstance(value, np.ndarray) and value.dtype != object:
                file.writestr(f"arrays/{field.name}.npy", _npy(value))
            else:
                meta[field.name] = _to_json(value)
        file.writestr(META, json.dumps(meta, ensure_ascii=False, allow_nan=False))
    return buffer.getvalue()


def explanation_of_bytes(data: bytes) -> Explanation:
    """The explanation that `explanation_to_bytes` gave.

    Raises:
        zipfile.BadZipFile, KeyError, TypeError, ValueError: it is damaged.
        NewerFormatError: a later lepton-lab wrote it.
    """
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        return _explanation_of(file, "this part")


def _explanation_of(file: zipfile.ZipFile, name: str) -> Explanation:
    if sum(part.file_size for part in file.infolist()) > MAX_BYTES:
        raise ValueError("larger than any explanation")
    meta = json.loads(file.read(META))
    if meta.pop("kind") != "explanation":
        raise ValueError("another kind of file")
    if meta.pop("format") > FORMAT:
        raise NewerFormatError(
            f"{name!r} was written by lepton-lab {meta.get('writer')}, a later one. pip install -U lepton-lab"
        )
    fields = {field.name for field in dataclasses.fields(Explanation)} - set(_NOT_KEPT)
    values: dict[str, Any] = {key: _from_json(value) for key, value in meta.items() if key in fields}
    for part in file.namelist():
        key = part.removeprefix("arrays/").removesuffix(".npy")
        if part.startswith("arrays/") and key in fields:
            values[key] = np.load(io.BytesIO(file.read(part)), allow_pickle=False)
    for key in _TUPLES:
        values[key] = tuple(values[key])
    return _checked(Explanation(**values))


def _checked(ex: Explanation) -> Explanation:
    """The explanation, where its parts fit together.

    Raises:
        ValueError: where they do not.
    """
    tail = (len(ex.output_names),) if len(ex.output_names) > 1 else ()
    cells, rows = (len(ex.base_values), len(ex.feature_names), *tail), (len(ex.base_values), *tail)
    wanted = {"values": cells, "error_std": cells, "base_values": rows, "prediction": rows, "data": cells[:2],
              "row_labels": rows[:1], "plan": rows[:1]}  # fmt: skip
    wanted |= {"truth": rows[:1]} if ex.truth is not None else {}
    wanted |= {"events": (rows[0], 2)} if ex.events is not None else {}
    wanted |= {key: cells for key in ("background_std", "half_gap", "model_std") if getattr(ex, key) is not None}
    for key, shape in wanted.items():
        if getattr(ex, key).shape != shape:
            raise ValueError(f"{key} has shape {getattr(ex, key).shape}, not {shape}")
    return ex


def _npy(array: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    return buffer.getvalue()


def _to_json(value: Any) -> Any:
    """A value as JSON; what JSON does not know is a dictionary of one key, its kind."""
    if value is None or isinstance(value, (str, bool)):
        return value
    if isinstance(value, np.ndarray):
        return {"array": [_to_json(cell) for cell in value.ravel()], "shape": list(value.shape)}
    if isinstance(value, np.datetime64):
        return {"datetime64": str(value), "unit": np.datetime_data(value)[0]}
    if isinstance(value, np.generic):
        return _to_json(value.item())
    if isinstance(value, int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else {"float": repr(value)}
    if isinstance(value, tuple):
        return {"tuple": [_to_json(part) for part in value]}
    return _rare_to_json(value)


def _rare_to_json(value: Any) -> Any:
    if str(value) in ("NaT", "<NA>"):
        return None
    if isinstance(value, dt.datetime):
        return {"datetime": value.isoformat()}
    if isinstance(value, dt.date):
        return {"date": value.isoformat()}
    if isinstance(value, dt.time):
        return {"time": value.isoformat()}
    if isinstance(value, dt.timedelta):
        return {"timedelta": [value.days, value.seconds, value.microseconds]}
    return str(value)


def _array(cells: list[Any], shape: list[int]) -> np.ndarray:
    return object_array([_from_json(cell) for cell in cells]).reshape(shape)


def _from_json(value: Any) -> Any:
    """The value that `_to_json` wrote."""
    if not isinstance(value, dict):
        return value
    if "array" in value:
        return _array(value["array"], value["shape"])
    if "datetime64" in value:
        return np.datetime64(value["datetime64"], value["unit"])
    ((kind, content),) = value.items()
    return _READ[kind](content)


_READ: dict[str, Any] = {
    "float": float,
    "tuple": lambda parts: tuple(_from_json(part) for part in parts),
    "datetime": dt.datetime.fromisoformat,
    "date": dt.date.fromisoformat,
    "time": dt.time.fromisoformat,
    "timedelta": lambda parts: dt.timedelta(*parts),
}
