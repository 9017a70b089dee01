"""What is here: the machine and its packages (`doctor`), the user's frames, models and runs (`status`)."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lepton_lab.errors import OptionError

if TYPE_CHECKING:
    from lepton_lab.trained import TrainedModel

PACKAGES = {
    "jax": "training and explanation",
    "flax": "networks",
    "optax": "optimisers",
    "numpy": "arrays",
    "pandas": "tables",
    "narwhals": "any dataframe in",
    "scikit-learn": "the linear member",
    "lightgbm": "the trees member",
    "shap": "explanations of trees, and shap's plots",
    "ipykernel": "notebooks",
    "IPython": "notebooks",
    "ipywidgets": "panels",
    "anywidget": "panels",
}
OPTIONAL = {"jupyterlab": "lab", "pyarrow": "data", "polars": "data", "pillow": "vision"}


@dataclass(frozen=True)
class Condition:
    """One thing the doctor looked at.

    Attributes:
        state: ok, warn (works, but worse than it could), or missing.
        found: What is there, in words.
        advice: What to type to better it; empty when all is well.
    """

    name: str
    state: str
    found: str
    advice: str = ""


@dataclass(frozen=True)
class Doctor:
    """The state of this environment, one condition a line."""

    conditions: tuple[Condition, ...]

    @property
    def is_well(self) -> bool:
        """Whether nothing needs attention."""
        return all(condition.state == "ok" for condition in self.conditions)

    def __repr__(self) -> str:
        width = max(len(condition.name) for condition in self.conditions)
        lines = [
            f"{f.state:8}{f.name:{width}}  {f.found}" + (f"  -> {f.advice}" * bool(f.advice)) for f in self.conditions
        ]
        return "\n".join(["All is well." if self.is_well else "Some things need attention:", *lines])


@dataclass(frozen=True)
class FrameSeen:
    """A dataframe in the user's namespace."""

    name: str
    n_rows: int
    n_columns: int


@dataclass(frozen=True)
class Status:
    """Where the user stands, and the next thing to type.

    Attributes:
        device: What jax computes on; asking does not start jax.
        runs: The newest five.
    """

    version: str
    device: str
    frames: tuple[FrameSeen, ...]
    models: tuple[str, ...]
    runs: tuple[Any, ...]
    next_step: str

    def __repr__(self) -> str:
        frames = [f"{f.name} ({f.n_rows:,} x {f.n_columns})" for f in self.frames]
        lines = [
            f"lepton-lab {self.version} on {self.device}",
            f"frames  {', '.join(frames) or 'none yet'}",
            f"models  {', '.join(self.models) or 'none yet'}",
        ]
        lines += [f"run     {run.id}  {run.status}  {run.began}" for run in self.runs]
        return "\n".join([*lines, f"next    {self.next_step}"])


def frames_in(namespace: Mapping[str, Any]) -> dict[str, Any]:
    """The dataframes among a notebook's variables, by name, without importing any dataframe library."""
    return {name: value for name, value in namespace.items() if not name.startswith("_") and is_frame(value)}


def models_in(namespace: Mapping[str, Any]) -> dict[str, Any]:
    """The trained models among a notebook's variables, by name."""
    return {name: value for name, value in namespace.items() if not name.startswith("_") and is_model(value)}


def is_frame(value: object) -> bool:
    """Whether a value is a dataframe of pandas, polars or pyarrow, or a dict of equally long columns."""
    kind = type(value)
    if kind.__module__.partition(".")[0] in {"pandas", "polars", "pyarrow"}:
        return kind.__name__ in {"DataFrame", "Table"}
    if not isinstance(value, dict) or not value:
        return False
    # The first value tells most dicts: one of ten million entries is not looked through.
    is_columns = all(isinstance(c, list) or getattr(c, "ndim", 0) == 1 for c in value.values())
    return is_columns and len({len(c) for c in value.values()}) == 1


def is_model(value: object) -> bool:
    """Whether a value is a TrainedModel; asked by name, so that nothing heavy is imported."""
    return type(value).__name__ == "TrainedModel" and type(value).__module__.startswith("lepton_lab.")


def model_in(model: Any) -> TrainedModel:
    """The trained model itself, also out of one of our scikit-learn estimators.

    Raises:
        OptionError: It is none.
    """
    inner = getattr(model, "model_", model)
    if not is_model(inner):
        raise OptionError(
            f"a {type(model).__name__} is no trained model. Make one with: model = ll.train(df, target=...)"
        )
    return inner


def columns_of(frame: Any) -> list[str]:
    """The column names of any of the frames that `is_frame` knows, as text."""
    names = getattr(frame, "column_names", None) or getattr(frame, "columns", None)
    return [str(name) for name in (frame if names is None else names)]


def size_of(frame: Any) -> tuple[int, int]:
    """Rows and columns of a frame."""
    shape = getattr(frame, "shape", None) or (len(next(iter(frame.values()))), len(frame))
    return int(shape[0]), int(shape[1])


def look_around(namespace: Mapping[str, Any]) -> Status:
    """What `status` shows; quick, because it starts nothing."""
    from lepton_lab._version import __version__
    from lepton_lab.journal import list_runs

    frames = tuple(FrameSeen(name, *size_of(frame)) for name, frame in frames_in(namespace).items())
    models = tuple(models_in(namespace))
    runs = tuple(list_runs()[:5])
    return Status(__version__, _device(), frames, models, runs, _next_step(namespace, frames, models, runs))


def examine() -> Doctor:
    """What `doctor` shows; starts jax, to see what it computes on."""
    return Doctor((_python(), *_packages(), *_optional(), *_devices(), _machine(), _runs_folder()))


def _next_step(
    namespace: Mapping[str, Any], frames: tuple[FrameSeen, ...], models: tuple[str, ...], runs: tuple[Any, ...]
) -> str:
    """The line most people would type now."""
    running = [run for run in runs if run.status == "running"]
    if running:
        return f"%lepton attach {running[0].id}"
    if models:
        return f"%lepton explain {models[-1]}"
    if not frames:
        return "df_train, df_test = %lepton demo credit"
    from lepton_lab.packs import DOMAINS

    frame = frames[0].name
    guesses = [domain.target_in(columns_of(namespace[frame])) for domain in DOMAINS.values()]
    target = next((guess for guess in guesses if guess), "<column>")
    return f"%lepton train {frame} --target {target}"


def _device() -> str:
    """What jax computes on, if it was started already; asking here must not start it."""
    jax = sys.modules.get("jax")
    bridge = sys.modules.get("jax._src.xla_bridge")
    if jax is None or not getattr(bridge, "_backends", None):
        return f"{os.cpu_count()} CPU cores (jax not started yet)"
    return ", ".join(sorted({str(device.device_kind) for device in jax.devices()}))


def _python() -> Condition:
    found = f"Python {platform.python_version()} on {platform.system()} {platform.machine()}, {sys.prefix}"
    return Condition("python", "ok", found)


def _packages() -> list[Condition]:
    """One condition for each package that `pip install lepton-lab` brings."""
    conditions = []
    for package, purpose in PACKAGES.items():
        version = _version(package)
        advice = "" if version else f"pip install {package}"
        conditions.append(
            Condition(package, "ok" if version else "missing", version or f"not installed: {purpose}", advice)
        )
    return conditions


def _optional() -> list[Condition]:
    """Packages that an extra brings; their absence is no fault."""
    return [
        Condition(package, "ok", _version(package) or f"not installed (pip install 'lepton-lab[{extra}]')")
        for package, extra in OPTIONAL.items()
    ]


def _devices() -> list[Condition]:
    """What jax sees, and the GPU it does not."""
    if not _version("jax"):
        return []
    import jax

    devices = ", ".join(f"{device.platform}:{device.device_kind}" for device in jax.devices())
    unseen = jax.default_backend() == "cpu" and (shutil.which("nvidia-smi") or Path("/proc/driver/nvidia").exists())
    if unseen:
        advice = "pip install 'lepton-lab[cuda]', then restart the kernel"
        return [Condition("devices", "warn", f"{devices}; an NVIDIA GPU is present, but jax does not see it", advice)]
    return [Condition("devices", "ok", devices)]


def _machine() -> Condition:
    """Cores, and the limits set from outside."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    limits = [
        f"{name}={os.environ[name]}" for name in ("OMP_NUM_THREADS", "XLA_FLAGS", "JAX_PLATFORMS") if name in os.environ
    ]
    return Condition("machine", "ok", ", ".join([f"{usable} of {os.cpu_count()} CPU cores", *limits]))


def _runs_folder() -> Condition:
    """Whether runs can be kept."""
    from lepton_lab.journal import home

    folder = home()
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    if not os.access(existing, os.W_OK):
        advice = "set the environment variable LEPTON_HOME to a writable folder"
        return Condition("runs", "warn", f"{folder} cannot be written: runs will not survive a restart", advice)
    free = shutil.disk_usage(existing).free / 1e9
    if free < 1:
        return Condition("runs", "warn", f"{folder}: only {free:.1f} GB free", "free some space, or set LEPTON_HOME")
    return Condition("runs", "ok", f"{folder} ({free:.0f} GB free)")


def _version(package: str) -> str | None:
    """The installed version of a package, or None."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None
