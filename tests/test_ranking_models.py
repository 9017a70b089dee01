"""A model that ranks items by what came before: trained, judged, explained, saved and asked like any other."""

import pickle

import numpy as np
import pandas as pd
import pytest
from jax.nn import gelu

import lepton_lab as ll
from lepton_lab.data.frames import open_frame
from lepton_lab.errors import ColumnError, DataWarning, OptionError
from lepton_lab.evaluation.new_items import with_items
from lepton_lab.explanation.inside.object_answers import networks_of, object_answers
from lepton_lab.pictures import html, text
from lepton_lab.trained import centred

HOW = ll.reshape.histories(user="user", item="item", time="when")
AISLES, NOISE = ("tea", "rice", "soap"), ("gum", "news", "pen", "bag")
GOODS = {aisle: [f"{aisle} {k}" for k in range(6)] for aisle in AISLES}
NEW = {"item": ["new tea", "new soap"], "aisle": ["tea", "soap"], "price": [1.0, 3.0]}
N_ITEMS = 3 * 6 + 3 + 4


def events_of(n_users: int, seed: int = 0) -> pd.DataFrame:
    """Three things at first, in any order: a card of one aisle, and two that mean nothing. Then four of that aisle."""
    draw, rows = np.random.default_rng(seed), []
    for user in range(n_users):
        aisle = AISLES[draw.integers(3)]
        first = draw.permutation([f"card {aisle}", *draw.permutation(NOISE)[:2]])
        for step, item in enumerate([*first, *draw.permutation(GOODS[aisle])[:4]]):
            rows.append((user, item, step + draw.random() / 2, "ab"[user % 2], int(draw.integers(1, 6))))
    df = pd.DataFrame(rows, columns=["user", "item", "when", "land", "stars"])
    aisle = df["item"].str.extract(f"({'|'.join(AISLES)})", expand=False).fillna("till")
    return df.assign(aisle=aisle, price=aisle.map({"tea": 1.0, "rice": 2.0, "soap": 3.0, "till": 0.5}))


@pytest.fixture(scope="module")
def events():
    return events_of(170)


@pytest.fixture(scope="module")
def model(events):
    return ll.train(events, target="item", reshape=HOW, quality="fast", seed=1, encoders={"items": {"width": 16}})


@pytest.fixture(scope="module")
def rows(events):
    """Rows whose history is the first three things: the card alone says what comes."""
    made = HOW.rows(open_frame(events), "item").frame.reset_index(drop=True)
    return made[[one is not None and len(one) == 3 for one in made["history"]]].reset_index(drop=True)


@pytest.fixture(scope="module")
def inside(model, rows):
    return ll.explain_inside(model, rows.iloc[:12], "history", rows=12)


def test_what_comes_next_is_learned_and_popularity_is_the_baseline(model):
    assert set(model.leaderboard) == {"blend", "network", "popularity"}
    assert model.metrics["ndcg_at_10"].low > model.leaderboard["popularity"]["ndcg_at_10"].high
    assert model.metrics["hit_rate_at_10"].value > 0.9, "the six of the aisle are among the first ten"


def test_figures_are_those_of_places_among_all_items_not_seen(model, rows):
    found = ll.evaluate(model, rows)
    logits, place = model.logits(rows), []
    for row, (history, item) in enumerate(zip(rows["history"], rows["item"], strict=True)):
        open_items = [k for k, one in enumerate(model.classes) if one not in set(history.items)]
        order = sorted(open_items, key=lambda k, row=row: -logits[row, k])
        place.append(order.index(model.classes.index(item)) + 1)
    assert found.metrics["hit_rate_at_1"].value == pytest.approx(np.mean(np.array(place) == 1))
    assert found.metrics["reciprocal_rank"].value == pytest.approx(np.mean(1 / np.array(place)))
    reach = found.show("reach", {"k": 1})
    assert reach.frame["rows"].sum() == len(rows) and reach.frame.iloc[0, 0] == "1 to 9"
    assert reach["items reached"].value == model.predict(rows)["prediction"].nunique() / N_ITEMS
    with pytest.raises(OptionError, match="k=0"):
        found.show("reach", {"k": 0})


def test_recommendations_leave_out_what_was_seen_unless_asked(model, events):
    best = ll.recommend(model, events, n=3)
    assert list(best.columns) == ["user", "rank", "item", "score"] and len(best) == 3 * 170
    had = set(zip(events["user"], events["item"], strict=True))
    assert not had & set(zip(best["user"], best["item"], strict=True))
    assert not model.task.repeats, "nobody has an item twice"
    every = ll.recommend(model, events, n=N_ITEMS, users=[7, 3], exclude_seen=False)
    assert every["user"].tolist() == [7] * N_ITEMS + [3] * N_ITEMS
    assert every.groupby("user")["score"].sum().tolist() == pytest.approx([1, 1])
    assert (np.diff(every["score"][:N_ITEMS]) <= 0).all()
    first = best[best["rank"] == 1].set_index("user")["item"]
    assert model.predict(events)["prediction"].to_dict() == first.to_dict()
    assert len(ll.recommend(model, events, n=900, users=7)) == N_ITEMS - 7, "fewer where fewer are left"
    everything = {"history": [list(model.classes)], "land": ["a"]}
    assert not len(ll.recommend(model, everything)), "nothing to who has had it all"


def test_newcomers_and_unknown_items_are_read_as_such(model):
    new = {"history": [None, ["what is this"], ["card soap", "gum"]], "land": ["a", "a", "zz"]}
    with pytest.warns(DataWarning, match=r"1 of 1 items in 'history' were never seen"):
        ll.recommend(model, {"history": [["what is this"]], "land": ["a"]})
    best = ll.recommend(model, new, n=1)
    assert best["user"].tolist() == [0, 1, 2] and best["item"][2] in GOODS["soap"]
    why = ll.recommend(model, {"history": [["card soap"]], "land": ["a"]}, n=1, reasons=9)
    with_it, without = model.logits({"history": [["card soap"], None], "land": ["a", "a"]})
    effect = (with_it - without)[model.classes.index(why["item"][0])]
    assert f"card soap {effect:+.2f}" in why.filter(like="because_").iloc[0].tolist()
    with pytest.raises(OptionError, match=r"user 900 is not in the frame.*history"):
        ll.recommend(model, events_of(3), users=900)


def test_columns_of_items_are_found_and_an_item_never_seen_is_known_by_them(model, events):
    assert model.schema.reshape.item_columns == ("aisle", "price"), "stars change, land is the user's"
    assert model.schema.reshape.columns == ("land",)
    best = ll.recommend(model, events, n=99, items=NEW)
    place = best.pivot_table(index="user", columns="item", values="rank")
    likes = events[events["aisle"] != "till"].groupby("user")["aisle"].first().reindex(place.index)
    assert (place["new tea"] < place["new soap"])[likes == "tea"].mean() > 0.95
    assert (place["new soap"] < place["new tea"])[likes == "soap"].mean() > 0.95
    more = with_items(model, pd.DataFrame(NEW).assign(item=["new tea", "tea 0"]))
    assert more.classes == (*model.classes, "new tea"), "known items are known"
    np.testing.assert_allclose(
        more.member("network").logits(more.encode(events)[:9])[:, :N_ITEMS],
        model.member("network").logits(model.encode(events)[:9]), atol=1e-5,
    )  # fmt: skip
    with pytest.raises(ColumnError, match="no column 'price' in items"):
        ll.recommend(model, events, items={"item": ["new"], "aisle": ["tea"]})
    with pytest.raises(ColumnError, match="'price' holds words"):
        ll.recommend(model, events, items={**NEW, "price": ["dear", "cheap"]})


def test_one_column_is_one_player_and_completes(model, rows):
    found = ll.explain(model, rows.iloc[:5])
    assert found.feature_names == ("history", "land") and found.exact
    np.testing.assert_allclose(found.base_values + found.values.sum(axis=1), model.logits(rows.iloc[:5]), atol=1e-4)
    assert np.abs(found.values[:, 0]).mean() > 3 * np.abs(found.values[:, 1]).mean()


def aisle_of(history) -> str:
    return next(aisle for aisle in AISLES if f"card {aisle}" in history.items.tolist())


def leaning(model, history) -> np.ndarray:
    """From logits to how much more those of a row's own aisle are, on average, than those of the others `(item,)`."""
    aisle = np.array([one.split()[0] for one in model.classes])
    own, other = aisle == aisle_of(history), np.isin(aisle, [a for a in AISLES if a != aisle_of(history)])
    return own / own.sum() - other / other.sum()


def test_the_item_that_decides_is_found_inside_the_history(model, rows, inside):
    """Whatever is drawn: what the other two are says that goods come now, and nothing of which."""
    for row, one in enumerate(inside.objects):
        history = rows["history"].iloc[row]
        values, names = one.explanation.values[0], one.explanation.feature_names
        low, high = one.explanation.base_values[0], one.explanation.prediction[0]
        np.testing.assert_allclose(values.sum(axis=0), high - low, atol=1e-4, err_msg="the values add up")
        assert names == (*map(str, history.items), "its aisle", "its price")
        moved = dict(zip(names, values @ leaning(model, history), strict=True))
        card = moved.pop(f"card {aisle_of(history)}")
        assert card > 3 * max(abs(moved[name]) for name in NOISE if name in moved)
        assert moved["its aisle"] > 0 and moved["its price"] > 0
        (start, end), *_, last = one.owner.tolist()
        assert one.shown[start:end] == names[0] and one.shown[slice(*last)] == "its price"
    fewer = ll.explain_inside(model, rows.iloc[:1], "history", n_parts=2).objects[0]
    assert fewer.explanation.feature_names == (*map(str, rows["history"].iloc[0].items[-2:]), "its aisle", "its price")


def test_taking_away_the_item_that_decides_costs_more_than_another(model, rows, inside):
    some = rows.iloc[:12]
    lean = [leaning(model, history) for history in some["history"]]
    order = [np.argsort(-(one.explanation.values[0][:3] @ v)) for one, v in zip(inside.objects, lean, strict=True)]

    def left(place):
        histories = zip((one.items for one in some["history"]), order, strict=True)
        taken = [[x for k, x in enumerate(items) if k != o[place]] for items, o in histories]
        return np.einsum("ri,ri->r", model.logits(some.assign(history=taken)), lean)

    assert (left(0) < left(1) - 0.3).all(), "in each row"


def test_what_an_item_is_like_enters_as_the_formula_says(model, rows):
    """An item's logit is the product of what the row asks for with its own vector and those of its columns."""
    (member, share), block, x = networks_of(model)[0], model.encoder.blocks[0], model.encode(rows.iloc[:1])
    arrays = member.arrays()
    hidden = arrays["first.bias"] + member.project(x)[0].sum(axis=0)
    query = hidden + np.asarray(gelu(hidden @ arrays["layers.wide"] + arrays["layers.bias"])) @ arrays["layers.narrow"]

    def logits(features):
        vectors = (
            arrays["first.terms.0.encoder.items.table"][2:] + features @ arrays["first.terms.0.encoder.items.shared"]
        )
        return vectors[:N_ITEMS] @ query + arrays["outputs.bias"][0]

    side = block.side
    aisle, price = side.features[:, side.owner == 0], side.features[:, side.owner == 1]
    without = np.concatenate([np.tile(aisle.mean(axis=0), (len(aisle), 1)), price], axis=1)
    objects = np.repeat(block.shelf.gather(x[:, 0], 1), 2, axis=0)
    both, one = object_answers(model, x[0], 0)(objects, np.array([[True, True], [False, True]]))
    witness = share * (centred(logits(side.features)) - centred(logits(without)))
    np.testing.assert_allclose(both - one, witness, atol=1e-4)


def test_a_saved_model_recommends_alike(model, events, tmp_path):
    model.save(tmp_path / "shop.lepton")
    again = ll.load(tmp_path / "shop.lepton")
    asked = {"n": 5, "items": NEW}
    pd.testing.assert_frame_equal(ll.recommend(again, events, **asked), ll.recommend(model, events, **asked))
    same = pickle.loads(pickle.dumps(model.member("network")))
    np.testing.assert_array_equal(
        same.logits(model.encode(events)), model.member("network").logits(model.encode(events))
    )


def test_everything_is_shown_and_what_cannot_be_is_refused(model, events, rows, inside):
    shown = [model, ll.check(events, target="item", reshape=HOW), ll.evaluate(model, rows), inside]
    asked = ll.whatif(model, rows.iloc[[0]])
    near = ll.counterfactuals(model, rows.iloc[[0]], reach="tea 2", timeout="1s")
    for result in [*shown, asked, asked.set(history=["card tea"]), near]:
        page = html(result)
        assert len(page) < 200_000 and "ndarray" not in page and text(result)
    with pytest.raises(ColumnError, match="wants a list of items"):
        asked.set(history="card tea")
    with pytest.raises(ColumnError, match="holds objects"):
        ll.partial_dependence(model, "history", rows)
    with pytest.raises(OptionError, match="tune ranks no items"):
        ll.tune(events, target="item", reshape=HOW)
    assert ll.report(model, format="markdown")
