"""All reports here are of few samples."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.reporting.few_samples import few_samples


@pytest.fixture(scope="package", autouse=True)
def quick_reports() -> Iterator[None]:
    with few_samples():
        yield
