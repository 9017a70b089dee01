"""Runs on disk: what survives a reload, a crash, a closed browser, a killed kernel."""

from lepton_lab.journal.folder import RunFolder, RunRecord
from lepton_lab.journal.handle import LiveRun, Run
from lepton_lab.journal.store import create_run, home, list_runs, open_run

__all__ = ["LiveRun", "Run", "RunFolder", "RunRecord", "create_run", "home", "list_runs", "open_run"]
