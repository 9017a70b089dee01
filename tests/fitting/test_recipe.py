"""How a network that reads objects is trained: by what reads them, and the more careful one has its way."""

import numpy as np
import pytest

from lepton_lab.data.table import read_table
from lepton_lab.fitting.recipe import QUALITIES, recipe_for, with_objects
from lepton_lab.networks.encoders import ENCODERS, Encoder


def schema_of(**columns):
    return read_table({**columns, "y": [0, 1] * 10}, target="y")[0].schema


SCANS = list(np.random.default_rng(0).integers(0, 9, (20, 4, 4), dtype=np.uint8))
WAVES = [np.arange(k + 3.0) for k in range(20)]


def chosen(*names):
    return tuple((f"column {k}", Encoder(name, ENCODERS[name].config())) for k, name in enumerate(names))


def test_two_encoders_are_trained_as_the_more_careful_one_wants():
    schema = schema_of(scan=SCANS, wave=WAVES)
    base = recipe_for("balanced", 4000, "auc")
    image, series, both = (
        with_objects(base, "balanced", 4000, schema, chosen(*names)).network
        for names in (("small_resnet",), ("tcn",), ("small_resnet", "tcn"))
    )
    assert both.learning_rate == min(image.learning_rate, series.learning_rate) != image.learning_rate
    assert both.n_epochs == max(image.n_epochs, series.n_epochs) and both.encoders == chosen("small_resnet", "tcn")
    assert both.metric == "auc"


def test_trees_are_left_out_where_they_have_nothing_to_split():
    alone, beside = schema_of(scan=SCANS), schema_of(scan=SCANS, age=np.arange(20) * 1.5)
    base = recipe_for("balanced", 4000, None)
    members = [with_objects(base, "balanced", 4000, one, chosen("small_resnet")).members for one in (alone, beside)]
    assert members == [("linear", "network"), ("linear", "network", "trees")]
    assert with_objects(base, "balanced", 4000, schema_of(age=np.arange(20) * 1.5), ()) is base


@pytest.mark.parametrize("quality", QUALITIES)
def test_few_rows_are_looked_at_often_enough(quality):
    schema = schema_of(wave=WAVES)
    for n_rows in (20, 400, 4000):
        network = with_objects(recipe_for(quality, n_rows, None), quality, n_rows, schema, chosen("tcn")).network
        assert network.n_epochs * n_rows / network.batch_size >= 449 or n_rows == 4000
        assert network.patience <= network.n_epochs
