"""What reads an object, by name: made for objects of one shape, it gives `width` numbers for each of a batch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lepton_lab.networks.efficientnet_lite import EfficientNetLite
from lepton_lab.networks.recurrent import Recurrent
from lepton_lab.networks.series_transformer import SeriesTransformer
from lepton_lab.networks.small_resnet import SmallResNet
from lepton_lab.networks.tcn import Tcn

ENCODERS: dict[str, Callable[..., Any]] = {
    "small_resnet": SmallResNet,
    "efficientnet_lite0": EfficientNetLite,
    "tcn": Tcn,
    "recurrent": Recurrent,
    "series_transformer": SeriesTransformer,
}
