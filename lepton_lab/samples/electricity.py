"""Customers of an electricity company who were inspected: who stole. From the package energizados."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lepton_lab.errors import MissingPackageError
from lepton_lab.package_files import file_in_package
from lepton_lab.samples.sample import Sample

if TYPE_CHECKING:
    import pandas as pd

INSTALL = "pip install --no-deps energizados==0.4.0"
_FILE = "templates/data/raw/sample_dataset.parquet"
_WORDS = {
    "zona": "zone",
    "actividad": "activity",
    "tipo_tarifa": "tariff",
    "nivel_tension": "voltage",
    "material_instalacion": "meter",
}


def read() -> pd.DataFrame:
    """An inspected customer a row, the earliest first: use in the twelve months before, and what was found.

    Raises:
        MissingPackageError: energizados, or pyarrow which reads its file, is not installed; says how it is.
    """
    import importlib.util

    import numpy as np
    import pandas as pd

    file = file_in_package("energizados", _FILE, purpose="the sample 'electricity'", install=INSTALL)
    if importlib.util.find_spec("pyarrow") is None:
        raise MissingPackageError("the sample 'electricity' needs 'pyarrow'. Install it with: pip install pyarrow")
    df = pd.read_parquet(file).sort_values(["fecha_inspeccion", "index"], ignore_index=True)
    months = {f"kwh_{n}": df[f"{n}_anterior"] for n in range(12, 0, -1)}
    # Names of places and trades were replaced by numbers before the data were given away.
    codes = {name: df[of].str.rpartition("_")[2].radd(f"{name} ") for of, name in _WORDS.items()}
    billed = pd.DataFrame(months).sum(axis=1).clip(lower=0)
    fraud = np.where(df["target"] == 1, "yes", "no")
    return pd.DataFrame(
        {"inspected": df["fecha_inspeccion"], **codes, **months, "billed_kwh": billed.round(1), "fraud": fraud}
    )


ELECTRICITY = Sample(
    "electricity", "Customers of a Latin American electricity company who were inspected: who stole", 42_500, 20,
    "fraud", "IDB open-source software licence (energizados)",
    "Inter-American Development Bank (2023), Energizados: an electricity company's records, made anonymous; "
    "package energizados 0.4.0",
    "fraud", read, None, INSTALL,
)  # fmt: skip
