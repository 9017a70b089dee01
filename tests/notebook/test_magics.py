"""`%lepton`: every line is one call, errors are one line and help to go on."""

from __future__ import annotations

import inspect

import numpy as np
import pandas as pd
import pytest

import lepton_lab as ll
from lepton_lab.errors import OptionError
from lepton_lab.notebook.arguments import parse
from lepton_lab.notebook.verbs import VERBS
from tests.small_models import small_model


@pytest.mark.parametrize("verb", [verb for verb in VERBS.values() if verb.name != "help"], ids=lambda verb: verb.name)
def test_every_verb_is_a_function_that_takes_its_flags(verb):
    function = ll
    for part in verb.calls.split("."):
        function = getattr(function, part)
    known = inspect.signature(function).parameters
    flags = {option.keyword for option in verb.options if not option.leads_to} - {"no_background", "no_rows"}
    assert flags <= set(known)


class TestCode:
    """`--code` shows the call that the same line makes."""

    @pytest.fixture(autouse=True)
    def frames(self, notebook, loans):
        notebook["df"], notebook["other"] = loans, loans
        notebook["w"], notebook["t"], notebook["f"] = np.ones((len(loans), 3)), "bad", len

    @pytest.mark.parametrize(
        ("line", "code"),
        [
            ("train df --target bad", "ll.train(df, target='bad')"),
            ("train df --target bad --budget 1m30s --seed 3", "ll.train(df, target='bad', budget='1m30s', seed=3)"),
            ("train --target bad df --bg", "ll.train(df, target='bad', background=True)"),
            ("train df --target=bad --weights $w", "ll.train(df, target='bad', weights=w)"),
            ("train df --target $t", "ll.train(df, target=t)"),
            ("train df --target '$$t'", "ll.train(df, target='$t')"),
            ("explain f df --inside scan --row 3", "ll.explain_inside(f, df, column='scan', row=3)"),
            ("explain_inside f df --inside=scan --n-parts 9", "ll.explain_inside(f, df, column='scan', n_parts=9)"),
            ("train df --domain credit", "ll.train(df, domain='credit')"),
            ("train df --target bad --positive 1", "ll.train(df, target='bad', positive=1)"),
            ("train df --target bad --positive yes", "ll.train(df, target='bad', positive='yes')"),
            (
                "train df --target bad --ignore age --ignore 'job kind'",
                "ll.train(df, target='bad', ignore=['age', 'job kind'])",
            ),
            ('check df --target "job kind"', "ll.check(df, target='job kind')"),
            (
                "tune df --target bad --trials 9 --sampler random --budget 1m --space w",
                "ll.tune(df, target='bad', trials=9, budget='1m', sampler='random', space=w)",
            ),
            ("load credit.lepton", "ll.load('credit.lepton')"),
            ("load '~/my models/credit.lepton'", "ll.load('~/my models/credit.lepton')"),
            ("load $t", "ll.load(t)"),
            ("demo credit", "ll.samples.load('credit', split=True)"),
            ("resume k3fa df", "ll.resume('k3fa', df)"),
            ("attach k3fa", "ll.attach('k3fa')"),
            (
                "train df --target bad --monotone age=-1,amount=1",
                "ll.train(df, target='bad', monotone={'age': -1, 'amount': 1})",
            ),
            ("train df --target age --event bad", "ll.train(df, target='age', event='bad')"),
            ("check df --target age --event bad", "ll.check(df, target='age', event='bad')"),
            (
                "check df --target bad --types 'age=category,job kind=category' --immutable age --against w --rows 9",
                "ll.check(df, target='bad', types={'age': 'category', 'job kind': 'category'}, immutable=['age'], "
                "against=w, rows=9)",
            ),
            ("drift df --against other --ignore age", "ll.drift(df, against=other, ignore=['age'])"),
            ("tune df --target bad --types age=category", "ll.tune(df, target='bad', types={'age': 'category'})"),
            ("predict f df --times 30,365", "ll.predict(f, df, times=[30.0, 365.0])"),
            ("predict_survival f df", "ll.predict_survival(f, df)"),
            ("predict_survival f df --times $w", "ll.predict_survival(f, df, times=w)"),
            ("compare k3fa 9xyz", "ll.compare('k3fa', '9xyz')"),
            ("compare k3fa 9xyz df --seed 3", "ll.compare('k3fa', '9xyz', df, seed=3)"),
            (
                "explain f --halfwidth 0.02 --groups who=age,bad --groups 'job kind, alone=job kind' --heads",
                "ll.explain(f, halfwidth=0.02, groups={'who': ['age', 'bad'], 'job kind, alone': ['job kind']}, "
                "heads=True)",
            ),
            ("explain df f --groups $t --budget 5s", "ll.explain(f, df, budget='5s', groups=t)"),
            ("interactions f df --rows 5 --background other", "ll.interactions(f, df, rows=5, background=other)"),
            ("partial_dependence f age df --scale link", "ll.partial_dependence(f, 'age', df, scale='link')"),
            ("partial_dependence f df 'job kind'", "ll.partial_dependence(f, 'job kind', df)"),
            ("accumulated_effects f 1 w", "ll.accumulated_effects(f, 1, w)"),
            ("accumulated_effects f $t df --points 9", "ll.accumulated_effects(f, t, df, points=9)"),
            ("loss_importance f w --y t --loss log_loss", "ll.loss_importance(f, w, y=t, loss='log_loss')"),
            ("explain_preview f w --at 3", "ll.explain_preview(f, w, at=3)"),
            (
                "counterfactuals f df --reach <0.2 --immutable age --only-increase amount --n 2 --timeout 3s",
                "ll.counterfactuals(f, df, reach='<0.2', immutable=['age'], only_increase=['amount'], n=2, "
                "timeout='3s')",
            ),
            (
                "counterfactuals f df --bounds amount=500..4000.5 --bounds age=..30 --bounds 'job kind=none,some'",
                "ll.counterfactuals(f, df, bounds={'amount': (500, 4000.5), 'age': (None, 30), "
                "'job kind': ['none', 'some']})",
            ),
            ("report f", "ll.report(f, path='f.html')"),
            (
                "report f df --format json --no-rows --about $t",
                "ll.report(f, df, format='json', about=t, with_rows=False, path='f.json')",
            ),
            ("report f --rows 3 --path a.html", "ll.report(f, path='a.html', rows=3)"),
            ("runs", "ll.runs()"),
            ("doctor", "ll.doctor()"),
        ],
    )
    def test_of_a_line(self, notebook, line, code):
        ran = notebook.run(f"%lepton {line} --code")
        assert ran.error is None
        assert ran.out == code + "\n"
        assert ran.result is None

    def test_of_a_toml_body(self, notebook):
        body = 'target = "bad"\nbudget = "5m"\nseed = 7\nignore = ["age"]\nbg = true'
        ran = notebook.run(f"%%lepton train df --code --seed 8\n{body}")
        assert ran.out == "ll.train(df, target='bad', budget='5m', seed=8, ignore=['age'], background=True)\n"

    def test_of_groups_and_bounds_in_toml(self, notebook):
        groups = notebook.run('%%lepton explain f df --code\n[groups]\nwho = ["age", "bad"]\n"job, too" = "job kind"')
        assert groups.out == "ll.explain(f, df, groups={'who': ['age', 'bad'], 'job, too': ['job kind']})\n"
        bounds = notebook.run('%%lepton counterfactuals f df --code\nbounds = { age = "20..30", bad = [1] }')
        assert bounds.out == "ll.counterfactuals(f, df, bounds={'age': (20, 30), 'bad': [1]})\n"

    def test_of_a_toml_body_that_names_its_frame(self, notebook):
        assert (
            notebook.run('%%lepton train --code\nframe = "other"\ntarget = "bad"').out
            == "ll.train(other, target='bad')\n"
        )


class TestMistakes:
    @pytest.fixture(autouse=True)
    def frames(self, notebook, loans):
        notebook["df"], notebook["df_test"], notebook["number"] = loans, loans, 3
        notebook["len"] = len

    @pytest.mark.parametrize(
        ("line", "words"),
        [
            ("trian df", "no verb 'trian'. Did you mean 'train'?"),
            ("train df --tarrget bad", "train has no flag '--tarrget'. Did you mean '--target'?"),
            ("train df --targ bad", "train has no flag '--targ'. Did you mean '--target'?"),
            ("train df --target", "Type: %lepton train --help"),
            (
                "train dff --target bad",
                "there is no 'dff' in this notebook. Did you mean 'df'? Frames and models here: df, df_test.",
            ),
            ("train number --target bad", "'number' is a int, where train takes FRAME"),
            ("train df df_test --target bad", "'df_test' is one word too many"),
            ("train --target bad", "train needs a frame: one of df, df_test"),
            ("train df[df.age>3] --target bad", "is not a name. Give it one first"),
            ("train df", "which column is to be predicted?"),
            ("train df --target baad", "Did you mean 'bad'?"),
            ("train df --target bad --quality bset", "Did you mean 'best'?"),
            ("train df --target bad --seed x", "--seed 'x' is not a whole number"),
            (
                "train df --target bad --monotone age",
                "--monotone 'age' cannot be read. For example: --monotone income=-1",
            ),
            ("train df --target bad --monotone age=2", "wanted 1 (never falls as the column rises)"),
            ("train df --target bad --monotone agee=1", "Did you mean 'age'?"),
            ("train df --target bad --types age", "--types 'age' cannot be read. For example: --types zip=category"),
            ("check df --target bad --types age=categry", "Did you mean 'category'?"),
            ("check df --target bad --immutable agee", "Did you mean 'age'?"),
            ("drift df", "drift needs a second frame. Type: %lepton drift df_train --against df_test"),
            ("train df --target bad --budget soon", "the duration 'soon' cannot be read"),
            ("train df --target bad --weights $w", "there is no 'w' in this notebook"),
            ("train 'df", "Close the quote"),
            ("explain", "explain needs a model. Type: model = %lepton train"),
            ("explain df --halfwidth wide", "explain needs a model"),
            ("explain len df --halfwidth wide", "--halfwidth 'wide' is not a number. For example: --halfwidth 0.05"),
            ("explain len df --groups age", "--groups 'age' cannot be read. For example: --groups address=zip,city"),
            ("counterfactuals len --bounds =3", "--bounds '=3' cannot be read. For example: --bounds amount=500..4000"),
            ("partial_dependence len df", "partial_dependence needs a column. Type: %lepton partial_dependence model"),
            ("partial_dependence lenn age df", "there is no 'lenn' in this notebook"),
            ("save df", "'df' is a DataFrame, where save takes MODEL"),
            ("save", "save needs a model"),
            ("load", "load needs a path"),
            ("load nowhere.lepton", "nowhere.lepton"),
            ("attach", "attach needs a run"),
            ("compare", "compare needs two models or runs. Type: %lepton compare model other"),
            ("compare k3fa", "compare needs two models or runs"),
            ("compare df k3fa", "'df' is a frame, where compare takes a model or a run"),
            ("compare zzzz yyyy", "no run 'zzzz'"),
            ("attach zzzz", "no run 'zzzz'"),
            ("stop", "stop needs a run"),
            ("help trian", "Did you mean 'train'?"),
            ("demo credits", "Did you mean 'credit'?"),
        ],
    )
    def test_are_one_line_that_helps(self, notebook, line, words):
        assert words in notebook.error(f"%lepton {line}")

    @pytest.mark.parametrize(
        ("body", "words"),
        [
            ("target = bad", "the body is no TOML"),
            ('taget = "bad"', "train has no option 'taget'. Did you mean 'target'?"),
        ],
    )
    def test_in_toml(self, notebook, body, words):
        assert words in notebook.error(f"%%lepton train df\n{body}")

    def test_of_several_frames_none_is_guessed(self, notebook):
        assert "one of df, df_test" in notebook.error("%lepton check --target bad")


class TestHelp:
    def test_lists_every_verb(self, notebook):
        shown = notebook.run("%lepton help").out
        assert all(f"  {name} " in shown for name in VERBS)

    @pytest.mark.parametrize("verb", VERBS)
    def test_of_each_verb_shows_its_flags_and_an_example(self, notebook, verb):
        for line in (f"{verb} --help", f"help {verb}", f"{verb} -h"):
            shown = notebook.run(f"%lepton {line}").out
            assert all(option.flag in shown for option in VERBS[verb].options)
            assert VERBS[verb].example in shown
            assert VERBS[verb].help[1:] in " ".join(shown.split())

    def test_of_a_flag_does_nothing_else(self, notebook, loans):
        notebook["df"] = loans
        ran = notebook.run("m = %lepton train df --target bad --help")
        assert "usage: %lepton train FRAME [--flags]" in ran.out and notebook["m"] is None


class TestResults:
    def test_alone_shows_where_one_stands(self, notebook, loans):
        first = notebook.run("%lepton").result
        assert first.next_step == "df_train, df_test = %lepton demo credit"
        notebook["loans"] = loans
        second = notebook.run("%lepton").result
        assert (second.frames[0].name, second.frames[0].n_rows) == ("loans", 120)
        assert second.next_step == "%lepton train loans --target bad"

    def test_are_assigned_and_not_shown(self, notebook):
        ran = notebook.run("found = %lepton runs")
        assert ran.result is None and ran.out == "" and len(notebook["found"]) == 0

    def test_are_shown_once_without_assignment(self, notebook):
        assert notebook.run("%lepton runs").out.count("no runs yet") == 1

    def test_of_a_line_that_ends_in_a_semicolon_are_not_shown(self, notebook):
        assert notebook.run("%lepton runs;").out == ""
        notebook.run("found = %lepton runs;")
        assert len(notebook["found"]) == 0
        assert "no runs yet" in notebook.run("found").out
        assert "no runs yet" in notebook.run("found = %lepton runs;\nfound").out

    def test_of_demo_are_two_frames(self, notebook):
        notebook.run("df_train, df_test = %lepton demo credit")
        assert len(notebook["df_train"]) + len(notebook["df_test"]) == 1000
        assert isinstance(notebook["df_train"], pd.DataFrame)

    def test_of_a_report_are_written_and_what_they_hold_is_said(self, notebook, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        notebook["model"] = small_model("regression")
        ran = notebook.run("r = %lepton report model --rows 2\nr")
        assert ran.error is None and "lepton: model.html (" in ran.out and "2 rows of your data" in ran.out
        assert notebook["r"].path.read_text(encoding="utf-8").startswith("<!doctype html>")
        ran = notebook.run("%lepton report model --no-rows --format markdown")
        assert "lepton: model.md (" in ran.out and "rows of your data" not in ran.out
        assert (tmp_path / "model.md").read_text(encoding="utf-8").startswith("# Model of outcome")

    def test_the_only_frame_is_taken_and_named_aloud(self, notebook, loans):
        notebook["loans"] = loans
        ran = notebook.run("%lepton check --target bad")
        assert ran.error is None and "lepton: frame: loans" in ran.out


@pytest.mark.parametrize(
    ("line", "words", "options"),
    [
        ("", (), {}),
        ("explain m df --rows 5", ("m", "df"), {"rows": "5"}),
        ("explain m --rows 5 df", ("m", "df"), {"rows": "5"}),
        ("explain --at -1", (), {"at": "-1"}),
        ("train df --target 'a \"b\" c'", ("df",), {"target": 'a "b" c'}),
        ("train df --target='it''s'", ("df",), {"target": "its"}),
    ],
)
def test_words_and_flags_come_in_any_order(line, words, options):
    typed = parse(line)
    assert (typed.words, typed.options) == (words, options)


def test_a_flag_may_not_be_abbreviated():
    with pytest.raises(OptionError, match="no flag '--bud'"):
        parse("train df --bud 60s")
