"""The same networks in eager torch, as its users write them, with its fused AdamW, the quickest of its three."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch.nn import functional

from lepton_lab.training.batches import RowStream
from training_peers.architectures import Architecture
from training_peers.ours import DECAY, RATE, Ours

Named = dict[str, torch.nn.Parameter]


class Torch:
    """A network in training."""

    def __init__(self, architecture: Architecture, like: Ours):
        self.batch, self.stream, self.step = architecture.batch, RowStream(len(like.x), architecture.batch, 0), 0
        self.x, self.y = torch.from_numpy(like.x), torch.from_numpy(like.y.astype(np.float32))
        # torch lays a dense layer's kernel out as (out, in).
        is_plain = architecture.config is None
        turned = {n: (v.T if is_plain and v.ndim == 2 else v) for n, v, _, _ in like.named()}
        self.named = {n: torch.nn.Parameter(torch.from_numpy(np.array(v))) for n, v in turned.items()}
        self.forward = _mlp(self.named) if is_plain else _tabular(self.named, architecture)
        groups = [
            {"params": [self.named[n]], "lr": RATE * rate, "weight_decay": DECAY * decay}
            for n, _, rate, decay in like.named()
            if rate
        ]
        merged: dict[tuple[float, float], dict] = {}
        for group in groups:
            key = group["lr"], group["weight_decay"]
            merged.setdefault(key, {**group, "params": []})["params"] += group["params"]
        self.optimizer = torch.optim.AdamW(list(merged.values()), betas=(0.9, 0.95), eps=1e-8, fused=True)

    def train(self, n_steps: int) -> float:
        """So many steps; the mean loss."""
        total = 0.0
        for rows in torch.from_numpy(self.stream.rows(self.step, n_steps)):
            loss = self.one_step(self.x[rows], self.y[rows])
            total += float(loss.detach())
        self.step += n_steps
        return total / n_steps

    def one_step(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        """One step; the loss before it."""
        self.optimizer.zero_grad(set_to_none=True)
        z = self.forward(x)
        loss = functional.binary_cross_entropy_with_logits(z, y[:, None].expand_as(z))
        loss.backward()
        self.optimizer.step()
        return loss


def _mlp(named: Named) -> Callable[[torch.Tensor], torch.Tensor]:
    layers = [(named[f"layers.{i}.kernel"], named[f"layers.{i}.bias"]) for i in range(len(named) // 2)]

    def forward(x: torch.Tensor) -> torch.Tensor:
        for kernel, bias in layers[:-1]:
            x = functional.relu(functional.linear(x, kernel, bias))
        return functional.linear(x, *layers[-1])

    return forward


def _tabular(p: Named, architecture: Architecture) -> Callable[[torch.Tensor], torch.Tensor]:
    layout, config = architecture.layout, architecture.config
    assert config is not None and not layout.one_hot
    numeric, embedded = (torch.tensor(part) for part in (layout.numeric, layout.embedded))
    starts = torch.tensor(np.concatenate([[0], np.cumsum(layout.embedded_codes)])[:-1].astype(np.int64))
    knots = p["first.placed.knots"].detach()
    low, high = knots[:, :-1], knots[:, 1:]

    def numbers(x: torch.Tensor) -> torch.Tensor:
        absent = torch.isnan(x)
        placed = (torch.clamp(torch.nan_to_num(x, nan=-torch.inf)[..., None], low, high) - low) / (high - low)
        x = torch.nan_to_num(x).clamp(-1e6, 1e6)
        x = x / torch.sqrt(1 + (x / 3) ** 2)
        waves = torch.cos(2 * torch.pi * x[..., None] * p["first.numeric.frequency"] + p["first.numeric.phase"])
        mixed = torch.einsum("rcf,cfe->rce", waves, p["first.numeric.kernel"]) + p["first.numeric.bias"]
        z = torch.cat([x[..., None], mixed], dim=-1)
        z = z + torch.where(absent[..., None], p["first.numeric.missing"], 0.0)
        return torch.cat([z, placed], dim=-1).flatten(1)

    def forward(x: torch.Tensor) -> torch.Tensor:
        parts = [numbers(x[:, numeric])] if len(numeric) else []
        if len(embedded):
            parts.append(functional.embedding(x[:, embedded].long() + starts, p["first.category.table"]).flatten(1))
        features = torch.cat(parts, dim=1) * p["first.scale"]
        hidden = functional.relu(torch.addmm(p["first.bias"], features, p["first.kernel"]))
        n_heads, n_hidden = p["heads.scale"].shape
        folded = (p["heads.scale"].T[:, :, None] * p["heads.kernel"][:, None]).reshape(n_hidden, -1)
        units = functional.relu(torch.addmm(p["heads.bias"].reshape(-1), hidden, folded)).view(len(x), n_heads, -1)
        return (units * p["outputs.kernel"][..., 0]).sum(-1) + p["outputs.bias"][:, 0]

    return forward
