"""A model that ranks items by what came before: trained, judged, explained, saved and asked like any other."""

import numpy as np
import pandas as pd
import pytest

import lepton_lab as ll
from lepton_lab.data.frames import open_frame
from lepton_lab.errors import ColumnError, OptionError
from lepton_lab.pictures import html, text

HOW = ll.reshape.histories(user="user", item="item", time="when")
N_ITEMS = 12


def events_of(n_users: int, seed: int = 0) -> pd.DataFrame:
    """Users go round: after item i comes i + 1, nine times of ten. Nothing comes twice within a user's events."""
    draw, rows = np.random.default_rng(seed), []
    for user in range(n_users):
        left, at = list(range(N_ITEMS)), int(draw.integers(N_ITEMS))
        for step in range(9):
            at = at if at in left and draw.random() < 0.9 else int(draw.choice(left))
            left.remove(at)
            rows.append((user, f"item {at:02d}", step + draw.random() / 2, "ab"[user % 2], int(draw.integers(1, 6))))
            at = (at + 1) % N_ITEMS
    return pd.DataFrame(rows, columns=["user", "item", "when", "land", "stars"])


@pytest.fixture(scope="module")
def events():
    return events_of(130)


@pytest.fixture(scope="module")
def model(events):
    return ll.train(events, target="item", reshape=HOW, quality="fast", seed=1, encoders={"items": {"width": 16}})


@pytest.fixture(scope="module")
def rows(events):
    """Rows with histories of some length, hardly longer than those that were learned from."""
    made = HOW.rows(open_frame(events), "item").frame.reset_index(drop=True)
    return made[[one is not None and 4 <= len(one) <= 6 for one in made["history"]]].reset_index(drop=True)


def test_what_comes_next_is_learned_and_popularity_is_the_baseline(model):
    board = {name: row["hit_rate_at_1"].value for name, row in model.leaderboard.items()}
    assert set(board) == {"blend", "network", "popularity"}
    assert board["blend"] > 0.6 > 0.35 > board["popularity"]
    assert model.metrics["ndcg_at_10"].low > model.leaderboard["popularity"]["ndcg_at_10"].high


def test_figures_are_those_of_places_among_all_items_not_seen(model, rows):
    found = ll.evaluate(model, rows)
    logits, place = model.logits(rows), []
    for row, (history, item) in enumerate(zip(rows["history"], rows["item"], strict=True)):
        open_items = [k for k, one in enumerate(model.classes) if one not in set(history.items)]
        order = sorted(open_items, key=lambda k, row=row: -logits[row, k])
        place.append(order.index(model.classes.index(item)) + 1)
    assert found.metrics["hit_rate_at_1"].value == pytest.approx(np.mean(np.array(place) == 1))
    assert found.metrics["reciprocal_rank"].value == pytest.approx(np.mean(1 / np.array(place)))


def test_it_is_shown_for_whom_recommendations_are_good(model, rows):
    reach = ll.evaluate(model, rows).show("reach", {"k": 1})
    assert reach.frame["rows"].sum() == len(rows) and reach.frame.iloc[0, 0] == "1 to 9"
    first = model.predict(rows)["prediction"]
    assert reach["items reached"].value == first.nunique() / N_ITEMS
    with pytest.raises(OptionError, match="k=0"):
        ll.evaluate(model, rows).show("reach", {"k": 0})


def test_recommendations_leave_out_what_was_seen_unless_asked(model, events):
    best = ll.recommend(model, events, n=3)
    assert list(best.columns) == ["user", "rank", "item", "score"] and len(best) == 3 * 130
    had = set(zip(events["user"], events["item"], strict=True))
    assert not had & set(zip(best["user"], best["item"], strict=True))
    assert not model.task.repeats, "nobody has an item twice"
    every = ll.recommend(model, events, n=N_ITEMS, users=[7, 3], exclude_seen=False)
    assert every["user"].tolist() == [7] * N_ITEMS + [3] * N_ITEMS
    assert every.groupby("user")["score"].sum().tolist() == pytest.approx([1, 1])
    assert (np.diff(every["score"][:N_ITEMS]) <= 0).all()
    first = best[best["rank"] == 1].set_index("user")["item"]
    assert model.predict(events)["prediction"].to_dict() == first.to_dict()
    assert len(ll.recommend(model, events, n=N_ITEMS, users=7)) == 3, "fewer where fewer are left"


def test_newcomers_and_unknown_items_are_read_as_such(model):
    new = {"history": [None, ["what is this"], ["item 03", "item 04"]], "land": ["a", "a", "zz"]}
    best = ll.recommend(model, new, n=1)
    assert best["user"].tolist() == [0, 1, 2] and best["item"][2] == "item 05"
    with pytest.raises(OptionError, match=r"user 900 is not in the frame.*history"):
        ll.recommend(model, events_of(3), users=900)


def test_one_column_is_one_player_and_completes(model, rows):
    found = ll.explain(model, rows.iloc[:5])
    assert found.feature_names == ("history", "land") and found.exact
    np.testing.assert_allclose(found.base_values + found.values.sum(axis=1), model.logits(rows.iloc[:5]), atol=1e-4)
    assert np.abs(found.values[:, 0]).mean() > 3 * np.abs(found.values[:, 1]).mean()


def test_the_item_that_decides_is_found_inside_the_history(model, rows):
    some = rows.iloc[:6]
    inside = ll.explain_inside(model, some, "history")
    hits = 0
    for row, one in enumerate(inside.objects):
        best = model.classes.index(model.predict(some)["prediction"].iloc[row])
        values, (low, high) = one.values(best), one.ends(best)
        assert values.sum() == pytest.approx(high - low, abs=1e-4), "the values add up"
        names = one.explanation.feature_names
        assert names == tuple(map(str, some["history"].iloc[row].items[-len(names) :])), "the latest, as they are read"
        before = f"item {(best - 1) % N_ITEMS:02d}"
        hits += names[int(np.argmax(values))] == before
    assert hits >= 3, "the item before it moves a recommendation most"
    fewer = ll.explain_inside(model, some.iloc[:1], "history", n_parts=2).objects[0]
    assert fewer.explanation.feature_names == tuple(map(str, some["history"].iloc[0].items[-2:]))


def test_taking_the_strongest_items_away_costs_more_than_others(model, rows):
    some = rows.iloc[:40]
    chosen = [model.classes.index(one) for one in model.predict(some)["prediction"]]
    inside = ll.explain_inside(model, some, "history", rows=40)
    order = [np.argsort(-one.values(k)) for one, k in zip(inside.objects, chosen, strict=True)]
    histories = [one.items for one in some["history"]]

    def left(worst):
        taken = [[x for k, x in enumerate(items) if k != gone] for items, gone in zip(histories, worst, strict=True)]
        return model.logits(some.assign(history=taken))[np.arange(40), chosen].mean()

    assert left([o[0] for o in order]) < left([o[len(o) // 2] for o in order])


def test_a_saved_model_recommends_alike(model, events, tmp_path):
    model.save(tmp_path / "shop.lepton")
    again = ll.load(tmp_path / "shop.lepton")
    pd.testing.assert_frame_equal(ll.recommend(again, events), ll.recommend(model, events))
    rows = ll.explain(again, events.iloc[:20])
    np.testing.assert_allclose(rows.values, ll.explain(model, events.iloc[:20]).values, atol=1e-5)


def test_everything_is_shown_and_what_cannot_be_is_refused(model, events, rows):
    shown = [model, ll.check(events, target="item", reshape=HOW), ll.evaluate(model, rows), ll.explain(model, rows[:5])]
    asked = ll.whatif(model, rows.iloc[[0]])
    near = ll.counterfactuals(model, rows.iloc[[0]], reach="item 02", timeout="1s")
    for result in [*shown, asked, asked.set(history=["item 02"]), near]:
        page = html(result)
        assert len(page) < 200_000 and "ndarray" not in page and text(result)
    with pytest.raises(ColumnError, match="wants a list of items"):
        asked.set(history="item 02")
    with pytest.raises(ColumnError, match="holds objects"):
        ll.partial_dependence(model, "history", rows)
    with pytest.raises(OptionError, match="tune ranks no items"):
        ll.tune(events, target="item", reshape=HOW)
    assert ll.report(model, format="markdown")
