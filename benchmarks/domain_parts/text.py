"""Texts: what customers of a bank want, what users of an assistant want or that it is nothing it knows, and spam."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pandas as pd

import lepton_lab as ll
from domain_parts.benchmark import Benchmark, Measured
from lepton_lab.metrics import auc


def banking77(folder: Path) -> Measured:
    """77 intents; the data set's own test rows."""
    frame = pd.read_parquet(folder / "banking77.parquet")
    began = time.monotonic()
    model = _trained(frame, target="category", split="given:split")
    return Measured({"accuracy": model.metrics["accuracy"].value}, time.monotonic() - began, _read(model))


def banking77_adapters(folder: Path) -> Measured:
    """The same rows, the encoder adapted by low-rank factors instead of left as it is."""
    frame = pd.read_parquet(folder / "banking77.parquet")
    began = time.monotonic()
    model = _trained(frame, target="category", split="given:split", encoders={"text": "minilm_adapters"})
    return Measured({"accuracy": model.metrics["accuracy"].value}, time.monotonic() - began, _read(model))


def clinc150(folder: Path) -> Measured:
    """150 intents, learned without a single message that is out of scope; those are told from the tested ones.

    The data set's validation rows are what `train` holds out: they say what is usual of messages in scope.
    """
    frame = pd.read_parquet(folder / "clinc150.parquet")
    learned = frame[frame.split.isin(["train", "val"])].replace({"split": {"val": "test"}})
    tested, outside = frame[frame.split == "test"], frame[frame.split == "oos_test"]
    began = time.monotonic()
    model = _trained(learned, target="intent", split="given:split")
    seconds = time.monotonic() - began
    found = ll.nearest(model, pd.concat([tested, outside]).drop(columns=["intent", "split"]), n=1)
    is_outside = np.arange(len(found)) >= len(tested)
    figures = {
        "accuracy": float((found.prediction[~is_outside] == tested.intent.to_numpy()).mean()),
        "AUROC": auc(is_outside.astype(int), np.stack([-found.score, found.score], axis=1)),
        "outside found": float(found.out_of_scope[is_outside].mean()),
        "inside kept": float(1 - found.out_of_scope[~is_outside].mean()),
    }
    return Measured(figures, seconds, _read(model))


def spamassassin(folder: Path) -> Measured:
    """Mails, spam or not, by subject and body: 20 % held out by `train`, stratified, seed 0."""
    # The folder that a mail came from says whether it is spam.
    frame = pd.read_parquet(folder / "spamassassin.parquet").drop(columns="group")
    began = time.monotonic()
    model = _trained(frame, target="spam")
    return Measured({"auc": model.metrics["auc"].value}, time.monotonic() - began, _read(model))


def _trained(
    frame: pd.DataFrame, *, target: str, split: str | None = None, encoders: dict[str, str] | None = None
) -> ll.TrainedModel:
    model = ll.train(frame, target=target, split=split, encoders=encoders)
    assert isinstance(model, ll.TrainedModel)
    return model


def _read(model: ll.TrainedModel) -> str:
    """By what the texts were read."""
    member = model.member("network")
    return "read by " + ", ".join(column.encoder for column in member.layout.objects)  # type: ignore[union-attr]


BENCHMARKS = {
    "banking77": Benchmark(
        "the intent of a bank's customer, of 77",
        "the data set's own: column split",
        'll.train(df, target="category", split="given:split")',
        "accuracy .90 in 3 min; .93",
        banking77,
    ),
    "banking77_adapters": Benchmark(
        "the intent of a bank's customer, of 77",
        "the data set's own: column split",
        'll.train(df, target="category", split="given:split", encoders={"text": "minilm_adapters"})',
        "accuracy .92; .93",
        banking77_adapters,
    ),
    "clinc150": Benchmark(
        "what a user wants, of 150 intents, or nothing of them",
        "the data set's own; rows out of scope measure only",
        'll.train(df, target="intent", split="given:split"); ll.nearest(model, new)',
        "accuracy in scope .93, AUROC out of scope .93; .95, .96",
        clinc150,
    ),
    "spamassassin": Benchmark(
        "spam, of a mail's subject and body",
        "20 % by train's own stratified split, seed 0",
        'll.train(df, target="spam")',
        "AUC .995",
        spamassassin,
    ),
}
