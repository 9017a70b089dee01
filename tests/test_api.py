"""The verbs in a plain script: what each gives, what it refuses, and what survives."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import lepton_lab as ll
from lepton_lab.errors import DataError, ExplanationError, LeptonError, ModelFileError, OptionError, RunError
from lepton_lab.journal import home
from tests.loans import loans


@pytest.fixture(scope="module")
def df():
    return loans()


@pytest.fixture(scope="module")
def model(df):
    return ll.train(df, target="bad", quality="fast")


@pytest.fixture(scope="module")
def loaded(model, tmp_path_factory):
    return ll.load(ll.save(model, tmp_path_factory.mktemp("model") / "loans.lepton"))


@pytest.fixture
def runs(tmp_path, monkeypatch):
    """A fresh home for runs."""
    monkeypatch.setenv("LEPTON_HOME", str(tmp_path))
    home.cache_clear()
    yield tmp_path / "runs"
    home.cache_clear()


class TestTrain:
    def test_gives_a_model_whose_run_is_done(self, df, runs):
        heard = []
        model = ll.train(df, target="bad", quality="fast", seed=3, report=heard.append)
        assert model.classes == (0, 1)
        assert heard[0].stage == "reading" and heard[-1].stage == "done"
        record = ll.runs()[0]
        assert (record.id, record.status, record.n_rows) == (model.run_id, "done", 120)
        assert record.config["seed"] == 3 and model.config["target"] == "bad"

    def test_a_domain_knows_the_target_and_the_metric(self, df, runs):
        model = ll.train(df, domain="credit", quality="fast")
        assert model.config["target"] == "bad" and model.config["metric"] == "auc"

    def test_says_which_class_is_positive_and_what_reading_found(self, df, runs):
        holes = df.astype({"bad": object})
        holes.loc[:4, "bad"] = None
        notes = " ".join(ll.train(holes, target="bad", quality="fast").notes)
        assert "positive class is 1" in notes and "5" in notes

    @pytest.mark.parametrize(
        ("options", "words"),
        [
            ({}, "which column is to be predicted.*target="),
            ({"target": "baad"}, "Did you mean 'bad'"),
            ({"target": "bad", "quality": "bset"}, "Did you mean 'best'"),
            ({"target": "bad", "metric": "acu"}, "Did you mean 'auc'"),
            ({"target": "bad", "budget": "soon"}, "budget='60s'"),
            ({"target": "bad", "devices": 99}, "jax sees"),
            ({"target": "bad", "precision": "half"}, "'bfloat16'"),
            ({"target": "bad", "domain": "credits"}, "Did you mean 'credit'"),
            ({"target": "bad", "split": "time:agee"}, "Did you mean 'age'"),
            ({"target": "bad", "task": "binry"}, "Did you mean 'binary'"),
            ({"target": "bad", "weights": "agee"}, "Did you mean 'age'"),
            ({"target": "bad", "seed": -1}, "seed=-1 is no whole number from 0"),
            ({"target": "bad", "seed": "x"}, "seed='x' is no whole number from 0"),
        ],
    )
    def test_refuses_before_a_run_is_made(self, df, runs, options, words):
        with pytest.raises(LeptonError, match=words):
            ll.train(df, **options)
        assert len(ll.runs()) == 0

    def test_a_full_disk_only_costs_the_journal(self, df, runs, monkeypatch):
        def refuse(*args, **kwargs):
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr(Path, "replace", refuse)
        model = ll.train(df, target="bad", quality="fast")
        assert "No space left on device" in " ".join(model.notes)
        assert len(model.predict(df)) == len(df)

    def test_two_at_once_keep_apart(self, df, runs):
        first = ll.train(df, target="bad", quality="fast", background=True)
        second = ll.train(df, target="age", quality="fast", background=True)
        models = first.result(600), second.result(600)
        assert [model.schema.target for model in models] == ["bad", "age"]
        assert sorted(record.id for record in ll.runs()) == sorted([first.id, second.id])


class TestStopping:
    def test_ctrl_c_gives_a_model_that_says_so(self, runs):
        df = loans(3000)
        heard = []

        def interrupt(progress):
            heard.append(time.monotonic())
            if len(heard) == 4:
                os.kill(os.getpid(), signal.SIGINT)

        model = ll.train(df, target="bad", report=interrupt)
        ended = time.monotonic()
        assert "stopped by the user" in " ".join(model.notes)
        assert model.predict(df).shape == (3000, 3)
        assert ll.runs()[0].status == "stopped"
        assert ended - heard[3] < 120, "stopped within one compilation or boosting round, and the scoring after it"

    def test_ctrl_c_while_the_frame_is_read_gives_a_model_too(self, df, runs):
        def interrupt(progress):
            if progress.stage == "reading":
                os.kill(os.getpid(), signal.SIGINT)

        model = ll.train(df, target="bad", report=interrupt)
        assert "stopped by the user" in " ".join(model.notes)

    def test_ctrl_c_while_jax_is_imported_gives_a_model_too(self, tmp_path):
        code = (
            "import os, signal, sys, threading\n"
            "import lepton_lab as ll\n"
            "from tests.loans import loans\n"
            "df = loans(3000)\n"
            "def press():\n"
            "    while 'jax._src' not in sys.modules: pass\n"
            "    os.kill(os.getpid(), signal.SIGINT)\n"
            "assert 'jax' not in sys.modules\n"
            "threading.Thread(target=press, daemon=True).start()\n"
            "print(*ll.train(df, target='bad').notes)\n"
        )
        environment = {**os.environ, "LEPTON_HOME": str(tmp_path)}
        root = Path(__file__).parent.parent
        out = subprocess.run([sys.executable, "-c", code], env=environment, cwd=root, capture_output=True, text=True)
        assert "stopped by the user" in out.stdout, out.stderr

    def test_a_run_in_the_background_is_stopped_by_its_id(self, runs):
        run = ll.train(loans(3000), target="bad", background=True)
        assert run.status == "running"
        while run.progress is None:
            time.sleep(0.01)
        assert ll.stop(run.id[:4]) == run
        model = run.result(300)
        assert run.status == "stopped" and "stopped by the user" in " ".join(model.notes)

    def test_what_a_report_raises_is_heard(self, df, runs):
        def fail(progress):
            if progress.stage != "reading":
                raise ZeroDivisionError("my report")

        with pytest.raises(ZeroDivisionError, match="my report"):
            ll.train(df, target="bad", report=fail)
        assert ll.runs()[0].status == "failed"


TRAIN_ELSEWHERE = """
import time
import lepton_lab as ll
from tests.loans import loans
slow = lambda progress: time.sleep(0.2)
run = ll.train(loans(2500), target="bad", quality="fast", seed=1, background=True, report=slow)
print(run.id, flush=True)
run.result()
input()
"""


class TestAnotherProcess:
    """A run seen from the process beside the one that works on it."""

    @pytest.fixture
    def elsewhere(self, runs):
        root = Path(__file__).parent.parent
        process = subprocess.Popen(
            [sys.executable, "-c", TRAIN_ELSEWHERE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=root
        )
        yield process
        process.kill()
        process.wait()

    def test_a_killed_kernel_is_noticed_and_its_run_goes_on(self, elsewhere):
        run = ll.attach(elsewhere.stdout.readline().strip())
        assert run.status == "running" and not run.is_live
        while run.progress is None:
            time.sleep(0.02)
        with pytest.raises(RunError, match="still runs"):
            ll.resume(run.id, loans(2500))
        elsewhere.send_signal(signal.SIGKILL)
        elsewhere.wait()
        assert run.status == "killed"
        with pytest.raises(RunError, match=r"killed.*ll.resume"):
            run.result()
        with pytest.raises(RunError, match=r"of another frame: it had 2,500 rows, this one has 2,499"):
            ll.resume(run.id, loans(2499))
        with pytest.raises(RunError, match=r"names, types or values of columns differ"):
            ll.resume(run.id, loans(2500, seed=5))
        model = ll.resume(run.id[:4], loans(2500))
        assert model.run_id == run.id and run.status == "done" and model.config["seed"] == 1
        with pytest.raises(RunError, match="is done"):
            ll.resume(run.id, loans(2500))

    def test_a_stop_and_its_model_cross_processes(self, elsewhere):
        run = ll.attach(elsewhere.stdout.readline().strip())
        while run.progress is None:
            time.sleep(0.02)
        run.stop()
        model = run.result(300)
        assert run.status == "stopped"
        assert model.predict(loans(5)).shape == (5, 3)
        # The run kept the truth and the answers of its held-out rows: another process needs no frame.
        assert ll.evaluate(model).metrics["auc"].value == pytest.approx(model.metrics["auc"].value)


class TestResume:
    def test_an_array_of_weights_is_remembered(self, runs):
        df = loans(2500)
        weights = np.linspace(1, 2, len(df))
        run = ll.train(df, target="bad", weights=weights, background=True)
        run.stop()
        run.result(300)
        model = ll.resume(run.id, df, budget=5)
        assert model.run_id == run.id and model.config["weights"] == "(an array)"


class TestPredict:
    def test_gives_a_frame_with_the_index_of_the_input(self, model, df):
        shuffled = df.sample(frac=1, random_state=1).drop(columns="bad")
        shuffled.index = [f"loan {i}" for i in shuffled.index]
        predicted = ll.predict(model, shuffled)
        assert list(predicted.columns) == ["prediction", "probability_0", "probability_1"]
        assert predicted.index.equals(shuffled.index)
        np.testing.assert_allclose(predicted["probability_0"] + predicted["probability_1"], 1)
        assert (predicted["prediction"] == (predicted["probability_1"] >= model.threshold)).all()

    def test_wants_a_model(self, df):
        with pytest.raises(OptionError, match="a DataFrame is no trained model"):
            ll.predict(df, df)


class TestEvaluate:
    def test_uses_the_held_out_rows_where_no_frame_is_given(self, model, df):
        assert ll.evaluate(model).n_rows == len(model.held_out.y)
        assert ll.evaluate(model, df).n_rows == len(df)

    def test_of_a_loaded_model_without_its_run_asks_for_a_frame(self, loaded, df):
        with pytest.raises(OptionError, match=r"evaluate needs a frame.*ll.evaluate\(model, df\)"):
            ll.evaluate(replace(loaded, run_id=None))
        assert ll.evaluate(loaded, df).metrics["auc"].value > 0.7

    def test_wants_rows(self, model, df):
        with pytest.raises(DataError, match="no rows to evaluate on"):
            ll.evaluate(model, df.iloc[:0])

    def test_wants_the_target(self, model, df):
        with pytest.raises(DataError, match="bad"):
            ll.evaluate(model, df.drop(columns="bad"))


class TestExplain:
    def test_the_held_out_rows_where_no_frame_is_given(self, model):
        explanation = ll.explain(model, rows=10)
        assert explanation.shape == (10, 3)
        assert explanation.additivity_gap < 1e-5

    def test_a_sample_is_seeded(self, model):
        labels = [ll.explain(model, rows=10, seed=seed).row_labels.tolist() for seed in (0, 0, 1)]
        assert labels[0] == labels[1] != labels[2]

    def test_one_row_by_label_or_position(self, model, df):
        named = df.set_index(pd.Index([f"loan {i}" for i in range(len(df))]))
        by_label = ll.explain(model, named, row="loan 17")
        by_position = ll.explain(model, df, at=17)
        assert by_label.row_labels.tolist() == ["loan 17"]
        np.testing.assert_array_equal(by_label.values, by_position.values)
        assert by_label.data.tolist() == by_position.data.tolist()

    def test_one_row_that_was_learned_from(self, model):
        n_held = model.held_out.table.n_rows - 10
        short = replace(model, held_out=replace(model.held_out, table=model.held_out.table.take(np.arange(n_held))))
        label = model.held_out.table.index[-1]
        assert label not in short.held_out.table.index
        explanation = ll.explain(short, row=label)
        assert explanation.row_labels.tolist() == [label]
        assert any("learned from" in note for note in explanation.notes)
        np.testing.assert_allclose(explanation.values, ll.explain(model, row=label).values)
        assert ll.whatif(short, row=label).label == label

    @pytest.mark.parametrize(
        ("asked", "words"),
        [
            ({"row": 9999}, "no row of the rows given to train has the index label 9999"),
            ({"at": 9999}, "at=9999 is out of range"),
            ({"rows": 0}, "at least 1"),
            ({"rows": "5"}, "rows='5' cannot be sampled"),
            ({"seed": -1}, "seed=-1 is no whole number"),
            ({"rows": 3, "row": 1}, "rows and row were given together"),
        ],
    )
    def test_refuses_rows_that_are_not_there(self, model, asked, words):
        with pytest.raises(OptionError, match=words):
            ll.explain(model, **asked)

    def test_of_a_label_that_several_rows_have(self, model, df):
        with pytest.raises(OptionError, match="2 rows of the frame have the index label 3"):
            ll.explain(model, pd.concat([df, df]), row=3)

    def test_of_a_loaded_model_asks_for_a_frame(self, loaded, df):
        with pytest.raises(OptionError, match="explain needs a frame"):
            ll.explain(loaded, rows=5)
        assert ll.explain(loaded, df, rows=5).shape == (5, 3)

    def test_against_a_background_of_ones_own(self, model, df):
        young, old = df[df["age"] < 35], df[df["age"] > 55]
        against_young, against_old = (ll.explain(model, df, at=0, background=rows) for rows in (young, old))
        assert against_young.base_values[0] < against_old.base_values[0]

    def test_a_model_saved_without_its_background_wants_one(self, model, df, tmp_path):
        bare = ll.load(ll.save(model, tmp_path / "bare.lepton", background=False))
        with pytest.raises(ExplanationError, match="background"):
            ll.explain(bare, df, rows=5)
        assert ll.explain(bare, df, rows=5, background=df).shape == (5, 3)

    def test_any_function_of_an_array(self):
        X = np.arange(12.0).reshape(4, 3)
        explanation = ll.explain(lambda x: x @ np.array([1.0, 2.0, 0.0]), X, X[:2], rows=2)
        assert explanation.shape == (2, 3)
        np.testing.assert_allclose(explanation.values[:, 2], 0, atol=1e-6)

    def test_any_predict_of_a_frame(self, df):
        inputs = df[["age", "amount"]]
        explanation = ll.explain(lambda frame: frame["age"] * 2.0, inputs, inputs, at=3)
        assert explanation.shape == (1, 2) and abs(explanation.values[0, 1]) < 1e-6

    def test_a_function_wants_rows(self):
        with pytest.raises(OptionError, match="background=X_train"):
            ll.explain(lambda x: x)


class TestWhatIf:
    def test_changes_one_row(self, model, df):
        asked = ll.whatif(model, row=17)
        assert asked.values["age"] == df.loc[17, "age"]
        young, old = asked.set(age=20), asked.set(age=69)
        assert young.probability < old.probability

    def test_begins_with_the_first_row(self, loaded, df):
        assert ll.whatif(loaded, df).values["age"] == df["age"].iloc[0]


class TestFiles:
    def test_a_loaded_model_predicts_the_same(self, model, loaded, df):
        pd.testing.assert_frame_equal(loaded.predict(df), model.predict(df))

    def test_a_folder_that_is_not_there(self, model, tmp_path):
        with pytest.raises(ModelFileError, match="nowhere"):
            ll.save(model, tmp_path / "nowhere" / "m.lepton")
        with pytest.raises(ModelFileError, match="gone"):
            ll.load(tmp_path / "gone.lepton")

    def test_never_in_the_place_of_what_is_no_file(self, model, tmp_path):
        os.mkfifo(tmp_path / "pipe")
        for place in (tmp_path / "pipe", tmp_path):
            with pytest.raises(ModelFileError, match="is no file"):
                ll.save(model, place)
        assert not (tmp_path / "pipe").is_file()


class TestAround:
    def test_check_finds_a_leak(self, df):
        found = ll.check(df.assign(copy=df["bad"] * 7), target="bad")
        assert any(finding.column == "copy" and finding.severity == "serious" for finding in found)

    def test_status_names_the_next_step(self, df, model, runs):
        assert ll.status().next_step.startswith("df_train, df_test")
        assert ll.status({"df": df}).next_step == "%lepton train df --target bad"
        assert ll.status({"df": df, "model": model, "_hidden": df}).next_step == "%lepton explain model"
        assert [frame.name for frame in ll.status({"df": df, "_1": df}).frames] == ["df"]

    def test_status_starts_nothing(self):
        code = "import lepton_lab as ll, sys; ll.status({}); print('jax' in sys.modules)"
        out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
        assert out.strip() == "False"

    def test_doctor_names_what_to_install(self, monkeypatch):
        import importlib.metadata

        whole = ll.doctor()
        assert {"python", "jax", "devices", "machine", "runs"} <= {condition.name for condition in whole.conditions}
        found = importlib.metadata.version

        def without_anywidget(package):
            if package == "anywidget":
                raise importlib.metadata.PackageNotFoundError
            return found(package)

        monkeypatch.setattr(importlib.metadata, "version", without_anywidget)
        broken = ll.doctor()
        assert not broken.is_well and "pip install anywidget" in repr(broken)

    def test_doctor_sees_a_gpu_that_jax_does_not(self, monkeypatch):
        monkeypatch.setattr("shutil.which", lambda name: "/usr/bin/nvidia-smi")
        assert "lepton-lab[cuda]" in repr(ll.doctor())


def test_training_in_a_thread_of_ones_own_leaves_signals_alone(df, runs):
    before, models = signal.getsignal(signal.SIGINT), []
    thread = threading.Thread(target=lambda: models.append(ll.train(df, target="bad", quality="fast")))
    thread.start()
    thread.join()
    assert len(models) == 1 and signal.getsignal(signal.SIGINT) is before
