"""Encoders as options: by column or kind, with clear errors, kept whole in a network's layout."""

import dataclasses
import json

import numpy as np
import pytest

from lepton_lab.data.encode_image import ImageBlock
from lepton_lab.data.encode_series import SeriesBlock
from lepton_lab.errors import ColumnError, OptionError
from lepton_lab.fitting.asked import Asked
from lepton_lab.networks.encoders import ENCODERS, USUAL, check_encoders, encoder_for
from lepton_lab.networks.layout import Layout, ObjectColumn, encoders_of
from lepton_lab.networks.options import options_json, read_options
from lepton_lab.networks.series_transformer import SeriesTransformerConfig
from lepton_lab.networks.small_resnet import SmallResNetConfig
from lepton_lab.networks.tcn import TcnConfig

KINDS = {"scan": "image", "wave": "series", "pulse": "series", "age": "numeric"}
BLOCKS = (
    ImageBlock("scan", 8, 8, 1),
    SeriesBlock("wave", (0.0,), (1.0,), 30),
    SeriesBlock("pulse", (0.0,), (1.0,), 900),
)


def test_what_is_said_of_a_column_wins_over_what_is_said_of_its_kind():
    asked = check_encoders({"wave": {"channels": 8}, "series": "recurrent"}, KINDS)
    assert asked == {"pulse": {"encoder": "recurrent"}, "wave": {"channels": 8}}
    found = dict(encoders_of(asked, BLOCKS))
    assert found["pulse"].name == "recurrent" and found["wave"].config.channels == 8
    assert found["scan"].name == "small_resnet"


def test_what_is_not_said_follows_the_shape():
    usual = dict(encoders_of({}, BLOCKS))
    assert usual["pulse"].config.stride > usual["wave"].config.stride
    partly = encoder_for("pulse", {"dropout": 0.5}, usual["pulse"])
    assert partly.config == dataclasses.replace(usual["pulse"].config, dropout=0.5)
    assert encoder_for("pulse", {"augment": {"noise": 0.2}}, usual["pulse"]).config.augment.scale == 0.1


def test_options_are_kept_in_the_layout_and_in_json():
    asked = check_encoders({"scan": {"widths": [8], "depths": [0]}, "wave": {"encoder": "tcn", "dropout": 0}}, KINDS)
    layout = Layout.of(BLOCKS, max_one_hot=9, encoders=encoders_of(asked, BLOCKS))
    again = Layout.from_json(json.loads(json.dumps(dataclasses.asdict(layout))))
    assert again == layout and hash(again) == hash(layout)
    assert again.objects[0].config.widths == (8,) and again.objects[1].config.dropout == 0.0


@pytest.mark.parametrize("name", ENCODERS)
def test_every_encoder_has_options_that_come_back(name):
    config = ENCODERS[name].config()
    assert read_options(type(config), json.loads(json.dumps(options_json(config)))) == config
    assert all(kind in USUAL for kind in ENCODERS[name].kinds)


def test_a_file_of_before_there_were_options_is_read():
    column = ObjectColumn.from_json({"place": 1, "kind": "series", "shape": [0, 2], "encoder": "tcn"})
    assert column.config == TcnConfig()
    with pytest.raises(KeyError):
        ObjectColumn.from_json({"place": 1, "kind": "series", "shape": [0, 2], "encoder": "no such"})
    with pytest.raises(ValueError, match="channels"):
        ObjectColumn.from_json(
            {"place": 1, "kind": "series", "shape": [0, 2], "encoder": "tcn", "config": {"channels": 10**9}}
        )


@pytest.mark.parametrize(
    ("asked", "error", "says"),
    [
        ("tcn", OptionError, r"no dict of columns. For example: encoders=\{"),
        ({"scna": "small_resnet"}, ColumnError, "no column 'scna' in encoders.*Did you mean 'scan'"),
        ({"age": "tcn"}, ColumnError, "'age', which is numeric"),
        ({"scan": "tcn"}, OptionError, "'tcn' is not known.*'small_resnet', 'efficientnet_lite0'"),
        ({"wave": "tnc"}, OptionError, "Did you mean 'tcn'"),
        ({"wave": 3}, OptionError, "no encoder's name and no dict"),
        ({"wave": {"chanels": 3}}, OptionError, r"Did you mean 'channels'\? Options: window.* channels \(32\), kernel"),
        ({"wave": {"channels": 0}}, OptionError, "channels=0 is no whole number from 1 to 256"),
        ({"wave": {"channels": 2.5}}, OptionError, "channels=2.5 is no whole number"),
        ({"wave": {"channels": True}}, OptionError, "channels=True is no whole number"),
        ({"wave": {"dropout": np.nan}}, OptionError, "dropout=nan is no number from 0 to 0.9"),
        ({"wave": {"dilations": []}}, OptionError, "no list of 1 to 12 numbers"),
        ({"wave": {"augment": {"nois": 1}}}, OptionError, "Did you mean 'noise'"),
        ({"scan": {"augmentation": {"flip": 1}}}, OptionError, "flip=1 is neither true nor false"),
        ({"wave": {"encoder": "recurrent", "cell": "rnn"}}, OptionError, "none of 'gru', 'lstm'"),
        ({"wave": {"encoder": "series_transformer", "heads": 3}}, OptionError, "no multiple of heads=3"),
        ({"scan": {"widths": [8, 8]}}, OptionError, "one of each a stage"),
    ],
)
def test_an_encoder_that_cannot_be_is_refused(asked, error, says):
    with pytest.raises(error, match=says):
        check_encoders(asked, KINDS)


def test_a_kind_that_no_column_has_is_refused():
    with pytest.raises(ColumnError, match="no input column is of it"):
        check_encoders({"image": "small_resnet"}, {"wave": "series"})


def test_records_refuse_sizes_that_do_not_go_together():
    with pytest.raises(ValueError, match="multiple"):
        SeriesTransformerConfig(channels=10, heads=4)
    with pytest.raises(ValueError, match="stage"):
        SmallResNetConfig(widths=(8,))


def test_a_run_keeps_what_was_asked_of_encoders():
    asked = Asked("ill", encoders={"wave": {"channels": np.int64(8), "dilations": (1, 2)}})
    stored = json.loads(json.dumps(asked.to_json()))
    assert Asked.from_json(stored).encoders == {"wave": {"channels": 8, "dilations": [1, 2]}}
    with pytest.raises(OptionError, match="encoders holds"):
        Asked("ill", encoders={"wave": {"channels": object()}}).to_json()
