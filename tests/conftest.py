"""Settings that every test shares: strict JAX, one thread, private homes, one compilation cache, the same examples."""

from __future__ import annotations

import os
import tempfile
from importlib.metadata import version
from pathlib import Path

from hypothesis import HealthCheck, settings

# Before jax, lightgbm or numpy's BLAS wake up: with two OpenMP threads tree libraries can be
# ten times slower than with one on small machines.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("JAX_PLATFORMS", "cpu")
os.environ.setdefault("JAX_NUMPY_DTYPE_PROMOTION", "strict")
os.environ.setdefault("MPLBACKEND", "Agg")
os.environ["LEPTON_HOME"] = tempfile.mkdtemp(prefix="lepton-home-")
os.environ["IPYTHONDIR"] = tempfile.mkdtemp(prefix="lepton-ipython-")

# Most of the suite's time is XLA's: programs that run for a blink are compiled for quick compiling, by its older and
# quicker way to write loops too, where the jaxlib is one that is known to have it (an unknown flag ends the process).
# `make demo` runs the same code as users compile it.
QUICK_COMPILING = "--xla_backend_optimization_level=1 --xla_llvm_disable_expensive_passes=true"
if version("jaxlib").startswith("0.10."):
    QUICK_COMPILING += " --xla_cpu_use_fusion_emitters=false"
os.environ.setdefault("XLA_FLAGS", QUICK_COMPILING)

# shap compiles a loop for 10 s to run it for 10 ms.
os.environ.setdefault("NUMBA_DISABLE_JIT", "1")

CACHE = Path(os.environ.get("LEPTON_TEST_CACHE", Path(__file__).parent.parent / ".cache" / "jax"))
os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(CACHE))
os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0.1")

# No example fails because the machine is busy, and every run has the same ones: others are looked for with
# --hypothesis-profile=default.
settings.register_profile(
    "suite", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.load_profile("suite")
