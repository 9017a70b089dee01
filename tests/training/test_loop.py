"""The loop learns, ends well for every reason there is, and can be repeated bit by bit."""

from __future__ import annotations

import dataclasses
import json
import threading
import time

import jax
import numpy as np
import pytest

from lepton_lab.metrics import Metric
from lepton_lab.training import loop
from lepton_lab.training.checkpoint import Checkpoint
from lepton_lab.training.control import Control
from lepton_lab.training.ending import Ending
from lepton_lab.training.learner import Learner
from lepton_lab.training.network_fit import ENDINGS
from lepton_lab.training.pace import Pace
from tests.training.problems import CONFIG, Recorder, control, linear, three_classes, train, xor


def test_it_learns_what_no_linear_rule_can() -> None:
    fit = train(xor(3000), config=dataclasses.replace(CONFIG, n_epochs=40))
    assert max(record.metric or 0 for record in fit.history) > 0.97


def test_it_learns_a_number_in_the_targets_unit() -> None:
    problem = linear(3000)
    fit = train(problem)
    assert fit.member is not None and fit.valid_logits is not None
    rmse = np.sqrt(np.mean((fit.valid_logits[:, 0] - problem.y[-300:]) ** 2))
    assert rmse < 0.2 * problem.y.std()


def test_it_learns_classes_from_categories_with_missing_numbers() -> None:
    problem = three_classes()
    fit = train(problem)
    assert fit.valid_logits is not None
    assert (fit.valid_logits.argmax(axis=1) == problem.y[-300:]).mean() > 0.99


def test_rows_of_weight_zero_say_nothing() -> None:
    """Half the rows are wrong; with weight 0 they do no harm."""
    problem = xor(2300)
    wrong = dataclasses.replace(problem, y=problem.y ^ (np.arange(2300) < 1000).astype(np.int32))
    weights = np.where(np.arange(2000) < 1000, 0.0, 1.0)
    config = dataclasses.replace(CONFIG, n_epochs=40)
    weighted, plain = (train(wrong, weights=w, config=config).history[-1].best_metric for w in (weights, None))
    assert weighted is not None and plain is not None and weighted > 0.9 > plain


def test_every_head_answers_for_itself() -> None:
    """Each head alone has learned the rule; the heads do not merely cancel each other's errors."""
    problem = linear(3000)
    fit = train(problem)
    assert fit.member is not None
    errors = fit.member.head_logits(problem.x)[..., 0] - problem.y[:, None]
    assert (np.sqrt((errors**2).mean(axis=0)) < 0.3 * problem.y.std()).all()


def test_early_stopping_returns_the_best_not_the_last() -> None:
    problem = xor(600)
    noise = np.random.default_rng(1).random(600) < 0.35
    noisy = dataclasses.replace(problem, y=(problem.y ^ noise).astype(np.int32))
    fit = train(noisy, config=dataclasses.replace(CONFIG, n_epochs=200, patience=10))
    losses = [record.valid_loss for record in fit.history]
    assert fit.ended == "patience" and fit.valid_logits is not None
    best = noisy.task.metrics["log_loss"](noisy.y[-300:], fit.valid_logits)
    assert best == pytest.approx(min(losses), rel=1e-6) and losses[-1] > 1.005 * best
    assert fit.best_epoch == min(fit.history, key=lambda record: record.valid_loss or 0).epoch
    assert [record.is_best for record in fit.history].count(True) >= 1


def test_without_validation_rows_it_trains_to_the_given_epoch() -> None:
    fit = train(xor(), n_valid=0, config=dataclasses.replace(CONFIG, stop_epoch=3))
    assert fit.member is not None and fit.valid_logits is None and fit.history == ()
    assert fit.ended == "finished" and fit.n_steps == round(3 * 1200 / 64)


@pytest.mark.parametrize("n_rows", [2, 30, 63, 64, 65])
def test_few_rows_are_enough(n_rows: int) -> None:
    fit = train(xor(n_rows + 5), n_valid=5)
    assert fit.member is not None and np.isfinite(fit.valid_logits).all()


# Ends


@pytest.mark.parametrize("at", [0, 1, 2, 3, 7])
def test_a_stop_at_any_report_ends_after_that_chunk(at: int) -> None:
    stop = threading.Event()
    recorder = Recorder(at, stop.set)
    config = dataclasses.replace(CONFIG, n_epochs=500, patience=500)
    fit = train(xor(), config=config, control=control(recorder, stop=stop))
    assert fit.ended == "interrupt" and len(recorder.seen) == at + 1
    assert (fit.member is None) == (not fit.history)
    if fit.member is not None:
        losses = [record.valid_loss for record in fit.history]
        assert fit.history[-1].best_metric is not None and "weights of epoch" in fit.message
        assert xor().task.metrics["log_loss"](xor().y[-300:], fit.valid_logits) == pytest.approx(min(losses))


def test_a_stop_during_compilation_is_heard_after_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first chunk compiles for a while; the stop comes in the middle of it."""
    stop, original = threading.Event(), Learner.advance

    def slow(self: Learner, rates: np.ndarray) -> float:
        threading.Timer(0.1, stop.set).start()
        stop.wait()
        return original(self, rates)

    monkeypatch.setattr(Learner, "advance", slow)
    fit = train(xor(), control=Control(stop=stop))
    assert fit.ended == "interrupt" and fit.n_steps == 16


def test_a_deadline_is_kept_and_the_schedule_decays_inside_it() -> None:
    config = dataclasses.replace(CONFIG, n_epochs=100_000, patience=100_000)
    train(xor(), config=dataclasses.replace(config, n_epochs=2))  # compiled
    recorder, began = Recorder(), time.monotonic()
    fit = train(xor(), config=config, control=control(recorder, deadline=began + 3.0))
    took = time.monotonic() - began
    assert fit.ended in ("deadline", "finished") and fit.member is not None
    assert 1.0 < took < 60  # wide: a busy machine shifts it; without a deadline it is hours
    last = recorder.seen[-1]
    assert last.epoch / last.n_epochs > 0.5, "the schedule was cut to the time there was"


def test_a_target_that_is_not_finite_ends_with_what_there_is() -> None:
    problem = linear()
    problem.y[700] = np.inf
    fit = train(dataclasses.replace(problem, task=linear().task))
    assert fit.ended == "non-finite loss" and "no finite number" in fit.message


def test_weights_from_before_a_loss_that_exploded_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    original = Learner.advance

    def explode(self: Learner, rates: np.ndarray) -> float:
        return original(self, rates * (1e30 if self.step > 60 else 1))

    monkeypatch.setattr(Learner, "advance", explode)
    fit = train(linear())
    assert fit.ended == "non-finite loss" and fit.member is not None
    assert np.isfinite(fit.valid_logits).all() and fit.best_epoch <= 64 / (900 / 64) + 2


@pytest.mark.parametrize("error", [MemoryError(), jax.errors.JaxRuntimeError("RESOURCE_EXHAUSTED: out of memory")])
def test_memory_that_runs_out_keeps_the_best(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    original = Learner.advance

    def exhausted(self: Learner, rates: np.ndarray) -> float:
        if self.step > 60:
            raise error
        return original(self, rates)

    monkeypatch.setattr(Learner, "advance", exhausted)
    fit = train(xor())
    assert fit.ended == "out of memory" and fit.member is not None


def test_other_errors_are_not_swallowed(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(self: Learner, rates: np.ndarray) -> float:
        raise jax.errors.JaxRuntimeError("INTERNAL: a bug")

    monkeypatch.setattr(Learner, "advance", broken)
    with pytest.raises(jax.errors.JaxRuntimeError, match="a bug"):
        train(xor())


def test_every_ending_has_words() -> None:
    assert all(text.format(patience=3)[0].islower() for text in ENDINGS.values())


# Repeats


def same(one: loop.NetworkFit, other: loop.NetworkFit) -> bool:
    assert one.member is not None and other.member is not None
    return bool((np.asarray(one.member.params.flat) == np.asarray(other.member.params.flat)).all())


def test_the_same_seed_gives_the_same_weights_however_time_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    first, other = train(xor(), seed=5), train(xor(), seed=6)
    monkeypatch.setattr("lepton_lab.training.pace.CHUNK_S", 1e-9)
    again = train(xor(), seed=5)
    assert same(first, again) and not same(first, other)
    assert [r.valid_loss for r in first.history] == [r.valid_loss for r in again.history]


def test_a_resumed_run_ends_where_the_whole_one_does() -> None:
    whole, stop = train(xor(), seed=3), threading.Event()
    saved: list[Checkpoint] = []
    recorder = Recorder(9, stop.set)
    half = train(xor(), seed=3, control=control(recorder, stop=stop), save_checkpoint=saved.append)
    assert half.ended == "interrupt" and 0 < half.n_steps < whole.n_steps
    resumed = train(xor(), seed=3, resume=saved[-1])
    assert same(whole, resumed) and resumed.best_epoch == whole.best_epoch
    assert [r.valid_loss for r in resumed.history] == [r.valid_loss for r in whole.history]


def test_checkpoints_are_rare(monkeypatch: pytest.MonkeyPatch) -> None:
    saved: list[Checkpoint] = []
    train(xor(), save_checkpoint=saved.append)
    assert saved == []
    monkeypatch.setattr(loop, "CHECKPOINT_EVERY_S", 0.0)
    train(xor(), save_checkpoint=saved.append)
    assert len(saved) > 2 and {"flat", "mu", "nu", "step", "best"} == set(saved[-1].arrays)


# Reports


def test_reports_tell_the_story() -> None:
    recorder = Recorder()
    fit = train(xor(), control=control(recorder))
    first, *others = recorder.seen
    assert first.compiling and first.epoch == 0 and not any(record.compiling for record in others)
    assert [r for r in recorder.seen if r.metric is not None] == list(fit.history)
    steps = [record.step for record in recorder.seen]
    assert steps == sorted(steps) and steps[-1] == fit.n_steps
    assert others[0].train_loss is not None and others[-1].remaining_s is not None
    assert fit.history[0].epoch <= 2, "a first metric comes early"


def test_the_shown_metric_can_be_chosen() -> None:
    fit = train(xor(), config=dataclasses.replace(CONFIG, metric="accuracy", n_epochs=2))
    assert isinstance(xor().task.metrics["accuracy"], Metric) and fit.history[0].metric_name == "accuracy"


def test_the_path_holds_the_logits_of_every_check() -> None:
    config = dataclasses.replace(CONFIG, keep_path=True, patience=float("inf"), n_epochs=5)
    fit = train(xor(), config=config)
    assert [epoch for epoch, _ in fit.path] == [record.epoch for record in fit.history]
    assert fit.ended == "finished" and fit.path[-1][0] == pytest.approx(5, abs=0.1)
    losses = [xor().task.metrics["log_loss"](xor().y[-300:], logits) for _, logits in fit.path]
    np.testing.assert_allclose(losses, [record.valid_loss for record in fit.history], rtol=1e-5)
    assert train(xor()).path == ()


def test_on_large_tables_the_first_metric_does_not_wait_for_a_pass() -> None:
    fit = train(xor(9000), config=dataclasses.replace(CONFIG, n_epochs=1))
    assert [record.step for record in fit.history] == [loop.FIRST_CHECK, 136]


def test_it_runs_where_the_user_has_switched_on_double_precision() -> None:
    with jax.enable_x64(True):
        fit = train(xor(), config=dataclasses.replace(CONFIG, n_epochs=2))
    assert fit.member is not None and fit.member.params.flat.dtype == np.float32


def test_a_deadline_before_the_first_validation_still_gives_a_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first chunk, with its compilation, takes all the time there is."""
    original, advanced = Learner.advance, []

    class Over(Control):
        def ended(self) -> str:
            return "deadline" if advanced else ""

    def slow(self: Learner, rates: np.ndarray) -> float:
        advanced.append(len(rates))
        return original(self, rates[:5])

    monkeypatch.setattr(Learner, "advance", slow)
    fit = train(xor(), control=Over())
    assert fit.ended == "deadline" and fit.member is not None and len(fit.history) == 1
    assert train(xor(), control=Control(deadline=time.monotonic() - 1)).member is None


@pytest.mark.parametrize("chunk", [3, 11])
def test_patience_ends_at_the_same_check_however_time_is_cut(chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    config = dataclasses.replace(CONFIG, n_epochs=60, patience=2.2, learning_rate=3e-2)
    whole = train(xor(), config=config)
    assert whole.ended == "patience"
    monkeypatch.setattr(Pace, "chunk", lambda self: chunk)
    cut = train(xor(), config=config)
    assert (cut.ended, cut.n_steps, cut.best_epoch) == (whole.ended, whole.n_steps, whole.best_epoch)


def test_a_training_that_a_deadline_bent_and_cut_is_repeated_bit_by_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    cut = Ending("deadline", 150, ((32, 300), (96, 220)))
    first = train(xor(), seed=3, repeat=cut)
    monkeypatch.setattr("lepton_lab.training.pace.CHUNK_S", 1e-9)
    again = train(xor(), seed=3, repeat=Ending.from_json(json.loads(json.dumps(cut.to_json()))))
    assert same(first, again) and (first.ended, first.n_steps, first.bends) == ("deadline", 150, cut.bends)
    assert (again.ended, again.n_steps, again.bends) == (first.ended, first.n_steps, first.bends)
    assert not same(first, train(xor(), seed=3, repeat=Ending("deadline", 150, ((32, 300),))))


def test_what_a_clock_did_is_told_so_that_it_can_be_repeated() -> None:
    first = train(xor(4000), seed=3, control=Control(deadline=time.monotonic() + 1.5))
    again = train(xor(4000), seed=3, repeat=Ending(first.ended, first.n_steps, first.bends))
    assert same(first, again) and again.n_steps == first.n_steps and again.ended == first.ended
