"""The `.lepton` file: one zip of JSON and safetensors, with a manifest of hashes. No pickle anywhere.

    manifest.json            format, writer, and sha256 and size of every part
    model.json               schema, encoder, task, blend, metrics, notes, curves
    members/<name>.json      a member's configuration
    members/<name>.safetensors   its arrays
    background.json, background.safetensors   reference rows of explanations (real rows; may be left out)
    objects.safetensors      images and series of these rows (format 2, where there are any), but never texts
    members/<name>.texts.safetensors   what a network makes of these rows' texts, in their place

Hashes detect damage, not malice: whoever changes a part can change its hash. What protects the reader
is that nothing in the file is code and every index is checked before it is used. Files of every
released format load for ever; `tests/golden` keeps one of each.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import threading
import zipfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from lepton_lab._version import __version__
from lepton_lab.data.encode_tabular import TabularEncoder
from lepton_lab.data.object_store import background_objects, format_of, on_new_shelves
from lepton_lab.data.schema import Kind, Schema
from lepton_lab.data.stored_values import values_from_json, values_to_json
from lepton_lab.errors import DamagedFileError, DataError, ModelFileError, NewerFormatError
from lepton_lab.members.linear import LinearMember
from lepton_lab.members.member import Member
from lepton_lab.members.popularity import PopularityMember
from lepton_lab.members.trees import TreesMember
from lepton_lab.metrics import Estimate
from lepton_lab.quantiles import Quantiles
from lepton_lab.ranking import Ranking
from lepton_lab.tasks import Task, are_shifted, task_from_json
from lepton_lab.trained import Blend, TrainedModel
from lepton_lab.training.network_member import NetworkMember
from lepton_lab.training.progress import Progress

# The newest that is read. A model is written in the oldest that holds it: 1 for tables, 2 with columns of objects, 3
# with lists of items, of which more than their names may be known.
FORMAT = 3
# No model of ours comes near; a file that claims more is damaged, and must not fill the memory.
MAX_BYTES = 2**31

_MEMBERS: dict[str, Callable[[dict[str, np.ndarray], dict[str, Any]], Member]] = {
    "network": NetworkMember.from_arrays,
    "linear": LinearMember.from_arrays,
    "trees": TreesMember.from_arrays,
    "popularity": PopularityMember.read,
}


def write_model(model: TrainedModel, path: str | os.PathLike[str], *, background: bool = True) -> None:
    """Write a model to `path`, whole or not at all.

    Raises:
        ModelFileError: the file cannot be written; what was there before is still there.
    """
    target = Path(path)
    if target.exists() and not target.is_file():
        raise ModelFileError(f"{str(target)!r} is no file. Give the path of one: model.save('model.lepton').")
    aside = target.with_name(f".{target.name}.{os.getpid()}-{threading.get_ident()}.part")
    parts = _parts_of(model, background)
    try:
        with aside.open("xb") as file:
            _write_parts(file, parts, _format_of(model))
            file.flush()
            os.fsync(file.fileno())
        aside.replace(target)
    except OSError as error:
        _remove(aside)
        raise ModelFileError(
            f"cannot write the model to {str(target)!r}: {error.strerror or error}. "
            "Nothing was changed there. Free space, or choose another folder: model.save('/another/model.lepton')."
        ) from error


def _format_of(model: TrainedModel) -> int:
    """The oldest format that holds the model."""
    is_newer = model.schema.reshape is not None or isinstance(model.task, (Quantiles, Ranking))
    return max(2 if is_newer else 1, format_of(model.encoder.blocks))


def read_model(path: str | os.PathLike[str]) -> TrainedModel:
    """The model that `write_model` wrote.

    Raises:
        ModelFileError: there is no such file, or it cannot be read.
        DamagedFileError: it is truncated, changed, or no model.
        NewerFormatError: a later lepton-lab wrote it.
    """
    try:
        return _model_of(_read_parts(Path(path)))
    except (FileNotFoundError, IsADirectoryError, PermissionError) as error:
        raise ModelFileError(
            f"cannot read {str(path)!r}: {error.strerror}. Give the path of a .lepton file."
        ) from error
    except DamagedFileError as error:
        raise _damaged(path, str(error)) from error
    except _DAMAGE as error:
        raise _damaged(path, f"{type(error).__name__}: {error}") from error


# Everything that zipfile, zlib, json, safetensors and our own constructors say of bytes that are not what they wrote.
_DAMAGE = (
    zipfile.BadZipFile, zlib.error, EOFError, OSError, KeyError, IndexError, ValueError, TypeError, AttributeError,
    OverflowError, NotImplementedError, RuntimeError, MemoryError, DataError,
)  # fmt: skip


def _damaged(path: str | os.PathLike[str], why: str) -> DamagedFileError:
    return DamagedFileError(
        f"{str(path)!r} is damaged or is no .lepton file ({why.rstrip('.')}). "
        "Copy it again from where it was saved, or train again."
    )


def _parts_of(model: TrainedModel, background: bool) -> dict[str, bytes]:
    from safetensors.numpy import save

    parts = {"model.json": _json(_document(model))}
    for member in model.members:
        parts[f"members/{member.name}.json"] = _json(member.config_json())
        parts[f"members/{member.name}.safetensors"] = save(_whole(member.arrays()))
    if background:
        arrays = {"x": model.background_x}
        if model.background_weights is not None:
            arrays["weights"] = model.background_weights
        parts["background.safetensors"] = save(_whole(arrays))
        parts["background.json"] = _json(values_to_json(_without_private(model)))
        objects = background_objects(model.encoder.blocks, model.background_x)
        if objects:
            parts["objects.safetensors"] = save(_whole(objects))
        for member in model.members:
            if isinstance(member, NetworkMember) and (terms := member.text_terms(model.background_x)):
                parts[f"members/{member.name}.texts.safetensors"] = save(_whole(terms))
    return parts


def _document(model: TrainedModel) -> dict[str, Any]:
    return {
        "schema": model.schema.to_json(),
        "encoder": model.encoder.to_json(),
        "task": model.task.to_json(),
        "members": [member.name for member in model.members],
        "blend": {
            "weights": model.blend.weights.tolist(),
            "scale": model.blend.scale,
            "bias": model.blend.bias.tolist(),
        },
        "metrics": _estimates(model.metrics),
        "leaderboard": {name: _estimates(row) for name, row in model.leaderboard.items()},
        "ahead": {name: _estimates(row) for name, row in model.ahead.items()},
        "metrics_note": model.metrics_note,
        "threshold": model.threshold,
        "threshold_note": model.threshold_note,
        "notes": list(model.notes),
        "versions": dict(model.versions),
        "history": [record.to_json() for record in model.history],
        "run_id": model.run_id,
        "config": dict(model.config),
    }


def _model_of(parts: Mapping[str, bytes]) -> TrainedModel:
    document = json.loads(parts["model.json"])
    schema = Schema.from_json(document["schema"])
    encoder = TabularEncoder.from_json(document["encoder"])
    task = task_from_json(document["task"])
    members = tuple(_member(name, parts) for name in document["members"])
    members = tuple(m.on(encoder.blocks) if isinstance(m, NetworkMember) else m for m in members)
    x, values, weights = _background(parts, len(schema.inputs))
    if "objects.safetensors" in parts:
        x = on_new_shelves(encoder.blocks, x, _arrays(parts["objects.safetensors"]))
    members = tuple(_with_texts(member, x, parts) for member in members)
    model = TrainedModel(
        schema=schema,
        encoder=encoder,
        task=task,
        members=members,
        blend=_blend(document["blend"], task),
        metrics=_read_estimates(document["metrics"]),
        leaderboard={name: _read_estimates(row) for name, row in document["leaderboard"].items()},
        ahead={name: _read_estimates(row) for name, row in document.get("ahead", {}).items()},
        metrics_note=str(document["metrics_note"]),
        threshold=None if document["threshold"] is None else float(document["threshold"]),
        threshold_note=str(document["threshold_note"]),
        background_x=x,
        background_values=values,
        background_weights=weights,
        notes=tuple(document["notes"]),
        versions=document["versions"],
        history=tuple(Progress.from_json(record) for record in document["history"]),
        run_id=document["run_id"],
        config=document["config"],
    )
    _check_model(model)
    return model


def _check_model(model: TrainedModel) -> None:
    """Every member takes the encoder's columns and gives the task's outputs, and the blend fits them."""
    n_columns, n_outputs = model.encoder.n_columns, model.task.n_outputs
    if len(model.schema.inputs) != n_columns:
        raise ValueError("encoder and schema differ in their columns")
    if model.blend.weights.shape != (len(model.members),) or model.blend.bias.shape != (n_outputs,):
        raise ValueError("the blend does not fit the members")
    if not model.members or not np.isfinite([model.blend.scale, *model.blend.weights, *model.blend.bias]).all():
        raise ValueError("the blend is not finite")
    probe = np.zeros((1, n_columns), np.float32)
    for member in model.members:
        if member.logits(probe).shape != (1, n_outputs):
            raise ValueError(f"the member {member.name!r} does not fit the columns or the task")


def _member(name: str, parts: Mapping[str, bytes]) -> Member:
    kind = name.partition("-")[0]  # an ensemble may hold a network-2 beside its network
    if kind not in _MEMBERS:
        raise ValueError(f"member {name!r} is not known")
    config = json.loads(parts[f"members/{name}.json"])
    return _MEMBERS[kind](_arrays(parts[f"members/{name}.safetensors"]), config)


def _with_texts(member: Member, x: np.ndarray, parts: Mapping[str, bytes]) -> Member:
    """A network that knows what it made of the background's texts, which are not in the file."""
    part = f"members/{member.name}.texts.safetensors"
    return member.knowing(x, _arrays(parts[part])) if isinstance(member, NetworkMember) and part in parts else member


def _background(parts: Mapping[str, bytes], n_columns: int) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    if "background.safetensors" not in parts:
        return np.zeros((0, n_columns), np.float32), np.zeros((0, n_columns), object), None
    arrays = _arrays(parts["background.safetensors"])
    x, weights = arrays["x"], arrays.get("weights")
    values = values_from_json(json.loads(parts["background.json"]))
    if x.ndim != 2 or x.shape[1] != n_columns or values.shape != x.shape:
        raise ValueError("the background does not fit the columns")
    if weights is not None and weights.shape != (len(x),):
        raise ValueError("the background's weights do not fit its rows")
    return x, values, weights


def _without_private(model: TrainedModel) -> np.ndarray:
    """Background values, text and identifiers blanked: they name people, and no member reads them."""
    values = model.background_values.copy()
    for j, column in enumerate(model.schema.inputs):
        if column.kind in (Kind.TEXT, Kind.IDENTIFIER):
            values[:, j] = None
    return values


def _blend(data: Mapping[str, Any], task: Task) -> Blend:
    weights, bias = (np.array(data[name], np.float64) for name in ("weights", "bias"))
    return Blend(weights, float(data["scale"]), bias, shifts=are_shifted(task))


def _estimates(metrics: Mapping[str, Estimate]) -> dict[str, dict[str, float | None]]:
    return {
        name: {key: value if math.isfinite(value) else None for key, value in asdict(estimate).items()}
        for name, estimate in metrics.items()
    }


def _read_estimates(data: Mapping[str, Any]) -> dict[str, Estimate]:
    def number(value: float | None) -> float:
        return math.nan if value is None else float(value)

    return {name: Estimate(number(e["value"]), number(e["low"]), number(e["high"])) for name, e in data.items()}


def _write_parts(file: Any, parts: Mapping[str, bytes], number: int) -> None:
    files = {name: {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)} for name, data in parts.items()}
    manifest = {"format": number, "kind": "lepton model", "written_by": f"lepton-lab {__version__}", "files": files}
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        archive.writestr("manifest.json", _json(manifest))
        for name, data in parts.items():
            archive.writestr(name, data)


def _read_parts(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        manifest = json.loads(_part(archive, "manifest.json", 2**20))
        if manifest["kind"] != "lepton model":
            raise ValueError("it is some other zip file")
        if int(manifest["format"]) > FORMAT:
            raise NewerFormatError(
                f"{str(path)!r} was written by {manifest['written_by']} in format {manifest['format']}; "
                f"this is lepton-lab {__version__}, which reads up to format {FORMAT}. "
                "Upgrade: pip install -U lepton-lab"
            )
        if sum(max(0, int(entry["bytes"])) for entry in manifest["files"].values()) > MAX_BYTES:
            raise ValueError(f"it claims more than {MAX_BYTES:,} bytes")
        return {name: _checked_part(archive, name, entry) for name, entry in manifest["files"].items()}


def _checked_part(archive: zipfile.ZipFile, name: str, entry: Mapping[str, Any]) -> bytes:
    data = _part(archive, name, int(entry["bytes"]))
    if len(data) != entry["bytes"] or hashlib.sha256(data).hexdigest() != entry["sha256"]:
        raise ValueError(f"{name} is not what was written")
    return data


def _part(archive: zipfile.ZipFile, name: str, limit: int) -> bytes:
    """One part, never more than `limit` bytes: what a zip claims of sizes may be a lie."""
    # `read` takes a negative size for "everything there is".
    if limit < 0:
        raise ValueError(f"{name} cannot have {limit} bytes")
    if archive.getinfo(name).compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ValueError(f"{name} is compressed in a way that is never written")
    with archive.open(name) as part:
        data = part.read(limit + 1)
    if len(data) > limit:
        raise ValueError(f"{name} is larger than it should be")
    return data


def _arrays(data: bytes) -> dict[str, np.ndarray]:
    from safetensors import SafetensorError
    from safetensors.numpy import load

    try:
        return load(data)
    except SafetensorError as error:
        raise ValueError(f"arrays cannot be read: {error}") from error


def _whole(arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """safetensors writes the bytes of a view as they lie, so arrays must be contiguous."""
    return {name: np.ascontiguousarray(array) for name, array in arrays.items()}


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, allow_nan=False).encode()


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError:
        return
