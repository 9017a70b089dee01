"""Every picture: self-contained, small, safe with any name, and saying the numbers of the result."""

from __future__ import annotations

import dataclasses
import functools
import io
import re
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from lepton_lab import pictures
from lepton_lab.data.finding import Finding
from lepton_lab.data.quality import check_table
from lepton_lab.environment import Condition, Doctor, FrameSeen, Status
from lepton_lab.notebook.show import RESULTS as notebook_results  # noqa: N811
from lepton_lab.pictures import shapley_values
from lepton_lab.pictures.markup import clean, tag
from lepton_lab.pictures.numbers import decimals_for, signed
from lepton_lab.pictures.outline import inner_point, outline
from lepton_lab.pictures.png import data_url, png
from lepton_lab.pictures.swarm import stack
from lepton_lab.pictures.waterfall import Step, largest_first
from tests.pictures import effect_examples, examples, inside_examples, result_examples

LIMIT = 200_000
NASTY = (*examples.NASTY, *examples.COLUMNS)


class Check(SimpleNamespace):
    """What the picture reads of `data.quality.Check`."""


def check(name: str = "customer_id") -> Check:
    findings = (
        Finding("missing", "savings", 0.1837, "warn", "183 values are missing.", "Kept as a category of its own."),
        Finding("leak", name, 1.0, "serious", f"{name} alone predicts the target.", "Leave it out."),
        Finding("imbalance", None, 0.3, "info", "30 % of the rows are 'yes'."),
    )
    return Check(
        findings=findings, n_rows=1000, n_columns=21, target="bad", task=examples.TASKS["binary"], schema=None,
        n_looked=1000, columns={}, drift=None, decisions=None,
    )  # fmt: skip


@functools.cache
def whole_check() -> object:
    """A real one of 200 columns with nasty names and values, against a second frame."""
    rng = np.random.default_rng(0)
    df = pd.DataFrame({f"c{j}": rng.normal(size=200) for j in range(195)})
    df[examples.NASTY[0]] = rng.choice(examples.NASTY, 200)
    df["when"] = pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 900, 200), "D")
    df["y"] = np.where(df["c0"] > 0, examples.NASTY[1], "no")
    second = df.assign(c0=df["c0"] + 2, **{examples.NASTY[0]: "<script>new</script>"}).drop(columns=["c5"])
    return check_table(df, target="y", against=second).decide(drop=["c1"], immutable=[examples.NASTY[0]])


def run(id: str = "20261121-110000-ab12", status: str = "done") -> SimpleNamespace:
    return SimpleNamespace(
        id=id, status=status, began="2026-11-21 11:00:00", config={"target": "bad"}, n_rows=1000, score=0.7931,
        metric_name="auc", elapsed_s=61.2, message="<script>alert(1)</script>", path=None, name="<b>best</b>",
        tags=("<i>tag</i>",),
    )  # fmt: skip


class Runs(tuple):
    __slots__ = ()


def doctor() -> Doctor:
    return Doctor(
        (Condition("jax", "ok", "0.10.2"), Condition("devices", "warn", "cpu only", "pip install 'lepton-lab[cuda]'"))
    )


def status() -> Status:
    return Status(
        "0.1", "2 CPU cores", (FrameSeen("df_train", 800, 21),), ("model",), (run(),), "%lepton explain model"
    )


def near_rows():
    from lepton_lab.evaluation.nearest import NearestRows, NearRow

    values = {name: name for name in NASTY}
    rows = (
        NearRow(7, values, NASTY, 0.2, 0.31, "no", examples.NASTY[0]),
        NearRow(None, values, (), 0.0, None, 3.5, None),
    )
    return NearestRows(rows, "the 800 rows given to train", NASTY, examples.NASTY[0])


def predictions() -> pd.DataFrame:
    return pd.DataFrame(
        {"prediction": ["yes", "no"], "probability_no": [0.2, 0.9], "probability_yes": [0.8, 0.1]}, index=[17, 99]
    )


RESULTS = {
    "binary model": lambda: examples.model(),
    "multiclass model": lambda: examples.model(examples.TASKS["multiclass"]),
    "regression model": lambda: examples.model(examples.TASKS["regression"]),
    "nasty model": lambda: examples.model(target=examples.NASTY[0], columns=NASTY),
    "binary evaluation": lambda: examples.evaluation("binary"),
    "multiclass evaluation": lambda: examples.evaluation("multiclass"),
    "regression evaluation": lambda: examples.evaluation("regression", 20_000),
    "comparison": lambda: examples.comparison(),
    "nasty comparison": lambda: examples.comparison(examples.NASTY[0]),
    "evaluation with costs": lambda: examples.evaluation_with_costs(),
    "evaluation with errors": lambda: result_examples.with_errors(),
    "errors": lambda: result_examples.evaluated(n=2000).error_tree(),
    "errors of numbers": lambda: result_examples.evaluated("regression", 2000).error_tree(),
    "errors of few rows": lambda: result_examples.evaluated(n=1).error_tree(),
    "explanation": lambda: examples.explanation(200),
    "exact explanation": lambda: examples.explanation(50, exact=True),
    "nasty explanation": lambda: examples.explanation(60, columns=NASTY),
    "several classes": lambda: examples.explanation(100, n_classes=3),
    "one row": lambda: examples.explanation(5)[2],
    "one nasty row": lambda: examples.explanation(5, columns=NASTY)[2],
    "no rows": lambda: examples.explanation(3)[0:0],
    "many rows": lambda: examples.explanation(5000, columns=tuple(f"column_{i}" for i in range(60))),
    "inside an image": lambda: inside_examples.of_image(),
    "inside images of colour": lambda: inside_examples.of_image(3, examples.NASTY, side=224, n_channels=3),
    "inside a series": lambda: inside_examples.of_series(2, examples.NASTY),
    "inside a series of many channels": lambda: inside_examples.of_series(30),
    "inside a text": lambda: inside_examples.of_text(),
    "inside a long text": lambda: inside_examples.of_text((inside_examples.TEXT + " ") * 400),
    "effect": lambda: effect_examples.effect(column=examples.NASTY[0]),
    "effect by date": lambda: effect_examples.effect("date", n_classes=3),
    "effect of one row": lambda: effect_examples.effect(n_rows=1),
    "effect of categories": lambda: effect_examples.effect("category", levels=NASTY, ale=True),
    "loss importance": lambda: effect_examples.loss_importance(NASTY * 3),
    "cohorts": lambda: effect_examples.cohorts(NASTY, names=examples.NASTY[:2]),
    "cohorts of classes": lambda: effect_examples.cohorts(n_classes=3),
    "check": check,
    "nasty check": lambda: check(examples.NASTY[2]),
    "whole check": whole_check,
    "drift": lambda: whole_check().drift,
    "runs": lambda: Runs([run(), run("20261121-120000-cd34", "killed")]),
    "doctor": doctor,
    "status": status,
    "progress": lambda: examples.progress(),
    "what if": lambda: examples.what_if().answer({"amount": 100.0, "purpose": examples.NASTY[0]}, explain=True),
    "scenarios": lambda: examples.what_if().compare({examples.NASTY[0]: {"purpose": examples.NASTY[0]}, "B": {}}),
    "near rows": near_rows,
    "predictions": predictions,
    "study": examples.study,
    "study of many": lambda: examples.study(3000),
    "search": examples.search,
    "search that begins": lambda: examples.search(0),
}
IDS = [name.replace(" ", "-") for name in RESULTS]
results = pytest.mark.parametrize("make", RESULTS.values(), ids=IDS)


def test_a_notebook_shows_every_result_that_has_a_picture():
    shown = {name for _, name in notebook_results}
    # Progress goes into a panel; a frame of predictions and its fans are shown by the magic that makes them.
    assert set(pictures.PICTURES) - shown == {"Progress", "ExplainProgress", "StudyProgress", "DataFrame", "Fans"}


class Tags(HTMLParser):
    """The tags and attributes of a page; fails where they do not match."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()
        self.attributes: list[tuple[str, str]] = []
        self.words = ""

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)
        self.seen.add(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" not in self.open:
            self.words += data


def parsed(html: str) -> Tags:
    tags = Tags()
    tags.feed(html)
    assert not tags.open
    return tags


@results
def test_a_picture_is_small_and_stands_alone(make):
    html = str(pictures.html(make()))
    tags = parsed(html)
    assert len(html.encode()) < LIMIT
    assert not tags.seen & {"script", "img", "link", "iframe", "object", "embed"}
    outside = [value for name, value in tags.attributes if "://" in value and name != "xmlns"]
    assert outside == []
    assert "url(" not in html
    assert "@import" not in html


@results
def test_a_picture_has_no_ids_and_no_handlers(make):
    names = {name for name, _ in parsed(str(pictures.html(make()))).attributes}
    assert "id" not in names
    assert not any(name.startswith("on") for name in names)


@results
def test_every_drawing_is_svg_with_a_label(make):
    for drawing in re.findall(r"<svg.*?</svg>", str(pictures.html(make())), re.DOTALL):
        svg = ET.fromstring(drawing)
        assert svg.get("aria-label") or svg.get("aria-hidden")
        for number in re.findall(r'="(-?[\d.]+)"', drawing):
            assert np.isfinite(float(number))


@results
def test_a_result_has_words(make):
    text = pictures.text(make())
    assert text.strip()
    assert "<div" not in text


def test_the_model_says_its_metrics_interval_and_baselines():
    words = parsed(pictures.html(examples.model())).words
    for expected in (
        "0.793",
        "0.753 to 0.831",
        "Linear",
        "0.786",
        "Boosted trees",
        "Always the class shares",
        "31 % of blend",
        "37 %",
    ):
        assert expected in words


def test_an_evaluation_says_its_confusion_and_its_note():
    evaluation = examples.evaluation()
    words = parsed(pictures.html(evaluation)).words
    for count in evaluation.confusion.ravel():
        assert f"{count:,}" in words
    assert "the frame given" in words
    assert f"{evaluation.confusion[0, 1]:,}" in pictures.text(evaluation)


def test_worse_than_a_baseline_is_said():
    model = examples.model()
    model.leaderboard["linear"] = model.leaderboard["linear"] | {
        "auc": dataclasses.replace(model.metrics["auc"], value=0.85)
    }
    words = parsed(pictures.html(model)).words
    assert "−0.057" in words
    assert "worse than linear" in words


def test_a_lower_rmse_is_better():
    words = parsed(pictures.html(examples.model(examples.TASKS["regression"]))).words
    assert "better than boosted trees" in words
    assert "lower is better" in words


def test_the_waterfall_says_values_as_the_user_wrote_them_and_the_sum():
    row = examples.explanation(5)[2]
    words = parsed(pictures.html(row)).words
    assert "no account" in words or "below 200" in words or "200 or more" in words
    assert f"({100 / (1 + np.exp(-row.prediction[0])):.0f} %)" in words


def test_importance_in_words_is_that_of_the_explanation():
    explanation = examples.explanation(200)
    first = explanation.importance()
    line = pictures.text(explanation).splitlines()[2]
    assert first.feature_names[0] in line
    assert f"{first.values[0]:.2g}" in line


def test_steps_of_a_waterfall_add_up():
    explanation = examples.explanation(5, n_classes=3)
    made, base, prediction = shapley_values.steps(explanation, 1, 2)
    assert base + sum(step.value for step in made) == pytest.approx(prediction)


def test_the_smallest_steps_are_added_up_with_their_sum_kept():
    steps = [Step(f"c{i}", "1", (-1) ** i * (i + 1.0), 0.1) for i in range(20)]
    shown = largest_first(steps, 12)
    assert shown[0].name == "c19"
    assert shown[-1].name == "9 other columns"
    assert sum(s.value for s in shown) == pytest.approx(sum(s.value for s in steps))
    assert shown[-1].error_std == pytest.approx(0.9)


def test_dots_of_one_place_are_spread_inside_their_row():
    ys = stack([5.0] * 100, 50.0, 10.0)
    assert len(set(ys)) == 100
    assert min(ys) >= 39.99
    assert max(ys) <= 60.01


@pytest.mark.parametrize(
    ("column", "expected"),
    [([1.0, 3.0, None, 2.0], [0, 1, None, 0.5]), (["a", "b"], [None, None]), ([True, False], [1, 0]),
     (["2020-01-02", "2020-01-01"], [1, 0]), ([7, 7], [0, 0])],
)  # fmt: skip
def test_heights_order_numbers_dates_and_truth_values_only(column, expected):
    assert shapley_values.heights(np.array(column, dtype=object)) == expected


def test_strings_are_escaped_and_cannot_disguise_themselves():
    assert tag("b", "<i>", title='"') == '<b title="&quot;">&lt;i&gt;</b>'
    assert clean("ab\u202ecd\x00") == "abcd"


def test_an_unknown_result_is_refused():
    assert not pictures.has_picture(3)
    with pytest.raises(TypeError, match="no picture of a int"):
        pictures.html(3)


def test_a_study_says_its_gain_and_its_best():
    words = parsed(pictures.html(examples.study())).words
    for expected in ("Gain on validation rows", "0.009", "default recipe", "trial 7 network", "40 %", "42 trials"):
        assert expected in words
    text = pictures.text(examples.study())
    assert "held out" in text and "lower is better" in text and "trial 9 trees" in text
    going = pictures.text(examples.search())
    assert "of 64 trials" in going and "best log_loss" in going


def test_an_effect_says_its_values_its_interval_and_where_it_is_missing():
    effect = effect_examples.effect()
    words = parsed(pictures.html(effect)).words
    assert "Where it is missing" in words
    assert "mean over the rows" in words
    assert "Partial dependence of age" in pictures.text(effect)
    assert "missing" in pictures.text(effect)
    assert "Row 0 with another age" in pictures.text(effect_examples.effect(n_rows=1))


def test_loss_importance_says_both_losses_and_shares():
    words = parsed(pictures.html(effect_examples.loss_importance())).words
    for expected in ("0.79", "0.5", "69 %", "stopped after 500 of 900 rows"):
        assert expected in words


def test_cohorts_say_who_differs_and_where():
    words = parsed(pictures.html(effect_examples.cohorts())).words
    for expected in ("young against old", "40 rows and 60 rows", "+1.25", "mean in old"):
        assert expected in words


@pytest.mark.parametrize("make", [inside_examples.of_image, inside_examples.of_series, inside_examples.of_text])
def test_every_drawn_part_says_its_value_without_colour(make):
    inside = make()
    (one,), k = inside.objects, inside.main_output
    html, strongest = str(pictures.html(inside)), int(np.abs(one.values(k)).argmax())
    digits, number = decimals_for(one.values(k).tolist()), float(one.values(k)[strongest])
    value, precise = signed(number, digits), signed(number, digits + 1)
    name = one.explanation.feature_names[strongest]
    assert f"{name}: {precise}" in html
    # In the drawing, in the table, and in plain text.
    assert html.count(value) >= 2
    assert precise in pictures.text(inside)


def test_an_outline_holds_the_points_of_a_part_and_no_others():
    """By the rule of even and odd crossings, also with holes and corners that touch."""
    draw = np.random.default_rng(0)
    for _ in range(20):
        mask = draw.random((6, 7)) < 0.5
        mask[draw.integers(6), draw.integers(7)] = True
        found = np.zeros_like(mask)
        for y in range(6):
            for x in range(7):
                found[y, x] = crossings(outline(mask), x + 0.5, y + 0.5) % 2
        np.testing.assert_array_equal(found, mask)
        x, y = inner_point(mask)
        assert mask[int(y), int(x)]


def crossings(path: str, x: float, y: float) -> int:
    """How often a ray to the right from a point meets the lines of a path."""
    n = 0
    for line in path.split("M")[1:]:
        start, *moves = re.findall(r"[hv]-?\d+|^\d+ \d+", line)
        at = first = tuple(map(int, start.split()))
        for move in [*moves, None]:
            if move is None:
                to = first
            elif move[0] == "h":
                to = (at[0] + int(move[1:]), at[1])
            else:
                to = (at[0], at[1] + int(move[1:]))
            n += at[0] == to[0] and at[0] > x and min(at[1], to[1]) < y < max(at[1], to[1])
            at = to
    return n


def test_a_png_is_the_image():
    image_module = pytest.importorskip("PIL.Image")
    for channels in (1, 3):
        image = np.random.default_rng(channels).integers(0, 256, (5, 7, channels), dtype=np.uint8)
        found = np.asarray(image_module.open(io.BytesIO(png(image))))
        np.testing.assert_array_equal(found.reshape(image.shape), image)
    assert len(data_url(np.random.default_rng(0).integers(0, 256, (224, 224, 3), dtype=np.uint8), most=20_000)) < 27_000
