"""Rebuild lepton_lab/sample_data/intents.csv.gz from the data set as its authors published it:

    git clone https://github.com/clinc/oos-eval
    python scripts/build_intents.py oos-eval/data

Taken are the intents of two of its ten domains, which together are what a bank's contact centre hears, with the
authors' own split, and all messages that are out of scope of every intent.
"""

from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path

import pandas as pd

TARGET = Path(__file__).parent.parent / "lepton_lab" / "sample_data" / "intents.csv.gz"
DOMAINS = ("banking", "credit_cards")
PARTS = {"train": "train", "val": "valid", "test": "test"}


def messages(folder: Path) -> pd.DataFrame:
    """One message a row: its text, its intent (none where it is out of scope), the part of the split."""
    data = json.loads((folder / "data_full.json").read_text())
    domains = json.loads((folder / "domains.json").read_text())
    kept = {intent for domain in DOMAINS for intent in domains[domain]}
    rows = []
    for part, name in PARTS.items():
        rows += [(text, intent.replace("_", " "), name) for text, intent in data[part] if intent in kept]
        rows += [(text, "", name) for text, _ in data[f"oos_{part}"]]
    return pd.DataFrame(rows, columns=["message", "intent", "part"])


def main(folder: str) -> None:
    """Write the file, the same bytes every time."""
    text = messages(Path(folder)).to_csv(index=False, lineterminator="\n")
    TARGET.write_bytes(gzip.compress(text.encode(), 9, mtime=0))


if __name__ == "__main__":
    main(sys.argv[1])
