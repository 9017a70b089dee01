"""One JupyterLab and one Chromium for all browser tests; a missing Chromium is a failure, never a skip."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser.jupyter import Server, chromium, lab_server

if TYPE_CHECKING:
    from playwright.sync_api import Browser

SHOTS = Path(__file__).parent.parent.parent / "build" / "screenshots"


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with lab_server(tmp_path_factory.mktemp("lab")) as running:
        yield running


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture(scope="session")
def shots() -> Path:
    """Where screenshots go, for a person to look at."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    return SHOTS
