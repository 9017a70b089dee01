"""The public names: few, sorted, importable, documented, light to import, and never shadowed by a module."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import subprocess
import sys

import pytest

import lepton_lab as ll

VERBS = [name for name in ll.__all__ if name.islower() and name not in ("errors", "reshape", "samples", "__version__")]


def test_all_is_sorted_and_small() -> None:
    assert sorted(ll.__all__) == ll.__all__
    assert len(ll.__all__) <= 47


@pytest.mark.parametrize("name", ll.__all__)
def test_name_is_there_and_documented(name: str) -> None:
    value = getattr(ll, name)
    if name != "__version__":
        assert (inspect.getdoc(value) or "").strip()


def test_unknown_name_has_a_hint() -> None:
    with pytest.raises(AttributeError, match="Did you mean 'train'"):
        ll.trian  # noqa: B018


def test_verbs_survive_the_import_of_every_submodule() -> None:
    for module in pkgutil.walk_packages(ll.__path__, "lepton_lab."):
        importlib.import_module(module.name)
    for verb in VERBS:
        assert callable(getattr(ll, verb)), f"a module took the name of the verb {verb}"


@pytest.mark.parametrize("verb", VERBS)
def test_verb_is_annotated(verb: str) -> None:
    signature = inspect.signature(getattr(ll, verb))
    bare = [p.name for p in signature.parameters.values() if p.annotation is inspect.Parameter.empty]
    assert bare == []
    assert signature.return_annotation is not inspect.Signature.empty


HEAVY = (
    "jax",
    "flax",
    "pandas",
    "numpy",
    "scipy",
    "sklearn",
    "lightgbm",
    "shap",
    "matplotlib",
    "IPython",
    "ipywidgets",
)


def loaded_after(statement: str) -> set[str]:
    code = f"import sys\n{statement}\nprint(*sorted({{m.partition('.')[0] for m in sys.modules}}))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(out.stdout.split())


def test_import_is_light() -> None:
    assert loaded_after("import lepton_lab").isdisjoint(HEAVY)


def test_import_weight_test_can_fail() -> None:
    assert "numpy" in loaded_after("import numpy")


def test_reading_a_table_needs_no_jax() -> None:
    assert loaded_after("import lepton_lab as ll; ll.samples").isdisjoint({"jax", "shap", "matplotlib"})
