import { NotebookActions, type NotebookPanel } from "@jupyterlab/notebook";

/** Write a new cell below the active one, or below the one at `below`, and run it where `run`. */
export async function insertCell(panel: NotebookPanel, code: string, run: boolean, below?: number): Promise<void> {
  const notebook = panel.content;
  if (below !== undefined && below >= 0) notebook.activeCellIndex = below;
  notebook.deselectAll();
  NotebookActions.insertBelow(notebook);
  NotebookActions.changeCellType(notebook, "code");
  notebook.activeCell?.model.sharedModel.setSource(code);
  notebook.mode = "command";
  notebook.activate();
  if (run) await NotebookActions.run(notebook, panel.sessionContext);
}
