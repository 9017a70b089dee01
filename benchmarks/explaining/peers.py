"""The other libraries, each at its best: a jitted predict with few shapes, whole batches, nothing compiled again."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from explaining.one_core import DEVICE, torch_on_one_core

Run = Callable[[int], np.ndarray]


def masker(model):
    """shap's masker with all of the background; by default it would keep 100 rows without a word."""
    import shap

    return shap.maskers.Independent(model.background, max_samples=len(model.background))


def permutation(model, n_rows: int) -> Run:
    """shap.PermutationExplainer; a budget is a number of antithetic permutations."""
    import shap

    explainer = shap.PermutationExplainer(model.predict, masker(model), seed=0)
    x, d = model.x[:n_rows], model.x.shape[1]
    return lambda n: explainer(x, max_evals=n * (2 * d + 1), batch_size=4 * d, silent=True).values


def kernel(model, n_rows: int) -> Run:
    """shap.KernelExplainer without its default selection of ten features; a budget is a number of coalitions."""
    import shap

    explainer = shap.KernelExplainer(model.predict, model.background)
    x = model.x[:n_rows]

    def run(n: int) -> np.ndarray:
        np.random.seed(0)
        return explainer.shap_values(x, nsamples=n, l1_reg=False, silent=True)

    return run


def sampling(model, n_rows: int) -> Run:
    """shap.SamplingExplainer; a budget is a number of evaluations a row."""
    import shap

    explainer = shap.SamplingExplainer(model.predict, model.background)
    x = model.x[:n_rows]

    def run(n: int) -> np.ndarray:
        np.random.seed(0)
        return explainer.shap_values(x, nsamples=n, silent=True)

    return run


def exact(model, n_rows: int) -> Run:
    """shap.ExactExplainer; there is no budget."""
    import shap

    explainer = shap.ExactExplainer(model.predict, masker(model))
    x, d = model.x[:n_rows], model.x.shape[1]
    return lambda _: explainer(x, max_evals=2**d + 1, batch_size=80, silent=True).values


def worth(model, row: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """What a set of coalitions `(coalition, feature)` is worth: means over the background, many at once."""

    def of(coalitions: np.ndarray) -> np.ndarray:
        present = np.atleast_2d(np.asarray(coalitions)).astype(bool)
        parts = [present[at : at + 80] for at in range(0, len(present), 80)]
        return np.concatenate([_mixed_means(model, row, part) for part in parts])

    return of


def _mixed_means(model, row: np.ndarray, present: np.ndarray) -> np.ndarray:
    mixed = np.where(present[:, None], row, model.background)
    return model.predict(mixed.reshape(-1, len(row))).reshape(len(present), -1).mean(1)


def shapiq_kernel(model, n_rows: int) -> Run:
    """shapiq's KernelSHAP with paired sampling; a budget is a number of coalitions."""
    import shapiq

    def run(n: int) -> np.ndarray:
        d = model.x.shape[1]
        found = []
        for row in model.x[:n_rows]:
            approximator = shapiq.KernelSHAP(n=d, pairing_trick=True, random_state=0)
            found.append(approximator.approximate(n, worth(model, row)).get_n_order_values(1))
        return np.stack(found)

    return run


def lightshap(model, n_rows: int) -> Run:
    """lightshap's default (above 8 columns a kernel method, partly exact); a budget is its number of iterations."""
    return _lightshap(model, n_rows, None)


def lightshap_permutation(model, n_rows: int) -> Run:
    """lightshap's permutations there and back; a budget is their number."""
    return _lightshap(model, n_rows, "permutation")


def _lightshap(model, n_rows: int, method: str | None) -> Run:
    import lightshap as light

    def run(n: int) -> np.ndarray:
        found = light.explain_any(
            model.predict, model.x[:n_rows], bg_X=model.background, method=method, max_iter=n, tol=0.0,
            random_state=0, verbose=False,
        )  # fmt: skip
        return np.asarray(found.shap_values)

    return run


def torch_copy(model):
    """The plain network as a torch module with the same weights."""
    torch = torch_on_one_core()
    parts: list = []
    for kernel, bias in model.layers:
        layer = torch.nn.Linear(*kernel.shape)
        layer.weight.data, layer.bias.data = torch.tensor(kernel.T.copy()), torch.tensor(bias)
        parts += [layer, torch.nn.ReLU()]
    return torch.nn.Sequential(*parts[:-1]).eval().to(_torch_device())


def _torch_device() -> str:
    return "cuda" if DEVICE else "cpu"


def _tensor(array: np.ndarray):
    return torch_on_one_core().tensor(array, device=_torch_device())


def deep(model, n_rows: int) -> Run:
    """shap.DeepExplainer on a torch copy. Not Shapley values; there is no budget."""
    import shap

    explainer = shap.DeepExplainer(torch_copy(model), _tensor(model.background))
    x = _tensor(model.x[:n_rows])
    return lambda _: np.asarray(explainer.shap_values(x, check_additivity=False)).reshape(n_rows, -1)


def gradient(model, n_rows: int) -> Run:
    """shap.GradientExplainer on a torch copy. Not Shapley values; a budget is a number of gradients a row."""
    import shap

    explainer = shap.GradientExplainer(torch_copy(model), _tensor(model.background), batch_size=100)
    x = _tensor(model.x[:n_rows])
    return lambda n: np.asarray(explainer.shap_values(x, nsamples=n, rseed=0)).reshape(n_rows, -1)


def captum_sampling(model, n_rows: int) -> Run:
    """captum's ShapleyValueSampling on a torch copy, all rows and background in a batch; a budget is its n_samples."""
    from captum.attr import ShapleyValueSampling

    torch, net = torch_on_one_core(), torch_copy(model)
    rows, background = model.x[:n_rows], model.background
    x = _tensor(np.repeat(rows, len(background), axis=0))
    against = _tensor(np.tile(background, (n_rows, 1)))

    def run(n: int) -> np.ndarray:
        torch.manual_seed(0)
        with torch.no_grad():
            found = ShapleyValueSampling(lambda z: net(z)[:, 0]).attribute(x, against, n_samples=n)
        return found.cpu().numpy().reshape(n_rows, len(background), -1).mean(1)

    return run


def captum_kernel(model, n_rows: int) -> Run:
    """captum's KernelShap on the game of coalitions, many at once; a budget is a number of coalitions."""
    from captum.attr import KernelShap

    torch = torch_on_one_core()
    d = model.x.shape[1]

    def run(n: int) -> np.ndarray:
        torch.manual_seed(0)
        np.random.seed(0)
        found = []
        for row in model.x[:n_rows]:
            of = worth(model, row)
            explainer = KernelShap(lambda z, of=of: torch.tensor(of(z.numpy() > 0.5)))
            found.append(
                explainer.attribute(torch.ones(1, d), torch.zeros(1, d), n_samples=n, perturbations_per_eval=80)
            )
        return torch.cat(found).numpy()

    return run
