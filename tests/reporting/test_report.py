"""A report: what it holds, for whom, in which form; what it says it does not know; how it is written."""

from __future__ import annotations

import json
import math
import re
from dataclasses import replace

import numpy as np
import pytest

import lepton_lab as ll
from lepton_lab import pictures
from lepton_lab.errors import LeptonError, OptionError, ReportFileError, SchemaMismatchError
from lepton_lab.reporting.card_json import card_json
from lepton_lab.reporting.describe_model import model_fingerprint
from lepton_lab.reporting.words import WORDS
from tests.pictures.examples import NASTY
from tests.small_models import small_frame, small_model

SECTIONS = ["result", "explanation", "whatif", "limits", "data", "use", "ethics", "details"]


def told(page: str) -> dict:
    """What the page's script reads."""
    return json.loads(page.split('id="report-data">')[1].split("</script>")[0])


@pytest.fixture(scope="module")
def page() -> str:
    return ll.report(small_model("binary")).text


@pytest.fixture(scope="module")
def loaded(tmp_path_factory) -> dict[bool, ll.TrainedModel]:
    folder = tmp_path_factory.mktemp("models")
    model = small_model("binary")
    for background in (True, False):
        ll.save(model, folder / f"{background}.lepton", background=background)
    return {background: ll.load(folder / f"{background}.lepton") for background in (True, False)}


class TestPage:
    @pytest.mark.parametrize("task", ["binary", "multiclass", "regression", "survival"])
    def test_has_every_section_in_under_three_megabytes(self, task):
        made = ll.report(small_model(task))
        assert re.findall(r'<section id="(\w+)"', made.text) == SECTIONS
        assert made.n_bytes < 3_000_000 and made.n_rows == 6
        assert len(told(made.text)["rows"]) == 6

    def test_asks_nothing_of_the_network(self, page):
        policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)
        assert policy and policy[1].startswith("default-src 'none'; script-src 'sha256-")
        assert "unsafe-inline" not in policy[1].split("style-src")[0]
        addresses = set(re.findall(r"https?://[^\s\"'<)]*", page))
        assert addresses <= {"http://www.w3.org/2000/svg"}
        for forbidden in ("<link", "@import", "url(", "src=", "fetch(", "XMLHttpRequest", "WebSocket", "eval("):
            assert forbidden not in page

    def test_rows_are_chosen_to_tell_different_things(self, page):
        why = [row["why"] for row in told(page)["rows"]]
        assert why[0] == "just above the threshold" and {"typical", "high", "low", "the largest error"} <= set(why)

    def test_rows_asked_for_by_label_are_shown_in_order(self):
        made = ll.report(small_model("binary"), rows=["r17", "r4"])
        assert [row["label"] for row in told(made.text)["rows"]] == ["r17", "r4"]

    def test_says_how_far_its_answers_are_from_the_model(self, page):
        distances = told(page)["distances"]
        assert [one["changed"] for one in distances] == [1, 2, 3, 4]
        assert all(0 <= one["mean"] <= one["most"] < 0.5 and one["n"] > 50 for one in distances)

    def test_the_answer_of_a_row_as_it_is_is_the_models(self, page):
        model, row = small_model("binary"), told(page)["rows"][0]
        df = small_frame("binary").loc[[row["label"]]]
        chance = {p["name"]: p["value"] for p in row["first"]["probabilities"]}["bad"]
        assert chance == pytest.approx(model.predict(df)["probability_bad"].iloc[0], abs=1e-6)

    def test_a_frame_with_its_target_is_what_is_judged(self):
        df = small_frame("binary", n=120, seed=5)
        card = ll.report(small_model("binary"), df, format="json").card
        assert card.results.note == "the frame given" and card.results.n_rows == 120
        assert card.explained is not None and card.explained.where == "the frame"

    def test_a_frame_without_its_target_is_explained_and_the_held_out_rows_are_judged(self):
        df = small_frame("binary", n=60, seed=5).drop(columns="outcome")
        card = ll.report(small_model("binary"), df, format="json").card
        assert card.results.n_rows == 300 and card.explained is not None and card.explained.n_rows == 40

    def test_rows_beyond_what_was_learned_are_told_of(self):
        df = small_frame("binary", n=60, seed=5)
        df.loc[df.index[:6], "amount"], df.loc[df.index[:3], "job"] = 1e9, "diver"
        words = " ".join(limit.words for limit in ll.report(small_model("binary"), df, format="json").card.limits)
        assert "10.0% of the rows of the frame given have a number beyond" in words
        assert "5.0% of the rows of the frame given have a category never seen" in words

    def test_names_are_never_markup(self):
        df = small_frame("binary")[["age", "job", "owner", "outcome"]].iloc[:120]
        df = df.rename(columns=dict(zip(df.columns[:3], NASTY, strict=True)))
        df[NASTY[1]] = df[NASTY[1]].replace("cook", "</script><script>alert(3)</script>")
        model = ll.train(df, target="outcome", quality="fast", positive="bad")
        for form in ("html", "markdown"):
            text = ll.report(model, format=form, about={"ethics": NASTY[0]}, title=NASTY[2]).text
            unescaped = re.sub(r"\\[<>]", "", text) if form == "markdown" else text
            assert "<img" not in unescaped and "alert(3)</script>" not in unescaped
            assert unescaped.count("<script>") == (form == "html")


class TestLoaded:
    def test_of_a_loaded_model_the_kept_rows_are_explained_and_what_is_left_out_is_said(self, loaded):
        made = ll.report(loaded[True])
        assert re.findall(r'<section id="(\w+)"', made.text) == SECTIONS
        assert "background rows kept in the file" in made.text
        assert any("Curves, calibration" in line for line in made.card.left_out)
        assert made.card.data.n_rows is None and made.card.results.metrics

    def test_without_background_rows_there_is_neither_explanation_nor_what_if(self, loaded):
        made = ll.report(loaded[False])
        assert re.findall(r'<section id="(\w+)"', made.text) == [s for s in SECTIONS if s not in SECTIONS[1:3]]
        assert any("saved without background rows" in line for line in made.card.left_out)

    def test_with_a_frame_it_has_both(self, loaded):
        made = ll.report(loaded[False], small_frame("binary", n=100, seed=3))
        assert re.findall(r'<section id="(\w+)"', made.text) == SECTIONS

    def test_a_file_has_the_fingerprint_of_the_model_it_was_saved_from(self, loaded):
        model = small_model("binary")
        assert model_fingerprint(loaded[True]) == model_fingerprint(loaded[False]) == model_fingerprint(model)
        other = replace(model, blend=replace(model.blend, scale=model.blend.scale + 1e-9))
        assert model_fingerprint(other) != model_fingerprint(model)


class TestCard:
    @pytest.mark.parametrize("task", ["binary", "multiclass", "regression", "survival"])
    def test_json_is_strict_and_has_what_the_docs_list(self, task):
        text = ll.report(small_model(task), format="json").text

        def refuse(word: str) -> None:
            raise AssertionError(f"{word} is no JSON")

        card = json.loads(text, parse_constant=refuse)
        assert list(card) == [
            "format", "version", "title", "made", "with_rows", "model", "about", "not_given", "data", "results",
            "explanation", "limits", "left_out",
        ]  # fmt: skip
        assert card["version"] == 1 and card["about"].keys() == WORDS.keys()
        assert [c["name"] for c in card["data"]["columns"]] == list(small_frame(task).columns)
        assert [i["column"] for i in card["explanation"]["importance"]]

    def test_a_number_that_is_none_becomes_null(self):
        card = ll.report(small_model("binary"), format="json").card
        broken = replace(card, results=replace(card.results, metrics={}, n_rows=None))
        broken = replace(broken, details=replace(broken.details, scale=math.nan, bias=(math.inf,)))
        assert card_json(broken)["model"]["scale"] is None and card_json(broken)["model"]["bias"] == [None]

    def test_metrics_are_those_of_the_model_with_their_intervals(self):
        model = small_model("binary")
        card = json.loads(ll.report(model, format="json").text)
        auc = card["results"]["metrics"]["auc"]
        assert [auc[k] for k in ("value", "low", "high")] == [
            pytest.approx(v) for v in (model.metrics["auc"].value, model.metrics["auc"].low, model.metrics["auc"].high)
        ]

    def test_markdown_has_the_nine_sections_and_no_html(self):
        text = ll.report(small_model("binary"), format="markdown").text
        headings = re.findall(r"^## (.*)$", text, flags=re.MULTILINE)
        assert headings[:9] == [
            "Model details", "Intended use", "Factors", "Metrics", "Training and evaluation data",
            "Quantitative analyses", "Limits found by checks", "Ethical considerations", "Caveats and recommendations",
        ]  # fmt: skip
        assert not re.search(r"(?<!\\)<", text)
        for table in re.findall(r"(?:^\|.*\n)+", text, flags=re.MULTILINE):
            widths = {len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}
            assert len(widths) == 1

    def test_what_nobody_said_is_marked_and_what_was_said_is_kept(self):
        made = ll.report(small_model("binary"), format="markdown", about={"intended_use": "A look | at *loans*"})
        assert r"**Intended use:** A look \| at \*loans\*" in made.text
        assert "**Out of scope:** *not given*" in made.text
        assert json.loads(ll.report(small_model("binary"), format="json").text)["not_given"] == list(WORDS)

    def test_a_group_that_is_predicted_too_low_is_found(self):
        model, rng = small_model("regression"), np.random.default_rng(0)
        df = small_frame("regression", n=400, seed=8)
        df["outcome"] = model.predict(df)["prediction"] + rng.normal(0, 20, 400) + 90 * (df["job"] == "cook")
        words = [limit.words for limit in ll.report(model, df, format="json").card.limits]
        assert any(w.startswith("Too low on average where job is cook") for w in words)
        assert not any("nurse" in w and w.startswith("Too") for w in words)


class TestWriting:
    def test_a_path_is_written_and_a_failed_write_leaves_the_old_file(self, tmp_path, monkeypatch):
        made = ll.report(small_model("binary"), format="json", path=tmp_path / "card.json")
        assert made.path == tmp_path / "card.json" and made.path.read_text(encoding="utf-8") == made.text

        def full(*_: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("os.fsync", full)
        with pytest.raises(ReportFileError, match=r"No space left on device.*Nothing was changed there"):
            replace(made, text="other").save(made.path)
        assert made.path.read_text(encoding="utf-8") == made.text
        assert [path.name for path in tmp_path.iterdir()] == ["card.json"]

    def test_a_folder_is_no_file(self, tmp_path):
        with pytest.raises(ReportFileError, match="is no file"):
            ll.report(small_model("binary"), format="json", path=tmp_path)

    def test_its_picture_says_where_it_is_and_what_it_holds(self, tmp_path):
        made = ll.report(small_model("binary"), path=tmp_path / "r.html")
        for drawn in (pictures.text(made), pictures.html(made)):
            assert str(made.path) in drawn and "6 rows of your data" in drawn and "not given" in drawn
        assert "r.html" in repr(made)

    @pytest.mark.parametrize(
        ("options", "words"),
        [
            ({"format": "pdf"}, "Choose one of: 'html', 'markdown', 'json'"),
            ({"rows": 0}, "from 1 to 24"),
            ({"rows": "r1"}, "list of so many index labels"),
            ({"rows": ["r9999"]}, "has the index label 'r9999'"),
            ({"rows": 3, "with_rows": False}, "Give one"),
            ({"about": {"intended_us": "x"}}, "Did you mean 'intended_use'"),
            ({"about": {"ethics": 3}}, "text was wanted"),
            ({"about": "x"}, "is no dict"),
            ({"seed": -1}, "seed"),
        ],
    )
    def test_refuses(self, options, words):
        with pytest.raises(OptionError, match=words):
            ll.report(small_model("binary"), **options)

    def test_refuses_a_frame_unlike_the_one_trained_on(self):
        with pytest.raises(SchemaMismatchError):
            ll.report(small_model("binary"), {"age": [1]})
        with pytest.raises(LeptonError):
            ll.report("model")  # type: ignore[arg-type]
