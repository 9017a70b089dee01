"""Payments by card, made up: no bank gives its frauds away, and a rare event with amounts is needed to learn on.

600 people with habits of their own (where they live, what they spend, when they are awake) pay for a quarter of a
year. A hundred cards are stolen: the thief buys at shops new to the card, at odd hours, far away or online, small
amounts first and larger ones after, until the card is blocked; some thieves behave like their victims. So the frauds
can be told from the rest mostly, never wholly.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lepton_lab.samples.sample import Sample

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

PEOPLE, PAYMENTS, STOLEN, DAYS, SEED = 600, 20_000, 100, 90, 7
SHOPS = ("groceries", "restaurant", "fuel", "clothes", "electronics", "travel", "games", "cash")
USUAL = (0.34, 0.2, 0.14, 0.1, 0.06, 0.05, 0.05, 0.06)
THIEVES = (0.05, 0.05, 0.08, 0.12, 0.3, 0.1, 0.15, 0.15)


def payments() -> pd.DataFrame:
    """A payment a row, in the order of time."""
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(SEED)
    habits = pd.DataFrame({"spends": rng.normal(3.2, 0.5, PEOPLE), "wakes": rng.normal(14, 1.5, PEOPLE)})
    own = _of_owners(rng, habits)
    stolen = pd.concat([_of_thief(rng, card, habits) for card in rng.choice(PEOPLE, STOLEN, replace=False)])
    df = pd.concat([own, stolen]).sort_values("time", kind="stable", ignore_index=True)
    since = df.groupby("card")["time"].diff()
    usual = np.exp(habits["spends"].to_numpy())[df["card"]]
    return pd.DataFrame(
        {
            "time": np.datetime64("2026-01-01", "s") + (60 * df["time"].to_numpy()).astype("timedelta64[s]"),
            "card": df["card"].map("card {:03d}".format),
            "amount": df["amount"].round(2),
            "times_usual_amount": (df["amount"] / usual).round(2),
            "shop": df["shop"],
            "online": np.where(df["online"], "yes", "no"),
            "new_shop": np.where(df["new_shop"], "yes", "no"),
            "km_from_home": df["km"].round(1),
            "hour": (df["time"] // 60 % 24).astype(int),
            "minutes_since_last": since.round(1),
            "fraud": np.where(df["fraud"], "yes", "no"),
        }
    )


def _of_owners(rng: np.random.Generator, habits: pd.DataFrame) -> pd.DataFrame:
    import pandas as pd

    n = PAYMENTS
    card = rng.integers(0, PEOPLE, n)
    hour = (rng.normal(habits["wakes"].to_numpy()[card], 4.5)) % 24
    online = rng.random(n) < 0.25
    return pd.DataFrame(
        {
            "card": card, "time": (rng.integers(0, DAYS, n) * 24 + hour) * 60,
            "amount": rng.lognormal(habits["spends"].to_numpy()[card], 0.8), "shop": rng.choice(SHOPS, n, p=USUAL),
            "online": online, "new_shop": rng.random(n) < 0.18, "fraud": False,
            "km": rng.lognormal(1.3, 1.2, n) * ~online,
        }
    )  # fmt: skip


def _of_thief(rng: np.random.Generator, card: int, habits: pd.DataFrame) -> pd.DataFrame:
    """What is paid with a stolen card until it is blocked."""
    import numpy as np
    import pandas as pd

    n = int(rng.integers(1, 5))
    careful = rng.random() < 0.3
    grows = np.cumsum(rng.exponential(0.5, n)) + (0.2 if careful else 0.8)
    hour = rng.normal(habits["wakes"][card], 5) if careful else rng.uniform(0, 24)
    start = (rng.integers(1, DAYS) * 24 + hour % 24) * 60
    online = rng.random(n) < 0.6
    return pd.DataFrame(
        {
            "card": card, "time": start + np.cumsum(rng.exponential(60 if careful else 12, n)),
            "amount": np.exp(habits["spends"][card] + grows * rng.normal(0.7, 0.3)),
            "shop": rng.choice(SHOPS, n, p=USUAL if careful else THIEVES), "online": online,
            "new_shop": rng.random(n) < (0.5 if careful else 0.9), "fraud": True,
            "km": rng.lognormal(2.0 if careful else 4.0, 1.3, n) * ~online,
        }
    )  # fmt: skip


PAYMENTS_SAMPLE = Sample(
    "payments", "Payments by card, simulated: which were frauds", 20_251, 11, "fraud", "CC0 1.0",
    "made up by lepton_lab/samples/payments.py; no real person, card or shop",
    "banking", payments,
)  # fmt: skip
