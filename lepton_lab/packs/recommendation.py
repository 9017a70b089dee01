"""Retail recommendation: what will this customer want next?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lepton_lab.packs.domain import Domain, Needed


def _histories(columns: Mapping[str, str]) -> dict[str, Any]:
    """What each customer had before each event, as JSON."""
    from lepton_lab.reshape import histories

    return histories(user=columns["user"], item=columns["target"], time=columns["time"]).to_json()


RECOMMENDATION = Domain(
    name="recommendation",
    title="Retail recommendation",
    metric="ndcg_at_10",
    targets=("item", "item_id", "product", "product_id", "article", "sku", "film", "movie", "movie_id", "song", "page"),
    target_means="which item it was: the one that came next is predicted",
    task="ranking",
    reshape=_histories,
    columns=(
        Needed("user", "who bought, watched or clicked", ("user_id", "customer", "customer_id", "member"), must=True),
        Needed("time", "when that was", ("timestamp", "date", "when", "datetime", "bought_on"), must=True),
    ),
    show={"reach": {"k": 10}},
    samples=("movielens",),
    decides="ranks all items by NDCG@10, tests on the latest events, popularity as the baseline",
    advice=(
        "Popularity is the baseline to beat: a model that is not well ahead of it only tells what everybody buys.",
        "Rows are tested on the latest events: a recommender that has seen the future is no recommender.",
        "What a model learns from was seen because something showed it: measure what it sells in an A/B test.",
    ),
    words={"row": "event"},
    questions=(
        "Do the recommendations reach beyond the best sellers, and do newcomers get any that are worth it?",
        "Which of these items are in stock, have a margin, and may be shown to this customer?",
        "What would have been bought anyway: what does a recommendation add (A/B test, or held-out customers)?",
        "How fast do tastes move: how much worse is last month's model on this month's events?",
    ),
)
