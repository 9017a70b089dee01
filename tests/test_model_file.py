"""The model file: nothing lost on the way, nothing lost by a failed write, and no crash on any damage."""

from __future__ import annotations

import errno
import json
import os
import zipfile
from pathlib import Path

import numpy as np
import pytest

from lepton_lab.errors import DamagedFileError, ModelFileError, NewerFormatError
from lepton_lab.model_file import FORMAT, read_model, write_model
from lepton_lab.trained import TrainedModel
from tests.small_models import TASKS, small_frame, small_model

GOLDEN = Path(__file__).parent / "golden"


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("model") / "small.lepton"
    small_model("binary").save(path)
    return path


@pytest.mark.parametrize("task", TASKS)
def test_a_model_comes_back_as_it_was(task: str, tmp_path: Path) -> None:
    model, path = small_model(task), tmp_path / "m.lepton"
    model.save(path)
    again = read_model(path)
    df = small_frame(task)
    np.testing.assert_array_equal(again.logits(df), model.logits(df))
    assert again.predict(df).equals(model.predict(df))
    assert again.schema == model.schema
    assert again.task == model.task
    assert again.threshold == model.threshold
    assert again.notes == model.notes
    assert again.history == model.history
    assert {n: str(e) for n, e in again.metrics.items()} == {n: str(e) for n, e in model.metrics.items()}
    np.testing.assert_array_equal(again.background_x, model.background_x)
    assert again.background_values.tolist() == model.background_values.tolist()
    assert again.held_out is None
    assert repr(again).startswith("TrainedModel of 'outcome'")


def test_text_is_never_stored_and_rows_can_be_left_out(tmp_path: Path) -> None:
    model = small_model("binary")
    for background in (True, False):
        path = tmp_path / f"{background}.lepton"
        model.save(path, background=background)
        with zipfile.ZipFile(path) as archive:
            stored = b"".join(archive.read(name) for name in archive.namelist())
            assert ("background.json" in archive.namelist()) is background
        assert b"said" not in stored
    again = read_model(tmp_path / "False.lepton")
    assert again.background_x.shape == (0, len(model.schema.inputs))
    np.testing.assert_array_equal(again.logits(small_frame("binary")), model.logits(small_frame("binary")))


def test_damage_anywhere_is_an_error_or_changes_nothing(written: Path, tmp_path: Path) -> None:
    whole, path = written.read_bytes(), tmp_path / "damaged.lepton"
    df = small_frame("binary", 20)
    expected = small_model("binary").logits(df)
    rng = np.random.default_rng(0)
    # Headers, the directory at the end, and anywhere: a flipped bit each.
    places = [*range(0, 60, 9), *rng.integers(0, len(whole), 50), *range(len(whole) - 700, len(whole), 23)]
    for place in places:
        changed = bytearray(whole)
        changed[place] ^= 1 << int(rng.integers(8))
        path.write_bytes(bytes(changed))
        try:
            model = read_model(path)
        except ModelFileError:
            continue
        np.testing.assert_array_equal(model.logits(df), expected)


@pytest.mark.parametrize("share", [0, 0.001, 0.1, 0.5, 0.9, 0.999])
def test_a_truncated_file_says_so(share: float, written: Path, tmp_path: Path) -> None:
    path = tmp_path / "cut.lepton"
    path.write_bytes(written.read_bytes()[: int(share * written.stat().st_size)])
    with pytest.raises(DamagedFileError, match=r"cut\.lepton.*damaged"):
        read_model(path)


def rewritten(source: Path, target: Path, name: str, change) -> Path:
    """A copy whose part `name` is changed and whose hashes fit again: what a malicious writer would do."""
    import hashlib

    with zipfile.ZipFile(source) as archive:
        parts = {n: archive.read(n) for n in archive.namelist()}
    parts[name] = change(parts[name])
    if name != "manifest.json":
        manifest = json.loads(parts["manifest.json"])
        manifest["files"][name] = {"sha256": hashlib.sha256(parts[name]).hexdigest(), "bytes": len(parts[name])}
        parts["manifest.json"] = json.dumps(manifest).encode()
    with zipfile.ZipFile(target, "w") as archive:
        for n, data in parts.items():
            archive.writestr(n, data)
    return target


def changed_json(**changes: object):
    return lambda data: json.dumps(json.loads(data) | changes).encode()


def test_a_newer_format_says_who_wrote_it_and_how_to_read_it(written: Path, tmp_path: Path) -> None:
    path = rewritten(written, tmp_path / "new.lepton", "manifest.json", changed_json(format=FORMAT + 1))
    with pytest.raises(NewerFormatError, match=rf"format {FORMAT}.*pip install -U lepton-lab"):
        read_model(path)


def test_a_negative_size_does_not_open_the_door_to_any_size(written: Path, tmp_path: Path) -> None:
    # read(-1) is "all there is": a part that says it has -2 bytes would be unpacked without a limit.
    path = rewritten(
        written, tmp_path / "n.lepton", "manifest.json", changed_json(files={"model.json": {"sha256": "", "bytes": -2}})
    )
    with pytest.raises(DamagedFileError, match="cannot have -2 bytes"):
        read_model(path)


def test_a_part_compressed_in_another_way_is_refused(written: Path, tmp_path: Path) -> None:
    path = tmp_path / "lzma.lepton"
    with zipfile.ZipFile(written) as archive, zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as other:
        for name in archive.namelist():
            other.writestr(name, archive.read(name))
    with pytest.raises(DamagedFileError, match="compressed in a way"):
        read_model(path)


@pytest.mark.parametrize(
    "part, changes",
    [
        ("model.json", {"blend": {"weights": [1.0], "scale": 1.0, "bias": [0.0]}}),
        ("model.json", {"blend": {"weights": [1, 1, float("inf")], "scale": 1.0, "bias": [0.0]}}),
        ("model.json", {"members": ["linear", "../../etc/passwd"]}),
        ("model.json", {"members": []}),
        ("model.json", {"task": {"name": "multiclass", "classes": ["a", "b", "c"]}}),
        ("model.json", {"schema": {"target": "outcome", "columns": []}}),
        ("members/trees.json", {"n_columns": 1}),
        ("members/network.json", {"layout": {}}),
        ("manifest.json", {"files": {}}),
        ("manifest.json", {"files": {"model.json": {"sha256": "", "bytes": 1 << 40}}}),
        ("manifest.json", {"kind": "something else"}),
    ],
)
def test_a_tampered_file_with_fitting_hashes_is_refused(
    part: str, changes: dict, written: Path, tmp_path: Path
) -> None:
    path = rewritten(written, tmp_path / "t.lepton", part, changed_json(**changes))
    with pytest.raises(DamagedFileError):
        read_model(path)


def test_a_missing_file_and_another_zip_are_clear_errors(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match=r"none\.lepton"):
        read_model(tmp_path / "none.lepton")
    other = tmp_path / "other.zip"
    with zipfile.ZipFile(other, "w") as archive:
        archive.writestr("hello.txt", "hello")
    with pytest.raises(DamagedFileError, match=r"no \.lepton file"):
        read_model(other)


@pytest.mark.parametrize("failing", ["fsync", "write"])
def test_a_full_disk_keeps_the_old_file(failing: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "m.lepton"
    path.write_bytes(b"the old one")

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    if failing == "fsync":
        monkeypatch.setattr(os, "fsync", full)
    else:
        monkeypatch.setattr(zipfile.ZipFile, "writestr", full)
    with pytest.raises(ModelFileError, match=r"m\.lepton.*No space left"):
        write_model(small_model("binary"), path)
    assert path.read_bytes() == b"the old one"
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_is_not_there_or_cannot_be_written(tmp_path: Path) -> None:
    model: TrainedModel = small_model("binary")
    with pytest.raises(ModelFileError, match="nowhere"):
        model.save(tmp_path / "nowhere" / "m.lepton")
    (tmp_path / "file").write_text("")
    with pytest.raises(ModelFileError):
        model.save(tmp_path / "file" / "m.lepton")


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*.lepton")), ids=lambda p: p.stem)
def test_files_of_every_released_format_still_load(path: Path) -> None:
    model = read_model(path)
    expected = json.loads(path.with_suffix(".json").read_text())
    df = expected.get("rows") or small_frame(expected["task"], 5)
    np.testing.assert_allclose(model.logits(df), expected["logits"], atol=1e-4)
    if "medians" in expected:
        shown = model.predict(small_frame(expected["task"], 5))
        np.testing.assert_allclose(shown["median_survival"], expected["medians"], rtol=1e-3)
