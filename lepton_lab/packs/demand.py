"""Demand and stock: how much will be asked for, and how much should be there?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lepton_lab.packs.domain import Domain, Needed

# Two weeks of days, what a shop plans by; what is said by reshape= wins.
HORIZON = 14


def _forecast(columns: Mapping[str, str]) -> dict[str, Any]:
    """The next steps of each article, as JSON."""
    from lepton_lab.reshape import forecast

    id, promotion = columns.get("article"), columns.get("promotion")
    known = [] if promotion is None else [promotion]
    return forecast(time=columns["date"], horizon=HORIZON, id=id, known=known).to_json()


DEMAND = Domain(
    name="demand",
    title="Demand and stock",
    metric="pinball",
    targets=("demand", "sales", "sold", "units", "quantity", "orders", "hired", "count"),
    target_means="how much was asked for in each step of time",
    task="quantile",
    reshape=_forecast,
    columns=(
        Needed("date", "when it was asked for", ("day", "time", "timestamp", "week", "month", "ts", "ds"), must=True),
        Needed(
            "article", "what was asked for, or where, if there is more than one", ("item", "sku", "product", "shop")
        ),
        Needed(
            "promotion", "a price or a promotion that is planned beforehand", ("promo", "on_sale", "price", "holiday")
        ),
    ),
    show={"newsvendor": {"under": 3.0, "over": 1.0}},
    samples=("bikes",),
    decides="forecasts 14 steps with quantiles, tests on the latest, says what to order",
    advice=(
        "Sales are no demand where the shelf was empty: leave such days empty (NaN), they are not learned from.",
        "What is planned (prices, promotions, holidays) is known beforehand: known=[...]; weather is not: past=[...].",
        "Order the quantile that balances the costs: under / (under + over), not the mean.",
    ),
    words={"row": "day ahead", "positive": ""},
    questions=(
        "On which days was the shelf empty, so that sales say less than demand?",
        "What does a piece lacking cost, in margin and in customers who do not come back?",
        "Does a promotion create demand, or bring it forward from the weeks after?",
        "How long is it from order to delivery: is the horizon that, and the time between orders?",
        "Do articles take demand from each other when one is missing?",
    ),
)
