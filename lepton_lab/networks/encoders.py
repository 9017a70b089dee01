"""What reads an object, by name: made for objects of one shape, it gives `width` numbers for each of a batch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lepton_lab.networks.plain_objects import FlatImage, MeanSeries

ENCODERS: dict[str, Callable[..., Any]] = {"small_resnet": FlatImage, "tcn": MeanSeries}
