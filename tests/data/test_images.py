"""Images from folders, paths and arrays, in every format and in every state files are in."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from lepton_lab.data.encode_tabular import fit_encoder
from lepton_lab.data.image_files import DamagedImageError, read_image
from lepton_lab.data.images import images
from lepton_lab.data.table import read_like, read_table
from lepton_lab.errors import DataError, DataWarning, MissingPackageError, OptionError

RGB = np.random.default_rng(0).integers(0, 256, (6, 8, 3), dtype=np.uint8)
GREY = RGB[:, :, 0]


def save(path: Path, array: np.ndarray, mode: str | None = None, **options: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.fromarray(array)
    (image.convert(mode) if mode else image).save(path, **options)
    return path


def test_a_folder_with_a_subfolder_for_each_class(tmp_path: Path) -> None:
    for label, value in (("cat", 10), ("dog", 200)):
        for number in range(2):
            save(tmp_path / label / f"{number}.png", np.full((5, 4), value, np.uint8))
    frame = images(tmp_path)
    assert list(frame.columns) == ["image", "file", "label"]
    assert frame["label"].tolist() == ["cat", "cat", "dog", "dog"]
    assert all(one.shape == (5, 4, 1) and one.dtype == np.uint8 for one in frame["image"])
    assert [int(one[0, 0, 0]) for one in frame["image"]] == [10, 10, 200, 200]


def test_a_flat_folder_has_no_labels_and_its_other_files_are_told(tmp_path: Path) -> None:
    save(tmp_path / "b.png", GREY)
    save(tmp_path / "a.PNG", GREY)
    (tmp_path / "notes.txt").write_text("x")
    (tmp_path / ".DS_Store").write_text("x")
    with pytest.warns(DataWarning, match=r"1 files .* are no images and were left out: notes.txt"):
        frame = images(str(tmp_path))
    assert [Path(file).name for file in frame["file"]] == ["a.PNG", "b.png"]
    assert "label" not in frame


def test_images_beside_the_classes_folders_have_no_label(tmp_path: Path) -> None:
    save(tmp_path / "cat" / "1.png", GREY)
    save(tmp_path / "loose.png", GREY)
    with pytest.warns(DataWarning, match=r"1 images lie beside .*: loose.png"):
        frame = images(tmp_path)
    assert frame["label"].tolist() == ["cat", None]


def test_a_column_of_paths_keeps_its_index(tmp_path: Path) -> None:
    paths = pd.Series([save(tmp_path / f"{k}.png", GREY + k) for k in range(2)], index=["p", "q"])
    frame = images(paths)
    assert frame.index.tolist() == ["p", "q"] and (frame["image"]["q"][:, :, 0] == GREY + 1).all()


@pytest.mark.parametrize(
    ("array", "wanted"),
    [
        (np.full((2, 3, 4), 7, np.uint8), 7),
        (np.full((2, 3, 4, 3), 7, np.uint8), 7),
        (np.array([[[0.0, 0.5], [1.0, 0.0]]]), 128),
        (np.array([[[0, 128], [255, 3]]]), 128),
        (np.array([[[-1.0, 0.0], [1.0, 0.0]]]), 128),
        (np.array([[[False, True]]]), 255),
    ],
)
def test_arrays_of_any_number_type(array: np.ndarray, wanted: int) -> None:
    image = images(array)["image"][0]
    assert image.dtype == np.uint8 and image.ndim == 3 and int(image[0, -1, 0]) == wanted


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.zeros((3, 4)), r"array \(3, 4\) of float64 is no images"),
        (np.zeros((2, 3, 28, 28)), r"np.moveaxis\(array, 1, -1\)"),
        (np.full((1, 2, 2), np.nan), "missing or infinite values"),
        (np.array([[["a"]]]), "is no images"),
    ],
)
def test_arrays_that_are_no_images(array: np.ndarray, message: str) -> None:
    with pytest.raises(DataError, match=message):
        images(array)


def test_every_kind_of_file(tmp_path: Path) -> None:
    see_through = np.dstack([RGB, np.zeros((6, 8), np.uint8)])
    deep = (GREY.astype(np.uint16) * 257).astype(np.uint16)
    cases = {
        "grey.png": (save(tmp_path / "grey.png", GREY), GREY[:, :, None]),
        "rgb.bmp": (save(tmp_path / "rgb.bmp", RGB), RGB),
        "clear.png": (save(tmp_path / "clear.png", see_through), np.full((6, 8, 3), 255)),
        "deep.png": (save(tmp_path / "deep.png", deep), GREY[:, :, None]),
        "float.tiff": (save(tmp_path / "float.tiff", (GREY / 255).astype(np.float32)), GREY[:, :, None]),
        "bits.png": (save(tmp_path / "bits.png", np.eye(4, dtype=bool)), 255 * np.eye(4)[:, :, None]),
        "la.png": (save(tmp_path / "la.png", GREY, "LA"), GREY[:, :, None]),
    }
    for name, (path, wanted) in cases.items():
        found = read_image(path)
        assert found.dtype == np.uint8, name
        np.testing.assert_array_equal(found, wanted, err_msg=name)
    assert read_image(save(tmp_path / "palette.gif", RGB, "P")).shape == (6, 8, 3)
    assert read_image(save(tmp_path / "ink.jpg", RGB, "CMYK")).shape == (6, 8, 3)


def test_a_turned_camera_is_set_upright(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by 90 degrees, clockwise
    path = save(tmp_path / "turned.png", RGB, exif=exif)
    np.testing.assert_array_equal(read_image(path), np.rot90(RGB, -1))


def test_mixed_sizes_and_colours_are_brought_to_one_and_told(tmp_path: Path) -> None:
    for number, side in enumerate((10, 20, 20)):
        save(tmp_path / f"{number}.png", np.full((side, side), 9, np.uint8))
    save(tmp_path / "3.png", np.full((30, 30, 3), 9, np.uint8))
    with pytest.warns(DataWarning, match=r"3 sizes, 10 x 10 to 30 x 30 .*: 2 were brought to 20 x 20.*size=\(20, 20\)"):
        frame = images(tmp_path)
    assert {one.shape for one in frame["image"]} == {(20, 20, 3)}
    assert all((one == 9).all() for one in frame["image"])
    asked = images(tmp_path, size=(8, 12), colour=False)
    assert {one.shape for one in asked["image"]} == {(8, 12, 1)}


def test_large_images_become_smaller_unless_asked_for(tmp_path: Path) -> None:
    save(tmp_path / "large.png", np.zeros((300, 600), np.uint8))
    with pytest.warns(DataWarning, match="300 x 600 points: 1 were brought to 112 x 224"):
        assert images(tmp_path)["image"][0].shape == (112, 224, 1)
    assert images(tmp_path, size=(300, 600))["image"][0].shape == (300, 600, 1)


def damaged_folder(folder: Path) -> Path:
    save(folder / "good.png", GREY)
    whole = save(folder / "short.png", RGB.repeat(20, 0)).read_bytes()
    (folder / "short.png").write_bytes(whole[: len(whole) // 2])
    (folder / "words.jpg").write_text("this is no picture")
    (folder / "empty.png").write_bytes(b"")
    return folder


def test_damaged_files_raise_an_error_that_names_one_and_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(DamagedImageError, match=r"empty.png'.* 2 more .*damaged='skip'"):
        images(damaged_folder(tmp_path))


def test_damaged_files_can_be_left_out(tmp_path: Path) -> None:
    with pytest.warns(DataWarning, match=r"3 of 4 files cannot be read .*empty.png.*short.png.*words.jpg"):
        frame = images(damaged_folder(tmp_path), damaged="skip")
    assert [Path(file).name for file in frame["file"]] == ["good.png"]


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("no-such-folder", "is not there"),
        ([], "there are no paths"),
        (["a.png", None], "entry 1 is None, not a path"),
        (["no-such-file.png"], "there is no file 'no-such-file.png'"),
    ],
)
def test_sources_that_are_nothing(source: object, message: str) -> None:
    with pytest.raises(DataError, match=message):
        images(source)  # type: ignore[arg-type]


def test_a_folder_without_images_says_what_would_be_one(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("1")
    with pytest.raises(DataError, match=r"no images in .* \(1 other files\). Known endings: .bmp"):
        images(tmp_path)


@pytest.mark.parametrize("size", [0, (3,), (3, -1), 2.5, "big", True])
def test_sizes_that_cannot_be(size: object) -> None:
    with pytest.raises(OptionError, match="is no height and width in points"):
        images(np.zeros((1, 4, 4), np.uint8), size=size)  # type: ignore[arg-type]


def test_without_pillow_the_error_names_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = save(tmp_path / "a.png", GREY)
    monkeypatch.setitem(__import__("sys").modules, "PIL", None)
    with pytest.raises(MissingPackageError, match=r"pip install 'lepton-lab\[vision\]'"):
        images([path])


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    """Twenty images in files of two sizes, one of them in colour, beside a number."""
    folder = tmp_path_factory.mktemp("files")
    paths = [
        str(save(folder / f"{k}.png", np.full((6, 8) if k % 2 else (12, 16), 10 * k, np.uint8))) for k in range(19)
    ]
    paths.append(str(save(folder / "19.png", RGB)))
    return pd.DataFrame({"file": paths, "size": np.arange(20.0) % 7, "label": ["cat", "dog"] * 10})


def test_a_column_of_paths_is_read_where_its_type_is_told(files: pd.DataFrame) -> None:
    files = files.assign(file=[None, Path(files["file"][1]), *files["file"][2:]])
    table, _, _ = read_table(files, target="label", types={"file": "image"})
    encoder = fit_encoder(table)
    block = encoder.blocks[0]
    x = encoder.encode(table)
    assert (block.height, block.width, block.channels) == (6, 8, 3)
    assert x[0, 0] == 0 and len(set(x[1:, 0].tolist())) == 19
    np.testing.assert_array_equal(block.shelf.one(x[19, 0]), RGB)
    again = read_like(table.schema, files.iloc[5:7])
    assert encoder.encode(again)[:, 0].tolist() == x[5:7, 0].tolist()


def test_a_column_of_paths_whose_type_is_not_told_is_no_input_and_says_what_to_type(files: pd.DataFrame) -> None:
    table, _, _ = read_table(files, target="label")
    assert table.schema.names == ("size",)
    assert "types={'file': 'image'}" in table.schema.column("file").reason
    with pytest.raises(DataError, match=r"no column is left.*types=\{'file': 'image'\}"):
        read_table(files[["file", "label"]], target="label")


def test_files_that_cannot_be_read_are_named_and_counted(files: pd.DataFrame, tmp_path: Path) -> None:
    (tmp_path / "cut.png").write_bytes(Path(files["file"][3]).read_bytes()[:40])
    broken = files.assign(file=[*files["file"][:18], str(tmp_path / "cut.png"), "nowhere.png"])
    with pytest.raises(DamagedImageError, match=r"cut\.png.*1 more of 20.*damaged='skip'"):
        read_table(broken, target="label", types={"file": "image"})
    with pytest.warns(DataWarning, match="2 of 20 files"), pytest.warns(DataWarning, match="2 sizes"):
        kept = images(broken["file"], damaged="skip")
    table, _, _ = read_table(kept.assign(label=broken["label"]), target="label")
    assert table.n_rows == 18 and table.schema.names == ("image",)
