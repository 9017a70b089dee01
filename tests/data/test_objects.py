"""Columns of images and series: read, told apart, put on a shelf, stored."""

import pickle
import warnings

import numpy as np
import pandas as pd
import polars as pl
import pytest

from lepton_lab.data.array_values import ArrayValue
from lepton_lab.data.encode_image import ImageBlock, fit_images
from lepton_lab.data.encode_series import fit_series
from lepton_lab.data.encode_tabular import TabularEncoder, fit_encoder
from lepton_lab.data.fingerprint import fingerprint
from lepton_lab.data.object_store import background_objects, on_new_shelves
from lepton_lab.data.reshape_windows import Windows
from lepton_lab.data.shelf import Shelf
from lepton_lab.data.table import read_like, read_table
from lepton_lab.errors import ColumnError, DamagedFileError, SchemaMismatchError

N = 48
RNG = np.random.default_rng(0)
IMAGES = RNG.integers(0, 255, (N, 6, 5), dtype=np.uint8)
SQUARES = RNG.uniform(size=(N, 9, 9))
WAVES = [RNG.normal(size=(3 + i % 4, 2)) for i in range(N)]
DF = pd.DataFrame({"image": list(IMAGES), "wave": WAVES, "age": RNG.normal(size=N), "bad": [0, 1] * (N // 2)})


def read(df, **options):
    return read_table(df, target="bad", **options)[0]


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (list(IMAGES), "image"),
        (list(IMAGES.astype(float)), "series"),
        ([image[:, :, None].repeat(3, axis=2) / 255 for image in IMAGES], "image"),
        ([wave[:, 0] for wave in WAVES], "series"),
        ([wave.tolist() for wave in WAVES], "series"),
        ([None, *WAVES[1:]], "series"),
        ([None, *SQUARES[1:]], "image"),
        (list(SQUARES - 0.5), "series"),
        (list(SQUARES[:, :, :8]), "series"),
    ],
    ids=["bytes", "numbers", "colour", "one channel", "lists", "missing", "squares", "below 0", "oblong"],
)
def test_arrays_are_images_or_series(values, kind):
    table = read(DF.assign(thing=pd.Series(values)))
    column = table.schema.column("thing")
    assert (column.kind, column.role) == (kind, "input") and column.missing == sum(v is None for v in values) / N


def test_what_may_be_an_image_or_a_series_is_said_and_can_be_told():
    df = DF.assign(square=list(SQUARES), oblong=list(SQUARES[:, :, :8]))
    said = {one.column: one for one in read_table(df, target="bad")[2] if one.kind == "arrays"}
    assert set(said) == {"square", "oblong"} and "types={'oblong': 'image'}" in said["oblong"].advice
    table, _, findings = read_table(df, target="bad", types={"square": "series", "oblong": "image"})
    assert [table.schema.column(name).kind for name in ("square", "oblong")] == ["series", "image"]
    assert "arrays" not in [one.kind for one in findings]


def test_windows_as_long_as_they_are_wide_are_no_images():
    steps = pd.DataFrame(RNG.uniform(size=(60, 8)), columns=[f"s{i}" for i in range(8)])
    steps = steps.assign(unit=np.arange(60) // 20, cycle=np.arange(60) % 20, bad=[0, 1] * 30)
    table = read_table(steps, target="bad", reshape=Windows(id="unit", time="cycle", length=8))[0]
    assert table.schema.column("series").kind == "series"


def test_whole_arrays_and_other_frames_give_the_same_table():
    plain = {"image": IMAGES, "wave": WAVES, "age": DF["age"].to_numpy(), "bad": DF["bad"].to_numpy()}
    lists = pl.DataFrame({**plain, "image": IMAGES.tolist(), "wave": [w.tolist() for w in WAVES]})
    told = {"image": "image"}
    tables = [read(DF, types=told), read(plain, types=told), read(lists, types=told)]
    for other in tables[1:]:
        assert np.array_equal(fit_encoder(tables[0]).encode(tables[0]), fit_encoder(other).encode(other))


def test_the_user_tells_what_arrays_are():
    table = read(DF.assign(image=list(IMAGES / 255)), types={"image": "image"})
    assert table.schema.column("image").kind == "image"
    with pytest.raises(ColumnError, match="'wave' holds arrays or lists, so it cannot be numeric"):
        read(DF, types={"wave": "numeric"})
    with pytest.raises(ColumnError, match="'age' cannot be image: wanted an array a row; found numbers"):
        read(DF, types={"age": "image"})


def test_equal_objects_have_one_number_and_rows_can_be_mixed():
    doubled = DF.assign(image=[IMAGES[i // 2] for i in range(N)])
    table = read(doubled)
    x = fit_encoder(table).encode(table)
    assert x[0, 0] == x[1, 0] != x[2, 0] and len(np.unique(x[:, 0])) == N // 2 and x.dtype == np.float32


def test_a_missing_object_is_number_0():
    table = read(DF.assign(wave=[None, *WAVES[1:]]))
    encoder = fit_encoder(table)
    assert encoder.encode(table)[0, 1] == 0 and encoder.encode(table)[1, 1] > 0


def test_copies_of_rows_are_found_by_what_their_images_hold():
    df = pd.concat([DF, DF.iloc[:3].assign(image=[image.copy() for image in IMAGES[:3]])], ignore_index=True)
    from lepton_lab.data.split import copies

    assert len(np.unique(copies(read(df)))) == N


def test_a_fingerprint_knows_every_pixel():
    other = IMAGES.copy()
    other[-1, -1, -1] += 1
    assert fingerprint(DF) == fingerprint(DF.assign(image=list(IMAGES.copy())))
    assert fingerprint(DF) != fingerprint(DF.assign(image=list(other)))


def test_new_rows_must_hold_arrays():
    table = read(DF)
    with pytest.raises(SchemaMismatchError, match="image   wanted an array a row; found numbers"):
        read_like(table.schema, DF.assign(image=1.0))
    with pytest.raises(SchemaMismatchError, match=r"image   wanted arrays of height, width.*shape \(5,\)"):
        read_like(table.schema, DF.assign(image=list(IMAGES[:, 0])))


def test_images_become_bytes_of_one_size():
    block = fit_images("image", values_of([np.ones((8, 4)), np.zeros((8, 4)), np.ones((4, 8))]))
    assert (block.height, block.width, block.channels) == (8, 4, 1) and (block.low, block.high) == (0, 1)
    assert block.prepare(np.full((8, 4), 0.5)).tolist() == [[[128]] * 4] * 8
    assert block.prepare(np.ones((4, 8, 4))).shape == (8, 4, 1)


def test_a_network_reads_no_more_of_an_image_than_it_needs():
    block = fit_images("image", values_of([np.zeros((1000, 500, 3), np.uint8)]))
    assert (block.height, block.width, block.channels) == (224, 112, 3)


def test_series_are_scaled_by_channel_and_padded_with_nothing():
    block = fit_series("wave", values_of(WAVES))
    steps = np.concatenate([block.prepare(wave) for wave in WAVES])
    assert np.allclose(steps.mean(0), 0, atol=1e-6) and np.allclose(steps.std(0), 1, atol=1e-6)
    numbers = block.encode(values_of(WAVES[:4]))
    held = block.shelf.gather(numbers, 6)
    assert held.shape == (6, block.shelf.longest, 2) and np.isnan(held[0, 3:]).all() and np.isnan(held[4:]).all()
    lacking = block.prepare(np.array([[1.0], [np.inf]]))
    assert np.isnan(lacking[:, 1]).all() and np.isnan(lacking[1, 0])


def test_what_a_visit_brings_is_taken_away_again():
    shelf = Shelf((2,), np.int32, fill=0)
    kept = shelf.put([np.array([1, 2], np.int32)])
    with shelf.visit():
        seen = shelf.put([np.array([1, 2], np.int32), np.array([3, 4], np.int32)])
        assert shelf.gather(seen, 2).tolist() == [[1, 2], [3, 4]]
    assert len(shelf) == 1 and shelf.gather(kept, 1).tolist() == [[1, 2]]
    with pytest.raises(KeyError):
        shelf.gather(seen[1:], 1)
    assert shelf.put([np.array([5, 6], np.int32)])[0] > seen[1]  # a number is never used twice


def test_objects_that_do_not_fit_are_refused():
    shelf = Shelf((None, 2), np.float32, fill=np.nan, longest=4)
    for wrong in (np.zeros((5, 2), np.float32), np.zeros((3, 1), np.float32), np.zeros((3, 2))):
        with pytest.raises(ValueError, match="is wanted"):
            shelf.put([wrong])


def test_stored_objects_find_their_rows_again():
    table = read(DF)
    encoder = fit_encoder(table)
    x = encoder.encode(table)[[3, 1, 3]]
    stored = background_objects(encoder.blocks, x)
    other = TabularEncoder.from_json(encoder.to_json())
    moved = on_new_shelves(other.blocks, x, stored)
    for j in (0, 1):
        was, now = encoder.blocks[j].shelf, other.blocks[j].shelf
        assert [was.one(n).tobytes() for n in x[:, j]] == [now.one(n).tobytes() for n in moved[:, j]]
    again = pickle.loads(pickle.dumps(encoder))
    assert np.array_equal(again.blocks[0].shelf.one(x[0, 0]), encoder.blocks[0].shelf.one(x[0, 0]))


@pytest.mark.parametrize("change", [{"height": 0}, {"width": 10**6}, {"channels": 2}, {"low": 5.0, "high": 5.0}])
def test_a_damaged_image_block_is_refused(change):
    good = ImageBlock("image", 6, 5, 1).to_json()
    with pytest.raises(DamagedFileError):
        TabularEncoder.from_json({"blocks": [{**good, **change}]})


def test_an_image_says_what_it_is():
    assert str(ArrayValue(IMAGES[0])) == "image 5 x 6" and str(ArrayValue(WAVES[0])) == "series of 3 steps"


def test_nothing_is_warned_of():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        read(DF)


def values_of(arrays):
    found = np.empty(len(arrays), object)
    found[:] = [ArrayValue(array) for array in arrays]
    return found
