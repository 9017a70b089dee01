"""A report's page in real Chromium, opened from a file: nothing is asked of a network, and its numbers are right."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

import lepton_lab as ll
from lepton_lab.pictures import report_page
from lepton_lab.reporting.card import ModelCard
from lepton_lab.reporting.composed import Composed
from lepton_lab.reporting.make import Asked, make_report
from lepton_lab.reporting.page_rows import PageRows
from tests.browser.axe import barriers, with_axe
from tests.browser.controls import CONTROLS
from tests.browser.jupyter import PATIENCE_S
from tests.reporting.few_samples import few_samples
from tests.small_models import small_model

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

SET = """([name, value]) => {
  const missing = document.querySelector(`#whatif input[type=checkbox][aria-label="${name} is missing"]`);
  if (missing?.checked) missing.click();
  const box = document.querySelector(`#whatif input[type=number][aria-label="${name}, exact"]`);
  box.value = value;
  box.dispatchEvent(new Event('change'));
}"""
CHOOSE = """([name, shown]) => {
  const list = document.querySelector(`#whatif select[aria-label="${name}"]`);
  list.value = [...list.options].find(one => one.textContent === shown).value;
  list.dispatchEvent(new Event('change'));
}"""


class Opened:
    """A page, what it asked for, and what it complained about."""

    def __init__(self, browser: Browser, path: Path, **options: object) -> None:
        self.page: Page = browser.new_page(**options)  # type: ignore[arg-type]
        self.page.set_default_timeout(1000 * PATIENCE_S)
        self.asked: list[str] = []
        self.errors: list[str] = []
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", lambda said: self.errors.append(said.text) if said.type == "error" else None)
        self.page.goto(path.as_uri())

    def shown(self) -> float:
        """The number that is drawn large, unrounded."""
        return float(self.page.locator(".rep-whatif").get_attribute("data-value") or "nan")

    def source(self) -> str | None:
        return self.page.locator(".rep-whatif").get_attribute("data-source")

    def text(self, selector: str) -> str:
        return self.page.locator(f"#whatif {selector}").inner_text()


@pytest.fixture(scope="module")
def made() -> tuple[ModelCard, PageRows]:
    with few_samples():
        card, found = make_report(small_model("binary"), None, Asked())
    assert found is not None
    return card, found


@pytest.fixture(scope="module")
def rows(made: tuple[ModelCard, PageRows]) -> PageRows:
    """What the page knows, as Python does."""
    return made[1]


@pytest.fixture(scope="module")
def path(made: tuple[ModelCard, PageRows], tmp_path_factory: pytest.TempPathFactory) -> Path:
    written = tmp_path_factory.mktemp("report") / "a report.html"
    written.write_text(report_page.page(*made), encoding="utf-8")
    return written


@pytest.fixture(scope="module")
def opened(browser: Browser, path: Path):
    found = Opened(browser, path, viewport={"width": 1200, "height": 1000})
    yield found
    assert found.errors == []
    assert found.asked == [path.as_uri()]
    found.page.close()


def model_says(rows: PageRows, changes: dict[str, object]) -> float:
    """The model's own probability for the first row with some values changed."""
    return float(rows.rows[0].whatif.answer(changes).probability or 0.0)


def page_says(rows: PageRows, changes: dict[str, object]) -> float:
    """The page's answer, by its Python twin."""
    points, row = rows.points, rows.rows[0]
    places = {}
    for name, item in changes.items():
        j = points.names.index(name)
        places[j] = float(points.places(j, np.array([item], object if isinstance(item, str) else float))[0])
    found = Composed(points, row.tables.rounded()).answer(places)
    assert found is not None
    return float(1 / (1 + np.exp(-found[0])))


def test_the_row_as_it_is_is_the_models_answer(opened, rows):
    assert opened.source() == "model"
    assert opened.shown() == pytest.approx(model_says(rows, {}), abs=1e-6)
    assert "own answer" in opened.text(".lep-source")


def test_one_change_is_the_model_at_a_point_of_the_curve_and_within_what_is_stated_between(opened, rows):
    j = rows.points.names.index("age")
    for age in rows.points.grid(j).own[[2, 20, -3]].tolist():
        opened.page.evaluate(SET, ["age", str(age)])
        assert opened.source() in ("curve", "model")
        assert opened.shown() == pytest.approx(model_says(rows, {"age": age}), abs=1e-4)
    opened.page.evaluate(SET, ["amount", "1234.5"])
    opened.page.evaluate(SET, ["age", str(rows.rows[0].whatif.values["age"])])
    assert opened.source() == "curve" and "curve of amount" in opened.text(".lep-source")
    assert opened.shown() == pytest.approx(page_says(rows, {"amount": 1234.5}), abs=1e-6)
    assert "random changes of one column" in opened.text(".rep-distance")
    assert abs(opened.shown() - model_says(rows, {"amount": 1234.5})) <= max(2 * rows.distances[0].most, 1e-4)


def test_changes_together_are_its_twins_answer_and_near_the_model(opened, rows):
    own = rows.rows[0].whatif.values
    jobs = [job for job in ("clerk", "smith", "nurse", "cook") if job != own["job"]]
    gaps, draw = [], np.random.default_rng(1)
    for _ in range(12):
        changes = {"age": float(draw.integers(20, 78)), "amount": round(float(draw.uniform(300, 5000)), 1)}
        changes = {name: item for name, item in changes.items() if item != own[name]} | {"job": str(draw.choice(jobs))}
        opened.page.get_by_role("button", name="Reset").click()
        for name, item in changes.items():
            opened.page.evaluate(CHOOSE if name == "job" else SET, [name, str(item)])
        assert opened.shown() == pytest.approx(page_says(rows, changes), abs=1e-6)
        gaps.append(abs(opened.shown() - model_says(rows, changes)))
    assert opened.source() == "together" and "3 curves and all 3 pairs" in opened.text(".lep-source")
    stated = next(one for one in rows.distances if one.n_changed == 3)
    assert np.mean(gaps) <= max(2 * stated.mean, stated.most)
    assert opened.page.locator("#whatif table tbody tr").count() == 5  # three alone, beyond their sum, all together
    assert "'job'" in opened.text(".lep-code >> nth=0").replace('"', "'")


def test_beyond_the_curve_there_is_no_answer_and_reset_goes_back(opened, rows):
    opened.page.evaluate(SET, ["amount", "123456789"])
    assert opened.source() == "none" and opened.text(".lep-now .lep-kpi-value") == "–"
    assert "the curve of amount does not reach" in opened.text(".lep-source")
    opened.page.get_by_role("button", name="Reset").click()
    assert opened.shown() == pytest.approx(model_says(rows, {}), abs=1e-6)


def test_a_slider_moves_by_the_keyboard_and_rows_are_chosen_by_it(opened, rows):
    before = opened.shown()
    opened.page.locator("#whatif input.lep-range[aria-label='age']").focus()
    for _ in range(3):
        opened.page.keyboard.press("PageUp")
    opened.page.keyboard.press("ArrowLeft")
    assert opened.source() == "curve" and opened.shown() != before
    opened.page.get_by_role("radio").first.focus()
    opened.page.keyboard.press("ArrowDown")
    second = rows.rows[1].whatif
    assert opened.shown() == pytest.approx(second.answer({}).probability, abs=1e-6)
    opened.page.keyboard.press("ArrowUp")


@with_axe
@pytest.mark.parametrize("width", [1200, 480])
def test_the_page_has_no_serious_barrier_light_or_dark(browser, path, width):
    opened = Opened(browser, path, viewport={"width": width, "height": 900}, bypass_csp=True)
    for theme in ("light", "dark"):
        opened.page.get_by_label("Colours").select_option(theme)
        assert barriers(opened.page.locator("body")) == [], theme
    opened.page.close()


def test_every_control_of_the_page_is_reached_by_the_keyboard(opened):
    body = opened.page.locator("body")
    n_controls = body.evaluate(
        f"el => ({CONTROLS})(el).filter(c => c.type !== 'radio').map((c, i) => c.dataset.at = i).length"
    )
    body.evaluate("() => document.querySelector('nav a').focus()")
    seen = set()
    for _ in range(3 * n_controls):
        seen.add(opened.page.evaluate("() => document.activeElement?.dataset?.at ?? ''"))
        opened.page.keyboard.press("Tab")
    assert seen >= {str(i) for i in range(n_controls)}


def test_a_narrow_page_keeps_the_number_in_sight_of_the_sliders(browser, path):
    opened = Opened(browser, path, viewport={"width": 480, "height": 900})
    slider, number = (opened.page.locator(f"#whatif {one}").first for one in ("input.lep-range", ".lep-kpi-value"))
    slider.scroll_into_view_if_needed()
    high, low = number.bounding_box(), slider.bounding_box()
    assert high is not None and low is not None and 0 <= high["y"] < low["y"] < 900
    opened.page.close()


def test_on_paper_it_is_light_and_whole(browser, path):
    opened = Opened(browser, path, viewport={"width": 900, "height": 900}, color_scheme="dark")
    opened.page.get_by_label("Colours").select_option("dark")
    opened.page.evaluate("() => window.dispatchEvent(new Event('beforeprint'))")
    opened.page.emulate_media(media="print")
    assert opened.page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert not opened.page.locator("nav").is_visible() and not opened.page.get_by_label("Colours").is_visible()
    for scrolled in opened.page.locator(".rep-tall, .lep-controls").all():
        assert scrolled.evaluate("el => el.scrollHeight - el.clientHeight") <= 1
    opened.page.evaluate("() => window.dispatchEvent(new Event('afterprint'))")
    assert opened.page.locator("body").get_attribute("data-jp-theme-light") == "false"
    opened.page.close()


def test_the_page_has_a_dark_and_a_light_face(opened):
    ground = "getComputedStyle(document.body).backgroundColor"
    opened.page.get_by_label("Colours").select_option("dark")
    dark = opened.page.evaluate(ground)
    opened.page.get_by_label("Colours").select_option("light")
    assert (dark, opened.page.evaluate(ground)) == ("rgb(21, 23, 26)", "rgb(255, 255, 255)")
    opened.page.get_by_label("Colours").select_option("system")


def test_a_narrow_page_does_not_scroll_sideways_and_one_without_rows_has_no_controls(browser, tmp_path):
    for task, with_rows in (("survival", True), ("multiclass", True), ("regression", False)):
        with few_samples():
            made = ll.report(small_model(task), with_rows=with_rows, path=tmp_path / f"{task}.html")
        assert made.path is not None
        opened = Opened(browser, made.path, viewport={"width": 480, "height": 900}, color_scheme="dark")
        assert opened.page.evaluate("document.documentElement.scrollWidth") <= 480
        assert opened.page.locator(".lep-control").count() == (5 if with_rows else 0)
        if with_rows:
            told = json.loads(made.text.split('id="report-data">')[1].split("</script>")[0])
            first = told["rows"][0]["first"]
            assert min(abs(opened.shown() - one["value"]) for one in first["probabilities"]) < 1e-6
            opened.page.evaluate(SET, ["age", "33"])
            assert opened.source() == "curve" and 0 < opened.shown() < 1
        assert opened.errors == [] and opened.asked == [made.path.as_uri()]
        opened.page.close()
