"""Networks trained on real tables, as games for lepton-lab and as functions of arrays for everybody else."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax

N_BACKGROUND = 100
MOST_ROWS = 256
SIZES = {"64x64": (64, 64), "3x256": (256, 256, 256)}
AMOUNTS = ("CREDIT_LIMIT", "AGE", *(f"{kind}_AMT{month}" for kind in ("BILL", "PAID") for month in range(1, 7)))
# Row counts that a peer's batches are padded to: few compilations, little waste.
BATCHES = (*range(128, 1024, 128), *range(1024, 8193, 512))


@dataclass(frozen=True)
class Data:
    """A table as numbers: columns standardised, or codes from 0 where `n_codes` is not 0."""

    name: str
    x: np.ndarray
    y: np.ndarray
    n_codes: tuple[int, ...]
    df: Any
    target: str


@dataclass(frozen=True)
class Model:
    """A network and the rows that are explained with it.

    `predict` is for peers: float32 rows to float32 outputs, jitted, padded to few shapes, all compiled before.
    `flop` is what one evaluation takes from the columns' projections on, `first_flop` their masked sum's part.
    """

    name: str
    form: Any
    params: Any
    x: np.ndarray
    background: np.ndarray
    predict: Callable[[np.ndarray], np.ndarray]
    flop: int
    first_flop: int
    layers: list | None = None
    player_of: tuple[int, ...] | None = None

    def game(self, n_rows: int | None = None):
        """The rows as lepton-lab's game."""
        from lepton_lab.explanation.jax_game import JaxGame

        return JaxGame(self.form, self.params, self.x[:n_rows], self.background, self.player_of)

    @property
    def weights(self) -> np.ndarray:
        """Every background row counts alike."""
        return np.full(len(self.background), 1 / len(self.background))


def load(name: str, folder: Path) -> Data:
    """A table, at most 30 columns of it.

    `taiwan` is 14 amounts, `adult` 14 columns, 8 of them categories, `breast_cancer` 30 numbers, `support2` both.
    """
    import pandas as pd

    df = pd.read_parquet(folder / f"{name}.parquet")
    target = {"taiwan": "DID_DEFAULT_PAYMENT", "adult": "income", "breast_cancer": "target", "support2": "died_180d"}[
        name
    ]
    y = pd.factorize(df[target])[0].astype(np.float32)
    columns = {
        "taiwan": list(AMOUNTS),
        # The survey's weight is kept here, as a number like any other, to have 14 columns.
        "adult": [c for c in df if c not in (target, "split")],
    }.get(name, [c for c in df if c != target][:30])
    parts, n_codes = [], []
    for column in columns:
        values = df[column]
        if values.dtype.kind in "iuf":
            number = values.astype(float).fillna(values.median()).to_numpy()
            low, high = np.quantile(number, [0.005, 0.995])
            number = np.clip(number, low, high) if high > low else number
            parts.append((number - number.mean()) / number.std())
            n_codes.append(0)
        else:
            codes = pd.factorize(values, sort=True, use_na_sentinel=False)[0]
            parts.append(codes)
            n_codes.append(int(codes.max()) + 1)
    return Data(name, np.stack(parts, 1).astype(np.float32), y, tuple(n_codes), df[[*columns, target]], target)


def dealt(data: Data) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Row numbers: to explain, of the background, to train on (at most 8,000, the background among them)."""
    order = np.random.default_rng(0).permutation(len(data.x))
    return order[:MOST_ROWS], order[MOST_ROWS : MOST_ROWS + N_BACKGROUND], order[MOST_ROWS:][:8000]


@functools.lru_cache
def _additive(n_codes: tuple[int, ...], n_hidden: int):
    """`(form, whole)` of a plain network whose first layer takes numbers and one-hot categories."""
    from lepton_lab.explanation.forms import AdditiveForm

    width = np.array([max(n, 1) for n in n_codes])
    start, coded = np.cumsum(width) - width, np.array(n_codes) > 0
    owner = np.repeat(np.arange(len(width)), width)
    code = np.arange(width.sum()) - start[owner]

    def project(params, x):
        place = start + jnp.where(coded, x, 0).astype(jnp.int32)
        return jnp.where(coded, 1.0, x)[..., None] * params[0][0][place]

    def bias(params):
        return params[0][1]

    def rest(params, hidden):
        for kernel, bias in params[1:]:
            hidden = jax.nn.relu(hidden) @ kernel + bias
        return hidden

    def whole(params, x):
        if coded.any():
            spread = x[:, owner]
            x = jnp.where(coded[owner], spread == code, spread)
        return rest(params, x @ params[0][0] + params[0][1])

    return AdditiveForm(project, bias, rest), whole


def plain(data: Data, size: str) -> Model:
    """A ReLU network of this size, trained on the table."""
    sizes = SIZES[size]
    width = sum(max(n, 1) for n in data.n_codes)
    form, whole = _additive(data.n_codes, len(sizes))
    explained, background, learned = dealt(data)
    params = _fit(whole, _start((width, *sizes, 1)), data.x[learned], data.y[learned])
    layers = [(np.asarray(k), np.asarray(b)) for k, b in params]
    d = data.x.shape[1]
    first = 2 * d * sizes[0]
    flop = first + sum(2 * k.size for k, _ in layers[1:])
    call = jax.jit(whole)
    return Model(
        f"{size}, {data.name}", form, params, data.x[explained], data.x[background],
        padded(lambda x: call(params, x), d), flop, first, layers,
    )  # fmt: skip


def _start(sizes: tuple[int, ...]) -> list:
    rng = np.random.default_rng(1)
    return [
        ((rng.normal(size=(n, m)) * np.sqrt(2 / n)).astype(np.float32), np.zeros(m, np.float32))
        for n, m in itertools.pairwise(sizes)
    ]


def _fit(whole, params, x, y, steps: int = 1500, batch: int = 256):
    """Adam with a cosine schedule: enough to be a real model of the data."""
    optimizer = optax.adamw(optax.cosine_decay_schedule(2e-3, steps), weight_decay=1e-3)
    picked = np.random.default_rng(2).integers(0, len(x), (steps, batch))

    def step(carry, rows):
        params, state = carry

        def loss(params):
            return optax.sigmoid_binary_cross_entropy(whole(params, x[rows])[:, 0], y[rows]).mean()

        updates, state = optimizer.update(jax.grad(loss)(params), state, params)
        return (optax.apply_updates(params, updates), state), None

    x, y = jnp.asarray(x), jnp.asarray(y)
    (params, _), _ = jax.jit(lambda p, s: jax.lax.scan(step, (p, s), picked))(params, optimizer.init(params))
    return params


def default(data: Data) -> Model:
    """The network of `ll.train` with its defaults."""
    import lepton_lab as ll
    from lepton_lab.explanation.forms import AdditiveForm

    explained, background, learned = dealt(data)
    model = ll.train(data.df.iloc[learned], target=data.target, seed=0)
    member = next(m for m in model.members if m.name.startswith("network"))
    pure = member.functions
    x = model.encode(data.df.iloc[explained])
    config = member.config
    n_units = config.heads * config.head_hidden
    first = 2 * x.shape[1] * config.hidden
    flop = first + 2 * config.hidden * n_units + 2 * n_units
    predict = padded(lambda z: pure.jit_mean(member.params, z), x.shape[1])
    return Model(
        f"default, {data.name}", AdditiveForm(pure.project, pure.bias, pure.rest), member.params, x,
        model.encode(data.df.iloc[background]), predict, flop, first,
    )  # fmt: skip


def build(size: str, name: str, folder: Path, n_rows: int) -> Model:
    """A network by its size, trained on a table by its name, with this many rows (256 at most) to explain."""
    model = _built(size, name, folder)
    return replace(model, x=model.x[:n_rows])


@functools.lru_cache
def _built(size: str, name: str, folder: Path) -> Model:
    data = load(name, folder)
    return default(data) if size == "default" else plain(data, size)


def padded(call: Callable[[Any], Any], n_features: int) -> Callable[[np.ndarray], np.ndarray]:
    """The jitted function for any number of rows. A naive one compiles for every new number of rows."""
    for size in BATCHES:
        np.asarray(call(np.zeros((size, n_features), np.float32)))

    def predict(x: np.ndarray) -> np.ndarray:
        x = np.asarray(x, np.float32)
        parts = []
        for at in range(0, len(x), BATCHES[-1]):
            part = x[at : at + BATCHES[-1]]
            size = next(s for s in BATCHES if s >= len(part))
            spare = np.zeros((size - len(part), x.shape[1]), np.float32)
            given = np.concatenate([part, spare]) if len(spare) else part
            parts.append(np.asarray(call(given))[: len(part), 0])
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    return predict
