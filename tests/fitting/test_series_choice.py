"""Who reads series: by how many rows there are, by what is asked, and by what an earlier fit chose."""

from __future__ import annotations

import pytest

from lepton_lab.data.encode_series import SeriesBlock
from lepton_lab.fitting.series_choice import FEW_WINDOWS, choose_series
from lepton_lab.networks.encoders import check_encoders
from lepton_lab.networks.layout import Layout, ObjectColumn, encoders_of

BLOCK = SeriesBlock("wave", (2.0, 0.0, 1.0), (1.0, 2.0, 4.0), 60)
KINDS = {"wave": "series"}


@pytest.mark.parametrize(
    ("asked", "n_rows", "earlier", "wanted"),
    [
        ({}, FEW_WINDOWS - 1, None, "rocket"),
        ({}, FEW_WINDOWS, None, "tcn"),
        ({"wave": {"augment": {"warp": 0.2}}}, 40, None, "rocket"),
        ({"wave": {"channels": 8}}, 40, None, "tcn"),
        ({"wave": "recurrent"}, 40, None, "recurrent"),
        ({}, 40, {}, "tcn"),  # a fit of before there was a choice
        ({}, FEW_WINDOWS, {"wave": "rocket"}, "rocket"),
    ],
)
def test_few_series_are_read_by_fixed_convolutions(asked, n_rows, earlier, wanted) -> None:
    found, names = choose_series(check_encoders(asked, KINDS), [BLOCK], n_rows, earlier)
    ((_, encoder),) = encoders_of(found, [BLOCK])
    assert encoder.name == wanted
    assert names == ({"wave": wanted} if wanted == "rocket" else {})


def test_a_few_long_series_are_many_windows() -> None:
    long = SeriesBlock("wave", (0.0,), (1.0,), 2560)
    assert choose_series({}, [long], FEW_WINDOWS // 10 - 1, None)[1] == {"wave": "rocket"}
    assert choose_series({}, [long], FEW_WINDOWS // 10, None)[1] == {}


def test_what_is_chosen_fits_the_series_and_keeps_what_was_asked() -> None:
    found, _ = choose_series({"wave": {"augment": {"turn": 0.2, "warp": 0.3}}}, [BLOCK], 40, None)
    ((_, encoder),) = encoders_of(found, [BLOCK])
    assert encoder.config.dilations == (1, 2, 4)  # 8 of each reach 32 steps; 64 would be more than there are
    augment = encoder.config.augment
    assert (augment.warp, augment.zeros, augment.units) == (0.3, (-2.0, 0.0, -0.25), (1.0, 0.5, 0.25))
    layout = Layout.of([BLOCK], max_one_hot=9, encoders=[("wave", encoder)])
    column = layout.objects[0]
    json = {"place": 0, "kind": "series", "shape": [0, 3], **{"encoder": encoder.name, "config": encoder.to_json()}}
    del json["config"]["encoder"]
    assert ObjectColumn.from_json(json) == column
