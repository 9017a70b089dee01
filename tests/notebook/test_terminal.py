"""IPython in a terminal, without a kernel: one line of text that moves instead of a panel."""

from __future__ import annotations

from lepton_lab.notebook.watching import ProgressLine, can_show_panels
from lepton_lab.training.progress import Progress


def test_training_tells_where_it_stands_and_its_result_is_shown_once(notebook, loans):
    assert not can_show_panels()
    notebook["df"] = loans
    ran = notebook.run("%lepton train df --target bad --quality fast")
    assert ran.error is None
    assert "\rdone, " in ran.out and ran.out.count("Against") <= 1
    assert ran.out.count("TrainedModel of bad") == 1
    assert notebook.run("model = %lepton train df --target bad --quality fast").out.count("TrainedModel") == 0


def test_the_last_model_is_meant_where_none_is_named(notebook, loans):
    notebook["df"] = loans
    notebook.run("%lepton train df --target bad --quality fast;")
    ran = notebook.run("%lepton explain --rows 3")
    assert ran.error is None and "the last one trained or loaded" in ran.out
    notebook["kept"] = notebook.shell.magics_manager.registry["LeptonMagics"].last_model
    assert "lepton: model: kept" in notebook.run("%lepton explain --rows 3 --code").out
    assert notebook.run("%lepton predict df --code").out.endswith("ll.predict(kept, df)\n")
    assert notebook.run("%lepton explain --row 17 --code").out.endswith("ll.explain(kept, row=17)\n")
    assert notebook.run("%lepton save kept.lepton --code").out.endswith("ll.save(kept, 'kept.lepton')\n")
    line = "%lepton save kept kept.lepton --no-background --code"
    assert notebook.run(line).out == "ll.save(kept, 'kept.lepton', background=False)\n"
    assert "'kept' is" not in notebook.error("%lepton save kept")


def test_the_line_is_written_over(capsys):
    line = ProgressLine()
    line.report(Progress(epoch=1, n_epochs=10, metric_name="auc", best_metric=0.5, elapsed_s=1.0))
    line.report(Progress(epoch=2, n_epochs=10))
    line.fail("out of memory")
    out = capsys.readouterr().out
    assert out.startswith("\rnetwork  epoch 1/10  best auc 0.5000  1.0s") and "epoch 2" not in out
    assert out.endswith("\n") and out.count("\n") == 1
    ProgressLine().fail("no column 'bda'")
    assert capsys.readouterr().out == ""


def test_an_error_is_said_once(notebook, loans):
    notebook["df"] = loans
    ran = notebook.run("%lepton train df --target bda")
    assert "Did you mean 'bad'?" in str(ran.error)
    assert "bda" not in ran.out
