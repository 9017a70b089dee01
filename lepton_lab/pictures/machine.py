"""The pictures of `%lepton` alone (device, frames, models, runs, next step) and of the doctor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lepton_lab.pictures import theme
from lepton_lab.pictures.markup import Markup, tag
from lepton_lab.pictures.numbers import count
from lepton_lab.pictures.run_list import run_rows
from lepton_lab.pictures.tables import table

if TYPE_CHECKING:
    # `environment` stands above the pictures; they see its results, never the module.
    from typing import Protocol

    class Doctor(Protocol):
        """What is read of `environment.Doctor`."""

        conditions: tuple
        is_well: bool

    class Status(Protocol):
        """What is read of `environment.Status`."""

        version: str
        device: str
        frames: tuple
        models: tuple[str, ...]
        runs: tuple
        next_step: str


KINDS = {"ok": "ok", "warn": "warn", "missing": "serious"}


def html(result: Status | Doctor) -> Markup:
    """The picture as self-contained HTML."""
    return _doctor(result) if hasattr(result, "conditions") else _status(result)  # type: ignore[arg-type]


def text(result: Status | Doctor) -> str:
    """The picture as plain text: both results print themselves."""
    return repr(result)


def _doctor(doctor: Doctor) -> Markup:
    attention = [c for c in doctor.conditions if c.state != "ok"]
    rows = [
        [theme.chip(c.state, KINDS.get(c.state, "info")), c.name, c.found, tag("code", c.advice) if c.advice else ""]
        for c in (*attention, *(c for c in doctor.conditions if c.state == "ok"))
    ]
    said = "all is well" if doctor.is_well else f"{count(len(attention), 'thing')} to look at"
    return theme.picture("Environment", table(["", "What", "Found", "What to do"], rows, wrap=(2,)), sub=said)


def _status(status: Status) -> Markup:
    frames = [[f.name, f"{f.n_rows:,}", f"{f.n_columns:,}"] for f in status.frames]
    shown = table(["Frame", "Rows", "Columns"], frames, numeric=(1, 2)) if frames else _none("no frames yet")
    models = theme.notes(status.models) if status.models else _none("no models yet")
    parts = [theme.section("Frames", shown), theme.section("Models", models)]
    if status.runs:
        parts.append(theme.section("Last runs", run_rows(status.runs)))
    columns = tag("div", *parts, class_="lep-row", style="gap:6px 48px")
    return theme.picture(f"lepton-lab {status.version}", columns, theme.next_step(status.next_step), sub=status.device)


def _none(words: str) -> Markup:
    return tag("div", words, class_="lep-sub")
